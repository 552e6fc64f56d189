"""How a turn reaches people once it waits in another queue than its rules chose."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from routing.model import Mode, default_mode
from storage import channels

if TYPE_CHECKING:
    from hub.desk import Desk
    from storage.db import Row, Tx


def mode_in(modes: Mapping[str, str], name: str, kind: str) -> str | None:
    """How a channel's items reach an agent, as far as a queue says so."""
    return modes.get(name) or modes.get(kind) or modes.get("*")


def mode_there(tx: Tx, desk: Desk, item: Row, queue: int) -> str | None:
    """How a turn reaches people in another queue; None: as before. What people had to pull in its
    old queue they need not in one that does not say so: nobody would look there for it."""
    known, channel = desk.queues.get(queue), channels.get(tx, item["channel"])
    if known is None or channel is None:
        return None
    said = mode_in(known.modes, channel["name"], channel["kind"])
    if said is None and item["mode"] == Mode.PULL:
        said = default_mode(live=desk.is_live(channel["id"])).value
    return said
