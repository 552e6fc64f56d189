"""Agents and queues, as everybody at the desk sees them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from hub import paging
from hub.api.access import sight
from hub.http import Call, Route, route
from hub.paging import Page
from hub.permissions import Permission
from storage import queues, views
from storage.views import AgentView, QueueView

if TYPE_CHECKING:
    from hub.access.principal import Principal
    from storage.db import Tx


class MyQueueView(QueueView, kw_only=True):
    """A queue, and whether the caller serves it."""

    modes: dict[str, str]
    member: bool


class Agents(msgspec.Struct):
    """A page of agents."""

    items: list[AgentView]
    next: str | None = None


class Queues(msgspec.Struct):
    """A page of queues."""

    items: list[MyQueueView]
    next: str | None = None


def queues_for(tx: Tx, who: Principal) -> list[MyQueueView]:
    """Every queue, with what the caller has to do with it."""
    rows = {row["id"]: row for row in queues.listed(tx)}
    served = set() if who.agent is None else set(queues.served_by(tx, who.agent))
    hidden = sight(tx, who).hidden if not who.may(Permission.USERS) else frozenset()
    found = []
    for queue in views.queues(tx):
        if queue.id in hidden:  # its name is known, for transfers; what happens there is not
            queue.waiting, queue.oldest = 0, None
        options: dict[str, Any] = msgspec.json.decode(rows[queue.id]["options"])
        found.append(
            MyQueueView(
                **msgspec.structs.asdict(queue),
                modes=options.get("modes", {}),
                member=queue.name in served,
            )
        )
    return found


async def list_queues(call: Call[Page, None]) -> dict[str, Any]:
    """All queues: who waits, and since when"""
    found = await call.hub.db.read(queues_for, call.who)
    return cut(call, found)


async def list_agents(call: Call[Page, None]) -> dict[str, Any]:
    """All agents: who is here, and how much they hold"""
    found = await call.hub.db.read(views.agents)
    return cut(call, found)


def cut(call: Call[Page, Any], found: list[Any]) -> dict[str, Any]:
    """One page of a short list that is read whole, by id."""
    name = call.request.path
    place = paging.decode(call.hub.keys, name, call.query.cursor)
    rest = [item for item in found if place is None or item.id > place[0]]
    rest.sort(key=lambda item: item.id)
    items = rest[: call.query.limit]
    more = len(rest) > len(items)
    following = paging.encode(call.hub.keys, name, [items[-1].id]) if more else None
    return {"items": items, "next": following}


def routes() -> list[Route[Any, Any]]:
    """The routes of these nouns."""
    read = Permission.READ
    return [
        route("GET", "/queues", read, list_queues, query=Page, answer=Queues),
        route("GET", "/agents", read, list_agents, query=Page, answer=Agents),
    ]
