"""Queues, skills and agents that go while work needs them: refused with a list, or moved by choice."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from hub.control import CommandRefused
from storage import skills
from tests.hub.routing_desk import apply, settled, sound, work_item
from tests.hub.running import config

if TYPE_CHECKING:
    from tests.fakes.twilio import FakeTwilio
    from tests.hub.running import Running

EXTRA = """
skills: [{name: french}, {name: francais}]
queues: [{name: old, modes: {"*": pull}}]
rules:
  - {id: old, when: {field: text, contains: old}, then: {queue: old}}
  - id: bonjour
    when: {field: text, contains: bonjour}
    then: {queue: pushed}
    plan: [{require: [{skill: french}], also_queues: [old]}]
"""
AFTER = """
skills: [{name: francais}]
"""


async def _without(hub: Running, twilio: FakeTwilio, more: str = AFTER, **args: Any) -> list[str]:
    """Apply the first configuration again, as all there is."""
    found: list[str] = await hub.office.run(
        "apply", text=config(twilio.url) + more, prune=True, **args
    )
    await settled(hub)
    return found


async def test_a_queue_and_a_skill_that_turns_need_stay(hub: Running, twilio: FakeTwilio) -> None:
    await apply(hub, EXTRA)
    await hub.sms("old", sender="+12025550111")
    await hub.sms("bonjour", sender="+12025550122")
    first, second = [one.id for one in await hub.conversations()]
    with pytest.raises(CommandRefused) as refused:
        await _without(hub, twilio)
    words = str(refused.value)
    assert f"old cannot go: 2 turns need it (conversations {first}, {second})" in words
    assert f"french cannot go: 1 turn needs it (conversations {second})" in words
    assert "--move old=QUEUE" in words
    assert "old" in hub.hub.desk.names


async def test_what_needs_them_is_moved_by_an_explicit_choice(
    hub: Running, twilio: FakeTwilio
) -> None:
    await apply(hub, EXTRA)
    await hub.sms("old", sender="+12025550111")
    await hub.sms("bonjour", sender="+12025550122")
    await settled(hub)
    first, second = [await hub.item(one.id) for one in await hub.conversations()]
    await _without(hub, twilio, moves={"old": "asked", "french": "francais"})
    moved, changed = await work_item(hub, first["id"]), await work_item(hub, second["id"])
    asked = hub.queue("asked")
    assert (moved["queue"], moved["mode"], moved["order_key"]) == (
        asked, "ask", first["order_key"],
    )  # fmt: skip
    assert f'"also_queues":[{asked}]' in changed["plan"]
    assert '"skill":"francais"' in changed["plan"]
    assert "old" not in hub.hub.desk.names
    await hub.write(skills.give, hub.agents["one"].id, {"francais": 1}, now=hub.hub.clock())
    await hub.come("one")
    await hub.until_item(first["conversation"], "offered")
    await hub.until_item(second["conversation"], "active")
    await sound(hub)


async def test_a_move_to_what_is_not_there_is_refused(hub: Running, twilio: FakeTwilio) -> None:
    await apply(hub, EXTRA)
    with pytest.raises(CommandRefused, match="there is no nowhere"):
        await _without(hub, twilio, moves={"old": "nowhere"})


async def test_an_agent_with_work_in_hand_goes_only_once_it_is_somebody_elses(
    hub: Running, twilio: FakeTwilio
) -> None:
    await hub.come("one")
    await hub.sms("push")
    item = await hub.until_item((await hub.conversation()).id, "active")
    lines = config(twilio.url).splitlines()
    fewer = "\n".join(line for line in lines if "one@acme.example" not in line)
    with pytest.raises(CommandRefused, match=r"one@acme\.example cannot go: 1 turn needs it"):
        await hub.office.run("apply", text=fewer, prune=True)
    await hub.office.run(
        "apply", text=fewer, prune=True, moves={"one@acme.example": "two@acme.example"}
    )
    after = await work_item(hub, item["id"])
    assert (after["state"], after["agent"]) == ("active", hub.agents["two"].id)
    assert (await hub.conversation()).agent.id == hub.agents["two"].id  # type: ignore[union-attr]
    await sound(hub)


async def test_an_account_is_switched_off_only_with_empty_hands(hub: Running) -> None:
    await hub.come("one")
    await hub.sms("push")
    item = await hub.until_item((await hub.conversation()).id, "active")
    user = hub.agents["one"].user
    async with hub.office.admin() as admin:
        refused = await admin.call("PATCH", f"users/{user}", json={"active": False})
        assert refused.status == 409
        assert refused.json["conversations"] == [item["conversation"]]
        wrong = await admin.call(
            "PATCH", f"users/{user}", json={"active": False, "hand_to": "nobody"}
        )
        assert wrong.status == 400
        done = await admin.call(
            "PATCH", f"users/{user}", json={"active": False, "hand_to": "general"}
        )
        assert done.status == 200, done.text
    after = await work_item(hub, item["id"])
    assert (after["state"], after["queue"]) == ("queued", hub.queue("general"))
    await sound(hub)


async def test_skills_and_limits_are_set_by_the_api_and_exported(hub: Running) -> None:
    await apply(hub, "skills: [{name: french}]")
    user = hub.agents["one"].user
    body = {"skills": {"french": 4}, "limits": {"email": 3}}
    async with hub.office.admin() as admin:
        done = await admin.call("PATCH", f"users/{user}", json=body)
        assert (done.json["skills"], done.json["limits"]) == ({"french": 4}, {"email": 3})
        wrong = await admin.call("PATCH", f"users/{user}", json={"skills": {"polish": 1}})
        assert wrong.status == 400
    await settled(hub)
    row = hub.hub.router.matcher.seats[hub.agents["one"].id].row
    assert (row.skills, row.limits) == ((("french", 4),), (("email", 3),))
    text = await hub.office.run("export")
    assert "french: 4" in text
    assert "email: 3" in text
    assert await hub.office.run("apply", text=text) == []
