"""Conversations: finding them, reading one, and what people do with it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from hub import actions, clock, links, paging
from hub.api import detail
from hub.api.access import agent_of, author, movable, seen, sight, takeable
from hub.api.detail import ConversationDetail
from hub.api.writing import Text
from hub.http import Call, NoQuery, Route, route
from hub.paging import Id, Page
from hub.permissions import Permission
from hub.problems import invalid, not_found
from storage import queues, views
from storage.views import ConversationView, EntryView

if TYPE_CHECKING:
    from hub.access.principal import Principal
    from storage.db import Tx


class Wanted(Page, forbid_unknown_fields=True, kw_only=True):
    """Which conversations."""

    view: Literal["mine", "queue", "all", "waiting"] = "all"
    queue: str | None = None
    """Id or name."""
    status: Literal["open", "pending", "snoozed", "resolved", "spam"] | None = None
    contact: Id | None = None


class Conversations(msgspec.Struct):
    """A page of conversations."""

    items: list[ConversationView]
    next: str | None = None


class TransferBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """To whom: exactly one of ``queue`` and ``agent``."""

    queue: Id | str | None = None
    agent: Id | None = None
    note: Text = ""


class SnoozeBody(msgspec.Struct, forbid_unknown_fields=True):
    """Until when."""

    until: datetime


# ---------------------------------------------------------------- reading


async def find(call: Call[Wanted, None]) -> dict[str, Any]:
    """Conversations, newest first"""
    name = "conversations"
    place = paging.decode(call.hub.keys, name, call.query.cursor)
    found = await call.hub.db.read(_find, call.query, place, call.who)
    return paging.page(
        call.hub.keys,
        name,
        found,
        call.query.limit,
        lambda one: [views.micros(one.last_at), one.id],
    )


def _find(tx: Tx, query: Wanted, place: list[int] | None, who: Principal) -> list[ConversationView]:
    mine = who.agent if who.agent is not None else -1
    queue = None if query.queue is None else queue_id(tx, query.queue)
    in_mine = query.view in ("queue", "waiting") and queue is None and who.agent is not None
    served = bool(in_mine and queues.served_by(tx, mine))
    return views.conversations(
        tx,
        sight(tx, who),
        agent=mine if query.view == "mine" else None,
        queue=queue,
        status=query.status,
        contact=query.contact,
        waiting=query.view == "waiting",
        served_by=who.agent if served else None,
        before=None if place is None else (place[0], place[1]),
        limit=query.limit + 1,
    )


def queue_id(tx: Tx, given: int | str) -> int:
    """A queue by id or name. Raises Problem (400)."""
    for row in queues.listed(tx):
        if given in (row["id"], str(row["id"]), row["name"]):
            return int(row["id"])
    raise invalid("queue", f"there is no queue {given}")


async def show(call: Call[NoQuery, None]) -> ConversationDetail:
    """One conversation, with everything that an answer needs"""
    return await call.hub.db.read(detail.detail, call.hub, call.id(), call.who)


async def entries(call: Call[Page, None]) -> dict[str, Any]:
    """The entries of one conversation, newest first"""
    name = f"entries:{call.id()}"
    place = paging.decode(call.hub.keys, name, call.query.cursor)
    found = await call.hub.db.read(_entries, call.id(), place, call.query.limit, call.who)
    shown = links.all_shown(call.hub.keys, found, clock.now())
    return paging.page(call.hub.keys, name, shown, call.query.limit, lambda one: [one.id])


def _entries(
    tx: Tx, id: int, place: list[int] | None, limit: int, who: Principal
) -> list[EntryView]:
    seen(tx, id, who)
    return views.matter(tx, id, before=None if place is None else place[0], limit=limit + 1)


async def explain(call: Call[NoQuery, None]) -> dict[str, Any]:
    """Why it went where it went"""
    return await call.hub.db.read(detail.explained, call.id(), call.who)


# ---------------------------------------------------------------- doing


async def transfer(call: Call[NoQuery, TransferBody]) -> ConversationView:
    """Give it to another queue or a colleague"""
    if (call.body.queue is None) == (call.body.agent is None):
        raise invalid("queue", "give exactly one of queue and agent")
    return await _act(call, _transfer)


def _transfer(tx: Tx, call: Call[NoQuery, TransferBody], now: int) -> None:
    movable(tx, call.id(), call.who)
    body, by = call.body, author(call.who)
    if body.queue is not None:
        queue = queue_id(tx, body.queue)
        actions.transfer_to_queue(tx, call.id(), queue, by, call.hub.desk, text=body.note, now=now)
        return
    try:
        actions.transfer_to_agent(tx, call.id(), body.agent or 0, by, text=body.note, now=now)
    except LookupError as err:
        raise invalid("agent", f"there is no agent {body.agent}") from err


async def resolve(call: Call[NoQuery, None]) -> ConversationView:
    """The matter is done"""
    return await _act(call, _resolve)


def _resolve(tx: Tx, call: Call[NoQuery, None], now: int) -> None:
    movable(tx, call.id(), call.who)
    actions.resolve(tx, call.id(), author(call.who), call.hub.desk, now=now)


async def reopen(call: Call[NoQuery, None]) -> ConversationView:
    """It is not done after all"""
    return await _act(call, _reopen)


def _reopen(tx: Tx, call: Call[NoQuery, None], now: int) -> None:
    movable(tx, call.id(), call.who)
    actions.reopen(tx, call.id(), author(call.who), call.hub.desk, now=now)


async def spam(call: Call[NoQuery, None]) -> ConversationView:
    """Nothing to answer: its sender is blocked"""
    return await _act(call, _plain(actions.spam))


async def snooze(call: Call[NoQuery, SnoozeBody]) -> ConversationView:
    """Out of sight until then"""
    until = call.body.until
    if until.tzinfo is None:
        raise invalid("until", "needs a time zone, such as Z")
    if views.micros(until) <= clock.now():
        raise invalid("until", "is not in the future")
    return await _act(call, _snooze)


def _snooze(tx: Tx, call: Call[NoQuery, SnoozeBody], now: int) -> None:
    movable(tx, call.id(), call.who)
    until = views.micros(call.body.until)
    actions.snooze(tx, call.id(), until, author(call.who), call.hub.desk, now=now)


async def take(call: Call[NoQuery, None]) -> ConversationView:
    """Make it mine"""
    agent_of(call.who)
    return await _act(call, _take)


def _take(tx: Tx, call: Call[NoQuery, None], now: int) -> None:
    takeable(tx, call.id(), call.who)
    actions.take(tx, call.id(), author(call.who), now=now)


def _plain(act: Any) -> Any:
    def run(tx: Tx, call: Call[NoQuery, None], now: int) -> None:
        movable(tx, call.id(), call.who)
        act(tx, call.id(), author(call.who), now=now)

    return run


async def _act(call: Call[Any, Any], act: Any) -> ConversationView:
    """Do it; the conversation as it is then. Hub failures become problems in hub/api/__init__."""
    await call.hub.db.write(act, call, clock.now(), key=("conversation", call.id()))
    found = await call.hub.db.read(views.conversation, call.id())
    if found is None:
        raise not_found("conversation")
    return found


def routes() -> list[Route[Any, Any]]:
    """The routes of this noun."""
    read, work, view = Permission.READ, Permission.WORK, ConversationView
    one = "/conversations/{id}"
    return [
        route("GET", "/conversations", read, find, query=Wanted, answer=Conversations),
        route("GET", one, read, show, answer=ConversationDetail),
        route("GET", f"{one}/entries", read, entries, query=Page, answer=dict),
        route("GET", f"{one}/explain", read, explain, answer=dict),
        route("POST", f"{one}/transfer", work, transfer, body=TransferBody, answer=view),
        route("POST", f"{one}/resolve", work, resolve, answer=view),
        route("POST", f"{one}/reopen", work, reopen, answer=view),
        route("POST", f"{one}/spam", work, spam, answer=view),
        route("POST", f"{one}/snooze", work, snooze, body=SnoozeBody, answer=view),
        route("POST", f"{one}/take", work, take, answer=view),
    ]
