"""What the hub says by itself: what was sent and what was refused, and told waits."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated, Any, Literal

import msgspec

from hub import clock, paging
from hub.api.access import seen, sight
from hub.automatic.answerable import words_of
from hub.http import Call, Route, route
from hub.paging import Page
from hub.permissions import Permission
from storage import automatic, wait_estimates
from storage.views import Ref, when

if TYPE_CHECKING:
    from hub.access.principal import Principal
    from storage.db import Row, Tx

DAYS = 30


class AutomaticView(msgspec.Struct, kw_only=True):
    """An answer that no person wrote, or why there is none."""

    id: int
    template: str
    cause: automatic.Cause
    state: Literal["wanted", "sent", "refused"]
    answers: int
    """The entry of the message."""
    entry: int | None
    """Its own; null unless it was sent."""
    refused: str
    """A code; empty unless it was refused."""
    words: dict[str, str]
    """Why not, in each language."""
    at: datetime | None


class AutomaticViews(msgspec.Struct):
    """Newest first."""

    items: list[AutomaticView]
    next: str | None = None


class EstimateView(msgspec.Struct, kw_only=True):
    """What customers of one queue were told of their wait, against what came of it."""

    queue: Ref
    told: int
    answered: int
    within: int
    """Waits between the two ends of the range that was told first."""
    below: int
    above: int
    predicted_seconds: float | None
    """Mean of what was expected, of those answered."""
    actual_seconds: float | None
    error_seconds: float | None
    """Mean distance of the two."""


class EstimateViews(msgspec.Struct, kw_only=True):
    """By queue."""

    days: int
    items: list[EstimateView]
    next: str | None = None


class Lately(Page):
    """Over how long."""

    days: Annotated[int, msgspec.Meta(ge=1, le=366)] = DAYS


async def of_conversation(call: Call[Page, None]) -> dict[str, Any]:
    """What the hub said by itself in a conversation, and what it refused to"""
    rows = await call.hub.db.read(_of_conversation, call.id(), call.who)
    return paging.cut(call.hub.keys, "automatic", [_view(row) for row in rows], call.query)


def _of_conversation(tx: Tx, id: int, who: Principal) -> list[Row]:
    seen(tx, id, who)
    return automatic.listed(tx, id)


def _view(row: Row) -> AutomaticView:
    return AutomaticView(
        id=row["id"],
        template=row["template"],
        cause=row["cause"],
        state=row["state"],
        answers=row["answers"],
        entry=row["entry"],
        refused=row["refused"],
        words=words_of(row["refused"]),
        at=when(row["at"]),
    )


async def estimates(call: Call[Lately, None]) -> dict[str, Any]:
    """What waiting customers were told, against how long they waited"""
    days = call.query.days
    since = clock.now() - timedelta(days=days) // timedelta(microseconds=1)
    rows = await call.hub.db.read(_estimates, since, call.who)
    page = paging.cut(call.hub.keys, "estimates", [_estimate(row) for row in rows], call.query)
    return {"days": days} | page


def _estimates(tx: Tx, since: int, who: Principal) -> list[Row]:
    allowed = sight(tx, who)
    hidden = frozenset() if allowed.all else allowed.hidden
    return [row for row in wait_estimates.summary(tx, since) if row["queue"] not in hidden]


def _estimate(row: Row) -> EstimateView:
    return EstimateView(
        queue=Ref(id=row["queue"], name=row["name"]),
        told=row["told"],
        answered=row["answered"],
        within=row["within"],
        below=row["below"],
        above=row["above"],
        predicted_seconds=_seconds(row["predicted"]),
        actual_seconds=_seconds(row["actual"]),
        error_seconds=_seconds(row["error"]),
    )


def _seconds(micros: int | None) -> float | None:
    return None if micros is None else micros / 1_000_000


def routes() -> list[Route[Any, Any]]:
    """The routes of this noun."""
    read, one = Permission.READ, "/conversations/{id}/automatic"
    return [
        route("GET", one, read, of_conversation, query=Page, answer=AutomaticViews),
        route("GET", "/estimates", read, estimates, query=Lately, answer=EstimateViews),
    ]
