"""Conversations: finding them, reading one, and what people do with it."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from connectors import address
from connectors.contract import ChannelError, Sessions, Signaller, Uri
from hub import actions, clock, compose, links, paging
from hub.api import detail
from hub.api.access import agent_of, author, movable, seen, sight, takeable, user_of
from hub.api.detail import ConversationDetail, DraftView
from hub.automatic import canned
from hub.compose import Draft, Refused, WroteSince
from hub.http import Call, NoQuery, Route, route
from hub.paging import Id, Page
from hub.permissions import Permission
from hub.problems import conflict, invalid, not_found
from storage import drafts, events, queues, views
from storage.views import ConversationView, EntryView

if TYPE_CHECKING:
    from hub.access.principal import Principal
    from storage.db import Tx

SIGNAL_SECONDS = 5.0
Text = Annotated[str, msgspec.Meta(max_length=200_000)]
Key = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


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


class ReplyBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """An answer to the customer."""

    text: Text = ""
    html: Text = ""
    channel: Id | str | None = None
    """Id or name; null: the channel the conversation is on."""
    to: list[str] = []
    cc: list[str] | None = None
    files: list[Id] = []
    answers: Id | None = None
    """The entry that it answers; null: the last one that a person wrote."""
    client_key: Key
    seen_seq: Id | None = None
    """The last event the writer has seen; 409 says what is new since."""


class NoteBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Words for colleagues."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=200_000)]
    client_key: Key
    mentions: list[Id] = []


class TransferBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """To whom: exactly one of ``queue`` and ``agent``."""

    queue: Id | str | None = None
    agent: Id | None = None
    note: Text = ""


class SnoozeBody(msgspec.Struct, forbid_unknown_fields=True):
    """Until when."""

    until: datetime


class SeenBody(msgspec.Struct, forbid_unknown_fields=True):
    """Read up to this entry."""

    entry: Id


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


# ---------------------------------------------------------------- writing


async def reply(call: Call[NoQuery, ReplyBody]) -> EntryView:
    """Answer the customer"""
    draft = _draft(call)
    try:
        entry = await call.hub.db.write(
            _reply, call, draft, clock.now(), key=("conversation", call.id())
        )
    except WroteSince as err:
        raise conflict(
            "somebody wrote since you last looked", new=await _shown(call, err.entries)
        ) from err
    except Refused as err:
        raise invalid(err.field, err.reason) from err
    return (await _shown(call, [entry]))[0]


def _draft(call: Call[NoQuery, ReplyBody]) -> Draft:
    body = call.body
    canned.check_filled(text=body.text, html=body.html)
    channel = None
    if body.channel is not None:
        channel = next((c for c in call.hub.channels if body.channel in (c.id, c.name)), None)
        if channel is None:
            raise invalid("channel", f"there is no open channel {body.channel}")
    return Draft(
        conversation=call.id(),
        text=body.text,
        html=body.html,
        channel=channel,
        to=tuple(_uris(call, "to", body.to)),
        cc=None if body.cc is None else tuple(_uris(call, "cc", body.cc)),
        files=tuple(body.files),
        answers=body.answers,
        client_key=_key(call.id(), body.client_key),
    )


def _key(conversation: int, given: str) -> str:
    """Two people who both count from 1 must not meet: a key counts within one conversation."""
    return f"{conversation}:{given}"


def _uris(call: Call[Any, Any], name: str, given: list[str]) -> list[Uri]:
    found: list[Uri] = []
    for place, text in enumerate(given):
        try:
            found.append(address.parse(text, call.hub.settings.region))
        except ValueError as err:
            raise invalid(f"{name}[{place}]", str(err)) from err
    return found


def _reply(tx: Tx, call: Call[NoQuery, ReplyBody], draft: Draft, now: int) -> int:
    seen(tx, draft.conversation, call.who)
    newest = _seen_entry(tx, draft.conversation, call.body.seen_seq)
    draft = draft if newest is None else replace(draft, seen=newest)
    entry = compose.reply(tx, call.hub.channels, draft, author(call.who), now=now)
    if call.who.user is not None:
        drafts.forget(tx, call.who.user, draft.conversation)
    return entry


def _seen_entry(tx: Tx, conversation: int, seq: int | None) -> int | None:
    """The newest entry that somebody has seen whose screen is at ``seq``; None: all of them."""
    if seq is None:
        return None
    first = events.first_entry_after(tx, conversation, seq)
    return None if first is None else first - 1


async def _shown(call: Call[Any, Any], ids: Any) -> list[EntryView]:
    found = await call.hub.db.read(_entry_views, list(ids))
    return links.all_shown(call.hub.keys, found, clock.now())


def _entry_views(tx: Tx, ids: list[int]) -> list[EntryView]:
    return [found for id in ids if (found := views.entry(tx, id)) is not None]


async def note(call: Call[NoQuery, NoteBody]) -> EntryView:
    """Write a note for colleagues"""
    entry = await call.hub.db.write(
        _note, call.id(), call.body, call.who, clock.now(), key=("conversation", call.id())
    )
    return (await _shown(call, [entry]))[0]


def _note(tx: Tx, id: int, body: NoteBody, who: Principal, now: int) -> int:
    seen(tx, id, who)
    return actions.note(
        tx, id, body.text, author(who), client_key=_key(id, body.client_key), now=now
    )


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


# ---------------------------------------------------------------- what only the writer sees


async def save_draft(call: Call[NoQuery, DraftView]) -> None:
    """Keep what I have typed so far"""
    user = user_of(call.who)
    await call.hub.db.write(_save_draft, call.id(), user, call.body, call.who, clock.now())


def _save_draft(tx: Tx, id: int, user: int, body: DraftView, who: Principal, now: int) -> None:
    seen(tx, id, who)
    detail.save_draft(tx, user, id, body, now)


async def mark_seen(call: Call[NoQuery, SeenBody]) -> None:
    """I have read up to this entry"""
    user = user_of(call.who)
    entry = call.body.entry
    await call.hub.db.write(_mark_seen, call.id(), user, entry, call.who, clock.now())
    found = await call.hub.db.read(seen, call.id(), call.who)
    channel = call.hub.channels.by_id(found.channel.id)
    if channel is not None and isinstance(channel.connector, Sessions):
        call.hub.sessions.receipt(channel.name, Uri(found.address), entry)


def _mark_seen(tx: Tx, id: int, user: int, entry: int, who: Principal, now: int) -> None:
    seen(tx, id, who)
    found = views.entry(tx, entry)
    if found is None or found.conversation != id:
        raise invalid("entry", "is not of this conversation")
    actions.seen(tx, user, id, entry, now=now)


async def typing(call: Call[NoQuery, None]) -> None:
    """I am writing: colleagues and the customer see it"""
    found = await call.hub.db.read(seen, call.id(), call.who)
    call.hub.live.signal("typing", found.id, {"who": call.who.name})
    await _tell_customer(call, found)


async def _tell_customer(call: Call[NoQuery, None], found: ConversationView) -> None:
    channel = call.hub.channels.by_id(found.channel.id)
    if channel is None:
        return
    if isinstance(channel.connector, Sessions):
        call.hub.sessions.typing(channel.name, Uri(found.address), call.who.name)
    elif isinstance(channel.connector, Signaller) and not call.hub.hold.on:
        with suppress(ChannelError, TimeoutError):
            async with asyncio.timeout(SIGNAL_SECONDS):
                await channel.connector.signal("typing", Uri(found.address), "")


def routes() -> list[Route[Any, Any]]:
    """The routes of this noun."""
    read, work, view = Permission.READ, Permission.WORK, ConversationView
    one = "/conversations/{id}"
    return [
        route("GET", "/conversations", read, find, query=Wanted, answer=Conversations),
        route("GET", one, read, show, answer=ConversationDetail),
        route("GET", f"{one}/entries", read, entries, query=Page, answer=dict),
        route("GET", f"{one}/explain", read, explain, answer=dict),
        route("POST", f"{one}/reply", work, reply, body=ReplyBody, answer=EntryView, status=201),
        route("POST", f"{one}/note", work, note, body=NoteBody, answer=EntryView, status=201),
        route("POST", f"{one}/transfer", work, transfer, body=TransferBody, answer=view),
        route("POST", f"{one}/resolve", work, resolve, answer=view),
        route("POST", f"{one}/reopen", work, reopen, answer=view),
        route("POST", f"{one}/spam", work, spam, answer=view),
        route("POST", f"{one}/snooze", work, snooze, body=SnoozeBody, answer=view),
        route("POST", f"{one}/take", work, take, answer=view),
        route("PUT", f"{one}/draft", work, save_draft, body=DraftView),
        route("POST", f"{one}/seen", read, mark_seen, body=SeenBody),
        route("POST", f"{one}/typing", work, typing),
    ]
