"""Rules: operators over folded text, what is not known, what is refused, what is traced."""

from __future__ import annotations

import json
import logging
from contextlib import suppress
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing.model import Mode
from routing.rules import (
    SHIPPED_ROWS,
    Decision,
    RuleSet,
    RulesInvalid,
    compile_rules,
    patterns,
    ruleset,
)
from routing.rules.fields import FIELDS, Value

QUEUES = ("support", "billing", "vip")
REST = {"id": "rest", "when": {}, "then": {"queue": "support"}}
CONTEXT: dict[str, Value] = {
    "channel": "sms",
    "channel.kind": "sms_twilio",
    "address": "tel:+12025550100",
    "sender": "mailto:sara@acme.example",
    "subject": "",
    "text": "My Invoice is wrong, order 123",
    "auto": "no",
    "bounce": False,
    "sender.blocked": False,
    "attachments.count": 2,
    "attachments.types": ("image/png", "application/pdf"),
    "contact.known": True,
    "headers.x-campaign": "Spring",
    "claims.email": "sara@acme.example",
    "contact.attributes.tier": "Gold",
}


def rules(*rows: dict[str, Any]) -> RuleSet:
    return compile_rules([*rows, REST], queues=QUEUES)


def matches(when: dict[str, Any], **changes: Value) -> bool:
    only = rules({"id": "it", "when": when, "then": {"queue": "billing"}})
    return only.decide({**CONTEXT, **changes}).rule_id == "it"


def atom(name: str, op: str, want: object) -> dict[str, object]:
    return {"field": name, op: want}


@pytest.mark.parametrize(
    ("name", "op", "want", "expected"),
    [
        ("channel", "eq", "SMS", True),
        ("channel", "eq", "chat", False),
        ("channel", "ne", "chat", True),
        ("channel", "in", ["chat", "sms"], True),
        ("channel", "not_in", ["chat", "mail"], True),
        ("channel", "not_in", ["sms"], False),
        ("text", "contains", "INVOICE", True),
        ("text", "contains", "bill", False),
        ("text", "contains_any", ["bill", "invoice"], True),
        ("text", "contains_any", ["bill", "facture"], False),
        ("text", "starts_with", "my invoice", True),
        ("text", "ends_with", "۱۲۳", True),
        ("text", "matches", r"\border\s+\d{3}\b", True),
        ("text", "matches", r"ORDER ([۱]\d+)", True),
        ("text", "matches", r"^\d", False),
        ("subject", "present", False, True),
        ("subject", "present", True, False),
        ("subject", "eq", "x", False),
        ("sender_name", "present", False, True),
        ("headers.x-campaign", "eq", "spring", True),
        ("headers.list-id", "present", True, False),
        ("claims.email", "ends_with", "@acme.example", True),
        ("contact.attributes.tier", "eq", "gold", True),
        ("sender", "eq", "sara@ACME.example", True),
        ("sender", "eq", "mailto:sara@acme.example", True),
        ("sender", "ne", "sara@acme.example", False),
        ("sender", "starts_with", "sara@", True),
        ("sender", "starts_with", "mailto:", True),
        ("address", "eq", "+1 (202) 555-0100", True),
        ("address", "starts_with", "+1 202", True),
        ("attachments.count", "eq", 2, True),
        ("attachments.count", "gt", 1, True),
        ("attachments.count", "gt", 2, False),
        ("attachments.count", "gte", 2, True),
        ("attachments.count", "lt", 2, False),
        ("attachments.count", "lte", 2, True),
        ("attachments.count", "ne", 2, False),
        ("attachments.count", "in", [1, 2], True),
        ("attachments.count", "not_in", [1, 2], False),
        ("attachments.types", "eq", "image/png", True),
        ("attachments.types", "starts_with", "application/", True),
        ("attachments.types", "not_in", ["image/png"], False),
        ("attachments.types", "contains", "video", False),
        ("contact.known", "eq", True, True),
        ("contact.known", "ne", True, False),
        ("text.script", "eq", "latin", True),
        ("auto", "eq", "no", True),
    ],
)
def test_operators(name: str, op: str, want: object, expected: bool) -> None:
    assert matches(atom(name, op, want)) is expected


