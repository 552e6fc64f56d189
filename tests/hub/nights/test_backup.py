"""A backup of a running hub, restored into an empty store of either engine: everything is there."""

from __future__ import annotations

import asyncio
import sqlite3
import tarfile
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from hub.nights import backup, restore
from hub.nights.backup import BackupFailed
from hub.nights.restore import RestoreRefused
from hub.settings import Settings
from storage import ledger_counts
from storage.backup import archive
from storage.db import Database
from storage.migrate import migrate
from storage.sqlite import SqliteEngine
from tests.hub.nights.held import CONFIG, running
from tests.hub.nights.process import Process
from tests.hub.office import settings_for
from tests.hub.running import Running, message

BIG = "0123456789" * 20_000  # a body over 64 KB is a blob
KEPT = ("setting", "audit", "schema_version", "channel", "agent", "routing_lease", "sign_in_link")
"""Tables that a restore, or a start, writes to."""


@pytest.fixture
def backup_file(tmp_path: Path) -> Path:
    return tmp_path / "night.tar"


async def _busy(hub: Running) -> None:
    """Some messages (one of them large), an answer, a failure, a duplicate, a rejection."""
    hub.provider().mistakes.add("bad")
    await hub.loop(message("hello", id="M1"))
    await hub.loop(message("hello", id="M1"))
    await hub.loop(message(BIG, id="M2", sender="tel:+12025550111"))
    await hub.loop(message("unread", id="bad"))
    await hub.post("loop", b"[]", {})  # not signed
    await hub.reply((await hub.conversations())[0].id, "سلام، an answer")


async def _tables(url: str) -> dict[str, list[tuple[Any, ...]]]:
    """Every row of every table, whatever the engine."""
    database = await Database.open(url)
    try:
        return await database.read(_rows)
    finally:
        await database.close()


def _rows(tx: Any) -> dict[str, list[tuple[Any, ...]]]:
    if tx.engine == "sqlite":
        names = "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    else:
        names = "SELECT tablename AS name FROM pg_tables WHERE schemaname = 'public'"
    found = {}
    for name in sorted(row["name"] for row in tx.all(names)):
        rows = [dict(row) for row in tx.all(f"SELECT * FROM {name}")]
        found[name] = sorted(tuple((key, _plain(row[key])) for key in sorted(row)) for row in rows)
    return found


def _plain(value: Any) -> str:
    return repr(int(value) if isinstance(value, bool) else value)


def _held_to_rows(tx: Any) -> None:
    """The ledger closes: each count is the number of its rows, and every event has a request."""
    for state, n in ledger_counts.counts(tx).items():
        assert n == tx.value("SELECT COUNT(*) FROM raw_event WHERE state = :s", s=state), state
    assert not tx.all(
        "SELECT 1 FROM raw_event e LEFT JOIN raw_request r ON r.id = e.request WHERE r.id IS NULL"
    )


def _made_of(store: Path) -> set[tuple[str, ...]]:
    """Tables, indexes and triggers."""
    with closing(sqlite3.connect(store)) as raw:
        return set(raw.execute("SELECT type, name, sql FROM sqlite_schema"))


def _fresh(path: Path) -> Path:
    with SqliteEngine(path).migrating() as migration:
        migrate(migration)
    return path


def _inside(path: Path) -> tuple[int, list[str]]:
    with tarfile.open(path) as tar:
        return path.stat().st_mode & 0o777, tar.getnames()


@pytest.mark.parametrize("target", ["sqlite", "postgres"])
async def test_a_store_goes_through_a_file_into_either_engine(
    kinds: None,
    tmp_path: Path,
    db_url: str,
    target: str,
    backup_file: Path,
    request: pytest.FixtureRequest,
) -> None:
    async with running(tmp_path, db_url, CONFIG, hold=True) as hub:
        await _busy(hub)
        await hub.office.run("user-link", email="one@acme.example")
        settings = hub.hub.settings
        made = await asyncio.to_thread(backup.make, settings, backup_file, with_key=True)
        assert await hub.value("SELECT COUNT(*) FROM audit WHERE action = 'backup.made'") == 1
        before = await hub.ledger()
    assert made.warnings == ()
    mode, names = _inside(backup_file)
    assert mode == 0o600
    assert names[0] == "about.json"
    assert names[-1] == "manifest.json"
    assert sum(name.startswith("blobs/") for name in names) == made.manifest.blobs == 1

    url = request.getfixturevalue(f"empty_{target}_url")
    there = settings_for(tmp_path / "there", url)
    done = await asyncio.to_thread(restore.fill, there, backup_file)
    assert {state: n for state, n in done.ledger.items() if n} == before
    one, other = await _tables(db_url), await _tables(url)
    assert one.keys() == other.keys()
    for name in one.keys() - set(KEPT):
        assert other[name] == one[name], name
    if target == "sqlite":
        assert _made_of(tmp_path / "empty.db") == _made_of(_fresh(tmp_path / "fresh.db"))
    async with running(tmp_path / "there", url) as hub:
        assert hub.hub.hold.on
        assert hub.hub.hold.held is not None
        assert hub.hub.hold.held.made_at == made.manifest.about.made_at
        await hub.read(_held_to_rows)
        assert await hub.value("SELECT COUNT(*) FROM sign_in_link") == 0
        assert await hub.loop(message(BIG, id="M2", sender="tel:+12025550111")) == 200  # known
        assert await hub.loop(message("new", id="M3")) == 200  # numbered on
        assert await hub.ledger() == before | {"stored": 3, "duplicate": 2}
        blob = await hub.value("SELECT sha256 FROM blob")
        assert len(await hub.hub.blobs.read(blob)) > len(BIG)
        await hub.read(_held_to_rows)


