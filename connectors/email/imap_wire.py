"""aioimaplib's protocol, made fit for servers and mails that nobody chose.

Commands, tags, states and responses are aioimaplib's. What version 2.0.3 does not do is done here:
wake what waits when the connection dies; read without recursion (a thousand short lines in one
packet end it); leave a status text that ends like a literal alone; bound a line and a literal;
STARTTLS; SASL with a challenge; keep passwords, tokens and mails out of its debug log.
"""

from __future__ import annotations

import asyncio
import logging
import re
import ssl
from collections.abc import Sequence
from typing import Any

from aioimaplib import aioimaplib
from aioimaplib.aioimaplib import Command, IMAP4ClientProtocol

from connectors.email.imap_words import Line

MAX_LINE = 1 << 16
"""Bytes of one line, literals apart: far over any line we ask for."""
MAX_SEARCH_LINE = 1 << 24
"""Bytes of the answer to SEARCH, which is one line: some two million mails."""
MAX_OTHER_LITERAL = 1 << 16
"""Bytes of a literal in answers other than FETCH."""

# At DEBUG aioimaplib logs every byte, the SASL string of XOAUTH2 included.
logging.getLogger("aioimaplib.aioimaplib").setLevel(logging.WARNING)

_LITERAL = re.compile(rb".*\{(\d{1,12})\+?\}$", re.DOTALL)
_STATUS = re.compile(rb"(?:\*|[A-Za-z0-9]+) (?:OK|NO|BAD|BYE|PREAUTH)\b", re.IGNORECASE)
_EXISTS = re.compile(rb"(\d+) EXISTS\b", re.IGNORECASE)
_BYE = re.compile(rb"\* BYE\b ?", re.IGNORECASE)


class Broken(Exception):
    """The connection is gone, or what came over it cannot be IMAP."""


class TooLarge(Broken):
    """An answer is larger than announced."""


class Fetch(Command):  # type: ignore[misc]  # aioimaplib has no types
    """UID FETCH. Its time-out counts from the last byte, so a large mail may take its time."""

    def __init__(self, tag: str, uids: str, items: str, *, seconds: float, max_bytes: int) -> None:
        super().__init__("FETCH", tag, uids, items, prefix="UID", timeout=seconds)
        self.max_bytes = max_bytes
        """What all literals of the answer may have together."""

    def begin_literal_data(self, expected_size: int, literal_data: bytes = b"") -> bytes:
        self.max_bytes -= expected_size
        if self.max_bytes < 0:
            raise TooLarge("the answer is larger than announced")
        return bytes(super().begin_literal_data(expected_size, literal_data))


class Search(Command):  # type: ignore[misc]  # aioimaplib has no types
    """UID SEARCH: its answer is one line, as long as the folder is large."""

    def __init__(self, tag: str, uids: str, *, seconds: float) -> None:
        super().__init__("SEARCH", tag, "UID", uids, prefix="UID", timeout=seconds)

    def alive(self) -> None:
        """Bytes of the line came in: the time-out counts from here."""
        self._reset_timer()


class Idle(Command):  # type: ignore[misc]  # aioimaplib has no types
    """IDLE (RFC 2177): what it hears is only a wake-up."""

    def __init__(self, tag: str) -> None:
        super().__init__("IDLE", tag)
        self.started = asyncio.Event()
        self.woken = asyncio.Event()

    def append_to_resp(self, line: Line, result: str = "Pending") -> None:
        if result != "Pending":
            super().append_to_resp(line, result=result)
        elif _EXISTS.match(line):
            self.woken.set()

    def close(self, line: bytes, result: str) -> None:
        super().close(line, result)
        self.started.set()
        self.woken.set()


