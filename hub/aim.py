"""What a turn aims at: the first reply that is promised of its conversation."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from routing.sla import REPLIES
from storage import sla_deadlines, work_items

if TYPE_CHECKING:
    from storage.db import Tx

_REPLIES: Final = frozenset(kind.value for kind in REPLIES)


def aim(tx: Tx, conversation: int, *, now: int) -> None:
    """Let the turn under way aim at the first reply that is due now; nothing where none is."""
    due = [
        one["due_at"]
        for one in sla_deadlines.open_of(tx, conversation)
        if one["kind"] in _REPLIES and one["due_at"] is not None
    ]
    item = work_items.live_of(tx, conversation) if due else None
    if item is None:
        return
    target = max(min(due) - item["entered_at"], 1)
    if target != item["target"]:
        work_items.set_target(tx, item["id"], target)
        work_items.say(tx, item, now=now)
