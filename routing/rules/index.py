"""Which rules a message can match at all: looked up by channel and by one more fact each.

Of the facts of which one must be true for a rule to match (its guards), the rarest among all rules
is its key; rules without one stand in line for their channel. Words of all rules on one field are
found in one pass over its text (Aho-Corasick). Immutable, shared between threads.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import ahocorasick

from routing.rules import fields
from routing.rules.conditions import Guard, Miss
from routing.rules.fields import Kind
from routing.rules.operators import How, Key
from routing.rules.view import View

CHANNEL: Final = "channel"

Positions = list[int]
Table = Mapping[Any, Positions]
"""What a key holds -> the rules that have it."""
Find = Callable[[View, Positions], None]
"""Adds the rules whose key is true of the message."""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where one rule is found."""

    channel: Guard | None
    """The channels that it can only match on."""
    names: frozenset[str]
    """Of these channels."""
    guard: Guard | None
    """What else must be true of a message; None: it stands in line on each of its channels."""

    @property
    def channels(self) -> Iterable[str | None]:
        """None: every channel."""
        return (None,) if self.channel is None else self.names


@dataclass(frozen=True, slots=True)
class _Lane:
    """The rules of one channel, those of every channel among them."""

    line: Positions
    """To be tried on every message, in order."""
    finds: Mapping[str, Sequence[Find]]
    """By the field that they look at: mostly a message has no such field."""


class Index:
    """Positions of rules, by the guards of their conditions."""

    def __init__(self, guards: Sequence[Sequence[Guard]]) -> None:
        seen = Counter(key for of in guards for guard in of for key in dict.fromkeys(guard.keys))
        self._places = [_place(of, seen) for of in guards]
        lines: dict[str | None, Positions] = defaultdict(list)
        tables: _Tables = defaultdict(lambda: defaultdict(lambda: defaultdict(list)))
        for position, place in enumerate(self._places):
            for channel in place.channels:
                line = lines[channel]
                if place.guard is None:
                    line.append(position)
                    continue
                for key in place.guard.keys:
                    tables[key.how, key.field][channel][key.text].append(position)
        self._lanes = _lanes(lines, tables)
        self._other = self._lanes[None]

    def candidates(self, view: View) -> Positions:
        """Every rule that can match, in order; no other can."""
        channel = view.folded[CHANNEL]
        lane = self._lanes.get(channel, self._other) if type(channel) is str else self._other
        found: Positions = []
        finds = lane.finds
        for field in finds.keys() & view.context.keys():
            if view.context[field] is not None:
                for find in finds[field]:
                    find(view, found)
        if not found:
            return lane.line
        both = [*lane.line, *set(found)]  # a rule is in line or found, never both
        both.sort()
        return both

    def misses(
        self, places: Iterable[int], tried: Container[int], view: View, most: int
    ) -> dict[int, Miss]:
        """Why rules that were no candidates do not match: up to ``most`` of ``places``."""
        found: dict[int, Miss] = {}
        channel = view.folded[CHANNEL]
        for number in places:
            if len(found) >= most:
                break
            if number in tried:
                continue
            place = self._places[number]
            if place.channel is not None and channel not in place.names:
                found[number] = place.channel.miss(view.context)
            elif place.guard is not None:
                found[number] = place.guard.miss(view.context)
        return found


def _place(guards: Iterable[Guard], seen: Counter[Key]) -> _Place:
    channel, others = None, []
    for guard in guards:
        if all(key.field == CHANNEL and key.how == "equal" for key in guard.keys):
            channel = channel or guard
        else:
            others.append(guard)
    rarest = min(others, key=lambda guard: sum(seen[key] for key in guard.keys), default=None)
    names = frozenset(key.text for key in channel.keys) if channel is not None else frozenset()
    return _Place(channel, names, rarest)


# ---------------------------------------------------------------- lanes

_Tables = dict[tuple[How, str], dict[str | None, dict[Any, Positions]]]


def _lanes(lines: Mapping[str | None, Positions], tables: _Tables) -> dict[str | None, _Lane]:
    words = {
        field: _automaton(word for table in by_channel.values() for word in table)
        for (how, field), by_channel in tables.items()
        if how == "word"
    }
    everywhere = lines.get(None, [])
    lanes = {}
    for channel in (None, *(name for name in lines if name is not None)):
        finds = defaultdict(list)
        for (how, field), by_channel in tables.items():
            mine = [by_channel[one] for one in {None, channel} if one in by_channel]
            if mine:
                finds[field].append(_FINDS[how](field, mine, words.get(field)))
        own = lines[channel] if channel is not None else []
        lanes[channel] = _Lane(sorted({*everywhere, *own}), dict(finds))
    return lanes


def _automaton(words: Iterable[str]) -> Any:
    automaton = ahocorasick.Automaton()
    for word in words:
        automaton.add_word(word, word)
    automaton.make_automaton()
    return automaton


# ---------------------------------------------------------------- finding


def _texts(view: View, field: str) -> tuple[str, ...]:
    """The field folded, as several texts."""
    value = view.folded[field]
    return (value,) if isinstance(value, str) else value or ()


def _equal(field: str, tables: Sequence[Table], _words: Any) -> Find:
    found = fields.find(field)
    kind = Kind.TEXT if found is None else found.kind

    def find_text(view: View, found: Positions) -> None:
        if view.context.get(field):
            for text in _texts(view, field):
                for table in tables:
                    found += table.get(text, ())

    def find_address(view: View, found: Positions) -> None:
        if view.context.get(field):
            for text in _texts(view, field):
                bare = text.partition(":")[2]
                for table in tables:
                    found += table.get(text, ())
                    found += table.get(bare, ())

    def find_plain(view: View, found: Positions) -> None:
        value = view.context[field]
        for table in tables:
            found += table.get(value, ())

    plain = kind in (Kind.NUMBER, Kind.FLAG)
    return find_plain if plain else find_address if kind is Kind.ADDRESS else find_text


def _prefix(field: str, tables: Sequence[Table], _words: Any) -> Find:
    lengths = sorted({len(text) for table in tables for text in table})
    address = field in fields.FIELDS and fields.FIELDS[field].kind is Kind.ADDRESS

    def find(view: View, found: Positions) -> None:
        if not view.context.get(field):
            return
        for text in _texts(view, field):
            for form in (text, text.partition(":")[2]) if address else (text,):
                for length in lengths:
                    for table in tables:
                        found += table.get(form[:length], ())

    return find


def _suffix(field: str, tables: Sequence[Table], _words: Any) -> Find:
    lengths = sorted({len(text) for table in tables for text in table})

    def find(view: View, found: Positions) -> None:
        if not view.context.get(field):
            return
        for text in _texts(view, field):
            for length in lengths:
                for table in tables:
                    found += table.get(text[-length:], ())

    return find


def _word(field: str, tables: Sequence[Table], words: Any) -> Find:
    def find(view: View, found: Positions) -> None:
        if not view.context.get(field):
            return
        for text in _texts(view, field):
            for _, word in words.iter(text):
                for table in tables:
                    found += table.get(word, ())

    return find


def _present(field: str, tables: Sequence[Table], _words: Any) -> Find:
    positions = [position for table in tables for position in table[None]]

    def find(view: View, found: Positions) -> None:
        if view.context.get(field) not in (None, "", ()):
            found += positions

    return find


_FINDS: Final[Mapping[How, Callable[[str, Sequence[Table], Any], Find]]] = {
    "equal": _equal,
    "prefix": _prefix,
    "suffix": _suffix,
    "word": _word,
    "present": _present,
}
