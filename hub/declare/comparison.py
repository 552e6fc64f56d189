"""What comparing a file with the store is made of: the changes found, and how documents differ."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from hub.declared import Declared
from hub.fields import FieldError
from hub.keys import Keys

if TYPE_CHECKING:
    from storage.db import Tx


@dataclass(frozen=True, slots=True)
class Change:
    """One thing that a file changes, and how to do it."""

    verb: str
    """``add``, ``change`` or ``remove``."""
    noun: str
    name: str
    what: tuple[str, ...]
    """The parts that differ."""
    do: Callable[[Tx], object]

    def __str__(self) -> str:
        details = f" ({', '.join(self.what)})" if self.what else ""
        return f"{self.verb} {self.noun} {self.name}{details}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What to apply, by whom and when."""

    declared: Declared
    keys: Keys
    prune: bool = False
    by: str = "command"
    note: str = ""
    moves: Mapping[str, str] = field(default_factory=dict)
    """What goes -> what takes over what needs it: queues, skills, agents."""
    now: int


@dataclass(slots=True)
class Comparison:
    """One run over file and store."""

    order: Order
    changes: list[Change] = field(default_factory=list)
    errors: list[FieldError] = field(default_factory=list)
    last: list[Change] = field(default_factory=list)
    """To be done after all others: they need what the others make."""

    def add(
        self, verb: str, noun: str, name: str, do: Callable[[Tx], object], what: Iterable[str] = ()
    ) -> None:
        self.changes.append(Change(verb, noun, name, tuple(what), do))

    def later(self, verb: str, noun: str, name: str, do: Callable[[Tx], object]) -> None:
        """The same, done at the end."""
        self.last.append(Change(verb, noun, name, (), do))


def compare(
    run: Comparison,
    noun: str,
    name: str,
    old: Mapping[str, Any] | None,
    new: Mapping[str, Any],
    do: Callable[[Tx], object],
) -> None:
    """Note what making ``old`` (None: not there) into ``new`` changes, if anything."""
    if old is None:
        run.add("add", noun, name, do)
    elif old != new:
        run.add("change", noun, name, do, differing(old, new))


def differing(old: Mapping[str, Any], new: Mapping[str, Any]) -> list[str]:
    """The keys whose values are not the same."""
    names = [*new, *(name for name in old if name not in new)]
    return [name for name in names if old.get(name) != new.get(name)]


def document(**parts: Any) -> dict[str, Any]:
    """Only what is not the default: None, empty, or the second of a pair."""
    found: dict[str, Any] = {}
    for name, value in parts.items():
        if isinstance(value, tuple):
            given, default = value
            if given != default:
                found[name] = given
        elif value not in (None, "", {}, []):
            found[name] = value
    return found


def json(value: Any) -> str:
    """As the store keeps it."""
    return msgspec.json.encode(value).decode()
