"""Live screens: one socket an agent, a snapshot plus the events after ``seq``, without a gap.

Sockets are filtered in memory, by what their person may see; a socket that cannot keep up is
closed with 4408 and resumes, one whose session has ended with 4401.
"""

from __future__ import annotations

import asyncio
import logging
import random
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from time import monotonic
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import WSMsgType, web

from hub import catch_up, clock, observe
from hub.frames import Filled, Show, changed_counts, fill
from hub.permissions import Permission
from hub.screen import Screen
from storage import agents, views
from storage.errors import StoreError

if TYPE_CHECKING:
    from hub.access.principal import Principal
    from hub.auth import Auth
    from hub.feed import Feed
    from storage.db import Database, Named, Tx
    from storage.views import EntryView

LEASE = 60 * 1_000_000  # microseconds: presence after the last sign of life
HEARTBEAT = 20.0  # seconds
ENDED = 4401
COUNT = 0.2  # seconds between two looks at who waits in a queue: a look is as long as the queue
RETRY = 1.0  # seconds, after frames could not be filled in
BATCHES = 200  # of events waiting to be filled in; more, and the screens start anew

_encode = msgspec.json.encode
_log = logging.getLogger(__name__)
_RESET = _encode({"type": "reset"})
_NO_BOARD = _encode({"type": "refused", "what": "board", "why": "this needs the permission 'move'"})


class _Wish(msgspec.Struct, tag_field="type", tag="board"):
    """A client's frame: show me the board, or no longer."""

    on: bool


_wish = msgspec.json.Decoder(_Wish).decode


