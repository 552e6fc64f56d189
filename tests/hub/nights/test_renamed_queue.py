"""A plan file that calls a queue in use by another name: refused whole, and the work goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub import actions
from hub.control import CommandRefused
from tests.hub.nights.held import CONFIG, running
from tests.hub.running import message

RENAMED = CONFIG.replace("name: general", "name: front").replace("[general]", "[front]").replace(
    "queue: general", "queue: front"
)  # fmt: skip


async def test_a_renamed_queue_in_use_is_refused_and_nothing_is_lost(
    kinds: None, tmp_path: Path, db_url: str
) -> None:
    async with running(tmp_path, db_url, CONFIG) as hub:
        await hub.loop(message("waits", sender="tel:+12025550111"))
        await hub.loop(message("in hand", sender="tel:+12025550122"))
        waits, hand = [one.id for one in await hub.conversations()]
        await hub.do(actions.take, hand)
        before, export = await hub.item(waits), await hub.office.run("export")
        for command in ("plan", "apply"):
            with pytest.raises(CommandRefused) as refused:
                await hub.office.run(command, text=RENAMED, file="hub.yaml", prune=True)
            words = str(refused.value)
            assert "hub.yaml" in words
            assert f"general cannot go: 2 turns need it (conversations {waits}, {hand})" in words
            assert "--move general=QUEUE" in words
        assert await hub.office.run("export") == export
        assert tuple(await hub.item(waits)) == tuple(before)

        await hub.loop(message("goes on", sender="tel:+12025550133"))  # the neighbours
        assert (await hub.conversations())[2].queue is not None
        await hub.reply(hand, "goes on")

        lines = await hub.office.run("apply", text=RENAMED)  # without --prune both stand
        assert "add queue front" in lines
        assert (await hub.item(waits))["queue"] == before["queue"]

        await hub.office.run("apply", text=RENAMED, prune=True, moves={"general": "front"})
        moved = await hub.item(waits)
        assert moved["queue"] == hub.queue("front") != before["queue"]
        assert (moved["state"], moved["order_key"]) == ("queued", before["order_key"])
        assert "general" not in hub.hub.desk.names
        assert await hub.ledger() == {"stored": 3}
