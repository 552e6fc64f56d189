"""Migrations: in order, once, each whole or not at all, never under a newer store."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from storage.db import Database, Row, SchemaRefused, StoreError, Tx
from storage.migrate import SCHEMA, TOKENS, fill, steps

FIRST = "CREATE TABLE a (id {id}, n {int}, b {bytes}, ok {bool} NOT NULL DEFAULT TRUE) {strict};"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one migration."""
    folder = tmp_path / "schema"
    folder.mkdir()
    (folder / "0001_first.sql").write_text(FIRST)
    return folder


async def opened_and_closed(url: str, folder: Path) -> list[tuple[int, str]]:
    """What ``schema_version`` says after a start."""
    database = await Database.open(url, schema_dir=folder)
    try:
        rows = await database.read(versions)
    finally:
        await database.close()
    return [(row["version"], row["name"]) for row in rows]


def versions(tx: Tx) -> list[Row]:
    return tx.all("SELECT version, name, applied_at FROM schema_version ORDER BY version")


async def test_each_migration_runs_once(empty_url: str, folder: Path) -> None:
    assert await opened_and_closed(empty_url, folder) == [(1, "first")]
    assert await opened_and_closed(empty_url, folder) == [(1, "first")]
    (folder / "0002_more.sql").write_text("ALTER TABLE a ADD COLUMN c TEXT; CREATE INDEX i ON a(c)")
    assert await opened_and_closed(empty_url, folder) == [(1, "first"), (2, "more")]


async def test_programs_that_start_together_migrate_once(empty_url: str, folder: Path) -> None:
    (folder / "0002_more.sql").write_text("CREATE TABLE b (id {id}) {strict};")
    starts = [opened_and_closed(empty_url, folder) for _ in range(4)]
    for result in await asyncio.gather(*starts):
        assert result == [(1, "first"), (2, "more")]


async def test_a_failing_migration_leaves_nothing(empty_url: str, folder: Path) -> None:
    broken = folder / "0002_broken.sql"
    broken.write_text("CREATE TABLE half (id {id}) {strict}; CREATE TABLE a (id {id}) {strict};")
    with pytest.raises(StoreError):
        await opened_and_closed(empty_url, folder)
    broken.write_text("CREATE TABLE half (id {id}) {strict};")
    assert await opened_and_closed(empty_url, folder) == [(1, "first"), (2, "broken")]


async def test_a_newer_store_is_refused(empty_url: str, folder: Path) -> None:
    newer = folder / "0002_newer.sql"
    newer.write_text("CREATE TABLE b (id {id}) {strict};")
    await opened_and_closed(empty_url, folder)
    newer.unlink()
    with pytest.raises(
        SchemaRefused, match="schema version 2, this program knows versions up to 1"
    ):
        await Database.open(empty_url, schema_dir=folder)


async def test_variants_stand_beside_each_other(empty_url: str, folder: Path) -> None:
    (folder / "0002_find.sqlite.sql").write_text("CREATE TABLE only_sqlite (id {id}) {strict};")
    (folder / "0002_find.postgres.sql").write_text("CREATE TABLE only_postgres (id {id});")
    database = await Database.open(empty_url, schema_dir=folder)
    try:
        table = f"only_{database.engine}"
        assert await database.read(lambda tx: tx.all(f"SELECT * FROM {table}")) == []
    finally:
        await database.close()


async def test_triggers_hold_semicolons(empty_sqlite_url: str, folder: Path) -> None:
    (folder / "0002_trigger.sqlite.sql").write_text(
        """
        -- a comment; with a semicolon
        CREATE TABLE copy (n INTEGER DEFAULT (';')) ;
        CREATE TRIGGER t AFTER INSERT ON a BEGIN
          INSERT INTO copy VALUES (NEW.n); INSERT INTO copy VALUES (0);
        END;
        -- the end
        """
    )
    database = await Database.open(empty_sqlite_url, schema_dir=folder)
    try:
        await database.write(lambda tx: tx.run("INSERT INTO a (n) VALUES (7)"))
        rows = await database.read(lambda tx: tx.all("SELECT n FROM copy"))
        assert [row["n"] for row in rows] == [7, 0]
    finally:
        await database.close()


async def test_a_rebuilt_table_keeps_its_references_on_sqlite(
    empty_sqlite_url: str, folder: Path
) -> None:
    child = folder / "0002_child.sql"
    child.write_text(
        "CREATE TABLE child (a INTEGER REFERENCES a (id)) {strict};"
        "INSERT INTO a (id) VALUES (1); INSERT INTO child VALUES (1);"
    )
    await opened_and_closed(empty_sqlite_url, folder)
    rebuild = folder / "0003_rebuild.sql"
    rebuild.write_text("CREATE TABLE new_a (id {id}) {strict}; DROP TABLE a;")
    with pytest.raises(StoreError):
        await opened_and_closed(empty_sqlite_url, folder)
    rebuild.write_text(
        "CREATE TABLE new_a (id {id}) {strict}; INSERT INTO new_a SELECT id FROM a;"
        "DROP TABLE a; ALTER TABLE new_a RENAME TO a;"
    )
    assert len(await opened_and_closed(empty_sqlite_url, folder)) == 3