class Live:
    """All agents' sockets of this process."""

    def __init__(self, db: Database, auth: Auth, feed: Feed, show: Show) -> None:
        self._db = db
        self._auth = auth
        self._feed = feed
        self._fill = partial(fill, show=show)
        self._screens: set[Screen] = set()
        self._joining: list[Screen] = []
        self._batches: deque[Sequence[Named]] = deque()
        self._wake = asyncio.Event()
        self._uncounted: set[int] = set()
        """Queues in which another number may wait than the screens show."""
        self._count_at = 0.0
        self._memberships: frozenset[tuple[int, int | None]] | None = None
        self.seq = 0
        self.on_entries: Callable[[Sequence[EntryView]], None] = lambda _entries: None
        """Given each batch of new entries: what customers' sockets show."""
        self.on_watched: Callable[[], None] = lambda: None
        """Called when a screen asks for the board."""
        self.wanted: Callable[[], bool] = lambda: False
        """Whether anybody but the screens looks at entries now."""

    def listen(self, batch: Sequence[Named]) -> None:
        """Take a batch of events from the feed."""
        self._batches.append(batch)
        self._wake.set()

    def signal(self, kind: str, conversation: int, data: dict[str, Any]) -> None:
        """Typing and the like: to who may see the conversation, never stored."""
        body = _encode({"type": kind, "conversation": conversation, **data})
        self._wake.set()
        for screen in self._screens:
            if screen.sight.all or not screen.sight.hidden or conversation in screen.known:
                screen.push(body)

    async def run(self) -> None:
        """Hand out frames until cancelled."""
        self.seq = self._feed.seq
        while True:
            await self._woken()
            try:
                while self._batches or self._joining or self._to_count():
                    await self._step()
            except Exception:  # noqa: BLE001 - what cannot be shown must not end the others
                _log.exception("frames could not be filled in; the screens start anew")
                self._batches.clear()
                self.seq = self._feed.seq
                for screen in self._screens:
                    screen.push(_RESET)
                asyncio.get_running_loop().call_later(RETRY, self._wake.set)

    async def _woken(self) -> None:
        """Until there is something to hand out, or a count may be looked at again."""
        with suppress(TimeoutError):
            async with asyncio.timeout_at(self._count_at if self._uncounted else None):
                await self._wake.wait()
        self._wake.clear()

    def _to_count(self) -> set[int]:
        """The queues that are to be counted now: under load, not after every batch."""
        due = monotonic() >= self._count_at
        return self._uncounted if due else set()

    async def _step(self) -> None:
        if len(self._batches) > BATCHES:
            raise StoreError("too far behind")
        batch = self._batches.popleft() if self._batches else ()
        await self._look_at_rights(batch)
        self._uncounted |= changed_counts(batch)
        counted = self._to_count()
        self._uncounted = self._uncounted - counted
        seq = batch[-1]["seq"] if batch else self.seq
        if (batch or counted) and (self._screens or self.wanted()):
            filled = await self._db.read(self._fill, batch, counted=counted, seq=seq)
            if filled.sights_changed:
                await self._look_again()
            self._show(filled)
        if counted:
            self._count_at = monotonic() + COUNT
        self.seq = seq
        for screen in list(self._joining):
            await self._join(screen)

    def _show(self, filled: Filled) -> None:
        asked = {frame.only for frame in filled.frames if frame.only is not None}
        for screen in sorted(self._screens, key=lambda one: one.principal.agent not in asked):
            for frame in filled.frames:  # whoever is asked something first
                screen.show(frame)
        if filled.entries:
            self.on_entries([entry for _, entry in filled.entries])

    async def _look_at_rights(self, batch: Sequence[Named]) -> None:
        """Somebody may no longer be let in, or may do other things: before they are shown more."""
        users = {event["subject"] for event in batch if event["kind"] == "access.changed"}
        for screen in [*self._screens, *self._joining] if users else ():
            if (screen.principal.user or 0) in users:
                await self._renew_rights(screen)

    async def _renew_rights(self, screen: Screen) -> None:
        """End it if its session has; else let it see and do what its person may today."""
        before = screen.principal
        today = await self._auth.today(before)
        if today is None:
            screen.end(ENDED)
        elif today is not before:
            screen.principal = today
            screen.board = screen.board if today.may(Permission.MOVE) else None
            screen.sight, screen.known = await self._db.read(catch_up.sight_of, today)
            screen.push(_RESET)

    async def _look_again(self) -> None:
        """Queues or their members may have changed: whoever sees other things now starts anew."""
        memberships = await self._db.read(views.memberships)
        if memberships == self._memberships:
            return
        self._memberships = memberships
        for screen in list(self._screens):
            sight, known = await self._db.read(catch_up.sight_of, screen.principal)
            if sight.hidden != screen.sight.hidden:
                screen.known = known
                screen.push(_RESET)
            screen.sight = sight

    async def _join(self, screen: Screen) -> None:
        """Catch up to where the others are, then be one of them: no gap, nothing twice."""
        since = screen.since
        if not self._screens:  # from here on, what is not so any more is news to somebody
            self._memberships = await self._db.read(views.memberships)
        found = await self._db.read(catch_up.missed_by, screen.principal, since, self.seq)
        here = max(since, self.seq) if found.whole else self.seq
        counted = changed_counts(found.missed) | found.uncounted
        filled = await self._db.read(self._fill, found.missed, counted=counted, seq=here)
        if screen not in self._joining:  # it is gone meanwhile
            return
        self._joining.remove(screen)
        screen.sight, screen.known = found.sight, found.known
        screen.push(_encode({"type": "hello", "seq": here}))
        if not found.whole:
            screen.push(_RESET)
        screen.since = -1  # all of this is for it
        for frame in filled.frames:
            screen.show(frame)
        screen.since = here
        self._screens.add(screen)
        if screen.board is not None:  # it asked before it was one of them
            self.on_watched()

    async def serve(
        self, request: web.Request, principal: Principal, since: int | None
    ) -> web.WebSocketResponse:
        """One socket from its upgrade to its end."""
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT, max_msg_size=64_000, timeout=3.0)
        await socket.prepare(request)
        screen = Screen(socket, principal, self.seq if since is None else since)
        screen.transport = request.transport
        self._joining.append(screen)
        self._wake.set()
        observe.SOCKETS.labels("agent").inc()
        try:
            async with asyncio.TaskGroup() as group:
                writer = group.create_task(screen.write())
                tasks = [
                    writer,
                    group.create_task(self._keep(screen)),
                    group.create_task(screen.until_ended(writer)),
                ]
                async for message in socket:
                    if message.type in (WSMsgType.ERROR, WSMsgType.CLOSE):
                        break
                    if message.type is WSMsgType.TEXT:
                        self._heard(screen, message.data)
                for task in tasks:
                    task.cancel()
        finally:
            self._screens.discard(screen)
            with suppress(ValueError):
                self._joining.remove(screen)
            observe.SOCKETS.labels("agent").dec()
        return socket

    def watchers(self) -> list[Screen]:
        """The screens that asked for the board and whose sight is known."""
        return [one for one in self._screens if one.board is not None and not one.close]

    def _heard(self, screen: Screen, text: str) -> None:
        """What a screen asks for: ``{"type": "board", "on": true}``. Anything else is not for us."""
        with suppress(msgspec.MsgspecError):
            wish = _wish(text)
            if not wish.on:
                screen.board = None
            elif screen.principal.may(Permission.MOVE):
                screen.board = 0 if screen.board is None else screen.board
                self.on_watched()
            else:
                screen.push(_NO_BOARD)

    async def _keep(self, screen: Screen) -> None:
        """Renew the presence lease; end the socket when its session has ended."""
        while True:
            try:
                await self._renew_rights(screen)
                if screen.close:
                    return
                agent = screen.principal.agent
                if agent is not None:
                    await self._db.write(_alive, agent, clock.now())
            except StoreError:
                _log.warning("a presence lease could not be renewed")
            # not all together for ever, though all came back together after a restart
            await asyncio.sleep(HEARTBEAT * random.uniform(0.75, 1))  # noqa: S311

    async def close(self) -> None:
        """Tell all screens to come back."""
        for screen in list(self._screens):
            with suppress(ConnectionError, RuntimeError):
                await screen.socket.close(code=1012)


def lease(presence: str, now: int) -> int | None:
    """Until when it holds that somebody is here or away: nobody is for longer than their browser,
    which renews it (µs); None for who is gone."""
    return None if presence == "offline" else now + LEASE


def _alive(tx: Tx, agent: int, now: int) -> None:
    """A sign of life; whoever was only lost is back as they were."""
    row = agents.get(tx, agent)
    if row is None:
        return
    if row["presence"] == "offline" and row["reason"] == "lost":
        agents.set_presence(tx, agent, "available", "", lease_until=now + LEASE, now=now)
    elif row["presence"] != "offline":
        agents.renew(tx, agent, now + LEASE)
