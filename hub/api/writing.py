"""What people write in a conversation: answers, notes, drafts, and how far they have read."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from connectors import address
from connectors.contract import ChannelError, Sessions, Signaller, Uri
from hub import actions, clock, compose, links
from hub.api import detail
from hub.api.access import author, seen, user_of
from hub.api.detail import DraftView
from hub.automatic import canned
from hub.compose import Draft, Refused, WroteSince
from hub.http import Call, NoQuery, Route, route
from hub.paging import Id
from hub.permissions import Permission
from hub.problems import conflict, invalid
from storage import drafts, events, views
from storage.views import ConversationView, EntryView

if TYPE_CHECKING:
    from hub.access.principal import Principal
    from storage.db import Tx

SIGNAL_SECONDS = 5.0
Text = Annotated[str, msgspec.Meta(max_length=200_000)]
Key = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class ReplyBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """An answer to the customer."""

    text: Text = ""
    html: Text = ""
    channel: Id | str | None = None
    """Id or name; null: the channel the conversation is on."""
    to: list[str] = []
    cc: list[str] | None = None
    files: list[Id] = []
    answers: Id | None = None
    """The entry that it answers; null: the last one that a person wrote."""
    client_key: Key
    seen_seq: Id | None = None
    """The last event the writer has seen; 409 says what is new since."""


class NoteBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Words for colleagues."""

    text: Annotated[str, msgspec.Meta(min_length=1, max_length=200_000)]
    client_key: Key
    mentions: list[Id] = []


class SeenBody(msgspec.Struct, forbid_unknown_fields=True):
    """Read up to this entry."""

    entry: Id


# ---------------------------------------------------------------- to the customer, to colleagues


async def reply(call: Call[NoQuery, ReplyBody]) -> EntryView:
    """Answer the customer"""
    draft = _draft(call)
    try:
        entry = await call.hub.db.write(
            _reply, call, draft, clock.now(), key=("conversation", call.id())
        )
    except WroteSince as err:
        raise conflict(
            "somebody wrote since you last looked", new=await _shown(call, err.entries)
        ) from err
    except Refused as err:
        raise invalid(err.field, err.reason) from err
    return (await _shown(call, [entry]))[0]


def _draft(call: Call[NoQuery, ReplyBody]) -> Draft:
    body = call.body
    canned.check_filled(text=body.text, html=body.html)
    channel = None
    if body.channel is not None:
        channel = next((c for c in call.hub.channels if body.channel in (c.id, c.name)), None)
        if channel is None:
            raise invalid("channel", f"there is no open channel {body.channel}")
    return Draft(
        conversation=call.id(),
        text=body.text,
        html=body.html,
        channel=channel,
        to=tuple(_uris(call, "to", body.to)),
        cc=None if body.cc is None else tuple(_uris(call, "cc", body.cc)),
        files=tuple(body.files),
        answers=body.answers,
        client_key=_key(call.id(), body.client_key),
    )


def _key(conversation: int, given: str) -> str:
    """Two people who both count from 1 must not meet: a key counts within one conversation."""
    return f"{conversation}:{given}"


def _uris(call: Call[Any, Any], name: str, given: list[str]) -> list[Uri]:
    found: list[Uri] = []
    for place, text in enumerate(given):
        try:
            found.append(address.parse(text, call.hub.settings.region))
        except ValueError as err:
            raise invalid(f"{name}[{place}]", str(err)) from err
    return found


def _reply(tx: Tx, call: Call[NoQuery, ReplyBody], draft: Draft, now: int) -> int:
    seen(tx, draft.conversation, call.who)
    newest = _seen_entry(tx, draft.conversation, call.body.seen_seq)
    draft = draft if newest is None else replace(draft, seen=newest)
    entry = compose.reply(tx, call.hub.channels, draft, author(call.who), now=now)
    if call.who.user is not None:
        drafts.forget(tx, call.who.user, draft.conversation)
    return entry


