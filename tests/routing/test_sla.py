"""Policies: read, chosen, and by when what they promise is due."""

from __future__ import annotations

from typing import Any
from zoneinfo import ZoneInfo

import pytest

from routing import sla
from routing.calendar import MINUTE, Calendar, always
from routing.days import Days, spans
from routing.sla import Act, Asked, Kind, When

HOUR = 60 * MINUTE
MONDAY = 1_775_460_600_000_000  # 2026-04-06 07:30 UTC
OFFICE = Calendar(
    "office", ZoneInfo("UTC"), Days(week=(spans(["09:00-17:00"]),) * 5 + ((),) * 2), version=3
)


def policy(name: str = "p", **given: Any) -> sla.Policy:
    return sla.policy(name, given)


def test_a_policy_as_a_file_writes_it() -> None:
    found = policy(
        answer="10s",
        resolution="3d",
        warn="50%",
        target=90,
        calendar="office",
        when={"tier": "gold"},
        on_breach={"priority": "+600s", "queue": "late", "notify": ["supervisors"]},
    )
    assert found.targets == {Kind.ANSWER: 10_000_000, Kind.RESOLUTION: 72 * HOUR}
    assert (found.warn, found.share, found.calendar, found.when) == (
        50,
        90,
        "office",
        When(tier="gold"),
    )
    assert found.on_breach == Act(600, "late", ("supervisors",))
    assert found.on_warn.as_dict() == {}


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"answer": "soon"}, "^answer: write a duration"),
        ({"next_reply": "0s"}, "^next_reply: must be longer"),
        ({"resolution": "400d"}, "^resolution: .* a year at most"),
        ({"answer": "4h", "warn": "100%"}, "^warn: "),
        ({"answer": "4h", "on_warn": {"priority": "high"}}, r"^on_warn\.priority: "),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_key(given: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        policy(**given)


GOLD = Asked("sales", ("shop", "webchat"), "gold")


@pytest.mark.parametrize(
    ("whens", "taken"),
    [
        ({"a": {}, "b": {"queue": "sales"}}, "b"),
        ({"a": {"queue": "sales"}, "b": {"tier": "gold", "channel": "webchat"}}, "b"),
        ({"b": {"channel": "shop"}, "a": {"channel": "webchat"}}, "a"),
        ({"a": {"queue": "care"}, "b": {"tier": "silver"}, "c": {}}, "c"),
        ({"a": {"queue": "care"}, "b": None}, None),
    ],
)
def test_the_policy_that_says_most_is_taken(
    whens: dict[str, dict[str, str] | None], taken: str | None
) -> None:
    """Then the first by name; a policy without ``when`` only where it is named."""
    found = sla.choose([policy(name, answer="1h", when=when) for name, when in whens.items()], GOLD)
    assert (found and found.name) == taken


def test_due_and_warning_in_business_time() -> None:
    """4 h from Monday 07:30: open from 09:00, so 13:00; the warning after 80 % of it, at 12:12."""
    found = sla.promise(policy(first_reply="4h"), Kind.FIRST_REPLY, OFFICE, MONDAY)
    nine = MONDAY + 90 * MINUTE
    assert (found.due_at, found.warn_at) == (nine + 4 * HOUR, nine + 192 * MINUTE)
    assert (found.calendar, found.version, found.warn) == ("office", 3, 192 * MINUTE)
    assert found.acts == "{}"


def test_what_has_run_before_a_pause_counts() -> None:
    nine = MONDAY + 90 * MINUTE
    due, warn = sla.due(OFFICE, nine, 4 * HOUR, 3 * HOUR, used=HOUR)
    assert (due, warn) == (nine + 3 * HOUR, nine + 2 * HOUR)
    assert sla.due(OFFICE, MONDAY, HOUR, HOUR, used=2 * HOUR) == (MONDAY, MONDAY)


def test_what_never_opens_is_never_due() -> None:
    never = Calendar("never", ZoneInfo("UTC"), Days())
    found = sla.promise(policy(answer="1s"), Kind.ANSWER, never, MONDAY)
    assert (found.due_at, found.warn_at) == (None, None)


def test_without_a_calendar_time_runs_always() -> None:
    found = sla.promise(policy(resolution="62h"), Kind.RESOLUTION, always(), MONDAY)
    assert found.due_at == MONDAY + 62 * HOUR
