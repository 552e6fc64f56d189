"""One consistent picture of a store in use, as an SQLite file: what a backup holds of either engine.

SQLite is copied page by page; PostgreSQL is read table by table (``COPY``) in one REPEATABLE READ
transaction. Neither keeps a writer waiting, and neither changes the store.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from storage import sqlite_copy
from storage.backup import unload
from storage.backup.lite import schema_of
from storage.connection import EngineName
from storage.db import engine_of
from storage.errors import SchemaRefused
from storage.migrate import SCHEMA, check_known, steps
from storage.pace import NO_PACE, Pace
from storage.postgres import PostgresEngine
from storage.postgres import translate as translate_postgres
from storage.sqlite import SqliteEngine
from storage.sqlite import translate as translate_sqlite


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
        schema = _known(Store("postgres", _schema_of_postgres(connection))).schema
        unload.unload(connection, target, schema, pace)


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
            connection.execute("SET statement_timeout = 0")  # whatever the server's keeper has set
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
