"""Mail that lay in a mailbox before us is on the timeline, and nothing else comes of it."""

from __future__ import annotations

import json

import pytest

from storage import conversations
from tests.hub.mailbox.mailroom import (
    OLD,
    Mailroom,
    letter,
    until_messages,
    until_read,
    until_recorded,
)


async def test_history_is_on_the_timeline_and_nothing_comes_of_it(each_engine: Mailroom):
    each_engine.put(
        letter("first", id="a@c", at=OLD),
        letter("second", id="b@c", at="06-Jan-2020 10:00:00 +0000", in_reply_to="<a@c>"),
        letter("Bob's", sender="bob@customer.example", at="07-Jan-2020 10:00:00 +0000"),
    )
    async with each_engine.hub(history="all") as hub:
        await until_read(hub)
        each_engine.put(letter("today"))
        rows = await until_messages(hub, 4)
        assert [row["text"] for row in rows] == ["first", "second", "Bob's", "today"]
        assert [json.loads(row["data"]).get("history", False) for row in rows] == [
            True,
            True,
            True,
            False,
        ]
        assert rows[0]["conversation"] == rows[1]["conversation"] != rows[2]["conversation"]
        old = await hub.rows(
            "SELECT * FROM conversation WHERE id <> :c ORDER BY id", c=rows[3]["conversation"]
        )
        assert {row["status"] for row in old} == {"resolved"}
        assert {row["waiting_since"] for row in old} == {None}
        assert [row["last_at"] for row in old] == [rows[1]["recorded_at"], rows[2]["recorded_at"]]
        items = await hub.rows("SELECT conversation FROM work_item")
        assert [item["conversation"] for item in items] == [rows[3]["conversation"]]
        assert await hub.value("SELECT COUNT(*) FROM decision") == 1
        assert await hub.value("SELECT COUNT(*) FROM automatic_send") == 0
        ann = await hub.value("SELECT contact FROM conversation WHERE id = :c", c=old[0]["id"])
        assert await hub.read(conversations.open_count, [ann]) == 1
        await until_recorded(hub, history=3, stored=1)
        assert await hub.ledger() == {"stored": 4}


@pytest.mark.parametrize(("history", "expected"), [("none", 0), ("30d", 1)])
async def test_how_much_history_is_wanted_is_a_setting(
    mailroom: Mailroom, history: str, expected: int
):
    mailroom.put(letter("old", at=OLD), letter("of late"))
    async with mailroom.hub(history=history) as hub:
        await until_read(hub)
        mailroom.put(letter("new"))
        rows = await until_messages(hub, expected + 1)
        assert sorted(row["text"] for row in rows) == ["new", "of late"][: expected + 1]


async def test_more_history_can_be_wanted_later(mailroom: Mailroom):
    mailroom.put(*(letter(f"old {n}", at=OLD) for n in range(3)))
    async with mailroom.hub(history="none") as hub:
        mailroom.put(letter("new"))
        await until_messages(hub, 1)
    async with mailroom.hub(history="all") as hub:
        rows = await until_messages(hub, 4)
        assert [row["text"] for row in rows] == ["old 0", "old 1", "old 2", "new"]
        assert await hub.ledger() == {"stored": 4}


async def test_an_answer_to_history_goes_on_from_it(mailroom: Mailroom):
    mailroom.put(letter("long ago", id="a@c", at=OLD))
    async with mailroom.hub(history="all") as hub:
        await until_read(hub)
        mailroom.put(letter("and now", in_reply_to="<a@c>"))
        old, new = await until_messages(hub, 2)
        assert new["conversation"] != old["conversation"]
        follows = await hub.value(
            "SELECT follows FROM conversation WHERE id = :c", c=new["conversation"]
        )
        assert follows == old["conversation"]
        assert (await hub.item(new["conversation"]))["state"] == "queued"


async def test_what_is_under_way_is_not_disturbed_by_what_is_older(mailroom: Mailroom):
    """A customer writes about an old matter while its history is not read yet."""
    mailroom.put(letter("old", id="old@c", at=OLD, in_reply_to="<live@c>"))
    async with mailroom.hub(history="none") as hub:
        mailroom.put(letter("live", id="live@c"))
        (live,) = await until_messages(hub, 1)
        before = dict(await hub.item(live["conversation"]))
    async with mailroom.hub(history="all") as hub:
        old, live = await until_messages(hub, 2)
        assert old["text"] == "old"
        assert old["conversation"] != live["conversation"]
        assert dict(await hub.item(live["conversation"])) == before
