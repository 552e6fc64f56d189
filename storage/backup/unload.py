"""PostgreSQL's tables into an SQLite file, read in one transaction, without getting into the way.

Rows first, indexes after them: an index that is kept up while rows come in writes its pages again
and again. Each batch is handed to the disk before the next one, so that there is never much to be
written at once; whoever commits beside us waits for all that stands in the disk's queue.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import psycopg

from storage import sqlite_copy
from storage.backup.lite import columns_of, tables_of
from storage.errors import SchemaRefused
from storage.migrate import migrate
from storage.pace import Pace
from storage.sqlite import SqliteEngine, translate

BATCH = 2_000  # rows written at once
TURN = 200_000  # steps of SQLite's machine, some 10 ms, between two rests while it makes an index
_LOADING = (
    "journal_mode=DELETE",  # out of WAL first
    "journal_mode=OFF",
    "synchronous=OFF",
    "foreign_keys=OFF",
    "cache_size=-8192",
)
"""A journal would write everything twice; what breaks off is thrown away."""


def unload(connection: psycopg.Connection[Any], target: Path, schema: int, pace: Pace) -> None:
    """Write every table of a store at that schema to ``target``. Raises SchemaRefused, OSError,
    psycopg.Error, and what SQLite says as ours."""
    with SqliteEngine(target).migrating() as migration:
        migrate(migration, upto=schema)
    try:
        with (
            target.open("rb") as file,
            closing(sqlite3.connect(target, isolation_level=None)) as raw,
        ):
            for pragma in _LOADING:
                raw.execute(f"PRAGMA {pragma}")
            _fill(connection, raw, lambda: pace.step(file.fileno(), again=True))
    except sqlite3.Error as error:
        raise translate(error) from error
    sqlite_copy.sync(target)


def _fill(
    connection: psycopg.Connection[Any], raw: sqlite3.Connection, step: Callable[[], None]
) -> None:
    with _unguarded(raw):
        indexes = _taken_out(raw)
        for table in tables_of(raw):
            _copy(connection, raw, table, step)
        raw.set_progress_handler(step, TURN)
        for index in indexes:
            raw.execute(index)
        raw.set_progress_handler(None, 0)


@contextmanager
def _unguarded(raw: sqlite3.Connection) -> Iterator[None]:
    """Without triggers: they guard a store that works, not its copy."""
    found = raw.execute("SELECT name, sql FROM sqlite_schema WHERE type = 'trigger'").fetchall()
    for name, _ in found:
        raw.execute(f'DROP TRIGGER "{name}"')
    yield
    for _, sql in found:
        raw.execute(sql)


def _taken_out(raw: sqlite3.Connection) -> list[str]:
    """Drop the indexes that stand for themselves; the statements that make them again."""
    found = raw.execute(
        "SELECT name, sql FROM sqlite_schema WHERE type = 'index' AND sql IS NOT NULL ORDER BY rowid"
    ).fetchall()
    for name, _ in found:
        raw.execute(f'DROP INDEX "{name}"')
    return [sql for _, sql in found]


def _copy(
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
    raw.execute(f'DELETE FROM "{table}"')  # what migrations filled in
    with connection.cursor() as cursor, cursor.copy(wanted.encode()) as copy:
        copy.set_types([types[name] for name in columns])
        rows = copy.rows()
        while batch := list(islice(rows, BATCH)):
            raw.execute("BEGIN")
            raw.executemany(insert, batch)
            raw.execute("COMMIT")
            step()