async def test_a_dangling_reference_is_refused_on_sqlite(
    empty_sqlite_url: str, folder: Path
) -> None:
    (folder / "0002_child.sql").write_text(
        "CREATE TABLE child (a INTEGER REFERENCES a (id)) {strict}; INSERT INTO child VALUES (9);"
    )
    with pytest.raises(SchemaRefused, match="1 rows point at nothing, the first in table 'child'"):
        await opened_and_closed(empty_sqlite_url, folder)


@pytest.mark.parametrize("name", ["2_x.sql", "0002-x.sql", "0002_X.sql", "0002_x.mysql.sql"])
def test_badly_named_files_are_refused(folder: Path, name: str) -> None:
    (folder / name).write_text("")
    with pytest.raises(SchemaRefused, match=r"NNNN_name\.sql"):
        steps(folder, "sqlite")


@pytest.mark.parametrize("names", [["0003_x"], ["0001_y"], ["0002_x", "0002_y.sqlite"]])
def test_gaps_and_doubles_are_refused(folder: Path, names: list[str]) -> None:
    for name in names:
        (folder / f"{name}.sql").write_text("")
    with pytest.raises(SchemaRefused, match="missing or there twice"):
        steps(folder, "sqlite")


def test_tokens() -> None:
    assert fill("x {int} '{}' {strict}", "sqlite") == "x INTEGER '{}' STRICT"
    assert fill("x {int} '{}' {strict}", "postgres") == "x BIGINT '{}' "
    assert TOKENS["sqlite"].keys() == TOKENS["postgres"].keys()
    with pytest.raises(SchemaRefused, match=r"\{text\}"):
        fill("x {text}", "sqlite")


def columns_of_sqlite(tx: Tx) -> set[tuple[str, str, bool]]:
    rows = tx.all(
        'SELECT t.name AS "table", c.name AS name, c."notnull" OR c.pk > 0 AS required'
        " FROM sqlite_schema t JOIN pragma_table_info(t.name) c"
        " WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite_%'"
    )
    return {(row["table"], row["name"], bool(row["required"])) for row in rows}


def columns_of_postgres(tx: Tx) -> set[tuple[str, str, bool]]:
    rows = tx.all(
        """
        SELECT table_name, column_name, is_nullable = 'NO' AS required
        FROM information_schema.columns WHERE table_schema = 'public'
        """
    )
    return {(row["table_name"], row["column_name"], row["required"]) for row in rows}


async def test_the_hub_has_the_same_tables_on_both_engines(
    sqlite_url: str, postgres_url: str
) -> None:
    found = []
    for url, look in ((sqlite_url, columns_of_sqlite), (postgres_url, columns_of_postgres)):
        database = await Database.open(url)
        try:
            found.append(await database.read(look))
        finally:
            await database.close()
    assert found[0] == found[1]
    assert ("event", "seq", True) in found[0]


async def test_every_sqlite_table_of_the_hub_is_strict(sqlite_url: str) -> None:
    database = await Database.open(sqlite_url)
    try:
        rows = await database.read(
            lambda tx: tx.all(
                "SELECT name FROM pragma_table_list"
                " WHERE type = 'table' AND NOT strict AND name NOT LIKE 'sqlite_%'"
            )
        )
    finally:
        await database.close()
    assert [row["name"] for row in rows] == []


def test_the_hubs_migrations_are_complete() -> None:
    assert [step.version for step in steps(SCHEMA, "sqlite")] == [
        step.version for step in steps(SCHEMA, "postgres")
    ]


async def test_several_new_migrations_are_one_step(empty_url: str, folder: Path) -> None:
    """The old program must still be able to open what a failed upgrade leaves."""
    await opened_and_closed(empty_url, folder)
    (folder / "0002_more.sql").write_text("CREATE TABLE b (id {id}) {strict};")
    (folder / "0003_broken.sql").write_text("CREATE TABLE b (id {id}) {strict};")
    with pytest.raises(StoreError):
        await opened_and_closed(empty_url, folder)
    (folder / "0003_broken.sql").unlink()
    (folder / "0002_more.sql").unlink()
    assert await opened_and_closed(empty_url, folder) == [(1, "first")]


async def test_sqlite_is_copied_aside_before_it_is_migrated(
    empty_sqlite_url: str, folder: Path
) -> None:
    await opened_and_closed(empty_sqlite_url, folder)
    path = Path(empty_sqlite_url.removeprefix("sqlite:///"))
    assert list(path.parent.glob("*.schema-*")) == []
    database = await Database.open(empty_sqlite_url, schema_dir=folder)
    await database.write(lambda tx: tx.run("INSERT INTO a (n) VALUES (7)"))
    await database.close()
    for number in (2, 3):
        (folder / f"000{number}_more.sql").write_text(f"ALTER TABLE a ADD COLUMN c{number} TEXT")
        await opened_and_closed(empty_sqlite_url, folder)
        copies = [one.name for one in path.parent.glob("*.schema-*")]
        assert copies == [f"{path.name}.schema-{number - 1:04d}"]
        (folder / f"000{number}_more.sql").rename(folder / "aside")
        before = f"sqlite:///{path.parent / copies[0]}"
        if number == 2:  # the program before this one opens the copy
            database = await Database.open(before, schema_dir=folder)
            rows = await database.read(lambda tx: tx.all("SELECT n FROM a"))
            await database.close()
            assert [row["n"] for row in rows] == [7]
        (folder / "aside").rename(folder / f"000{number}_more.sql")
