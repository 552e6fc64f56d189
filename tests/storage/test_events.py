"""The event log: in the order of appending, every field as it was."""

from __future__ import annotations

from collections.abc import Sequence

from storage import events
from storage.db import Database, Named, Tx


def three(tx: Tx) -> None:
    events.append(tx, "entry.added", 2**60, now=2**61, conversation=1, contact=2, word="é\"'\\ ۵")
    events.append(tx, "queue.changed", 3, now=4, queue=5)
    events.append(tx, "agent.changed", 6, now=7, agent=8, list=[1, None, {"a": True}])


async def test_events_come_back_as_they_were_appended(db: Database) -> None:
    heard: list[int] = []
    known: list[Named] = []

    def listen(seq: int, logged: Sequence[Named]) -> None:
        heard.append(seq)
        known.extend(logged)

    db.on_commit(listen)
    await db.write(three)
    rows = await db.read(events.since, 0)
    assert [dict(row) | {"seq": 0} for row in rows] == [
        row("entry.added", 2**60, 2**61, conversation=1, contact=2, data='{"word":"é\\"\'\\\\ ۵"}'),
        row("queue.changed", 3, 4, queue=5),
        row("agent.changed", 6, 7, agent=8, data='{"list":[1,null,{"a":true}]}'),
    ]
    seqs = [row["seq"] for row in rows]
    assert seqs == sorted(seqs)
    assert heard == [seqs[-1]]
    assert known == ([dict(row) for row in rows] if db.engine == "sqlite" else [])


async def test_a_group_keeps_the_order_of_its_functions(db: Database) -> None:
    def one(tx: Tx, number: int) -> None:
        events.append(tx, "entry.added", number, now=number)

    for future in [db.submit(one, number) for number in range(500)]:
        await future
    rows = await db.read(events.since, 0)
    assert [row["subject"] for row in rows] == list(range(500))


def row(kind: str, subject: int, at: int, **fields: object) -> dict[str, object]:
    """An event's row."""
    empty = dict.fromkeys(("conversation", "contact", "queue", "agent"))
    return {"seq": 0, "kind": kind, "subject": subject, "at": at, "data": "{}", **empty, **fields}
