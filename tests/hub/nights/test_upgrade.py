"""A store of the program before this one: opened, brought up to date, and worked with."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from storage.backup import lite, snapshot
from storage.db import engine_of
from storage.migrate import SCHEMA, migrate, steps
from storage.tx import Tx
from tests.hub.nights.held import running
from tests.hub.running import CUSTOMER, message

BEFORE = 2
"""The newest schema version that had landed when this program's migrations were begun."""
RULES = '[{"id":"rest","when":{},"then":{"queue":"general"}}]'
ROWS: tuple[tuple[str, dict[str, object]], ...] = (
    ("channel", {"id": 1, "name": "loop", "kind": "loopback", "created_at": 1}),
    ("queue", {"id": 1, "name": "general", "created_at": 1}),
    ("rule_set", {"version": 1, "body": RULES, "published_by": "x", "published_at": 1}),
    ("contact", {"id": 5, "name": "Ann", "folded": "ann", "created_at": 1}),
    (
        "identity",
        {"id": 5, "uri": f"tel:{CUSTOMER}", "contact": 5, "source": "channel:loop", "created_at": 1},
    ),
    (
        "conversation",
        {"id": 7, "contact": 5, "identity": 5, "channel": 1, "status": "open", "queue": 1,
         "code": "12345675", "last_at": 1, "waiting_since": 1, "created_at": 1},
    ),
    (
        "work_item",
        {"id": 9, "conversation": 7, "channel": 1, "queue": 1, "mode": "pull", "state": "queued",
         "order_key": 1, "units": 15, "rule_version": 1, "entered_at": 1, "queued_at": 1},
    ),
    (
        "raw_request",
        {"id": 3, "channel": 1, "kind": "webhook", "key": "", "headers": "[]",
         "url": "https://x/in/loop", "received_at": 1},
    ),
    (
        "timeline_entry",
        {"id": 11, "contact": 5, "identity": 5, "conversation": 7, "kind": "message", "channel": 1,
         "direction": "in", "actor": "customer", "text": "old", "recorded_at": 1},
    ),
    (
        "raw_event",
        {"id": 4, "request": 3, "channel": 1, "kind": "message", "provider_id": "M1",
         "state": "stored", "entry": 11, "at": 1},
    ),
    ("ledger_count", {"channel": 1, "state": "stored", "n": 1}),
    ("audit", {"at": 1, "actor": "command", "action": "x", "subject": "y"}),
)  # fmt: skip


@contextmanager
def _written(url: str) -> Iterator[Tx]:
    writer = engine_of(url).writer()
    writer.start()
    writer.enter(None, wait=True)
    yield Tx(writer)
    writer.leave()
    writer.commit()
    writer.close()


def _old(url: str) -> None:
    with engine_of(url).migrating() as migration:
        assert migrate(migration, upto=BEFORE) == BEFORE
    with _written(url) as tx:
        for table, row in ROWS:
            marks = ", ".join(f":{name}" for name in row)
            tx.run(f"INSERT INTO {table} ({', '.join(row)}) VALUES ({marks})", **row)


async def test_a_store_of_the_program_before_is_taken_over(
    kinds: None, tmp_path: Path, empty_url: str
) -> None:
    _old(empty_url)
    async with running(tmp_path, empty_url) as hub:
        assert snapshot.look(empty_url).schema == len(steps(SCHEMA, hub.hub.db.engine))
        (matter,) = await hub.conversations()
        assert [entry.text for entry in await hub.entries(matter.id)] == ["old"]
        assert await hub.loop(message("again", id="M1")) == 200  # known since then
        assert await hub.loop(message("new", id="another")) == 200
        assert await hub.ledger() == {"stored": 2, "duplicate": 1}
        assert len(await hub.conversations()) == 1  # the same matter, and the same person
        assert (await hub.item(matter.id))["id"] == 9
    if empty_url.startswith("sqlite"):
        path = Path(empty_url.removeprefix("sqlite:///"))
        _can_go_back(path.with_name(f"{path.name}.schema-{BEFORE:04d}"))


def _can_go_back(copy: Path) -> None:
    """The copy is what the program before can open, as it was."""
    with closing(sqlite3.connect(copy)) as raw:
        assert lite.schema_of(raw) == BEFORE
        assert raw.execute("SELECT text FROM timeline_entry").fetchall() == [("old",)]
    assert not copy.with_name(copy.name + "-wal").exists()
