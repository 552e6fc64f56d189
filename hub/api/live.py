"""Screens: one snapshot, then the events after it over a socket."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from hub.api import me, people
from hub.api.access import sight
from hub.api.me import MeView
from hub.api.people import MyQueueView
from hub.http import Call, NoQuery, Route, route
from hub.permissions import Permission
from storage import events, queues, views
from storage.views import AgentView, ChannelView, ConversationView, OfferView

if TYPE_CHECKING:
    from hub.access.principal import Principal
    from hub.app import Hub
    from storage.db import Tx

MOST = 200  # conversations in a snapshot


class Snapshot(msgspec.Struct, kw_only=True):
    """Everything a screen starts with, as of ``seq``."""

    seq: int
    me: MeView
    queues: list[MyQueueView]
    agents: list[AgentView]
    channels: list[ChannelView]
    offers: list[OfferView]
    conversations: list[ConversationView]
    """Mine, and those that wait in my queues."""


class Since(msgspec.Struct, forbid_unknown_fields=True):
    """The last event that the screen has."""

    since: int | None = None


async def snapshot(call: Call[NoQuery, None]) -> Snapshot:
    """Everything a screen starts with"""
    return await call.hub.db.read(take, call.hub, call.who)


def take(tx: Tx, hub: Hub, who: Principal) -> Snapshot:
    """A snapshot, inside one read transaction."""
    return Snapshot(
        seq=events.last_seq(tx),
        me=me.view(tx, hub, who),
        queues=people.queues_for(tx, who),
        agents=views.agents(tx),
        channels=views.channels(tx),
        offers=[] if who.agent is None else views.offers(tx, who.agent),
        conversations=_conversations(tx, who),
    )


def _conversations(tx: Tx, who: Principal) -> list[ConversationView]:
    allowed = sight(tx, who)
    mine = (
        [] if who.agent is None else views.conversations(tx, allowed, agent=who.agent, limit=MOST)
    )
    serves = who.agent is not None and bool(queues.served_by(tx, who.agent))
    waiting = views.conversations(
        tx, allowed, waiting=True, served_by=who.agent if serves else None, limit=MOST
    )
    found = {one.id: one for one in (*mine, *waiting)}
    return sorted(found.values(), key=lambda one: (one.last_at, one.id), reverse=True)[:MOST]


async def live(call: Call[Since, None]) -> web.StreamResponse:
    """The events after ``since``, over a WebSocket"""
    since = call.query.since
    if since is not None:  # out of range is answered by the frame ``reset``, not refused
        since = max(-1, min(since, 2**53))
    return await call.hub.live.serve(call.request, call.who, since)


def routes() -> list[Route[Any, Any]]:
    """The routes of this noun."""
    read = Permission.READ
    return [
        route("GET", "/snapshot", read, snapshot, answer=Snapshot),
        route("GET", "/live", read, live, query=Since),
    ]
