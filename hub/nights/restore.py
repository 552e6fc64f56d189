"""``hub restore FILE``: an empty store is filled from a backup, and starts on hold.

Everything is unpacked into a folder of its own and checked there (that the file is whole, each sum,
the database itself, the key) before anything of the hub's is touched. The database comes last: as
long as it is not there, the folder holds no store, and the restore can be run again.
"""

from __future__ import annotations

import os
import shutil
import sqlite3
import time
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, TYPE_CHECKING

from hub import clock
from hub.folder import FolderHeld, FolderLock
from hub.keys import SETTING, KeyRefused, Keys, default_path, read_texts, write_texts
from hub.spool import FOLDER as SPOOL_FOLDER
from hub.spool import is_name as is_spooled
from storage import audit, hold
from storage.backup import archive, lite, load
from storage.backup.archive import ArchiveInvalid
from storage.blobs import path_in
from storage.errors import SchemaRefused, StoreError
from storage.hold import Held
from storage.migrate import SCHEMA, check_known, migrate, steps
from storage.sqlite import SqliteConnection, SqliteEngine
from storage.sqlite_copy import sync
from storage.tx import Tx

if TYPE_CHECKING:
    from hub.settings import Settings

UNPACKED = "restore.part"
"""Folder in HUB_DATA; what a killed restore left in it is removed by the next one."""


class RestoreRefused(Exception):
    """Nothing was restored; the message says why."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A store that stands, on hold."""

    manifest: archive.Manifest
    ledger: Mapping[str, int]
    seconds: float
    warnings: tuple[str, ...]

    def lines(self) -> list[str]:
        """What was restored, and what comes next."""
        found = self.manifest
        states = ", ".join(f"{n} {state}" for state, n in self.ledger.items() if n)
        entries = f"{found.tables['timeline_entry']} entries and {found.blobs} files"
        return [
            f"restored {entries} in {self.seconds:.1f} s",
            f"received {sum(self.ledger.values())}: {states or 'nothing yet'}",
            "everybody has to sign in again",
            "the hub is on hold: start it, look at it, then let it work by `hub release`",
        ]


def fill(settings: Settings, path: Path) -> Filled:
    """Restore. Raises RestoreRefused; then the store is as empty as it was."""
    started = time.monotonic()
    try:
        with path.open("rb") as file, FolderLock(settings.lock_path, by="a restore"):
            if not load.is_empty(settings.database):
                raise RestoreRefused(
                    "there is a store already: restore to an empty HUB_DATA, and to a new database"
                )
            with _folder(settings.data / UNPACKED) as folder:
                return _filled(settings, file, folder, started)
    except FolderHeld as err:
        raise RestoreRefused(f"{err}: stop it first") from err
    except (ArchiveInvalid, SchemaRefused, KeyRefused, StoreError, ValueError) as err:
        raise RestoreRefused(str(err)) from err
    except sqlite3.Error as err:
        raise RestoreRefused(f"the database in the backup is damaged: {err}") from err
    except OSError as err:
        raise RestoreRefused(f"{err.filename or path}: {err.strerror or err}") from err


@contextmanager
def _folder(path: Path) -> Iterator[Path]:
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(mode=0o700)
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


def _filled(settings: Settings, file: IO[bytes], folder: Path, started: float) -> Filled:
    manifest = _unpack(file, folder)
    store = folder / archive.STORE
    _check_store(store, manifest)
    texts, warnings = _check_key(settings, folder, store)
    ledger = _prepare(store, manifest)
    os.sync()
    _place(settings, folder, texts)
    if manifest.missing:
        warnings.append(f"{manifest.missing} files were missing when the backup was made")
    return Filled(manifest, ledger, time.monotonic() - started, tuple(warnings))


# ---------------------------------------------------------------- unpacking


def _unpack(file: IO[bytes], folder: Path) -> archive.Manifest:
    """Write out what the archive holds, each member checked. Raises ArchiveInvalid."""
    sums: dict[str, archive.Sum] = {}
    tally = archive.Tally()
    manifest: archive.Manifest | None = None
    for member in archive.members(file):
        if manifest is not None:
            raise ArchiveInvalid(f"{member.name} comes after the manifest: this is no backup")
        if not sums:
            about = archive.read_about(member)
            check_known(about.schema, len(steps(SCHEMA, "sqlite")))
        elif member.name == archive.MANIFEST:
            manifest = archive.read_manifest(member)
            continue
        elif member.name.startswith(archive.BLOBS):
            _write_blob(member, folder, tally)
            continue
        else:
            _write(member, folder / _place_of(member.name))
        sums[member.name] = member.sum()
    if manifest is None:
        raise ArchiveInvalid("the file has no manifest: it was cut off, or is no backup")
    _compare(manifest, sums, tally)
    return manifest


def _place_of(name: str) -> str:
    """Where a member goes; no name from a file leads anywhere else. Raises ArchiveInvalid."""
    spooled = name.removeprefix(archive.SPOOL)
    if name in (archive.STORE, archive.KEY) or (name != spooled and is_spooled(spooled)):
        return name
    raise ArchiveInvalid(f"{name!r} does not belong into a backup")


