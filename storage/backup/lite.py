"""What an SQLite file of a hub holds: tables, columns, rows, schema."""

from __future__ import annotations

import sqlite3


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
