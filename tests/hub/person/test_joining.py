"""Same person, and not after all: timelines, matters, last agent and rules at once, nothing lost."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from itertools import combinations
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from connectors.contract import Uri
from hub.rules import facts
from storage import contacts, events, links, search
from storage.conversations import Found
from storage.db import Database, Tx
from tests.hub.answering import Post
from tests.hub.office import Caller
from tests.hub.running import letter, message


async def _contact(caller: Caller, uri: str) -> dict[str, Any]:
    (found,) = (await caller.get("contacts", identity=uri)).json["items"]
    return dict(found)


async def _texts(caller: Caller, contact: int) -> list[str]:
    items = (await caller.get(f"contacts/{contact}/timeline")).json["items"]
    return [item["text"] for item in items if item["kind"] == "message"]


def _fields(tx: Tx, uri: str) -> dict[str, Any]:
    who = contacts.find(tx, Uri(uri))
    assert who is not None
    needs = frozenset({"contact.attributes.tier", "contact.open_conversations", "last_agent"})
    gathered = facts.gather(tx, who, Found(None, "new"), needs, 1)
    return {**gathered.looked_up, "last": gathered.last_agent}


async def test_two_are_one_and_two_again(post: Post, one: Caller) -> None:
    phone, mail = "tel:+12025550111", "mailto:ann@customer.example"
    await post.mail(letter("by mail", sender="Ann <ann@customer.example>"))
    await post.loop(message("by phone", sender=phone))
    written, _ = await post.conversations()
    await post.reply(written.id, "our answer")
    await post.write(
        lambda tx: tx.run(
            "UPDATE contact SET attributes = :a WHERE id = :id", a='{"tier":"gold"}',
            id=written.contact.id,
        )
    )  # fmt: skip
    before = await post.read(_fields, phone)
    assert before["last"] is None
    ann, other = await _contact(one, mail), await _contact(one, phone)

    joined = await one.post(
        f"contacts/{other['id']}/same", {"contact": ann["id"], "evidence": "said so"}
    )
    assert joined.status == 200, joined.text
    assert (joined.json["id"], joined.json["name"]) == (ann["id"], "Ann")  # whoever has a name
    assert [link["evidence"] for link in joined.json["links"]] == ["agent:said so"]
    assert len(joined.json["conversations"]) == 2
    for id in (ann["id"], other["id"]):
        assert await _texts(one, id) == ["our answer", "by phone", "by mail"]
    after = await post.read(_fields, phone)
    assert after["contact.attributes.tier"] == "gold"
    assert after["contact.open_conversations"] == 2
    assert after["last"] == post.agents["one"].id
    names = {row["contact"]["name"] for row in (await one.get("conversations")).json["items"]}
    assert names == {"Ann"}

    assert (await one.post(f"contacts/{ann['id']}/same", {"contact": other["id"]})).status == 409
    assert (await one.post(f"contacts/{ann['id']}/part")).status == 409  # it is the root
    parted = await one.post(f"contacts/{other['id']}/part")
    assert (parted.status, parted.json["id"], parted.json["links"]) == (200, other["id"], [])
    assert await _texts(one, other["id"]) == ["by phone"]
    assert await _texts(one, ann["id"]) == ["our answer", "by mail"]
    assert await post.read(_fields, phone) == before
    acts = await post.rows("SELECT action FROM audit WHERE action LIKE 'contact.%' ORDER BY id")
    assert [row["action"] for row in acts] == ["contact.joined", "contact.parted"]
    kept = await post.rows("SELECT evidence, made_by, revoked_by FROM contact_link")
    assert [tuple(row) for row in kept] == [
        ("agent:said so", f"user:{post.agents['one'].user}", f"user:{post.agents['one'].user}"),
    ]  # fmt: skip


async def test_who_is_wrong_is_told(post: Post, one: Caller) -> None:
    await post.loop(message("hello", sender="tel:+12025550111"))
    await post.loop(message("secret", sender="tel:+12025550122"))
    me = await _contact(one, "tel:+12025550111")
    hidden = await post.value("SELECT contact FROM identity WHERE uri = 'tel:+12025550122'")
    same = f"contacts/{me['id']}/same"
    assert (await one.post(same, {"contact": me["id"]})).status == 400
    assert (await one.post(same, {"contact": 999})).status == 404
    assert (await one.post(same, {"contact": hidden})).status == 404
    assert (await one.get(f"contacts/{hidden}")).status == 404
    assert (await one.get("contacts", identity="tel:+12025550122")).json["items"] == []
    assert (await one.post("contacts/999/part")).status == 404


ACTS = st.lists(st.tuples(st.booleans(), st.integers(0, 5), st.integers(0, 5)), max_size=12)


@given(acts=ACTS)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_any_order_of_joining_and_parting(db: Database, acts: list[Any]) -> None:
    """Persons are the components of what was asserted and not taken back, however it came about."""
    ids: list[int] = await db.write(_six)
    asserted: dict[int, int] = {}  # whose root was put below which contact, then

    def person(id: int) -> int:
        while id in asserted:
            id = asserted[id]
        return id

    for joins, a, b in acts:
        one, other = ids[a], ids[b]
        if joins:
            top, below = person(one), person(other)
            made = await db.write(links.join, one, other, evidence="e", by="t", now=1)
            assert made == (top != below)
            if made:
                asserted[below] = top
        else:
            assert await db.write(links.part, one, by="t", now=1) == (one in asserted)
            asserted.pop(one, None)
    groups = {id: set(await db.read(contacts.members, id)) for id in ids}
    for one, other in combinations(ids, 2):
        assert (other in groups[one]) == (person(one) == person(other))
    assert {id: await db.read(contacts.root, id) for id in ids} == {id: person(id) for id in ids}


def _six(tx: Tx) -> list[int]:
    return [
        tx.insert("INSERT INTO contact (name, folded, created_at) VALUES ('x', 'x', 0)")
        for _ in range(6)
    ]


async def test_two_processes_make_no_ring(postgres_url: str) -> None:
    """Each puts the other's root below its own, at once: one of them was first."""
    async with AsyncExitStack() as stack:
        finishers = (search.flush, events.flush)
        both = [await Database.open(postgres_url, finishers=finishers) for _ in range(2)]
        for db in both:
            stack.push_async_callback(db.close)
        for _ in range(20):
            one, other = (await both[0].write(_six))[:2]
            made = await asyncio.gather(
                both[0].write(links.join, one, other, evidence="e", by="t", now=1, key="a"),
                both[1].write(links.join, other, one, evidence="e", by="t", now=1, key="b"),
            )
            assert sorted(made) == [False, True]
            roots = {await both[0].read(contacts.root, id) for id in (one, other)}
            assert len(roots) == 1
            assert len(await both[0].read(contacts.members, one)) == 2
