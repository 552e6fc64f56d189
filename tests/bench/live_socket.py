"""A live socket that costs little: it opens, hands on each text frame as bytes, and answers pings.

RFC 6455 as far as the hub speaks it to a program: frames in one piece, no extension. Three hundred
sockets of a library's take a whole core at the rates of the benches, and the figure would be theirs.
"""

from __future__ import annotations

import asyncio
import base64
import os
import struct
from collections.abc import Callable

TEXT, CLOSE, PING = 0x1, 0x8, 0x9
_PONG = b"\x8a\x80\0\0\0\0"  # no words, masked by zeros


class _Socket(asyncio.Protocol):
    def __init__(self, head: bytes, on_text: Callable[[bytes], None]) -> None:
        self._head = head
        self._on_text = on_text
        self._rest = b""
        self._transport: asyncio.Transport | None = None
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        transport.write(self._head)

    def data_received(self, data: bytes) -> None:
        data = self._rest + data if self._rest else data
        if not self.opened.done():
            head, end, data = data.partition(b"\r\n\r\n")
            if not end:
                self._rest = head
                return
            if not head.startswith(b"HTTP/1.1 101 "):
                raise ConnectionError(head.decode(errors="replace"))
            self.opened.set_result(None)
        place = 0
        while (frame := _frame(data, place)) is not None:
            kind, begin, place = frame
            if kind == TEXT:
                self._on_text(data[begin:place])
            elif kind == PING and self._transport is not None:
                self._transport.write(_PONG)
        self._rest = data[place:]

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.opened.done():
            self.opened.set_exception(exc or ConnectionError("closed before it was open"))


def _frame(data: bytes, place: int) -> tuple[int, int, int] | None:
    """(opcode, where its words begin, where it ends), or None if it is not all here."""
    if len(data) < place + 2:
        return None
    size, begin = data[place + 1], place + 2
    if size >= 126:
        format = "!H" if size == 126 else "!Q"
        if len(data) < begin + struct.calcsize(format):
            return None
        size = struct.unpack_from(format, data, begin)[0]
        begin += struct.calcsize(format)
    end = begin + size
    return None if len(data) < end else (data[place] & 0xF, begin, end)


async def live(port: int, token: str, on_text: Callable[[bytes], None]) -> asyncio.Transport:
    """Open ``/api/v1/live`` as the token's owner; close the transport to end it."""
    key = base64.b64encode(os.urandom(16)).decode()
    head = (
        f"GET /api/v1/live HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {token}\r\n"
        f"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {key}\r\n\r\n"
    ).encode()
    loop = asyncio.get_running_loop()
    transport, protocol = await loop.create_connection(
        lambda: _Socket(head, on_text), "127.0.0.1", port
    )
    await protocol.opened
    return transport
