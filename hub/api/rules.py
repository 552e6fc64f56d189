"""Rules: what is in force, whether a change would hold, and putting it into force."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from hub import clock, files, paging, rule_rows
from hub.fields import FieldError
from hub.http import Call, NoQuery, Route, route
from hub.paging import Page
from hub.permissions import Permission
from hub.problems import Problem
from routing.rules import RulesInvalid, compile_rules
from storage import audit, channels, queues, rules, users
from storage.views import when

if TYPE_CHECKING:
    from hub.auth import Principal
    from storage.db import Row, Tx

Body = Annotated[str, msgspec.Meta(max_length=900_000)]


class RulesView(msgspec.Struct, kw_only=True):
    """One published version; ``body`` is YAML, a list of rows."""

    version: int
    """0: nobody has published any; everything goes to the first queue."""
    body: str
    published_at: datetime | None
    published_by: str | None
    note: str


class Versions(msgspec.Struct):
    """A page of versions, newest first."""

    items: list[RulesView]
    next: str | None = None


class Draft(msgspec.Struct, forbid_unknown_fields=True):
    """Rows to look at."""

    body: Body


class Publication(msgspec.Struct, forbid_unknown_fields=True):
    """Rows to put into force."""

    body: Body
    note: Annotated[str, msgspec.Meta(max_length=1000)] = ""


class Verdict(msgspec.Struct):
    """Whether the rows could be published."""

    valid: bool
    errors: list[dict[str, str]]


async def show(call: Call[NoQuery, None]) -> RulesView:
    """The rules in force"""
    return await call.hub.db.read(_current)


def _current(tx: Tx) -> RulesView:
    row = rules.current(tx)
    if row is not None:
        return _view(tx, row)
    first = queues.listed(tx)[0]["name"]
    body = files.write([{"id": "rest", "when": {}, "then": {"queue": first}}])
    return RulesView(version=0, body=body, published_at=None, published_by=None, note="")


def _view(tx: Tx, row: Row) -> RulesView:
    kind, _, id = row["published_by"].partition(":")
    user = users.get(tx, int(id)) if kind == "user" and id.isdigit() else None
    return RulesView(
        version=row["version"],
        body=row["body"],
        published_at=when(row["published_at"]),
        published_by=row["published_by"] if user is None else user["name"],
        note=row["note"],
    )


async def versions(call: Call[Page, None]) -> dict[str, Any]:
    """Every version, newest first"""
    place = paging.decode(call.hub.keys, "rules", call.query.cursor)
    before = None if place is None else place[0]
    found = await call.hub.db.read(_versions, before, call.query.limit + 1)
    return paging.page(call.hub.keys, "rules", found, call.query.limit, lambda one: [one.version])


def _versions(tx: Tx, before: int | None, limit: int) -> list[RulesView]:
    return [_view(tx, row) for row in rules.versions(tx, before, limit)]


async def validate(call: Call[NoQuery, Draft]) -> Verdict:
    """Say what is wrong with rows, without publishing them"""
    errors = await call.hub.db.read(wrong, call.body.body)
    said = [{"field": item.field, "reason": item.reason} for item in errors]
    return Verdict(not errors, said)


async def publish(call: Call[NoQuery, Publication]) -> RulesView:
    """Put rows into force"""
    version = await call.hub.db.write(_publish, call.body, call.who, clock.now())
    await call.hub.reconfigure()
    return await call.hub.db.read(_one, version)


def _publish(tx: Tx, given: Publication, who: Principal, now: int) -> int:
    errors = wrong(tx, given.body)
    if errors:
        raise Problem(400, "these rules cannot be published", errors=errors)
    version = rules.publish(tx, given.body, note=given.note, by=who.actor, now=now)
    audit.record(tx, who.actor, "publish-rules", f"rules:{version}", now=now)
    return version


def _one(tx: Tx, version: int) -> RulesView:
    row = rules.version(tx, version)
    return _current(tx) if row is None else _view(tx, row)


def wrong(tx: Tx, body: str) -> list[FieldError]:
    """Everything that is wrong with rows; empty if they can be published."""
    try:
        loaded = files.load(body)
        rows = rule_rows.rows_of(body)
        compile_rules(
            rows,
            queues={row["name"] for row in queues.listed(tx)},
            channels={row["name"] for row in channels.listed(tx)},
        )
    except files.FileInvalid as err:
        return [FieldError(one.path, _words(one.reason, one.line)) for one in err.problems]
    except RulesInvalid as err:
        return [
            FieldError(one.path, _words(one.reason, loaded.line(one.path.removeprefix("rules"))))
            for one in err.problems
        ]
    return []


def _words(reason: str, line: int | None) -> str:
    return f"{reason} (line {line})" if line else reason


def routes() -> list[Route[Any, Any]]:
    """The routes of this noun."""
    read, change = Permission.READ, Permission.RULES
    return [
        route("GET", "/rules", read, show, answer=RulesView),
        route("GET", "/rules/versions", read, versions, query=Page, answer=Versions),
        route("POST", "/rules/validate", change, validate, body=Draft, answer=Verdict),
        route("POST", "/rules/publish", change, publish, body=Publication, answer=RulesView),
    ]
