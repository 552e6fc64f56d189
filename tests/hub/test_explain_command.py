"""``hub explain``: beside a server and alone, for people and for programs."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pytest

from hub import offering
from hub.control import CommandRefused
from hub.explained.text import lines
from tests.hub.running import message

if TYPE_CHECKING:
    from tests.hub.running import Running


async def _item(hub: Running) -> int:
    return int((await hub.item((await hub.conversation()).id))["id"])


async def test_a_work_item_and_its_conversation(hub: Running) -> None:
    await hub.come("one")
    await hub.loop(message("please ask"))

    async def pending() -> Any:
        rows = await hub.rows("SELECT id, agent FROM offer WHERE state = 'pending'")
        return rows and rows[0]

    offer = await hub.until(pending)
    await hub.write(offering.decline, offer["id"], offer["agent"], "busy", now=hub.hub.clock())
    item = await _item(hub)

    async def known() -> Any:
        return hub.hub.router.standing(item)

    await hub.until(known)
    told = await hub.office.run("explain", id=item)
    assert told["work_item"]["id"] == item
    assert told["standing"] is not None
    same = await hub.office.run("explain", id=(await hub.conversation()).id, conversation=True)
    assert same["work_item"] == told["work_item"]
    text = "\n".join(lines(told))
    assert text.startswith(f"Work item {item} of conversation")
    assert "Why here (rules version 1)\n  Rule “asked” sent it to queue “asked”." in text
    assert re.search(
        r"What happened\n  \d{4}-\d\d-\d\d \d\d:\d\d:\d\d  One declined it: busy\.", text
    )
    assert "- One" in text
    assert "Why it is where it is\n  It is number 1 in the queue “asked”." in text
    persian = "\n".join(lines(told, "fa"))
    assert "چرا اینجا" in persian
    assert "Why" not in persian
    assert re.match(r"کار [۰-۹]+ از گفتگوی [۰-۹]+: در صف، در asked\n", persian)
    assert "برای کارهای دیگر" in persian


async def test_what_became_nobodys_work(hub: Running) -> None:
    await hub.loop(message("quiet"))
    told = await hub.office.run("explain", id=(await hub.conversation()).id)
    assert lines(told)[0].startswith("Rule “quiet” filed it without giving it to anybody")


async def test_there_is_no_such_thing(hub: Running) -> None:
    with pytest.raises(CommandRefused, match="neither a work item nor a conversation 77"):
        await hub.office.run("explain", id=77)


def test_steps_in_text() -> None:
    told = {
        "work_item": {"id": 1, "conversation": 2, "state": "queued", "queue": {"name": "vip"}},
        "rule_set": {"version": 3},
        "plan": {
            "steps": [
                {"number": 1, "require": [{"skill": "french", "min": 4}], "also_queues": [],
                 "for_seconds": 15.0, "state": "past"},
                {"number": 2, "require": [], "also_queues": ["desk"], "for_seconds": None,
                 "state": "current"},
                {"number": 3, "require": [], "also_queues": [], "for_seconds": None,
                 "state": "to_come"},
            ],
            "overflow": "general",
        },
        "log": [],
        "offers": [],
        "words": {"en": {"here": [], "me": [], "waiting": []}},
    }  # fmt: skip
    assert lines(told) == [
        "Work item 1 of conversation 2: queued, in vip",
        "",
        "What it asks for",
        "  Step 1, done: french 4+, 15 seconds",
        "  Step 2, now: + desk",
        "  Step 3, to come: anybody of the queue",
        "  then: queue general",
    ]
