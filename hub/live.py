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
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import WSMsgType, web

from hub import clock, observe
from hub.frames import Filled, Frame, Show, fill
from hub.permissions import Permission
from storage import agents, events, views
from storage.errors import StoreError
from storage.views import Sight

if TYPE_CHECKING:
    from hub.auth import Auth, Principal
    from hub.feed import Feed
    from storage.db import Database, Row, Tx
    from storage.views import EntryView

FRAMES = 1_000  # waiting for one socket
BYTES = 1_000_000  # likewise
MOST_MISSED = 5_000  # events that a resume replays; more is a new snapshot
LEASE = 60 * 1_000_000  # microseconds: presence after the last sign of life
HEARTBEAT = 20.0  # seconds
TOO_SLOW, ENDED = 4408, 4401
CLOSING = 5.0  # seconds
RETRY = 1.0  # seconds, after frames could not be filled in
LOOK_BACK = 20_000  # events looked at for where a conversation was
NOTHING = Sight(all=False)
BATCHES = 200  # of events waiting to be filled in; more, and the screens start anew

_encode = msgspec.json.encode
_log = logging.getLogger(__name__)
_RESET = _encode({"type": "reset"})
_NO_BOARD = _encode({"type": "refused", "what": "board", "why": "this needs the permission 'move'"})


class _Wish(msgspec.Struct, tag_field="type", tag="board"):
    """A client's frame: show me the board, or no longer."""

    on: bool


_wish = msgspec.json.Decoder(_Wish).decode


def _head(body: bytes) -> bytes:
    """The head of a text frame from us."""
    size = len(body)
    if size < 126:
        return bytes((0x81, size))
    if size < 65_536:
        return b"\x81\x7e" + size.to_bytes(2)
    return b"\x81\x7f" + size.to_bytes(8)


@dataclass(eq=False, slots=True)
class Screen:
    """One socket and what its person may see."""

    socket: web.WebSocketResponse
    principal: Principal
    since: int
    """It has what came up to here."""
    sight: Sight = NOTHING
    known: set[int] = field(default_factory=set)
    """Conversations that it was shown, kept only where something is hidden from it."""
    waiting: deque[bytes] = field(default_factory=deque)
    size: int = 0
    more: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    close: int = 0
    transport: asyncio.WriteTransport | None = None
    board: int | None = None
    """Number of the board's frame that it has; None: it did not ask for the board."""

    def push(self, body: bytes) -> None:
        """Queue one frame; over the bound the socket is closed."""
        if self.close:
            return
        self.waiting.append(body)
        self.size += len(body)
        if len(self.waiting) > FRAMES or self.size > BYTES:
            self.end(TOO_SLOW)
        self.more.set()

    def write_many(self) -> bool:
        """Write all that waits at once: a frame each would be a system call each, and there are
        hundreds of screens. False: there is only one, or the socket is behind (then each frame
        waits for room, by the library).

        An unmasked text frame: https://www.rfc-editor.org/rfc/rfc6455#section-5.2
        """
        transport = self.transport
        if len(self.waiting) < 2 or transport is None or transport.is_closing():
            return False
        if self.socket.closed or transport.get_write_buffer_size():
            return False
        transport.write(b"".join(part for body in self.waiting for part in (_head(body), body)))
        self.waiting.clear()
        self.size = 0
        return True

    def end(self, code: int) -> None:
        """Close it, with what is waiting left out."""
        self.close = code
        self.waiting.clear()
        self.ended.set()

    def show(self, frame: Frame) -> None:
        """Push a frame if this person may see it; what leaves their sight is ``removed``."""
        if frame.seq <= self.since:
            return
        if frame.only is not None:
            if frame.only == self.principal.agent:
                self.push(frame.body)
            return
        if frame.places and not any(self.sight.sees(*place) for place in frame.places):
            return
        if self.sight.sees(frame.queue, frame.owner):
            if self.sight.hidden and frame.conversation is not None:
                self.known.add(frame.conversation)
            whole = frame.inner and all(self.sight.sees(*place) for place in frame.inner)
            self.push(frame.whole if whole else frame.body)
        elif frame.conversation in self.known:
            self.known.discard(frame.conversation)
            gone = {"type": "removed", "seq": frame.seq, "subject": frame.conversation}
            self.push(_encode(gone))


