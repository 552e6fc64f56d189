"""Who did what: listed, filtered, exported. Nobody changes it, and reading all of it is an act too."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any, Literal

import msgspec
from aiohttp import web

from hub import clock, paging
from hub.access import trail
from hub.access.trail import Line, Wanted
from hub.http import Call, Route, route
from hub.paging import Page
from hub.permissions import Permission
from hub.problems import invalid
from storage import audit
from storage.views import micros

Moment = Annotated[datetime, msgspec.Meta(tz=True)]
Word = Annotated[str, msgspec.Meta(max_length=200)]
_TYPES = {"csv": "text/csv", "jsonl": "application/x-ndjson"}


class Filter(Page, forbid_unknown_fields=True, kw_only=True):
    """Which lines, a page at a time."""

    actor: Word | None = None
    """``user:3``, ``token:5``, ``command``, ``oidc`` or ``hub``."""
    action: Word | None = None
    subject: Word | None = None
    """One (``user:3``), or all of a kind (``user:``)."""
    since: Moment | None = None
    until: Moment | None = None


class Export(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which lines, as a file."""

    actor: Word | None = None
    action: Word | None = None
    subject: Word | None = None
    since: Moment | None = None
    until: Moment | None = None
    format: Literal["csv", "jsonl"] = "csv"


class Lines(msgspec.Struct):
    """A page of the audit, newest first."""

    items: list[Line]
    next: str | None = None


class Actions(msgspec.Struct):
    """Every kind of act that was ever written, by name."""

    items: list[str]
    next: str | None = None


def _wanted(query: Filter | Export) -> Wanted:
    since = None if query.since is None else micros(query.since)
    until = None if query.until is None else micros(query.until)
    if since is not None and until is not None and since > until:
        raise invalid("since", "is after until")
    return Wanted(query.actor, query.action, query.subject, since, until)


async def find(call: Call[Filter, None]) -> dict[str, Any]:
    """Who did what, newest first"""
    place = paging.decode(call.hub.keys, "audit", call.query.cursor)
    before = None if place is None else place[0]
    found = await call.hub.db.read(
        trail.lines, _wanted(call.query), limit=call.query.limit + 1, before=before
    )
    return paging.page(call.hub.keys, "audit", found, call.query.limit, lambda one: [one.id])


async def actions(call: Call[Page, None]) -> dict[str, Any]:
    """The kinds of acts there are"""
    found = await call.hub.db.read(audit.actions)
    return paging.cut(call.hub.keys, "audit-actions", found, call.query)


async def export(call: Call[Export, None]) -> web.StreamResponse:
    """The audit as a file, oldest first: CSV, or a JSON object a line"""
    wanted, kind = _wanted(call.query), call.query.format
    await call.hub.db.write(trail.exported, call.who.actor, wanted, kind, clock.now())
    name = f"audit-{datetime.now(UTC):%Y-%m-%d}.{kind}"
    headers = {
        "Content-Type": f"{_TYPES[kind]}; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{name}"',
        "Cache-Control": "no-store",
    }
    response = web.StreamResponse(headers=headers)
    await response.prepare(call.request)
    async for piece in trail.pieces(call.hub.db, wanted, kind):
        await response.write(piece)
    await response.write_eof()
    return response


def routes() -> list[Route[Any, Any]]:
    """The routes of this noun."""
    read = Permission.AUDIT
    return [
        route("GET", "/audit", read, find, query=Filter, answer=Lines),
        route("GET", "/audit/actions", read, actions, query=Page, answer=Actions),
        route("GET", "/audit/export", read, export, query=Export),
    ]
