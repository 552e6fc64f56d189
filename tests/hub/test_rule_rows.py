"""Rules as texts: written and read back, and patterns and texts that mean harm."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hub import files
from hub.rules import rows as rule_rows
from routing.rules import Decision, RulesInvalid, compile_rules, patterns
from tests.routing.test_rules_index import QUEUES, compiled, contexts, numbered, rows_of


@settings(max_examples=150)
@given(rows_of.map(numbered), contexts, st.booleans())
def test_rows_written_and_read_back_decide_the_same(
    rows: list[dict[str, Any]], context: dict[str, Any], within: bool
) -> None:
    body = files.write({"version": 14, "rules": rows} if within else rows)
    read = rule_rows.rows_of(body)
    assert read == rows
    known = {noun: set(QUEUES) if noun == "queues" else {"sms", "mail", "chat"} for noun in NOUNS}
    again = rule_rows.compiled(body, known)
    before = compiled(rows).decide(context)
    assert again.decide(context) == before
    stored = msgspec.json.encode(before.as_dict())
    assert msgspec.json.decode(stored)["hit"] == list(before.hit)


NOUNS = ("queues", "channels", "skills", "templates", "calendars", "policies", "agents")

pieces = st.sampled_from(
    ["a", "x", ".", "\\w", "\\s", "[a-z]", "(?:a|a)", "ي", "۱", "\\d", "^", "$", "\\b", "(a)"]
)
repeats = st.sampled_from(["", "+", "*", "?", "{2,9}", "+?", "*+"])
nested = st.recursive(
    st.tuples(pieces, repeats).map("".join),
    lambda inner: st.tuples(st.lists(inner, min_size=1, max_size=3), repeats).map(
        lambda pair: f"(?:{''.join(pair[0])}){pair[1]}"
    ),
    max_leaves=5,
)
hostile = st.sampled_from(["a", "x", "ي", "۱ ", "aX", "\u200c", "\ud800", "a\n", "🏳️‍🌈"])


@settings(max_examples=60, deadline=None)
@given(nested, hostile, st.integers(0, 20_000))
def test_no_pattern_and_no_text_stall_it(pattern: str, seed: str, length: int) -> None:
    row = {
        "id": "it",
        "when": {"field": "text", "matches": pattern},
        "then": {"queue": "vip"},
    }
    rules = None
    with suppress(RulesInvalid):  # refused: not a pattern, or one that runs on
        rules = compile_rules([row, *numbered([])], queues=QUEUES)
    if rules is None:
        return
    decision = rules.decide({"channel": "sms", "text": (seed * length)[:length] + "!"})
    assert isinstance(decision, Decision)
    if decision.timeouts:
        assert decision.notes == (f"pattern on text timed out: {pattern}",)
        assert decision.near_misses[-1].unknown


def test_what_a_pattern_looks_at_is_bounded() -> None:
    search = patterns.compile_pattern("needle")
    assert search("x" * (patterns.CAP - 6) + "needle")
    assert not search("x" * (patterns.CAP - 5) + "needle")


def test_a_whole_configuration_brings_its_own_names() -> None:
    body = """
skills: [{name: french}]
queues: [{name: new}]
rules:
- {id: rest, when: {}, then: {queue: new}, plan: [{require: [{skill: french}]}]}
"""
    nothing: dict[str, set[str]] = {noun: set() for noun in NOUNS}
    assert rule_rows.compiled(body, nothing, whole=True).decide({}).queue == "new"
    with pytest.raises(rule_rows.RulesRefused) as refused:  # it cannot be published as rules
        rule_rows.compiled(body, nothing)
    assert [error.reason for error in refused.value.errors] == ["must be a list of rules (line 2)"]