@pytest.mark.parametrize(
    ("text", "want"),
    [
        ("صورت‌حساب من اشتباه است", "صورتحساب"),
        ("مشكل در پرداخت", "مشکل"),
        ("کد ۱۲۳۴", "1234"),
        ("code 1234", "۱۲۳۴"),
        ("پَرداخت", "پرداخت"),
    ],
)
def test_text_is_compared_folded(text: str, want: str) -> None:
    assert matches(atom("text", "contains", want), text=text)
    assert matches(atom("text", "matches", want), text=text)


def test_the_script_of_a_message() -> None:
    assert matches(atom("text.script", "eq", "arabic"), text="سلام OK")
    assert matches(atom("text.script", "eq", "arabic"), text="!!", subject="سلام")
    assert not matches(atom("text.script", "present", True), text="123")


# ---------------------------------------------------------------- what is not known

UNKNOWN = atom("contact.language", "eq", "fa")
TRUE, FALSE = atom("channel", "eq", "sms"), atom("channel", "eq", "chat")


@pytest.mark.parametrize(
    ("when", "expected"),
    [
        (UNKNOWN, False),
        ({"not": UNKNOWN}, False),
        ({"not": {"not": UNKNOWN}}, False),
        (atom("contact.language", "ne", "fa"), False),
        (atom("contact.language", "not_in", ["fa"]), False),
        ({"all": [TRUE, UNKNOWN]}, False),
        ({"not": {"all": [FALSE, UNKNOWN]}}, True),
        ({"not": {"all": [UNKNOWN, FALSE]}}, True),
        ({"not": {"all": [TRUE, UNKNOWN]}}, False),
        ({"any": [UNKNOWN, TRUE]}, True),
        ({"not": {"any": [FALSE, UNKNOWN]}}, False),
        ({"not": {"any": [FALSE, FALSE]}}, True),
        ({"not": TRUE}, False),
        ({"not": FALSE}, True),
        ({"all": [TRUE, {"any": [FALSE, {"not": FALSE}]}]}, True),
    ],
)
def test_what_is_not_known_is_neither_true_nor_false(when: dict[str, Any], expected: bool) -> None:
    assert matches(when) is expected


CONDITIONS = st.recursive(
    st.sampled_from([TRUE, FALSE, UNKNOWN]),
    lambda inner: (
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts})
        | st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts})
        | inner.map(lambda part: {"not": part})
    ),
    max_leaves=8,
)


def kleene(when: dict[str, Any]) -> bool | None:
    if "not" in when:
        inner = kleene(when["not"])
        return None if inner is None else not inner
    if "field" in when:
        return {"sms": True, "chat": False}.get(when["eq"])
    key = "all" if "all" in when else "any"
    values = [kleene(part) for part in when[key]]
    deciding = key == "any"
    return deciding if deciding in values else None if None in values else not deciding


@given(CONDITIONS)
def test_conditions_follow_kleene(when: dict[str, Any]) -> None:
    assert matches(when) is (kleene(when) is True)


# ---------------------------------------------------------------- deciding


def test_the_first_match_decides() -> None:
    decision = rules(
        {"id": "a", "when": FALSE, "then": {"queue": "vip"}},
        {
            "id": "b",
            "when": TRUE,
            "then": {"queue": "billing", "priority": "+300s", "tags": ["x"], "mode": "pull"},
        },
        {"id": "c", "when": TRUE, "then": {"queue": "vip"}},
    ).decide(CONTEXT)
    assert (decision.rule_id, decision.queue, decision.priority) == ("b", "billing", 300)
    assert (decision.tags, decision.mode, decision.hit) == (("x",), Mode.PULL, ("b",))
    assert decision.routed


