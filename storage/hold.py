"""Whether this store keeps still, and what would leave it if it did not.

A store that was restored, or started as a copy, holds answers that the original may have sent
meanwhile. Until a person has decided about each of them, nothing leaves.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from storage import audit, automatic, deliveries, timeline

if TYPE_CHECKING:
    from storage.db import Row, Tx

SETTING = "hold"
TEXT_SHOWN = 200  # characters of a held message


class Held(msgspec.Struct, frozen=True):
    """Why and since when."""

    why: Literal["restore", "setting"]
    since: int
    """µs."""
    made_at: int | None = None
    """When the backup was made that it comes from (µs)."""


def state(tx: Tx) -> Held | None:
    """The hold, or None: this store works."""
    found = audit.setting(tx, SETTING)
    return None if found is None else msgspec.json.decode(found, type=Held)


def begin(tx: Tx, held: Held) -> None:
    """Keep still from now on; a hold that is there already stays as it is."""
    if state(tx) is None:
        audit.set_setting(tx, SETTING, msgspec.json.encode(held).decode())
        data = {"why": held.why, "made_at": held.made_at}
        audit.record(tx, "command", "hold.begun", "hub", now=held.since, **data)


def lift(tx: Tx) -> None:
    """Work again."""
    tx.run("DELETE FROM setting WHERE name = :name", name=SETTING)


def waiting(tx: Tx, after: int, limit: int) -> list[Row]:
    """Parts that would leave, or were about to when the store was copied; by id, after ``after``."""
    return tx.all(
        """
        SELECT d.id, d.state, d.part, d.parts, d.attempts, d.created_at, d.updated_at,
          c.name AS channel, i.uri, t.subject, SUBSTR(t.text, 1, CAST(:most AS INTEGER)) AS text, t.actor
        FROM delivery d JOIN channel c ON c.id = d.channel JOIN identity i ON i.id = d.identity
        JOIN timeline_entry t ON t.id = d.entry
        WHERE d.state IN ('queued', 'deferred', 'sending') AND d.id > :after
        ORDER BY d.id LIMIT :limit
        """,
        most=TEXT_SHOWN,
        after=after,
        limit=limit,
    )


def count(tx: Tx) -> int:
    """How many parts wait."""
    return int(
        tx.value("SELECT COUNT(*) FROM delivery WHERE state IN ('queued', 'deferred', 'sending')")
    )


def send(tx: Tx, id: int, *, now: int) -> bool:
    """This part is to leave once the hold is over; False: it is not waiting any more."""
    row = _waiting(tx, id)
    if row is not None and row["state"] == "sending":
        deliveries.again(tx, row, now=now)
    return row is not None


def drop(tx: Tx, id: int, *, now: int) -> bool:
    """This part is not to leave, nor what follows it; False: it is not waiting any more.

    One that was being sent when the store was copied may have arrived: it becomes *unknown*, which
    a receipt can still make *delivered*.
    """
    row = _waiting(tx, id)
    if row is None:
        return False
    if row["state"] == "sending":
        deliveries.unknown(tx, row, "interrupted, and not sent again after the restore", now=now)
        tx.run(
            """
            UPDATE delivery SET state = 'stopped', code = 'dropped', updated_at = :now
            WHERE entry = :entry AND part > :part AND state IN ('queued', 'deferred')
            """,
            entry=row["entry"],
            part=row["part"],
            now=now,
        )
        timeline.changed(tx, row["entry"], now=now)
    else:
        deliveries.stop(tx, row, "dropped", now=now)
    return True


def _waiting(tx: Tx, id: int) -> Row | None:
    return tx.one(
        "SELECT * FROM delivery WHERE id = :id AND state IN ('queued', 'deferred', 'sending')",
        id=id,
    )


def drop_automatic(tx: Tx, limit: int, *, now: int) -> int:
    """What no person wrote and was still to be written: too late for it. How many."""
    ids = automatic.wanted(tx, limit)
    for id in ids:
        automatic.refuse(tx, id, "held", now=now)
    return len(ids)
