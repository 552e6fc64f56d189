"""Contacts: finding a person by address or name, and what happened with them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from connectors import address
from connectors.contract import Uri
from hub import clock, links, paging
from hub.api.access import person, sight
from hub.http import Call, NoQuery, Route, route
from hub.paging import Page
from hub.permissions import Permission
from hub.problems import invalid, not_found
from storage import audit, contacts, search, views
from storage.views import ContactView, ConversationView, EntryView

if TYPE_CHECKING:
    from hub.access.principal import Principal
    from storage.db import Tx

_OPEN = ("open", "pending", "snoozed")


class Wanted(Page, forbid_unknown_fields=True, kw_only=True):
    """By address, or by words of the name; neither: everybody, newest first."""

    identity: Annotated[str, msgspec.Meta(max_length=1000)] | None = None
    q: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class ContactDetail(ContactView, kw_only=True):
    """A person, with the matters that are open."""

    conversations: list[ConversationView]
    elsewhere: bool
    """Another team has an open matter with them, of which nothing else is said."""


class Contacts(msgspec.Struct):
    """A page of contacts."""

    items: list[ContactDetail]
    next: str | None = None


class Timeline(msgspec.Struct):
    """A page of a timeline, newest first."""

    items: list[EntryView]
    next: str | None = None


class ContactChanges(msgspec.Struct, forbid_unknown_fields=True):
    """What to change."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)] | None = None


async def find(call: Call[Wanted, None]) -> dict[str, Any]:
    """Find people by address or name"""
    query = call.query
    if query.identity is not None and query.q is not None:
        raise invalid("q", "give either identity or q")
    if query.identity is not None:
        uri = _uri(call, query.identity)
        return {"items": await call.hub.db.read(_by_uri, uri, call.who), "next": None}
    place = paging.decode(call.hub.keys, "contacts", query.cursor)
    before = None if place is None else place[0]
    found = await call.hub.db.read(_by_name, query.q or "", before, query.limit + 1, call.who)
    return paging.page(call.hub.keys, "contacts", found, query.limit, lambda one: [one.id])


def _uri(call: Call[Any, Any], given: str) -> Uri:
    # A plus sign that was not escaped in the URL has become a space.
    text = given.replace(": ", ":+", 1) if given.startswith(("tel: ", "sms: ")) else given
    try:
        return address.parse(text.strip(), call.hub.settings.region)
    except ValueError as err:
        raise invalid("identity", str(err)) from err


def _by_uri(tx: Tx, uri: Uri, who: Principal) -> list[ContactDetail]:
    found = contacts.find(tx, uri)
    return [] if found is None else details(tx, [found.root], who)


def _by_name(
    tx: Tx, words: str, before: int | None, limit: int, who: Principal
) -> list[ContactDetail]:
    return details(tx, search.contacts(tx, words, before, limit), who)


def details(tx: Tx, ids: list[int], who: Principal) -> list[ContactDetail]:
    """These people, with their open matters; whoever is not the caller's to see is left out."""
    allowed = sight(tx, who)
    found = []
    for id in ids:
        view = views.contact(tx, id, allowed)
        if view is not None and views.sees_person(tx, view.id, allowed):
            matters = views.conversations(tx, allowed, contact=view.id, limit=50)
            still = [one for one in matters if one.status in _OPEN]
            more = views.elsewhere(tx, view.id, allowed)
            found.append(
                ContactDetail(**msgspec.structs.asdict(view), conversations=still, elsewhere=more)
            )
    return found


async def show(call: Call[NoQuery, None]) -> ContactDetail:
    """One person"""
    found = await call.hub.db.read(details, [call.id()], call.who)
    if not found:
        raise not_found("contact")
    return found[0]


async def change(call: Call[NoQuery, ContactChanges]) -> ContactDetail:
    """Rename a person"""
    await show(call)  # type: ignore[arg-type]  # only its id is read
    if call.body.name is not None:
        name, by = call.body.name, call.who.actor
        await call.hub.db.write(_rename, call.id(), name, by, clock.now())
    return await show(call)  # type: ignore[arg-type]  # likewise


def _rename(tx: Tx, id: int, name: str, by: str, now: int) -> None:
    root = contacts.root(tx, id)
    contacts.rename(tx, root, name, now=now)
    audit.record(tx, by, "contact.renamed", f"contact:{root}", now=now)


async def timeline(call: Call[Page, None]) -> dict[str, Any]:
    """What happened with a person, newest first"""
    name = f"timeline:{call.id()}"
    place = paging.decode(call.hub.keys, name, call.query.cursor)
    before = None if place is None else (place[0], place[1])
    found = await call.hub.db.read(_timeline, call.id(), before, call.query.limit + 1, call.who)
    shown = links.all_shown(call.hub.keys, found, clock.now())
    return paging.page(
        call.hub.keys, name, shown, call.query.limit, lambda one: [views.micros(one.at), one.id]
    )


def _timeline(
    tx: Tx, id: int, before: tuple[int, int] | None, limit: int, who: Principal
) -> list[EntryView]:
    members = contacts.members(tx, person(tx, id, who))
    return views.timeline(tx, members, sight(tx, who), before=before, limit=limit)


def routes() -> list[Route[Any, Any]]:
    """The routes of this noun."""
    read, one = Permission.READ, "/contacts/{id}"
    return [
        route("GET", "/contacts", read, find, query=Wanted, answer=Contacts),
        route("GET", one, read, show, answer=ContactDetail),
        route("PATCH", one, Permission.WORK, change, body=ContactChanges, answer=ContactDetail),
        route("GET", f"{one}/timeline", read, timeline, query=Page, answer=Timeline),
    ]
