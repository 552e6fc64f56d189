"""One login to one IMAP server: what the source asks of it, in the contract's errors.

Nothing here changes a mailbox: bodies are peeked at, flags are never written. SELECT is used, since
servers are seen that do not let EXAMINE be followed by FETCH or IDLE.
"""

from __future__ import annotations

import asyncio
import ssl
from array import array
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta

from aioimaplib import aioimaplib

from connectors import broken
from connectors import proxy as proxies
from connectors.contract import ConfigInvalid, Unauthorized, Unavailable
from connectors.email import imap_words, oauth, tls
from connectors.email.credentials import Credentials
from connectors.email.imap_wire import Broken, TooLarge, Wire
from connectors.email.imap_words import Facts, Line, Mailbox
from connectors.email.settings import Settings

CONNECT_SECONDS = 30.0
ANSWER_SECONDS = 60.0
"""How long any answer may take; for FETCH, how long no byte may come."""
FETCH_SECONDS = 1800.0
"""How long one FETCH may take in all: what drips for longer has no end."""
MAX_UID = 2**32 - 1
MAX_FACTS = 1 << 20
MAX_HEADER = 1 << 20
SPARE_BYTES = 1 << 20
"""Bytes a server may send over what it announced (some count line ends otherwise)."""

_TRY_LATER = frozenset({"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG", "CONTACTADMIN", "OVERQUOTA"})
"""Codes that do not blame what was asked for (RFC 5530)."""
_BUSY = ("unavailable", "try again", "too many", "throttl", "busy", "temporar", "rate limit")


class Refused(Exception):
    """The server said NO or BAD to a FETCH, and not for being busy."""


class Oversized(Unavailable):
    """A mail is larger than the server announced and we take; the connection is gone."""


class Session:
    """One connection, logged in. Every method raises Unavailable when the connection is gone."""

    def __init__(
        self, wire: Wire, *, answer_seconds: float, fetch_seconds: float = FETCH_SECONDS
    ) -> None:
        self._wire = wire
        self._answer_seconds = answer_seconds
        self._fetch_seconds = fetch_seconds
        self.folder = ""
        """The selected folder, as people read it."""
        self.exists = 0
        """How many mails it had when it was selected."""

    @property
    def can_idle(self) -> bool:
        """Whether the server takes IDLE (RFC 2177)."""
        return "IDLE" in self._wire.capabilities

    async def select(self, folder: str) -> Mailbox:
        """Raises ConfigInvalid if there is no such folder."""
        self.folder = ""
        with _errors():
            async with asyncio.timeout(self._answer_seconds):
                result, lines = await self._wire.run("SELECT", imap_words.folder_argument(folder))
        if result != "OK":
            self._wire.state = aioimaplib.AUTH
            raise _no_folder(folder, _text(lines))
        self._wire.state = aioimaplib.SELECTED
        mailbox = imap_words.selected(lines)
        if mailbox is None:
            raise Unavailable(f"imap: folder {folder} has no UIDVALIDITY")
        self.folder, self.exists = folder, mailbox.exists
        return mailbox

    async def noop(self) -> None:
        """Let the server look for new mail, so that the next FETCH sees it."""
        await self._run("NOOP")

    async def uids(self, first: int, last: int = MAX_UID) -> array[int]:
        """Every UID from ``first`` to ``last`` that there is, ascending. Raises Unavailable."""
        end = "*" if last >= MAX_UID else str(last)
        with _errors():
            async with asyncio.timeout(self._fetch_seconds):
                result, lines = await self._wire.search_uids(
                    f"{first}:{end}", seconds=self._answer_seconds
                )
        if result != "OK":
            raise Unavailable(f"imap: the server does not list mails: {_text(lines)}")
        return imap_words.searched(lines[:-1], first, last)

    async def facts(self, uids: str) -> dict[int, Facts]:
        """Size, INTERNALDATE and flags of a UID range ``a:b`` or ``a:*``. Raises Unavailable."""
        try:
            return await self._fetch(uids, "(UID RFC822.SIZE INTERNALDATE FLAGS)", MAX_FACTS)
        except Refused as err:
            raise Unavailable(f"imap: the server does not list mails: {err}") from err

    async def bodies(self, uids: str, max_bytes: int) -> dict[int, bytes]:
        """Whole mails of a UID range, byte for byte. Raises Refused."""
        found = await self._fetch(uids, "(UID BODY.PEEK[])", max_bytes + SPARE_BYTES)
        return {uid: facts.body for uid, facts in found.items() if facts.body is not None}

    async def header(self, uid: int) -> bytes:
        """A mail's header alone, at most ``MAX_HEADER`` bytes; empty if the server has none.

        Raises Refused.
        """
        items = f"(UID BODY.PEEK[HEADER]<0.{MAX_HEADER}>)"
        found = await self._fetch(str(uid), items, MAX_HEADER + SPARE_BYTES)
        return (found[uid].body or b"") if uid in found else b""

    async def idle(self, seconds: float) -> bool:
        """Wait for news of the selected folder, at most so long.

        False: the server refused or ended it, so that polling is better.
        """
        with _errors():
            command = self._wire.start_idle()
            async with asyncio.timeout(self._answer_seconds):
                await command.started.wait()
            try:
                async with asyncio.timeout(seconds):
                    await command.woken.wait()
            except TimeoutError:
                pass  # nothing new; whoever asked looks all the same
            ours_to_end = self._wire.pending_sync_command is command
            if ours_to_end:
                self._wire.send("DONE")
            async with asyncio.timeout(self._answer_seconds):
                await command.wait()
        return ours_to_end and command.response.result == "OK"

    async def _fetch(self, uids: str, items: str, max_bytes: int) -> dict[int, Facts]:
        with _errors():
            async with asyncio.timeout(self._fetch_seconds):
                result, lines = await self._wire.fetch_uids(
                    uids, items, seconds=self._answer_seconds, max_bytes=max_bytes
                )
        if result != "OK":
            words = _text(lines)
            if _is_busy(words):
                raise Unavailable(f"imap: {words}")
            raise Refused(words)
        return imap_words.fetched(lines)

    async def _run(self, name: str, *args: str) -> list[Line]:
        with _errors():
            async with asyncio.timeout(self._answer_seconds):
                result, lines = await self._wire.run(name, *args)
        if result != "OK":
            raise Unavailable(f"imap: {name}: {_text(lines)}")
        return lines


