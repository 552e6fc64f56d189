"""What the rules say of one message, and how several rows that matched are laid together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, Final, Protocol

import msgspec

from routing.model import Mode
from routing.rules.conditions import Miss
from routing.rules.outcome import Deflect, NamedStep, Sla, Then


class Hit(Protocol):
    """A row that matched."""

    @property
    def id(self) -> str: ...
    @property
    def then(self) -> Then: ...
    @property
    def override(self) -> bool: ...


class Decision(msgspec.Struct, frozen=True):
    """What the rules say of one message, and why."""

    rule_id: str
    """The row that decided."""
    queue: str | None
    """None: filed without routing, for ``reason``."""
    reason: str = ""
    priority: int = 0
    """Seconds of head start."""
    tags: tuple[str, ...] = ()
    mode: Mode | None = None
    """None: what queue and channel say."""
    hit: tuple[str, ...] = ()
    """Every row that matched, in order."""
    near_misses: tuple[Miss, ...] = ()
    """Of the admin's rows before the one that decided: a part of each that did not hold."""
    notes: tuple[str, ...] = ()
    """What an admin should see: patterns that timed out, texts cut, actions not taken."""
    sla: Sla | None = None
    """None: what the policies say of its queue, channel and customer."""
    reply_template: str | None = None
    """Sent at once, by the hub."""
    deflect: Deflect | None = None
    plan: tuple[NamedStep, ...] = ()
    """Empty: one step that asks for nothing special."""
    overflow: str | None = None
    """None: the queue's own."""
    interruptible: bool | None = None
    """None: what the queue says."""
    weight: float | None = None
    """None: the queue's."""
    by: tuple[tuple[str, str], ...] = ()
    """What another row than ``rule_id`` set -> that row's id, in the order it was set."""
    timeouts: int = 0
    """Patterns that timed out: not stored, ``notes`` names them."""

    @property
    def routed(self) -> bool:
        """Whether a work item is made at all."""
        return self.queue is not None

    def as_dict(self) -> dict[str, Any]:
        """As stored with the decision (JSON): what ``explain.why_here`` reads.

        What few rules set, from ``plan`` on, is in it only where one did.
        """
        shape: dict[str, Any] = {
            "rule": self.rule_id,
            "queue": self.queue,
            "reason": self.reason,
            "priority": self.priority,
            "tags": list(self.tags),
            "mode": self.mode,
            "hit": list(self.hit),
            "near": [miss.as_dict() for miss in self.near_misses],
            "notes": list(self.notes),
        }
        if self.plan:
            shape["plan"] = [step.as_json() for step in self.plan]
        if self.sla is not None:
            shape["sla"] = self.sla.as_json()
        if self.deflect is not None:
            shape["deflect"] = self.deflect.as_json()
        if self.reply_template is not None:
            shape["reply_template"] = self.reply_template
        if self.overflow is not None:
            shape["overflow"] = self.overflow
        if self.interruptible is not None:
            shape["interruptible"] = self.interruptible
        if self.weight is not None:
            shape["weight"] = self.weight
        if self.by:
            shape["by"] = dict(self.by)
        return shape

    def rule_of(self, name: str) -> str:
        """The row that set ``queue``, ``sla`` or another of what one row sets."""
        return dict(self.by).get(name, self.rule_id)


_SINGLE: Final = (
    "queue",
    "reason",
    "priority",
    "mode",
    "sla",
    "reply_template",
    "deflect",
    "plan",
    "overflow",
    "interruptible",
    "weight",
)
"""What one row sets; tags add up."""


def decision(
    hits: Sequence[Hit], misses: Sequence[Miss], notes: Sequence[str], otherwise: str | None
) -> Decision:
    """The rows that matched, in order, as one decision of the last of them.

    ``otherwise`` is the queue where none of them names one: the catch-all's.
    """
    last = hits[-1]
    then, by, unused = (last.then, {}, ()) if len(hits) == 1 else merged(hits)
    return Decision(
        rule_id=last.id,
        queue=None if then.route_none else then.queue or otherwise,
        reason=then.reason or "",
        priority=then.priority or 0,
        tags=then.tags,
        mode=then.mode,
        hit=tuple(hit.id for hit in hits),
        near_misses=tuple(misses),
        notes=(*notes, *unused),
        sla=then.sla,
        reply_template=then.reply_template,
        deflect=then.deflect,
        plan=then.plan or (),
        overflow=then.overflow,
        interruptible=then.interruptible,
        weight=then.weight,
        by=tuple((name, rule) for name, rule in by.items() if rule != last.id),
    )


def merged(hits: Sequence[Hit]) -> tuple[Then, dict[str, str], tuple[str, ...]]:
    """What several rows say together, which of them set what, and in words what was not taken.

    The first to set something wins unless a later one overrides. Tags add up. Whatever rows
    before it said, ``route: none`` stands, with everybody's tags.
    """
    last = hits[-1]
    if last.then.route_none:
        words = [
            f"rule {hit.id}: queue {hit.then.queue} not taken, rule {last.id} gives it to nobody"
            for hit in hits
            if hit.then.queue is not None
        ]
        return replace(last.then, tags=_tags(hits)), {}, tuple(words)
    taken: dict[str, Any] = {}
    by: dict[str, str] = {}
    notes: list[str] = []
    for hit in hits:
        for name in _SINGLE:
            value = getattr(hit.then, name)
            if value is None:
                continue
            if name in taken and taken[name] != value:
                notes.append(_not_taken(name, hit, value, by[name], taken[name]))
            if name not in taken or hit.override:
                taken[name], by[name] = value, hit.id
    return Then(tags=_tags(hits), **taken), by, tuple(notes)


def _tags(hits: Sequence[Hit]) -> tuple[str, ...]:
    tags: dict[str, None] = {}
    for hit in hits:
        if hit.override and hit.then.only_tags:
            tags.clear()
        tags.update(dict.fromkeys(hit.then.tags))
    return tuple(tags)


def _not_taken(name: str, hit: Hit, value: object, before: str, old: object) -> str:
    if hit.override:
        return f"rule {before}: {_words(name, old)} not taken, rule {hit.id} overrides"
    return f"rule {hit.id}: {_words(name, value)} not taken, an earlier rule decided"


def _words(name: str, value: object) -> str:
    """``queue billing``; a plan and the like only by what it is."""
    name = name.replace("_", " ")
    if name == "priority":
        return f"priority {value}s"
    if isinstance(value, bool):
        return f"{name} {str(value).lower()}"
    return f"{name} {value}" if isinstance(value, str | int | float) else name
