"""What the writer, the readers and ``Tx`` need of an engine: one connection, and rows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, Protocol

EngineName = Literal["sqlite", "postgres"]
Params = Mapping[str, Any] | Sequence[Any]


class Row(Protocol):
    """One row: ``row["name"]``, ``row[0]``, ``dict(row)``; iterating gives the values."""

    def __getitem__(self, key: str | int, /) -> Any: ...
    def __iter__(self) -> Iterator[Any]: ...
    def __len__(self) -> int: ...
    def keys(self) -> Any:
        """The column names, in order."""


class Named(Protocol):
    """What has a value for each name: a row, or an event as it was written."""

    def __getitem__(self, name: str, /) -> Any: ...


class Connection(Protocol):
    """What both engines' connections do for the writer, the readers and ``Tx``.

    A write transaction is ``start``, then for each function ``enter`` and ``leave`` or ``undo``,
    then ``finish`` and ``commit``. SQL errors come out as the engine raises them; ``translate``
    makes ours of them.
    """

    engine: EngineName

    def fetch(self, sql: str, params: Params) -> list[Row]:
        """Run one statement and fetch its rows to the end."""

    def count(self, sql: str, params: Params) -> int:
        """Run one statement and say how many rows it changed."""

    def insert(self, sql: str, params: Params) -> int | None:
        """Run one INSERT of one row; the id it was given, or None if it was not inserted."""

    def start(self) -> None:
        """Begin a transaction."""

    def enter(self, key: object, *, wait: bool) -> bool:
        """Open a function's savepoint and take its key's lock; False: it is taken, skip."""

    def leave(self) -> None:
        """The function succeeded: its savepoint is part of the group now."""

    def undo(self) -> None:
        """Roll back to the function's savepoint."""

    def finish(self) -> None:
        """All functions have run and left something for the finishers: take the event lock."""

    def commit(self) -> None:
        """Commit; raises unless the engine has answered that it did."""

    def abandon(self) -> None:
        """Roll back whatever is open; never raises."""

    def living(self) -> bool:
        """Whether the transaction can still be rolled back to a savepoint: the engine's word."""

    def lost(self) -> bool:
        """Whether the connection itself is dead."""

    def translate(self, error: Exception) -> Exception:
        """Our error for the engine's; other exceptions unchanged."""

    def close(self) -> None:
        """Close it; never raises."""
