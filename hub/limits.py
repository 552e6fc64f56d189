"""Token buckets in memory: how often somebody may try something."""

from __future__ import annotations

import ipaddress
import math
from collections import OrderedDict
from collections.abc import Callable, Hashable
from time import monotonic


def source(address: str) -> str:
    """An address as where tries come from: of IPv6 the /64, all of which one household has
    (RFC 6177)."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(found, ipaddress.IPv4Address):
        return str(found)
    return str(found.ipv4_mapped or ipaddress.ip_network((found, 64), strict=False))


class Buckets:
    """``burst`` tries at once for each key, then ``per_second``. At most ``keys`` are remembered.

    A forgotten key starts full, so an attacker with many addresses costs memory only up to a bound.
    """

    def __init__(
        self,
        burst: float,
        per_second: float,
        *,
        keys: int = 10_000,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        self._burst = burst
        self._rate = per_second
        self._most = keys
        self._clock = clock
        self._levels: OrderedDict[Hashable, tuple[float, float]] = OrderedDict()

    def level(self, key: Hashable) -> float:
        """How many tries are left now."""
        level, at = self._levels.get(key, (self._burst, 0.0))
        return min(self._burst, level + (self._clock() - at) * self._rate)

    def take(self, key: Hashable, n: float = 1) -> bool:
        """Whether there was one left; it is gone now."""
        level = self.level(key)
        if level < n:
            return False
        self._levels[key] = (level - n, self._clock())
        self._levels.move_to_end(key)
        if len(self._levels) > self._most:
            self._levels.popitem(last=False)
        return True

    def retry_after(self, key: Hashable, n: float = 1) -> int:
        """Whole seconds until ``take`` succeeds again: at least 1."""
        return max(1, math.ceil((n - self.level(key)) / self._rate))

    def give_back(self, key: Hashable) -> None:
        """The try succeeded and does not count."""
        self._levels[key] = (min(self._burst, self.level(key) + 1), self._clock())
