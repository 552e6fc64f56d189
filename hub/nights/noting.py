"""A backup reads everything about everybody: it stands in the audit."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from hub import clock
from storage import audit

if TYPE_CHECKING:
    from hub.commands import Commands
    from storage.db import Tx


def note(tx: Tx, args: Mapping[str, Any], now: int) -> None:
    """``args`` are ``file`` and ``with_key``."""
    audit.record(
        tx, "command", "backup.made", "hub", now=now, file=args["file"], with_key=args["with_key"]
    )


async def noted(office: Commands, args: Mapping[str, Any], _body: bytes) -> None:
    """The command ``backup-noted`` of a running server."""
    await office.db.write(note, args, clock.now())
