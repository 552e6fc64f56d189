"""The wiring, readable top to bottom: what a running hub is made of and in which order it lives.

``Hub.open`` builds everything over one store, ``run`` owns every loop in one task group, and
``application`` is its face to the web. The process around it is ``hub/serve.py``.
"""

from __future__ import annotations

import asyncio
import logging
import platform
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING

from aiohttp import web

from connectors.contract import Connector, Sessions, Unavailable, Uri
from hub import (
    api,
    automatic,
    clock,
    console,
    desk,
    links,
    mount,
    room,
    spool,
    unsubscribing,
    webhooks,
)
from hub.access.letters import Letters
from hub.auth import Auth
from hub.automatic.answerer import Answerer
from hub.board import Board
from hub.calendars.feeds import Calendars
from hub.case import Proof
from hub.channels import Channels
from hub.chat import ChatBackend
from hub.commands import Commands
from hub.deliver import Deliverer
from hub.desk import Desk
from hub.feed import Feed
from hub.http import HUB, add_headers, attach, client_address, shell
from hub.intake import Intake
from hub.kept import kept
from hub.live import Live
from hub.mailboxes.reconcile import Reconciler
from hub.media import Media
from hub.nights.hold import Hold
from hub.nights.pin import unpinned
from hub.persons import filling
from hub.persons.codes import Sender as CodeSender
from hub.problems import busy, not_found
from hub.retention import Retention
from hub.router import Router
from hub.rules.queue_watch import QueueWatch
from hub.sessions import SessionServer
from hub.settings import Settings
from hub.store import Store, open_store
from hub.timers import Timers
from hub.waits import Waits
from storage.blobs import Blobs
from storage.errors import StoreUnavailable

if TYPE_CHECKING:
    from hub.access.oidc.flow import OidcSignIn
    from storage.db import Named
    from storage.views import AttachmentView, EntryView

_CONFIGURATION = frozenset(
    {
        "channel.changed",
        "queue.changed",
        "rules.changed",
        "templates.changed",
        "calendar.changed",
        "sla.changed",
    }
)

_log = logging.getLogger("hub")


