"""What is due: offers that ran out, steps, deferrals, wrap-up, leases, snoozes. Rows, not sleeps.

One loop sleeps until the earliest row is due and is woken when an earlier one is written. Everything
done is a compare-and-set, so that what was settled meanwhile is left alone.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from hub import absence, actions, clock, offering, turns
from hub.calendars import hours
from hub.queue import medium
from hub.router import pacing
from hub.sla import escalation
from hub.waits import visits
from routing.model import Medium
from storage import agents, claims, sla_deadlines, steps, timers, work_items
from storage.errors import ClaimLost, StoreUnavailable

if TYPE_CHECKING:
    from hub.channels import Channels
    from hub.desk import Desk
    from storage.db import Database, Named, Row, Tx

LONGEST = 60.0  # seconds between two looks
SOON = 0.02  # seconds: what many events wake for is looked at once
RETRY = 1.0
GRACE = 60_000_000  # microseconds: agents have so long to come back after the hub did
JUMP = 5_000_000  # microseconds that the clock may gain or lose on a steady one
_WAKING = frozenset(
    {"offer.made", "agent.changed", "conversation.changed", "item.changed", "sla.started"}
)

_log = logging.getLogger(__name__)
Act = Callable[["Tx"], None]


@dataclass(frozen=True, slots=True)
class World:
    """What acts need beside the store, at one moment."""

    desk: Desk
    live: Mapping[bool, Collection[int]]
    """Channel ids by whether customers wait in front of a screen."""
    voice: Collection[int]
    """Channel ids of telephones."""
    now: int


class Timers:
    """The loop over everything that has a time."""

    def __init__(self, db: Database, desk: Callable[[], Desk], channels: Channels) -> None:
        self._db = db
        self._desk = desk
        self._channels = channels
        self._wake = asyncio.Event()
        self.now = clock.now

    def listen(self, events: Sequence[Named]) -> None:
        """Something may be due earlier than what is slept for."""
        if any(event["kind"] in _WAKING for event in events):
            self._wake.set()

    async def run(self) -> None:
        """Do what is due until cancelled."""
        await self._db.write(_begin, clock.now())
        steady = Steady()
        while True:
            self._wake.clear()
            try:
                if jumped := steady.jumped():
                    _log.warning("the clock was set by %.0f s", jumped / 1_000_000)
                    await self._db.write(timers.shift, jumped)
                done, due = True, await self._db.read(next_due)
                if due is not None and due <= self.now():
                    done = await self._due()
                    due = await self._db.read(next_due)
            except StoreUnavailable as err:
                _log.warning("timers wait for the store: %s", err)
                done, due = False, None
            await asyncio.sleep(SOON if done else RETRY)
            if not done:
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
        voice = [one.id for one in self._channels if medium(one.capabilities) is Medium.VOICE]
        world = World(self._desk(), live_channels(self._channels), frozenset(voice), now)
        acts = await self._db.read(due_acts, world)
        done = all([await self._done(act) for act in acts])
        if await self._db.read(timers.is_due, pacing.KIND, now):
            await pacing.measure(self._db, now)
        return done

    async def _done(self, act: Act) -> bool:
        try:
            await self._db.write(act)
        except StoreUnavailable:
            raise
        except ClaimLost:  # settled meanwhile
            return True
        except Exception:  # noqa: BLE001 - one that cannot be done must not hold up the others
            _log.exception("something that was due failed")
            return False
        return True


def _begin(tx: Tx, now: int) -> None:
    """Nobody is away because the hub was."""
    agents.extend_leases(tx, now + GRACE)
    pacing.plan_next(tx, now)


class Steady:
    """Tells when the clock was set: against one that never is."""

    def __init__(self) -> None:
        self._gap = _gap()

    def jumped(self) -> int:
        """Microseconds by which it was set since the last question; 0: not so that it matters."""
        gap = _gap()
        jump = gap - self._gap
        if abs(jump) < JUMP:
            return 0
        self._gap = gap
        return jump


def _gap() -> int:
    return clock.now() - time.monotonic_ns() // 1_000


def live_channels(channels: Channels) -> dict[bool, frozenset[int]]:
    """Channel ids by whether customers wait in front of a screen."""
    return {
        live: frozenset(one.id for one in channels if one.capabilities.live is live)
        for live in (True, False)
    }


def next_due(tx: Tx) -> int | None:
    """When the earliest of all is due (µs), or None."""
    found = tx.value(
        """
        SELECT MIN(due) FROM (
          SELECT MIN(expires_at) AS due FROM offer WHERE state = 'pending'
          UNION ALL SELECT MIN(lease_until) FROM agent WHERE presence <> 'offline'
          UNION ALL SELECT MIN(due) FROM timer
          UNION ALL SELECT MIN(step_until) FROM work_item
            WHERE step_until IS NOT NULL AND state IN ('queued', 'offered')
          UNION ALL SELECT MIN(deferred_until) FROM work_item WHERE state = 'deferred'
          UNION ALL SELECT MIN(wrap_until) FROM work_item WHERE state = 'wrapping'
          UNION ALL SELECT MIN(CASE WHEN warned_at IS NULL THEN warn_at ELSE due_at END)
            FROM sla_deadline WHERE state = 'running' AND breached_at IS NULL
        ) AS all_due
        """
    )
    return None if found is None else int(found)


def due_acts(tx: Tx, world: World) -> list[Act]:
    """What there is to do, each a transaction of its own."""
    now, desk = world.now, world.desk
    return [
        *(_expiry(row, world) for row in claims.offers_due(tx, now)),
        *(partial(relax, id=row["id"], world=world) for row in steps.due(tx, now)),
        *(partial(undefer, item=row, world=world) for row in steps.deferrals_due(tx, now)),
        *(
            partial(actions.finish, item=row, desk=desk, now=now)
            for row in steps.wraps_due(tx, now)
        ),
        *(partial(lose_agent, id=row["id"], now=now) for row in agents.expired(tx, now)),
        *(
            partial(escalation.fire, id=row["id"], desk=desk, now=now)
            for row in sla_deadlines.due(tx, now)
        ),
        *(partial(fire, timer=row, world=world) for row in timers.due(tx, now)),
    ]


def _expiry(offer: Row, world: World) -> Act:
    return partial(
        offering.expire, offer=offer["id"], voice=offer["channel"] in world.voice, now=world.now
    )


def relax(tx: Tx, id: int, world: World) -> None:
    """A step is over."""
    item = work_items.get(tx, id)
    if item is not None and item["step_until"] is not None and item["step_until"] <= world.now:
        turns.relax(tx, item, world.desk, now=world.now)


def undefer(tx: Tx, item: Row, world: World) -> None:
    """A deferral is over, unless its queue was closed meanwhile: then it is until it opens."""
    until = hours.opens_at(world.desk, item["queue"], world.now)
    if until is None:
        steps.undefer(tx, item, now=world.now)
    else:
        steps.defer_on(tx, item, until)


def lose_agent(tx: Tx, id: int, *, now: int) -> None:
    """Their browser has been gone for longer than the lease."""
    row = agents.get(tx, id)
    if row is None or row["lease_until"] is None or row["lease_until"] >= now:
        return
    reason = "lost" if row["presence"] == "available" else row["reason"] or row["presence"]
    offering.set_presence(tx, id, "offline", reason, lease_until=None, now=now)


def fire(tx: Tx, timer: Row, world: World) -> None:
    """Do what one timer says; the row goes with it."""
    if timer["kind"] == pacing.KIND or not timers.fire(tx, timer):
        return
    subject, now, live = timer["subject"], world.now, world.live
    match timer["kind"]:
        case "snooze":
            actions.wake(tx, subject, world.desk, now=now)
        case "again":
            offering.ask_again(tx, subject, now=now)
        case "owner_live":
            absence.release(tx, subject, live[True], world.desk, now=now)
        case "owner":
            absence.release(tx, subject, live[True], world.desk, now=now)
            absence.release(tx, subject, live[False], world.desk, now=now, days=True)
        case visits.TIMER:
            visits.grace_over(tx, subject, now=now)
        case other:
            raise LookupError(f"nobody knows a timer {other}")
