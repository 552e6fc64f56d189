"""A setting that must never be seen: masked wherever it is printed, compared in constant time."""

from __future__ import annotations

import hmac
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class Secret:
    """A secret value. ``reveal()`` is the only way to it, so every use can be found by name."""

    _value: str

    def reveal(self) -> str:
        return self._value

    def matches(self, given: str) -> bool:
        """Whether ``given`` is this secret; constant time; an empty secret matches nothing."""
        return bool(self._value) and hmac.compare_digest(self._value.encode(), given.encode())

    def __bool__(self) -> bool:
        return bool(self._value)

    def __repr__(self) -> str:
        return "Secret(****)" if self._value else "Secret()"

    __str__ = __repr__

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Secret) and self.matches(other._value)

    def __hash__(self) -> int:
        return hash(self._value)