def _write_blob(member: archive.Member, folder: Path, tally: archive.Tally) -> None:
    sha256 = member.name.removeprefix(archive.BLOBS)
    try:
        path = path_in(folder / "blobs", sha256)
    except ValueError as err:
        raise ArchiveInvalid(f"{member.name!r} is not the name of a file") from err
    _write(member, path)
    if member.sum().sha256 != sha256:
        raise ArchiveInvalid(f"{member.name} is not what its name says: the file is damaged")
    tally.add(sha256, member.size)


def _write(member: archive.Member, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        number = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError as err:
        raise ArchiveInvalid(f"{member.name} is in it twice: this is no backup") from err
    with os.fdopen(number, "wb") as file:
        for chunk in member.chunks():
            file.write(chunk)


def _compare(
    manifest: archive.Manifest, sums: dict[str, archive.Sum], tally: archive.Tally
) -> None:
    if archive.STORE not in sums:
        raise ArchiveInvalid("there is no database in it")
    for name in sums.keys() | manifest.members.keys():
        if sums.get(name) != manifest.members.get(name):
            raise ArchiveInvalid(f"{name} is not what the manifest says: the file is damaged")
    if (tally.blobs, tally.blob_bytes, tally.names) != (
        manifest.blobs, manifest.blob_bytes, manifest.blob_names,
    ):  # fmt: skip
        raise ArchiveInvalid("the files are not those that the manifest names")


# ---------------------------------------------------------------- checking


def _check_store(store: Path, manifest: archive.Manifest) -> None:
    """The database is the one that was copied, and sound. Raises ArchiveInvalid, sqlite3.Error."""
    with closing(sqlite3.connect(store, isolation_level=None)) as raw:
        if lite.schema_of(raw) != manifest.about.schema:
            raise ArchiveInvalid("the database is not at the schema that the backup names")
        found = raw.execute("PRAGMA quick_check(1)").fetchone()[0]
        if found != "ok":
            raise ArchiveInvalid(f"the database in the backup is damaged: {found}")
        if lite.rows_of(raw) != manifest.tables:
            raise ArchiveInvalid("the database has not the rows that the manifest counts")
        blobs = raw.execute("SELECT COUNT(*) FROM blob").fetchone()[0]
        if blobs != manifest.blobs + manifest.missing:
            raise ArchiveInvalid("the files are not those that the database names")


def _check_key(settings: Settings, folder: Path, store: Path) -> tuple[list[str] | None, list[str]]:
    """(the key to put in place or None, warnings). Raises KeyRefused: the one here is another."""
    with closing(SqliteConnection(store)) as connection:
        root = audit.setting(Tx(connection), SETTING)
    here = read_texts(settings)
    packed = folder / archive.KEY
    given = packed.read_text("ascii").split() if packed.exists() else []
    if root is not None and (here or given):
        Keys(here or given, b"").decrypt(root)
    if here or not given:
        missing = "the key is not in the backup: put it to HUB_DATA/key or give HUB_KEY_FILE"
        return None, [] if here or root is None else [missing]
    return given, []


def _prepare(store: Path, manifest: archive.Manifest) -> Mapping[str, int]:
    """Bring it to this program's schema and put it on hold; what its ledger says."""
    from storage import ledger_counts  # noqa: PLC0415  not for a file that is refused

    with SqliteEngine(store).migrating() as migration:
        migrate(migration)
    now = clock.now()
    with closing(SqliteConnection(store)) as connection:
        connection.start()
        tx = Tx(connection)
        for table in ("session", "sign_in_link"):
            tx.run(f"DELETE FROM {table}")  # who was signed out since must not be in again
        hold.lift(tx)
        hold.begin(tx, Held("restore", now, manifest.about.made_at))
        audit.record(
            tx, "command", "backup.restored", "hub", now=now, made_at=manifest.about.made_at
        )
        counts = {str(state): n for state, n in ledger_counts.counts(tx).items()}
        connection.commit()
    return counts


# ---------------------------------------------------------------- into place


def _place(settings: Settings, folder: Path, texts: list[str] | None) -> None:
    """Files first, the database last."""
    _move(folder / "blobs", settings.data / "blobs")
    _move(folder / SPOOL_FOLDER, settings.data / SPOOL_FOLDER)
    if texts is not None:
        write_texts(default_path(settings), texts)
    if settings.database.startswith("sqlite:///"):
        target = Path(settings.database.removeprefix("sqlite:///"))
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_name(f"{target.name}.part")
        shutil.move(folder / archive.STORE, beside)  # perhaps onto another disk
        sync(beside)
        beside.replace(target)
        sync(target.parent)
    else:
        load.into_postgres(folder / archive.STORE, settings.database)


def _move(source: Path, target: Path) -> None:
    """Move a folder's files to where they belong, durably; those that are there are replaced."""
    if not source.is_dir():
        return
    for folder, _, names in os.walk(source):
        place = target / Path(folder).relative_to(source)
        place.mkdir(parents=True, exist_ok=True)
        for name in names:
            (Path(folder) / name).replace(place / name)
    os.sync()
