"""What no person writes, in the tables: wanted once, settled once, counted by a day."""

from __future__ import annotations

from typing import Any

import pytest

from storage import automatic, templates, timeline
from storage.db import Database, Tx
from storage.timeline import Entry
from tests.storage.desk import Desk

DAY = 86_400_000_000


@pytest.fixture
async def talk(db: Database) -> dict[str, int]:
    """A conversation with one message of its customer."""
    desk = await Desk.made(db)

    def make(tx: Tx) -> dict[str, int]:
        conversation = desk.conversation(tx, desk.queues["sales"], 1)
        row = tx.one("SELECT contact, identity FROM conversation WHERE id = :c", c=conversation)
        assert row is not None
        entry = timeline.append(
            tx,
            Entry(
                contact=row["contact"],
                identity=row["identity"],
                conversation=conversation,
                kind="message",
                direction="in",
                actor="customer",
                text="hello",
            ),
            now=1,
        )
        return {"conversation": conversation, "identity": row["identity"], "answers": entry}

    found: dict[str, int] = await db.write(make)
    return found


async def _want(db: Database, talk: dict[str, int], template: str = "ack", **more: Any) -> Any:
    given = {"cause": "rule", "now": 5, **talk, **more}
    return await db.write(automatic.want, template=template, **given)


async def test_the_same_is_wanted_once(db: Database, talk: dict[str, int]) -> None:
    first = await _want(db, talk)
    assert await _want(db, talk) is None
    assert await db.read(automatic.wanted, 10) == [first]


async def test_what_is_settled_is_no_longer_wanted_and_stays_as_it_is(
    db: Database, talk: dict[str, int]
) -> None:
    first = await _want(db, talk)
    second = await _want(db, talk, "other")
    await db.write(automatic.sent, first, entry=77, address="mailto:a@b.example", now=9)
    await db.write(automatic.refuse, second, "opted_out", now=9)
    assert await db.read(automatic.wanted, 10) == []
    await db.write(automatic.refuse, first, "late", now=10)
    rows = await db.read(automatic.listed, talk["conversation"])
    assert [(row["state"], row["entry"], row["refused"]) for row in rows] == [
        ("refused", None, "opted_out"),
        ("sent", 77, ""),
    ]


async def test_one_is_begun_until_it_is_settled(db: Database, talk: dict[str, int]) -> None:
    id = await _want(db, talk)
    for now in (6, 7):  # a transaction that broke off leaves it as it was
        row = await db.write(automatic.begin, id, now=now)
        assert (row["state"], row["wanted_at"], row["at"]) == ("wanted", 5, now)
    await db.write(automatic.sent, id, entry=1, address="mailto:a@b.example", now=8)
    assert await db.write(automatic.begin, id, now=9) is None


async def test_a_refusal_is_said_of_the_message(db: Database, talk: dict[str, int]) -> None:
    id = await _want(db, talk)
    await db.write(automatic.refuse, id, "bulk", now=9)

    def last(tx: Tx) -> Any:
        return tx.one("SELECT kind, subject FROM event ORDER BY seq DESC LIMIT 1")

    row = await db.read(last)
    assert (row["kind"], row["subject"]) == ("entry.changed", talk["answers"])


async def test_only_what_was_sent_lately_counts(db: Database, talk: dict[str, int]) -> None:
    address = "mailto:ann@customer.example"
    for number, at in enumerate((1, DAY, 2 * DAY)):
        id = await _want(db, talk, f"t{number}", now=at)
        await db.write(automatic.sent, id, entry=number + 1, address=address, now=at)
    refused = await _want(db, talk, "no")
    await db.write(automatic.refuse, refused, "bulk", now=2 * DAY)
    assert await db.read(automatic.sent_to, address, 0, 0) == 3
    assert await db.read(automatic.sent_to, address, 0, DAY - 1) == 2
    assert await db.read(automatic.sent_to, address, 0, 2 * DAY) == 0
    assert await db.read(automatic.sent_to, "mailto:bo@customer.example", 0, 0) == 0
    assert await db.read(automatic.sent_in, talk["conversation"], DAY) == 1
    assert await db.read(automatic.last_sent, talk["conversation"], "rule") == 2 * DAY
    assert await db.read(automatic.last_sent, talk["conversation"], "closed") is None


async def test_a_persons_answer_is_known_our_own_is_not_one(
    db: Database, talk: dict[str, int]
) -> None:
    def write(tx: Tx, actor: str) -> int:
        row = tx.one("SELECT contact FROM conversation WHERE id = :c", c=talk["conversation"])
        assert row is not None
        return timeline.append(
            tx,
            Entry(
                contact=row["contact"],
                conversation=talk["conversation"],
                kind="message",
                direction="out",
                actor=actor,
                text="x",
            ),
            now=2,
        )

    await db.write(write, "hub")
    assert not await db.read(automatic.answered_since, talk["conversation"], talk["answers"])
    await db.write(write, "agent:1")
    assert await db.read(automatic.answered_since, talk["conversation"], talk["answers"])
    newest = await db.read(automatic.newest_inbound, talk["conversation"])
    assert newest["id"] == talk["answers"]


async def test_templates_are_kept_by_name(db: Database) -> None:
    await db.write(templates.save, name="b", body='{"en":{"text":"1"}}', now=1)
    await db.write(templates.save, name="a", body='{"en":{"text":"2"}}', now=1)
    await db.write(templates.save, name="b", body='{"en":{"text":"3"}}', now=2)
    assert [(row["name"], row["body"]) for row in await db.read(templates.listed)] == [
        ("a", '{"en":{"text":"2"}}'),
        ("b", '{"en":{"text":"3"}}'),
    ]
    await db.write(templates.remove, "a", now=3)
    assert [row["name"] for row in await db.read(templates.listed)] == ["b"]
