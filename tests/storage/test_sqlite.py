"""What only SQLite does: a full disk ends the whole transaction, a locked file is waited for."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing, suppress
from pathlib import Path

import pytest

from storage import sqlite
from storage.db import Database, SchemaRefused, StoreUnavailable, Tx
from tests.storage.small import Open, insert, logged, names, together

BIG = bytes(3_000_000)


def limit_pages(tx: Tx, more: int) -> None:
    """Let the file grow by so many pages only."""
    used = tx.value("PRAGMA page_count")
    tx.value(f"PRAGMA max_page_count = {used + more}")


def fill_disk(tx: Tx, name: str) -> None:
    tx.run("INSERT INTO item (name, body) VALUES (:name, :body)", name=name, body=BIG)


async def test_a_full_disk_in_mid_group_fails_the_guilty_one_only(lite: Database) -> None:
    await lite.write(limit_pages, 100)
    results = await together(lite, (insert, "a"), (insert, "b"), (fill_disk, "c"), (insert, "d"))
    assert [type(result) for result in results] == [int, int, StoreUnavailable, int]
    assert await lite.read(names) == ["a", "b", "d"]
    assert await lite.read(logged) == ["a", "b", "d"]
    assert lite.stats.alone >= 4, "SQLite should have rolled the whole group back"
    await lite.write(limit_pages, 10_000)
    await lite.write(fill_disk, "c")
    assert await lite.read(names) == ["a", "b", "d", "c"]


async def test_a_swallowed_full_disk_does_not_go_on_in_autocommit(lite: Database) -> None:
    def stubborn(tx: Tx) -> str:
        with suppress(StoreUnavailable), tx.savepoint():
            fill_disk(tx, "c")
        with suppress(StoreUnavailable):
            insert(tx, "after")
        return "all well"

    await lite.write(limit_pages, 100)
    results = await together(lite, (insert, "a"), (stubborn,), (insert, "b"))
    assert [type(result) for result in results] == [int, StoreUnavailable, int]
    assert await lite.read(names) == ["a", "b"]


async def test_a_locked_file_is_unavailable_and_comes_back(
    opened: Open, empty_sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sqlite, "BUSY_SECONDS", 0.05)
    store = await opened(empty_sqlite_url)
    with closing(sqlite3.connect(path_of(empty_sqlite_url), isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        calls = [store.submit(insert, name) for name in "abc"]
        results = await asyncio.gather(*calls, return_exceptions=True)
        assert {type(result) for result in results} == {StoreUnavailable}
        assert await store.read(names) == []
        other.execute("ROLLBACK")
    assert await store.write(insert, "d") == 1


async def test_two_programs_take_turns(opened: Open, empty_sqlite_url: str) -> None:
    one, two = await opened(empty_sqlite_url), await opened(empty_sqlite_url)

    async def fill(store: Database, prefix: str) -> None:
        for i in range(100):
            await store.write(insert, f"{prefix}{i}")

    await asyncio.gather(fill(one, "a"), fill(two, "b"))
    assert len(await one.read(names)) == 200


async def test_every_commit_is_on_disk(lite: Database, empty_sqlite_url: str) -> None:
    def settings(tx: Tx) -> list[object]:
        return [
            tx.value(f"PRAGMA {name}") for name in ("journal_mode", "synchronous", "foreign_keys")
        ]

    assert await lite.write(settings) == ["wal", 2, 1]
    assert path_of(empty_sqlite_url).stat().st_mode & 0o077 == 0


async def test_a_place_that_cannot_be_used_is_unavailable(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("not a database " * 100)
    for place in ("file", "file/hub.db"):
        with pytest.raises(StoreUnavailable):
            await Database.open(f"sqlite:///{tmp_path / place}")


def test_an_old_sqlite_is_refused_in_one_line() -> None:
    with pytest.raises(SchemaRefused, match=r"SQLite 3\.38 or newer .* 3\.37\.2$"):
        sqlite.check_version((3, 37, 2))
    sqlite.check_version((3, 38, 0))


def path_of(url: str) -> Path:
    """The file of a SQLite URL."""
    return Path(url.removeprefix("sqlite:///"))
