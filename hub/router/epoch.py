"""Being the one writer of a routing domain: taking the lease, keeping it, giving it up.

The number goes up with each new writer; every transaction of a router names it (``storage/leases``).
"""

from __future__ import annotations

from contextlib import suppress
from time import monotonic
from typing import TYPE_CHECKING, Final

from hub import clock, observe
from storage import leases
from storage.errors import StoreUnavailable

if TYPE_CHECKING:
    from storage.db import Database

DOMAIN: Final = "hub"
LASTS: Final = 10_000_000  # microseconds: how long the lease outlives its router
RENEW: Final = 3.0  # seconds


class Epoch:
    """One router's hold on the lease.

    ``owner`` names this process: after a restart the same one need not wait for its old lease.
    """

    def __init__(self, db: Database, owner: str) -> None:
        self._db = db
        self._owner = owner
        self.number = 0
        """Under which it writes; 0 while it does not hold the lease."""
        self.renew_at = 0.0
        """When to renew, by the monotonic clock."""

    @property
    def mark(self) -> str:
        """What the events of its own claims carry (JSON)."""
        return f'{{"claim":{self.number}}}'

    async def take(self) -> bool:
        """Become the writer; False while another one's lease runs. Raises StoreUnavailable."""
        found = await self._db.write(
            leases.acquire, DOMAIN, self._owner, lasts=LASTS, now=clock.now()
        )
        self.number = found or 0
        self.renew_at = monotonic() + RENEW
        if self.number:
            observe.EPOCH.set(self.number)
        return self.number > 0

    async def keep(self) -> None:
        """Renew when it is time to. Raises StaleEpoch, StoreUnavailable."""
        if monotonic() < self.renew_at:
            return
        clock.follow(
            await self._db.write(leases.renew, DOMAIN, self.number, lasts=LASTS, now=clock.now())
        )
        self.renew_at = monotonic() + RENEW

    def lose(self) -> None:
        """Another one writes now."""
        self.number = 0

    def give_up(self) -> None:
        """Let the next one begin at once."""
        if not self.number:
            return
        with suppress(StoreUnavailable):
            future = self._db.submit(leases.give_up, DOMAIN, self.number)
            future.add_done_callback(lambda done: done.cancelled() or done.exception())
        self.number = 0
