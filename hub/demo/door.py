"""The demo's way to its hub: over HTTP on loopback, as any provider or program would come.

Nothing else is called from here: the client refuses every address but the hub's own.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit

import aiohttp
import msgspec

from connectors.contract import ChannelError
from connectors.http import HttpClient, Reply, netloc
from hub.demo import wire

if TYPE_CHECKING:
    from hub.settings import Settings

TIMEOUT = timedelta(seconds=15)


class Door:
    """One hub. An async context manager."""

    def __init__(self, settings: Settings) -> None:
        self.public_url = settings.public_url
        self.base = local_url(settings)
        self.token = ""
        """A token of the hub's API, once it runs."""
        self._client = HttpClient(
            user_agent="HubSimulator/0.1",
            allow_hosts=frozenset({netloc(self.base)}),
            timeout=TIMEOUT,
        )
        self._sockets: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        self._sockets = aiohttp.ClientSession()
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._sockets is not None:
            await self._sockets.close()
        await self._client.__aexit__(kind, error, trace)

    # ---------------------------------------------------------------- as a provider

    async def webhook(self, line: wire.Line, fields: Mapping[str, str]) -> Reply:
        """Post a signed form. Raises ChannelError: nobody answered."""
        headers, body = wire.signed(line, fields)
        return await self.post_to(line.url, body, headers)

    async def post_to(self, url: str, body: bytes, headers: Mapping[str, str]) -> Reply:
        """Post to the hub's own address, however the world calls it. Raises ChannelError."""
        parts = urlsplit(url)
        if not url.startswith(self.public_url + "/"):
            raise ChannelError("this is not an address of the hub")
        path = parts.path + (f"?{parts.query}" if parts.query else "")
        return await self._client.request("POST", self.base + path, data=body, headers=headers)

    async def mail(self, token: str, body: bytes, channel: str = "mail") -> Reply:
        """Post a raw mail. Raises ChannelError."""
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "message/rfc822"}
        url = f"{self.base}/in/{channel}"
        return await self._client.request("POST", url, data=body, headers=headers)

    # ---------------------------------------------------------------- as a program

    async def healthy(self) -> bool:
        """Whether the hub takes webhooks."""
        try:
            return (await self._client.request("GET", f"{self.base}/healthz")).status == 200
        except ChannelError:
            return False

    async def api(
        self, method: str, path: str, body: Any = None, **params: str | int | None
    ) -> Any:
        """Call the hub's API; the answer's JSON, None for no content. Raises ChannelError."""
        headers = {"Authorization": f"Bearer {self.token}"}
        reply = await self._client.request(
            method,
            f"{self.base}/api/v1{path}",
            params={name: str(value) for name, value in params.items() if value is not None},
            data=None if body is None else msgspec.json.encode(body),
            headers=headers,
        )
        if reply.status >= 400:
            raise ChannelError(f"{method} {path}: {reply.status}")
        return msgspec.json.decode(reply.body) if reply.body else None

    async def pages(self, path: str, **params: str | int | None) -> AsyncIterator[Any]:
        """Every item of a list. Raises ChannelError."""
        cursor: str | None = None
        while True:
            page = await self.api("GET", path, limit=500, cursor=cursor, **params)
            for item in page["items"]:
                yield item
            cursor = page["next"]
            if cursor is None:
                return

    @asynccontextmanager
    async def socket(
        self, path: str, *, signed_in: bool = False
    ) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
        """A WebSocket. Raises aiohttp.ClientError, OSError."""
        if self._sockets is None:
            raise RuntimeError("the door is not open")
        headers = {"Authorization": f"Bearer {self.token}"} if signed_in else {}
        url = f"ws{self.base.removeprefix('http')}{path}"
        async with self._sockets.ws_connect(url, headers=headers, heartbeat=20) as socket:
            yield socket


def local_url(settings: Settings) -> str:
    """Where the hub listens, as this machine calls it."""
    host = "127.0.0.1" if settings.host in ("0.0.0.0", "::", "") else settings.host  # noqa: S104
    return f"http://[{host}]:{settings.port}" if ":" in host else f"http://{host}:{settings.port}"


@asynccontextmanager
async def timed() -> AsyncIterator[list[float]]:
    """Milliseconds that the block took, in the list afterwards."""
    took: list[float] = []
    began = time.perf_counter()
    try:
        yield took
    finally:
        took.append((time.perf_counter() - began) * 1000)
