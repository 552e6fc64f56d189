"""What a conversation's row says after messages that change only its hour."""

from __future__ import annotations

import asyncio
from contextlib import suppress

from storage import conversations, last_moved, tracking_code
from storage.db import Database, Tx
from tests.storage.small import together


def begin(tx: Tx, count: int) -> list[int]:
    """So many matters of one person, seen at 10."""
    channel = tx.insert(
        "INSERT INTO channel (name, kind, settings, created_at) VALUES ('c', 'loop', '{}', 1)"
    )
    contact = tx.insert("INSERT INTO contact (name, folded, created_at) VALUES ('', '', 1)")
    identity = tx.insert(
        "INSERT INTO identity (uri, contact, source, verified, created_at) "
        "VALUES ('tel:+12025550123', :c, 'test', FALSE, 1)", c=contact,
    )  # fmt: skip
    return [
        conversations.create(
            tx, contact=contact, identity=identity, channel=channel, status="open", subject="",
            queue=None, priority=0, waiting_since=1, follows=None, code=tracking_code.new(), now=10,
        )
        for _ in range(count)
    ]  # fmt: skip


def hours(tx: Tx) -> dict[int, int]:
    """Conversation -> when something was filed in it last."""
    return {row["id"]: row["last_at"] for row in tx.all("SELECT id, last_at FROM conversation")}


async def test_the_last_hour_of_a_group_stands(db: Database) -> None:
    one, two, three = await db.write(begin, 3)

    def seen(tx: Tx, *given: tuple[int, int], fail: bool = False) -> None:
        for id, at in given:
            last_moved.note(tx, id, now=at)
        if fail:
            raise ValueError

    async def at(*given: tuple[int, int], fail: bool = False) -> None:
        with suppress(ValueError):
            await db.write(seen, *given, fail=fail)

    await asyncio.gather(
        at((one, 20), (two, 30)), at((two, 25)), at((one, 99), fail=True), at((one, 40), (999, 50)),
    )  # fmt: skip
    found = await db.read(hours)
    assert found == {one: 40, two: 30, three: 10}


async def test_what_a_savepoint_takes_back_is_not_seen(db: Database) -> None:
    one, two = await db.write(begin, 2)

    def inner(tx: Tx) -> None:
        last_moved.note(tx, one, now=20)
        with suppress(ValueError), tx.savepoint():
            last_moved.note(tx, two, now=20)
            raise ValueError

    await together(db, (inner,))
    assert await db.read(hours) == {one: 20, two: 10}
