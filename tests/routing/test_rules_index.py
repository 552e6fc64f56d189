"""Looking rules up gives what trying every one of them gives."""

from __future__ import annotations

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from routing.rules import SHIPPED_ROWS, RuleSet, compile_rules, ruleset
from routing.rules.view import View
from tests.routing import naive_rules

QUEUES = ("support", "billing", "vip")
CHANNELS = ("sms", "SMS", "mail", "chat")
WORDS = ("refund", "fund", "Refund now", "فاکتور", "فاكتور", "كد", "re", "now 12", "۱۲", "x")
ADDRESSES = (
    "mailto:a@acme.example", "mailto:b@mail.acme.example", "mailto:a@other.example",
    "tel:+12025550100", "tel:+989121234567",
)  # fmt: skip
TIERS = ("vip", "gold", "12", "7", "true")

texts = st.lists(st.sampled_from(WORDS), max_size=4).map(" ".join)
CONTEXTS: dict[str, st.SearchStrategy[Any]] = {
    "channel": st.sampled_from([*CHANNELS, "pigeon", ""]),
    "address": st.sampled_from(ADDRESSES),
    "sender": st.sampled_from(ADDRESSES),
    "subject": texts,
    "text": texts,
    "headers.x-tag": st.sampled_from([*WORDS, ""]),
    "contact.attributes.tier": st.sampled_from(TIERS)
    | st.lists(st.sampled_from(TIERS), max_size=2).map(tuple),
    "attachments.types": st.lists(st.sampled_from(["image/png", "a/b"]), max_size=2).map(tuple),
    "attachments.count": st.integers(0, 3),
    "contact.open_conversations": st.integers(0, 3),
    "contact.known": st.booleans(),
    "bounce": st.just(False),
    "auto": st.sampled_from(["no", "no", "no", "reply", "bulk"]),
    "headers.auto-submitted": st.sampled_from(["no", "auto-replied"]),
    **{f"queue.{name}.waiting": st.integers(0, 2) for name in QUEUES},
    **{f"queue.{name}.calendar": st.sampled_from(["open", "closed"]) for name in QUEUES},
}
contexts = st.fixed_dictionaries(
    {}, optional={name: values | st.none() for name, values in CONTEXTS.items()}
)


