"""Operators of rules: what fits which kind of field, checked values, and the test of each.

Beside its test, an operator names *keys*: facts of which one must be true of a message for the
test to hold. By them rules are indexed (``routing/rules/index.py``), so that a message meets only the
rules that it can match.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal, NamedTuple

from connectors.fold import fold
from routing import spans
from routing.rules.fields import Field, Kind
from routing.rules.view import Folded

How = Literal["equal", "prefix", "suffix", "word", "present"]


class Key(NamedTuple):
    """A fact of a message: its ``field`` equals, starts with, ends with or contains ``text``."""

    field: str
    how: How
    text: Any
    """Folded text, a number or a flag; None for ``present``."""


@dataclass(frozen=True, slots=True)
class Operation:
    """A compiled operator with its value."""

    test: Callable[[Any], bool | None]
    """Of the folded value for texts, else of the value itself; None: it cannot be compared."""
    folded: bool = True
    negative: bool = False
    """What is tested must not be."""
    keys: tuple[tuple[Key, ...], ...] = ()
    """Of each of these, one must be true; none for what cannot be looked up."""


EQUAL_OPS: Final = frozenset({"eq", "ne", "in", "not_in"})
TEXT_OPS: Final = EQUAL_OPS | {
    "contains", "contains_any", "contains_all", "starts_with", "ends_with", "matches",
}  # fmt: skip
ORDER_OPS: Final = frozenset({"gt", "lt", "ge", "le", "gte", "lte", "between"})
OPS: Final = TEXT_OPS | ORDER_OPS | {"within", "present"}
LIST_OPS: Final = frozenset({"in", "not_in", "contains_any", "contains_all", "between"})
"""Operators whose value is a list."""
NEGATIVE: Final = frozenset({"ne", "not_in"})
OPS_BY_KIND: Final[Mapping[Kind, frozenset[str]]] = {
    Kind.TEXT: TEXT_OPS | {"present"},
    Kind.ADDRESS: TEXT_OPS | {"within", "present"},
    Kind.NUMBER: EQUAL_OPS | ORDER_OPS | {"present"},
    Kind.FLAG: frozenset({"eq", "ne", "present"}),
    Kind.SPAN: ORDER_OPS | {"present"},
    Kind.ANSWER: TEXT_OPS | ORDER_OPS | {"present"},
}
_PHONE: Final = re.compile(r"(?:tel:|sms:)?\+?[0-9][0-9 ().-]*")
_NUMBER: Final = re.compile(r"-?[0-9]{1,15}(?:\.[0-9]{1,9})?")


def operation(name: str, field: Field, op: str, want: object) -> Operation:
    """``op`` with its value, for every operator but ``present`` and ``matches``.

    Raises ValueError: what is wrong with it.
    """
    wants = wanted(field, op, want)
    if op in ORDER_OPS:
        return _order(field, op, wants)
    if field.kind in (Kind.NUMBER, Kind.FLAG):
        keys = tuple(Key(name, "equal", value) for value in wants)
        negative = op in NEGATIVE
        return Operation(
            frozenset(wants).__contains__, folded=False, negative=negative,
            keys=() if negative else (keys,),
        )  # fmt: skip
    texts = tuple(_constant(field, value) for value in wants)
    if op == "contains_all":
        return Operation(_all_in(texts), keys=tuple((Key(name, "word", text),) for text in texts))
    if op == "within":
        return _within(name, texts)
    test, hows = _TEXT_TESTS[op](texts)
    if field.kind is Kind.ADDRESS and not op.startswith("contains"):
        test = _bare_too(test)
    keys = tuple(Key(name, hows, text) for text in texts)
    return Operation(_spread(test), negative=op in NEGATIVE, keys=() if op in NEGATIVE else (keys,))


# ---------------------------------------------------------------- values


def wanted(field: Field, op: str, want: object) -> list[Any]:
    """The value of an operator as a list. Raises ValueError: what is wrong with it."""
    values = want if op in LIST_OPS or (op == "within" and isinstance(want, list)) else [want]
    if not isinstance(values, list | tuple) or not values:
        raise ValueError(f"{op} needs a list of at least one value")
    if op == "between" and len(values) != 2:
        raise ValueError("between needs a list of two values, the smallest and the largest")
    checked = [_checked(field, op, value) for value in values]
    if op == "between" and checked[0] > checked[1]:
        raise ValueError("between needs the smallest value first")
    return checked


def _checked(field: Field, op: str, value: object) -> Any:
    if field.kind is Kind.SPAN:
        return _seconds(op, value)
    number = field.kind is Kind.NUMBER or op in ORDER_OPS
    type_: type = int if number else str
    needed = "a whole number" if number else "a text"
    if field.kind is Kind.FLAG:
        type_, needed = bool, "true or false"
    if field.kind is Kind.ANSWER and op in EQUAL_OPS and type(value) in (int, bool):
        value = words(value)
    if type(value) is not type_:
        hint = ": put it in quotes" if type_ is str and type(value) in (int, float) else ""
        raise ValueError(f"{op} needs {needed}, not {words(value)}{hint}")
    if isinstance(value, str) and op != "matches":
        _check_text(field, op, value)
    return value


def _check_text(field: Field, op: str, value: str) -> None:
    if not fold(value):
        raise ValueError(f"{op} needs a text that is not empty")
    if op in EQUAL_OPS and field.choices and fold(value) not in field.choices:
        raise ValueError(f"{value!r} is none of {', '.join(field.choices)}")


def _seconds(op: str, value: object) -> int:
    try:
        return int(spans.duration(str(value)).total_seconds())
    except ValueError as err:
        raise ValueError(f"{op} needs a duration, not {words(value)}: {err}") from err


def words(value: object) -> str:
    """A value as people write it."""
    if isinstance(value, list | tuple):
        return ", ".join(map(words, value))
    return str(value).lower() if isinstance(value, bool) else str(value)


def _constant(field: Field, text: str) -> str:
    folded = fold(text)
    if field.kind is Kind.ADDRESS and _PHONE.fullmatch(folded):
        return re.sub("[ ().-]", "", folded)
    return folded


# ---------------------------------------------------------------- tests of texts

Texts = tuple[str, ...]
Test = Callable[[str], bool]


def _spread(test: Test) -> Callable[[Folded], bool]:
    """Of several texts one must pass."""

    def either(value: Any) -> bool:
        return test(value) if type(value) is str else any(map(test, value))

    return either


def _bare_too(test: Test) -> Test:
    """An address with its scheme or without."""
    return lambda value: test(value) or test(value.partition(":")[2])


def _any_in(texts: Texts) -> Test:
    if len(texts) == 1:
        only = texts[0]
        return lambda value: only in value

    def test(value: str) -> bool:
        for text in texts:  # noqa: SIM110 - three times faster than any() of a generator
            if text in value:
                return True
        return False

    return test


def _all_in(texts: Texts) -> Callable[[Any], bool]:
    def test(value: Any) -> bool:
        if type(value) is str:
            return all(text in value for text in texts)
        return all(any(text in one for one in value) for text in texts)

    return test


_TEXT_TESTS: Final[Mapping[str, Callable[[Texts], tuple[Test, How]]]] = {
    **dict.fromkeys(EQUAL_OPS, lambda texts: (frozenset(texts).__contains__, "equal")),
    **dict.fromkeys(("contains", "contains_any"), lambda texts: (_any_in(texts), "word")),
    "starts_with": lambda texts: (lambda value: value.startswith(texts), "prefix"),
    "ends_with": lambda texts: (lambda value: value.endswith(texts), "suffix"),
}


def _within(name: str, places: Texts) -> Operation:
    """An address is within its domain, the domains above it, and every beginning of its number."""
    tests: list[Test] = []
    keys: list[Key] = []
    for place in places:
        if "@" in place:
            tests.append(place.__eq__)
            keys.append(Key(name, "equal", place))
        elif _PHONE.fullmatch(place):
            tests.append(_starts(place))
            keys.append(Key(name, "prefix", place))
        else:
            ends = (f"@{place.lstrip('@.')}", f".{place.lstrip('@.')}")
            tests.append(_ends(ends))
            keys += [Key(name, "suffix", end) for end in ends]
    return Operation(_spread(_bare_too(_one_of(tests))), keys=(tuple(keys),))


def _starts(text: str) -> Test:
    return lambda value: value.startswith(text)


def _ends(texts: Texts) -> Test:
    return lambda value: "@" in value and value.endswith(texts)


def _one_of(tests: Sequence[Test]) -> Test:
    return lambda value: any(test(value) for test in tests)


# ---------------------------------------------------------------- tests of numbers


def _order(field: Field, op: str, wants: Sequence[int]) -> Operation:
    test = _ORDER_TESTS[op](wants)
    if field.kind is not Kind.ANSWER:
        return Operation(test, folded=False)

    def check(value: Any) -> bool | None:
        texts: Iterable[str] = (value,) if type(value) is str else value
        numbers = [float(text) for text in texts if _NUMBER.fullmatch(text)]
        return any(map(test, numbers)) if numbers else None

    return Operation(check)


_ORDER_TESTS: Final[Mapping[str, Callable[[Sequence[int]], Callable[[float], bool]]]] = {
    "gt": lambda wants: lambda value: value > wants[0],
    "lt": lambda wants: lambda value: value < wants[0],
    **dict.fromkeys(("ge", "gte"), lambda wants: lambda value: value >= wants[0]),
    **dict.fromkeys(("le", "lte"), lambda wants: lambda value: value <= wants[0]),
    "between": lambda wants: lambda value: wants[0] <= value <= wants[1],
}
