"""PostgreSQL: the same SQL and the same promises, for many processes on one store.

Processes take turns by key (an advisory lock a function), and a group never waits for a lock while
it holds one: what is locked elsewhere is put back. Only the finishers wait, for one lock that is
always taken last.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import lru_cache
from hashlib import blake2b
from typing import Any

import psycopg
from psycopg import errors
from psycopg.pq import ConnStatus, ExecStatus, TransactionStatus
from psycopg.pq.abc import PGresult
from psycopg.types.numeric import Int8BinaryDumper

from storage.connection import EngineName, Params, Row
from storage.errors import (
    ConstraintViolated,
    SchemaRefused,
    StatementInvalid,
    StoreTimeout,
    StoreUnavailable,
    TryAgain,
)
from storage.rewrite import rewrite

CONNECT_SECONDS = 5
_SPACE = 0x68756220  # "hub ": our own advisory locks stand apart from the keys' 64-bit ones
_MIGRATION_LOCK, _EVENT_LOCK = 1, 2

_WRITER_LIMITS = b"""
SET lock_timeout = '50ms';
SET statement_timeout = '5s';
SET idle_in_transaction_session_timeout = '10s'
"""
_READER_BEGIN = b"BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"
_BEGIN = b"BEGIN; SAVEPOINT f"
_NEXT = b"RELEASE SAVEPOINT f; SAVEPOINT f"
_UNDO = b"ROLLBACK TO SAVEPOINT f"
_FINISH = (
    f"SET LOCAL lock_timeout = '5s'; SELECT pg_advisory_xact_lock({_SPACE}, {_EVENT_LOCK})".encode()
)

_ALIVE = (TransactionStatus.INTRANS, TransactionStatus.INERROR)


# ---------------------------------------------------------------- rows


class PostgresRow:
    """A row that behaves as ``sqlite3.Row`` does: by name, by number, iterating over values."""

    __slots__ = ("_index", "_values")

    def __init__(self, values: Sequence[Any], index: dict[str, int]) -> None:
        self._values = values
        self._index = index

    def __getitem__(self, key: str | int, /) -> Any:
        if isinstance(key, str):
            try:
                return self._values[self._index[key]]
            except KeyError:
                raise IndexError(f"No item with that key: {key}") from None
        return self._values[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, PostgresRow):
            return NotImplemented
        return self._index == other._index and tuple(self) == tuple(other)

    def __hash__(self) -> int:
        return hash((tuple(self._index), tuple(self)))

    def __repr__(self) -> str:
        return f"<row {dict(self)}>"

    def keys(self) -> list[str]:
        """The column names, in order."""
        return list(self._index)


def _rows(cursor: psycopg.Cursor[Any]) -> Callable[[Sequence[Any]], PostgresRow]:
    index = {column.name: i for i, column in enumerate(cursor.description or ())}
    return lambda values: PostgresRow(values, index)


# ---------------------------------------------------------------- errors

_CONNECTION = (psycopg.DatabaseError, psycopg.OperationalError, psycopg.InterfaceError)
_UNAVAILABLE = ("08", "53", "57P", "58", "25006", "25P03", "25P04")


def translate(error: Exception) -> Exception:
    """Our error for one of psycopg; anything else unchanged.

    Codes: https://www.postgresql.org/docs/current/errcodes-appendix.html
    """
    if not isinstance(error, psycopg.Error):
        return error
    code = error.sqlstate or ""
    words = f"PostgreSQL: {error}".strip()
    if isinstance(error, psycopg.IntegrityError):
        return ConstraintViolated(words)
    if isinstance(error, errors.LockNotAvailable | errors.DeadlockDetected):
        return TryAgain(words)
    if isinstance(error, errors.SerializationFailure):
        return TryAgain(words)
    if isinstance(error, errors.QueryCanceled):
        return StoreTimeout(words)
    if code.startswith(_UNAVAILABLE) or (not code and type(error) in _CONNECTION):
        return StoreUnavailable(words)
    return StatementInvalid(words)


# ---------------------------------------------------------------- connections


class PostgresConnection:
    """One connection, used by one thread at a time.

    Transaction control goes straight to libpq: several words in one round trip, and psycopg does
    not forget its prepared statements at each ``ROLLBACK TO``.
    """

    engine: EngineName = "postgres"

    def __init__(self, conninfo: str, *, reader: bool = False, seconds: float = 0.0) -> None:
        self._raw = _connect(conninfo)
        self._pg = self._raw.pgconn
        self._cursor = self._raw.cursor()
        self._reader = reader
        self._seconds = seconds
        self._deadline = float("inf")
        self._before = b""  # what must be said before the next function may begin
        if reader:
            self._say(f"SET statement_timeout = {round(seconds * 1000)}".encode())
        else:
            self._say(_WRITER_LIMITS)

    def fetch(self, sql: str, params: Params) -> list[Row]:
        """Run one statement and fetch its rows to the end."""
        cursor = self._execute(sql, params)
        if cursor.description is None:
            return []
        rows: list[Row] = cursor.fetchall()
        return rows

    def count(self, sql: str, params: Params) -> int:
        """Run one statement and say how many rows it changed."""
        return max(self._execute(sql, params).rowcount, 0)

    def insert(self, sql: str, params: Params) -> int | None:
        """Run one INSERT; the row's id comes back with it."""
        row = self._execute(with_id(sql), params).fetchone()
        return None if row is None else int(row[0])

    def start(self) -> None:
        """Begin; for a writer together with the first function's savepoint, in one round trip."""
        if self._reader:
            self._deadline = time.monotonic() + self._seconds
            self._say(_READER_BEGIN)
        else:
            self._before = _BEGIN

    def enter(self, key: object, *, wait: bool) -> bool:
        """Open a function's savepoint and take its key's lock, waiting for it at most 50 ms.

        False: another process has it. Then the savepoint stands open for the next function.
        """
        words = [self._before] if self._before else []
        if key is not None:
            words.append(_lock(key, wait=wait))
        if not words:
            return True
        try:
            result = self._say(b"; ".join(words))
        except errors.LockNotAvailable:
            self.undo()
            return False
        self._before = b""
        return key is None or wait or result.get_value(0, 0) == b"t"

    def leave(self) -> None:
        """The savepoint is released together with the next one's opening, or by the commit."""
        self._before = _NEXT

    def undo(self) -> None:
        """Roll back to the function's savepoint, which stays open for the next one."""
        self._say(_UNDO)
        self._before = b""

    def finish(self) -> None:
        """Take the event lock, so that numbers become visible in their order. Waits up to 5 s."""
        self._say(_FINISH)

    def commit(self) -> None:
        """Commit. An aborted transaction answers ROLLBACK to COMMIT: that is an error here."""
        result = self._say(b"COMMIT")
        if result.command_status != b"COMMIT":
            raise StoreUnavailable("PostgreSQL: the transaction was aborted before its commit")

    def abandon(self) -> None:
        """Roll back whatever is open."""
        self._before = b""
        if self._pg.transaction_status in _ALIVE:
            with suppress(psycopg.Error):
                self._say(b"ROLLBACK")

    def living(self) -> bool:
        """An aborted transaction lives too: it can go back to its savepoint."""
        return self._pg.transaction_status in _ALIVE

    def lost(self) -> bool:
        """Whether the connection is dead."""
        return bool(self._raw.closed) or self._pg.status == ConnStatus.BAD

    def translate(self, error: Exception) -> Exception:
        """See the module's ``translate``."""
        return translate(error)

    def close(self) -> None:
        """Close it."""
        with suppress(psycopg.Error):
            self._raw.close()

    def _execute(self, sql: str, params: Params) -> psycopg.Cursor[Any]:
        if time.monotonic() > self._deadline:
            raise StoreTimeout("PostgreSQL: the read ran over its limit")
        return self._cursor.execute(rewrite(sql), params)

    def _say(self, words: bytes) -> PGresult:
        """Run statements without parameters at once; the last one's result, or the first error."""
        result = self._pg.exec_(words)
        if result.status in (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK):
            return result
        raise errors.error_from_result(result)


