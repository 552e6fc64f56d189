"""A load generator that costs little: prebuilt requests over plain sockets, answers only counted."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field


@dataclass(slots=True)
class Result:
    """What one run saw."""

    seconds: float = 0.0
    statuses: dict[int, int] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)
    """Seconds from the request's last byte to the answer's first."""

    @property
    def per_second(self) -> float:
        return sum(self.statuses.values()) / self.seconds

    def percentile(self, share: float) -> float:
        """In milliseconds."""
        ordered = sorted(self.latencies)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000


class _Client(asyncio.Protocol):
    def __init__(self, requests: Iterator[bytes], result: Result, done: asyncio.Future[None]):
        self._requests = requests
        self._result = result
        self._done = done
        self._transport: asyncio.Transport | None = None
        self._sent = 0.0
        self._rest = 0
        self._head = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._next()

    def _next(self) -> None:
        assert self._transport is not None
        request = next(self._requests, None)
        if request is None:
            self._transport.close()
            if not self._done.done():
                self._done.set_result(None)
            return
        self._transport.write(request)
        self._sent = time.perf_counter()

    def data_received(self, data: bytes) -> None:
        if self._rest:
            self._rest -= len(data)
            if self._rest <= 0:
                self._rest = 0
                self._next()
            return
        self._head += data
        end = self._head.find(b"\r\n\r\n")
        if end < 0:
            return
        self._result.latencies.append(time.perf_counter() - self._sent)
        status = int(self._head[9:12])
        self._result.statuses[status] = self._result.statuses.get(status, 0) + 1
        lower = self._head[:end].lower()
        place = lower.find(b"content-length:")
        length = int(lower[place + 15 :].split(b"\r\n", 1)[0]) if place >= 0 else 0
        self._rest = length - (len(self._head) - end - 4)
        self._head = b""
        if self._rest <= 0:
            self._rest = 0
            self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self._done.done():
            self._done.set_result(None)


async def run(host: str, port: int, requests: Sequence[bytes], connections: int) -> Result:
    """Send all requests over that many connections, one at a time on each."""
    result = Result()
    loop = asyncio.get_running_loop()
    source = iter(requests)
    waiting = []
    started = time.perf_counter()
    for _ in range(connections):
        done: asyncio.Future[None] = loop.create_future()
        await loop.create_connection(lambda d=done: _Client(source, result, d), host, port)
        waiting.append(done)
    await asyncio.gather(*waiting)
    result.seconds = time.perf_counter() - started
    return result


def post(path: str, body: bytes, headers: dict[str, str]) -> bytes:
    """One HTTP/1.1 request."""
    lines = [f"POST {path} HTTP/1.1", "Host: 127.0.0.1", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body
