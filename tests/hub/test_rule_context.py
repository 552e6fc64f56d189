"""What rules are asked about: looked up only if some rule asks, kept without what was written."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.observe import REGISTRY
from hub.rules import context
from routing.rules import compile_rules
from tests.hub.office import CONFIG, Office, opened

REST = {"id": "rest", "when": {}, "then": {"queue": "general"}}


def asked(*names: str) -> context.Asked:
    rows = [
        {"id": f"r{n}", "when": {"field": name, "present": True}, "then": {"queue": "general"}}
        for n, name in enumerate(names)
    ]
    return context.asked(compile_rules([*rows, REST], queues=["general"]).needs)


def test_nothing_is_looked_up_for_rules_that_do_not_ask() -> None:
    found = asked("text", "channel", "claims.name")
    assert found.recorded == ()
    assert found == context.Asked(
        profile=False, open=False, last_contact=False, last_agent=False, calendars=(), queues=()
    )


def test_what_is_asked_for_is_looked_up() -> None:
    assert asked("contact.tier").profile
    assert asked("organization.name").profile
    assert asked("language").profile
    assert asked("contact.open_conversations").open
    assert asked("contact.last_contact").last_contact
    assert asked("last_agent").last_agent
    found = asked("queue.waiting", "queue.general.calendar", "calendar.office")
    assert found.queues == ("queue.general.waiting",)
    assert found.calendars == ("calendar.office", "queue.general.calendar")


keys = st.sampled_from(["channel", "headers.x-tag", "attachments.types"])
values = st.booleans() | st.integers(-9, 9) | st.text() | st.lists(st.text()).map(tuple)


@given(st.dictionaries(keys, values), st.sampled_from([(), ("contact.tier", "queue.waiting")]))
def test_what_is_kept_comes_back(kept: dict[str, Any], names: tuple[str, ...]) -> None:
    needs = frozenset(names)
    found, recorded = context.of_inputs(context.inputs(kept, needs))
    assert found.keys() == (kept.keys() if kept or names else set())
    for name, value in kept.items():
        if "\ud800" not in str(value) and str(value).isascii():
            assert found[name] == value
    if kept or names:
        assert {"headers.*", "text"} <= recorded
        assert ("contact.attributes.*" in recorded) is bool(names)


def test_attributes_are_texts() -> None:
    stored = msgspec.json.encode(
        {"a": "x", "b": 5, "c": 1.5, "d": True, "e": ["x", 2, {}], "f": None, "g": {}}
    ).decode()
    assert context.attributes("contact", stored) == {
        "contact.attributes.a": "x",
        "contact.attributes.b": "5",
        "contact.attributes.c": "1.5",
        "contact.attributes.d": "true",
        "contact.attributes.e": ("x", "2"),
    }
    assert context.attributes("contact", "[]") == {}


# ---------------------------------------------------------------- in a hub

RULES = """
- {id: gold, when: {field: contact.tier, eq: gold}, then: {queue: sales, mode: pull}}
- {id: rich, when: {field: organization.value, ge: 100}, then: {queue: sales, mode: pull}}
- {id: fa, when: {field: contact.language, eq: fa}, then: {queue: sales, mode: pull}}
- {id: again, when: {all: [{field: contact.last_contact, lt: 1h}, {field: conversation.status, eq: open}]},
   then: {tags: [again]}, stop: false}
- {id: many, when: {field: contact.open_conversations, ge: 1}, then: {queue: general, mode: pull, tags: [many]}}
- {id: rest, when: {}, then: {queue: general, mode: pull}}
"""


@pytest.fixture
async def office(tmp_path: Any, db_url: str) -> Any:
    async with opened(tmp_path, db_url, CONFIG.split("rules:")[0] + "rules:" + RULES) as found:
        yield found


async def ruled(office: Office, text: str = "hello") -> tuple[dict[str, Any], dict[str, Any]]:
    """A message from the one customer: its decision, and what was kept of its context."""
    await office.customer_writes(text)

    def last(tx: Any) -> Any:
        return tx.one("SELECT data, inputs FROM decision ORDER BY id DESC LIMIT 1")

    row = await office.hub.db.read(last)
    return msgspec.json.decode(row["data"]), msgspec.json.decode(row["inputs"])


async def set_contact(office: Office, words: str, **values: Any) -> None:
    def change(tx: Any) -> None:
        tx.run(f"UPDATE contact SET {words}", **values)

    await office.hub.db.write(change)


async def test_people_and_organizations_are_asked_about(office: Office) -> None:
    decision, kept = await ruled(office)
    assert decision["rule"] == "rest"
    assert kept["contact.open_conversations"] == 0
    assert "contact.attributes.*" in kept["recorded"]
    decision, kept = await ruled(office)
    assert (decision["rule"], decision["hit"]) == ("many", ["again", "many"])
    assert kept["conversation.status"] == "open"
    assert kept["contact.last_contact"] <= 60
    await set_contact(office, "language = 'fa'")
    assert (await ruled(office))[0]["rule"] == "fa"
    organization = """
        INSERT INTO organization (name, folded, attributes, created_at)
        VALUES ('Acme', 'acme', '{"value": 250}', 1)
    """
    await office.hub.db.write(lambda tx: tx.run(organization))
    await set_contact(office, "organization = (SELECT MAX(id) FROM organization)")
    decision, kept = await ruled(office)
    assert decision["rule"] == "rich"
    assert kept["organization.name"] == "Acme"
    await set_contact(office, "attributes = :attributes", attributes='{"tier": "Gold"}')
    assert (await ruled(office))[0]["rule"] == "gold"


async def test_tags_of_later_messages_are_added(office: Office) -> None:
    await ruled(office)
    await ruled(office)
    await ruled(office)

    def tags(tx: Any) -> list[str]:
        return [row["tags"] for row in tx.all("SELECT tags FROM conversation")]

    assert await office.hub.db.read(tags) == ['["again","many"]']


async def test_a_failing_rule_is_counted_and_the_catch_all_decides(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = REGISTRY.get_sample_value("hub_rule_trouble_total", {"kind": "rule"}) or 0
    monkeypatch.setattr("routing.rules.ruleset.BUDGET_SECONDS", -1.0)
    decision, _ = await ruled(office)
    assert (decision["rule"], decision["reason"]) == ("rest", "rule error")
    assert REGISTRY.get_sample_value("hub_rule_trouble_total", {"kind": "rule"}) == before + 1
