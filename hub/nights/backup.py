"""``hub backup FILE``: the store, its blobs and what waits in the spool, while the hub runs.

It runs in the command's own process and only reads, so that a server's loop and writer never wait
for it. The spool is read before the store: what is filed in between is in both, and the store knows
by its name that it was filed.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from hub import clock
from hub.channel import VERSION
from hub.control import CommandRefused, NoServer, call
from hub.folder import FolderHeld, FolderLock
from hub.keys import KeyRefused, read_texts
from hub.nights import noting
from hub.nights.pin import pinned
from hub.spool import FOLDER as SPOOL_FOLDER
from hub.spool import is_name as is_spooled
from storage.backup import archive, lite, snapshot
from storage.blobs import path_in
from storage.db import engine_of
from storage.errors import StoreError
from storage.migrate import SCHEMA, steps
from storage.pace import NO_PACE, Pace
from storage.tx import Tx

if TYPE_CHECKING:
    from hub.settings import Settings


class BackupFailed(Exception):
    """There is no backup; the message says why."""


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that is on disk."""

    path: Path
    manifest: archive.Manifest
    bytes: int
    seconds: float
    warnings: tuple[str, ...]

    def lines(self) -> list[str]:
        """What was made."""
        found = self.manifest
        key = "with the key: keep it as you keep the key" if archive.KEY in found.members else (
            "without the key: keep that apart, or the channels' secrets cannot be read"
        )  # fmt: skip
        size = f"{self.bytes / 1e6:.1f} MB, schema {found.about.schema}, in {self.seconds:.1f} s"
        entries = f"{found.tables['timeline_entry']} entries, {found.blobs} files"
        return [f"{self.path}: {entries}, {size}", key]


def make(settings: Settings, path: Path, *, with_key: bool) -> Made:
    """Make it, at an easy pace where a server runs. Raises BackupFailed: ``path`` is not there."""
    started = time.monotonic()
    path = path.absolute()
    try:
        store = snapshot.look(settings.database)
        key = _key(settings) if with_key else None
        _room_for(path)
        settings.data.mkdir(parents=True, exist_ok=True)
        _sweep(path.parent)
        with archive.Writer(path) as writer, pinned(settings.data):
            served, warnings = _noted(settings, store, path, with_key=with_key)
            writer.pace = Pace() if served else NO_PACE
            manifest = _written(settings, store, writer, path, key)
    except (StoreError, KeyRefused, ValueError) as err:
        raise BackupFailed(str(err)) from err
    except sqlite3.Error as err:
        raise BackupFailed(f"SQLite: {err}") from err
    except BlockingIOError as err:
        raise BackupFailed(f"{path} is being written by another backup") from err
    except OSError as err:
        raise BackupFailed(f"{err.filename or path}: {err.strerror or err}") from err
    if manifest.missing:
        some = ", ".join(manifest.missing_named[:3])
        warnings.append(f"{manifest.missing} files are missing or damaged in the store: {some} …")
    seconds = time.monotonic() - started
    return Made(path, manifest, path.stat().st_size, seconds, tuple(warnings))


def _room_for(path: Path) -> None:
    """Said before anything is read, and before it stands in the audit. Raises BackupFailed."""
    if path.exists():
        raise BackupFailed(f"{path} exists already")
    if not os.access(path.parent, os.W_OK):
        raise BackupFailed(f"{path.parent}: there is no such folder, or it cannot be written")


def _key(settings: Settings) -> bytes:
    texts = read_texts(settings)
    if not texts:
        raise KeyRefused("there is no key to put in: give it by HUB_KEY or HUB_KEY_FILE")
    return "".join(f"{text}\n" for text in texts).encode("ascii")


def _written(
    settings: Settings,
    store: snapshot.Store,
    writer: archive.Writer,
    path: Path,
    key: bytes | None,
) -> archive.Manifest:
    about = archive.About(
        format=archive.FORMAT,
        program=VERSION,
        schema=store.schema,
        engine=store.engine,
        made_at=clock.now(),
        hub=settings.name,
    )
    writer.add(archive.ABOUT, msgspec.json.encode(about))
    for name in _spooled(settings.data):
        with suppress(FileNotFoundError):  # filed meanwhile: then it is in the store
            writer.add_file(archive.SPOOL + name, settings.data / SPOOL_FOLDER / name)
    with _folder(_beside(path)) as folder:
        copied = folder / archive.STORE
        try:
            snapshot.take(settings.database, copied, writer.pace)
        except StoreError as err:
            raise BackupFailed(f"the copy in {folder} cannot be made: {err}") from err
        with closing(sqlite3.connect(copied, isolation_level=None)) as raw:
            tables = lite.rows_of(raw)
            writer.add_file(archive.STORE, copied)
            if key is not None:
                writer.add(archive.KEY, key)
            missing = list(_blobs(settings.data / "blobs", raw, writer))
    return writer.finish(about, tables, len(missing), missing)


def _sweep(folder: Path) -> None:
    """Remove what killed backups have left there: each is as large as a store."""
    for partial in folder.glob("*.part"):
        if archive.abandoned(partial):
            shutil.rmtree(_beside(partial.with_name(partial.stem)), ignore_errors=True)
            partial.unlink(missing_ok=True)


def _beside(path: Path) -> Path:
    """Where the copy of the database is made for that file."""
    return path.with_name(f"{path.name}.store")


@contextmanager
def _folder(path: Path) -> Iterator[Path]:
    """Room for the copy of the database; what a killed backup left in it goes."""
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(mode=0o700)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _spooled(data: Path) -> list[str]:
    with suppress(FileNotFoundError):
        found = (one.name for one in (data / SPOOL_FOLDER).iterdir())
        return sorted(name for name in found if is_spooled(name))
    return []


def _blobs(folder: Path, raw: sqlite3.Connection, writer: archive.Writer) -> Iterator[str]:
    """Add what this copy names; the names of those that are gone or damaged."""
    for row in raw.execute("SELECT sha256 FROM blob ORDER BY sha256"):
        try:
            whole = writer.add_blob(row[0], path_in(folder, row[0]))
        except FileNotFoundError:
            whole = False
        if not whole:
            yield row[0]


# ---------------------------------------------------------------- the audit


def _noted(
    settings: Settings, store: snapshot.Store, path: Path, *, with_key: bool
) -> tuple[bool, list[str]]:
    """Write down that all is copied: (whether a server runs, words where that could not be done)."""
    args = {"file": str(path), "with_key": with_key}
    try:
        call(settings.socket_path, "backup-noted", args)
    except NoServer:
        return False, _noted_alone(settings, store, args)
    except (CommandRefused, OSError) as err:
        return True, [f"the backup is not in the audit: {err}"]
    return True, []


def _noted_alone(settings: Settings, store: snapshot.Store, args: Mapping[str, Any]) -> list[str]:
    """No server runs. A store of an older schema is not migrated just for this."""
    if store.schema != len(steps(SCHEMA, store.engine)):
        return ["the backup is not in the audit: the store is of an older program"]
    try:
        with FolderLock(settings.lock_path, by="a backup"):
            writer = engine_of(settings.database).writer()
            try:
                writer.start()
                writer.enter(None, wait=True)
                noting.note(Tx(writer), args, clock.now())
                writer.leave()
                writer.commit()
            finally:
                writer.abandon()
                writer.close()
    except (StoreError, FolderHeld) as err:
        return [f"the backup is not in the audit: {err}"]
    return []