@asynccontextmanager
async def opened(
    settings: Settings,
    credentials: Credentials,
    *,
    proxy: str = "",
    answer_seconds: float = ANSWER_SECONDS,
    fetch_seconds: float = FETCH_SECONDS,
) -> AsyncIterator[Session]:
    """Connect, encrypt and log in. Raises ConfigInvalid, Unauthorized, Unavailable.

    ``proxy``: what the connection goes through, see ``connectors.proxy``.
    """
    host, port = settings.imap_endpoint
    secret = await credentials.secret()
    context = await tls.context(settings.imap_security, settings.ca_file)
    implicit = context if settings.imap_security == "tls" else None
    seconds = min(CONNECT_SECONDS, answer_seconds)
    with _errors():
        async with asyncio.timeout(seconds):
            wire = await _connect(host, port, implicit, proxy, timedelta(seconds=seconds))
    try:
        with _errors():
            async with asyncio.timeout(answer_seconds):
                await _greet(wire)
                if settings.imap_security == "starttls" and context is not None:
                    await _encrypt(wire, context, host, seconds)
        if wire.state == aioimaplib.NONAUTH:
            await _enter(wire, settings, credentials, secret, answer_seconds)
        yield Session(wire, answer_seconds=answer_seconds, fetch_seconds=fetch_seconds)
    finally:
        await wire.hang_up()


async def _connect(
    host: str, port: int, context: ssl.SSLContext | None, proxy: str, within: timedelta
) -> Wire:
    """A connection, encrypted from the start where ``context`` is given. Raises OSError."""
    loop = asyncio.get_running_loop()
    name = host if context else None
    ends = 1 if context else None
    if proxy:
        sock = await proxies.connect(proxy, host, port, within=within)
        _, wire = await loop.create_connection(
            Wire, sock=sock, ssl=context, server_hostname=name, ssl_shutdown_timeout=ends
        )
    else:
        _, wire = await loop.create_connection(
            Wire, host, port, ssl=context, server_hostname=name, ssl_shutdown_timeout=ends
        )
    return wire


async def _greet(wire: Wire) -> None:
    greeting = (await wire.greeted).decode("utf-8", "replace")
    status = greeting.removeprefix("* ").partition(" ")[0].upper()
    if status not in {"OK", "PREAUTH"}:
        raise Unavailable(f"imap: the server greets with {greeting[:200]!r}")
    wire.state = aioimaplib.AUTH if status == "PREAUTH" else aioimaplib.NONAUTH
    await _learn_capabilities(wire)