def test_rows_that_do_not_stop_add_up() -> None:
    decision = rules(
        {"id": "a", "when": {}, "then": {"tags": ["one"], "priority": "1m"}, "stop": False},
        {"id": "b", "when": TRUE, "then": {"queue": "vip", "tags": ["two"]}, "stop": False},
        {"id": "c", "when": TRUE, "then": {"queue": "billing", "priority": "1h", "tags": ["one"]}},
    ).decide(CONTEXT)
    assert (decision.rule_id, decision.queue, decision.priority) == ("c", "vip", 60)
    assert decision.tags == ("one", "two")
    assert decision.hit == ("a", "b", "c")
    assert decision.notes == (
        "rule c: queue billing not taken, an earlier rule decided",
        "rule c: priority 3600s not taken, an earlier rule decided",
    )


def test_route_none_beats_an_earlier_queue() -> None:
    decision = rules(
        {"id": "a", "when": {}, "then": {"queue": "vip", "tags": ["t"]}, "stop": False},
        {"id": "b", "when": TRUE, "then": {"route": "none", "reason": "test"}},
    ).decide(CONTEXT)
    assert (decision.queue, decision.reason, decision.tags) == (None, "test", ("t",))
    assert not decision.routed


def test_near_misses_name_the_first_part_that_failed() -> None:
    decision = rules(
        {"id": "a", "when": {"all": [TRUE, atom("text", "contains", "refund")]}, "then": queue()},
        {"id": "b", "when": {"all": [TRUE, UNKNOWN]}, "then": queue()},
        {"id": "c", "when": FALSE, "then": queue()},
        {"id": "d", "when": {"not": TRUE}, "then": queue()},
        {"id": "e", "when": atom("text", "contains", "invoice"), "then": queue()},
        {"id": "f", "when": FALSE, "then": queue()},
    ).decide(CONTEXT)
    own = [
        (miss.rule, miss.field, miss.op, miss.want, miss.unknown)
        for miss in decision.near_misses
        if not miss.rule.startswith("hub:")
    ]
    assert sorted(own) == [
        ("a", "text", "contains", "refund", False),
        ("b", "contact.language", "eq", "fa", True),
        ("c", "channel", "eq", "chat", False),
        ("d", "", "not", "channel eq sms", False),
    ]


def queue() -> dict[str, object]:
    return {"queue": "billing"}


def test_a_decision_is_plain_json_and_small() -> None:
    many = [{"id": f"r{n}", "when": FALSE, "then": queue()} for n in range(500)]
    decision = rules(*many).decide(CONTEXT)
    stored = json.dumps(decision.as_dict())
    assert json.loads(stored)["rule"] == "rest"
    assert len(stored) < 3_000
    assert len(decision.near_misses) == ruleset.MAX_NEAR_MISSES


@given(st.permutations(range(6)), st.sampled_from(["sms", "chat", "mail", "SMS", ""]))
def test_the_index_by_channel_changes_nothing(order: list[int], channel: str) -> None:
    whens = [
        atom("channel", "eq", "sms"),
        atom("channel", "in", ["chat", "mail"]),
        {"all": [atom("attachments.count", "gt", 1), atom("channel", "eq", "chat")]},
        {"any": [atom("channel", "eq", "mail"), atom("attachments.count", "gt", 5)]},
        {"not": atom("channel", "eq", "sms")},
        atom("text", "contains", "invoice"),
    ]
    context = {**CONTEXT, "channel": channel}
    expected = next(
        (f"r{n}" for n in order if matches(whens[n], channel=channel)),
        "rest",
    )
    rows = [{"id": f"r{n}", "when": whens[n], "then": queue()} for n in order]
    assert rules(*rows).decide(context).rule_id == expected


# ---------------------------------------------------------------- the shipped rows


