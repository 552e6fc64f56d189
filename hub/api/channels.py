"""Channels: what there is, how each one is doing, and whether it can be used."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec

from connectors.contract import ChannelError
from hub.api.people import cut
from hub.http import Call, NoQuery, Route, route
from hub.mailboxes.commands import backlog
from hub.paging import Page
from hub.permissions import Permission
from hub.problems import conflict, not_found
from storage import channels, views
from storage.views import ChannelView

CHECK_SECONDS = 30.0


class Channels(msgspec.Struct):
    """All channels."""

    items: list[ChannelView]
    next: str | None = None


class Awaiting(msgspec.Struct):
    """What would be fetched of one folder of a mailbox."""

    folder: str
    new: int
    history: int
    left_out: int
    """Mails that are older than the history that is wanted."""


class Checked(msgspec.Struct):
    """What the provider said."""

    ok: bool
    words: str
    backlog: list[Awaiting] = []


async def find(call: Call[Page, None]) -> dict[str, Any]:
    """All channels and how they are doing"""
    return cut(call, await call.hub.db.read(views.channels))


async def check(call: Call[NoQuery, None]) -> Checked:
    """Ask the provider, with one cheap call, whether this channel works"""
    row = await call.hub.db.read(channels.get, call.id())
    if row is None or row["state"] == channels.REMOVED:
        raise not_found("channel")
    channel = call.hub.channels.by_id(call.id())
    if channel is None:
        raise conflict(row["state_detail"] or "the channel is not open")
    try:
        async with asyncio.timeout(CHECK_SECONDS):
            await channel.connector.check()
        found = await backlog(channel.connector, row["source_cursor"])
    except ChannelError as err:
        return Checked(ok=False, words=str(err))
    except TimeoutError:
        return Checked(ok=False, words=f"no answer in {CHECK_SECONDS:g} seconds")
    return Checked(ok=True, words="", backlog=msgspec.convert(found, list[Awaiting]))


def routes() -> list[Route[Any, Any]]:
    """The routes of this noun."""
    return [
        route("GET", "/channels", Permission.READ, find, query=Page, answer=Channels),
        route("POST", "/channels/{id}/check", Permission.CHANNELS, check, answer=Checked),
    ]
