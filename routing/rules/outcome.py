"""What a rule does: the actions of a row, by the names that stand in the file.

Spans are microseconds. ``as_json`` of each is what is stored with a decision and shown; whoever
enqueues turns names into ids (``hub/desk.py``).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

from routing.model import Mode
from routing.plan import Need, ThenOffer

SECOND: Final = 1_000_000
MAX_HOPS: Final = 5
"""Moves of one item by rules and plans; the next one is not made, and the item's log says so."""


@dataclass(frozen=True, slots=True)
class Sla:
    """What is promised: a policy's name, or the times themselves."""

    policy: str = ""
    """Name of a policy; empty: the times below."""
    answer: int | None = None
    first_reply: int | None = None
    next_reply: int | None = None
    resolution: int | None = None
    """Business time from the first message, each; None: not promised."""
    target: int | None = None
    """Per cent that should be answered in time: what the numbers are held against."""
    calendar: str = ""
    """Whose business time; empty: the queue's."""

    def as_json(self) -> dict[str, Any] | str:
        """The policy's name, or ``{answer: seconds, …}``: only what is set."""
        if self.policy:
            return self.policy
        times: dict[str, Any] = {
            kind: span // SECOND
            for kind in ("answer", "first_reply", "next_reply", "resolution")
            if (span := getattr(self, kind)) is not None
        }
        if self.target is not None:
            times["target"] = self.target
        return times | ({"calendar": self.calendar} if self.calendar else {})


@dataclass(frozen=True, slots=True)
class Deflect:
    """Another way for a contact that need not wait now: it becomes a callback or a message."""

    to: Literal["callback", "message"]
    at: Literal["", "next_open"] = ""
    """``next_open``: deferred until the queue's calendar opens; empty: right away."""
    keep_place: bool = True
    """Whether it comes back with its old place in line."""

    def as_json(self) -> dict[str, Any]:
        """``{to, at?, keep_place}``."""
        shape = {"to": self.to, "at": self.at, "keep_place": self.keep_place}
        return {name: value for name, value in shape.items() if value != ""}


@dataclass(frozen=True, slots=True)
class NamedPrefer:
    """``plan.Prefer``, the agent by e-mail address."""

    last_agent: int | None = None
    agent: str | None = None
    skill: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The one wish, by its name; ``last_agent`` in seconds."""
        if self.last_agent is not None:
            return {"last_agent": self.last_agent // SECOND}
        return {"agent": self.agent} if self.agent is not None else {"skill": self.skill}


@dataclass(frozen=True, slots=True)
class NamedStep:
    """``plan.Step``, queues and agents by name."""

    require: tuple[Need, ...] = ()
    also_queues: tuple[str, ...] = ()
    prefer: tuple[NamedPrefer, ...] = ()
    lasts: int | None = None
    then_offer: ThenOffer = ""

    def as_json(self) -> dict[str, Any]:
        """Only what is set; ``for`` in seconds."""
        shape: dict[str, Any] = {
            "require": [{"skill": need.skill, "min": need.min} for need in self.require],
            "also_queues": list(self.also_queues),
            "prefer": [wish.as_json() for wish in self.prefer],
            "for": None if self.lasts is None else self.lasts // SECOND,
            "then_offer": self.then_offer,
        }
        return {name: value for name, value in shape.items() if value not in ([], None, "")}


@dataclass(frozen=True, slots=True)
class Then:
    """What a row does; None: it does not say."""

    queue: str | None = None
    route_none: bool = False
    reason: str | None = None
    priority: int | None = None
    """Seconds of head start."""
    tags: tuple[str, ...] = ()
    only_tags: bool = False
    """``tags: [..]``: with ``override`` they replace what was there; ``{add: [..]}`` never does."""
    mode: Mode | None = None
    sla: Sla | None = None
    reply_template: str | None = None
    deflect: Deflect | None = None
    interruptible: bool | None = None
    weight: float | None = None
    plan: tuple[NamedStep, ...] | None = None
    overflow: str | None = None
    """A queue, for what nobody can ever serve and what outlives the plan."""
