"""Explanations over the API: why here, why this agent, why it still waits; outsiders see nothing."""

from __future__ import annotations

import json
from datetime import UTC
from typing import TYPE_CHECKING, Any

import msgspec

from hub import actions, explained, offering
from hub.explained import Now
from storage import item_log
from tests.hub.running import SECOND, message

if TYPE_CHECKING:
    from tests.hub.running import Running


async def _explained(hub: Running, item: int, by: str = "one") -> dict[str, Any]:
    async with hub.office.person(f"{by}@acme.example") as caller:
        answer = await caller.get(f"work-items/{item}/explain")
    assert answer.status == 200, answer.text
    found: dict[str, Any] = answer.json
    return found


async def _written(hub: Running, text: str, *, sender: str = "tel:+12025550199") -> int:
    """The work item of a message."""
    await hub.loop(message(text, sender=sender))
    (found,) = [one for one in await hub.conversations() if one.address == sender]
    return int((await hub.item(found.id))["id"])


async def test_why_here_and_why_it_still_waits(hub: Running) -> None:
    item = await _written(hub, "please ask")
    await hub.come("two", presence="away")
    await hub.until(lambda: _waits_for(hub, item, {"offline": 1, "away": 1}))
    told = await _explained(hub, item)
    assert told["work_item"]["queue"]["name"] == "asked"
    assert told["decision"]["rule"] == "asked"
    assert told["position"] == 1
    assert told["offers"] == told["assignments"] == []
    assert told["words"]["en"]["here"][0] == "Rule “asked” sent it to queue “asked”."
    assert told["words"]["en"]["me"] == []
    assert told["words"]["en"]["waiting"] == [
        "It is number 1 in the queue “asked”.",
        "Nobody is free: 1 is away, 1 is not signed on.",
    ]
    assert told["words"]["fa"]["waiting"][1].startswith("کسی آزاد نیست: ")
    assert any("did not match" in line for line in told["words"]["en"]["here"])


async def _waits_for(hub: Running, item: int, kept_out: dict[str, int]) -> bool:
    standing = hub.hub.router.standing(item)
    return standing is not None and standing["kept_out"] == kept_out


async def test_who_was_asked_and_what_became_of_it(hub: Running) -> None:
    await hub.come("one", "two")
    item = await _written(hub, "please ask")
    first = await _offered(hub)
    asked = {hub.agents[name].id: name for name in ("one", "two")}
    name, other = asked.pop(first["agent"]), asked.popitem()[1]
    mine = await _explained(hub, item, by=name)
    assert mine["words"]["en"]["me"][0] == "You were first of 2 who were free."
    assert mine["words"]["en"]["waiting"][0].startswith(f"It is offered to {name.title()}, who may")
    theirs = await _explained(hub, item, by=other)
    assert theirs["words"]["en"]["me"][0] == f"{name.title()} was first of 2 who were free."
    (offer,) = mine["offers"]
    assert offer["candidates"] == 2
    assert {one["agent"]["name"] for one in offer["top"]} == {"One", "Two"}
    await hub.write(offering.decline, first["id"], first["agent"], "busy", now=hub.hub.clock())
    second = await _offered(hub)
    await hub.write(offering.accept, second["id"], second["agent"], now=hub.hub.clock())
    told = await _explained(hub, item, by=other)
    assert [one["state"] for one in told["offers"]] == ["declined", "accepted"]
    assert told["offers"][0]["words"]["en"][0] == f"{name.title()} declined it: busy."
    assert told["offers"][1]["kept_out"] == {"declined": 1}
    (got,) = told["assignments"]
    assert (got["agent"]["name"], got["how"]) == (other.title(), "offer")
    assert told["words"]["en"]["me"][0] == "You were the only one who was free."
    assert told["words"]["en"]["waiting"] == [f"{other.title()} has it."]
    assert len(json.dumps(told["offers"][0])) < 2_000


async def _offered(hub: Running) -> Any:
    async def there() -> Any:
        rows = await hub.rows("SELECT * FROM offer WHERE state = 'pending'")
        return rows and rows[0]

    return await hub.until(there)


async def test_an_offer_says_why_to_whom_it_is_for(hub: Running) -> None:
    await hub.come("one")
    await _written(hub, "please ask")
    await _offered(hub)
    async with hub.office.person("one@acme.example") as caller:
        (offer,) = (await caller.get("offers")).json["items"]
    assert offer["why"]["candidates"] == 1
    assert offer["why"]["preferred"] is False
    assert offer["why"]["words"]["en"] == [
        "You were the only one who was free.",
        "Not in question: 1 is not signed on.",
    ]
    assert set(offer["why"]) == {"candidates", "preferred", "words"}


async def test_a_push_is_explained_too(hub: Running) -> None:
    await hub.come("one")
    item = await _written(hub, "please push")
    await hub.until_item((await hub.conversation()).id, "active")
    told = await _explained(hub, item, by="one")
    assert told["assignments"][0]["candidates"] == 1
    assert told["words"]["en"]["me"][:1] == ["You were the only one who was free."]
    again = await _explained(hub, item, by="two")
    assert again["words"]["en"]["me"][:1] == ["One was the only one who was free."]


async def test_a_matter_that_stays_in_its_queue_says_so(hub: Running) -> None:
    await _written(hub, "hello")
    talk = await hub.conversation()
    await hub.do(actions.resolve, talk.id)
    told = await _explained(hub, await _written(hub, "please ask"))
    assert told["work_item"]["queue"]["name"] == told["decision"]["kept"] == "general"
    assert told["words"]["en"]["here"][0] == (
        "It stays in queue “general” with its conversation; rule “asked” chose queue “asked”."
    )


