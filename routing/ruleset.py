"""A compiled rule set: asked for every inbound message, immutable, shared between threads.

Rules are tried in order and the first that matches decides; one with ``stop`` false only adds what
it says and the search goes on (what is set first stays). Made by ``rules.compile_rules``.
"""

from __future__ import annotations

import logging
import time
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from routing import fields
from routing.conditions import Check, Miss, View
from routing.model import Mode

BUDGET_SECONDS: Final = 0.005
"""Processor time of one decision; over it the catch-all decides."""
MAX_TIMEOUTS: Final = 3
"""Patterns that may time out in one decision."""
MAX_NEAR_MISSES: Final = 20
RULE_ERROR: Final = "rule error"

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Decision:
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
    """Of the rules before the one that decided: the first part of each that did not hold."""
    notes: tuple[str, ...] = ()
    """What an admin should see: patterns that timed out, texts cut, actions not taken."""

    @property
    def routed(self) -> bool:
        """Whether a work item is made at all."""
        return self.queue is not None

    def as_dict(self) -> dict[str, object]:
        """As stored with the decision (JSON): what ``explain.why_here`` reads."""
        return {
            "rule": self.rule_id,
            "queue": self.queue,
            "reason": self.reason,
            "priority": self.priority,
            "tags": list(self.tags),
            "mode": self.mode,
            "hit": list(self.hit),
            "near": [
                {
                    "rule": miss.rule,
                    "field": miss.field,
                    "op": miss.op,
                    "want": miss.want,
                    "unknown": miss.unknown,
                }
                for miss in self.near_misses
            ],
            "notes": list(self.notes),
        }


@dataclass(frozen=True, slots=True)
class Then:
    """What a row does."""

    queue: str | None = None
    route_none: bool = False
    reason: str = ""
    priority: int | None = None
    tags: tuple[str, ...] = ()
    mode: Mode | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A compiled row."""

    id: str
    check: Check
    then: Then
    stop: bool = True
    channels: frozenset[str] | None = None
    """Folded names that it can only match on; None: any."""
    channel_miss: Miss | None = None
    unconditional: bool = False


@dataclass(frozen=True, slots=True)
class _Lane:
    """The rules that can match on one channel, and the misses of those that cannot."""

    rules: tuple[tuple[int, Rule], ...]
    skipped_at: tuple[int, ...]
    skipped: tuple[Miss, ...]


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Published rows: immutable, shared between threads. Made by ``compile_rules``."""

    rules: tuple[Rule, ...]
    _lanes: dict[str, _Lane] = field(init=False, repr=False, compare=False)
    _other: _Lane = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        names = {name for rule in self.rules for name in rule.channels or ()}
        object.__setattr__(self, "_lanes", {name: _lane(self.rules, name) for name in names})
        object.__setattr__(self, "_other", _lane(self.rules, None))

    def decide(self, context: fields.Context) -> Decision:
        """The decision for one message. Never raises: what fails is decided by the catch-all."""
        view = View(context)
        try:
            return self._decide(view)
        except Exception:
            log.exception("rules failed; the catch-all decides")
            return self._fallback(view, "a rule failed on this message")

    def _decide(self, view: View) -> Decision:
        channel = view.folded["channel"]
        lane = self._lanes.get(channel, self._other) if isinstance(channel, str) else self._other
        started, started_cpu = time.perf_counter(), time.thread_time()
        hits: list[Rule] = []
        misses: list[Miss] = []
        decided_at = 0
        for position, rule in lane.rules:
            miss = rule.check(view)
            if miss is not None:
                misses.append(miss)
            else:
                hits.append(rule)
                if rule.stop:
                    decided_at = position
                    break
            if time.perf_counter() - started > BUDGET_SECONDS and _over(view, started_cpu):
                return self._fallback(view, f"over the time budget at rule {rule.id}")
        room = max(0, MAX_NEAR_MISSES - len(misses))
        until = bisect_left(lane.skipped_at, decided_at)
        misses.extend(lane.skipped[max(0, until - room) : until])
        return _decision(hits, misses[:MAX_NEAR_MISSES], view.notes)

    def _fallback(self, view: View, note: str) -> Decision:
        decided = _decision([self.rules[-1]], [], [*view.notes, note])
        return replace(decided, reason=RULE_ERROR)


def _lane(rules: Sequence[Rule], channel: str | None) -> _Lane:
    fitting, skipped_at, skipped = [], [], []
    for position, rule in enumerate(rules):
        if rule.channels is None or channel in rule.channels or rule.channel_miss is None:
            fitting.append((position, rule))
        else:
            skipped_at.append(position)
            skipped.append(rule.channel_miss)
    return _Lane(tuple(fitting), tuple(skipped_at), tuple(skipped))


def _over(view: View, started_cpu: float) -> bool:
    # Processor time: a thread that had to wait for its turn has not spent its budget.
    used = time.thread_time() - started_cpu - view.spared
    return used > BUDGET_SECONDS or view.timeouts > MAX_TIMEOUTS


def _decision(hits: Sequence[Rule], misses: Sequence[Miss], notes: Sequence[str]) -> Decision:
    last = hits[-1]
    then = last.then if len(hits) == 1 else _merged(hits)
    return Decision(
        rule_id=last.id,
        queue=then.queue,
        reason=then.reason,
        priority=then.priority or 0,
        tags=then.tags,
        mode=then.mode,
        hit=tuple(rule.id for rule in hits),
        near_misses=tuple(misses),
        notes=tuple(notes) if len(hits) == 1 else (*notes, *_unused_queues(hits, then)),
    )


def _unused_queues(hits: Sequence[Rule], then: Then) -> list[str]:
    return [
        f"rule {rule.id}: queue {rule.then.queue} not taken, an earlier rule decided"
        for rule in hits
        if rule.then.queue not in (None, then.queue)
    ]


def _merged(hits: Sequence[Rule]) -> Then:
    """What several rows say together: the first to set something wins, tags add up."""
    if hits[-1].then.route_none:
        tags = dict.fromkeys(tag for rule in hits for tag in rule.then.tags)
        return replace(hits[-1].then, tags=tuple(tags))
    merged = Then()
    for rule in hits:
        then = rule.then
        merged = Then(
            queue=merged.queue or then.queue,
            reason=merged.reason or then.reason,
            priority=then.priority if merged.priority is None else merged.priority,
            tags=tuple(dict.fromkeys((*merged.tags, *then.tags))),
            mode=merged.mode or then.mode,
        )
    return merged
