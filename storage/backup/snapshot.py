"""One consistent picture of a store in use, as an SQLite file: what a backup holds of either engine.

SQLite is copied page by page; PostgreSQL is read table by table (``COPY``) in one REPEATABLE READ
transaction. Neither keeps a writer waiting, and neither changes the store.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg

from storage import sqlite_copy
from storage.db import engine_of
from storage.errors import SchemaRefused
from storage.migrate import SCHEMA, check_known, migrate, steps
from storage.pace import NO_PACE, Pace
from storage.postgres import PostgresEngine
from storage.postgres import translate as translate_postgres
from storage.sqlite import SqliteEngine
from storage.sqlite import translate as translate_sqlite
from storage.tx import EngineName

BATCH = 2_000  # rows written at once


@dataclass(frozen=True, slots=True)
class Store:
    """What is known of a store before it is copied."""

    engine: EngineName
    schema: int


def look(url: str) -> Store:
    """Raises SchemaRefused (no store of a hub, or of a newer one), StoreUnavailable, ValueError."""
    engine = engine_of(url)
    if isinstance(engine, SqliteEngine):
        with _lite(engine.path) as raw:
            return _known(Store("sqlite", schema_of(raw)))
    with _post(engine) as connection:
        return _known(Store("postgres", _schema_of_postgres(connection)))


def _known(store: Store) -> Store:
    if store.schema == 0:
        raise SchemaRefused("there is no store of a hub")
    check_known(store.schema, len(steps(SCHEMA, store.engine)))
    return store


def take(url: str, target: Path, pace: Pace = NO_PACE) -> None:
    """Write the store, as it is now, to the SQLite file ``target``, at that pace.

    Raises SchemaRefused, StoreUnavailable, OSError.
    """
    engine = engine_of(url)
    if isinstance(engine, SqliteEngine):
        with _lite(engine.path) as raw:
            sqlite_copy.copy(raw, target, pace)
        return
    with _post(engine) as connection:
        _copy_tables(connection, target, pace)


def tables_of(raw: sqlite3.Connection) -> list[str]:
    """The hub's tables in an SQLite file, by name."""
    rows = raw.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite~_%' "
        "ESCAPE '~' ORDER BY name"
    )
    return [row[0] for row in rows]


def columns_of(raw: sqlite3.Connection, table: str) -> list[str]:
    """A table's columns in an SQLite file, in order."""
    return [row[0] for row in raw.execute("SELECT name FROM pragma_table_info(?)", (table,))]


def rows_of(raw: sqlite3.Connection) -> dict[str, int]:
    """How many rows each table of an SQLite file has."""
    return {
        table: raw.execute(f'SELECT COUNT(*) FROM "{table}"').fetchone()[0]
        for table in tables_of(raw)
    }


def schema_of(raw: sqlite3.Connection) -> int:
    """The schema version of an SQLite file; 0: it holds no store."""
    if "schema_version" not in tables_of(raw):
        return 0
    return int(raw.execute("SELECT COALESCE(MAX(version), 0) FROM schema_version").fetchone()[0])


@contextmanager
def _lite(path: Path) -> Iterator[sqlite3.Connection]:
    """A connection that changes nothing. Raises SchemaRefused: there is no file."""
    if not path.is_file():
        raise SchemaRefused(f"there is no store at {path}")
    try:
        with closing(sqlite3.connect(path, isolation_level=None, timeout=5.0)) as raw:
            raw.execute("PRAGMA query_only=ON")
            yield raw
    except sqlite3.Error as error:
        raise translate_sqlite(error) from error


# ---------------------------------------------------------------- PostgreSQL


@contextmanager
def _post(engine: PostgresEngine) -> Iterator[psycopg.Connection[Any]]:
    """A connection in one read transaction. Raises StoreUnavailable."""
    try:
        with psycopg.connect(engine.conninfo, autocommit=True, connect_timeout=5) as connection:
            connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            yield connection
    except psycopg.Error as error:
        raise translate_postgres(error) from error


def _schema_of_postgres(connection: psycopg.Connection[Any]) -> int:
    there = connection.execute("SELECT to_regclass('schema_version') IS NOT NULL").fetchone()
    if there is None or not there[0]:
        return 0
    found = connection.execute("SELECT COALESCE(MAX(version), 0) FROM schema_version").fetchone()
    return 0 if found is None else int(found[0])


def _copy_tables(connection: psycopg.Connection[Any], target: Path, pace: Pace) -> None:
    schema = _known(Store("postgres", _schema_of_postgres(connection))).schema
    with SqliteEngine(target).migrating() as migration:
        migrate(migration, upto=schema)
    try:
        with (
            target.open("rb") as file,
            closing(sqlite3.connect(target, isolation_level=None)) as raw,
        ):
            for pragma in ("synchronous=OFF", "foreign_keys=OFF", "cache_size=-65536"):
                raw.execute(f"PRAGMA {pragma}")
            for table in tables_of(raw):
                _copy_table(connection, raw, table, lambda: pace.step(file.fileno()))
            raw.execute("PRAGMA journal_mode=DELETE")
    except sqlite3.Error as error:
        raise translate_sqlite(error) from error
    sqlite_copy.sync(target)


def _copy_table(
    connection: psycopg.Connection[Any],
    raw: sqlite3.Connection,
    table: str,
    step: Callable[[], None],
) -> None:
    columns = columns_of(raw, table)
    names = ", ".join(f'"{name}"' for name in columns)
    types = dict(
        connection.execute(
            "SELECT column_name, data_type FROM information_schema.columns "
            "WHERE table_schema = current_schema() AND table_name = %s",
            (table,),
        ).fetchall()
    )
    if set(types) != set(columns):
        raise SchemaRefused(f"the table {table} is not as this program made it")
    marks = ", ".join("?" * len(columns))
    insert = f'INSERT INTO "{table}" ({names}) VALUES ({marks})'
    wanted = f'COPY (SELECT {names} FROM "{table}") TO STDOUT (FORMAT BINARY)'
    raw.execute("BEGIN")
    if raw.execute(f'SELECT 1 FROM "{table}" LIMIT 1').fetchone():  # what migrations filled in
        raw.execute(f'DELETE FROM "{table}"')
    with connection.cursor() as cursor, cursor.copy(wanted.encode()) as copy:
        copy.set_types([types[name] for name in columns])
        rows = copy.rows()
        while batch := list(islice(rows, BATCH)):
            raw.executemany(insert, batch)
            step()
    raw.execute("COMMIT")