class Live:
    """All agents' sockets of this process."""

    def __init__(self, db: Database, auth: Auth, feed: Feed, show: Show) -> None:
        self._db = db
        self._auth = auth
        self._feed = feed
        self._fill = partial(fill, show=show)
        self._screens: set[Screen] = set()
        self._joining: list[Screen] = []
        self._batches: deque[Sequence[Row]] = deque()
        self._wake = asyncio.Event()
        self._memberships: frozenset[tuple[int, int | None]] | None = None
        self.seq = 0
        self.on_entries: Callable[[Sequence[EntryView]], None] = lambda _entries: None
        """Given each batch of new entries: what customers' sockets show."""
        self.on_watched: Callable[[], None] = lambda: None
        """Called when a screen asks for the board."""
        self.wanted: Callable[[], bool] = lambda: False
        """Whether anybody but the screens looks at entries now."""

    def listen(self, batch: Sequence[Row]) -> None:
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
            await self._wake.wait()
            self._wake.clear()
            try:
                while self._batches or self._joining:
                    await self._step()
            except Exception:  # noqa: BLE001 - what cannot be shown must not end the others
                _log.exception("frames could not be filled in; the screens start anew")
                self._batches.clear()
                self.seq = self._feed.seq
                for screen in self._screens:
                    screen.push(_RESET)
                asyncio.get_running_loop().call_later(RETRY, self._wake.set)

    async def _step(self) -> None:
        if len(self._batches) > BATCHES:
            raise StoreError("too far behind")
        if self._batches:
            batch = self._batches.popleft()
            await self._look_at_rights(batch)
            if self._screens or self.wanted():
                filled = await self._db.read(self._fill, batch)
                if filled.sights_changed:
                    await self._look_again()
                self._show(filled)
            self.seq = batch[-1]["seq"]
        for screen in list(self._joining):
            await self._join(screen)

    def _show(self, filled: Filled) -> None:
        asked = {frame.only for frame in filled.frames if frame.only is not None}
        for screen in sorted(self._screens, key=lambda one: one.principal.agent not in asked):
            for frame in filled.frames:  # whoever is asked something first
                screen.show(frame)
        if filled.entries:
            self.on_entries([entry for _, entry in filled.entries])

    async def _look_at_rights(self, batch: Sequence[Row]) -> None:
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
            screen.sight, screen.known = await self._db.read(_sight, today)
            screen.push(_RESET)

    async def _look_again(self) -> None:
        """Queues or their members may have changed: whoever sees other things now starts anew."""
        memberships = await self._db.read(views.memberships)
        if memberships == self._memberships:
            return
        self._memberships = memberships
        for screen in list(self._screens):
            sight, known = await self._db.read(_sight, screen.principal)
            if sight.hidden != screen.sight.hidden:
                screen.known = known
                screen.push(_RESET)
            screen.sight = sight

    async def _join(self, screen: Screen) -> None:
        """Catch up to where the others are, then be one of them: no gap, nothing twice."""
        since = screen.since
        found = await self._db.read(_catch_up, screen.principal, since, self.seq)
        filled = await self._db.read(self._fill, found.missed) if found.missed else None
        if screen not in self._joining:  # it is gone meanwhile
            return
        self._joining.remove(screen)
        screen.sight, screen.known = found.sight, found.known
        here = max(since, self.seq) if found.whole else self.seq
        screen.push(_encode({"type": "hello", "seq": here}))
        if not found.whole:
            screen.push(_RESET)
        for frame in filled.frames if filled is not None else ():
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
                writer = group.create_task(self._write(screen))
                tasks = [
                    writer,
                    group.create_task(self._keep(screen)),
                    group.create_task(self._end(screen, writer)),
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

    async def _write(self, screen: Screen) -> None:
        while True:
            await screen.more.wait()
            screen.more.clear()
            while screen.waiting:
                if screen.write_many():
                    continue
                body = screen.waiting.popleft()
                screen.size -= len(body)
                try:
                    await screen.socket.send_frame(body, WSMsgType.TEXT)
                except (ConnectionError, RuntimeError):
                    return

    async def _end(self, screen: Screen, writer: asyncio.Task[None]) -> None:
        """Close the socket once it is to end, also where it takes nothing any more."""
        await screen.ended.wait()
        writer.cancel()
        with suppress(ConnectionError, RuntimeError, TimeoutError):
            async with asyncio.timeout(CLOSING):
                await screen.socket.close(code=screen.close)

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


def _sight(tx: Tx, principal: Principal) -> tuple[Sight, set[int]]:
    sight = views.sight(tx, principal.agent, everything=principal.may(Permission.USERS))
    if not sight.hidden or sight.all:
        return sight, set()
    return sight, views.visible_ids(tx, sight)


@dataclass(frozen=True, slots=True)
class _CaughtUp:
    """What a screen needs to go on from where it was."""

    sight: Sight
    known: set[int]
    missed: list[Row] = field(default_factory=list)
    whole: bool = False
    """Whether ``missed`` is all of it; else it needs a new snapshot."""


def _catch_up(tx: Tx, principal: Principal, since: int, upto: int) -> _CaughtUp:
    sight, known = _sight(tx, principal)
    first, last = events.first_seq(tx), events.last_seq(tx)
    rows = events.since(tx, since, MOST_MISSED + 1)
    # out of range: rows older than what is kept, or a number from another store
    if since > last or (first > 1 and since < first - 1) or len(rows) > MOST_MISSED:
        return _CaughtUp(sight, known)
    if sight.hidden and not sight.all:
        moved = {row["conversation"] for row in rows if row["conversation"] is not None} - known
        shown = _shown_before(tx, sight, moved, since) if moved else set()
        if shown is None:
            return _CaughtUp(sight, known)
        known |= shown
    return _CaughtUp(sight, known, [row for row in rows if row["seq"] <= upto], whole=True)


def _shown_before(tx: Tx, sight: Sight, moved: set[int], since: int) -> set[int] | None:
    """Which of these conversations were in sight at ``since``: they must be taken away if they are
    not now. None: it is too long ago to say."""
    places = events.places(tx, since, LOOK_BACK)
    unsure = moved - places.keys()
    if unsure and events.any_older(tx, unsure, since):
        return None
    return {one for one in moved & places.keys() if sight.sees(*places[one])}


def _alive(tx: Tx, agent: int, now: int) -> None:
    """A sign of life; whoever was only lost is back as they were."""
    row = agents.get(tx, agent)
    if row is None:
        return
    if row["presence"] == "offline" and row["reason"] == "lost":
        agents.set_presence(tx, agent, "available", "", lease_until=now + LEASE, now=now)
    elif row["presence"] != "offline":
        agents.renew(tx, agent, now + LEASE)
