"""What is kept for how long, and what retention has removed: as the API and the command show it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from routing.spans import write_duration
from storage import retention
from storage.views import time_of

if TYPE_CHECKING:
    from hub.commands import Commands
    from hub.settings import Settings
    from storage.db import Tx


class Removed(msgspec.Struct):
    """What went of one kind."""

    what: str
    """raw | files | events | exchanges | blobs | strays | claims | codes | uploads"""
    n: int
    last_n: int
    last_at: datetime


class KeptBeyond(msgspec.Struct):
    """Requests that are old enough to go and stay."""

    reason: str
    n: int


class RetentionView(msgspec.Struct, kw_only=True):
    """How long things are kept, and what went so far."""

    keep: dict[str, str]
    """raw, events and exchanges, as spans such as 90d."""
    removed: list[Removed]
    held: list[KeptBeyond]


async def command(office: Commands, _args: Mapping[str, Any], _body: bytes) -> dict[str, Any]:
    """The command ``retention``."""
    found: dict[str, Any] = msgspec.to_builtins(await office.db.read(view, office.settings))
    return found


def view(tx: Tx, settings: Settings) -> RetentionView:
    """What retention has done."""
    return RetentionView(
        keep={
            "raw": write_duration(settings.keep_raw),
            "events": write_duration(settings.keep_events),
            "exchanges": write_duration(settings.keep_exchanges),
        },
        removed=[
            Removed(row["what"], row["n"], row["last_n"], time_of(row["last_at"]))
            for row in retention.counts(tx)
        ],
        held=[KeptBeyond(row["reason"], row["n"]) for row in retention.held(tx)],
    )
