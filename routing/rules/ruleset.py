"""A compiled rule set: asked for every inbound message, immutable, shared between threads.

Rules are tried in order and the first that matches decides; one with ``stop`` false only adds what
it says and the search goes on. Made by ``rules.compile_rules``.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from itertools import chain
from typing import Final

from msgspec.structs import replace

from routing.rules import fields
from routing.rules.conditions import Condition, Miss, View
from routing.rules.decision import Decision, decision
from routing.rules.index import Index
from routing.rules.outcome import Then
from routing.rules.shipped import SHIPPED_PREFIX

__all__ = ["Decision", "Rule", "RuleSet", "Then"]

BUDGET_SECONDS: Final = 0.005
"""Processor time of one decision; over it the catch-all decides."""
MAX_TIMEOUTS: Final = 3
"""Patterns that may time out in one decision."""
MAX_NEAR_MISSES: Final = 10
RULE_ERROR: Final = "rule error"
_CLOCK_EVERY: Final = 16  # rules between two looks at the clock

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Rule:
    """A compiled row."""

    id: str
    condition: Condition
    then: Then
    stop: bool = True
    override: bool = False
    asks: frozenset[str] = frozenset()
    """Names of the fields that it looks at."""
    unconditional: bool = False
    """``when: {}``"""

    @property
    def moves(self) -> bool:
        """Whether it can decide where a message goes."""
        return self.stop or self.then.queue is not None


@dataclass(slots=True)
class _Trace:
    """What was found so far for one message."""

    view: View
    started: float = field(default_factory=time.perf_counter)
    started_cpu: float = field(default_factory=time.thread_time)
    hits: dict[int, Rule] = field(default_factory=dict)
    misses: dict[int, Miss] = field(default_factory=dict)
    """Both by the rule's place."""


