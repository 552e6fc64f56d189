"""The ledger: what came in, what became of it, and once more for what failed."""

from __future__ import annotations

import base64
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from hub import clock, paging
from hub.api.access import sight
from hub.http import Call, NoQuery, Route, route
from hub.paging import Page
from hub.permissions import Permission
from hub.problems import Problem, conflict, not_found
from storage import audit, ledger_counts, raw_events, raw_requests, views
from storage.blobs import BlobMissing
from storage.errors import StoreError
from storage.views import when

if TYPE_CHECKING:
    from hub.access.principal import Principal
    from hub.app import Hub
    from storage.db import Row, Tx

State = Literal["stored", "duplicate", "rejected", "failed", "ignored"]
_SHOWN_BYTES = 200_000
_HIDDEN = ("authorization", "cookie", "signature", "token", "secret", "key")
"""In the names of headers whose values are proofs, whoever the provider is."""


class Counts(msgspec.Struct):
    """How many events ended in each state; what was received is their sum."""

    stored: int
    duplicate: int
    rejected: int
    failed: int
    ignored: int


class Wanted(Page, forbid_unknown_fields=True, kw_only=True):
    """Which events."""

    channel: str | None = None
    state: State | None = None


class RawEvent(msgspec.Struct, kw_only=True):
    """One event of the ledger."""

    id: int
    channel: str
    kind: str
    provider_id: str
    state: str
    reason: str
    duplicate_of: int | None
    entry: int | None
    request: int
    received_at: datetime | None
    url: str
    """As it was called, and so as it was signed; a token in it is left out."""


class RawEvents(msgspec.Struct):
    """A page of events, newest first."""

    items: list[RawEvent]
    next: str | None = None


class RawEventDetail(RawEvent, kw_only=True):
    """An event with the request that brought it, secrets left out."""

    signature: str
    """``ok``, ``off``, ``report: REASON``; empty where none is asked for."""
    headers: list[tuple[str, str]]
    body: str | None
    encoding: Literal["utf-8", "base64"]
    size: int | None


class Replayed(msgspec.Struct):
    """What became of each event of the request."""

    states: list[str]


async def counts(call: Call[NoQuery, None]) -> Counts:
    """How many events ended in each state"""
    found = await call.hub.db.read(ledger_counts.counts)
    return Counts(**found)


async def find(call: Call[Wanted, None]) -> dict[str, Any]:
    """Events, newest first"""
    query = call.query
    place = paging.decode(call.hub.keys, "raw-events", query.cursor)
    before = None if place is None else place[0]
    items = await call.hub.db.read(_page, query, before, call.who)
    return paging.page(call.hub.keys, "raw-events", items, query.limit, lambda one: [one.id])


def _page(tx: Tx, query: Wanted, before: int | None, who: Principal) -> list[RawEvent]:
    """Of what belongs to a hidden matter only that it is there: the sums must close."""
    rows = raw_events.page(
        tx, channel=query.channel, state=query.state, before=before, limit=query.limit + 1
    )
    hidden = views.hidden_requests(tx, (row["request"] for row in rows), sight(tx, who))
    return [_hidden(row) if row["request"] in hidden else _view(row) for row in rows]


def _hidden(row: Row) -> RawEvent:
    return msgspec.structs.replace(
        _view(row), provider_id="", reason="", duplicate_of=None, entry=None, url=""
    )


def _view(row: Row) -> RawEvent:
    return RawEvent(
        id=row["id"],
        channel=row["channel"],
        kind=row["kind"],
        provider_id=row["provider_id"],
        state=row["state"],
        reason=row["reason"],
        duplicate_of=row["duplicate_of"],
        entry=row["entry"],
        request=row["request"],
        received_at=when(row["received_at"]),
        url=_without_token(row["url"]),
    )


def _is_proof(header: str) -> bool:
    lowered = header.lower()
    return any(word in lowered for word in _HIDDEN)


async def show(call: Call[NoQuery, None]) -> RawEventDetail:
    """One event and its request; written to the audit"""
    event, request = await call.hub.db.read(_both, call.id(), call.who)
    await _looked(call, "read-raw-event")
    body = await _body(call.hub, request)
    text, encoding = _text(body)
    headers = msgspec.json.decode(request["headers"], type=list[tuple[str, str]])
    return RawEventDetail(
        id=event["id"],
        channel=request["channel_name"],
        kind=event["kind"],
        provider_id=event["provider_id"],
        state=event["state"],
        reason=event["reason"],
        duplicate_of=event["duplicate_of"],
        entry=event["entry"],
        request=event["request"],
        received_at=when(request["received_at"]),
        url=_without_token(request["url"]),
        signature=request["signature"],
        headers=[(name, "****" if _is_proof(name) else value) for name, value in headers],
        body=text,
        encoding=encoding,
        size=None if body is None else len(body),
    )


def _both(tx: Tx, id: int, who: Principal) -> tuple[Row, Row]:
    event = raw_events.event(tx, id)
    request = None if event is None else raw_requests.request(tx, event["request"])
    if event is None or request is None:
        raise not_found("event")
    if views.hidden_requests(tx, [event["request"]], sight(tx, who)):
        raise not_found("event")
    return event, request


async def _looked(call: Call[NoQuery, None], act: str) -> None:
    subject = f"raw-event:{call.id()}"
    await call.hub.db.write(audit.record, call.who.actor, act, subject, now=clock.now())


async def _body(hub: Hub, request: Row) -> bytes | None:
    blob = raw_requests.blob_of(request)
    if blob is None:
        return None if request["body"] is None else bytes(request["body"])
    try:
        return await hub.blobs.read(blob)
    except BlobMissing:
        return None


def _text(body: bytes | None) -> tuple[str | None, Literal["utf-8", "base64"]]:
    if body is None:
        return None, "utf-8"
    part = body[:_SHOWN_BYTES]
    try:
        return part.decode(), "utf-8"
    except UnicodeDecodeError:
        return base64.b64encode(part).decode(), "base64"


def _without_token(url: str) -> str:
    return f"{url.partition('token=')[0]}token=****" if "token=" in url else url


async def replay(call: Call[NoQuery, None]) -> Replayed:
    """Try a failed event again"""
    await call.hub.db.read(_both, call.id(), call.who)
    await _looked(call, "replay")
    try:
        filed = await call.hub.intake.replay(call.id())
    except LookupError as err:
        raise conflict(str(err).strip("'")) from err
    except (StoreError, Problem):
        raise
    except Exception as err:
        raise conflict(f"it failed again: {type(err).__name__}: {err}") from err
    return Replayed([one.state for one in filed])


def routes() -> list[Route[Any, Any]]:
    """The routes of this noun."""
    ledger, one = Permission.LEDGER, "/raw-events/{id}"
    return [
        route("GET", "/ledger", ledger, counts, answer=Counts),
        route("GET", "/raw-events", ledger, find, query=Wanted, answer=RawEvents),
        route("GET", one, Permission.REPLAY, show, answer=RawEventDetail),
        route("POST", f"{one}/replay", Permission.REPLAY, replay, answer=Replayed),
    ]
