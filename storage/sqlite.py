"""SQLite: one file, WAL, every commit on disk before it is answered."""

from __future__ import annotations

import logging
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import lru_cache
from pathlib import Path

from storage import sqlite_copy
from storage.connection import EngineName, Params, Row
from storage.errors import (
    ConstraintViolated,
    SchemaRefused,
    StatementInvalid,
    StoreTimeout,
    StoreUnavailable,
)

OLDEST = (3, 38, 0)
BUSY_SECONDS = 5.0
WRITER_CACHE, READER_CACHE = 16_384, 4_096  # KiB a connection, at most
_CHECK_EVERY = 20_000  # virtual machine steps between two looks at the clock: well under 1 ms

_log = logging.getLogger(__name__)

# The module asks each value that is no number or text how it wants to be kept, and learns by an
# exception that it is kept as it is: ten times a message.
sqlite3.register_adapter(type(None), {None: None}.get)
sqlite3.register_adapter(bytes, bytes)

_UNAVAILABLE = frozenset(
    {
        sqlite3.SQLITE_BUSY,
        sqlite3.SQLITE_CANTOPEN,
        sqlite3.SQLITE_CORRUPT,
        sqlite3.SQLITE_FULL,
        sqlite3.SQLITE_IOERR,
        sqlite3.SQLITE_LOCKED,
        sqlite3.SQLITE_NOLFS,
        sqlite3.SQLITE_NOMEM,
        sqlite3.SQLITE_NOTADB,
        sqlite3.SQLITE_PERM,
        sqlite3.SQLITE_PROTOCOL,
        sqlite3.SQLITE_READONLY,
    }
)


def translate(error: Exception) -> Exception:
    """Our error for one of ``sqlite3``; anything else unchanged."""
    if not isinstance(error, sqlite3.Error):
        return error
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code in _UNAVAILABLE:
        return StoreUnavailable(f"SQLite: {error}")
    if code == sqlite3.SQLITE_INTERRUPT:
        return StoreTimeout("SQLite: the read ran over its limit")
    if isinstance(error, sqlite3.IntegrityError):
        return ConstraintViolated(str(error))
    return StatementInvalid(f"SQLite: {error}")


class SqliteConnection:
    """One connection, used by one thread at a time."""

    engine: EngineName = "sqlite"

    def __init__(self, path: Path, *, reader: bool = False, seconds: float = 0.0) -> None:
        self._raw = _connect(path, READER_CACHE if reader else WRITER_CACHE)
        self._cursor = self._raw.cursor()
        self._reader = reader
        self._seconds = seconds
        self._deadline = 0.0
        self._unmarked = False
        """A function runs and has changed nothing yet: its savepoint is not open."""
        if reader:
            self._raw.execute("PRAGMA query_only=ON")
            self._raw.set_progress_handler(self._too_late, _CHECK_EVERY)

    def fetch(self, sql: str, params: Params) -> list[Row]:
        """Run one statement and fetch its rows to the end."""
        if self._unmarked and not _reads(sql):
            self._set_mark()
        return self._cursor.execute(sql, params).fetchall()

    def count(self, sql: str, params: Params) -> int:
        """Run one statement and say how many rows it changed."""
        if self._unmarked:
            self._set_mark()
        cursor = self._cursor
        cursor.execute(sql, params).fetchall()
        rows = cursor.rowcount
        if rows >= 0:
            return rows
        return int(cursor.execute("SELECT changes()").fetchall()[0][0])

    def insert(self, sql: str, params: Params) -> int | None:
        """Run one INSERT; SQLite says the row's id by itself."""
        if self._unmarked:
            self._set_mark()
        cursor = self._cursor.execute(sql, params)
        return cursor.lastrowid if cursor.rowcount else None

    def start(self) -> None:
        """Begin: a writer takes the write lock at once (waiting up to 5 s), a reader does not."""
        if self._reader:
            self._deadline = time.monotonic() + self._seconds
            self._cursor.execute("BEGIN")
        else:
            self._unmarked = False
            self._cursor.execute("BEGIN IMMEDIATE")

    def enter(self, key: object, *, wait: bool) -> bool:  # noqa: ARG002
        """A function begins; there is one writer, so no key is ever taken.

        Its savepoint is opened before its first statement that may change something: most messages
        of people who are known bring only rows that are written later.
        """
        self._unmarked = True
        return True

    def leave(self) -> None:
        """Release the function's savepoint."""
        if not self._unmarked:
            self._cursor.execute("RELEASE f")
        self._unmarked = False

    def undo(self) -> None:
        """Roll back to the function's savepoint and end it."""
        if not self._unmarked:
            self._cursor.execute("ROLLBACK TO f")
            self._cursor.execute("RELEASE f")
        self._unmarked = False

    def _set_mark(self) -> None:
        self._cursor.execute("SAVEPOINT f")
        self._unmarked = False

    def finish(self) -> None:
        """Nothing to take: the write lock orders everything."""

    def commit(self) -> None:
        """Commit; a transaction that has ended by itself is an error, not a success."""
        if not self._raw.in_transaction:
            raise StoreUnavailable("SQLite: the transaction had ended before its commit")
        self._cursor.execute("COMMIT")

    def abandon(self) -> None:
        """Roll back whatever is open."""
        with suppress(sqlite3.Error):
            self._raw.rollback()

    def living(self) -> bool:
        """SQLite rolls back the whole transaction by itself on some errors (disk full)."""
        return self._raw.in_transaction

    def lost(self) -> bool:
        """Never: there is no other side."""
        return False

    def translate(self, error: Exception) -> Exception:
        """See the module's ``translate``."""
        return translate(error)

    def close(self) -> None:
        """Close it; the last one out checkpoints the WAL."""
        with suppress(sqlite3.Error):
            self._raw.close()

    def _too_late(self) -> bool:
        return time.monotonic() > self._deadline


