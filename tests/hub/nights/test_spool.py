"""Requests that come while the store cannot be written: acknowledged, and filed once, later."""

from __future__ import annotations

import asyncio
import json
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import psycopg.sql
import pytest

from hub import intake
from hub import spool as spooling
from storage.errors import StoreUnavailable
from tests.fakes import twilio as fake_twilio
from tests.hub.nights.held import CONFIG, running
from tests.hub.nights.process import Process
from tests.hub.running import Running, message
from tests.storage.small import Gate


@asynccontextmanager
async def unwritable(hub: Running) -> AsyncIterator[None]:
    """The engine refuses whatever the writer wants to change: as a standby does after a fail-over."""
    database = hub.hub.settings.database
    if hub.hub.db.engine == "postgres":
        _read_only(database, "SET default_transaction_read_only = on")
        yield
        _read_only(database, "RESET default_transaction_read_only")
        return
    writer: Any = hub.hub.db._writer._connection
    writer._raw.execute("PRAGMA query_only=ON")
    yield
    writer._raw.execute("PRAGMA query_only=OFF")


def _read_only(url: str, words: str) -> None:
    """Change the database, and end the sessions that do not know it yet."""
    options = "-c default_transaction_read_only=off"
    with psycopg.connect(url, autocommit=True, options=options) as admin:
        name = psycopg.sql.Identifier(urlsplit(url).path.lstrip("/"))
        admin.execute(psycopg.sql.SQL("ALTER DATABASE {} ").format(name) + psycopg.sql.SQL(words))
        admin.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )


def files(hub: Running) -> list[Path]:
    """What waits."""
    folder = hub.hub.settings.data / spooling.FOLDER
    return sorted(folder.iterdir()) if folder.is_dir() else []


async def filed(hub: Running) -> bool:
    """Nothing waits any more."""
    return hub.hub.spool.waiting == 0


async def test_what_comes_while_nothing_can_be_written_is_filed_once_it_can(
    kinds: None, tmp_path: Path, db_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spooling, "RETRY", 0.02)
    async with running(tmp_path, db_url, CONFIG) as hub:
        hub.provider().mistakes.add("bad")
        async with unwritable(hub):
            came = hub.hub.clock()
            assert await hub.loop(message("first", id="M1")) == 200
            assert await hub.loop(message("first", id="M1")) == 200  # the provider is not sure
            assert await hub.loop(message("unread", id="bad")) == 200
            assert len(files(hub)) == hub.hub.spool.waiting == 3
            assert all(file.stat().st_mode & 0o777 == 0o600 for file in files(hub))
            assert await hub.ledger() == {}
        await hub.until(lambda: filed(hub))
        assert files(hub) == []
        assert await hub.ledger() == {"stored": 1, "duplicate": 1, "failed": 1}
        entry = (await hub.rows("SELECT * FROM timeline_entry WHERE kind = 'message'"))[0]
        assert (
            came <= entry["recorded_at"] < came + 5_000_000
        )  # when it came, not when it was filed
        assert (await hub.item((await hub.conversation()).id))["state"] == "queued"
        signed = await hub.rows("SELECT DISTINCT signature FROM raw_request")
        assert [row["signature"] for row in signed] == ["ok"]  # checked when it came


async def test_what_comes_while_the_store_hangs_is_acknowledged_in_time(
    kinds: None, tmp_path: Path, db_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spooling, "RETRY", 0.02)
    monkeypatch.setattr(intake, "FILING_SECONDS", 0.05)
    async with running(tmp_path, db_url, CONFIG) as hub:
        gate = Gate()
        held = asyncio.create_task(hub.hub.db.write(gate))
        await asyncio.to_thread(gate.wait)
        assert await hub.loop(message("hello", id="M1")) == 200
        assert len(files(hub)) == 1
        gate.open()
        await held
        await hub.until(lambda: filed(hub))
        assert files(hub) == []
        assert await hub.ledger() == {"stored": 1, "duplicate": 1}  # the store took it after all


async def test_one_that_may_not_be_durable_is_not_acknowledged_and_filed_all_the_same(
    kinds: None, tmp_path: Path, db_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spooling, "RETRY", 0.02)
    async with running(tmp_path, db_url, CONFIG) as hub:
        async with unwritable(hub):
            with monkeypatch.context() as patch:
                patch.setattr(spooling, "sync", _fails)
                assert await hub.loop(message("hello", id="M1")) == 503
            assert len(files(hub)) == hub.hub.spool.waiting == 1
            assert await hub.loop(message("hello", id="M1")) == 200  # the provider tries again
        await hub.until(lambda: filed(hub))
        assert files(hub) == []
        assert await hub.ledger() == {"stored": 1, "duplicate": 1}


