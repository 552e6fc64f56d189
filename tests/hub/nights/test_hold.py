"""A hub on hold takes in, files and shows; nothing leaves it until each part was decided about."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from hub import frames
from hub.control import CommandRefused
from storage import hold
from storage.hold import Held
from tests.hub.nights.held import CONFIG, Fetching, running
from tests.hub.running import Running, message
from tests.hub.visitor import Visitor, visiting


async def _answered(hub: Running, texts: list[str]) -> list[int]:
    """A message in, and answers of an agent; the deliveries, oldest first."""
    await hub.loop(message("hello"))
    matter = (await hub.conversation()).id
    for text in texts:
        await hub.reply(matter, text)
    return [row["id"] for row in await hub.rows("SELECT id FROM delivery ORDER BY id")]


async def _states(hub: Running) -> list[tuple[str, str]]:
    rows = await hub.rows("SELECT state, code FROM delivery ORDER BY id")
    return [(row["state"], row["code"]) for row in rows]


async def _wanted(hub: Running, entry: int) -> None:
    """An automatic answer that is still to be written."""

    def want(tx: Any) -> None:
        row = tx.one("SELECT * FROM timeline_entry WHERE id = :id", id=entry)
        tx.run(
            """
            INSERT INTO automatic_send (conversation, identity, answers, address, cause, template,
              state, wanted_at, at)
            VALUES (:c, :i, :e, 'tel:+1', 'rule', 'hello', 'wanted', 1, 1)
            """,
            c=row["conversation"],
            i=row["identity"],
            e=entry,
        )

    await hub.write(want)


async def test_nothing_leaves_a_copy_until_each_part_was_decided_about(
    kinds: None, tmp_path: Path, db_url: str
) -> None:
    async with running(tmp_path, db_url, CONFIG, hold=True) as hub:
        deliveries = await _answered(hub, ["send me", "drop me", "was being sent", "was sent too"])
        sent = hub.provider()
        with pytest.raises(CommandRefused, match="HUB_HOLD is set"):
            await hub.office.run("release", send="all")
        async with hub.office.admin() as admin:
            assert (await admin.get("me")).json["hub"]["hold"] is True
            channels = {c["name"]: c["state"] for c in (await admin.get("channels")).json["items"]}
        assert channels == {"loop": "connected", "mail": "connected", "mailbox": "held"}

    async with running(tmp_path, db_url) as hub:  # without HUB_HOLD: the store still says so
        await hub.write(_interrupt, deliveries[2:])
        await _wanted(hub, 1)
        held = await hub.office.run("held")
        assert [one["id"] for one in held["deliveries"]] == deliveries
        assert [one["state"] for one in held["deliveries"]] == ["queued"] * 2 + ["sending"] * 2
        assert held["deliveries"][0]["to"] == "tel:+12025550199"
        assert held["automatic"] == 1
        for wrong, words in (
            ({}, "4 undecided"),
            ({"send": deliveries[:1], "drop": deliveries[1:3]}, f"1 undecided .{deliveries[3]}."),
            ({"send": deliveries, "drop": deliveries[:1]}, "both sent and dropped"),
            ({"send": "all", "drop": "all"}, "both sent and dropped"),
            ({"send": "all", "drop": [999]}, "999 does not wait"),
        ):
            with pytest.raises(CommandRefused, match=words):
                await hub.office.run("release", **wrong)
        assert hub.hub.hold.on
        assert sent.sent == []
        assert Fetching.asked == []

        done = await hub.office.run("release", send=[deliveries[2]], drop="all")
        assert done == {"sent": 1, "dropped": 3, "automatic": 1}
        await hub.until(lambda: _is_sent(hub, deliveries[2]))
        assert await _states(hub) == [
            ("stopped", "dropped"), ("stopped", "dropped"), ("sent", ""), ("unknown", ""),
        ]  # fmt: skip
        assert sent.texts == ["was being sent"]
        await hub.until(lambda: _connected(hub))
        assert Fetching.asked == ["mailbox"]
        assert await hub.value("SELECT refused FROM automatic_send") == "held"
        async with hub.office.admin() as admin:
            assert (await admin.get("me")).json["hub"]["hold"] is False
        assert await hub.value("SELECT COUNT(*) FROM audit WHERE action = 'hold.released'") == 1
        with pytest.raises(CommandRefused, match="not on hold"):
            await hub.office.run("release")


def _interrupt(tx: Any, ids: list[int]) -> None:
    """As a copy finds what the original was sending."""
    for id in ids:
        tx.run("UPDATE delivery SET state = 'sending', lease_until = 1 WHERE id = :id", id=id)


async def _is_sent(hub: Running, id: int) -> bool:
    return bool(await hub.value("SELECT 1 FROM delivery WHERE id = :id AND state = 'sent'", id=id))


async def _connected(hub: Running) -> bool:
    found = await hub.value("SELECT state FROM channel WHERE name = 'mailbox'")
    return bool(found == "connected")


async def test_an_empty_hold_is_lifted_at_once_and_work_goes_on(
    kinds: None, tmp_path: Path, db_url: str
) -> None:
    async with running(tmp_path, db_url, CONFIG) as hub:
        await hub.write(hold.begin, Held("restore", 1, 1))
    async with running(tmp_path, db_url) as hub:
        assert await hub.loop(message("hello")) == 200
        assert await hub.ledger() == {"stored": 1}
        assert (await hub.office.run("release"))["sent"] == 0
        entry = await hub.reply((await hub.conversation()).id, "an answer")
        await hub.until_delivered(entry, "sent")


async def test_a_visitor_sees_no_answer_before_it_is_released(
    kinds: None, tmp_path: Path, db_url: str
) -> None:
    chat = "  - {name: chat, kind: webchat, settings: {origins: ['*']}}\nqueues: [{"
    async with running(tmp_path, db_url, CONFIG.replace("queues: [{", chat), hold=True):
        pass
    async with running(tmp_path, db_url) as hub, visiting(hub.base) as visitor:
        await visitor.say("hello?")
        matter = (await hub.conversation()).id
        first = await hub.reply(matter, "to be dropped")
        await hub.reply(matter, "to be sent")
        await visitor.say("still here")
        async with visiting(hub.base, token=visitor.token) as back:
            assert _shown(back) == ["hello?", "still here"]
            drop = await hub.value("SELECT id FROM delivery WHERE entry = :e", e=first)
            assert await _new_to_visitors(hub) == ["hello?", "still here"]
            await hub.office.run("release", drop=[drop], send="all")
            assert await _new_to_visitors(hub) == ["hello?", "to be sent", "still here"]
            for tab in (visitor, back):
                frame = await tab.until(lambda frame: frame["type"] == "message")
                assert frame["entry"]["text"] == "to be sent"
        async with visiting(hub.base, token=visitor.token) as back:
            assert _shown(back) == ["hello?", "to be sent", "still here"]


async def _new_to_visitors(hub: Running) -> list[str]:
    """What would be shown by a feed that is as late as can be: it has all of the log before it."""
    events = await hub.rows("SELECT * FROM event ORDER BY seq")
    filled = await hub.read(frames.fill, events, lambda entry: entry)
    return [entry.text for _, entry in filled.entries]


def _shown(visitor: Visitor) -> list[str]:
    """What they are told with the greeting."""
    return [entry["text"] for entry in visitor.frames[0]["entries"]]