@pytest.mark.parametrize(
    ("context", "rule"),
    [
        ({"consent": "stop"}, "hub:opt-out"),
        ({"consent": "start"}, "hub:opt-out"),
        ({"consent": "help"}, "rest"),
        ({"consent": ""}, "rest"),
        ({"sender.blocked": True}, "hub:blocked"),
        ({"bounce": True}, "hub:bounce"),
        ({"spam": True}, "hub:spam"),
        ({"headers.x-spam-flag": "YES"}, "hub:spam"),
        ({"headers.x-spam-status": "Yes, score=9.1"}, "hub:spam"),
        ({"headers.x-spam-status": "No, score=-1"}, "rest"),
        ({"auto": "reply"}, "hub:automatic"),
        ({"auto": "loop"}, "hub:automatic"),
        ({"headers.auto-submitted": "auto-replied"}, "hub:automatic"),
        ({"headers.auto-submitted": "auto-generated; x=y"}, "hub:automatic"),
        ({"headers.auto-submitted": "No"}, "rest"),
        ({"headers.auto-submitted": "no; why"}, "rest"),
        ({"headers.auto-submitted": "nothing"}, "hub:automatic"),
        ({"auto": "bulk"}, "hub:bulk"),
        ({"headers.precedence": "Bulk"}, "hub:bulk"),
        ({"headers.precedence": "list"}, "hub:bulk"),
        ({"headers.precedence": "junk"}, "hub:bulk"),
        ({"headers.precedence": "first-class"}, "rest"),
        ({"headers.list-id": "<x.y>"}, "hub:bulk"),
        ({}, "rest"),
    ],
)
def test_shipped_rows_file_without_routing(context: dict[str, Value], rule: str) -> None:
    decision = rules().decide({**CONTEXT, **context})
    assert decision.rule_id == rule
    assert decision.routed is (rule == "rest")
    assert bool(decision.reason) is (rule != "rest")


def test_a_shipped_row_can_be_switched_off() -> None:
    off = {"id": "hub:bulk", "off": True, "note": "we answer lists"}
    assert rules(off).decide({**CONTEXT, "auto": "bulk"}).rule_id == "rest"
    assert rules(off).decide({**CONTEXT, "auto": "loop"}).rule_id == "hub:automatic"


def test_shipped_rows_are_rows_like_any_other() -> None:
    rows = [{**row, "id": str(row["id"]).removeprefix("hub:")} for row in SHIPPED_ROWS]
    assert len(compile_rules([*rows, REST], queues=QUEUES).rules) == 2 * len(SHIPPED_ROWS) + 1


# ---------------------------------------------------------------- never raising, never long


def test_a_failing_rule_leaves_it_to_the_catch_all(caplog: pytest.LogCaptureFixture) -> None:
    broken = {**CONTEXT, "text": 5, "attachments.count": "secret words"}
    with caplog.at_level(logging.ERROR):
        decision = rules({"id": "a", "when": atom("text", "eq", "x"), "then": queue()}).decide(
            broken
        )
    assert (decision.rule_id, decision.queue, decision.reason) == ("rest", "support", "rule error")
    assert decision.notes
    assert "secret words" not in caplog.text


@given(st.dictionaries(st.sampled_from(sorted(FIELDS)), st.none() | st.integers() | st.text()))
def test_decide_never_raises(context: dict[str, Value]) -> None:
    logging.disable()
    try:
        every = [
            {"id": f"r{n}", "when": {"not": atom(name, "present", True)}, "then": queue()}
            for n, name in enumerate(FIELDS)
            if not name.endswith("*")
        ]
        asks = [
            {"id": "text", "when": atom("text", "matches", "a.*b"), "then": queue()},
            {"id": "count", "when": atom("attachments.count", "gt", 3), "then": queue()},
        ]
        assert isinstance(rules(*asks, *every).decide(context), Decision)
    finally:
        logging.disable(logging.NOTSET)


def test_over_the_budget_the_catch_all_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ruleset, "BUDGET_SECONDS", -1.0)
    decision = rules({"id": "a", "when": FALSE, "then": queue()}).decide(CONTEXT)
    assert (decision.rule_id, decision.reason) == ("rest", "rule error")
    assert "over the time budget" in decision.notes[-1]