def _fails(_folder: Path) -> None:
    raise OSError(5, "Input/output error")


async def test_a_crash_at_any_point_files_it_once(
    kinds: None, tmp_path: Path, db_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spooling, "RETRY", 0.02)
    with monkeypatch.context() as patch:
        patch.setattr(spooling.Spool, "_file", _never)  # the process dies before it files one
        async with running(tmp_path, db_url, CONFIG) as hub:
            async with unwritable(hub):
                for number in range(3):
                    assert await hub.loop(message(f"text {number}", id=f"M{number}")) == 200
            kept = [(file.name, file.read_bytes()) for file in files(hub)]
            (files(hub)[0].parent / "0-torn.new").write_bytes(kept[0][1][:20])  # not acknowledged
    assert len(kept) == 3

    with monkeypatch.context() as patch:
        patch.setattr(spooling, "_remove", _dies)  # filed, and the file is still there
        async with running(tmp_path, db_url) as hub:
            await hub.until(lambda: _stored(hub, 1))
            assert [file.name for file in files(hub)] == [name for name, _ in kept]

    async with running(tmp_path, db_url) as hub:
        await hub.until(lambda: filed(hub))
        assert await hub.ledger() == {"stored": 3}
        assert files(hub) == []
        texts = [
            row["text"] for row in await hub.rows("SELECT text FROM timeline_entry ORDER BY id")
        ]
        assert texts == ["text 0", "text 1", "text 2"]


async def test_one_that_cannot_be_read_holds_up_none_of_the_others(
    kinds: None, tmp_path: Path, db_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(spooling, "RETRY", 0.02)
    odd = tmp_path / "data" / spooling.FOLDER / f"{0:016x}-{0:016x}"
    async with running(tmp_path, db_url, CONFIG) as hub:
        async with unwritable(hub):
            assert await hub.loop(message("hello")) == 200
            odd.mkdir()
            hub.hub.spool._sizes[odd.name] = 1  # it comes first
        await hub.until(lambda: _is_stored(hub))
        await hub.until(lambda: _only(hub, odd))  # it goes once it is stored


async def _is_stored(hub: Running) -> bool:
    return await hub.ledger() == {"stored": 1}


async def _only(hub: Running, path: Path) -> bool:
    return files(hub) == [path]


async def _never(_spool: spooling.Spool, _name: str) -> None:
    raise StoreUnavailable("not any more")


def _dies(_path: Path) -> None:
    raise MemoryError("the process dies between the commit and the removal")


async def _stored(hub: Running, n: int) -> bool:
    return (await hub.ledger()).get("stored", 0) >= n


async def test_a_damaged_file_stays_beside_and_holds_up_nobody(
    kinds: None, tmp_path: Path, db_url: str
) -> None:
    folder = tmp_path / "data" / spooling.FOLDER
    folder.mkdir(parents=True)
    name = "0000000000000001-00000000000000ff"
    (folder / name).write_bytes(b'{"channel":1}\nnothing')
    async with running(tmp_path, db_url, CONFIG) as hub:
        await hub.until(lambda: filed(hub))
        assert [file.name for file in files(hub)] == [f"{name}.damaged"]
        found = {one["name"]: one["state"] for one in (await hub.office.run("doctor"))["items"]}
        assert found["spool"] == "bad"
        assert await hub.loop(message("hello")) == 200
        assert await hub.ledger() == {"stored": 1}


async def test_a_hub_killed_with_a_full_spool_files_it_at_its_next_start(tmp_path: Path) -> None:
    async with Process.started(tmp_path) as hub, aiohttp.ClientSession() as http:
        url = f"{hub.base}/in/sms"
        path = tmp_path / "data" / "hub.db"
        with closing(sqlite3.connect(path, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")  # somebody has the database

            async def post(text: str) -> int:
                fields = fake_twilio.sms(text, sender="+12025550177")
                headers, body = fake_twilio.signed(url, fields)
                async with http.post(url, data=body, headers=headers) as answer:
                    return answer.status

            assert set(await asyncio.gather(*(post(f"text {n}") for n in range(5)))) == {200}
            await hub.kill()
            other.execute("ROLLBACK")
        assert len(list((tmp_path / "data" / "spool").iterdir())) == 5
        await hub.start()
        await hub.until(lambda: not any((tmp_path / "data" / "spool").iterdir()))
        token = (await hub.command("token", "create")).strip()
        headers = {"Authorization": f"Bearer {token}"}
        async with http.get(f"{hub.base}/api/v1/ledger", headers=headers) as answer:
            counts = json.loads(await answer.text())
        assert {state: n for state, n in counts.items() if n} == {"stored": 5}
        with suppress(ProcessLookupError):
            await hub.kill()
