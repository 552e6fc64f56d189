"""Explanations: every stored decision can be told, in both languages."""

from __future__ import annotations

import re
from typing import Any

import pytest

from routing import conditions, explain
from routing.fields import FIELDS
from routing.matching import Standing
from routing.rules import compile_rules

ROWS = [
    {"id": "all", "when": {}, "then": {"tags": ["seen"]}, "stop": False},
    {
        "id": "fa",
        "when": {"field": "contact.language", "eq": "fa"},
        "then": {"queue": "persian"},
    },
    {
        "id": "bill",
        "when": {"field": "text", "contains_any": ["invoice", "فاکتور"]},
        "then": {"queue": "billing", "priority": "+300s"},
    },
    {"id": "rest", "when": {}, "then": {"queue": "support"}},
]
RULES = compile_rules(ROWS, queues=["support", "billing", "persian"])


def test_why_here() -> None:
    told = explain.why_here(RULES.decide({"text": "my invoice", "auto": "no"}).as_dict())
    assert told[0] == "Rule “bill” sent it to queue “billing”."
    assert "It goes 300 seconds ahead of its turn." in told
    assert "Also matched: all." in told
    assert "Tags: seen." in told
    assert "Rule “fa” did not match: contact.language is not fa (not known here)." in told


def test_why_here_in_persian() -> None:
    told = explain.why_here(RULES.decide({"text": "فاکتور"}).as_dict(), "fa")
    assert told[0] == "قاعدهٔ «bill» آن را به صف «billing» فرستاد."
    assert "۳۰۰ ثانیه جلوتر از نوبت خود است." in told
    assert "قاعدهٔ «fa» صدق نکرد: زبان مشتری برابر fa نیست (اینجا معلوم نیست)." in told


def test_why_nobody() -> None:
    told = explain.why_here(RULES.decide({"bounce": True}).as_dict())
    assert told[0] == "Rule “hub:bounce” filed it without giving it to anybody: bounce."


@pytest.mark.parametrize(
    ("why", "expected"),
    [
        ({"how": "owner", "candidates": 1}, "It is a new turn of the agent's own conversation"),
        ({"how": "push", "candidates": 1}, "The agent was the only one who was free."),
        ({"how": "ask", "candidates": 4}, "The agent was first in line of 4 who were free."),
        ({"how": "ask", "candidates": 4, "preferred": True}, "The agent answered this customer"),
        ({"how": "take"}, "The agent took it."),
    ],
)
def test_why_me(why: dict[str, Any], expected: str) -> None:
    assert explain.why_me(why)[0].startswith(expected)


def test_why_still_waiting() -> None:
    standing = Standing(0, kept_out={"full": 2, "away": 1}).as_dict()
    assert explain.why_waiting(standing) == [
        "Agents without capacity left: 2.",
        "Agents who are away: 1.",
    ]
    assert explain.why_waiting(Standing(0).as_dict()) == ["Nobody works in this queue."]
    assert explain.why_waiting({}, "fa", pull=True)[0].startswith("در این صف")


def test_everything_has_words_in_both_languages() -> None:
    assert set(explain._FA_FIELDS) == set(FIELDS)
    assert set(explain._OPS) == conditions.OPS | {"not"}
    for english, persian in explain._SENTENCES.values():
        names = r"\{\w+\}"
        assert sorted(re.findall(names, english)) == sorted(re.findall(names, persian))


def test_older_and_emptier_decisions_can_be_told() -> None:
    assert explain.why_here({}) == ["Rule “” filed it without giving it to anybody: ."]
    assert explain.why_me({}) == []
    assert explain.why_waiting({}) == ["Nobody works in this queue."]
