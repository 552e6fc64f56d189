"""Offers: work proposed to me, to accept or to pass on."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from connectors.fold import clean
from hub import clock, offering
from hub.api.access import agent_of
from hub.api.people import cut
from hub.http import Call, NoQuery, Route, route
from hub.paging import Page
from hub.permissions import Permission
from hub.problems import not_found
from storage import views
from storage.views import ConversationView, OfferView


class Offers(msgspec.Struct):
    """The offers that wait for my answer."""

    items: list[OfferView]
    next: str | None = None


class Declined(msgspec.Struct, forbid_unknown_fields=True):
    """Why not: ``busy``, ``skill``, ``language``, or ``other`` with words of one's own."""

    reason: Annotated[str, msgspec.Meta(max_length=500)] = ""
    words: Annotated[str, msgspec.Meta(max_length=500)] = ""


async def mine(call: Call[Page, None]) -> dict[str, Any]:
    """The offers that wait for my answer"""
    agent = call.who.agent
    found = [] if agent is None else await call.hub.db.read(views.offers, agent)
    return cut(call, found)


async def accept(call: Call[NoQuery, None]) -> ConversationView:
    """Take it; the conversation is mine"""
    agent = await _owner(call)
    id = await call.hub.db.write(
        offering.accept, call.id(), agent, now=clock.now(), key=("agent", agent)
    )
    found = await call.hub.db.read(views.conversation, id)
    if found is None:
        raise not_found("conversation")
    return found


async def decline(call: Call[NoQuery, Declined]) -> None:
    """Pass it on to the next"""
    agent = await _owner(call)
    await call.hub.db.write(
        offering.decline,
        call.id(),
        agent,
        clean(": ".join(filter(None, (call.body.reason, call.body.words)))),
        now=clock.now(),
        key=("agent", agent),
    )


async def _owner(call: Call[NoQuery, Any]) -> int:
    """The caller's agent, whose offer it is. Raises Problem (403, 404)."""
    agent = agent_of(call.who)
    offer = await call.hub.db.read(views.offer, call.id())
    if offer is None or offer.agent != agent:
        raise not_found("offer of yours")
    return agent


def routes() -> list[Route[Any, Any]]:
    """The routes of this noun."""
    work, one = Permission.WORK, "/offers/{id}"
    return [
        route("GET", "/offers", Permission.READ, mine, query=Page, answer=Offers),
        route("POST", f"{one}/accept", work, accept, answer=ConversationView),
        route("POST", f"{one}/decline", work, decline, body=Declined),
    ]
