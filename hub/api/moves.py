"""Where an entry belongs: why it is here, to whom its answer goes, moving it and taking that back."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from connectors.fold import fold
from hub import clock
from hub.api.access import author, movable, seen, sight
from hub.http import Call, NoQuery, Route, route
from hub.paging import Id
from hub.permissions import Permission
from hub.problems import invalid, not_found
from hub.replies import moves, recipients, why
from hub.replies.moves import Moved, Place
from hub.replies.recipients import Recipient
from hub.replies.why import Line
from storage import conversations, search, timeline, tracking_code
from storage import moves as stored

if TYPE_CHECKING:
    from hub.access.principal import Principal
    from hub.app import Hub
    from storage.db import Row, Tx


class MoveBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Where to: exactly one of ``conversation``, ``code`` and ``new``."""

    conversation: Id | None = None
    code: Annotated[str, msgspec.Meta(max_length=20)] | None = None
    """Its tracking code instead of its number."""
    new: bool = False
    """A conversation of its own."""
    later: bool = False
    """And all that people wrote after it in the same conversation."""


class MoveView(msgspec.Struct):
    """What was done: ``POST /moves/{undo}/undo`` takes it back."""

    undo: int
    conversation: int
    """Where it is now."""


class EntryWhy(msgspec.Struct):
    """Why an entry is where it is, the first reason first; each line a code with its facts."""

    lines: list[Line]


class RecipientsView(msgspec.Struct):
    """To whom an answer goes unless the agent says otherwise."""

    answers: int | None
    to: list[Recipient]
    cc: list[Recipient]
    left_out: list[Recipient]


async def move(call: Call[NoQuery, MoveBody]) -> MoveView:
    """File it in another conversation, or in one of its own"""
    body = call.body
    if sum((body.conversation is not None, body.code is not None, body.new)) != 1:
        raise invalid("conversation", "give exactly one of conversation, code and new")
    done = await call.hub.db.write(_move, call, clock.now())
    return MoveView(done.undo, done.conversation)


def _move(tx: Tx, call: Call[NoQuery, MoveBody], now: int) -> Moved:
    body, entry = call.body, timeline.get(tx, call.id())
    if entry is None or entry["conversation"] is None:
        raise not_found("entry")
    movable(tx, entry["conversation"], call.who)
    to = body.conversation
    if body.code is not None:
        to = _coded(tx, body.code)
    if to is not None:
        movable(tx, to, call.who)
    place = _place(call.hub, call.who, now)
    return moves.move(tx, call.id(), to, place, later=body.later)


def _coded(tx: Tx, code: str) -> int:
    digits = fold(code).strip()
    found = search.by_code(tx, digits) if tracking_code.is_code(digits) else []
    row = conversations.get(tx, found[0]) if found else None
    if row is None:
        raise invalid("code", "there is no conversation with this code")
    return int(stored.present(tx, row, ())["id"])


def _place(hub: Hub, who: Principal, now: int) -> Place:
    ours = frozenset(hub.channels.mailboxes)
    return Place(desk=hub.desk, ours=ours, author=author(who), now=now)


async def undo(call: Call[NoQuery, None]) -> MoveView:
    """Take a move back"""
    done = await call.hub.db.write(_undo, call, clock.now())
    return MoveView(done.undo, done.conversation)


def _undo(tx: Tx, call: Call[NoQuery, None], now: int) -> Moved:
    row = stored.get(tx, call.id())
    if row is None:
        raise not_found("move")
    for name in ("source", "target"):
        movable(tx, row[name], call.who)
    return moves.undo(tx, call.id(), _place(call.hub, call.who, now))


# ---------------------------------------------------------------- reading


def _seen_entry(tx: Tx, call: Call[Any, Any]) -> Row:
    row = timeline.get(tx, call.id())
    if row is None or row["conversation"] is None:
        raise not_found("entry")
    seen(tx, row["conversation"], call.who)
    return row


async def show_why(call: Call[NoQuery, None]) -> EntryWhy:
    """Why it is here"""
    return EntryWhy(await call.hub.db.read(_why, call))


def _why(tx: Tx, call: Call[NoQuery, None]) -> list[Line]:
    row = _seen_entry(tx, call)

    def visible(conversation: int) -> bool:
        found = conversations.get(tx, conversation)
        return found is not None and sight(tx, call.who).sees(found["queue"], found["agent"])

    return why.lines(tx, row, visible)


async def show_recipients(call: Call[NoQuery, None]) -> RecipientsView:
    """To whom an answer to it goes"""
    return await call.hub.db.read(_recipients, call)


def _recipients(tx: Tx, call: Call[NoQuery, None]) -> RecipientsView:
    row = _seen_entry(tx, call)
    try:
        row = recipients.entry_of(tx, row["id"], row["conversation"])
    except LookupError as err:
        raise invalid("id", str(err).partition(": ")[2]) from err
    return view(tx, call.hub, row)


def view(tx: Tx, hub: Hub, row: Row) -> RecipientsView:
    """To whom an answer to this entry goes; nobody, where its channel is not open."""
    channel = hub.channels.by_id(row["channel"])
    if channel is None:
        return RecipientsView(row["id"], [], [], [])
    found = recipients.of(tx, row, channel, hub.channels.mailboxes)
    return RecipientsView(found.answers, found.to, found.cc, found.left_out)


def of_conversation(tx: Tx, hub: Hub, row: Row) -> RecipientsView | None:
    """Of the next answer in a conversation; None where nothing was written on its channel."""
    channel = hub.channels.by_id(row["channel"])
    if channel is None or not channel.capabilities.many_recipients:
        return None
    entry = recipients.answered(tx, row["id"], channel)
    return None if entry is None else view(tx, hub, entry)


def routes() -> list[Route[Any, Any]]:
    """The routes of this noun."""
    read, work, one = Permission.READ, Permission.WORK, "/entries/{id}"
    return [
        route("GET", f"{one}/why", read, show_why, answer=EntryWhy),
        route("GET", f"{one}/recipients", read, show_recipients, answer=RecipientsView),
        route("POST", f"{one}/move", work, move, body=MoveBody, answer=MoveView),
        route("POST", "/moves/{id}/undo", work, undo, answer=MoveView),
    ]
