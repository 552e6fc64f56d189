"""A hub on hold, and what it forgets: for the console's banner and for admins."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from hub.http import Call, NoQuery, Route, route
from hub.nights import forgotten
from hub.nights.forgotten import RetentionView
from hub.permissions import Permission
from storage import hold
from storage.views import when


class HoldView(msgspec.Struct, kw_only=True):
    """Whether this hub keeps still."""

    hold: bool
    why: str = ""
    """restore | setting"""
    since: datetime | None = None
    made_at: datetime | None = None
    """When the backup was made that it comes from."""
    waiting: int = 0
    """Parts that somebody has to decide about by `hub release`."""


async def show_hold(call: Call[NoQuery, None]) -> HoldView:
    """Whether this hub is on hold"""
    held = call.hub.hold.held
    if held is None:
        return HoldView(hold=False)
    return HoldView(
        hold=True,
        why=held.why,
        since=when(held.since),
        made_at=when(held.made_at),
        waiting=await call.hub.db.read(hold.count),
    )


async def show_retention(call: Call[NoQuery, None]) -> RetentionView:
    """How long things are kept, and what was removed"""
    return await call.hub.db.read(forgotten.view, call.hub.settings)


def routes() -> list[Route[Any, Any]]:
    """The routes of this noun."""
    return [
        route("GET", "/hold", Permission.READ, show_hold, answer=HoldView),
        route("GET", "/retention", Permission.LEDGER, show_retention, answer=RetentionView),
    ]
