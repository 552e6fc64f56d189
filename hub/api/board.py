"""The live board, and what supervisors do with agents: see their day, and set where they stand."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from hub import clock, live, offering, paging
from hub.api.access import sight
from hub.board import hidden
from hub.board.figures import Report, report
from hub.board.view import BoardView
from hub.http import Call, NoQuery, Route, route
from hub.paging import Page
from hub.permissions import Permission
from hub.problems import Problem, invalid, not_found
from storage import agents, audit, events, state_log, views
from storage.views import AgentView, micros, time_of

if TYPE_CHECKING:
    from storage.db import Row, Tx

MOST_DAYS = timedelta(days=31)
MOST_REPORTED = timedelta(days=7)
DAY, MICROSECOND = timedelta(days=1), timedelta(microseconds=1)
Moment = Annotated[datetime, msgspec.Meta(tz=True)]


class Forced(msgspec.Struct, forbid_unknown_fields=True):
    """Where an agent is to stand, and why."""

    presence: Literal["available", "away", "offline"]
    reason: Annotated[str, msgspec.Meta(max_length=100)] = ""


class Reported(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """From ``since`` (else a day before ``until``) until ``until`` (else now)."""

    since: Moment | None = None
    until: Moment | None = None


class Period(Page, forbid_unknown_fields=True, kw_only=True):
    """From ``since`` (else a day before ``until``) until ``until`` (else now)."""

    since: Moment | None = None
    until: Moment | None = None


class LogLine(msgspec.Struct, kw_only=True):
    """An agent came, went, or was away from then on."""

    at: datetime
    presence: str
    reason: str
    actor: str
    """The name of who said so; ``hub`` where nobody did."""


class Log(msgspec.Struct):
    """A page of an agent's log, newest first."""

    items: list[LogLine]
    next: str | None = None


async def board(call: Call[NoQuery, None]) -> BoardView:
    """Who waits in each queue, the day's figures, and what each agent holds"""
    return await call.hub.board.look(await call.hub.db.read(sight, call.who))


async def figures(call: Call[Reported, None]) -> Report:
    """The figures of some days: by queue, agent and matter"""
    since, until = _period(call.query, MOST_REPORTED)
    allowed = await call.hub.db.read(sight, call.who)
    return await report(call.hub.db, since, until, hidden(allowed))


def _period(query: Reported | Period, most: timedelta) -> tuple[int, int]:
    """From and until (µs), at the latest now. Raises Problem (400): longer than ``most``, backwards,
    or before there were computers to ask."""
    now = clock.now() + 1
    until = now if query.until is None else min(micros(query.until), now)
    since = until - DAY // MICROSECOND if query.since is None else micros(query.since)
    for name, at in (("until", until), ("since", since)):
        if at < 0:
            raise invalid(name, "is before 1970")
    if since > until:
        raise invalid("since", "is after until")
    if until - since > most // MICROSECOND:
        raise invalid("since", f"is more than {most.days} days before until")
    return since, until


async def force(call: Call[NoQuery, Forced]) -> AgentView:
    """Set where an agent stands; they are told, and it is audited"""
    id, body = call.id(), call.body
    await call.hub.db.write(
        _force, id, body.presence, body.reason, call.who.actor, clock.now(), key=("agent", id)
    )
    (found,) = await call.hub.db.read(views.agents, id)
    return found


def _force(tx: Tx, id: int, presence: agents.Presence, reason: str, actor: str, now: int) -> None:
    row = agents.get(tx, id)
    if row is None or not row["active"]:
        raise not_found("agent")
    lease = live.lease(presence, now)
    offering.set_presence(tx, id, presence, reason, lease_until=lease, actor=actor, now=now)
    events.append(tx, "agent.forced", id, agent=id, now=now)
    audit.record(
        tx, actor, "agent.presence", f"agent:{id}", now=now, presence=presence, reason=reason
    )


async def log(call: Call[Period, None]) -> dict[str, Any]:
    """When an agent came, went and was away, and who said so"""
    id, query, keys = call.id(), call.query, call.hub.keys
    if call.who.agent != id and not call.who.may(Permission.MOVE):
        raise Problem(403, "an agent's log is for them and for the permission 'move'")
    since, until = _period(query, MOST_DAYS)
    name = f"agents/{id}/log"
    place = paging.decode(keys, name, query.cursor)
    before = None if place is None else (place[0], place[1])
    rows = await call.hub.db.read(_log, id, since, until, before, query.limit + 1)
    page = paging.page(keys, name, rows, query.limit, lambda row: [row["at"], row["id"]])
    return {**page, "items": [_line(row) for row in page["items"]]}


def _log(
    tx: Tx, id: int, since: int, until: int, before: tuple[int, int] | None, limit: int
) -> list[Row]:
    if agents.get(tx, id) is None:
        raise not_found("agent")
    return state_log.listed(tx, id, since, until, before, limit)


def _line(row: Row) -> LogLine:
    return LogLine(
        at=time_of(row["at"]),
        presence=row["presence"],
        reason=row["reason"],
        actor=row["by_name"] or row["actor"] or "hub",
    )


def routes() -> list[Route[Any, Any]]:
    """The routes of this noun."""
    read, move = Permission.READ, Permission.MOVE
    return [
        route("GET", "/board", move, board, answer=BoardView),
        route("GET", "/figures", move, figures, query=Reported, answer=Report),
        route("PUT", "/agents/{id}/presence", move, force, body=Forced, answer=AgentView),
        route("GET", "/agents/{id}/log", read, log, query=Period, answer=Log),
    ]
