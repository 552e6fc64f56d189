"""The spool: requests that came while the store could not be written, acknowledged all the same.

Some providers try once (Twilio). So a request that was verified and parsed, and that the store does
not take, goes to a file: written, fsynced, renamed, its folder fsynced; then the provider gets its
2xx. It is filed as soon as the store can be written, with the time of its arrival. Its name is
claimed in the transaction that files it, so a crash at any point files it once:

- before the rename: nobody was told that we have it, and the leftover is removed;
- between the rename and the filing, or in the middle of it: it is filed at the next start;
- between the filing and the file's removal: the claim is there, and the file is only removed.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import re
import secrets
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, ParamSpec

import msgspec
from msgspec.structs import replace

from connectors.contract import Event, Raw, SignalIn
from hub import clock, observe
from hub.filing import Case, Filed, file_event, file_raw, keep_failed, ledger_key
from hub.intake import parse
from storage import raw_events, raw_requests, spool
from storage.errors import StoreUnavailable
from storage.sqlite_copy import sync

if TYPE_CHECKING:
    from hub.channel import Channel
    from hub.channels import Channels
    from hub.intake import Intake
    from hub.room import Room
    from storage.db import Database, Tx

FOLDER = "spool"
DAMAGED = ".damaged"
MOST_FILES, MOST_BYTES = 100_000, 1_000_000_000
"""More is not taken (503): whoever files it again needs room too."""
RETRY = 1.0  # seconds, while the store cannot be written
IDLE = 60.0  # seconds between two looks at what could not be filed yet
REASON_CAP = 500  # characters

_NAME = re.compile(r"[0-9a-f]{16}-[0-9a-f]{16}")
_log = logging.getLogger(__name__)
P = ParamSpec("P")


class _Head(msgspec.Struct, frozen=True):
    """The first line of a file."""

    channel: int
    kind: str
    key: str
    headers: list[tuple[str, str]]
    url: str
    at: int
    sha256: str
    checked: str = ""


class Damaged(Exception):
    """A file that is not as we wrote it."""


def is_name(name: str) -> bool:
    """Whether a file of that name holds a whole request."""
    return _NAME.fullmatch(name) is not None


class Spool:
    """The folder and the loop that empties it."""

    def __init__(
        self, folder: Path, db: Database, channels: Channels, intake: Intake, room: Room
    ) -> None:
        self._folder = folder
        self._db = db
        self._channels = channels
        self._intake = intake
        self._room = room
        self._wake = asyncio.Event()
        self._sizes: dict[str, int] = {}
        self.now = clock.now

    @property
    def waiting(self) -> int:
        """Requests that are not filed yet."""
        return len(self._sizes)

    def begin(self) -> None:
        """Look what an earlier process left. Before anything can be put, and only then."""
        self._sizes = _begin(self._folder)

    async def put(self, channel: Channel, raw: Raw) -> None:
        """Keep a request; when this returns it is durable. Raises StoreUnavailable."""
        self._room.check()
        if len(self._sizes) >= MOST_FILES or sum(self._sizes.values()) > MOST_BYTES:
            raise StoreUnavailable("the spool is full")
        at = self.now()
        name = f"{at:016x}-{secrets.token_hex(8)}"
        content = _packed(channel.id, raw, at)
        try:
            await asyncio.to_thread(_write, self._folder, name, content)
        except OSError as err:
            if await asyncio.to_thread((self._folder / name).exists):
                self._wait_for(name, content)  # whole, if perhaps not durable: filed all the same
            raise StoreUnavailable(f"the spool cannot be written: {err.strerror}") from err
        self._wait_for(name, content)
        _log.warning("channel %s: a request went to the spool", channel.name)

    def _wait_for(self, name: str, content: bytes) -> None:
        self._sizes[name] = len(content)
        observe.SPOOLED.set(self.waiting)
        self.wake()

    def wake(self) -> None:
        """Try again soon: something came, or a channel is open that was not."""
        self._wake.set()

    async def run(self) -> None:
        """File what waits, until cancelled."""
        while True:
            self._wake.clear()
            observe.SPOOLED.set(self.waiting)
            seconds = await self._drain()
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await self._wake.wait()
                    await asyncio.sleep(RETRY)  # it came here because the store was down

    async def _drain(self) -> float:
        """File what can be filed, oldest first; seconds until the next try."""
        for name in sorted(self._sizes):
            try:
                await self._file(name)
            except StoreUnavailable as err:
                _log.info("%d requests wait in the spool: %s", self.waiting, err)
                return RETRY
            except Exception:  # noqa: BLE001  it holds up none of the others
                _log.exception("a request stays in the spool: %s", name)
        return IDLE

    async def _file(self, name: str) -> None:
        """File one and remove it. Raises StoreUnavailable."""
        path = self._folder / name
        try:
            id, raw, at = _unpacked(await asyncio.to_thread(path.read_bytes))
        except FileNotFoundError:
            self._sizes.pop(name, None)
            return
        except Damaged:
            _log.error("the spool's file %s is damaged: it stays beside the others", name)
            await asyncio.to_thread(path.rename, path.with_name(name + DAMAGED))
            self._sizes.pop(name, None)
            return
        channel = self._channels.by_id(id)
        if channel is None:  # closed: it is filed once the channel is back
            return
        for one in await self._filed(channel, raw, name, at):
            observe.received(channel.name, one.state).inc()
        await asyncio.to_thread(_remove, path)
        self._sizes.pop(name, None)

    async def _filed(self, channel: Channel, raw: Raw, name: str, at: int) -> list[Filed]:
        case = replace(await self._intake.case(channel, raw), now=at)
        try:
            events = [event for event in parse(channel, raw) if not isinstance(event, SignalIn)]
        except Exception as err:  # noqa: BLE001 - it is ours: kept as failed
            digest = hashlib.sha256(raw.body).hexdigest()
            why = _reason(err)
            return await self._db.write(_once, name, _unparsed, case, digest, why)
        try:
            return await self._db.write(_once, name, file_raw, case, events)
        except StoreUnavailable:
            raise
        except Exception as err:  # noqa: BLE001 - its neighbours must not suffer for one event
            _log.error("channel %s: filing failed", channel.name, exc_info=err)
            return await self._db.write(_once, name, _each, case, events)


# ---------------------------------------------------------------- filing, once


def _once(
    tx: Tx,
    name: str,
    file: Callable[Concatenate[Tx, Case, P], list[Filed]],
    case: Case,
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> list[Filed]:
    """File it unless it has been."""
    return file(tx, case, *args, **kwargs) if spool.claim(tx, name, case.now) else []


def _unparsed(tx: Tx, case: Case, digest: str, why: str) -> list[Filed]:
    return [keep_failed(tx, case, 0, "request", digest, why)]


def _each(tx: Tx, case: Case, events: Sequence[Event]) -> list[Filed]:
    """File each event by itself; one that cannot be filed is kept as failed."""
    request = raw_requests.keep(tx, case.channel.id, case.raw, now=case.now, blob=case.blob)
    filed: list[Filed] = []
    for place, event in enumerate(events):
        try:
            with tx.savepoint():
                one = file_event(tx, case, request, place, event)
                tx.write_later()  # what the engine refuses is refused here, and its neighbours stay
                filed.append(one)
        except StoreUnavailable:
            raise
        except Exception as err:  # noqa: BLE001 - see above
            kind, id = ledger_key(case.raw, place, event)
            failed = raw_events.fail(
                tx, request, case.channel.id, kind, id, place, _reason(err), now=case.now
            )
            filed.append(Filed("failed", failed))
    return filed


def _reason(err: Exception) -> str:
    return f"{type(err).__name__}: {err}"[:REASON_CAP]


# ---------------------------------------------------------------- files


def _packed(channel: int, raw: Raw, at: int) -> bytes:
    digest = hashlib.sha256(raw.body).hexdigest()
    head = _Head(channel, raw.kind, raw.key, list(raw.headers), raw.url, at, digest, raw.checked)
    return msgspec.json.encode(head) + b"\n" + raw.body


def _unpacked(content: bytes) -> tuple[int, Raw, int]:
    """(channel's id, the request, when it came). Raises Damaged."""
    line, _, body = content.partition(b"\n")
    try:
        head = msgspec.json.decode(line, type=_Head)
    except msgspec.DecodeError as err:
        raise Damaged(str(err)) from err
    if hashlib.sha256(body).hexdigest() != head.sha256:
        raise Damaged("the body is not the one that came")
    raw = Raw(head.kind, head.key, tuple(head.headers), head.url, body, head.checked)
    return head.channel, raw, head.at


def _write(folder: Path, name: str, content: bytes) -> None:
    folder.mkdir(mode=0o700, exist_ok=True)
    partial = folder / f"{name}.new"
    try:
        number = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(number, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(number)
        partial.rename(folder / name)
    finally:
        partial.unlink(missing_ok=True)
    sync(folder)


def _begin(folder: Path) -> dict[str, int]:
    """Remove what was never acknowledged; the others by name, with their sizes."""
    if not folder.is_dir():
        return {}
    for partial in folder.glob("*.new"):
        partial.unlink(missing_ok=True)
    return {one.name: one.stat().st_size for one in folder.iterdir() if is_name(one.name)}


def _remove(path: Path) -> None:
    path.unlink(missing_ok=True)
    sync(path.parent)
