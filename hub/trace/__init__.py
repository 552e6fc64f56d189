"""Trace: one message's way from its arrival to its receipt, and what was said to the provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import msgspec

if TYPE_CHECKING:
    from hub.commands import Commands


async def show(office: Commands, args: Mapping[str, Any], _body: bytes) -> Any:
    """``hub trace X``: told to whoever has the machine, and written to the audit."""
    from hub import clock, desk, explained  # noqa: PLC0415  the lanes need none of it
    from hub.trace.way import subject, trace  # noqa: PLC0415
    from storage import audit  # noqa: PLC0415

    settings, now = office.settings, clock.now()
    standing = await office.db.read(desk.load)
    at = explained.Now(desk=standing, zone=ZoneInfo(settings.time_zone), now=now)
    told = await office.db.read(
        trace, str(args["what"]), at, lambda _tx, _conversation: True, settings.region
    )
    await office.db.write(audit.record, "command", "trace", subject(told), now=now)
    return msgspec.to_builtins(told)
