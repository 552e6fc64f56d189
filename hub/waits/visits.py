"""A visitor of a chat comes, is away, leaves: what that does to their turn while nobody has it.

Away keeps place and offers for ``GRACE``; then the turn waits on as a message does, at a message's
units and mode, until the visitor is back. Who *said* that they leave before anybody had the turn
has abandoned it: the matter stays open on the timeline, and the turn waits anew, in its old place,
when they are back. Once an agent has it, coming and going changes nothing.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Final

import msgspec

from hub import turns
from routing.model import DEFAULT_UNITS, SECOND, Medium, Mode
from storage import conversations, decisions, item_log, steps, timers, work_items
from storage.work_items import Change, Turn

if TYPE_CHECKING:
    from hub.desk import Desk
    from hub.sessions.backend import Presence
    from storage.db import Row, Tx

GRACE: Final = 180 * SECOND
TIMER: Final = "visitor"
"""The kind of its timers; the subject is the conversation."""
WAITING: Final = ("queued", "offered")
_BACK_WITHIN: Final = 24 * 3600 * SECOND


def concerned(tx: Tx, conversation: int) -> bool:
    """Whether it matters now if this visitor is there: a read, since mostly it does not."""
    row = conversations.get(tx, conversation)
    if row is None or row["status"] != "open":
        return False
    item = work_items.live_of(tx, conversation)
    return item is None or item["state"] in WAITING


def moved(tx: Tx, conversation: int, presence: Presence, desk: Desk, *, now: int) -> None:
    """The visitor is here, away (now or soon to be left), or has left."""
    row = conversations.get(tx, conversation)
    if row is None or row["status"] != "open":
        return
    item = work_items.live_of(tx, conversation)
    match presence:
        case "here":
            timers.drop(tx, TIMER, conversation)
            _back(tx, row, item, desk, now=now)
        case "away" if item is not None and item["state"] in WAITING:
            timers.keep(tx, TIMER, conversation, now + GRACE)
        case "left" if item is not None and item["state"] in WAITING:
            timers.drop(tx, TIMER, conversation)
            if not _as_message(tx, item["id"]):
                work_items.end(tx, item, "abandoned", now=now)
                conversations.changed(tx, conversation, now=now)


def grace_over(tx: Tx, conversation: int, *, now: int) -> None:
    """Away for too long: nobody need hurry any more, the turn waits on as a message."""
    item = work_items.live_of(tx, conversation)
    if item is None or item["state"] not in WAITING or _as_message(tx, item["id"]):
        return
    before = {"mode": item["mode"], "units": item["units"]}
    if item["state"] == "offered":
        kept = Change(excluded=work_items.excluded(item))
        item = work_items.requeue(tx, item, kept, now=now)
    mode = Mode.PUSH.value if item["mode"] == Mode.ASK else item["mode"]
    units = min(item["units"], DEFAULT_UNITS[Medium.MESSAGE])
    steps.set_medium(tx, item["id"], mode=mode, units=units, now=now)
    item_log.append(
        tx, item["id"], "deflect", "hub", now=now, to="message", cause="away", before=before
    )


def unseen(tx: Tx, channels: Collection[int], *, now: int) -> None:
    """The hub starts and knows of no visitor: all who wait are away until they are back."""
    for channel in channels:
        rows = tx.all(
            """
            SELECT conversation FROM work_item
            WHERE state IN ('queued', 'offered', 'connecting', 'active', 'held', 'deferred',
                'wrapping')
              AND state IN ('queued', 'offered') AND channel = :channel
            """,
            channel=channel,
        )
        for row in rows:
            timers.keep(tx, TIMER, row["conversation"], now + GRACE)


def _as_message(tx: Tx, item: int) -> bool:
    """Whether the turn waits as a message does."""
    marks = [row for row in item_log.of_item(tx, item) if row["what"] in ("deflect", "resumed")]
    return bool(marks) and marks[-1]["what"] == "deflect"


def _back(tx: Tx, row: Row, item: Row | None, desk: Desk, *, now: int) -> None:
    if item is None:
        _again(tx, row, desk, now=now)
        return
    if item["state"] != "queued":
        return
    marks = [mark for mark in item_log.of_item(tx, item["id"]) if mark["what"] != "missed"]
    last = marks[-1] if marks else None
    data = {} if last is None else msgspec.json.decode(last["data"])
    if last is not None and last["what"] == "deflect" and data.get("cause") == "away":
        steps.set_medium(tx, item["id"], **data["before"], now=now)
        item_log.append(tx, item["id"], "resumed", "hub", now=now, cause="back")


def _again(tx: Tx, row: Row, desk: Desk, *, now: int) -> None:
    """An abandoned turn whose visitor is back waits anew: same queue, same place."""
    before = decisions.last_item(tx, row["id"])
    if before is None or before["state"] != "abandoned" or before["queue"] not in desk.queues:
        return
    if row["waiting_since"] is None or now - row["waiting_since"] > _BACK_WITHIN:
        return
    plan, until = turns.rest_of(before, before["queue"], now)
    turn = Turn(
        conversation=row["id"],
        channel=before["channel"],
        queue=before["queue"],
        mode=before["mode"],
        units=before["units"],
        order_key=before["order_key"],
        preferred_agent=row["agent"] or row["last_agent"],
        preferred_at=row["last_at"],
        rule_version=desk.version,
        plan=plan,
        step_until=until,
        target=before["target"],
        weight=before["weight"],
        interruptible=bool(before["interruptible"]),
    )
    work_items.enqueue(tx, turn, now=now)
    conversations.changed(tx, row["id"], now=now)
