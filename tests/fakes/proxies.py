"""Proxies on loopback: SOCKS5 (RFC 1928, 1929) and HTTP ``CONNECT`` (RFC 9110 section 9.3.6).

Each resolves names by its own table, as a proxy out in the world would: nobody else knows them.
"""

from __future__ import annotations

import asyncio
import base64
import socket
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

SECONDS = 10.0


@dataclass(slots=True)
class Proxy:
    """What it knows, whom it lets through, and what was asked of it."""

    scheme: str
    names: dict[str, int] = field(default_factory=dict)
    """Host or ``host:port`` -> port of 127.0.0.1 behind it; others cannot be reached."""
    user: str = ""
    password: str = ""
    asked: list[tuple[str, int]] = field(default_factory=list)
    """(host, port) of each connection, as the client named it."""
    port: int = 0
    tasks: set[asyncio.Task[None]] = field(default_factory=set)

    @property
    def url(self) -> str:
        login = f"{self.user}:{self.password}@" if self.user else ""
        return f"{self.scheme}://{login}127.0.0.1:{self.port}"

    def _behind(self, host: str, port: int) -> int | None:
        return self.names.get(f"{host}:{port}") or self.names.get(host)

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self.tasks.add(task)
        with suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
            await (self._socks if self.scheme == "socks5" else self._http)(reader, writer)
        writer.close()
        self.tasks.discard(task)

    async def _socks(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        version, count = await reader.readexactly(2)
        methods = await reader.readexactly(count)
        wanted = 2 if self.user else 0
        if version != 5 or wanted not in methods:
            writer.write(b"\x05\xff")
            return
        writer.write(bytes([5, wanted]))
        if wanted and not await self._socks_login(reader, writer):
            return
        _, command, _, kind = await reader.readexactly(4)
        host = await _socks_host(reader, kind)
        (port,) = struct.unpack("!H", await reader.readexactly(2))
        self.asked.append((host, port))
        behind = self._behind(host, port)
        if command != 1 or behind is None:
            writer.write(bytes([5, 4, 0, 1]) + bytes(6))  # host unreachable
            return
        writer.write(bytes([5, 0, 0, 1]) + bytes(6))
        await _join(reader, writer, behind)

    async def _socks_login(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        _, length = await reader.readexactly(2)
        user = (await reader.readexactly(length)).decode()
        (length,) = await reader.readexactly(1)
        password = (await reader.readexactly(length)).decode()
        good = (user, password) == (self.user, self.password)
        writer.write(b"\x01\x00" if good else b"\x01\x01")
        return good

    async def _http(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
        method, target, _ = head[0].split(" ")
        login = base64.b64encode(f"{self.user}:{self.password}".encode()).decode()
        if self.user and f"Proxy-Authorization: Basic {login}" not in head:
            writer.write(b"HTTP/1.1 407 Proxy Authentication Required\r\n\r\n")
            return
        host, _, port = target.rpartition(":")
        if method != "CONNECT" or not host or not port.isdigit():
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
            return
        self.asked.append((host, int(port)))
        behind = self._behind(host, int(port))
        if behind is None:
            writer.write(b"HTTP/1.1 502 Bad Gateway\r\n\r\n")
            return
        writer.write(b"HTTP/1.1 200 Connection established\r\n\r\n")
        await _join(reader, writer, behind)


async def _socks_host(reader: asyncio.StreamReader, kind: int) -> str:
    if kind == 3:
        (length,) = await reader.readexactly(1)
        return (await reader.readexactly(length)).decode("ascii")
    family, size = (socket.AF_INET, 4) if kind == 1 else (socket.AF_INET6, 16)
    return socket.inet_ntop(family, await reader.readexactly(size))


async def _join(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, port: int) -> None:
    far_reader, far_writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        await asyncio.gather(_pump(reader, far_writer), _pump(far_reader, writer))
    finally:
        far_writer.close()
        with suppress(ConnectionError):
            await far_writer.wait_closed()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with suppress(ConnectionError, RuntimeError):
        while data := await source.read(65_536):
            sink.write(data)
            await sink.drain()
        sink.write_eof()


@asynccontextmanager
async def proxy(
    scheme: str, *, user: str = "", password: str = "", **names: int
) -> AsyncIterator[Proxy]:
    """A proxy that listens; ``names`` with ``_`` for dots: ``mail_example=25``."""
    known = {name.replace("_", "."): port for name, port in names.items()}
    found = Proxy(scheme, known, user, password)
    server = await asyncio.start_server(found.serve, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    try:
        yield found
    finally:
        server.close()
        for task in list(found.tasks):
            task.cancel()
        await asyncio.gather(*found.tasks, return_exceptions=True)
        await server.wait_closed()
