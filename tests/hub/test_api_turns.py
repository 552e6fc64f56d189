"""Turns over the API: taken, moved, put forward, written up; who may; declines with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from tests.hub.routing_desk import apply, log, offer, settled, sound, work_item

if TYPE_CHECKING:
    from tests.hub.running import Running

MORE = """
queues: [{name: pushed, modes: {"*": push}, wrap_up: 30s, target: 90s}]
agents:
  - {email: boss@acme.example, name: Boss, role: supervisor, queues: [general]}
skills: [{name: french}]
rules:
  - id: steps
    when: {field: text, contains: steps}
    then: {queue: general, priority: +60s}
    plan: [{require: [{skill: french, min: 3}], for: 5m}, {}]
"""


@pytest.fixture
async def item(hub: Running) -> dict[str, Any]:
    """The waiting turn of the only conversation, as the API shows it."""
    await apply(hub, MORE)
    await hub.sms("steps")
    async with hub.office.admin() as admin:
        (found,) = (await admin.get("conversations")).json["items"]
    turn: dict[str, Any] = found["work_item"]
    return turn


async def test_a_turn_shows_its_steps_and_what_it_aims_at(hub: Running, item: Any) -> None:
    assert (item["step"], item["steps"], item["state"]) == (1, 2, "queued")
    row = await work_item(hub, item["id"])
    assert row["target"] == 1_800_000_000  # half an hour for a message
    assert item["target_at"] > item["entered_at"]
    assert row["order_key"] == row["entered_at"] - 60_000_000


async def test_a_supervisor_moves_and_puts_forward_and_takes(hub: Running, item: Any) -> None:
    one = f"work-items/{item['id']}"
    before = await work_item(hub, item["id"])
    async with hub.office.person("boss@acme.example") as boss:
        found = await boss.post(f"{one}/priority", {"seconds": 300})
        assert found.status == 200, found.text
        assert found.json["priority"] == 300
        moved = await boss.post(f"{one}/move", {"queue": "asked"})
        assert moved.json["queue"]["name"] == "asked"
        assert moved.json["work_item"]["steps"] == 1  # its plan was the other queue's
        taken = await boss.post(f"{one}/take")
        assert taken.json["agent"]["name"] == "Boss"
        assert taken.json["work_item"]["target_at"] is None
        assert (await boss.post(f"{one}/take")).status == 409
        assert (await boss.post(f"{one}/done")).status == 409
        assert (await boss.post("work-items/4711/take")).status == 404
        assert (await boss.post(f"{one}/priority", {"seconds": 10**9})).status == 400
        assert (await boss.post(f"{one}/move", {"queue": "nowhere"})).status == 400
    after = await work_item(hub, item["id"])
    assert after["order_key"] == before["order_key"] - 240_000_000
    assert [line["what"] for line in await log(hub, item["id"])] == ["priority", "requeue"]
    await sound(hub)


async def test_who_comes_first_is_not_for_agents_and_not_all_is_theirs(
    hub: Running, item: Any
) -> None:
    one = f"work-items/{item['id']}"
    async with hub.office.person("one@acme.example") as agent:
        assert (await agent.post(f"{one}/priority", {"seconds": 1})).status == 403
        assert (await agent.post(f"{one}/take")).status == 200
    async with hub.office.person("two@acme.example") as other:
        assert (await other.post(f"{one}/move", {"queue": "asked"})).status == 403
    async with hub.office.person("three@acme.example") as outsider:
        assert (await outsider.post(f"{one}/take")).status in (403, 409)
    async with hub.office.caller() as nobody:
        assert (await nobody.post(f"{one}/take")).status == 401


async def test_wrap_up_is_shown_and_ended_by_its_agent(hub: Running, item: Any) -> None:
    await hub.come("one")
    await hub.sms("push", sender="+12025550177")
    turn = await hub.until_item((await hub.conversations())[-1].id, "active")
    async with hub.office.person("one@acme.example") as agent:
        done = await agent.post(f"conversations/{turn['conversation']}/resolve")
        assert done.status == 200
        (wrapping,) = (await agent.get("me")).json["agent"]["wrapping"]
        assert (wrapping["work_item"], wrapping["conversation"]) == (
            turn["id"], turn["conversation"],
        )  # fmt: skip
        assert wrapping["until"].endswith("Z")
        async with hub.office.person("two@acme.example") as other:
            assert (await other.post(f"work-items/{turn['id']}/done")).status == 403
        assert (await agent.post(f"work-items/{turn['id']}/done")).status == 200
        assert (await agent.get("me")).json["agent"]["wrapping"] == []
    assert (await work_item(hub, turn["id"]))["state"] == "completed"
    assert item["state"] == "queued"
    await sound(hub)


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        ({"reason": "skill"}, "skill"),
        ({"reason": "other", "words": "it is my cousin"}, "other: it is my cousin"),
        ({"reason": "I am at lunch"}, "I am at lunch"),
        ({}, ""),
    ],
)
async def test_a_decline_has_a_reason(hub: Running, body: dict[str, str], kept: str) -> None:
    await hub.come("one")
    await hub.sms("ask")
    made = await offer(hub, "one")
    async with hub.office.person("one@acme.example") as agent:
        assert (await agent.post(f"offers/{made.id}/decline", body)).status in (200, 204)
        assert (await agent.post(f"offers/{made.id}/decline", body)).status in (404, 409)
    assert await hub.value("SELECT reason FROM offer WHERE id = :id", id=made.id) == kept
    await settled(hub)
    await sound(hub)