class PostgresEngine:
    """Opens connections to one database, and migrates it."""

    name: EngineName = "postgres"

    def __init__(self, conninfo: str) -> None:
        self.conninfo = conninfo

    def writer(self) -> PostgresConnection:
        """A connection for the writer thread. Raises StoreUnavailable."""
        return self._open(reader=False, seconds=0.0)

    def reader(self, seconds: float) -> PostgresConnection:
        """A read-only connection, each transaction cut at ``seconds``. Raises StoreUnavailable."""
        return self._open(reader=True, seconds=seconds)

    @contextmanager
    def migrating(self) -> Iterator[PostgresMigration]:
        """A connection for migrations, alone among all processes. Raises SchemaRefused."""
        try:
            with _connect(self.conninfo) as raw:
                encoding = raw.info.parameter_status("server_encoding")
                if encoding != "UTF8":
                    raise SchemaRefused(f"the database must be in UTF8, this one is in {encoding}")
                raw.execute("SET client_min_messages = warning")
                raw.execute("SELECT pg_advisory_lock(%s::int, %s::int)", (_SPACE, _MIGRATION_LOCK))
                yield PostgresMigration(raw)
        except psycopg.Error as error:
            raise translate(error) from error

    def _open(self, *, reader: bool, seconds: float) -> PostgresConnection:
        try:
            return PostgresConnection(self.conninfo, reader=reader, seconds=seconds)
        except psycopg.Error as error:
            raise translate(error) from error


