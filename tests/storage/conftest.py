"""A small store of its own for the tests of the writer."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from storage.db import Database
from tests.storage.small import TABLES, Open, flush


@pytest.fixture
def tables(tmp_path: Path) -> Path:
    """A folder with one migration."""
    folder = tmp_path / "schema"
    folder.mkdir()
    (folder / "0001_small.sql").write_text(TABLES)
    return folder


@pytest.fixture
async def opened(tables: Path) -> AsyncIterator[Open]:
    """Opens small stores and closes them after the test."""
    async with AsyncExitStack() as stack:

        async def open_(url: str, **options: object) -> Database:
            options.setdefault("finishers", [flush])
            database = await Database.open(url, schema_dir=tables, **options)
            stack.push_async_callback(database.close)
            return database

        yield open_


@pytest.fixture
async def store(opened: Open, empty_url: str) -> Database:
    """A small store, on each engine in turn."""
    return await opened(empty_url)


@pytest.fixture
async def lite(opened: Open, empty_sqlite_url: str) -> Database:
    """A small SQLite store."""
    return await opened(empty_sqlite_url)


@pytest.fixture
async def post(opened: Open, empty_postgres_url: str) -> Database:
    """A small PostgreSQL store."""
    return await opened(empty_postgres_url)
