"""Conditions of rules, compiled to closures: three-valued, folded, bounded in time.

A compiled condition returns None where it holds, else the ``Miss`` that says which part did not,
so the trace costs nothing. What is not known (``Miss.unknown``) is neither true nor false: ``not``
over it does not hold either. Text is compared folded; each field is folded at most once a message
and only if a rule asks.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from connectors.fold import fold
from routing import patterns
from routing.fields import DERIVED, Context, Field, Kind, Value

TEXT_CAP: Final = 50_000
"""Characters of one field that rules look at; folding more would eat the budget."""


@dataclass(frozen=True, slots=True)
class Miss:
    """The part of a rule's condition that did not hold. Made at compile time, one an atom."""

    rule: str
    field: str
    op: str
    want: str
    unknown: bool = False
    """Neither true nor false: the field is not known, or the pattern timed out."""


class View:
    """One message while it is ruled on: its context and what was worked out of it so far."""

    __slots__ = ("context", "folded", "notes", "spared", "timeouts")

    def __init__(self, context: Context) -> None:
        self.context = context
        self.folded = _Folded(self)
        self.notes: list[str] = []
        self.timeouts = 0
        self.spared = 0.0
        """Seconds spent in patterns that timed out: not counted against the budget."""

    def value(self, name: str) -> Value:
        """The field as it came."""
        derive = DERIVED.get(name)
        return self.context.get(name) if derive is None else derive(self.context)


Folded = str | tuple[str, ...] | None


class _Folded(dict[str, Folded]):
    """Fields folded (tuples element by element), each when it is first asked for."""

    __slots__ = ("_view",)

    def __init__(self, view: View) -> None:
        super().__init__()
        self._view = view

    def __missing__(self, name: str) -> Folded:
        folded = self[name] = self._fold(name, self._view.value(name))
        return folded

    def _fold(self, name: str, value: Value) -> Folded:
        if value is None:
            return None
        if isinstance(value, tuple):
            return tuple(fold(element[:TEXT_CAP]) for element in value)
        if not isinstance(value, str):
            raise TypeError(f"{name} must be text, got {type(value).__name__}")
        if len(value) > TEXT_CAP:
            self._view.notes.append(f"{name}: only {TEXT_CAP} characters were looked at")
        return fold(value[:TEXT_CAP])


Check = Callable[[View], Miss | None]
Test = Callable[[str], bool]


# ---------------------------------------------------------------- composing


def every(checks: Sequence[Check]) -> Check:
    """All hold. One that is false decides over those not known."""
    if len(checks) == 1:
        return checks[0]

    def check(view: View) -> Miss | None:
        unknown = None
        for part in checks:
            miss = part(view)
            if miss is not None:
                if not miss.unknown:
                    return miss
                unknown = unknown or miss
        return unknown

    return check


def some(checks: Sequence[Check]) -> Check:
    """At least one holds."""

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

    return check


def negation(rule: str, part: Check, words: str) -> Check:
    """The part is known not to hold."""
    held = Miss(rule, field="", op="not", want=words)

    def check(view: View) -> Miss | None:
        miss = part(view)
        if miss is None:
            return held
        return miss if miss.unknown else None

    return check


def always(_view: View) -> Miss | None:
    """``when: {}``."""
    return None


# ---------------------------------------------------------------- operators

TEXT_OPS: Final = frozenset(
    {"eq", "ne", "in", "not_in", "contains", "contains_any", "starts_with", "ends_with", "matches"}
)
NUMBER_OPS: Final = frozenset({"eq", "ne", "in", "not_in", "gt", "lt", "gte", "lte"})
FLAG_OPS: Final = frozenset({"eq", "ne"})
OPS: Final = TEXT_OPS | NUMBER_OPS | {"present"}
LIST_OPS: Final = frozenset({"in", "not_in", "contains_any"})
"""Operators whose value is a list."""
_NEGATIVE: Final = frozenset({"ne", "not_in"})
_OPS_BY_KIND: Final = {
    Kind.TEXT: TEXT_OPS | {"present"},
    Kind.ADDRESS: TEXT_OPS | {"present"},
    Kind.NUMBER: NUMBER_OPS | {"present"},
    Kind.FLAG: FLAG_OPS | {"present"},
}
_TYPES: Final[dict[Kind, tuple[type, str]]] = {
    Kind.TEXT: (str, "a text"),
    Kind.ADDRESS: (str, "a text"),
    Kind.NUMBER: (int, "a whole number"),
    Kind.FLAG: (bool, "true or false"),
}
_PHONE: Final = re.compile(r"(?:tel:|sms:)?\+?[0-9][0-9 ().-]*")