class PostgresMigration:
    """What ``migrate`` needs of PostgreSQL: whole scripts, each in a transaction."""

    engine: EngineName = "postgres"

    def __init__(self, raw: psycopg.Connection[Any]) -> None:
        self._raw = raw

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """One write transaction."""
        with self._raw.transaction():
            yield

    def fetch(self, sql: str, params: Params) -> list[Row]:
        """Run one statement and fetch its rows."""
        cursor = self._raw.execute(rewrite(sql), params)
        if cursor.description is None:
            return []
        rows: list[Row] = cursor.fetchall()
        return rows

    def script(self, text: str) -> None:
        """Run every statement of a script."""
        self._raw.execute(text.encode(), prepare=False)

    @contextmanager
    def copying(self, statement: str) -> Iterator[psycopg.Copy]:
        """A ``COPY … FROM STDIN`` that rows are written to."""
        with self._raw.cursor() as cursor, cursor.copy(statement.encode()) as copy:
            yield copy

    def check(self) -> None:
        """Nothing to check: PostgreSQL never lets a row point at nothing."""

    def copy_aside(self, version: int) -> None:
        """Nothing: a server's databases are copied by its keeper; the transaction holds anyway."""


def _connect(conninfo: str) -> psycopg.Connection[Any]:
    raw: psycopg.Connection[Any] = psycopg.connect(
        conninfo,
        autocommit=True,
        row_factory=_rows,
        connect_timeout=CONNECT_SECONDS,
        application_name="interaction-hub",
        client_encoding="utf8",
        keepalives_idle=10,
        keepalives_interval=5,
        keepalives_count=3,
        tcp_user_timeout=15_000,
    )
    raw.prepared_max = 500
    raw.adapters.register_dumper(int, Int8BinaryDumper)
    return raw


@lru_cache(maxsize=2048)
def with_id(sql: str) -> str:
    """An INSERT that answers with the row's id."""
    return f"{sql} RETURNING id"


@lru_cache(maxsize=4096)
def _key_number(key: object) -> int:
    """The same number for the same key in every process (``hash`` is salted)."""
    return int.from_bytes(blake2b(repr(key).encode(), digest_size=8).digest(), signed=True)


def _lock(key: object, *, wait: bool) -> bytes:
    how = "pg_advisory_xact_lock" if wait else "pg_try_advisory_xact_lock"
    return f"SELECT {how}({_key_number(key)})".encode()
