"""Trace: a message's way, for those who look for what went wrong. Each look is written down."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import msgspec

from hub import explained
from hub.api.access import sight
from hub.http import Call, NoQuery, Route, route
from hub.permissions import Permission
from hub.trace import find
from hub.trace.shape import Trace
from hub.trace.way import subject, trace
from storage import audit, conversations

if TYPE_CHECKING:
    from hub.access.principal import Principal
    from storage.db import Tx


class Wanted(msgspec.Struct, forbid_unknown_fields=True):
    """What to look for. In the body: an address has no place in the log of a proxy."""

    what: Annotated[str, msgspec.Meta(min_length=1, max_length=find.LONGEST)]
    """Tracking code, event of the ledger, provider's id, Message-ID, address or request id."""


async def show(call: Call[NoQuery, Wanted]) -> Trace:
    """The way of one message, from its arrival to its receipt; written to the audit"""
    hub, who = call.hub, call.who
    now = explained.Now(
        desk=hub.desk,
        zone=ZoneInfo(hub.settings.time_zone),
        now=hub.clock(),
        reader=who.agent,
    )
    told = await hub.db.read(
        trace, call.body.what, now, partial(_seen, who=who), hub.settings.region
    )
    await hub.db.write(audit.record, who.actor, "trace", subject(told), now=hub.clock())
    return told


def _seen(tx: Tx, conversation: int, *, who: Principal) -> bool:
    row = conversations.get(tx, conversation)
    return row is not None and sight(tx, who).sees(row["queue"], row["agent"])


def routes() -> list[Route[NoQuery, Wanted]]:
    """The routes of this noun."""
    return [route("POST", "/trace", Permission.TRACE, show, body=Wanted, answer=Trace)]