def atom(rule: str, name: str, field: Field, op: str, want: object) -> Check:
    """``{field: name, op: want}`` as a closure. Raises ValueError: what is wrong with it."""
    if op not in _OPS_BY_KIND[field.kind]:
        fitting = ", ".join(sorted(_OPS_BY_KIND[field.kind]))
        raise ValueError(f"{op} does not fit {name}, which is {field.kind}: use {fitting}")
    if op == "present":
        return _present(rule, name, want)
    wants = _wants(field, op, want)
    false = Miss(rule, name, op, _words(want))
    unknown = Miss(rule, name, op, _words(want), unknown=True)
    if op == "matches":
        return _matches(name, str(wants[0]), unknown, false)
    if field.kind in (Kind.TEXT, Kind.ADDRESS):
        return _text(name, _text_test(field, op, wants), op in _NEGATIVE, unknown, false)
    numbers = [value for value in wants if isinstance(value, int)]
    return _plain(name, _NUMBER_TESTS[op](numbers), unknown, false)


def _wants(field: Field, op: str, want: object) -> list[object]:
    values = want if op in LIST_OPS else [want]
    if not isinstance(values, list | tuple) or not values:
        raise ValueError(f"{op} needs a list of at least one value")
    for value in values:
        _check_value(field, op, value)
    return list(values)


def _check_value(field: Field, op: str, value: object) -> None:
    type_, words = _TYPES[field.kind]
    if type(value) is not type_:
        hint = ": put it in quotes" if type_ is str and type(value) in (int, float) else ""
        raise ValueError(f"{op} needs {words}, not {_words(value)}{hint}")
    if isinstance(value, str) and op != "matches":
        if not fold(value):
            raise ValueError(f"{op} needs a text that is not empty")
        if op in ("eq", "ne", "in", "not_in"):
            _check_choice(field, value)


def _check_choice(field: Field, value: str) -> None:
    if field.choices and fold(value) not in field.choices:
        raise ValueError(f"{value!r} is none of {', '.join(field.choices)}")


def _words(value: object) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(_words, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _present(rule: str, name: str, want: object) -> Check:
    if not isinstance(want, bool):
        raise ValueError("present needs true or false")
    false = Miss(rule, name, "present", _words(want))

    def check(view: View) -> Miss | None:
        return None if (view.value(name) not in (None, "", ())) is want else false

    return check


def _text(name: str, test: Test, negative: bool, unknown: Miss, false: Miss) -> Check:
    def check(view: View) -> Miss | None:
        value = view.folded[name]
        if value is None:
            return unknown
        found = test(value) if type(value) is str else any(map(test, value))
        return None if found is not negative else false

    return check


def _text_test(field: Field, op: str, wants: list[object]) -> Test:
    texts = tuple(_constant(field, str(want)) for want in wants)
    test = _TEXT_TESTS[op](texts)
    if field.kind is Kind.ADDRESS and op not in ("contains", "contains_any"):
        return lambda value: test(value) or test(value.partition(":")[2])
    return test


def _constant(field: Field, text: str) -> str:
    folded = fold(text)
    if field.kind is Kind.ADDRESS and _PHONE.fullmatch(folded):
        return re.sub("[ ().-]", "", folded)
    return folded


def _any_of(texts: tuple[str, ...]) -> Test:
    if len(texts) == 1:
        only = texts[0]
        return lambda value: only in value

    def test(value: str) -> bool:
        for text in texts:  # noqa: SIM110 - three times faster than any() of a generator
            if text in value:
                return True
        return False

    return test


_TEXT_TESTS: Final[dict[str, Callable[[tuple[str, ...]], Test]]] = {
    "eq": lambda texts: frozenset(texts).__contains__,
    "ne": lambda texts: frozenset(texts).__contains__,
    "in": lambda texts: frozenset(texts).__contains__,
    "not_in": lambda texts: frozenset(texts).__contains__,
    "contains": _any_of,
    "contains_any": _any_of,
    "starts_with": lambda texts: lambda value: value.startswith(texts),
    "ends_with": lambda texts: lambda value: value.endswith(texts),
}
_NUMBER_TESTS: Final[dict[str, Callable[[Sequence[int]], Callable[[int], bool]]]] = {
    "eq": lambda wants: lambda value: value in wants,
    "ne": lambda wants: lambda value: value not in wants,
    "in": lambda wants: lambda value: value in wants,
    "not_in": lambda wants: lambda value: value not in wants,
    "gt": lambda wants: lambda value: value > wants[0],
    "lt": lambda wants: lambda value: value < wants[0],
    "gte": lambda wants: lambda value: value >= wants[0],
    "lte": lambda wants: lambda value: value <= wants[0],
}


def _plain(name: str, test: Callable[[int], bool], unknown: Miss, false: Miss) -> Check:
    def check(view: View) -> Miss | None:
        value = view.value(name)
        if value is None:
            return unknown
        if not isinstance(value, int):
            raise TypeError(f"{name} must be a number or a flag, got {type(value).__name__}")
        return None if test(value) else false

    return check


# ---------------------------------------------------------------- patterns


def _matches(name: str, pattern: str, unknown: Miss, false: Miss) -> Check:
    search = patterns.compile_pattern(pattern)

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
