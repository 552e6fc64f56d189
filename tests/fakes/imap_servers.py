"""IMAP servers on loopback: pymap in this process, and one that misbehaves as it is told."""

from __future__ import annotations

import asyncio
import re
import ssl
from argparse import Namespace
from base64 import b64decode
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime

from proxyprotocol.reader import ProxyProtocolReader
from pymap.backend.dict import DictBackend
from pymap.backend.dict.mailbox import MailboxData, MailboxSet
from pymap.imap import IMAPServer
from pymap.parsing.message import AppendMessage

USER = "support@acme.example"
PASSWORD = 'p w"d\\1'


@dataclass(frozen=True)
class Pymap:
    """A pymap server with one user and, once that user has logged in, their folders."""

    port: int
    config: object

    async def folder(self, name: str = "INBOX") -> MailboxData:
        folders: MailboxSet = self.config.set_cache[USER][0]
        if name != "INBOX":
            with suppress(Exception):
                await folders.add_mailbox(name)
        return await folders.get_mailbox(name)

    async def remove(self, name: str) -> None:
        """Delete a folder, as its owner would."""
        folders: MailboxSet = self.config.set_cache[USER][0]
        await folders.delete_mailbox(name)

    async def deliver(
        self, body: bytes, *, folder: str = "INBOX", at: datetime | None = None
    ) -> int:
        """Append a mail; its UID."""
        message = AppendMessage(body, at or datetime.now(UTC), frozenset())
        return (await (await self.folder(folder)).append(message)).uid


@asynccontextmanager
async def pymap(context: ssl.SSLContext | None = None) -> AsyncIterator[Pymap]:
    """pymap on a free port; with a context the connection is TLS from the first byte."""
    args = Namespace(
        debug=False,
        host=["127.0.0.1"],
        port=0,
        cert=None,
        key=None,
        tls=False,
        proxy_protocol=None,
        demo_data=False,
        demo_user=USER,
        demo_password=PASSWORD,
        inherited_sockets=None,
        passlib_cfg=None,
    )
    backend, config = await DictBackend.init(args, invalid_user_sleep=0.0)
    config.apply_context()
    serve = ProxyProtocolReader(config.proxy_protocol).get_callback(
        IMAPServer(backend.login, config)
    )
    writers: set[asyncio.StreamWriter] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writers.add(writer)
        await serve(reader, writer)

    server = await asyncio.start_server(connected, "127.0.0.1", 0, ssl=context)
    try:
        yield Pymap(server.sockets[0].getsockname()[1], config)
    finally:
        server.close()
        for writer in writers:
            writer.transport.abort()
        await server.wait_closed()


@dataclass
class Mail:
    """One mail of the scripted server, and what goes wrong when its body is asked for."""

    body: bytes
    at: str = "01-Jan-2026 00:00:00 +0000"
    size: int | None = None
    """What RFC822.SIZE says; None: the truth."""
    flags: str = ""
    fate: str = ""
    """``no``, ``drop``, ``silent``, ``missing``, ``gone``, ``garbage``, ``endless``, ``drip``."""
    header_fate: str = ""