async def test_what_cannot_be_restored_touches_nothing(
    kinds: None, tmp_path: Path, db_url: str, backup_file: Path, empty_sqlite_url: str
) -> None:
    async with running(tmp_path, db_url, CONFIG) as hub:
        await _busy(hub)
        await asyncio.to_thread(backup.make, hub.hub.settings, backup_file, with_key=False)
        with pytest.raises(RestoreRefused, match=r"in use by .*stop it first"):
            restore.fill(hub.hub.settings, backup_file)
        with pytest.raises(BackupFailed, match="exists already"):
            backup.make(hub.hub.settings, backup_file, with_key=False)
        other = tmp_path / "other.tar"
        (tmp_path / "other.tar.part").write_bytes(b"of one that was killed" * 100_000)
        with archive.Writer(other), pytest.raises(BackupFailed, match="by another backup"):
            await asyncio.to_thread(backup.make, hub.hub.settings, other, with_key=False)
        await asyncio.to_thread(backup.make, hub.hub.settings, other, with_key=False)
        assert _inside(other) == _inside(backup_file)
        made = "SELECT COUNT(*) FROM audit WHERE action = 'backup.made'"
        assert await hub.value(made) == 2  # of none that was refused
    with pytest.raises(RestoreRefused, match="there is a store already"):
        restore.fill(settings_for(tmp_path, db_url), backup_file)
    there = settings_for(tmp_path / "there", empty_sqlite_url)
    for content, words in _spoiled(backup_file):
        bad = tmp_path / "bad.tar"
        bad.write_bytes(content)
        with pytest.raises(RestoreRefused, match=words):
            restore.fill(there, bad)
        assert sorted(path.name for path in there.data.iterdir()) == ["hub.lock"], words
        assert not _there(empty_sqlite_url)
    (there.data / "key").write_text("k" * 40)
    with pytest.raises(RestoreRefused, match="not the one that this store was made with"):
        restore.fill(there, backup_file)
    (there.data / "key").unlink()
    assert "the key is not in the backup" in restore.fill(there, backup_file).warnings[0]


def _path(url: str) -> Path:
    return Path(url.removeprefix("sqlite:///"))


def _there(url: str) -> bool:
    return _exists(_path(url))


def _exists(path: Path) -> bool:
    return path.exists()


def _content(path: Path) -> bytes:
    return path.read_bytes()


def _later(path: Path) -> bytes:
    """What a program of the future leaves."""
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("INSERT INTO schema_version VALUES (99, 'later', 1)")
        raw.commit()
    return path.read_bytes()