def atoms(name: str, ops: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[Any]:
    return st.sampled_from(sorted(ops)).flatmap(
        lambda op: ops[op].map(lambda want: {"field": name, op: want})
    )


def several(one: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.lists(one, min_size=1, max_size=3)


words = st.sampled_from(WORDS)
EQUALS = {"eq": words, "ne": words, "in": several(words), "not_in": several(words)}
TEXT_OPS = {
    **EQUALS, "contains": words, "contains_any": several(words), "contains_all": several(words),
    "starts_with": words, "ends_with": words, "present": st.booleans(),
    "matches": st.sampled_from(["re+", "^x", "12$"]),
}  # fmt: skip
parts = st.sampled_from(
    ["a@acme.example", "mailto:a@acme.example", "+1 (202) 555-0100", "tel:+98", "mailto:", "acme"]
)
ADDRESS_OPS = {
    "eq": parts, "ne": parts, "in": several(parts), "starts_with": parts, "ends_with": parts,
    "contains": parts, "present": st.booleans(),
    "within": st.sampled_from(["acme.example", "mail.acme.example", "+98", "+1202"])
    | st.just(["a@other.example", "acme.example"]),
}  # fmt: skip
numbers = st.integers(0, 3)
ORDER = {
    "gt": numbers, "lt": numbers, "ge": numbers, "le": numbers,
    "between": st.tuples(numbers, numbers).map(sorted),
}  # fmt: skip
COUNTS = {**ORDER, "eq": numbers, "ne": numbers, "in": several(numbers), "present": st.booleans()}
tiers = st.sampled_from([*TIERS, 7, True])
channels = st.sampled_from(CHANNELS)
channel_atoms = atoms("channel", {"eq": channels, "in": several(channels), "ne": channels})
leaves = st.one_of(
    channel_atoms,
    channel_atoms,
    atoms("text", TEXT_OPS),
    atoms("subject", TEXT_OPS),
    atoms("headers.x-tag", TEXT_OPS),
    atoms("address", ADDRESS_OPS),
    atoms("to.address", ADDRESS_OPS),
    atoms("sender", ADDRESS_OPS),
    atoms("attachments.types", TEXT_OPS),
    atoms("attachments.count", COUNTS),
    atoms("contact.open_conversations", COUNTS),
    atoms("contact.known", {"eq": st.booleans(), "ne": st.booleans(), "present": st.booleans()}),
    atoms("contact.tier", {"eq": tiers, "in": several(tiers), "ne": tiers, **ORDER}),
    atoms("queue.waiting", COUNTS),
    atoms("queue.calendar", {"eq": st.sampled_from(["open", "closed"])}),
    atoms("queue.vip.calendar", {"eq": st.sampled_from(["open", "closed"])}),
)
conditions = st.recursive(
    leaves,
    lambda inner: (
        several(inner).map(lambda them: {"all": them})
        | several(inner).map(lambda them: {"any": them})
        | inner.map(lambda one: {"not": one})
    ),
    max_leaves=6,
)
seconds = st.integers(0, 99).map(lambda n: f"{n}s")
tags = st.lists(st.sampled_from("abc"), max_size=2, unique=True)
queues = st.sampled_from(QUEUES)
adding = st.fixed_dictionaries(
    {"tags": tags | tags.map(lambda them: {"add": them})},
    optional={"queue": queues, "priority": seconds},
)
deciding = st.fixed_dictionaries(
    {"queue": queues}, optional={"priority": seconds, "tags": tags}
) | st.just({"route": "none", "reason": "x"})
rows_of = st.lists(
    st.fixed_dictionaries(
        {"when": conditions | st.just({}), "then": adding, "stop": st.just(False)},
        optional={"override": st.booleans()},
    )
    | st.fixed_dictionaries({"when": conditions, "then": deciding}),
    max_size=12,
)


def numbered(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    rest = {"id": "rest", "when": {}, "then": {"queue": "support"}}
    return [*({"id": f"r{n}", **row} for n, row in enumerate(rows)), rest]


def compiled(rows: list[dict[str, Any]]) -> RuleSet:
    return compile_rules(rows, queues=QUEUES)


@settings(max_examples=200)
@given(rows_of.map(numbered), st.lists(contexts, min_size=1, max_size=5))
def test_the_index_changes_nothing(
    rows: list[dict[str, Any]], given_contexts: list[dict[str, Any]]
) -> None:
    rules = compiled(rows)
    for context in given_contexts:
        expected = naive_rules.decide([*SHIPPED_ROWS, *rows], context, "support")
        decision = rules.decide(context)
        assert (
            decision.rule_id,
            decision.queue,
            decision.priority,
            decision.tags,
            decision.hit,
        ) == (
            expected.rule,
            expected.queue,
            expected.priority,
            tuple(expected.tags),
            tuple(expected.hit),
        )


@settings(max_examples=100)
@given(rows_of.map(numbered), contexts)
def test_near_misses_are_rules_before_it_that_did_not_hold(
    rows: list[dict[str, Any]], context: dict[str, Any]
) -> None:
    decision = compiled(rows).decide(context)
    order = [row["id"] for row in rows]
    by_id = {row["id"]: row for row in rows}
    near = [miss.rule for miss in decision.near_misses]
    assert len(near) == len(set(near)) <= ruleset.MAX_NEAR_MISSES
    assert near == sorted(near, key=order.index)
    if decision.rule_id in by_id:
        assert all(order.index(name) < order.index(decision.rule_id) for name in near)
    for miss in decision.near_misses:
        if "queue." not in str(by_id[miss.rule]["when"]):
            assert naive_rules.truth(by_id[miss.rule]["when"], context, "support") is not True
        assert miss.rule not in decision.hit


@settings(max_examples=400)
@given(conditions, contexts)
def test_one_condition_is_what_it_says(when: dict[str, Any], context: dict[str, Any]) -> None:
    row = {"id": "it", "when": when, "then": {"queue": "billing"}}
    rules = compiled(numbered([]) if not when else [row, *numbered([])])
    miss = rules.rules[-2].condition.check(View(context, "support"))
    expected = naive_rules.truth(when, context, "support")
    assert (miss is None) is (expected is True)
    if miss is not None:
        assert miss.unknown is (expected is None)


@settings(max_examples=150)
@given(rows_of.map(numbered), contexts, st.sets(st.sampled_from(sorted(CONTEXTS))))
def test_what_was_not_kept_only_ever_leaves_it_open(
    rows: list[dict[str, Any]], context: dict[str, Any], forgotten: set[str]
) -> None:
    """Where a decision without some fields is called certain, it is the one with them."""
    rules = compiled(rows)
    kept = {name: value for name, value in context.items() if name not in forgotten}
    recorded = (set(CONTEXTS) - forgotten) | {
        "consent", "sender.blocked", "spam", "headers.x-spam-flag", "headers.x-spam",
        "headers.x-spam-status", "headers.precedence", "headers.list-id",
    }  # fmt: skip
    partly, lacking = rules.decide_partly(kept, recorded)
    assert not set(lacking) & set(recorded)
    if not lacking:
        assert partly.queue == rules.decide(context).queue


def test_ten_thousand_rules_leave_few_to_try() -> None:
    rows = [
        {
            "id": f"r{n}",
            "when": {
                "all": [
                    {"field": "channel", "eq": CHANNELS[n % 4]},
                    {"field": "text", "contains": f"word{n}."},
                ]
            },
            "then": {"queue": "vip"},
        }
        for n in range(10_000)
    ]
    rules = compiled([*rows, *numbered([])])
    context = {"channel": "sms", "text": "this is word4001. and word9000. of many", "auto": "no"}
    assert rules.decide(context).rule_id == "r4001"
    assert len(rules._index.candidates(View(context, "support"))) <= 3
