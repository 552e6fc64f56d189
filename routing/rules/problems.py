"""What is wrong with rule rows, collected while they are read, and the names that rows may use."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with the rows."""

    rule: str
    """The row's id, or empty where it has none."""
    path: str
    """Where, as ``rules[2].when.all[0].field``."""
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}" + (f" (rule {self.rule})" if self.rule else "")


class RulesInvalid(ValueError):
    """Rows that cannot be published; ``problems`` has all of it, in order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = tuple(problems)


Known = Collection[str] | None
"""Names that exist; None: they are not checked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """What exists in a hub, by name."""

    queues: Collection[str]
    channels: Known = None
    skills: Known = None
    templates: Known = None
    calendars: Known = None
    policies: Known = None
    agents: Known = None
    """E-mail addresses."""


class Findings:
    """Problems of the row that is being read."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.rule = ""

    def add(self, path: str, reason: str) -> None:
        """Something is wrong at ``path``."""
        self.problems.append(Problem(self.rule, path, reason))

    def unknown_keys(self, path: str, row: Iterable[object], known: Collection[str]) -> None:
        """Refuse every key that means nothing."""
        for key in row:
            if key not in known:
                self.add(f"{path}.{key}", f"there is no such key{hint(key, known)}")

    def name(self, path: str, noun: str, name: object, known: Known) -> str | None:
        """``name`` if there is one such ``noun``; None and a problem if there is not."""
        if isinstance(name, str) and name and (known is None or name in known):
            return name
        self.add(path, f"there is no {noun} {name}{hint(name, known or ())}")
        return None


def hint(name: object, known: Collection[str]) -> str:
    """``; did you mean that?``, or nothing."""
    close = get_close_matches(str(name), list(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""
