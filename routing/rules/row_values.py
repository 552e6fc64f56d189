"""Single values of rule rows, read and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from routing import spans
from routing.rules.outcome import SECOND
from routing.rules.problems import Findings, Known, Names

_LONGEST: Final = 3_650 * 86_400  # seconds


class Reader:
    """Reads values; what is wrong goes into ``found``, and what is read instead is None."""

    def __init__(self, names: Names, found: Findings) -> None:
        self.names = names
        self.found = found

    def named(
        self, path: str, row: Mapping[str, Any], key: str, known: Known, *, noun: str = ""
    ) -> str | None:
        """``row[key]``, the name of a ``noun`` (else of a ``key``); None where there is none."""
        if row.get(key) is None:
            return None
        return self.found.name(f"{path}.{key}", noun or key, row[key], known)

    def text(self, path: str, value: object) -> str | None:
        """A text, if there is one."""
        if value is None or isinstance(value, str):
            return value
        self.found.add(path, "must be a text")
        return None

    def flag(self, path: str, value: object) -> bool | None:
        """True or false, if it is said."""
        if value is None or isinstance(value, bool):
            return value
        self.found.add(path, "must be true or false")
        return None

    def span(self, path: str, value: object) -> int | None:
        """Microseconds, more than none."""
        try:
            seconds = int(spans.duration(str(value)).total_seconds())
        except ValueError as err:
            self.found.add(path, str(err))
            return None
        if not 0 < seconds <= _LONGEST:
            self.found.add(path, "must be longer than nothing, and at most 3650d")
            return None
        return seconds * SECOND

    def choice(self, path: str, value: object, choices: Sequence[str]) -> str | None:
        """One of ``choices``."""
        if value in choices:
            return str(value)
        self.found.add(path, f"must be {' or '.join(choices)}")
        return None
