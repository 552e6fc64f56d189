"""Templates: what the hub says by itself, and canned replies: list, word, fill in."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from hub import clock, desk, html, paging
from hub.api.access import seen
from hub.automatic import canned
from hub.automatic.shipped import SHIPPED
from hub.automatic.templates import KINDS, VARIABLES, Template, Text, check
from hub.declared_work import Name
from hub.http import Call, NoQuery, Route, route
from hub.paging import Id, Page
from hub.permissions import Permission
from hub.problems import Problem, conflict, invalid, not_found
from storage import audit, conversations
from storage import templates as stored
from storage.views import when

if TYPE_CHECKING:
    from hub.channel import Channel
    from storage.db import Row, Tx


class TemplateView(msgspec.Struct, kw_only=True):
    """A template as it is in force."""

    name: str
    shipped: bool
    """Every hub has it; a declared one of that name takes its place."""
    canned: bool
    """Offered to whoever writes an answer."""
    texts: dict[str, Text]
    updated_at: datetime | None
    """null: as shipped."""
    used_by: list[str]
    """What names it: ``queue general``, ``rule ack``."""


class VariableView(msgspec.Struct, kw_only=True):
    """What a template may name."""

    kind: str
    """How it is written: text, code, number, day, time, length."""
    words: dict[str, str]
    """What it is, in each language."""


class TemplateViews(msgspec.Struct, kw_only=True):
    """All of them, by name, and what they may name."""

    items: list[TemplateView]
    next: str | None = None
    variables: dict[str, dict[str, str]]
    """Variable -> words in each language."""
    catalogue: dict[str, VariableView]
    """The same with types."""


class TemplateBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What a template says: language -> words."""

    texts: dict[str, Text]
    canned: bool = True


class Fill(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """For which answer."""

    conversation: Id
    channel: Id | None = None
    """null: the one that the conversation is on."""
    language: Annotated[str, msgspec.Meta(max_length=40)] = ""
    """Empty: the customer's."""


class Filled(msgspec.Struct, kw_only=True):
    """A template for one conversation, to go on with."""

    language: str
    languages: list[str]
    subject: str
    text: str
    html: str
    missing: list[str]
    """Variables without a value here: they stand as they are, and nothing is sent with them."""


class LookBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Words to look at before they are saved."""

    html: Annotated[str, msgspec.Meta(max_length=100_000)]


async def listed(call: Call[Page, None]) -> dict[str, Any]:
    """What the hub says by itself, canned replies, and which variables there are"""
    items = await call.hub.db.read(_listed)
    words = {name: dict(of) for name, of in VARIABLES.items()}
    catalogue = {
        name: VariableView(kind=KINDS.get(name, "text"), words=dict(of))
        for name, of in VARIABLES.items()
    }
    page = paging.cut(call.hub.keys, "templates", items, call.query)
    return page | {"variables": words, "catalogue": catalogue}


def _listed(tx: Tx) -> list[TemplateView]:
    rows = {row["name"]: row for row in stored.listed(tx)}
    known = desk.said(list(rows.values()))
    return [_view(tx, template, rows.get(name)) for name, template in sorted(known.items())]


def _view(tx: Tx, template: Template, row: Row | None) -> TemplateView:
    return TemplateView(
        name=template.name,
        shipped=row is None,
        canned=template.canned,
        texts=dict(template.texts),
        updated_at=None if row is None else when(row["updated_at"]),
        used_by=canned.users(tx, template.name),
    )


async def save(call: Call[NoQuery, TemplateBody]) -> TemplateView:
    """Make or change a template"""
    name = _name(call)
    errors = [*check(call.body.texts)]
    if errors:
        raise Problem(400, "the template cannot be saved", errors=errors)
    await call.hub.db.write(_save, call, name, clock.now(), key=("template", name))
    return await call.hub.db.read(_shown, name)


def _name(call: Call[Any, Any]) -> str:
    try:
        return msgspec.convert(call.part("name"), Name)
    except msgspec.ValidationError as err:
        raise invalid("name", "small letters, digits, - and _ only, at most 63") from err


def _save(tx: Tx, call: Call[NoQuery, TemplateBody], name: str, now: int) -> None:
    body = msgspec.json.encode(call.body.texts).decode()
    stored.save(tx, name=name, body=body, canned=call.body.canned, now=now)
    audit.record(tx, call.who.actor, "template.save", f"template:{name}", now=now)


def _shown(tx: Tx, name: str) -> TemplateView:
    row = next((one for one in stored.listed(tx) if one["name"] == name), None)
    if row is None:
        raise not_found("template")
    texts = msgspec.json.decode(row["body"], type=dict[str, Text])
    return _view(tx, Template(name, texts, canned=bool(row["canned"])), row)


async def remove(call: Call[NoQuery, None]) -> None:
    """Take a template away; a shipped one is as shipped again"""
    name = _name(call)
    await call.hub.db.write(_remove, call, name, clock.now(), key=("template", name))


def _remove(tx: Tx, call: Call[NoQuery, None], name: str, now: int) -> None:
    _shown(tx, name)
    needed = canned.users(tx, name)
    if needed and name not in SHIPPED:
        raise conflict(f"it is needed by {', '.join(needed)}")
    stored.remove(tx, name, now=now)
    audit.record(tx, call.who.actor, "template.remove", f"template:{name}", now=now)


async def fill(call: Call[NoQuery, Fill]) -> Filled:
    """A canned reply for one conversation"""
    return await call.hub.db.read(_fill, call, clock.now())


def _fill(tx: Tx, call: Call[NoQuery, Fill], now: int) -> Filled:
    body = call.body
    seen(tx, body.conversation, call.who)
    template = desk.said(stored.listed(tx)).get(call.part("name"))
    row = conversations.get(tx, body.conversation)
    if template is None or row is None:
        raise not_found("template")
    channel = _channel(call, row["channel"] if body.channel is None else body.channel)
    found = canned.canned(
        tx,
        template,
        call.hub.saying(),
        row,
        channel,
        writer=call.who.name,
        language=body.language,
        now=now,
    )
    words = found.words
    return Filled(
        language=words.language,
        languages=found.languages,
        subject=words.subject,
        text=words.text,
        html=words.html,
        missing=found.missing,
    )


def _channel(call: Call[Any, Any], id: int) -> Channel:
    channel = call.hub.channels.by_id(id)
    if channel is None:
        raise invalid("channel", f"there is no open channel {id}")
    return channel


async def look(call: Call[NoQuery, LookBody]) -> dict[str, str]:
    """HTML as it will be looked at: sanitised, for a sandboxed frame"""
    return {"html": await html.in_thread(call.body.html, cid={}, images=False)}


def routes() -> list[Route[Any, Any]]:
    """The routes of this noun."""
    read, work, word = Permission.READ, Permission.WORK, Permission.TEMPLATES
    one = "/templates/{name}"
    return [
        route("GET", "/templates", read, listed, query=Page, answer=TemplateViews),
        route("PUT", one, word, save, body=TemplateBody, answer=TemplateView),
        route("DELETE", one, word, remove),
        route("POST", f"{one}/fill", work, fill, body=Fill, answer=Filled),
        route("POST", "/templates/look", word, look, body=LookBody, answer=dict[str, str]),
    ]