SLOW = r"(?:x+x+)+y"


@pytest.fixture
def unprobed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patterns, "_hostile", lambda _pattern: [])


@pytest.mark.usefixtures("unprobed")
def test_a_pattern_that_times_out_does_not_match_and_is_traced() -> None:
    slow = atom("text", "matches", SLOW)
    for when in (slow, {"not": slow}):
        row = {"id": "slow", "when": when, "then": queue()}
        decision = rules(row).decide({**CONTEXT, "text": "x" * 5_000})
        assert decision.rule_id == "rest"
        assert decision.reason == ""
        assert decision.notes == (f"pattern on text timed out: {SLOW}",)


@pytest.mark.usefixtures("unprobed")
def test_many_slow_patterns_are_a_rule_error() -> None:
    rows = [
        {"id": f"r{n}", "when": atom("text", "matches", SLOW), "then": queue()} for n in range(9)
    ]
    decision = rules(*rows).decide({**CONTEXT, "text": "x" * 5_000})
    assert decision.reason == "rule error"
    assert len(decision.notes) < 7


def test_a_long_text_is_cut_and_says_so() -> None:
    row = {"id": "a", "when": atom("text", "contains", "needle"), "then": queue()}
    decision = rules(row).decide({**CONTEXT, "text": "سلام " * 20_000 + "needle"})
    assert decision.rule_id == "rest"
    assert decision.notes == ("text: only 50000 characters were looked at",)


def test_what_is_in_force_is_not_refused_by_a_busy_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(patterns, "_PROBE_SECONDS", 1e-9)
    rows = [{"id": "slow", "when": atom("text", "matches", SLOW), "then": queue()}, REST]
    with pytest.raises(RulesInvalid, match="backtracks"):
        compile_rules(rows, queues=QUEUES)
    assert compile_rules(rows, queues=QUEUES, probe=False).rules


