"""SMTP servers on loopback: aiosmtpd in this loop, and one that answers as it is told."""

from __future__ import annotations

import asyncio
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session

USER, PASSWORD = "support@acme.example", "pässword"


@dataclass
class Delivery:
    sender: str
    """``<>`` if empty."""
    recipients: list[str]
    body: bytes
    options: list[str]
    host: str
    user: str


@dataclass
class Inbox:
    """The handler of aiosmtpd: refuses whom it is told to, keeps the rest."""

    refusals: dict[str, str] = field(default_factory=dict)
    """Recipient -> answer to RCPT; ``MAIL`` and ``DATA`` -> answer to those."""
    mails: list[Delivery] = field(default_factory=list)
    came: asyncio.Event = field(default_factory=asyncio.Event)
    """Set once there is a mail."""
    port: int = 0

    async def handle_MAIL(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if "MAIL" in self.refusals:
            return self.refusals["MAIL"]
        envelope.mail_from = address
        envelope.mail_options.extend(options)
        return "250 OK"

    async def handle_RCPT(
        self,
        _server: SMTP,
        _session: Session,
        envelope: Envelope,
        address: str,
        _options: list[str],
    ) -> str:
        if address in self.refusals:
            return self.refusals[address]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, session: Session, envelope: Envelope) -> str:
        if "DATA" in self.refusals:
            return self.refusals["DATA"]
        user = session.auth_data.decode() if session.auth_data else ""
        self.mails.append(
            Delivery(
                envelope.mail_from or "",
                list(envelope.rcpt_tos),
                bytes(envelope.content or b""),
                list(envelope.mail_options),
                session.host_name or "",
                user,
            )
        )
        self.came.set()
        return "250 2.0.0 kept"


def authenticated(
    server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
) -> AuthResult:
    good = data.login == USER.encode() and data.password == PASSWORD.encode()
    return AuthResult(success=good, handled=False, auth_data=data.login)


@asynccontextmanager
async def aiosmtpd(
    *, tls: ssl.SSLContext | None = None, starttls: ssl.SSLContext | None = None, **options: Any
) -> AsyncIterator[Inbox]:
    """aiosmtpd on a free port, delivering into the Inbox."""
    inbox = Inbox()
    servers: list[SMTP] = []
    options = {"auth_require_tls": False, "enable_SMTPUTF8": True} | options

    def make() -> SMTP:
        with warnings.catch_warnings():
            # it warns of logins without TLS, which are what is tested
            warnings.filterwarnings("ignore", message="Requiring AUTH while not requiring TLS")
            servers.append(SMTP(inbox, hostname="mx.example", tls_context=starttls, **options))
        return servers[-1]

    listening = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0, ssl=tls)
    inbox.port = listening.sockets[0].getsockname()[1]
    try:
        yield inbox
    finally:
        listening.close()
        for server in servers:
            if server.transport is not None:
                server.transport.abort()
            task = server._handler_coroutine
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
        await listening.wait_closed()


@dataclass
class ScriptedSmtp:
    """Answers by command; ``cut`` closes the connection there, ``silent`` never answers."""

    answers: dict[str, str] = field(default_factory=dict)
    """Also for ``GREETING``, ``TEXT`` (while the mail comes in) and ``END`` (its single dot)."""
    commands: list[str] = field(default_factory=list)
    bodies: list[bytes] = field(default_factory=list)
    port: int = 0

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(ConnectionError):
            await self._talk(reader, writer)
        writer.transport.abort()

    async def _talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await self._say(writer, "GREETING", "220 ready")
        while line := await reader.readline():
            command = line.decode().strip()
            self.commands.append(command)
            name = command.split(" ")[0].upper()
            if name == "EHLO":
                await self._say(
                    writer, name, "250-mx\r\n250-AUTH PLAIN XOAUTH2\r\n250 SIZE 100000000"
                )
            elif name == "DATA":
                if not (await self._say(writer, name, "354 go on")).startswith("354"):
                    continue
                await self._take_text(reader, writer)
                await self._say(writer, "END", "250 kept")
            elif name == "QUIT":
                await self._say(writer, name, "221 bye")
                return
            elif name == "AUTH":
                await self._say(writer, name, "235 hello")
            else:
                await self._say(writer, name, "250 fine")

    async def _take_text(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.answers.get("TEXT") == "cut":
            await reader.readexactly(100)
            raise ConnectionError
        if self.answers.get("TEXT") == "silent":
            writer.transport.pause_reading()
            await asyncio.Event().wait()
        self.bodies.append(await reader.readuntil(b"\r\n.\r\n"))

    async def _say(self, writer: asyncio.StreamWriter, name: str, usual: str) -> str:
        answer = self.answers.get(name, usual)
        if answer == "cut":
            raise ConnectionError
        if answer == "silent":
            await asyncio.Event().wait()
        writer.write(answer.encode() + b"\r\n")
        await writer.drain()
        return answer


@asynccontextmanager
async def scripted(**answers: str) -> AsyncIterator[ScriptedSmtp]:
    """The scripted server, listening."""
    script = ScriptedSmtp({name.upper(): answer for name, answer in answers.items()})
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(task := asyncio.current_task())
        try:
            await script.serve(reader, writer)
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            tasks.discard(task)

    server = await asyncio.start_server(connected, "127.0.0.1", 0, limit=1 << 26)
    script.port = server.sockets[0].getsockname()[1]
    try:
        yield script
    finally:
        server.close()
        pending = list(tasks)
        for task in pending:
            task.cancel()
        await asyncio.gather(*pending, return_exceptions=True)
        await server.wait_closed()
