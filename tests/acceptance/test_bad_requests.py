"""Bytes that no HTTP client would send: a clear 4xx, and nobody beside them notices."""

from __future__ import annotations

import asyncio
import gzip
import time
import zlib
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from hub import quiet
from tests.fakes import twilio
from tests.hub import office
from tests.hub.office import Office

LENGTH = b"Content-Length: 5\r\n\r\nabcde"


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Office]:
    async with office.opened(tmp_path) as found:
        yield found


async def _answer(hub: Office, request: bytes) -> int:
    """The status of raw bytes sent to the hub."""
    host, _, port = hub.base.removeprefix("http://").rpartition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    try:
        writer.write(request)
        async with asyncio.timeout(30):
            line = await reader.readline()
        return int(line.split()[1])
    finally:
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize(
    "request_bytes",
    [
        b"GARBAGE\r\n\r\n",
        b"POST /in/sms HTTP/1.1\r\nHost: x\r\nContent-Length: abc\r\n\r\n",
        b"POST /in/sms HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
        b"POST /in/sms HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\n" + LENGTH,
        b"POST /in/sms HTTP/1.1\r\nHost: x\r\nContent-Encoding: deflate\r\n" + LENGTH,
        b"POST /api/v1/sign-in HTTP/1.1\r\nHost: x\r\nContent-Encoding: gzip\r\n" + LENGTH,
        b"POST /in/sms HTTP/1.1\r\nHost: x\r\nX-Twilio-Signature: \xff\xfe\r\n" + LENGTH,
        b"GET /api/v1/ledger HTTP/1.1\r\nHost: x\r\nCookie: hub_session=\xff\r\n\r\n",
        b"GET /api/v1/ledger HTTP/1.1\r\nHost: x\r\nX-Big: " + b"z" * 70_000 + b"\r\n\r\n",
    ],
)
async def test_no_bytes_are_an_error_of_ours(hub: Office, request_bytes: bytes) -> None:
    assert 400 <= await _answer(hub, request_bytes) < 500
    await hub.customer_writes("Hello")


async def test_a_packed_body_over_the_cap_is_refused(hub: Office) -> None:
    packed = gzip.compress(b"x" * 5_000_000)
    async with hub.caller() as provider:
        answer = await provider.call(
            "POST", "/in/sms", data=packed, headers={"Content-Encoding": "gzip"}
        )
        assert answer.status == 413


async def test_a_refused_bomb_is_not_unpacked_behind_the_refusal(hub: Office) -> None:
    bomb = zlib.compress(b"x" * 100_000_000, 1)
    before = time.process_time()
    zlib.decompress(bomb)
    whole = time.process_time() - before
    before = time.process_time()
    async with hub.caller() as provider:
        answer = await provider.call(
            "POST", "/in/sms", data=bomb, headers={"Content-Encoding": "deflate"}
        )
    await hub.customer_writes("Hello")
    assert answer.status == 413
    assert time.process_time() - before < whole


@pytest.mark.parametrize("wbits", [zlib.MAX_WBITS, -zlib.MAX_WBITS, zlib.MAX_WBITS | 16])
async def test_a_packed_body_is_read(hub: Office, wbits: int) -> None:
    coding = "gzip" if wbits > zlib.MAX_WBITS else "deflate"
    packed = zlib.compress(b'{"email": "x"}', wbits=wbits)
    async with hub.caller() as caller:
        answer = await caller.call(
            "POST", "/api/v1/sign-in", data=packed, headers={"Content-Encoding": coding}
        )
        assert answer.status == 400
        assert answer.json["errors"][0]["field"] == "password"


@pytest.mark.parametrize("place", ["/in/sms", "/api/v1/sign-in"])
async def test_a_coding_that_is_not_known_is_said_to_be_so(hub: Office, place: str) -> None:
    async with hub.caller() as caller:
        answer = await caller.call("POST", place, data=b"x", headers={"Content-Encoding": "br"})
        assert answer.status == 415
        assert "br" in answer.json["detail"]


async def test_who_asks_nothing_is_let_go_and_who_waits_for_an_answer_is_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(quiet, "QUIET_SECONDS", 0.2)
    async with office.opened(tmp_path) as hub, hub.person("one@acme.example") as one:
        host, _, port = hub.base.removeprefix("http://").rpartition(":")
        async with one.session.ws_connect(f"{hub.base}/api/v1/live") as live:
            lazy = [await asyncio.open_connection(host, int(port)) for _ in range(3)]
            lazy[0][1].write(b"GET / HTTP/1.1\r\nX-Slow: ")
            lazy[1][1].write(b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n")
            async with asyncio.timeout(30):
                answers = [await reader.read() for reader, _ in lazy]
            for _, writer in lazy:
                writer.close()
                await writer.wait_closed()
            assert [b"200 OK" in answer for answer in answers] == [False, True, False]
            await hub.customer_writes("Hello")
            async with asyncio.timeout(30):
                while (await live.receive_json())["type"] != "event":
                    pass


async def test_bodies_that_never_come_hold_up_nobody(hub: Office) -> None:
    host, _, port = hub.base.removeprefix("http://").rpartition(":")
    waiting = [await asyncio.open_connection(host, int(port)) for _ in range(100)]
    for _, writer in waiting:
        writer.write(b"POST /in/sms HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\na")
    async with asyncio.timeout(20):
        fields = await hub.customer_writes("Hello")
    assert fields["To"] == twilio.NUMBER
    for _, writer in waiting:
        writer.close()
        await writer.wait_closed()