class Hub:
    """A running hub: its parts, by name."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self.settings = settings
        self.db = store.db
        self.keys = store.keys
        self.clock = clock.now
        self.blobs = Blobs(store.blobs)
        self.auth = Auth(self.db, self.keys, settings, self.clock)
        self.oidc = self._provider()
        self.desk: Desk
        self.queues = QueueWatch(self.db, lambda: self.desk)
        self.feed = Feed(self.db)
        self.hold = Hold()
        self.channels = Channels(self.db, self.keys, settings)
        self.channels.hold = self.hold
        self.letters = Letters(self.db, self.channels, settings, self.clock)
        self.intake = Intake(self.db, self.blobs, lambda: self.desk)
        self.codes = CodeSender(self.db, self.channels, self.keys, settings)
        self.intake.proof = Proof(self.codes.hash_of, settings.region)
        self.intake.channel_of = self.channels.by_id
        self.room = room.of(settings)
        self.intake.room = self.blobs.room = self.room.check
        self.blobs.may_go = partial(unpinned, settings.data)
        folder = settings.data / spool.FOLDER
        self.spool = spool.Spool(folder, self.db, self.channels, self.intake, self.room)
        self.intake.mailboxes = lambda: self.channels.mailboxes
        owner = f"{platform.node()}:{settings.data}"
        self.router = Router(self.db, lambda: self.desk, owner)
        self.timers = Timers(self.db, lambda: self.desk, self.channels)
        self.calendars = Calendars(self.db, settings)
        self.deliverer = Deliverer(
            self.db,
            self.blobs,
            self.channels,
            settings.public_url,
            partial(unsubscribing.url, self.keys, settings.public_url),
        )
        self.media = Media(self.db, self.blobs, self.channels)
        self.retention = Retention(self.db, self.blobs, self.media, settings)
        self.reconciler = Reconciler(self.db, self.intake, self.channels)
        self.live = Live(self.db, self.auth, self.feed, self.shown)
        self.board = Board(self.db, settings.time_zone, self.live.watchers)
        self.chat = ChatBackend(
            self.db,
            self.blobs,
            self.channels,
            self.intake,
            self.live,
            self._file_link,
            lambda: self.desk,
        )
        self.sessions = SessionServer(self.chat, self._connector, address=self._address)
        self.answerer = Answerer(self.db, self.saying)
        self.waits = Waits(self.db, lambda: self.desk, self.channels, self.sessions.queue)
        self.chat.standing_of = self.waits.standing
        self._reload = asyncio.Event()
        self._reloading = asyncio.Lock()
        self._group: asyncio.TaskGroup | None = None
        self._ready = False

    def _provider(self) -> OidcSignIn | None:
        if self.settings.oidc is None:
            return None
        from hub.access.oidc.flow import OidcSignIn  # noqa: PLC0415  few hubs have one

        return OidcSignIn(
            self.db, self.keys, self.settings, self.settings.oidc, lambda: self.desk, self.clock
        )

    @property
    def ready(self) -> bool:
        """The store is migrated, channels are open and webhooks are taken."""
        return self._ready

    @classmethod
    async def open(cls, settings: Settings, *, commit_delay: float = 0.0) -> Hub:
        """Build a hub over its store. Raises KeyRefused, SchemaRefused, StoreUnavailable."""
        store = await open_store(settings, commit_delay=commit_delay)
        hub = cls(settings, store)
        await hub.db.write(desk.ensure_queue, hub.clock())
        await asyncio.to_thread(hub.spool.begin)
        await hub.hold.load(hub.db, forced=settings.hold, now=hub.clock())
        await hub._load()
        return hub

    async def run(self, started: Callable[[], None] = lambda: None) -> None:
        """Everything that goes on by itself, until cancelled."""
        await self.feed.start()
        for listener in (
            self.router.listen,
            self.timers.listen,
            self.calendars.listen,
            self.deliverer.listen,
            self.media.listen,
            self.live.listen,
            self.board.listen,
            self.answerer.listen,
            self.waits.listen,
            self._listen,
        ):
            self.feed.listen(listener)
        self.live.on_entries = self._to_visitors
        self.live.on_watched = self.board.watched
        self.live.wanted = lambda: self.sessions.sockets > 0
        self.channels.opened.append(self.deliverer.opened)
        self.channels.opened.append(lambda _channel: self.spool.wake())
        async with asyncio.TaskGroup() as group:
            self._group = group
            await self.channels.reload(group, self.intake)
            with suppress(Unavailable):
                await self.chat.begin()
            for name, loop in (
                ("feed", self.feed.run),
                ("live", self.live.run),
                ("board", self.board.run),
                ("router", self.router.run),
                ("timers", self.timers.run),
                ("calendars", self.hold.behind(self.calendars.run)),
                ("deliverer", self.hold.behind(self.deliverer.run)),
                ("spool", self.spool.run),
                ("retention", self.hold.behind(self.retention.run)),
                ("media", self.hold.behind(self.media.run)),
                ("reconciler", self.hold.behind(self.reconciler.run)),
                ("sessions", self.sessions.run),
                ("answerer", self.hold.behind(self.answerer.run)),
                ("waits", self.waits.run),
                ("queues", self.queues.run),
                ("words", partial(filling.run, self.db)),
                ("letters", self.hold.behind(self.letters.run)),
                ("configuration", self._configuration),
            ):
                group.create_task(kept(name, loop), name=name)
            self._ready = True
            started()

    async def close(self) -> None:
        """Close sockets, channels and the store, in this order."""
        self._ready = False
        await self.sessions.close()
        await self.live.close()
        await self.channels.close()
        await self.db.close()

    def shown(self, entry: EntryView) -> EntryView:
        """An entry with links to its files."""
        return links.shown(self.keys, entry, self.clock())

    async def reconfigure(self) -> None:
        """Queues, rules or channels changed: the desk is swapped whole, channels are reopened."""
        async with self._reloading:
            await self._load()
            if self._group is not None:
                await self.channels.reload(self._group, self.intake)

    async def _load(self) -> None:
        self.desk = replace(
            await self.db.read(desk.load), live=self.queues.fields, is_live=self._is_live
        )
        await self.queues.look()

    def _is_live(self, channel: int) -> bool:
        found = self.channels.by_id(channel)
        return found is not None and found.capabilities.live

    def commands(self) -> Commands:
        """Where the command line's wishes are done while this hub runs."""
        return Commands(
            db=self.db,
            keys=self.keys,
            settings=self.settings,
            intake=self.intake,
            opened=self.channels.get,
            standing=lambda item: (
                self.router.standing(item),
                self.router.matcher.position(item),
            ),
            changed=self.reconfigure,
            reopen=self.channels.reopen,
            serving=True,
            lifted=self._lifted,
        )

    def _lifted(self) -> None:
        self.hold.lift()
        if self._group is not None:
            self._group.create_task(self.sessions.catch_up(), name="visitors")

    def _listen(self, events: Sequence[Named]) -> None:
        if any(event["kind"] in _CONFIGURATION for event in events):
            self._reload.set()

    async def _configuration(self) -> None:
        while True:
            await self._reload.wait()
            self._reload.clear()
            try:
                await self.reconfigure()
            except StoreUnavailable as err:
                _log.warning("changed configuration cannot be read yet: %s", err)
                await asyncio.sleep(1)
                self._reload.set()

    def saying(self) -> automatic.Setting:
        """What the hub's own words are made with."""
        return automatic.Setting(
            desk=self.desk,
            channels=self.channels,
            language=self.settings.language,
            name=self.settings.name,
        )

    def _connector(self, name: str) -> Connector | None:
        channel = self.channels.get(name)
        return None if channel is None else channel.connector

    def _address(self, request: web.Request) -> str:
        return client_address(request, self.settings)

    def _file_link(self, file: AttachmentView) -> str:
        return links.attachment(self.keys, file.id, file.name, self.clock())

    def _to_visitors(self, entries: Sequence[EntryView]) -> None:
        """New messages of chat channels go to the visitor's sockets as well."""
        for entry in entries:
            channel = self.channels.get(entry.channel) if entry.channel else None
            if channel is None or entry.address is None or entry.kind != "message":
                continue
            if isinstance(channel.connector, Sessions):
                self.sessions.deliver(channel.name, Uri(entry.address), self.chat.entry(entry))


def application(hub: Hub) -> web.Application:
    """The web application of a hub: API, webhooks, chat, console."""
    base = hub.settings.base
    around = [shell(api.FAILURES), *([mount.leaving(base)] if base else [])]
    app = web.Application(middlewares=around, client_max_size=0)
    app.on_response_prepare.append(add_headers)
    if base:
        face = web.Application(client_max_size=0)
        _furnish(face, hub)
        mount.mount(app, face, base)
    _furnish(app, hub)
    return app


def _furnish(app: web.Application, hub: Hub) -> None:
    app[HUB] = hub
    app.router.add_post("/in/{channel}", _webhook)
    app.add_routes(hub.sessions.routes())
    attach(app, api.routes())
    console.attach(app, hub.settings.base)


async def _webhook(request: web.Request) -> web.Response:
    hub = request.app[HUB]
    name = request.match_info["channel"]
    channel = hub.channels.get(name)
    if channel is None and hub.channels.awaited(name):  # a 404 would be the end of the message
        raise busy(f"channel {name} is not open: hub check says why", 30)
    if channel is None:
        raise not_found("channel")
    return await webhooks.receive(request, channel, hub.intake, hub.spool, hub.settings)
