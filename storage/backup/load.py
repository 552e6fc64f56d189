"""A backup's SQLite file into a PostgreSQL database without tables: whole or not at all."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

import psycopg

from storage.backup.lite import columns_of, tables_of
from storage.db import engine_of
from storage.errors import SchemaRefused
from storage.migrate import migrate
from storage.postgres import PostgresEngine, PostgresMigration, translate

BATCH = 2_000  # rows read at once


def is_empty(url: str) -> bool:
    """Whether a store could be restored to there. Raises StoreUnavailable, ValueError."""
    engine = engine_of(url)
    if not isinstance(engine, PostgresEngine):
        beside = [engine.path.with_name(engine.path.name + end) for end in ("-wal", "-journal")]
        whole = not engine.path.exists() or engine.path.stat().st_size == 0
        return whole and not any(path.exists() for path in beside)
    try:
        with psycopg.connect(engine.conninfo, autocommit=True, connect_timeout=5) as connection:
            found = connection.execute(
                "SELECT 1 FROM pg_class WHERE relnamespace = current_schema()::regnamespace "
                "AND relkind IN ('r', 'p', 'v', 'S') LIMIT 1"
            ).fetchone()
    except psycopg.Error as error:
        raise translate(error) from error
    return found is None


def into_postgres(source: Path, url: str) -> None:
    """Make the tables and fill them in one transaction. ``source`` is at this program's schema.

    Raises SchemaRefused, StoreUnavailable and whatever else the engine refuses; then nothing is
    there.
    """
    engine = engine_of(url)
    if not isinstance(engine, PostgresEngine):
        raise ValueError("database: must be postgresql://…")
    try:
        with (
            engine.migrating() as migration,
            closing(sqlite3.connect(source, isolation_level=None)) as raw,
            migration.transaction(),
        ):
            migrate(migration)
            for table in order(raw):
                _fill(migration, raw, table)
            migration.script("ANALYZE")  # else it plans for empty tables until it looks by itself
    except psycopg.Error as error:
        raise translate(error) from error


def order(raw: sqlite3.Connection) -> list[str]:
    """The tables, each after those that its rows point at. Raises SchemaRefused: in a circle."""
    needs = {
        table: {
            row[0]
            for row in raw.execute('SELECT "table" FROM pragma_foreign_key_list(?)', (table,))
            if row[0] != table
        }
        for table in tables_of(raw)
    }
    try:
        return list(TopologicalSorter(needs).static_order())
    except CycleError as err:
        raise SchemaRefused(f"tables point at each other: {err.args[1]}") from err


def _fill(migration: PostgresMigration, raw: sqlite3.Connection, table: str) -> None:
    columns = columns_of(raw, table)
    found = migration.fetch(
        """
        SELECT column_name AS name, data_type AS type, is_identity = 'YES' AS numbered
        FROM information_schema.columns
        WHERE table_schema = current_schema() AND table_name = :table
        """,
        {"table": table},
    )
    types = {row["name"]: row["type"] for row in found}
    names = ", ".join(f'"{name}"' for name in columns)
    migration.fetch(f'DELETE FROM "{table}"', {})  # what migrations filled in
    wanted = f'COPY "{table}" ({names}) FROM STDIN (FORMAT BINARY, FREEZE)'
    with migration.copying(wanted) as copy:  # frozen: the first reading need not write every page
        copy.set_types([types[name] for name in columns])
        for row in _rows(raw, table, names, columns, types):
            copy.write_row(row)
    for column in found:
        if column["numbered"]:
            _number_on(migration, table, column["name"])


def _rows(
    raw: sqlite3.Connection,
    table: str,
    names: str,
    columns: Sequence[str],
    types: Mapping[str, str],
) -> Iterator[Sequence[Any]]:
    """A table's rows, flags as such."""
    flags = [place for place, name in enumerate(columns) if types[name] == "boolean"]
    cursor = raw.execute(f'SELECT {names} FROM "{table}"')
    while batch := cursor.fetchmany(BATCH):
        for row in batch:
            if not flags:
                yield row
                continue
            values = list(row)
            for place in flags:
                values[place] = None if values[place] is None else bool(values[place])
            yield values


def _number_on(migration: PostgresMigration, table: str, column: str) -> None:
    """New rows are numbered after those that came."""
    migration.fetch(
        f"""
        SELECT setval(pg_get_serial_sequence(:table, :column), COALESCE(MAX("{column}"), 1),
          MAX("{column}") IS NOT NULL) FROM "{table}"
        """,
        {"table": f'"{table}"', "column": column},
    )
