"""Channels: what there is, how each one is doing, and whether it can be used."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from connectors.contract import ChannelError
from hub.api.people import cut
from hub.http import Call, NoQuery, Route, route
from hub.paging import Page
from hub.permissions import Permission
from hub.problems import conflict, not_found
from storage import channels
from storage.views import when

if TYPE_CHECKING:
    from storage.db import Tx

CHECK_SECONDS = 30.0


class ChannelView(msgspec.Struct, kw_only=True):
    """One channel; settings and secrets are never shown."""

    id: int
    name: str
    kind: str
    title: str
    enabled: bool
    simulated: bool
    state: str
    detail: str
    state_since: datetime | None
    last_event_at: datetime | None
    oldest_undelivered: datetime | None
    signature_mode: str


class Channels(msgspec.Struct):
    """All channels."""

    items: list[ChannelView]
    next: str | None = None


class Checked(msgspec.Struct):
    """What the provider said."""

    ok: bool
    words: str


def listed(tx: Tx) -> list[ChannelView]:
    """All channels, inside a read transaction."""
    waiting = channels.oldest_undelivered(tx)
    return [
        ChannelView(
            id=row["id"],
            name=row["name"],
            kind=row["kind"],
            title=row["title"] or row["name"],
            enabled=bool(row["enabled"]),
            simulated=bool(row["simulated"]),
            state=row["state"] if row["enabled"] else "stopped",
            detail=row["state_detail"],
            state_since=when(row["state_since"]),
            last_event_at=when(row["last_event_at"]),
            oldest_undelivered=when(waiting.get(row["id"])),
            signature_mode=row["signature_mode"],
        )
        for row in channels.listed(tx)
    ]


async def find(call: Call[Page, None]) -> dict[str, Any]:
    """All channels and how they are doing"""
    return cut(call, await call.hub.db.read(listed))


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
    except ChannelError as err:
        return Checked(ok=False, words=str(err) or type(err).__name__)
    except TimeoutError:
        return Checked(ok=False, words=f"no answer in {CHECK_SECONDS:g} seconds")
    return Checked(ok=True, words="")


def routes() -> list[Route[Any, Any]]:
    """The routes of this noun."""
    return [
        route("GET", "/channels", Permission.READ, find, query=Page, answer=Channels),
        route("POST", "/channels/{id}/check", Permission.CHANNELS, check, answer=Checked),
    ]