def _seen_entry(tx: Tx, conversation: int, seq: int | None) -> int | None:
    """The newest entry that somebody has seen whose screen is at ``seq``; None: all of them."""
    if seq is None:
        return None
    first = events.first_entry_after(tx, conversation, seq)
    return None if first is None else first - 1


async def _shown(call: Call[Any, Any], ids: Any) -> list[EntryView]:
    found = await call.hub.db.read(_entry_views, list(ids))
    return links.all_shown(call.hub.keys, found, clock.now())


def _entry_views(tx: Tx, ids: list[int]) -> list[EntryView]:
    return [found for id in ids if (found := views.entry(tx, id)) is not None]


async def note(call: Call[NoQuery, NoteBody]) -> EntryView:
    """Write a note for colleagues"""
    entry = await call.hub.db.write(
        _note, call.id(), call.body, call.who, clock.now(), key=("conversation", call.id())
    )
    return (await _shown(call, [entry]))[0]


def _note(tx: Tx, id: int, body: NoteBody, who: Principal, now: int) -> int:
    seen(tx, id, who)
    return actions.note(
        tx, id, body.text, author(who), client_key=_key(id, body.client_key), now=now
    )


# ---------------------------------------------------------------- what only the writer sees


async def save_draft(call: Call[NoQuery, DraftView]) -> None:
    """Keep what I have typed so far"""
    user = user_of(call.who)
    await call.hub.db.write(_save_draft, call.id(), user, call.body, call.who, clock.now())


def _save_draft(tx: Tx, id: int, user: int, body: DraftView, who: Principal, now: int) -> None:
    seen(tx, id, who)
    detail.save_draft(tx, user, id, body, now)


async def mark_seen(call: Call[NoQuery, SeenBody]) -> None:
    """I have read up to this entry"""
    user = user_of(call.who)
    entry = call.body.entry
    await call.hub.db.write(_mark_seen, call.id(), user, entry, call.who, clock.now())
    found = await call.hub.db.read(seen, call.id(), call.who)
    channel = call.hub.channels.by_id(found.channel.id)
    if channel is not None and isinstance(channel.connector, Sessions):
        call.hub.sessions.receipt(channel.name, Uri(found.address), entry)


def _mark_seen(tx: Tx, id: int, user: int, entry: int, who: Principal, now: int) -> None:
    seen(tx, id, who)
    found = views.entry(tx, entry)
    if found is None or found.conversation != id:
        raise invalid("entry", "is not of this conversation")
    actions.seen(tx, user, id, entry, now=now)


async def typing(call: Call[NoQuery, None]) -> None:
    """I am writing: colleagues and the customer see it"""
    found = await call.hub.db.read(seen, call.id(), call.who)
    call.hub.live.signal("typing", found.id, {"who": call.who.name})
    await _tell_customer(call, found)


async def _tell_customer(call: Call[NoQuery, None], found: ConversationView) -> None:
    channel = call.hub.channels.by_id(found.channel.id)
    if channel is None:
        return
    if isinstance(channel.connector, Sessions):
        call.hub.sessions.typing(channel.name, Uri(found.address), call.who.name)
    elif isinstance(channel.connector, Signaller) and not call.hub.hold.on:
        with suppress(ChannelError, TimeoutError):
            async with asyncio.timeout(SIGNAL_SECONDS):
                await channel.connector.signal("typing", Uri(found.address), "")


def routes() -> list[Route[Any, Any]]:
    """The routes of what is written."""
    work, one = Permission.WORK, "/conversations/{id}"
    return [
        route("POST", f"{one}/reply", work, reply, body=ReplyBody, answer=EntryView, status=201),
        route("POST", f"{one}/note", work, note, body=NoteBody, answer=EntryView, status=201),
        route("PUT", f"{one}/draft", work, save_draft, body=DraftView),
        route("POST", f"{one}/seen", Permission.READ, mark_seen, body=SeenBody),
        route("POST", f"{one}/typing", work, typing),
    ]
