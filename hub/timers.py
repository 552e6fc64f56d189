"""What is due: offers that ran out, leases, snoozes, owners gone too long. Rows, not sleeps.

One loop sleeps until the earliest row is due and is woken when an earlier one is written.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Collection, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING

from hub import actions, clock
from storage import agents, work_items
from storage.errors import StoreUnavailable

if TYPE_CHECKING:
    from hub.channels import Channels
    from hub.desk import Desk
    from storage.db import Database, Row, Tx

LONGEST = 60.0  # seconds between two looks
RETRY = 1.0
_WAKING = frozenset({"offer.made", "agent.changed", "conversation.changed"})

_log = logging.getLogger(__name__)


class Timers:
    """The loop over everything that has a time."""

    def __init__(self, db: Database, desk: Callable[[], Desk], channels: Channels) -> None:
        self._db = db
        self._desk = desk
        self._channels = channels
        self._wake = asyncio.Event()
        self.now = clock.now

    def listen(self, events: Sequence[Row]) -> None:
        """Something may be due earlier than what is slept for."""
        if any(event["kind"] in _WAKING for event in events):
            self._wake.set()

    async def run(self) -> None:
        """Do what is due until cancelled."""
        while True:
            self._wake.clear()
            try:
                done = await self._due()
                due = await self._db.read(next_due)
            except StoreUnavailable as err:
                _log.warning("timers wait for the store: %s", err)
                done, due = False, None
            if not done:
                await asyncio.sleep(RETRY)
                continue
            seconds = LONGEST if due is None else (due - self.now()) / 1_000_000
            try:
                async with asyncio.timeout(min(max(seconds, 0.0), LONGEST)):
                    await self._wake.wait()
            except TimeoutError:
                continue

    async def _due(self) -> bool:
        """Do all that is due; False if one of it failed and is due still."""
        now = self.now()
        offers = await self._db.read(work_items.offers_due, now)
        gone = await self._db.read(agents.expired, now)
        timers = await self._db.read(_timers, now)
        desk, channels = self._desk(), live_channels(self._channels)
        acts: list[Callable[[Tx], None]] = [
            *(partial(actions.expire, offer=row["id"], voice=False, now=now) for row in offers),
            *(partial(lose_agent, id=row["id"], now=now) for row in gone),
            *(partial(fire, timer=row, desk=desk, channels=channels, now=now) for row in timers),
        ]
        return all([await self._done(act) for act in acts])

    async def _done(self, act: Callable[[Tx], None]) -> bool:
        try:
            await self._db.write(act)
        except StoreUnavailable:
            raise
        except Exception:  # noqa: BLE001 - one that cannot be done must not hold up the others
            _log.exception("something that was due failed")
            return False
        return True


def live_channels(channels: Channels) -> dict[bool, frozenset[int]]:
    """Channel ids by whether customers wait in front of a screen."""
    return {
        live: frozenset(one.id for one in channels if one.capabilities.live is live)
        for live in (True, False)
    }


def next_due(tx: Tx) -> int | None:
    """When the earliest of all is due (µs), or None."""
    found = [
        tx.value("SELECT MIN(expires_at) FROM offer WHERE state = 'pending'"),
        tx.value("SELECT MIN(lease_until) FROM agent WHERE presence <> 'offline'"),
        tx.value("SELECT MIN(due) FROM timer"),
    ]
    return min((int(one) for one in found if one is not None), default=None)


def lose_agent(tx: Tx, id: int, *, now: int) -> None:
    """Their browser has been gone for longer than the lease."""
    row = agents.get(tx, id)
    if row is None or row["lease_until"] is None or row["lease_until"] >= now:
        return
    actions.set_presence(tx, id, "offline", "lost", lease_until=None, now=now)


def _timers(tx: Tx, now: int) -> list[Row]:
    return tx.all("SELECT * FROM timer WHERE due <= :now ORDER BY due, id LIMIT 100", now=now)


def fire(
    tx: Tx, timer: Row, desk: Desk, channels: Mapping[bool, Collection[int]], *, now: int
) -> None:
    """Do what one timer says; the row goes with it."""
    gone = tx.run(
        "DELETE FROM timer WHERE id = :id AND due = :due", id=timer["id"], due=timer["due"]
    )
    if not gone:
        return
    if timer["kind"] == "snooze":
        actions.wake(tx, timer["subject"], desk, now=now)
    elif timer["kind"] == "owner_live":
        actions.release_absent(tx, timer["subject"], channels[True], desk, now=now)
    elif timer["kind"] == "owner":
        both = {*channels[True], *channels[False]}
        actions.release_absent(tx, timer["subject"], both, desk, now=now)