class SqliteEngine:
    """Opens connections to one file, and migrates it."""

    name: EngineName = "sqlite"

    def __init__(self, path: Path) -> None:
        check_version(sqlite3.sqlite_version_info)
        self.path = path

    def writer(self) -> SqliteConnection:
        """A connection for the writer thread. Raises StoreUnavailable."""
        return self._open(reader=False, seconds=0.0)

    def reader(self, seconds: float) -> SqliteConnection:
        """A read-only connection, whose transactions are stopped after so many seconds."""
        return self._open(reader=True, seconds=seconds)

    @contextmanager
    def migrating(self) -> Iterator[SqliteMigration]:
        """A connection for migrations, foreign keys off. Makes the file (0600) and its folder."""
        self._make()
        try:
            with closing(_connect(self.path, WRITER_CACHE)) as raw:
                raw.execute("PRAGMA journal_mode=WAL")
                raw.execute("PRAGMA foreign_keys=OFF")
                yield SqliteMigration(raw, self.path)
        except sqlite3.Error as error:
            raise translate(error) from error

    def _make(self) -> None:
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileExistsError):
                os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
        except OSError as error:
            raise StoreUnavailable(f"SQLite: {self.path}: {error.strerror}") from error

    def _open(self, *, reader: bool, seconds: float) -> SqliteConnection:
        try:
            return SqliteConnection(self.path, reader=reader, seconds=seconds)
        except sqlite3.Error as error:
            raise translate(error) from error


class SqliteMigration:
    """What ``migrate`` needs of SQLite: whole scripts, each in a transaction."""

    engine: EngineName = "sqlite"

    def __init__(self, raw: sqlite3.Connection, path: Path) -> None:
        self._raw = raw
        self._path = path

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One write transaction; another process's migration is waited for."""
        self._raw.execute("BEGIN IMMEDIATE")
        try:
            yield
            self._raw.execute("COMMIT")
        except BaseException:
            self._raw.rollback()
            raise

    def fetch(self, sql: str, params: Params) -> list[Row]:
        """Run one statement and fetch its rows."""
        return self._raw.execute(sql, params).fetchall()

    def script(self, text: str) -> None:
        """Run every statement of a script in the transaction (``executescript`` would commit)."""
        for statement in _statements(text):
            self._raw.execute(statement)

    def check(self) -> None:
        """Refuse what breaks a foreign key. Raises SchemaRefused."""
        broken = self._raw.execute("PRAGMA foreign_key_check").fetchall()
        if broken:
            raise SchemaRefused(
                f"{len(broken)} rows point at nothing, the first in table {broken[0]['table']!r}"
            )

    def copy_aside(self, version: int) -> None:
        """``hub.db.schema-0002`` beside ``hub.db``: what the program before this one can open.

        Only the newest such copy is kept. Raises StoreUnavailable: no room for it.
        """
        copy = self._path.with_name(f"{self._path.name}.schema-{version:04d}")
        try:
            sqlite_copy.copy(self._raw, copy)
        except OSError as error:
            raise StoreUnavailable(f"SQLite: {copy}: {error.strerror}") from error
        _log.info("the store was copied to %s before it is migrated", copy)
        for older in self._path.parent.glob(f"{self._path.name}.schema-[0-9][0-9][0-9][0-9]"):
            if older.name < copy.name:
                older.unlink(missing_ok=True)


def check_version(version: tuple[int, ...]) -> None:
    """Refuse an SQLite that is too old for STRICT, RETURNING and JSON. Raises SchemaRefused."""
    if version < OLDEST:
        have = ".".join(map(str, version))
        raise SchemaRefused(f"SQLite 3.38 or newer is needed; this Python is built with {have}")


@lru_cache(maxsize=4096)
def _reads(sql: str) -> bool:
    """Whether a statement surely changes nothing."""
    return sql.lstrip()[:6].upper() == "SELECT"


def _connect(path: Path, cache: int) -> sqlite3.Connection:
    raw = sqlite3.connect(
        path,
        timeout=BUSY_SECONDS,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=512,
    )
    raw.row_factory = sqlite3.Row
    for pragma in (
        "synchronous=FULL",
        "foreign_keys=ON",
        "recursive_triggers=ON",  # else REPLACE removes lines of the audit unseen by its trigger
        "temp_store=MEMORY",
        f"cache_size=-{cache}",
        "wal_autocheckpoint=4000",  # pages
        "journal_size_limit=67108864",  # bytes: a WAL that once grew is cut back
    ):
        raw.execute(f"PRAGMA {pragma}")
    return raw


def _statements(text: str) -> Iterator[str]:
    """A script's statements; SQLite itself says where one ends (triggers hold semicolons)."""
    start = 0
    end = text.find(";") + 1
    while end:
        if sqlite3.complete_statement(text[start:end]):
            yield text[start:end]
            start = end
        end = text.find(";", end) + 1
    if text[start:].strip():
        yield text[start:]