@dataclass
class ScriptedImap:
    """An IMAP server of one folder set whose every word can be bent."""

    folders: dict[str, dict[int, Mail]] = field(default_factory=lambda: {"INBOX": {}})
    validity: int = 7
    capabilities: str = "IMAP4rev1 IDLE SASL-IR"
    greeting: str = "* OK ready"
    login: str = "OK logged in"
    takes: Callable[[str], bool] = lambda _secret: True
    """Whether a login's line, or what SASL says, opens the mailbox."""
    refusals: dict[str, str] = field(default_factory=dict)
    """Command -> what is answered instead, e.g. ``NO [UNAVAILABLE] later``."""
    tells_uid_next: bool = True
    tells_size: bool = True
    cuts: bool = True
    """Whether it sends a part where a part was asked for (RFC 3501 section 6.4.5)."""
    hangs: set[str] = field(default_factory=set)
    """Commands that are never answered."""
    chatter: Callable[[str], str] = lambda _command: ""
    """Untagged lines sent before the answer to a command."""
    context: ssl.SSLContext | None = None
    """For STARTTLS."""
    idle_done: bool = True
    """Whether DONE is answered."""
    commands: list[str] = field(default_factory=list)
    secrets: list[str] = field(default_factory=list)
    idling: asyncio.Event = field(default_factory=asyncio.Event)
    port: int = 0
    writers: list[asyncio.StreamWriter] = field(default_factory=list)
    given_out: dict[str, int] = field(default_factory=dict)
    """Folder -> the highest UID it ever had: a UIDNEXT never goes back (RFC 3501 2.3.1.1)."""

    @property
    def inbox(self) -> dict[int, Mail]:
        return self.folders["INBOX"]

    def uid_next(self, folder: str) -> int:
        """The number that the next mail of a folder gets, unless a test skips some."""
        highest = max(self.folders[folder], default=0)
        self.given_out[folder] = max(self.given_out.get(folder, 0), highest)
        return self.given_out[folder] + 1

    def anew(self, folder: str = "INBOX", validity: int = 0) -> None:
        """The folder's numbers mean other mails from now on."""
        self.validity = validity or self.validity + 1
        self.given_out.pop(folder, None)

    def push(self, line: str) -> None:
        self.writers[-1].write(line.encode() + b"\r\n")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.writers.append(writer)
        with suppress(ConnectionError, asyncio.IncompleteReadError):
            await Connection(self, reader, writer).run()
        writer.transport.abort()

    def fetched(self) -> list[str]:
        """The UID sets whose bodies were asked for."""
        return [
            command.split()[2]
            for command in self.commands
            if command.startswith("UID FETCH") and "BODY.PEEK[]" in command
        ]


