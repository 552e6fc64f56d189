"""Folders: what a person sent from elsewhere is ours; what the server calls junk is nobody's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.hub.mailbox.mailroom import (
    OLD,
    US,
    Mailroom,
    letter,
    until_messages,
    until_read,
    until_recorded,
)
from tests.hub.running import Running

ANN = "ann@customer.example"


def answer(text: str, **more: Any) -> Any:
    """A mail that one of ours wrote in another program."""
    return letter(text, sender=f"Help desk <{US}>", **{"to": ANN, **more})


async def status(hub: Running, conversation: int) -> str:
    return str(await hub.value("SELECT status FROM conversation WHERE id = :c", c=conversation))


async def test_an_answer_from_elsewhere_is_ours_and_ends_the_turn(each_engine: Mailroom):
    async with each_engine.hub(sent_folder="Sent") as hub:
        each_engine.put(letter("question", id="q@c"))
        (question,) = await until_messages(hub, 1)
        conversation = question["conversation"]
        each_engine.put(answer("answer", id="a@us", in_reply_to="<q@c>"), folder="Sent")
        _, ours = await until_messages(hub, 2)
        assert (ours["direction"], ours["actor"]) == ("out", "elsewhere")
        assert ours["conversation"] == conversation
        assert json.loads(ours["data"])["elsewhere"] == "Help desk"
        assert await status(hub, conversation) == "pending"
        item = await hub.item(conversation)
        assert (item["state"], item["agent"]) == ("completed", None)
        assert await hub.value("SELECT COUNT(*) FROM delivery") == 0
        shown = (await hub.entries(conversation))[1]
        assert (shown.actor.kind, shown.actor.name, shown.delivery) == ("agent", "Help desk", None)
        each_engine.put(letter("thanks", in_reply_to="<a@us>"))
        *_, thanks = await until_messages(hub, 3)
        assert thanks["conversation"] == conversation
        assert await status(hub, conversation) == "open"


async def test_an_answer_that_is_older_than_the_question_ends_nothing(mailroom: Mailroom):
    async with mailroom.hub(sent_folder="Sent") as hub:
        mailroom.put(letter("first", id="1@c"))
        mailroom.put(letter("second", id="2@c", in_reply_to="<1@c>"))
        first, _ = await until_messages(hub, 2)
        late = answer("to the first", in_reply_to="<1@c>", at="01-Jan-2019 00:00:00 +0000")
        mailroom.put(late, folder="Sent")
        await until_messages(hub, 3)
        assert await status(hub, first["conversation"]) == "open"
        assert (await hub.item(first["conversation"]))["state"] == "queued"


async def test_an_out_of_office_note_in_the_sent_folder_ends_nothing(mailroom: Mailroom):
    async with mailroom.hub(sent_folder="Sent") as hub:
        mailroom.put(letter("question", id="q@c"))
        (question,) = await until_messages(hub, 1)
        note = answer("away", in_reply_to="<q@c>", auto_submitted="auto-replied")
        mailroom.put(note, folder="Sent")
        await until_messages(hub, 2)
        assert await status(hub, question["conversation"]) == "open"


async def test_both_that_came_while_we_were_away_are_put_in_order(mailroom: Mailroom):
    """Question and answer wait in two folders: the answer finds its question."""
    async with mailroom.hub(sent_folder="Sent"):
        pass
    mailroom.put(answer("answer", in_reply_to="<q@c>"), folder="Sent")
    mailroom.put(letter("question", id="q@c"))
    async with mailroom.hub(sent_folder="Sent") as hub:
        rows = await until_messages(hub, 2)
        assert len({row["conversation"] for row in rows}) == 1
        assert await status(hub, rows[0]["conversation"]) == "pending"


async def test_what_the_hub_sent_itself_is_only_acknowledged(mailroom: Mailroom):
    async with mailroom.hub(sent_folder="Sent") as hub:
        mailroom.put(letter("question", id="q@c"))
        (question,) = await until_messages(hub, 1)
        await hub.reply(question["conversation"], "from the console")
        _, ours = await until_messages(hub, 2)
        marked = answer("from the console", x_hub_loop="acme.example")
        by_id = answer("from the console", id=ours["message_id"])
        mailroom.put(marked, by_id, letter("to a colleague", to=US), folder="Sent")

        async def read() -> bool:
            return (await hub.ledger()).get("ignored", 0) == 3

        await hub.until(read)
        assert len(await until_messages(hub, 2)) == 2
        await until_recorded(hub, "Sent", ignored=3)


async def test_writing_first_from_elsewhere_waits_for_the_customer(mailroom: Mailroom):
    async with mailroom.hub(sent_folder="Sent") as hub:
        both = f"Ann <{ANN}>, bob@customer.example"
        mailroom.put(answer("hello", id="h@us", to=both), folder="Sent")
        (ours,) = await until_messages(hub, 1)
        assert await status(hub, ours["conversation"]) == "pending"
        assert await hub.value("SELECT COUNT(*) FROM work_item") == 0
        mailroom.put(letter("hi", sender="bob@customer.example", in_reply_to="<h@us>"))
        _, theirs = await until_messages(hub, 2)
        assert theirs["conversation"] == ours["conversation"]
        assert (await hub.item(ours["conversation"]))["state"] == "queued"


async def test_history_of_both_sides_is_one_conversation(each_engine: Mailroom):
    each_engine.put(
        letter("question", id="q@c", at=OLD),
        letter("thanks", at="07-Jan-2020 10:00:00 +0000", references="<q@c> <a@us>"),
    )
    each_engine.put(
        answer("answer", id="a@us", in_reply_to="<q@c>", at="06-Jan-2020 10:00:00 +0000"),
        folder="Sent",
    )
    async with each_engine.hub(sent_folder="Sent", history="all") as hub:
        await until_read(hub)
        rows = await until_messages(hub, 3)
        assert [row["text"] for row in rows] == ["question", "answer", "thanks"]
        assert [row["direction"] for row in rows] == ["in", "out", "in"]
        assert len({row["conversation"] for row in rows}) == 1
        assert await status(hub, rows[0]["conversation"]) == "resolved"
        assert await hub.value("SELECT COUNT(*) FROM work_item") == 0


@pytest.mark.parametrize("history", ["none", "all"])
async def test_junk_is_filed_and_given_to_nobody(mailroom: Mailroom, history: str):
    mailroom.put(letter("old junk", at=OLD), folder="Junk")
    async with mailroom.hub(junk_folder="Junk", history=history) as hub:
        await until_read(hub)
        mailroom.put(letter("cheap pills"), folder="Junk")
        (junk,) = await until_messages(hub, 1)
        assert junk["text"] == "cheap pills"
        assert await hub.value("SELECT COUNT(*) FROM work_item") == 0
        assert await hub.value("SELECT rule FROM decision") == "hub:spam"
