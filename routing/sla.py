"""Promises: which policy holds for a turn, and by when each thing it promises is due. Pure.

``answer`` and ``first_reply`` run from the first message to the first reply of a person and pause
for nothing but the calendar; ``next_reply`` from the first message that nobody has answered since;
``resolution`` from the first message until it is resolved, and pauses while the customer owes.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum
from typing import Any, Final

from routing import spans
from routing.calendar import Calendar

MICRO: Final = timedelta(microseconds=1)
WARN: Final = 80
"""Percent of the time, where a policy does not say."""
LONGEST: Final = timedelta(days=366)
WARN_PATTERN: Final = r"^[1-9][0-9]?%$(?!\n)"
WARN_WORDS: Final = "write a share of the time as 80%"


class Kind(StrEnum):
    """What is promised."""

    ANSWER = "answer"
    FIRST_REPLY = "first_reply"
    NEXT_REPLY = "next_reply"
    RESOLUTION = "resolution"


REPLIES: Final = (Kind.ANSWER, Kind.FIRST_REPLY, Kind.NEXT_REPLY)
"""What a person's reply keeps."""
FIRST: Final = (Kind.ANSWER, Kind.FIRST_REPLY, Kind.RESOLUTION)
"""What begins with a matter."""


@dataclass(frozen=True, slots=True)
class When:
    """For whom a policy is; an empty part is for all."""

    queue: str = ""
    channel: str = ""
    """Its name or kind."""
    tier: str = ""
    """The contact's attribute ``tier``."""

    def says(self) -> int:
        """How many parts are given: the policy that says most is taken."""
        return sum(bool(part) for part in (self.queue, self.channel, self.tier))


@dataclass(frozen=True, slots=True)
class Asked:
    """The turn that a policy is looked up for."""

    queue: str
    channels: tuple[str, ...]
    """Name and kind."""
    tier: str = ""


@dataclass(frozen=True, slots=True)
class Act:
    """What a warning or a breach does beside being said."""

    priority: int = 0
    """Seconds of head start more."""
    queue: str = ""
    """Where the turn goes."""
    notify: tuple[str, ...] = ()
    """``agent``, ``supervisors``."""

    def as_dict(self) -> dict[str, Any]:
        """As a deadline keeps it; empty where nothing is done."""
        parts = {"priority": self.priority, "queue": self.queue, "notify": list(self.notify)}
        return {name: value for name, value in parts.items() if value}


NOTHING: Final = Act()


@dataclass(frozen=True, slots=True)
class Policy:
    """What is promised, in business microseconds."""

    name: str
    targets: Mapping[Kind, int]
    calendar: str = ""
    """Its name; empty: the queue's, else always open."""
    warn: int = WARN
    """Percent of the target after which there is a warning."""
    share: int | None = None
    """Percent of contacts for which the promise is to be kept: for reports."""
    when: When | None = None
    """None: only where it is named."""
    on_warn: Act = NOTHING
    on_breach: Act = NOTHING
    acts: str = field(init=False)
    """JSON of what a warning and a breach do: each deadline keeps it."""

    def __post_init__(self) -> None:
        both = {"warn": self.on_warn.as_dict(), "breach": self.on_breach.as_dict()}
        text = json.dumps({name: act for name, act in both.items() if act})
        object.__setattr__(self, "acts", text)


@dataclass(frozen=True, slots=True)
class Promise:
    """One deadline, worked out; times in microseconds UTC."""

    kind: Kind
    policy: str
    calendar: str
    version: int
    """Of the calendar."""
    target: int
    warn: int
    """Business time until the warning."""
    started_at: int
    due_at: int | None
    """None: the calendar never opens long enough."""
    warn_at: int | None
    acts: str = "{}"


def policy(name: str, given: Mapping[str, Any]) -> Policy:
    """A policy as a file or a rule writes it. Raises ValueError, the key before a colon."""
    when = given.get("when")
    return Policy(
        name=name,
        targets={kind: _target(kind, given[kind]) for kind in Kind if given.get(kind) is not None},
        calendar=given.get("calendar") or "",
        warn=_percent(given.get("warn")),
        share=given.get("target"),
        when=None if when is None else When(**when),
        on_warn=_act("on_warn", given.get("on_warn")),
        on_breach=_act("on_breach", given.get("on_breach")),
    )


def _target(kind: str, text: str) -> int:
    try:
        found = spans.duration(text)
    except ValueError as err:
        raise ValueError(f"{kind}: {err}") from err
    if not timedelta() < found <= LONGEST:
        raise ValueError(f"{kind}: must be longer than nothing, and a year at most")
    return found // MICRO


def _percent(text: str | None) -> int:
    if text is None:
        return WARN
    number = text.removesuffix("%")
    if not (number.isascii() and number.isdigit() and 1 <= int(number) <= 99):
        raise ValueError(f"warn: {WARN_WORDS}")
    return int(number)


def _act(key: str, given: Mapping[str, Any] | None) -> Act:
    if given is None:
        return NOTHING
    try:
        seconds = spans.duration(given.get("priority") or "0s").total_seconds()
    except ValueError as err:
        raise ValueError(f"{key}.priority: {err}") from err
    return Act(int(seconds), given.get("queue") or "", tuple(given.get("notify") or ()))


def choose(policies: Iterable[Policy], asked: Asked) -> Policy | None:
    """The policy for a turn: of those that fit, the one that says most; then by name."""
    fitting = [one for one in policies if one.when is not None and fits(one.when, asked)]
    return min(fitting, key=lambda one: (-_says(one), one.name), default=None)


def _says(one: Policy) -> int:
    return one.when.says() if one.when is not None else 0


def fits(when: When, asked: Asked) -> bool:
    """Whether a policy is for this turn."""
    return (
        when.queue in ("", asked.queue)
        and (not when.channel or when.channel in asked.channels)
        and when.tier in ("", asked.tier)
    )


def promise(policy: Policy, kind: Kind, calendar: Calendar, start: int) -> Promise:
    """One deadline of a policy that promises this kind, running from ``start``."""
    target = policy.targets[kind]
    warn = target * policy.warn // 100
    due_at, warn_at = due(calendar, start, target, warn)
    return Promise(
        kind,
        policy.name,
        calendar.name,
        calendar.version,
        target,
        warn,
        start,
        due_at,
        warn_at,
        policy.acts,
    )


def due(
    calendar: Calendar, start: int, target: int, warn: int, used: int = 0
) -> tuple[int | None, int | None]:
    """(due, warning) of a stretch that began at ``start`` after ``used`` of the time had run."""
    return (
        calendar.add(start, max(target - used, 0)),
        calendar.add(start, max(warn - used, 0)),
    )
