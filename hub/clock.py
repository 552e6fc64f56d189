"""What time it is, in the tables' unit. Passed into transactions, never asked for inside one."""

from __future__ import annotations

import time


def now() -> int:
    """Microseconds since 1970, UTC."""
    return time.time_ns() // 1_000