async def test_outsiders_see_nothing(hub: Running) -> None:
    item = await _written(hub, "a secret")
    async with hub.office.person("one@acme.example") as caller:
        hidden = await caller.get(f"work-items/{item}/explain")
        missing = await caller.get("work-items/999999/explain")
    assert hidden.status == missing.status == 404
    assert hidden.json["detail"] == missing.json["detail"]
    assert (await _explained(hub, item, by="three"))["work_item"]["id"] == item


async def test_steps_by_name(hub: Running) -> None:
    await hub.come("one")  # who could take it in the second step: else it would go over at once
    item = await _written(hub, "hello")
    first = {
        "require": [{"skill": "french", "min": 4}],
        "prefer": [{"last_agent": 60 * SECOND}, {"agent": hub.agents["two"].id}],
        "for": 15 * SECOND,
    }
    steps = [first, {"also_queues": [hub.queue("asked")]}]
    plan = json.dumps({"steps": steps, "overflow": hub.queue("pushed")})
    await hub.write(_set, item, plan=plan, until=hub.hub.clock() + 3600 * SECOND)
    told = await _explained(hub, item)
    assert [step["state"] for step in told["plan"]["steps"]] == ["current", "to_come"]
    assert told["plan"]["steps"][0]["for_seconds"] == 15
    assert told["plan"]["steps"][0]["prefer"] == [
        {"last_agent": 60},
        {"agent": {"id": hub.agents["two"].id, "name": "Two"}},
    ]
    assert told["plan"]["steps"][1]["also_queues"] == ["asked"]
    assert told["plan"]["overflow"] == "pushed"
    waiting = told["words"]["en"]["waiting"]
    assert "Step 1 of 2: it asks for french at level 4 or better." in waiting
    assert any(
        "it asks for anybody of the queue, also in the queues asked" in one for one in waiting
    )
    assert "If nobody who is signed on can serve it, it goes to the queue “pushed”." in waiting


def _set(tx: Any, item: int, *, plan: str, until: int | None = None) -> None:
    tx.run(
        "UPDATE work_item SET plan = :plan, step_until = CAST(:until AS BIGINT) WHERE id = :id",
        plan=plan,
        until=until,
        id=item,
    )


async def test_what_befell_it(hub: Running) -> None:
    item = await _written(hub, "hello")
    now = hub.hub.clock()
    user = hub.agents["two"].user
    await hub.write(
        item_log.append, item, "requeue", f"user:{user}", now=now, queue=hub.queue("asked")
    )
    await hub.write(item_log.append, item, "overflow", "hub", now=now, stays=True, hops=5)
    lines = (await _explained(hub, item))["log"]
    assert [line["actor"] for line in lines] == ["Two", "hub"]
    assert lines[0]["words"]["en"] == "It was moved to the queue “asked”. By Two."
    assert lines[1]["words"]["fa"].startswith("باید باز هم")


ODD = [
    "{}",
    "[]",
    '{"steps": 7, "offer": [], "until": 1e300, "queue": 123456789012345678901234567890}',
    '{"steps": [{"require": [1]}], "candidates": 9, "top": [{"agent": true, "cost": 1}, 8]}',
    '{"candidates": "x", "offer": 1, "until": 99999999999999999999}',
    '{"top": [[1, 2], {"agent": 1}, 5, {"agent": "a", "cost": null}], "kept_out": []}',
    """{"candidates": 2, "top": [{"agent": 1, "cost": 0, "idle_since": 99999999999999999999},
    {"agent": 99999999999999999999999, "cost": 1, "terms": {"flexibility": 1}}]}""",
]


async def test_whatever_is_stored_is_explained(hub: Running) -> None:
    item = await _written(hub, "hello")
    for stored in ODD:
        await hub.write(_odd, item, hub.agents["one"].id, stored, hub.hub.clock())
        now = Now(desk=hub.hub.desk, zone=UTC, now=hub.hub.clock(), standing=json.loads(stored))
        told = await hub.read(explained.explain, item, now)
        assert set(told.words) == {"en", "fa"}
        assert json.dumps(msgspec.to_builtins(told))
    assert len(told.offers) == 3 * len(ODD)


def _odd(tx: Any, item: int, agent: int, stored: str, now: int) -> None:
    _set(tx, item, plan=stored)
    tx.run("UPDATE work_item SET why = :why WHERE id = :id", why=stored, id=item)
    tx.run("UPDATE decision SET data = :data", data=stored)
    for state in ("expired", "accepted", "strange"):
        tx.run(
            """
            INSERT INTO offer (work_item, agent, state, reason, made_at, expires_at, why)
            VALUES (:item, :agent, :state, 'x', :now, :now, :why)
            """,
            item=item,
            agent=agent,
            state=state,
            now=now,
            why=stored,
        )
    tx.run(
        """
        INSERT INTO assignment (work_item, conversation, agent, how, reason, started_at)
        SELECT id, conversation, :agent, 'push', :why, :now FROM work_item WHERE id = :item
        """,
        item=item,
        agent=agent,
        why=stored,
        now=now,
    )
    tx.run(
        "INSERT INTO item_log (work_item, what, actor, data, at) VALUES (:i, 'step', 'x', :d, :n)",
        i=item,
        d=stored,
        n=now,
    )
