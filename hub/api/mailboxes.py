"""A channel's mailbox: how far it was read, how it differs from the store, and whose tokens open it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from connectors.contract import ChannelError, Cursor, Mailbox
from hub.http import Call, NoQuery, Route, route
from hub.mailboxes import reconcile
from hub.permissions import Permission
from hub.problems import conflict, not_found
from storage import audit, channels, mailboxes, tokens
from storage.views import when

if TYPE_CHECKING:
    from hub.channel import Channel
    from storage.db import Row, Tx


class Folder(msgspec.Struct, kw_only=True):
    """One folder, since its numbers last changed their meaning."""

    folder: str
    validity: int
    changes: int
    """How often the numbers (UIDs) began to mean other mails."""
    history_left: int
    """Numbers of history that are still to be looked at."""
    stored: int
    history: int
    own: int
    known: int
    """Mails that the store had already."""
    failed: int
    ignored: int
    reconciled_at: datetime | None
    on_server: int
    missing: int
    """At the last comparison: should have been in the store, and were not."""
    fetched: int
    gone: int
    left_out: int


class Token(msgspec.Struct, kw_only=True):
    """What opens the mailbox, without the thing itself."""

    expires_at: datetime | None
    """Of the access token; it is renewed before."""
    refresh_expires_at: datetime | None
    """Of what renews it, where the provider says so: after that somebody must consent again."""
    renewed_at: datetime | None
    trouble: str
    trouble_at: datetime | None


class MailboxView(msgspec.Struct, kw_only=True):
    """How a mailbox is."""

    folders: list[Folder]
    token: Token | None


class Difference(msgspec.Struct, kw_only=True):
    """What comparing one folder came to."""

    folder: str
    on_server: int
    missing: int
    fetched: int
    gone: int
    left_out: int


class Differences(msgspec.Struct):
    """By folder."""

    items: list[Difference]


async def show(call: Call[NoQuery, None]) -> MailboxView:
    """How far each folder was read, and how it last differed from the store"""
    channel, mailbox = _mailbox(call)
    row, folders, token = await call.hub.db.read(_all, channel.id)
    cursor = row["source_cursor"]
    places = mailbox.places(None if cursor is None else Cursor(cursor))
    left = {place.folder: place.history_left for place in places}
    return MailboxView(
        folders=[_folder(one, left.get(one["folder"], 0)) for one in folders],
        token=None if token is None else _token(token),
    )


def _all(tx: Tx, channel: int) -> tuple[Row, list[Row], Row | None]:
    row = channels.get(tx, channel)
    if row is None:
        raise not_found("channel")
    return row, mailboxes.folders(tx, channel), tokens.get(tx, channel)


def _folder(row: Row, history_left: int) -> Folder:
    counts = ("stored", "history", "own", "known", "failed", "ignored", "on_server", "missing")
    more = ("fetched", "gone", "left_out", "validity", "changes", "folder")
    return Folder(
        history_left=history_left,
        reconciled_at=when(row["reconciled_at"]),
        **{name: row[name] for name in (*counts, *more)},
    )


def _token(row: Row) -> Token:
    return Token(
        expires_at=when(row["expires_at"]),
        refresh_expires_at=when(row["refresh_expires_at"]),
        renewed_at=when(row["renewed_at"]),
        trouble=row["trouble"],
        trouble_at=when(row["trouble_at"]),
    )


async def compare(call: Call[NoQuery, None]) -> Differences:
    """Compare the mailbox with the store now; what is missing is fetched"""
    channel, _ = _mailbox(call)
    await call.hub.db.write(
        audit.record, call.who.actor, "channel.compared", channel.name, now=call.hub.clock()
    )
    try:
        found = await reconcile.run(call.hub.db, call.hub.intake, channel)
    except ChannelError as err:
        raise conflict(str(err)) from err
    return Differences([msgspec.convert(msgspec.to_builtins(one), Difference) for one in found])


def _mailbox(call: Call[NoQuery, None]) -> tuple[Channel, Mailbox]:
    channel = call.hub.channels.by_id(call.id())
    if channel is None or not isinstance(channel.connector, Mailbox):
        raise not_found("mailbox")
    return channel, channel.connector


def routes() -> list[Route[Any, Any]]:
    """The routes of this noun."""
    one = "/channels/{id}/mailbox"
    return [
        route("GET", one, Permission.CHANNELS, show, answer=MailboxView),
        route("POST", f"{one}/compare", Permission.CHANNELS, compare, answer=Differences),
    ]
