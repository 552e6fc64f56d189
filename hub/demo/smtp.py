"""A mail server on loopback that keeps what it is given: RFC 5321, as much as our own sender speaks.

Local parts ``bounce`` and ``nobody`` are refused, so that a failed delivery can be seen.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from types import TracebackType
from typing import Self

MAX_BYTES = 50_000_000
LINE_BYTES = 1_000_000
IDLE_SECONDS = 60.0
REFUSED = ("bounce", "nobody")

_PATH = re.compile(rb"(?i)(?:FROM|TO):\s*<([^>]*)>")
Deliver = Callable[[list[str], bytes], None]
"""``deliver(recipients, mail)``: called for each mail taken."""


class Sink:
    """The server. An async context manager; ``port`` 0 is any free one."""

    def __init__(self, deliver: Deliver, *, host: str = "127.0.0.1", port: int = 0) -> None:
        self._deliver = deliver
        self._host = host
        self.port = port
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(
            self._serve, self._host, self.port, limit=LINE_BYTES
        )
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._server is not None:
            self._server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            await self._server.wait_closed()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if task is not None:
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        try:
            await _Session(reader, writer, self._deliver).run()
        except (OSError, ValueError, asyncio.IncompleteReadError):
            pass  # the other side went away, or never meant mail
        finally:
            writer.close()


class _Session:
    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, deliver: Deliver
    ) -> None:
        self._reader, self._writer, self._deliver = reader, writer, deliver
        self._recipients: list[str] = []
        self._open = False

    async def run(self) -> None:
        await self._say(220, "the simulator's mail server")
        while True:
            line = await asyncio.wait_for(self._reader.readline(), IDLE_SECONDS)
            if not line:
                return
            verb, _, rest = line.strip().partition(b" ")
            if not await self._command(verb.upper(), rest):
                return

    async def _command(self, verb: bytes, rest: bytes) -> bool:
        match verb:
            case b"EHLO" | b"HELO":
                self._open, self._recipients = False, []
                await self._say(250, "here", f"SIZE {MAX_BYTES}", "8BITMIME", "SMTPUTF8")
            case b"MAIL":
                self._open, self._recipients = True, []
                await self._say(250, "go on")
            case b"RCPT":
                await self._recipient(rest)
            case b"DATA":
                await self._data()
            case b"RSET" | b"NOOP":
                if verb == b"RSET":
                    self._open, self._recipients = False, []
                await self._say(250, "done")
            case b"QUIT":
                await self._say(221, "bye")
                return False
            case _:
                await self._say(502, "not here")
        return True

    async def _recipient(self, rest: bytes) -> None:
        found = _PATH.match(rest)
        if not self._open or found is None:
            return await self._say(503, "MAIL first, then RCPT TO:<address>")
        address = found[1].decode("utf-8", "replace")
        if address.partition("@")[0].lower() in REFUSED:
            return await self._say(550, "5.1.1 this mailbox does not exist")
        self._recipients.append(address)
        await self._say(250, "known")

    async def _data(self) -> None:
        if not self._recipients:
            return await self._say(503, "RCPT first")
        await self._say(354, "end with a dot")
        lines: list[bytes] = []
        size = 0
        while (line := await asyncio.wait_for(self._reader.readline(), IDLE_SECONDS)) != b".\r\n":
            if not line:
                raise asyncio.IncompleteReadError(b"", None)
            size += len(line)
            if size <= MAX_BYTES:
                lines.append(line[1:] if line.startswith(b".") else line)
        recipients, self._recipients, self._open = self._recipients, [], False
        if size > MAX_BYTES:
            return await self._say(552, "5.3.4 too large")
        self._deliver(recipients, b"".join(lines))
        await self._say(250, "2.0.0 it is there")

    async def _say(self, code: int, *lines: str) -> None:
        for line in lines[:-1]:
            self._writer.write(f"{code}-{line}\r\n".encode())
        self._writer.write(f"{code} {lines[-1]}\r\n".encode())
        await self._writer.drain()
