"""Times between tables (integer µs since 1970) and views (aware UTC)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def when(micros: int | None) -> datetime | None:
    """A table's time as an aware one."""
    return None if micros is None else _EPOCH + timedelta(microseconds=micros)


def time_of(micros: int) -> datetime:
    """A table's time, which is there, as an aware one."""
    return _EPOCH + timedelta(microseconds=micros)


def micros(moment: datetime) -> int:
    """An aware time as a table's."""
    return (moment - _EPOCH) // timedelta(microseconds=1)