@dataclass(frozen=True, slots=True)
class RuleSet:
    """Published rows: immutable, shared between threads. Made by ``compile_rules``."""

    rules: tuple[Rule, ...]
    needs: frozenset[str] = field(init=False, compare=False)
    """Names of all fields that some rule looks at, ``queue.NAME.x`` for every queue that
    ``queue.x`` can be about: what a context need not hold beyond these."""
    _index: Index = field(init=False, repr=False, compare=False)
    _otherwise: str = field(init=False, repr=False, compare=False)
    _own: int = field(init=False, repr=False, compare=False)
    _of_queues: dict[str, tuple[str, ...]] = field(init=False, repr=False, compare=False)
    _alone: dict[int, Decision] = field(init=False, repr=False, compare=False)
    """What a rule says if no other one matches, by its place: filled as messages come."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index", Index([rule.condition.guards for rule in self.rules]))
        object.__setattr__(self, "_otherwise", self.rules[-1].then.queue or "")
        own = [n for n, rule in enumerate(self.rules) if not rule.id.startswith(SHIPPED_PREFIX)]
        object.__setattr__(self, "_own", own[0] if own else 0)
        object.__setattr__(self, "_alone", {})
        of_queues = self._asked_of_queues()
        object.__setattr__(self, "_of_queues", of_queues)
        asked = {name for rule in self.rules for name in rule.asks}
        object.__setattr__(self, "needs", frozenset(chain(asked, *of_queues.values())))

    def decide(self, context: fields.Context) -> Decision:
        """The decision for one message. Never raises: what fails is decided by the catch-all."""
        view = View(context, self._otherwise)
        try:
            places = self._index.candidates(view)  # bounded by TEXT_CAP, so not in the budget
            return self._decide(_Trace(view), places)
        except Exception:
            log.exception("rules failed; the catch-all decides")
            return self._fallback(view, "a rule failed on this message")

    def decide_partly(
        self, context: fields.Context, recorded: Collection[str]
    ) -> tuple[Decision, list[str]]:
        """``decide`` for a message of which only the fields ``recorded`` are known as they were.

        ``recorded`` holds names and prefixes (``headers.*``). Also the fields not among them for
        the lack of which it is open where the message goes; none: it is certain.
        """
        view = View(context, self._otherwise, recorded)
        trace = _Trace(view)
        try:
            made = self._decide(trace, range(len(self.rules)))
        except Exception:
            log.exception("rules failed; the catch-all decides")
            return self._fallback(view, "a rule failed on this message"), []
        lacking = {
            name
            for place, miss in trace.misses.items()
            if miss.unknown and self.rules[place].moves
            for name in self.rules[place].asks
            if view.lacks(name) or any(map(view.lacks, self._of_queues.get(name, ())))
        }
        return made, sorted(lacking)

    def _decide(self, trace: _Trace, places: Iterable[int]) -> Decision:
        view, rules, hits, misses = trace.view, self.rules, trace.hits, trace.misses
        for number, place in enumerate(places):
            rule = rules[place]
            if (not number % _CLOCK_EVERY or view.timeouts) and _over(trace):
                return self._fallback(view, f"over the time budget at rule {rule.id}")
            miss = rule.condition.check(view)
            if miss is not None:
                misses[place] = miss
                continue
            hits[place] = rule
            if rule.stop:
                break
            self._turn(trace, rule)
        made, near = self._together(hits), self._near(trace)
        if not (near or view.notes or view.timeouts):
            return made
        notes = (*view.notes, *made.notes)
        return replace(made, near_misses=tuple(near), notes=notes, timeouts=view.timeouts)

    def _together(self, hits: dict[int, Rule]) -> Decision:
        """What the rows that matched say; of one alone it is worked out once."""
        if len(hits) > 1:
            return decision(list(hits.values()), (), (), self._otherwise)
        [(place, rule)] = hits.items()
        made = self._alone.get(place)
        if made is None:
            made = self._alone[place] = decision([rule], (), (), self._otherwise)
        return made

    def _turn(self, trace: _Trace, rule: Rule) -> None:
        """From now on, "the queue" is the one that this rule has chosen."""
        chosen = [hit.then.queue for hit in trace.hits.values() if hit.then.queue is not None]
        if rule.then.queue is not None and (rule.override or len(chosen) == 1):
            trace.view.turn_to(rule.then.queue)

    def _near(self, trace: _Trace) -> list[Miss]:
        """Of the rules before the one that decided: those tried in vain, then the last others."""
        own = self._own
        misses = {place: miss for place, miss in trace.misses.items() if place >= own}
        room = MAX_NEAR_MISSES - len(misses)
        if room > 0:
            before = range(max(trace.hits) - 1, own - 1, -1)
            tried = trace.misses.keys() | trace.hits.keys()
            misses |= self._index.misses(before, tried, trace.view, room)
        return [misses[place] for place in sorted(misses)[-MAX_NEAR_MISSES:]]

    def _fallback(self, view: View, note: str) -> Decision:
        decided = decision([self.rules[-1]], [], [*view.notes, note], self._otherwise)
        return replace(decided, reason=RULE_ERROR, timeouts=view.timeouts)

    def _asked_of_queues(self) -> dict[str, tuple[str, ...]]:
        """``queue.x`` -> ``queue.NAME.x`` for every queue that it can be about."""
        chosen = {rule.then.queue for rule in self.rules if not rule.stop}
        queues = sorted({self._otherwise, *filter(None, chosen)})
        asked = {name for rule in self.rules for name in rule.asks} & fields.QUEUE_FIELDS
        return {
            name: tuple(f"queue.{queue}.{name.removeprefix('queue.')}" for queue in queues)
            for name in asked
        }


def _over(trace: _Trace) -> bool:
    # Processor time: a thread that had to wait for its turn has not spent its budget.
    view = trace.view
    if view.timeouts > MAX_TIMEOUTS:
        return True
    if time.perf_counter() - trace.started <= BUDGET_SECONDS:
        return False
    return time.thread_time() - trace.started_cpu - view.spared > BUDGET_SECONDS
