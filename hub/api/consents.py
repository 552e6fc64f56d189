"""Consent with its proof, and blocked senders, address by address."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from hub import clock, consent, paging
from hub.api.access import author, person, sight
from hub.http import Call, NoQuery, Route, route
from hub.paging import Id, Page
from hub.permissions import Permission
from hub.problems import invalid, not_found
from storage import consents, views
from storage.consents import PROOF_CAP, PURPOSES
from storage.views import ChannelRef, IdentityView, time_of

if TYPE_CHECKING:
    from hub.access.principal import Principal
    from storage.db import Row, Tx

Purposes = Annotated[
    list[Literal["reply", "service", "marketing"]], msgspec.Meta(min_length=1, max_length=3)
]


class ConsentView(msgspec.Struct, kw_only=True):
    """What was said once of being written to at one address."""

    id: int
    identity: int
    uri: str
    channel: ChannelRef | None
    """null: every channel."""
    purposes: list[str]
    state: Literal["granted", "withdrawn"]
    source: str
    """``customer``, ``link``, ``provider:CODE``, ``agent:ID`` or ``token:ID``."""
    by: str
    """The agent's name; empty where it was no agent."""
    proof: str
    """The words that were said, or how it is known; empty where they were said in a matter that
    the caller does not see."""
    entry: int | None
    """The message that said so, likewise."""
    conversation: int | None
    at: datetime


class ConsentViews(msgspec.Struct):
    """Newest first."""

    items: list[ConsentView]
    next: str | None = None


class ConsentBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a person said of being written to."""

    state: Literal["granted", "withdrawn"]
    purposes: Purposes = msgspec.field(default_factory=lambda: [*PURPOSES])
    channel: Id | None = None
    """null: on every channel."""
    proof: Annotated[str, msgspec.Meta(max_length=PROOF_CAP)] = ""
    """How it is known; a yes needs it."""


async def of_contact(call: Call[Page, None]) -> dict[str, Any]:
    """Everything that was said of writing to a person"""
    found = await call.hub.db.read(_of_contact, call.id(), call.who)
    return paging.cut(call.hub.keys, "consents", found, call.query)


def _of_contact(tx: Tx, id: int, who: Principal) -> list[ConsentView]:
    allowed, found = sight(tx, who), list[ConsentView]()
    for row in consents.of_person(tx, person(tx, id, who)):
        view = _view(row)
        if not allowed.sees(row["said_in_queue"], row["said_to"]):
            view = msgspec.structs.replace(view, proof="", entry=None, conversation=None)
        if found and _same_act(found[-1], view):
            found[-1].purposes.insert(0, view.purposes[0])
        else:
            found.append(view)
    return found


def _same_act(one: ConsentView, other: ConsentView) -> bool:
    """Whether two rows were written together, for two purposes."""
    key = ("identity", "channel", "state", "source", "proof", "entry", "at")
    alike = all(getattr(one, name) == getattr(other, name) for name in key)
    return alike and other.purposes[0] not in one.purposes


def _view(row: Row) -> ConsentView:
    channel = None
    if row["channel"] is not None:
        channel = ChannelRef(id=row["channel"], name=row["channel_name"], kind=row["channel_kind"])
    return ConsentView(
        id=row["id"],
        identity=row["identity"],
        uri=row["uri"],
        channel=channel,
        purposes=[row["purpose"]],
        state=row["state"],
        source=row["source"],
        by=row["agent_name"] or "",
        proof=row["proof"],
        entry=row["entry"],
        conversation=row["conversation"],
        at=time_of(row["at"]),
    )


async def say(call: Call[NoQuery, ConsentBody]) -> IdentityView:
    """Record what a person said of being written to"""
    return await _act(call, _say)


def _say(tx: Tx, call: Call[NoQuery, ConsentBody], now: int) -> None:
    body = call.body
    if body.channel is not None and call.hub.channels.by_id(body.channel) is None:
        raise invalid("channel", f"there is no open channel {body.channel}")
    consent.said(
        tx,
        call.id(),
        body.state,
        author(call.who),
        purposes=[one for one in PURPOSES if one in body.purposes],
        channel=body.channel,
        proof=body.proof,
        now=now,
    )


async def block(call: Call[NoQuery, None]) -> IdentityView:
    """Block a sender"""
    return await _act(call, _block)


def _block(tx: Tx, call: Call[NoQuery, None], now: int) -> None:
    consent.block(tx, call.id(), author(call.who), now=now)


async def unblock(call: Call[NoQuery, None]) -> IdentityView:
    """Hear a blocked sender again"""
    return await _act(call, _unblock)


def _unblock(tx: Tx, call: Call[NoQuery, None], now: int) -> None:
    consent.unblock(tx, call.id(), author(call.who), now=now)


async def _act(call: Call[Any, Any], act: Any) -> IdentityView:
    """Do it; the address as it is then."""
    await call.hub.db.write(_seen, act, call, clock.now(), key=("identity", call.id()))
    return await call.hub.db.read(_identity, call.id(), call.who)


def _seen(tx: Tx, act: Any, call: Call[Any, Any], now: int) -> None:
    """Do it to an address of somebody whom the caller may see."""
    person(tx, consent.identity(tx, call.id())["contact"], call.who)
    act(tx, call, now)


def _identity(tx: Tx, id: int, who: Principal) -> IdentityView:
    view = views.contact(tx, consent.identity(tx, id)["contact"], sight(tx, who))
    found = [] if view is None else [one for one in view.identities if one.id == id]
    if not found:
        raise not_found("address")
    return found[0]


def routes() -> list[Route[Any, Any]]:
    """The routes of this noun."""
    read, work, one = Permission.READ, Permission.WORK, "/identities/{id}"
    view = IdentityView
    return [
        route("GET", "/contacts/{id}/consents", read, of_contact, query=Page, answer=ConsentViews),
        route("POST", f"{one}/consent", work, say, body=ConsentBody, answer=view),
        route("POST", f"{one}/block", work, block, answer=view),
        route("POST", f"{one}/unblock", work, unblock, answer=view),
    ]
