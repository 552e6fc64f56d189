"""Turns (work items) as agents and supervisors act on them: take, move, put forward, finish."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from hub import clock, handling
from hub.api.access import agent_of, author, movable, takeable
from hub.api.conversations import queue_id
from hub.http import Call, NoQuery, Route, route
from hub.paging import Id
from hub.permissions import Permission
from hub.problems import Problem, not_found
from storage import views
from storage.views import ConversationView

if TYPE_CHECKING:
    from storage.db import Tx

HeadStart = Annotated[int, msgspec.Meta(ge=handling.LATEST, le=handling.EARLIEST)]


class MoveBody(msgspec.Struct, forbid_unknown_fields=True):
    """Where it is to wait: a queue's id or name."""

    queue: Id | str


class PriorityBody(msgspec.Struct, forbid_unknown_fields=True):
    """How much earlier than it came it is to count: seconds; 0 is none, less puts it back."""

    seconds: HeadStart


async def take(call: Call[NoQuery, None]) -> ConversationView:
    """Make it mine"""
    agent_of(call.who)
    return await _act(call, _take)


def _take(tx: Tx, call: Call[NoQuery, None], now: int) -> int:
    matter = int(handling.turn(tx, call.id())["conversation"])
    takeable(tx, matter, call.who)
    handling.take(tx, call.id(), author(call.who), now=now)
    return matter


async def move(call: Call[NoQuery, MoveBody]) -> ConversationView:
    """Let it wait in another queue, with its place"""
    return await _act(call, _move)


def _move(tx: Tx, call: Call[NoQuery, MoveBody], now: int) -> int:
    matter = int(handling.turn(tx, call.id())["conversation"])
    movable(tx, matter, call.who)
    queue = queue_id(tx, call.body.queue)
    handling.move(tx, call.id(), queue, author(call.who), call.hub.desk, now=now)
    return matter


async def prioritise(call: Call[NoQuery, PriorityBody]) -> ConversationView:
    """Put it forward in its line, or back"""
    return await _act(call, _prioritise)


def _prioritise(tx: Tx, call: Call[NoQuery, PriorityBody], now: int) -> int:
    matter = int(handling.turn(tx, call.id())["conversation"])
    movable(tx, matter, call.who)
    if not call.who.may(Permission.MOVE):
        raise Problem(403, "who comes first needs the permission 'move'")
    handling.prioritise(tx, call.id(), call.body.seconds, author(call.who), now=now)
    return matter


async def done(call: Call[NoQuery, None]) -> ConversationView:
    """I have written it up"""
    return await _act(call, _done)


def _done(tx: Tx, call: Call[NoQuery, None], now: int) -> int:
    item = handling.turn(tx, call.id())
    matter = int(item["conversation"])
    movable(tx, matter, call.who)
    if item["agent"] != call.who.agent and not call.who.may(Permission.MOVE):
        raise Problem(403, "a colleague writes it up: this needs the permission 'move'")
    handling.done(tx, call.id(), call.hub.desk, now=now)
    return matter


async def _act(call: Call[Any, Any], act: Any) -> ConversationView:
    matter = await call.hub.db.write(act, call, clock.now(), key=("work item", call.id()))
    found = await call.hub.db.read(views.conversation, matter)
    if found is None:
        raise not_found("conversation")
    return found


def routes() -> list[Route[Any, Any]]:
    """The routes of this noun."""
    work, one, view = Permission.WORK, "/work-items/{id}", ConversationView
    return [
        route("POST", f"{one}/take", work, take, answer=view),
        route("POST", f"{one}/move", work, move, body=MoveBody, answer=view),
        route("POST", f"{one}/priority", work, prioritise, body=PriorityBody, answer=view),
        route("POST", f"{one}/done", work, done, answer=view),
    ]