def _spoiled(path: Path) -> list[tuple[bytes, str]]:
    """Files that are no whole backup, and what is said of them."""
    whole = path.read_bytes()
    blob = whole.index(b"blobs/")  # where a member begins
    half = bytearray(whole)
    half[blob + 512 + 1000] ^= 1
    page = bytearray(whole)
    page[whole.index(b"SQLite format 3") + 5000] ^= 1
    end = whole.index(b"manifest.json") - blob  # in whole records
    return [
        (whole[: blob + end] + whole[blob:], "twice"),
        (b"", "no backup|cut off"),
        (b"hello" * 1000, "no backup"),
        (whole[:700], "cut off|no backup"),
        (whole[: len(whole) // 2], "cut off"),
        (whole[: blob + 600], "cut off"),
        (whole[: whole.rindex(b"manifest.json")], "cut off|no manifest"),
        (bytes(half), "damaged"),
        (bytes(page), "damaged"),
        (whole.replace(b'"format":1', b'"format":9', 1), "formats up to 1"),
        (whole.replace(b'"schema":3', b'"schema":9', 1), "schema version 9, this program knows"),
    ]


async def test_a_restored_store_of_a_newer_program_is_refused_and_left_alone(
    tmp_path: Path, sqlite_url: str, backup_file: Path
) -> None:
    before = _later(_path(sqlite_url))
    with pytest.raises(BackupFailed, match="schema version 99, this program knows"):
        backup.make(settings_for(tmp_path, sqlite_url), backup_file, with_key=False)
    assert _content(_path(sqlite_url)) == before
    hub = Process(tmp_path, HUB_DATABASE=sqlite_url)
    code, _, err = await hub.typed("serve")
    assert (code, err.count("\n")) == (1, 1)
    assert "start the newer program that wrote it" in err


async def test_missing_and_damaged_files_are_named_and_do_not_stop_a_backup(
    kinds: None, tmp_path: Path, db_url: str, backup_file: Path, empty_sqlite_url: str
) -> None:
    async with running(tmp_path, db_url, CONFIG) as hub:
        for number in range(3):
            await hub.loop(message(f"{number}{BIG}", id=f"M{number}"))
        blobs = sorted((hub.hub.settings.data / "blobs").glob("??/*"))
        blobs[0].unlink()
        blobs[1].write_bytes(b"rot")
        made = await asyncio.to_thread(backup.make, hub.hub.settings, backup_file, with_key=True)
    assert made.manifest.missing_named == [blobs[0].name, blobs[1].name]
    assert "2 files are missing or damaged" in made.warnings[0]
    done = restore.fill(settings_for(tmp_path / "there", empty_sqlite_url), backup_file)
    assert done.manifest.blobs == 1
    assert "2 files were missing" in done.warnings[0]


async def test_killed_in_the_middle_neither_leaves_half_a_backup_nor_half_a_store(
    tmp_path: Path, sqlite_url: str, backup_file: Path
) -> None:
    """``kill -9`` at every place where something is about to be put where others look for it."""
    hub = Process(tmp_path, HUB_DATABASE=sqlite_url)
    await hub.command("token", "create")
    code, _, _ = await _dying(hub, "os.link", "backup", str(backup_file))
    assert code == -9
    assert not _exists(backup_file)
    others = tmp_path / "film.part"
    others.write_bytes(b"not ours")
    code, _, _ = await _dying(hub, "storage.backup.lite.rows_of", "backup", str(backup_file) + "2")
    assert code == -9
    assert _left(tmp_path) == {"night.tar2.part", "night.tar2.store", "film.part"}
    await hub.command("backup", str(backup_file), "--with-key")
    assert _left(tmp_path) == {"film.part"}
    there = Process(tmp_path / "there")
    for place in ("hub.nights.restore._place", "hub.nights.restore.write_texts", "shutil.move"):
        code, _, _ = await _dying(there, place, "restore", str(backup_file))
        assert code == -9
        assert not (tmp_path / "there" / "data" / "hub.db").exists()
    out = await there.command("restore", str(backup_file))
    assert "on hold" in out
    assert not (tmp_path / "there" / "data" / restore.UNPACKED).exists()
    assert "on hold since" in await there.command("release", "--list")
    assert "released" in await there.command("release")
    assert (await there.typed("release"))[0] == 1


def _left(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir() if path.suffix in (".part", ".store")}


async def _dying(hub: Process, place: str, *words: str) -> tuple[int, str, str]:
    """A command that is killed where it is about to call ``place``."""
    module, _, name = place.rpartition(".")
    code = (
        f"import os, sys, signal, {module.split('.')[0]}, importlib\n"
        f"setattr(importlib.import_module({module!r}), {name!r},"
        " lambda *a, **k: os.kill(os.getpid(), signal.SIGKILL))\n"
        "from hub.__main__ import main\n"
        f"sys.exit(main({list(words)!r}))"
    )
    return await hub.typed(code, python=("-c",))


def test_no_settings_are_needed_to_read_a_backup(tmp_path: Path) -> None:
    """An unknown file is refused before anything is made in HUB_DATA but its lock."""
    there: Settings = settings_for(tmp_path)
    with pytest.raises(RestoreRefused, match="No such file"):
        restore.fill(there, tmp_path / "none.tar")
    assert not there.data.exists()


async def test_a_backup_in_the_middle_of_traffic_closes(
    kinds: None, tmp_path: Path, db_url: str, backup_file: Path, empty_sqlite_url: str
) -> None:
    """All that was acknowledged before it began is in it, and no half of anything."""
    acknowledged = 0
    made = asyncio.Event()

    async def customer(hub: Running, number: int) -> None:
        nonlocal acknowledged
        for n in range(1_000_000):
            if made.is_set():
                return
            body = BIG if n % 20 == 7 else "hello"
            sent = message(f"{number}/{n} {body}", sender=f"tel:+120255501{number:02}")
            assert await hub.loop(sent) == 200
            acknowledged += 1

    async with running(tmp_path, db_url, CONFIG) as hub:
        traffic = [asyncio.create_task(customer(hub, number)) for number in range(8)]
        while acknowledged < 100:  # noqa: ASYNC110 - others count
            await asyncio.sleep(0.01)
        before = acknowledged
        await asyncio.to_thread(backup.make, hub.hub.settings, backup_file, with_key=True)
        after = acknowledged + len(traffic)  # committed, and perhaps not answered yet
        made.set()
        await asyncio.gather(*traffic)
    done = restore.fill(settings_for(tmp_path / "there", empty_sqlite_url), backup_file)
    assert before <= done.ledger["stored"] == sum(done.ledger.values()) <= after
    assert done.manifest.tables["timeline_entry"] >= done.ledger["stored"]
    assert done.warnings == ()
    database = await Database.open(empty_sqlite_url)
    try:
        await database.read(_held_to_rows)
        entries = "SELECT COUNT(*) FROM timeline_entry WHERE kind = 'message'"
        assert await database.read(lambda tx: tx.value(entries)) == done.ledger["stored"]
    finally:
        await database.close()