async def _learn_capabilities(wire: Wire) -> None:
    result, lines = await wire.run("CAPABILITY")
    if result != "OK" or len(lines) < 2:
        raise Unavailable("imap: the server tells no capabilities")
    # aioimaplib hands on the untagged answer without its first word, and the status text last
    wire.capabilities = set(_ascii(lines[0]).split())


def _told_capabilities(lines: list[Line]) -> set[str]:
    """What a CAPABILITY line or code in the answer to a login says; empty if there is none."""
    for line in lines:
        _, found, rest = _ascii(line).partition("CAPABILITY ")
        if found:
            return set(rest.partition("]")[0].split())
    return set()


async def _encrypt(wire: Wire, context: ssl.SSLContext, host: str, seconds: float) -> None:
    if wire.state != aioimaplib.NONAUTH:
        raise Unavailable("imap: the server logs in before STARTTLS")
    if await wire.start_tls(context, host, seconds) != "OK":
        raise ConfigInvalid("imap_security: the server does not offer STARTTLS")
    await _learn_capabilities(wire)


async def _enter(
    wire: Wire, settings: Settings, credentials: Credentials, secret: str, seconds: float
) -> None:
    """Log in; a token that is refused before its time is renewed once."""
    try:
        with _errors():
            async with asyncio.timeout(seconds):
                await _log_in(wire, settings, secret)
    except Unauthorized:
        renewed = await credentials.secret(secret)
        if renewed == secret:
            raise
        with _errors():
            async with asyncio.timeout(seconds):
                await _log_in(wire, settings, renewed)


async def _log_in(wire: Wire, settings: Settings, secret: str) -> None:
    user = settings.imap_login
    if settings.imap_auth == "xoauth2":
        result, lines = await wire.authenticate("XOAUTH2", oauth.xoauth2(user, secret))
    elif "LOGINDISABLED" in wire.capabilities and "AUTH=PLAIN" not in wire.capabilities:
        raise ConfigInvalid("imap_security: the server takes no password here")
    elif "LOGINDISABLED" in wire.capabilities or not (user + secret).isascii():
        result, lines = await wire.authenticate("PLAIN", answers=[oauth.plain(user, secret)])
    else:
        result, lines = await wire.run("LOGIN", imap_words.quoted(user), imap_words.quoted(secret))
    if result != "OK":
        words = _text(lines)
        raise Unavailable(f"imap: {words}") if _is_busy(words) else Unauthorized(f"imap: {words}")
    wire.state = aioimaplib.AUTH
    wire.capabilities = _told_capabilities(lines)
    if not wire.capabilities:
        await _learn_capabilities(wire)


def _no_folder(folder: str, words: str) -> Exception:
    missing = imap_words.code(words) in {"NONEXISTENT", "TRYCREATE"} or any(
        word in words.lower() for word in ("exist", "not found", "unknown mailbox")
    )
    if missing and not _is_busy(words):
        return ConfigInvalid(f"folders: {folder}: {words}")
    return Unavailable(f"imap: folder {folder}: {words}")


def _is_busy(words: str) -> bool:
    lowered = words.lower()
    return imap_words.code(words) in _TRY_LATER or any(word in lowered for word in _BUSY)


def _ascii(line: Line) -> str:
    return bytes(line).decode("ascii", "replace").upper()


def _text(lines: list[Line]) -> str:
    """The status text, which aioimaplib puts last."""
    return bytes(lines[-1]).decode("utf-8", "replace")[:200] if lines else ""


@contextmanager
def _errors() -> Iterator[None]:
    """The contract's errors in place of the library's; none of them quotes what we sent."""
    try:
        yield
    except TooLarge as err:
        raise Oversized(f"imap: {err}") from err
    except Broken as err:
        raise Unavailable(f"imap: {err}") from err
    except (TimeoutError, aioimaplib.CommandTimeout) as err:
        raise Unavailable("imap: no answer in time") from err
    except ssl.SSLError as err:
        raise Unavailable(f"imap: TLS failed: {tls.reason(err)}") from err
    except proxies.ProxyFailed as err:
        raise Unavailable(f"imap: {err}") from err
    except OSError as err:
        raise Unavailable(f"imap: cannot connect: {broken.words(err)}") from err
    except aioimaplib.AioImapException as err:
        raise Unavailable("imap: the connection is in a wrong state") from err
