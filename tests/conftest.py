"""Fixtures for all tests: the store, on both engines."""

from __future__ import annotations

import os
import shutil
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from storage import events
from storage.db import Database
from storage.migrate import SCHEMA, migrate
from storage.sqlite import SqliteEngine

REQUIRED = os.environ.get("HUB_TEST_REQUIRE", "").split(",")


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated, empty SQLite store to copy."""
    path = tmp_path_factory.mktemp("store") / "template.db"
    with SqliteEngine(path).migrating() as migration:
        migrate(migration, SCHEMA)
    return path


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    """A fresh SQLite store with the hub's schema."""
    path = tmp_path / "hub.db"
    shutil.copyfile(sqlite_template, path)
    return f"sqlite:///{path}"


@pytest.fixture(params=["sqlite"])
def db_url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh store with the hub's schema, on each engine in turn."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
async def db(db_url: str) -> AsyncIterator[Database]:
    """A fresh store with the hub's schema and event log, on each engine in turn."""
    database = await Database.open(db_url, finishers=[events.flush])
    try:
        yield database
    finally:
        await database.close()
