"""What time does to a turn: the next step of its plan, a deferral and its end, wrap-up and its end.

Each has a column of the row with an index, read by ``hub/timers.py``; nothing here looks at a clock.
Every change is a compare-and-set, so that two processes that see the same row due do it once.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from storage import agents, conversations, item_log, work_items
from storage.errors import ClaimLost
from storage.work_items import load_of, say, withdraw_offers

if TYPE_CHECKING:
    from storage.db import Row, Tx

_LIVE = "('queued', 'offered', 'connecting', 'active', 'held', 'deferred', 'wrapping')"


def due(tx: Tx, now: int) -> list[Row]:
    """Waiting items whose step is over."""
    return tx.all(
        """
        SELECT * FROM work_item WHERE step_until <= :now AND step_until IS NOT NULL
          AND state IN ('queued', 'offered') ORDER BY step_until, id LIMIT 500
        """,
        now=now,
    )


def advance(tx: Tx, item: Row, step: int, until: int | None, *, now: int) -> Row | None:
    """On to this step, place kept; the row then, or None if it has moved on already."""
    row = tx.one(
        """
        UPDATE work_item SET step = :step, step_until = CAST(:until AS BIGINT)
        WHERE id = :id AND step = :before AND state IN ('queued', 'offered') RETURNING *
        """,
        id=item["id"],
        step=step,
        before=item["step"],
        until=until,
    )
    if row is None:
        return None
    item_log.append(tx, row["id"], "step", "hub", now=now, step=step, before=item["step"])
    say(tx, row, now=now)
    conversations.changed(tx, row["conversation"], now=now)
    return row


def last(tx: Tx, item: Row) -> bool:
    """It stays in its last step: no timer looks at it again. False if it has moved on already."""
    return bool(
        tx.run(
            "UPDATE work_item SET step_until = NULL WHERE id = :id AND step = :step",
            id=item["id"],
            step=item["step"],
        )
    )


def set_medium(tx: Tx, item: int, *, mode: str, units: int, now: int) -> None:
    """Nobody waits in front of a screen any more: the item waits as a message does."""
    row = tx.one(
        """
        UPDATE work_item SET mode = :mode, units = :units
        WHERE id = :id AND state IN ('queued', 'deferred') RETURNING *
        """,
        id=item,
        mode=mode,
        units=units,
    )
    if row is None:
        raise ClaimLost(f"item {item} is not waiting")
    say(tx, row, now=now)
    conversations.changed(tx, row["conversation"], now=now)


def defer(tx: Tx, item: Row, until: int, *, now: int) -> None:
    """Not before then; its key stays. Raises ClaimLost: only what waits can be deferred."""
    if item["state"] == "offered":
        withdraw_offers(tx, item["id"], now=now)
    row = tx.one(
        """
        UPDATE work_item SET state = 'deferred', agent = NULL, deferred_until = :until
        WHERE id = :id AND state = :before AND state IN ('queued', 'offered') RETURNING *
        """,
        id=item["id"],
        before=item["state"],
        until=until,
    )
    if row is None:
        raise ClaimLost(f"item {item['id']} does not wait")
    work_items.free(tx, item, now=now)
    say(tx, row, now=now)
    conversations.changed(tx, row["conversation"], now=now)


def defer_on(tx: Tx, item: Row, until: int) -> None:
    """Deferred for longer. Raises ClaimLost."""
    if not tx.run(
        """
        UPDATE work_item SET deferred_until = :until
        WHERE id = :id AND state = 'deferred' AND deferred_until = :before
        """,
        id=item["id"],
        before=item["deferred_until"],
        until=until,
    ):
        raise ClaimLost(f"item {item['id']} is deferred no more")


def deferrals_due(tx: Tx, now: int) -> list[Row]:
    """Deferred items whose time has come."""
    return tx.all(
        """
        SELECT * FROM work_item WHERE state = 'deferred' AND deferred_until <= :now
        ORDER BY deferred_until, id LIMIT 500
        """,
        now=now,
    )


def undefer(tx: Tx, item: Row, *, now: int) -> Row:
    """It waits again with its old key, its current step begun anew. Raises ClaimLost."""
    until = work_items.plan_of(item).ends_at(item["step"], now)
    tx.run("UPDATE work_item SET step_until = :until WHERE id = :id", id=item["id"], until=until)
    kept = work_items.Change(excluded=work_items.excluded(item))
    row = work_items.requeue(tx, item, kept, now=now)
    item_log.append(tx, item["id"], "due", "hub", now=now)
    return row


# ---------------------------------------------------------------- after the talk


def wrap(tx: Tx, item: Row, until: int, *, now: int) -> None:
    """The agent writes it up: their units stay taken until they are done, or until then.

    Of an ``active`` or ``held`` item, or of a completed one whose units are taken again. Raises
    ClaimLost.
    """
    row = tx.one(
        """
        UPDATE work_item SET state = 'wrapping', wrap_until = :until, ended_at = NULL
        WHERE id = :id AND state = :before AND COALESCE(agent, 0) = :holder
          AND state IN ('active', 'held', 'completed') RETURNING *
        """,
        id=item["id"],
        before=item["state"],
        holder=item["agent"],
        until=until,
    )
    if row is None:
        raise ClaimLost(f"item {item['id']} is in nobody's hands")
    if item["state"] == "completed":
        agents.charge_anyway(tx, row["agent"], load_of(row), now=now)
    else:
        agents.shift(tx, row["agent"], load_of(row) - load_of(item), now=now)
    agents.changed(tx, row["agent"], now=now)
    item_log.append(tx, row["id"], "wrap", "hub", now=now, until=until)
    say(tx, row, now=now)


def wraps_due(tx: Tx, now: int) -> list[Row]:
    """Wrap-ups whose time has run out."""
    return tx.all(
        """
        SELECT * FROM work_item WHERE state = 'wrapping' AND wrap_until <= :now
        ORDER BY wrap_until, id LIMIT 500
        """,
        now=now,
    )


def wrapping_of(tx: Tx, agent: int) -> list[Row]:
    """What an agent writes up, the oldest first."""
    return tx.all(
        f"""
        SELECT * FROM work_item WHERE agent = :agent AND state = 'wrapping' AND state IN {_LIVE}
        ORDER BY wrap_until, id
        """,
        agent=agent,
    )


def hurry_wrap(tx: Tx, conversation: int, *, now: int) -> None:
    """The customer writes while it is written up: that ends now, so that their turn can begin."""
    row = tx.one(
        f"""
        UPDATE work_item SET wrap_until = :now
        WHERE conversation = :c AND state = 'wrapping' AND state IN {_LIVE} RETURNING *
        """,
        c=conversation,
        now=now,
    )
    if row is not None:
        say(tx, row, now=now)