def test_a_file_full_of_slow_patterns_is_refused_before_each_was_tried(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(patterns, "_PROBE_SECONDS", 1e-9)
    row = {"when": atom("text", "matches", SLOW), "then": queue()}
    with pytest.raises(RulesInvalid) as refused:
        compile_rules([*({"id": f"slow-{n}", **row} for n in range(20)), REST], queues=QUEUES)
    assert len(refused.value.problems) == 5


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("row", "error"),
    [
        ("text", "rules[0]: must be a mapping"),
        ({"when": {}, "then": queue()}, "rules[0].id: required"),
        ({"id": "hub:x", "when": FALSE, "then": queue()}, "rules[0].id: hub: is for the hub's"),
        ({"id": "rest", "when": FALSE, "then": queue()}, "rules[1].id: rest is there twice"),
        ({"id": "a", "then": queue()}, "rules[0].when: required"),
        ({"id": "a", "when": None, "then": queue()}, "rules[0].when: must be a mapping"),
        ({"id": "a", "when": {}, "then": queue()}, "rules[0].when: always matches"),
        ({"id": "a", "when": FALSE}, "rules[0].then: required"),
        ({"id": "a", "when": FALSE, "then": {}}, "rules[0].then: required"),
        ({"id": "a", "when": FALSE, "then": {"tags": ["x"]}}, "rules[0].then: needs a queue"),
        ({"id": "a", "when": FALSE, "then": {"queue": "vipp"}}, "queue vipp; did you mean vip?"),
        ({"id": "a", "when": FALSE, "then": {"queue": ["vip"]}}, "rules[0].then.queue: there is"),
        ({"id": "a", "when": FALSE, "then": {"queue": "vip", "que": 1}}, "rules[0].then.que:"),
        ({"id": "a", "when": FALSE, "then": {"route": "vip"}}, "rules[0].then.route: can only"),
        (
            {"id": "a", "when": FALSE, "then": {"route": "none", "queue": "vip"}},
            "rules[0].then.queue: has no meaning beside route: none",
        ),
        (
            {"id": "a", "when": FALSE, "then": {"route": "none"}, "stop": False},
            "rules[0].then.route: decides",
        ),
        ({"id": "a", "when": FALSE, "then": queue(), "stop": "no"}, "rules[0].stop: must be"),
        ({"id": "a", "when": FALSE, "then": queue(), "wen": 1}, "rules[0].wen: there is no such"),
        (
            {"id": "a", "when": FALSE, "then": {**queue(), "priority": 300}},
            "rules[0].then.priority: write a duration with a unit",
        ),
        (
            {"id": "a", "when": FALSE, "then": {**queue(), "priority": "3d"}},
            "rules[0].then.priority: can be at most 24h",
        ),
        ({"id": "a", "when": FALSE, "then": {**queue(), "mode": "shove"}}, "then.mode: must be"),
        ({"id": "a", "when": FALSE, "then": {**queue(), "tags": "x"}}, "then.tags: must be a list"),
        ({"id": "a", "when": FALSE, "then": {**queue(), "reason": 1}}, "then.reason: must be"),
        (
            {"id": "a", "when": atom("subjct", "eq", "x"), "then": queue()},
            "rules[0].when.field: there is no field subjct; did you mean subject? (rule a)",
        ),
        ({"id": "a", "when": atom("headers.", "eq", "x"), "then": queue()}, "no field headers."),
        ({"id": "a", "when": atom("headers.*", "eq", "x"), "then": queue()}, "no field headers.*"),
        (
            {"id": "a", "when": {"all": [TRUE, atom("text", "has", "x")]}, "then": queue()},
            "rules[0].when.all[1].has: there is no operator has",
        ),
        ({"id": "a", "when": {"field": "text"}, "then": queue()}, "exactly one operator, has 0"),
        (
            {"id": "a", "when": {"field": "text", "eq": "a", "ne": "b"}, "then": queue()},
            "exactly one operator, has 2",
        ),
        (
            {"id": "a", "when": atom("text", "gt", 1), "then": queue()},
            "rules[0].when.gt: gt does not fit text, which is text",
        ),
        (
            {"id": "a", "when": atom("text", "eq", 5), "then": queue()},
            "rules[0].when.eq: eq needs a text, not 5: put it in quotes",
        ),
        (
            {"id": "a", "when": atom("attachments.count", "gt", "1"), "then": queue()},
            "gt needs a whole number, not 1",
        ),
        (
            {"id": "a", "when": atom("attachments.count", "eq", True), "then": queue()},
            "eq needs a whole number, not true",
        ),
        (
            {"id": "a", "when": atom("bounce", "eq", "yes"), "then": queue()},
            "eq needs true or false, not yes",
        ),
        ({"id": "a", "when": atom("bounce", "present", "x"), "then": queue()}, "present needs"),
        ({"id": "a", "when": atom("text", "in", "x"), "then": queue()}, "in needs a list"),
        ({"id": "a", "when": atom("text", "in", []), "then": queue()}, "in needs a list"),
        ({"id": "a", "when": atom("text", "contains", "\u200c"), "then": queue()}, "not empty"),
        ({"id": "a", "when": atom("auto", "eq", "maybe"), "then": queue()}, "'maybe' is none of"),
        ({"id": "a", "when": atom("text", "matches", "("), "then": queue()}, "not a pattern"),
        ({"id": "a", "when": atom("text", "matches", r"(\d+)+$"), "then": queue()}, "backtracks"),
        ({"id": "a", "when": atom("text", "matches", ""), "then": queue()}, "1 to 1000 characters"),
        ({"id": "a", "when": atom("text", "matches", "(" * 490), "then": queue()}, "not a pattern"),
        ({"id": "a", "when": {"all": []}, "then": queue()}, "rules[0].when.all: must be a list"),
        ({"id": "a", "when": {"any": TRUE}, "then": queue()}, "rules[0].when.any: must be a list"),
        ({"id": "a", "when": {"all": [{}]}, "then": queue()}, "rules[0].when.all[0]: is empty"),
        ({"id": "a", "when": {"all": [TRUE], "any": [TRUE]}, "then": queue()}, "exactly one of"),
        ({"id": "a", "when": {"not": "x"}, "then": queue()}, "rules[0].when.not: must be"),
        ({"id": "a", "when": {"al": [TRUE]}, "then": queue()}, "rules[0].when: must be exactly"),
    ],
)
def test_refused_rows(row: object, error: str) -> None:
    with pytest.raises(RulesInvalid) as caught:
        compile_rules([row, REST], queues=QUEUES)
    assert error in str(caught.value)


