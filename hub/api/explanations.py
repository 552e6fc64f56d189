"""Why a turn is where it is: its rules, plan, offers and outcome, in figures and in words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from hub import explained
from hub.api.access import sight, visible
from hub.explained import Explanation, Now
from hub.http import Call, NoQuery, Route, route
from hub.permissions import Permission
from hub.problems import not_found
from storage import views

if TYPE_CHECKING:
    from hub.access.principal import Principal
    from storage.db import Tx


async def show(call: Call[NoQuery, None]) -> Explanation:
    """Why this piece of work is where it is"""
    hub, id = call.hub, call.id()
    now = Now(
        desk=hub.desk,
        zone=ZoneInfo(hub.settings.time_zone),
        now=hub.clock(),
        standing=hub.router.standing(id),  # here, not in the reading thread: the matcher moves on
        position=hub.router.matcher.position(id),
        reader=call.who.agent,
    )
    return await hub.db.read(_explained, id, now, call.who)


def _explained(tx: Tx, id: int, now: Now, who: Principal) -> Explanation:
    found = explained.explain(tx, id, now)
    matter = None if found is None else views.conversation(tx, found.work_item.conversation)
    if found is None or matter is None or not visible(sight(tx, who), matter):
        raise not_found("work item")
    return found


def routes() -> list[Route[Any, Any]]:
    """The routes of this noun."""
    return [
        route("GET", "/work-items/{id}/explain", Permission.READ, show, answer=Explanation),
    ]
