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


def mode_of(tx: Tx, modes: Mapping[str, str], channel: int) -> str | None:
    """``mode_in`` for a channel's id; None too where there is no such channel."""
    row = channels.get(tx, channel)
    return None if row is None else mode_in(modes, row["name"], row["kind"])


def mode_there(tx: Tx, desk: Desk, item: Row, queue: int) -> str | None:
    """How a turn reaches people in another queue; None: as before. What people had to pull in its
    old queue they need not in one that does not say so: nobody would look there for it."""
    known = desk.queues.get(queue)
    if known is None:
        return None
    said = mode_of(tx, known.modes, item["channel"])
    if said is None and item["mode"] == Mode.PULL:
        said = default_mode(live=desk.is_live(item["channel"])).value
    return said
