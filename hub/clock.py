"""What time it is, in the tables' unit. Passed into transactions, never asked for inside one.

Where several machines work on one store, the store's clock counts: the router tells it now and then.
"""

from __future__ import annotations

import time
from typing import Final

TOLERATED: Final = 1_000_000
"""Microseconds between our clock and the store's: less is the time it takes to ask."""

_behind = 0


def now() -> int:
    """Microseconds since 1970, UTC."""
    return time.time_ns() // 1_000 + _behind


def follow(stores: int) -> None:
    """The store's clock says ``stores``: from now on ours says so too."""
    global _behind  # noqa: PLW0603 - one process has one clock
    if abs(stores - now()) > TOLERATED:
        _behind = stores - time.time_ns() // 1_000
