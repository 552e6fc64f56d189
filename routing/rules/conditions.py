"""Conditions of rules, compiled to closures: three-valued, folded, bounded in time.

A compiled condition returns None where it holds, else the ``Miss`` that says which part did not,
so the trace costs nothing. What is not known (``Miss.unknown``) is neither true nor false: ``not``
over it does not hold either. Text is compared folded; each field is folded at most once a message
and only if a rule asks.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from routing.rules import operators, patterns
from routing.rules.fields import DERIVED, Context, Field
from routing.rules.operators import LIST_OPS, OPS, OPS_BY_KIND, Key, Operation
from routing.rules.view import TEXT_CAP, View

__all__ = [
    "ALWAYS", "LIST_OPS", "OPS", "TEXT_CAP", "Check", "Condition", "Guard", "Miss", "View",
    "atom", "every", "negation", "some",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Miss:
    """The part of a rule's condition that did not hold. Made at compile time, one an atom."""

    rule: str
    field: str
    op: str
    want: str
    unknown: bool = False
    """Neither true nor false: the field is not known, or the pattern timed out."""

    def as_dict(self) -> dict[str, Any]:
        """As stored with a decision."""
        return {
            "rule": self.rule,
            "field": self.field,
            "op": self.op,
            "want": self.want,
            "unknown": self.unknown,
        }


Check = Callable[[View], Miss | None]


@dataclass(frozen=True, slots=True)
class Guard:
    """Keys of which one must be true for a condition to hold, and what to say if none is."""

    keys: tuple[Key, ...]
    misses: tuple[tuple[str, Miss, Miss], ...]
    """(field, the miss where it is known, the miss where it is not), an atom each."""

    def miss(self, context: Context) -> Miss:
        """Why the condition does not hold, no key being true: unknown parts first."""
        for field, _, unknown in self.misses:
            if context.get(field) is None:
                return unknown
        return self.misses[0][1]


@dataclass(frozen=True, slots=True)
class Condition:
    """A compiled condition."""

    check: Check
    guards: tuple[Guard, ...] = ()
    """Each is necessary for the condition to hold."""


def _always(_view: View) -> Miss | None:
    return None


ALWAYS: Final = Condition(_always)
"""``when: {}``."""


# ---------------------------------------------------------------- composing


def every(parts: Sequence[Condition]) -> Condition:
    """All hold. One that is false decides over those not known."""
    if len(parts) == 1:
        return parts[0]
    checks = [part.check for part in parts]

    def check(view: View) -> Miss | None:
        unknown = None
        for part in checks:
            miss = part(view)
            if miss is not None:
                if not miss.unknown:
                    return miss
                unknown = unknown or miss
        return unknown

    return Condition(check, tuple(chain.from_iterable(part.guards for part in parts)))


def some(parts: Sequence[Condition]) -> Condition:
    """At least one holds."""
    if len(parts) == 1:
        return parts[0]
    checks = [part.check for part in parts]

    def check(view: View) -> Miss | None:
        first = unknown = None
        for part in checks:
            miss = part(view)
            if miss is None:
                return None
            first = first or miss
            if miss.unknown:
                unknown = unknown or miss
        return unknown or first

    return Condition(check, _either([part.guards for part in parts]))


def _either(parts: Sequence[tuple[Guard, ...]]) -> tuple[Guard, ...]:
    """One guard out of one of each part, if every part has any: the one that says most."""
    if not all(parts):
        return ()
    best = [max(guards, key=_precision) for guards in parts]
    keys = dict.fromkeys(chain.from_iterable(guard.keys for guard in best))
    return (Guard(tuple(keys), tuple(chain.from_iterable(guard.misses for guard in best))),)


_PRECISE: Final = {"equal": 1, "suffix": 2, "prefix": 2, "word": 2, "present": 0}


def _precision(guard: Guard) -> tuple[int, int]:
    """Less for many keys and for those that many messages have."""
    channel = any(key.field in ("channel", "channel.kind") for key in guard.keys)
    return (-channel, min(_PRECISE[key.how] for key in guard.keys))


def negation(rule: str, part: Condition, words: str) -> Condition:
    """The part is known not to hold."""
    held = Miss(rule, field="", op="not", want=words)
    inner = part.check

    def check(view: View) -> Miss | None:
        miss = inner(view)
        if miss is None:
            return held
        return miss if miss.unknown else None

    return Condition(check)


# ---------------------------------------------------------------- atoms


def atom(
    rule: str, name: str, field: Field, op: str, want: object, *, probe: bool = True
) -> Condition:
    """``{field: name, op: want}`` as a closure; ``probe``: try patterns on hostile texts.

    Raises ValueError: what is wrong with it.
    """
    if op not in OPS_BY_KIND[field.kind]:
        fitting = ", ".join(sorted(OPS_BY_KIND[field.kind]))
        raise ValueError(f"{op} does not fit {name}, which is {field.kind}: use {fitting}")
    said = operators.words(want)
    false, unknown = Miss(rule, name, op, said), Miss(rule, name, op, said, unknown=True)
    if op == "present":
        return _present(name, want, unknown, false)
    if op == "matches":
        (pattern,) = operators.wanted(field, op, want)
        search = patterns.compile_pattern(pattern, probe=probe)
        return Condition(_matches(name, pattern, search, unknown, false))
    found = operators.operation(name, field, op, want)
    # What is worked out only when it is asked for, and what changes meanwhile, is no key.
    keys = () if name in DERIVED else found.keys
    guards = tuple(Guard(one, ((name, false, unknown),)) for one in keys)
    return Condition(_tested(name, found, unknown, false), guards)


def _present(name: str, want: object, unknown: Miss, false: Miss) -> Condition:
    if not isinstance(want, bool):
        raise ValueError("present needs true or false")

    def check(view: View) -> Miss | None:
        value = view.value(name)
        if value is None and view.lacks(name):
            return unknown
        return None if (value not in (None, "", ())) is want else false

    key = (Key(name, "present", None),)
    usable = want and name not in DERIVED
    return Condition(check, (Guard(key, ((name, false, false),)),) if usable else ())


def _tested(name: str, found: Operation, unknown: Miss, false: Miss) -> Check:
    test, negative = found.test, found.negative

    def check_text(view: View) -> Miss | None:
        value = view.folded[name]
        result = None if value is None else test(value)
        if result is None:
            return unknown
        return None if result is not negative else false

    def check_plain(view: View) -> Miss | None:
        value = view.value(name)
        if value is None:
            return unknown
        if not isinstance(value, int):
            raise TypeError(f"{name} must be a number or a flag, got {type(value).__name__}")
        return None if test(value) is not negative else false

    return check_text if found.folded else check_plain


def _matches(name: str, pattern: str, search: patterns.Search, unknown: Miss, false: Miss) -> Check:
    def check(view: View) -> Miss | None:
        value = view.folded[name]
        if value is None:
            return unknown
        started = time.thread_time()
        try:
            for text in (value,) if isinstance(value, str) else value:
                if search(text):
                    return None
        except TimeoutError:
            view.timeouts += 1
            view.spared += time.thread_time() - started
            view.notes.append(f"pattern on {name} timed out: {pattern}")
            return unknown
        return false

    return check