class Wire(IMAP4ClientProtocol):  # type: ignore[misc]  # aioimaplib has no types
    """One connection. ``lost`` is set when it is gone; every waiting command then raises Broken."""

    transport: asyncio.Transport
    current_command: Any
    pending_sync_command: Any

    def __init__(self) -> None:
        super().__init__(asyncio.get_running_loop())
        self.greeted: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
        """The first line: the server's greeting."""
        self.lost = asyncio.Event()
        self._leaving = False
        self._answers: list[str] = []
        self._buffer = bytearray()
        self._scanned = 0

    # ---------------------------------------------------------------- reading

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        try:
            while self._take():
                pass
        except (aioimaplib.AioImapException, Broken, ValueError) as err:
            self._fail(err if isinstance(err, Broken) else Broken("the answer is no IMAP"))
            self.transport.abort()
            return
        if self.pending_sync_command is not None:
            self.pending_sync_command.flush()

    def _take(self) -> bool:
        """Hand on one line or the rest of one literal; False if there is not enough yet."""
        command = self.current_command
        if command is not None and command.wait_literal_data():
            rest = command.append_literal_data(bytes(self._buffer))
            self._buffer[:] = rest
            return not command.wait_literal_data()
        end = self._buffer.find(b"\r\n", self._scanned)
        if end < 0:
            self._scanned = max(0, len(self._buffer) - 1)
            if self._scanned > self._longest_line():
                raise Broken("a line without an end")
            return False
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 2]
        self._scanned = 0
        self._take_line(line)
        return True

    def _longest_line(self) -> int:
        searches = [
            command
            for command in self.pending_async_commands.values()
            if isinstance(command, Search)
        ]
        for search in searches:
            search.alive()
        return MAX_SEARCH_LINE if searches else MAX_LINE

    def _take_line(self, line: bytes) -> None:
        if not self.greeted.done():
            self.greeted.set_result(line)
            return
        bye = _BYE.match(line)
        if bye and not self._leaving:
            words = line[bye.end() : bye.end() + 200].decode("utf-8", "replace").strip()
            raise Broken(f"the server says good-bye: {words}")
        is_status = _STATUS.match(line) is not None
        current = None if is_status else self.current_command
        command = self._handle_line(line, current)
        literal = None if is_status else _LITERAL.match(line)
        if literal:
            command = command or Command("NIL", "unused")
            size = int(literal[1])
            if size > MAX_OTHER_LITERAL and not isinstance(command, Fetch):
                raise Broken("a literal where none was asked for")
            command.begin_literal_data(size)
        self.current_command = command if literal or (command and command.wait_data()) else None

    def _continuation(self, _line: bytes) -> None:
        command = self.pending_sync_command
        if isinstance(command, Idle):
            command.started.set()
        elif command is not None and command.name == "AUTHENTICATE":
            # A challenge that we did not expect is an error in base64: an empty answer ends it.
            self.transport.write((self._answers.pop(0) if self._answers else "").encode() + b"\r\n")

    def connection_lost(self, _exc: Exception | None) -> None:
        self._fail(Broken("the connection broke"))
        self.lost.set()

    def _fail(self, error: Broken) -> None:
        if not self.greeted.done():
            self.greeted.set_exception(error)
            self.greeted.exception()  # somebody may have stopped waiting for it
        waiting = [self.pending_sync_command, *self.pending_async_commands.values()]
        self.pending_sync_command = None
        self.pending_async_commands.clear()
        for command in waiting:
            if command is not None and not command._event.is_set():
                command._exception = error
                command.close(b"", "KO")

    # ---------------------------------------------------------------- commands

    async def run(self, name: str, *args: str) -> tuple[str, list[Line]]:
        """One command: ``OK``, ``NO`` or ``BAD``, and the lines. Raises Broken."""
        return await self._answered(Command(name, self.new_tag(), *args))

    async def fetch_uids(
        self, uids: str, items: str, *, seconds: float, max_bytes: int
    ) -> tuple[str, list[Line]]:
        """UID FETCH. ``seconds``: without a byte. Raises Broken, CommandTimeout."""
        command = Fetch(self.new_tag(), uids, items, seconds=seconds, max_bytes=max_bytes)
        return await self._answered(command)

    async def search_uids(self, uids: str, *, seconds: float) -> tuple[str, list[Line]]:
        """UID SEARCH of a range. ``seconds``: without a byte. Raises Broken, CommandTimeout."""
        return await self._answered(Search(self.new_tag(), uids, seconds=seconds))

    async def authenticate(self, *args: str, answers: Sequence[str] = ()) -> tuple[str, list[Line]]:
        """AUTHENTICATE: ``answers`` are sent, one a challenge. Raises Broken."""
        self._answers = list(answers)
        return await self.run("AUTHENTICATE", *args)

    async def _answered(self, command: Any) -> tuple[str, list[Line]]:
        if self.lost.is_set() or self.transport.is_closing():
            raise Broken("the connection broke")
        result, lines = await self.execute(command)
        return result, lines

    async def start_tls(self, context: ssl.SSLContext, host: str, seconds: float) -> str:
        """STARTTLS (RFC 3501 section 6.2.1): ``OK`` and encrypted, or ``NO`` or ``BAD``."""
        result, _ = await self.run("STARTTLS")
        if result == "OK":
            self._buffer.clear()  # what came in clear behind the answer is not the server's word
            self._scanned = 0
            encrypted = await asyncio.get_running_loop().start_tls(
                self.transport,
                self,
                context,
                server_hostname=host,
                ssl_handshake_timeout=seconds,
                ssl_shutdown_timeout=1,
            )
            if encrypted is None:
                raise Broken("the connection broke")
            self.transport = encrypted
        return result

    def start_idle(self) -> Idle:
        """Send IDLE. ``started`` is set once the server listens, ``woken`` when it has news."""
        if self.lost.is_set() or self.transport.is_closing():
            raise Broken("the connection broke")
        command = self.pending_sync_command = Idle(self.new_tag())
        self.send(str(command))
        return command

    async def hang_up(self) -> None:
        """Say good-bye if the line is free, close, and wait a second at most for the other side."""
        self._leaving = True
        if isinstance(self.pending_sync_command, Idle):
            self.transport.write(b"DONE\r\n")
        self.transport.write(self.new_tag().encode() + b" LOGOUT\r\n")
        self.transport.close()
        try:
            async with asyncio.timeout(1):
                await self.lost.wait()
        except TimeoutError:
            pass
        finally:
            self.transport.abort()
