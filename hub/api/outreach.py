"""Writing first: how a person can be reached, and beginning a matter with them."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from connectors import address
from connectors.contract import Uri
from hub import clock, compose, links, outreach
from hub.api.access import author, person, sight
from hub.api.conversations import queue_id
from hub.api.detail import CapabilitiesView, capabilities_view
from hub.api.writing import Key, Text
from hub.automatic import canned
from hub.channel import Channel
from hub.consent import WHY
from hub.http import Call, NoQuery, Route, route
from hub.paging import Id
from hub.permissions import Permission
from hub.problems import Problem, invalid, not_found
from storage import contacts, views
from storage.views import ChannelRef, ConversationView, EntryView

if TYPE_CHECKING:
    from storage.db import Tx

Address = Annotated[str, msgspec.Meta(min_length=1, max_length=1000)]
Addresses = Annotated[list[Address], msgspec.Meta(max_length=compose.MOST_RECIPIENTS)]


class Whom(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A person, or an address: exactly one."""

    contact: Id | None = None
    to: Address | None = None


class WayView(msgspec.Struct, kw_only=True):
    """One way to write to somebody."""

    channel: ChannelRef
    title: str
    to: str
    open: bool
    why: str
    """A code, empty where it is open: ``opted_out``, ``blocked``."""
    words: dict[str, str]
    """The same in each language."""
    capabilities: CapabilitiesView


class Ways(msgspec.Struct, kw_only=True):
    """What is open first, the channel they were last met on before all."""

    contact: int | None
    """Who has the address; null: nobody yet."""
    name: str
    items: list[WayView]


class StartBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """The first message of a matter, to ``to`` or to ``contact``."""

    channel: Id | str
    """Id or name."""
    to: Address | Addresses = []
    """The first is the customer; where the channel has one recipient, one."""
    contact: Id | None = None
    """Without ``to``: at the address that the channel reaches."""
    name: Annotated[str, msgspec.Meta(max_length=200)] = ""
    """Of somebody whom we do not know yet."""
    cc: Addresses = []
    subject: Annotated[str, msgspec.Meta(max_length=500)] = ""
    """Needed where the channel has subjects."""
    text: Text = ""
    html: Text = ""
    files: list[Id] = []
    queue: Id | str | None = None
    """Id or name; null: the rules say so when the customer answers."""
    purpose: Literal["service", "marketing"] = "service"
    """``marketing`` goes only to who has agreed to it, with a way to unsubscribe."""
    client_key: Key
    """The same key of the same writer is the same message."""


class Started(msgspec.Struct, kw_only=True):
    """What was begun."""

    conversation: ConversationView
    entry: EntryView


async def ways(call: Call[Whom, None]) -> Ways:
    """How somebody can be written to, and why not"""
    query = call.query
    if (query.contact is None) == (query.to is None):
        raise invalid("to", "give exactly one of to and contact")
    uri = None if query.to is None else _uri(call, "to", query.to)
    return await call.hub.db.read(_ways, call, uri)


def _ways(tx: Tx, call: Call[Whom, None], uri: Uri | None) -> Ways:
    who = contacts.find(tx, uri) if uri is not None else None
    contact = call.query.contact if uri is None else who.root if who is not None else None
    if contact is not None and uri is None:
        contact = person(tx, contact, call.who)
    allowed = sight(tx, call.who)
    seen = contact is not None and views.sees_person(tx, contact, allowed)
    view = views.contact(tx, contact, allowed) if contact is not None and seen else None
    if uri is None and view is None:
        raise not_found("contact")
    found = outreach.ways(tx, call.hub.channels, contact=contact, uri=uri)
    return Ways(
        contact=None if view is None else view.id,
        name="" if view is None else view.name,
        items=[_way(way) for way in found],
    )


def _way(way: outreach.Way) -> WayView:
    channel = way.channel
    return WayView(
        channel=ChannelRef(id=channel.id, name=channel.name, kind=channel.kind),
        title=channel.title,
        to=way.uri,
        open=not way.closed,
        why=way.closed,
        words=dict(WHY[way.closed]),
        capabilities=capabilities_view(channel.capabilities),
    )


async def start(call: Call[NoQuery, StartBody]) -> Started:
    """Write first: begin a matter with somebody"""
    opening = _opening(call)
    key = ("start", opening.client_key)
    entry = await call.hub.db.write(_start, call, opening, clock.now(), key=key)
    return await call.hub.db.read(_started, call, entry)


def _opening(call: Call[NoQuery, StartBody]) -> outreach.Opening:
    body = call.body
    canned.check_filled(text=body.text, html=body.html, subject=body.subject)
    to = [body.to] if isinstance(body.to, str) else body.to
    return outreach.Opening(
        channel=_channel(call, body.channel),
        to=tuple(_uri(call, f"to[{n}]", one) for n, one in enumerate(to)),
        contact=body.contact,
        name=body.name,
        cc=tuple(_uri(call, f"cc[{n}]", one) for n, one in enumerate(body.cc)),
        subject=" ".join(body.subject.split()),
        text=body.text,
        html=body.html,
        files=tuple(body.files),
        purpose=body.purpose,
        client_key=f"start:{call.who.actor}:{body.client_key}",
    )


def _channel(call: Call[NoQuery, StartBody], given: int | str) -> Channel:
    found = next((one for one in call.hub.channels if given in (one.id, one.name)), None)
    if found is None:
        raise invalid("channel", f"there is no open channel {given}")
    return found


def _uri(call: Call[Any, Any], field: str, given: str) -> Uri:
    # A plus sign that was not escaped in a URL has become a space.
    text = given.replace(": ", ":+", 1) if given.startswith(("tel: ", "sms: ")) else given
    try:
        return address.parse(text.strip(), call.hub.settings.region)
    except ValueError as err:
        raise invalid(field, str(err)) from err


def _start(tx: Tx, call: Call[NoQuery, StartBody], opening: outreach.Opening, now: int) -> int:
    if call.body.queue is not None:
        queue = queue_id(tx, call.body.queue)
        if not sight(tx, call.who).sees(queue, None):
            raise invalid("queue", f"there is no queue {call.body.queue}")
        opening = replace(opening, queue=queue)
    if opening.contact is not None:
        opening = replace(opening, contact=person(tx, opening.contact, call.who))
    return outreach.start(tx, call.hub.channels, opening, author(call.who), now=now)


def _started(tx: Tx, call: Call[Any, Any], id: int) -> Started:
    entry = views.entry(tx, id)
    found = None if entry is None else views.conversation(tx, entry.conversation or 0)
    if entry is None or found is None:
        raise Problem(500, "the message was begun and is gone")
    return Started(conversation=found, entry=links.shown(call.hub.keys, entry, clock.now()))


def routes() -> list[Route[Any, Any]]:
    """The routes of this noun."""
    read, work = Permission.READ, Permission.WORK
    return [
        route("GET", "/ways", read, ways, query=Whom, answer=Ways),
        route("POST", "/conversations", work, start, body=StartBody, answer=Started, status=201),
    ]