@pytest.mark.parametrize(
    "rows",
    [
        [],
        [{"id": "a", "when": TRUE, "then": queue()}],
        [{"id": "a", "when": {}, "then": {"route": "none"}}],
        [{"id": "a", "when": {}, "then": queue(), "stop": False}],
    ],
)
def test_a_catch_all_is_compulsory(rows: list[object]) -> None:
    with pytest.raises(RulesInvalid, match="the last rule must be a catch-all"):
        compile_rules(rows, queues=QUEUES)


@pytest.mark.parametrize("rows", [None, "text", {"id": "a"}, 5])
def test_rows_must_be_a_list(rows: object) -> None:
    with pytest.raises(RulesInvalid, match="must be a list"):
        compile_rules(rows, queues=QUEUES)


def test_all_errors_are_told_at_once() -> None:
    rows = [
        {"id": "a", "when": atom("nothing", "eq", "x"), "then": {"queue": "nowhere"}},
        {"id": "b", "when": {"any": [atom("text", "gt", 1), atom("auto", "eq", 1)]}, "then": 3},
    ]
    with pytest.raises(RulesInvalid) as caught:
        compile_rules(rows, queues=QUEUES, path="file.rules")
    assert [problem.path for problem in caught.value.problems] == [
        "file.rules[0].when.field",
        "file.rules[0].then.queue",
        "file.rules[1].when.any[0].gt",
        "file.rules[1].when.any[1].eq",
        "file.rules[1].then",
    ]
    assert {problem.rule for problem in caught.value.problems} == {"a", "b"}


def test_too_deep_is_refused() -> None:
    when: dict[str, Any] = TRUE
    for _ in range(500):
        when = {"not": when}
    with pytest.raises(RulesInvalid, match="nested more than 20 deep"):
        compile_rules([{"id": "a", "when": when, "then": queue()}, REST], queues=QUEUES)


def test_unknown_channels_are_refused_where_they_are_known() -> None:
    row = {"id": "a", "when": atom("channel", "in", ["SMS", "chatt"]), "then": queue()}
    with pytest.raises(RulesInvalid, match="there is no channel chatt; did you mean chat"):
        compile_rules([row, REST], queues=QUEUES, channels=["sms", "chat"])


@pytest.mark.parametrize(
    ("row", "error"),
    [
        (
            {"id": "hub:bluk", "off": True},
            "[0].id: there is no shipped rule hub:bluk; did you mean",
        ),
        ({"id": "mine", "off": True}, "rules[0].id: there is no shipped rule mine"),
        ({"id": "hub:bulk", "off": False}, "rules[0].off: can only be true"),
        ({"id": "hub:bulk", "off": True, "when": {}}, "rules[0].when: there is no such key"),
    ],
)
def test_only_shipped_rows_can_be_switched_off(row: dict[str, Any], error: str) -> None:
    with pytest.raises(RulesInvalid) as caught:
        rules(row)
    assert error in str(caught.value)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    [
                        "id",
                        "when",
                        "then",
                        "stop",
                        "all",
                        "any",
                        "not",
                        "field",
                        "eq",
                        "queue",
                        "order",
                        "override",
                        "plan",
                        "sla",
                        "tags",
                        "add",
                        "deflect",
                        "require",
                    ]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=15,
    )
)
def test_any_junk_is_refused_or_compiled(junk: object) -> None:
    with suppress(RulesInvalid):
        assert compile_rules(junk, queues=QUEUES).rules
