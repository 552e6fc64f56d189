"""Providers' calls: what each gets for an answer, and what the ledger keeps of it."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Any

import pytest

from hub.intake import Intake
from storage import raw_events
from storage.errors import CommitUnknown, StoreBusy, StoreUnavailable
from tests.fakes import twilio
from tests.hub.running import PATIENCE, message

if TYPE_CHECKING:
    from tests.hub.running import Running

LOOP = {"X-Loopback": "yes"}


async def test_a_missing_or_wrong_signature_is_401(hub: Running) -> None:
    url = f"{hub.hub.settings.public_url}/in/sms"
    headers, body = twilio.signed(url, twilio.sms("hello"))
    unsigned = {k: v for k, v in headers.items() if k != "X-Twilio-Signature"}
    assert (await hub.post("sms", body, unsigned))[0] == 401
    assert (await hub.post("sms", body + b"x", headers))[0] == 401
    assert await hub.ledger() == {"rejected": 2}
    rows = await hub.rows("SELECT body, blob, url, headers FROM raw_request")
    assert [row["body"] for row in rows] == [None, None]  # nothing of a stranger's body is kept
    assert all(row["url"] == url for row in rows)


async def test_a_reported_signature_lets_pass_and_off_does_not_look(hub: Running) -> None:
    await hub.write(_signature_mode, "report")
    await hub.hub.reconfigure()
    status, _, _ = await hub.post("loop", json.dumps([message()]).encode(), {})
    assert status == 200
    await hub.write(_signature_mode, "off")
    await hub.hub.reconfigure()
    status, _, _ = await hub.post("loop", json.dumps([message()]).encode(), {})
    assert status == 200
    assert await hub.ledger() == {"stored": 2}


def _signature_mode(tx: Any, mode: str) -> None:
    tx.run("UPDATE channel SET signature_mode = :mode WHERE name = 'loop'", mode=mode)


async def test_over_the_cap_is_413_with_and_without_a_length(hub: Running) -> None:
    cap = hub.hub.settings.webhook_bytes

    async def stream() -> Any:
        for _ in range(cap // 65536 + 2):
            yield b"x" * 65536

    status, _, text = await hub.post("loop", b"x" * (cap + 1), LOOP)
    assert (status, json.loads(text)["status"]) == (413, 413)
    async with hub.http.post(f"{hub.base}/in/loop", data=stream(), headers=LOOP) as response:
        assert response.status == 413
    assert await hub.ledger() == {"rejected": 2}


async def test_another_format_is_400_with_the_field_and_kept(hub: Running) -> None:
    status, _, text = await hub.post("loop", b"<xml/>", LOOP)
    assert status == 400
    assert json.loads(text)["errors"][0]["field"] == "body"
    assert await hub.form(twilio.sms("x") | {"From": ""}) == 400
    assert await hub.ledger() == {"rejected": 2}
    rows = await hub.rows("SELECT body FROM raw_request WHERE body IS NOT NULL")
    assert b"<xml/>" in [bytes(row["body"]) for row in rows]


async def test_an_alien_large_body_is_400(hub: Running) -> None:
    assert (await hub.post("loop", b"\x00\xff" * 50_000, LOOP))[0] == 400
    assert await hub.ledger() == {"rejected": 1}


async def test_our_parsers_mistake_is_2xx_and_kept(hub: Running) -> None:
    hub.provider().mistakes.add("A")
    status, _, _ = await hub.post("loop", json.dumps([message(id="A")]).encode(), LOOP)
    assert status == 200
    assert await hub.ledger() == {"failed": 1}


async def test_known_events_get_the_same_2xx(hub: Running) -> None:
    body = json.dumps([message()]).encode()
    first = await hub.post("loop", body, LOOP)
    second = await hub.post("loop", body, LOOP)
    assert (first[0], first[2]) == (second[0], second[2]) == (200, "ok")


async def test_ignored_is_2xx_with_its_reason(hub: Running) -> None:
    assert await hub.loop({"ignored": {"provider_id": "C", "reason": "a challenge"}}) == 200
    assert await hub.ledger() == {"ignored": 1}
    (row,) = await hub.read(raw_events.page, channel="loop", state="ignored", before=None, limit=10)
    assert row["reason"] == "a challenge"


async def test_an_empty_list_of_events_is_2xx(hub: Running) -> None:
    assert await hub.loop() == 200
    assert await hub.ledger() == {}


async def test_an_unknown_channel_is_404(hub: Running) -> None:
    assert (await hub.post("nothing", b"x", {}))[0] == 404
    async with hub.http.get(f"{hub.base}/in/sms") as response:
        assert response.status == 405


async def test_a_channel_that_cannot_be_opened_asks_to_come_again(hub: Running) -> None:
    settings = (
        'settings: {account_sid: AC1, number: "+12025550123", auth_token: {env: NO_SUCH_SECRET}}'
    )
    text = f"channels: [{{name: sms, kind: sms_twilio, {settings}}}]"
    await hub.office.run("apply", text=text)
    async with hub.http.post(f"{hub.base}/in/sms", data=b"x") as response:
        assert (response.status, response.headers["Retry-After"]) == (503, "30")
    text = f"channels: [{{name: sms, kind: sms_twilio, enabled: false, {settings}}}]"
    await hub.office.run("apply", text=text)
    assert (await hub.post("sms", b"x", {}))[0] == 404


@pytest.mark.parametrize("error", [StoreBusy, StoreUnavailable, CommitUnknown])
async def test_what_the_store_cannot_take_is_spooled_and_filed_once(
    hub: Running, monkeypatch: pytest.MonkeyPatch, error: type[StoreUnavailable]
) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise error("no")

    body = json.dumps([message()]).encode()
    with monkeypatch.context() as patch:
        patch.setattr(hub.hub.db, "submit", refuse)
        assert (await hub.post("loop", body, LOOP))[0] == 200
        assert (await hub.post("loop", body, {}))[0] == 401  # the refusal needs no store
        assert hub.hub.spool.waiting == 1
    async with asyncio.timeout(PATIENCE):
        while hub.hub.spool.waiting:  # noqa: ASYNC110  the spool tells nobody
            await asyncio.sleep(0.05)
    assert (await hub.post("loop", body, LOOP))[0] == 200
    assert await hub.ledger() == {"stored": 1, "duplicate": 1}


async def test_what_neither_store_nor_spool_can_take_is_503(
    hub: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise StoreUnavailable("no")

    async def full(*_: Any, **__: Any) -> Any:
        raise StoreUnavailable("blobs: No space left on device")

    body = json.dumps([message("x" * 100_000)]).encode()
    with monkeypatch.context() as patch:
        patch.setattr(hub.hub.blobs, "put", full)
        patch.setattr(hub.hub.db, "submit", refuse)
        patch.setattr(hub.hub.spool, "put", full)
        status, headers, _ = await hub.post("loop", body, LOOP)
        assert status == 503
        assert int(headers["Retry-After"]) >= 1
    assert await hub.ledger() == {}


async def _raw(hub: Running, request: bytes, *, end: bool = False) -> bytes:
    """What the server says to these bytes."""
    host, _, port = hub.base.removeprefix("http://").partition(":")
    reader, writer = await asyncio.open_connection(host, int(port))
    writer.write(request)
    if end:
        writer.write_eof()
    async with asyncio.timeout(30):
        answer = await reader.read(65536)
    writer.close()
    return answer


async def test_bytes_that_are_not_text_in_the_url(hub: Running) -> None:
    request = (
        b"POST /in/loop?a=\xff\xfe%00%ff HTTP/1.1\r\nHost: x\r\nX-Odd: \xe9\xff\r\n"
        b"Content-Length: 2\r\nConnection: close\r\n\r\n[]"
    )
    answer = await _raw(hub, request)
    assert int(answer.split()[1]) in (400, 401), answer
    assert await _raw(hub, request.replace(b"X-Odd: ", b"X-Loopback: yes\r\nX-Odd: "))
    assert sum((await hub.ledger()).values()) <= 1


async def test_a_body_that_breaks_off_is_nothing(hub: Running) -> None:
    request = (
        b"POST /in/loop HTTP/1.1\r\nHost: x\r\nX-Loopback: yes\r\nContent-Length: 500\r\n\r\n[{"
    )
    answer = await _raw(hub, request, end=True)
    assert b" 200 " not in answer.partition(b"\r\n")[0]
    assert await hub.ledger() == {}


async def test_a_body_that_never_ends_is_408(hub: Running, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("hub.body.SECONDS", 0.05)
    request = (
        b"POST /in/loop HTTP/1.1\r\nHost: x\r\nX-Loopback: yes\r\nContent-Length: 500\r\n\r\n[{"
    )
    answer = await _raw(hub, request)
    assert answer.startswith(b"HTTP/1.1 408 "), answer
    assert await hub.ledger() == {}


async def test_rejected_requests_are_a_bounded_log(
    hub: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(raw_events, "KEEP_REJECTED", 3)
    for _ in range(6):
        assert (await hub.post("loop", b"[]", {}))[0] == 401
    assert await hub.ledger() == {"rejected": 6}
    assert await hub.value("SELECT COUNT(*) FROM raw_event") == 3
    assert await hub.value("SELECT COUNT(*) FROM raw_request") == 3


async def test_a_burst_is_all_taken(hub: Running) -> None:
    statuses = await asyncio.gather(*(hub.loop(message(str(n))) for n in range(100)))
    assert set(statuses) == {200}
    assert await hub.ledger() == {"stored": 100}
    assert len(await hub.entries((await hub.conversation()).id)) == 100


async def test_intake_does_not_need_the_router(hub: Running) -> None:
    routers = (task for task in asyncio.all_tasks() if "Router.run" in repr(task.get_coro()))
    router = next(routers, None)
    if router is not None:
        router.cancel()
    assert await hub.loop(message("push this")) == 200
    assert (await hub.conversation()).status == "open"
    assert isinstance(hub.hub.intake, Intake)
