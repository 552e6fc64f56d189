from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web
from aiohttp.abc import AbstractResolver, ResolveResult

from connectors.contract import (
    ChannelError,
    OutcomeUnknown,
    Rejected,
    Unauthorized,
    Unavailable,
)
from connectors.guard import is_local, is_public
from connectors.http import HttpClient, fault, netloc, retry_after

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class Names(AbstractResolver):
    """A DNS of our own."""

    def __init__(self, **names: str) -> None:
        self.names = names

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        if host not in self.names or family == socket.AF_INET6:
            raise OSError(f"no such name: {host}")
        return [
            ResolveResult(
                hostname=host, host=address, port=port, family=socket.AF_INET, proto=0, flags=0
            )
            for address in self.names[host].split()
        ]

    async def close(self) -> None:
        return None


@asynccontextmanager
async def serving(handler: Handler) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", handler)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    try:
        yield f"http://{host}:{port}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def cutting(answer: bytes) -> AsyncIterator[str]:
    """A server that reads a request, answers these bytes and cuts the connection."""

    async def cut(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()
        await writer.wait_closed()

    server = await asyncio.start_server(cut, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"


def client(*allowed: str, seconds: float = 5, **names: str) -> HttpClient:
    return HttpClient(
        user_agent="hub/test",
        allow_hosts=frozenset(allowed),
        timeout=timedelta(seconds=seconds),
        resolver=Names(**names),
    )


async def ok(request: web.Request) -> web.Response:
    return web.Response(text=f"{request.method} {request.path_qs}", headers={"X-Seen": "yes"})


async def test_a_whole_answer() -> None:
    async with serving(ok) as url, client("127.0.0.1") as http:
        reply = await http.request("GET", url + "/a?b=1", params={"c": "é"}, auth=("u", "p"))
    assert (reply.status, reply.text) == (200, "GET /a?b=1&c=%C3%A9")
    assert reply.headers["x-seen"] == "yes"
    assert "GET" not in repr(reply)


@pytest.mark.parametrize(
    "host",
    [
        *(
            "127.0.0.1",
            "127.1",
            "2130706433",
            "0x7f000001",
            "0x7f.0.0.1",
            "0177.0.0.1",
            "017700000001",
        ),
        *("0.0.0.1", "0", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1"),
        *("224.0.0.1", "255.255.255.255", "198.18.0.1", "[::1]", "[::]", "[::ffff:127.0.0.1]"),
        *("[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]", "[fe80::1]", "[fc00::1]"),
        *("[fec0::1]", "[ff02::1]", "１２７.0.0.1", "127.0.0.1.", "127%2e0.0.1", "u:p@127.0.0.1"),
    ],
)
async def test_addresses_that_are_not_public_are_refused(host: str) -> None:
    called: list[str] = []

    async def handler(request: web.Request) -> web.Response:
        called.append(request.path)
        return web.Response()

    async with serving(handler) as url, HttpClient(user_agent="hub/test") as http:
        port = url.rpartition(":")[2]
        with pytest.raises(Rejected):
            await http.request("GET", f"http://{host}:{port}/x")
        with pytest.raises(Rejected):
            async with http.stream(f"http://{host}:{port}/x", max_bytes=9):
                pass
    assert called == []


@pytest.mark.parametrize(
    "url", ["", "file:///etc/passwd", "ftp://a/", "//a", "http://", "http://["]
)
async def test_other_urls_are_refused(url: str) -> None:
    async with client() as http:
        with pytest.raises(Rejected):
            await http.request("GET", url)


async def test_names_that_lead_inside_are_refused() -> None:
    async with (
        serving(ok) as url,
        client(inside="127.0.0.1", mixed="8.8.8.8 10.0.0.1") as http,
    ):
        port = url.rpartition(":")[2]
        for name in ("inside", "mixed"):
            with pytest.raises(Rejected, match=f"{name} is not a public address"):
                await http.request("POST", f"http://{name}:{port}/")


async def test_allowed_hosts_may_be_inside() -> None:
    async with serving(ok) as url:
        port = url.rpartition(":")[2]
        async with client("Inside", inside="127.0.0.1") as http:
            assert (await http.request("GET", f"http://inside:{port}/")).status == 200
        async with client(f"inside:{port}", "inside:1", inside="127.0.0.1") as http:
            assert (await http.request("GET", f"http://inside:{port}/")).status == 200
        async with client("inside:1", inside="127.0.0.1") as http:
            with pytest.raises(Rejected):
                await http.request("GET", f"http://inside:{port}/")


def test_public_addresses() -> None:
    assert is_public("8.8.8.8")
    assert is_public("2001:4860:4860::8888")
    assert is_public("::ffff:8.8.8.8")
    assert not is_public("fe80::1%eth0")


def test_local_urls() -> None:
    for host in (
        "localhost",
        "a.localhost",
        "127.0.0.1:8080",
        "10.0.0.1",
        "[::1]",
        "0177.1",
        "nas.local",
    ):
        assert is_local(f"http://{host}/in/sms")
    for host in ("hub.example", "8.8.8.8", "localhost.example.com"):
        assert not is_local(f"https://{host}/in/sms")


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_no_connection_is_unavailable(method: str) -> None:
    with socket.socket() as held:
        held.bind(("127.0.0.1", 0))
        async with client("127.0.0.1") as http:
            for host in (f"127.0.0.1:{held.getsockname()[1]}", "nowhere.example"):
                with pytest.raises(
                    Unavailable, match=r"failed: (connection refused|no such host name)$"
                ):
                    await http.request(method, f"http://{host}/")


@pytest.mark.parametrize(("method", "error"), [("POST", OutcomeUnknown), ("GET", Unavailable)])
@pytest.mark.parametrize("answer", [b"", b"HTTP/1.1 201 Created\r\nContent-Length: 9\r\n\r\n{"])
async def test_a_cut_connection(method: str, error: type[ChannelError], answer: bytes) -> None:
    async with cutting(answer) as url, client("127.0.0.1") as http:
        with pytest.raises(error):
            await http.request(method, url, data={"a": "1"} if method == "POST" else None)


@pytest.mark.parametrize(("method", "error"), [("POST", OutcomeUnknown), ("PUT", Unavailable)])
async def test_a_time_out(method: str, error: type[ChannelError]) -> None:
    never = asyncio.Event()

    async def hang(_: web.Request) -> web.Response:
        await never.wait()
        return web.Response()

    async with serving(hang) as url, client("127.0.0.1", seconds=0.05) as http:
        with pytest.raises(error, match="no answer in time"):
            await http.request(method, url)
        never.set()


async def test_an_answer_that_is_too_large() -> None:
    async def flood(_: web.Request) -> web.Response:
        return web.Response(body=b"x" * (4 * 1024 * 1024 + 1))

    async with serving(flood) as url, client("127.0.0.1") as http:
        with pytest.raises(Unavailable):
            await http.request("GET", url)


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (200, type(None)),
        (204, type(None)),
        (302, Rejected),
        (400, Rejected),
        (401, Unauthorized),
        (403, Unauthorized),
        (404, Rejected),
        (408, Unavailable),
        (429, Unavailable),
        (500, Unavailable),
        (503, Unavailable),
    ],
)
def test_statuses(status: int, error: type[object]) -> None:
    assert type(fault(status, {})) is error


def test_retry_after() -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    for text, seconds in {
        "": None,
        "7": 7,
        "0": 0,
        "-1": None,
        "1.5": None,
        "soon": None,
        "٧": None,
        "99999999999999999999": 86_400,
        "Thu, 01 Jan 2026 00:00:30 GMT": 30,
        "Wed, 31 Dec 2025 23:00:00 GMT": 0,
        "Thu, 01 Jan 2026 00:00:30 -0000": 30,
    }.items():
        expected = None if seconds is None else timedelta(seconds=seconds)
        assert retry_after({"Retry-After": text}, now) == expected, text
    error = fault(429, {"Retry-After": "7"})
    assert isinstance(error, Unavailable)
    assert error.retry_after == timedelta(seconds=7)


async def read(http: HttpClient, url: str, limit: int = 1_000_000, **options: object) -> bytes:
    async with http.stream(url, max_bytes=limit, **options) as pieces:
        return b"".join([piece async for piece in pieces])


async def test_streams_follow_redirects_and_keep_the_password_at_home() -> None:
    seen: list[tuple[str, bool]] = []

    async def handler(request: web.Request) -> web.Response:
        seen.append((request.host, "Authorization" in request.headers))
        if request.path == "/start":
            port = request.url.port
            raise web.HTTPFound(f"http://cdn.example:{port}/file")
        return web.Response(body=b"x" * 200_000)

    async with (
        serving(handler) as url,
        client(
            "api.example", "cdn.example", **{"api.example": "127.0.0.1", "cdn.example": "127.0.0.1"}
        ) as http,
    ):
        port = url.rpartition(":")[2]
        home = f"api.example:{port}"
        body = await read(http, f"http://{home}/start", auth=("u", "p"), auth_host=home)
        assert len(body) == 200_000
        assert seen == [(home, True), (f"cdn.example:{port}", False)]


@pytest.mark.parametrize(
    "location", ["http://127.0.0.1:1/", "http://inside/", "file:///x", "gopher://a", "/loop"]
)
async def test_redirects_are_guarded(location: str) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": location})

    async with (
        serving(handler) as url,
        client(netloc(url), inside="127.0.0.1") as http,
    ):
        with pytest.raises(Rejected):
            await read(http, url)


@pytest.mark.parametrize(("status", "error"), [(404, Rejected), (503, Unavailable)])
async def test_streams_say_what_is_wrong(status: int, error: type[ChannelError]) -> None:
    async def handler(_: web.Request) -> web.Response:
        return web.Response(status=status)

    async with serving(handler) as url, client("127.0.0.1") as http:
        with pytest.raises(error):
            await read(http, url)


async def test_streams_are_capped_and_cuts_seen() -> None:
    async def chunked(_: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(_)
        await response.write(b"x" * 2_000)
        return response

    async def large(_: web.Request) -> web.Response:
        return web.Response(body=b"x" * 2_000)

    for handler in (chunked, large):
        async with serving(handler) as url, client("127.0.0.1") as http:
            assert len(await read(http, url, 2_000)) == 2_000
            with pytest.raises(Rejected, match="larger than 1999 bytes"):
                await read(http, url, 1_999)
    async with (
        cutting(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc") as url,
        client("127.0.0.1") as http,
    ):
        with pytest.raises(Unavailable):
            await read(http, url)


async def test_a_closed_client_says_so() -> None:
    with pytest.raises(RuntimeError, match="not open"):
        await client().request("GET", "http://8.8.8.8/")
