"""A hub that is closed and opened again: everything is there, and what waited goes on."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hub import actions, offering
from storage import views
from tests.hub.running import ALL, message, running

if TYPE_CHECKING:
    from pathlib import Path

    from tests.fakes.twilio import FakeTwilio
    from tests.hub.running import Running


async def _picture(hub: Running) -> dict[str, Any]:
    return {
        "conversations": await hub.conversations(),
        "agents": await hub.read(views.agents),
        "queues": await hub.read(views.queues),
        "ledger": await hub.ledger(),
        "entries": [
            await hub.read(views.matter, one.id, limit=100) for one in await hub.conversations()
        ],
    }


async def test_everything_is_there_after_a_restart(
    loopback_kind: None, twilio: FakeTwilio, tmp_path: Path, db_url: str
) -> None:
    async with running(tmp_path, db_url, twilio) as hub:
        for text in ("hello", "push this", "ask this", "quiet"):
            await hub.loop(message(text, sender=f"tel:+120255501{len(text):02}"))
        first = (await hub.conversations())[0]
        await hub.do(actions.take, first.id)
        entry = await hub.reply(first.id, "an answer")
        await hub.until_delivered(entry, "sent")
        await hub.do(actions.note, first.id, "a note", client_key="n")
        before = await _picture(hub)
        tables = await hub.rows("SELECT id, state, order_key FROM work_item ORDER BY id")
        before_items = [tuple(row) for row in tables]

    async with running(tmp_path, db_url, twilio) as hub:
        assert await _picture(hub) == before
        tables = await hub.rows("SELECT id, state, order_key FROM work_item ORDER BY id")
        assert [tuple(row) for row in tables] == before_items
        assert hub.provider().texts == ["an answer"]  # nothing is sent again
        # what waited is matched as soon as somebody comes, in its old place
        await hub.come("one")
        pushed, asked = (await hub.conversations())[1:3]
        await hub.until_item(pushed.id, "active")
        await hub.until_item(asked.id, "offered")
        found = await hub.read(views.conversations, ALL, agent=hub.agents["one"].id)
        assert {one.id for one in found} == {first.id, pushed.id}


async def test_an_offer_under_way_survives(
    loopback_kind: None, twilio: FakeTwilio, tmp_path: Path, db_url: str
) -> None:
    async with running(tmp_path, db_url, twilio) as hub:
        await hub.come("one")
        await hub.loop(message("ask this"))
        talk = (await hub.conversation()).id
        await hub.until_item(talk, "offered")
    async with running(tmp_path, db_url, twilio) as hub:
        (offer,) = await hub.read(views.offers, hub.agents["one"].id)
        await hub.write(offering.accept, offer.id, offer.agent, now=hub.hub.clock())
        assert (await hub.item(talk))["state"] == "active"


async def test_what_was_queued_to_leave_leaves_after_a_restart(
    loopback_kind: None, twilio: FakeTwilio, tmp_path: Path, db_url: str
) -> None:
    async with running(tmp_path, db_url, twilio) as hub:
        await hub.loop(message("hello"))
        talk = (await hub.conversation()).id
        provider = hub.provider()
        provider.gate.clear()
        first = await hub.reply(talk, "one")
        await hub.until_delivered(first, "sending")
        second = await hub.reply(talk, "two")
    provider.gate.set()
    async with running(tmp_path, db_url, twilio) as hub:
        await hub.until_delivered(first, "unknown")  # perhaps it left: a person decides
        await hub.until_delivered(second, "sent")
        assert provider.texts == ["two"]


async def test_the_configuration_is_taken_up_and_applied_again(
    loopback_kind: None, twilio: FakeTwilio, tmp_path: Path, db_url: str
) -> None:
    async with running(tmp_path, db_url, twilio) as hub:
        names = sorted(channel.name for channel in hub.hub.channels)
        version = hub.hub.desk.version
    async with running(tmp_path, db_url, twilio) as hub:
        assert sorted(channel.name for channel in hub.hub.channels) == names
        assert hub.hub.desk.version == version  # the same file changed nothing
