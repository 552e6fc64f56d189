"""Rules: what is in force, whether a change would hold, and putting it into force."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from hub import clock, files, paging
from hub.fields import FieldError
from hub.http import Call, NoQuery, Route, route
from hub.paging import Page
from hub.permissions import Permission
from hub.problems import Problem, not_found
from hub.rules import rows as rule_rows
from hub.rules import schema as rule_schema
from hub.rules import versions as rule_versions
from hub.rules.rows import RulesRefused
from hub.rules.versions import Stale
from routing.explain.persian import in_persian
from storage import queues, rules, users
from storage.views import when

if TYPE_CHECKING:
    from storage.db import Row, Tx

Body = Annotated[str, msgspec.Meta(max_length=900_000)]
Note = Annotated[str, msgspec.Meta(max_length=1000)]


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
    note: Note = ""
    base: Annotated[int, msgspec.Meta(ge=0)] | None = None
    """The version that they were made from; refused if somebody published since."""


class Again(msgspec.Struct, forbid_unknown_fields=True):
    """An old version to put into force."""

    note: Note = ""


class Verdict(msgspec.Struct):
    """Whether the rows could be published."""

    valid: bool
    errors: list[dict[str, str]]


class FieldView(msgspec.Struct, kw_only=True):
    """A field that rules may look at."""

    name: str
    """``headers.*`` and the like: any name in place of the star."""
    kind: str
    words: dict[str, str]
    choices: list[str] | None


class SchemaView(msgspec.Struct, kw_only=True):
    """What may stand in a rule, for editors."""

    schema: dict[str, Any]
    """JSON Schema of the rows."""
    fields: list[FieldView]
    operators: dict[str, list[str]]
    """Kind of field -> operators that fit."""
    queues: list[str]
    skills: list[str]
    channels: list[str]
    templates: list[str]
    calendars: list[str]
    policies: list[str]
    agents: list[str]


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


async def schema(call: Call[NoQuery, None]) -> SchemaView:
    """What may stand in a rule"""
    known = await call.hub.db.read(rule_rows.names)
    return SchemaView(
        schema=rule_schema.document(),
        fields=[FieldView(**field) for field in rule_schema.catalogue()],
        operators=rule_schema.operators_by_kind(),
        queues=sorted(known["queues"]),
        skills=sorted(known["skills"]),
        channels=sorted(known["channels"]),
        templates=sorted(known["templates"]),
        calendars=sorted(known["calendars"]),
        policies=sorted(known["policies"]),
        agents=sorted(known["agents"]),
    )


async def versions(call: Call[Page, None]) -> dict[str, Any]:
    """Every version, newest first"""
    place = paging.decode(call.hub.keys, "rules", call.query.cursor)
    before = None if place is None else place[0]
    found = await call.hub.db.read(_versions, before, call.query.limit + 1)
    return paging.page(call.hub.keys, "rules", found, call.query.limit, lambda one: [one.version])


def _versions(tx: Tx, before: int | None, limit: int) -> list[RulesView]:
    return [_view(tx, row) for row in rules.versions(tx, before, limit)]


async def version(call: Call[NoQuery, None]) -> RulesView:
    """One version"""
    return await call.hub.db.read(_version, call.id())


def _version(tx: Tx, number: int) -> RulesView:
    row = rules.version(tx, number)
    if row is None:
        raise not_found("version")
    return _view(tx, row)


async def validate(call: Call[NoQuery, Draft]) -> Verdict:
    """Say what is wrong with rows, without publishing them"""
    errors = await call.hub.db.read(wrong, call.body.body)
    said = [
        {"field": item.field, "reason": item.reason, "fa": in_persian(item.reason) or ""}
        for item in errors
    ]
    return Verdict(not errors, said)


def wrong(tx: Tx, body: str) -> tuple[FieldError, ...]:
    """Everything that is wrong with rows; empty if they can be published."""
    try:
        rule_rows.compiled(body, rule_rows.names(tx))
    except RulesRefused as err:
        return err.errors
    return ()


# ---------------------------------------------------------------- into force


async def publish(call: Call[NoQuery, Publication]) -> RulesView:
    """Put rows into force"""
    return await _put(call, call.body)


async def publish_again(call: Call[NoQuery, Again]) -> RulesView:
    """Put an old version into force, as a new one"""
    old = await call.hub.db.read(_version, call.id())
    note = call.body.note or f"version {old.version} again"
    return await _put(call, Publication(old.body, note))


async def _put(call: Call[Any, Any], given: Publication) -> RulesView:
    try:
        number = await call.hub.db.write(
            rule_versions.publish,
            given.body,
            note=given.note,
            by=call.who.actor,
            base=given.base,
            now=clock.now(),
            key="rules",
        )
    except Stale as err:
        raise Problem(409, str(err), version=err.newest) from err
    except RulesRefused as err:
        raise Problem(400, "these rules cannot be published", errors=err.errors) from err
    await call.hub.reconfigure()
    return await call.hub.db.read(_version, number)


def routes() -> list[Route[Any, Any]]:
    """The routes of this noun."""
    read, change = Permission.READ, Permission.RULES
    return [
        route("GET", "/rules", read, show, answer=RulesView),
        route("GET", "/rules/schema", read, schema, answer=SchemaView),
        route("GET", "/rules/versions", read, versions, query=Page, answer=Versions),
        route("GET", "/rules/versions/{id}", read, version, answer=RulesView),
        route(
            "POST",
            "/rules/versions/{id}/publish",
            change,
            publish_again,
            body=Again,
            answer=RulesView,
        ),
        route("POST", "/rules/validate", change, validate, body=Draft, answer=Verdict),
        route("POST", "/rules/publish", change, publish, body=Publication, answer=RulesView),
    ]