@dataclass
class Connection:
    server: ScriptedImap
    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter
    folder: str = ""

    def say(self, line: str | bytes) -> None:
        self.writer.write((line.encode() if isinstance(line, str) else line) + b"\r\n")

    async def line(self) -> str:
        line = await self.reader.readline()
        if not line.endswith(b"\r\n"):
            raise ConnectionError
        return line[:-2].decode()

    async def run(self) -> None:
        self.say(self.server.greeting)
        while True:
            tag, _, command = (await self.line()).partition(" ")
            self.server.commands.append(command)
            name = command.split(" ")[0].upper()
            for line in filter(None, self.server.chatter(command).split("\n")):
                self.say(line)
            if name in self.server.hangs:
                await asyncio.Event().wait()
            if name in self.server.refusals:
                self.say(f"{tag} {self.server.refusals[name]}")
                continue
            await getattr(self, "on_" + name.lower())(tag, command)

    async def on_capability(self, tag: str, _command: str) -> None:
        self.say(f"* CAPABILITY {self.server.capabilities}")
        self.say(f"{tag} OK done")

    def entered(self, secret: str) -> str:
        self.server.secrets.append(secret)
        takes = self.server.takes(secret)
        return self.server.login if takes else "NO [AUTHENTICATIONFAILED] wrong"

    async def on_login(self, tag: str, _command: str) -> None:
        self.say(f"{tag} {self.entered(self.server.commands.pop())}")

    async def on_authenticate(self, tag: str, _command: str) -> None:
        _, _, *initial = self.server.commands.pop().split(" ")
        if not initial:
            self.say("+ ")
            initial = [await self.line()]
        answer = self.entered(b64decode(initial[0]).decode())
        if not answer.startswith("OK"):
            self.say("+ eyJzdGF0dXMiOiI0MDEifQ==")
            assert await self.line() == ""
        self.say(f"{tag} {answer}")

    async def on_starttls(self, tag: str, _command: str) -> None:
        if self.server.context is None:
            self.say(f"{tag} BAD no")
            return
        self.say(f"{tag} OK go on")
        await self.writer.start_tls(self.server.context)

    async def on_select(self, tag: str, command: str) -> None:
        name = command.partition(" ")[2].strip('"')
        if name not in self.server.folders:
            self.say(f"{tag} NO [NONEXISTENT] no such folder")
            return
        self.folder = name
        mails = self.server.folders[name]
        self.say(f"* {len(mails)} EXISTS")
        self.say(f"* OK [UIDVALIDITY {self.server.validity}] ok")
        if self.server.tells_uid_next:
            self.say(f"* OK [UIDNEXT {self.server.uid_next(name)}] ok")
        self.say(f"{tag} OK [READ-WRITE] selected")

    async def on_noop(self, tag: str, _command: str) -> None:
        self.say(f"{tag} OK done")

    async def on_logout(self, tag: str, _command: str) -> None:
        self.say("* BYE")
        self.say(f"{tag} OK done")
        raise ConnectionError

    async def on_idle(self, tag: str, _command: str) -> None:
        self.say("+ idling")
        self.server.idling.set()
        assert await self.line() == "DONE"
        self.server.idling.clear()
        if self.server.idle_done:
            self.say(f"{tag} OK done")

    async def on_uid(self, tag: str, command: str) -> None:
        if command.startswith("UID SEARCH UID "):
            self.search(tag, command.rpartition(" ")[2])
            return
        _, _, uids, items = command.split(" ", 3)
        mails = self.server.folders[self.folder]
        wanted = _range(uids, max(mails, default=0))
        for sequence, uid in enumerate(sorted(mails), start=1):
            if uid not in wanted:
                continue
            mail = mails[uid]
            is_body = "BODY.PEEK[]" in items
            fate = mail.fate if is_body else mail.header_fate if "HEADER" in items else ""
            if fate == "no":
                self.say(f"{tag} NO cannot parse this mail")
                return
            await self.meet(fate, sequence, uid, mail, items)
        for uid in [uid for uid, mail in mails.items() if mail.fate == "vanished"]:
            del mails[uid]
        await self.writer.drain()
        self.say(f"{tag} OK FETCH completed")

    async def meet(self, fate: str, sequence: int, uid: int, mail: Mail, items: str) -> None:
        """One mail's answer, and what goes wrong with it."""
        if fate == "drop":
            raise ConnectionError
        if fate == "silent":
            await asyncio.Event().wait()
        if fate == "drip":
            await self.drip(sequence, uid)
        if fate == "garbage":
            self.say(b"* \xff\xfe {{{(((")
        elif fate == "endless":
            self.say(f"* {sequence} FETCH (UID {uid} BODY[] {{99999999999}}")
        elif fate not in {"missing", "gone"}:
            self.answer(sequence, uid, mail, items)
        elif fate == "gone":
            mail.fate = "vanished"

    async def drip(self, sequence: int, uid: int) -> None:
        """A literal that goes on for ever, a byte at a time."""
        self.say(f"* {sequence} FETCH (UID {uid} BODY[] {{30000}}")
        while True:
            self.writer.write(b"x")
            await self.writer.drain()
            await asyncio.sleep(0.005)

    def search(self, tag: str, uids: str) -> None:
        mails = self.server.folders[self.folder]
        wanted = _range(uids, max(mails, default=0))
        self.say(" ".join(["* SEARCH", *(str(uid) for uid in sorted(mails) if uid in wanted)]))
        self.say(f"{tag} OK SEARCH completed")

    def answer(self, sequence: int, uid: int, mail: Mail, items: str) -> None:
        size = len(mail.body) if mail.size is None else mail.size
        facts = [f"UID {uid}", f"FLAGS ({mail.flags})"]
        if self.server.tells_size:
            facts.append(f"RFC822.SIZE {size}")
        if mail.at:
            facts.append(f'INTERNALDATE "{mail.at}"')
        if "BODY" not in items:
            self.say(f"* {sequence} FETCH ({' '.join(facts)})")
            return
        name = "BODY[HEADER]<0>" if "HEADER" in items else "BODY[]"
        body = mail.body.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if "HEADER" in items else mail.body
        if part := re.search(r"<0\.(\d+)>", items):
            body = body[: int(part[1])] if self.server.cuts else body
        self.say(f"* {sequence} FETCH ({name} {{{len(body)}}}")
        self.say(body + f" UID {uid})".encode())


def _range(uids: str, highest: int) -> range:
    """Sets of one range: ``3``, ``3:7``, ``3:*`` (whose ends may be swapped), ``*``."""
    match = re.fullmatch(r"(\d+|\*)(?::(\d+|\*))?", uids)
    assert match, f"not a range: {uids}"
    ends = [highest if end == "*" else int(end) for end in match.groups(default=match[1])]
    return range(min(ends), max(ends) + 1)


@asynccontextmanager
async def scripted(**bent: object) -> AsyncIterator[ScriptedImap]:
    """The misbehaving server, listening."""
    script = ScriptedImap(**bent)
    tasks: set[asyncio.Task[None]] = set()

    async def connected(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        tasks.add(task := asyncio.current_task())
        try:
            await script.serve(reader, writer)
        except asyncio.CancelledError:
            writer.transport.abort()
        finally:
            tasks.discard(task)

    server = await asyncio.start_server(connected, "127.0.0.1", 0)
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
