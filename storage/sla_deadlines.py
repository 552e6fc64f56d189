"""Deadlines: what was promised of a conversation, each kind open at most once.

``running`` towards ``due_at``; ``paused`` (only resolution) while the customer owes; then ``met``,
or ``cancelled`` where nothing is owed any more. ``met_at`` is when it ended, either way. A breach
is a mark and not a state: what is late is still owed.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from routing.sla import Promise
    from storage.db import Row, Tx

NEXT = "(CASE WHEN warned_at IS NULL THEN warn_at ELSE due_at END)"
"""When something is due of a deadline that runs and is not late: the index's own words."""
_COLUMNS = (
    "conversation, work_item, kind, policy, calendar, version, target, warn, acts, started_at,"
    " due_at, warn_at, state, created_at"
)
_EACH = (
    "(:conversation, :item, :kind{n}, :policy, :calendar, :version, :target{n}, :warn{n}, :acts,"
    " :started_at, :due_at{n}, :warn_at{n}, 'running', :now)"
)
_NAMES = [
    tuple(f"{name}{n}" for name in ("kind", "target", "warn", "due_at", "warn_at"))
    for n in range(4)
]
_START = {
    count: f"INSERT INTO sla_deadline ({_COLUMNS}) VALUES "
    + ", ".join(_EACH.format(n=n) for n in range(count))
    + " ON CONFLICT DO NOTHING"
    for count in range(1, 5)
}


def start(
    tx: Tx, conversation: int, item: int | None, promises: Sequence[Promise], now: int
) -> None:
    """Promise, in one statement; all by one policy, from one moment. What runs already stays."""
    first = promises[0]
    own: dict[str, int | str | None] = {}
    for n, one in enumerate(promises):
        kind, target, warn, due_at, warn_at = _NAMES[n]
        own[kind], own[target], own[warn] = one.kind.value, one.target, one.warn
        own[due_at], own[warn_at] = one.due_at, one.warn_at
    tx.run(
        _START[len(promises)],
        conversation=conversation,
        item=item,
        policy=first.policy,
        calendar=first.calendar,
        version=first.version,
        acts=first.acts,
        started_at=first.started_at,
        now=now,
        **own,
    )


def open_of(tx: Tx, conversation: int) -> list[Row]:
    """What is promised of a conversation and not yet kept."""
    return tx.all(
        """
        SELECT * FROM sla_deadline
        WHERE conversation = :c AND state IN ('running', 'paused') ORDER BY id
        """,
        c=conversation,
    )


_OPEN_OF_SEVERAL = """
SELECT * FROM sla_deadline WHERE state IN ('running', 'paused') AND conversation IN ({ids})
ORDER BY conversation, id
"""
_IDS = {
    "sqlite": "SELECT value FROM json_each(:ids)",
    "postgres": "SELECT CAST(value AS BIGINT) FROM json_array_elements_text(CAST(:ids AS json))",
}


def open_of_several(tx: Tx, conversations: Sequence[int]) -> list[Row]:
    """``open_of`` for a page of conversations, in one statement."""
    if not conversations:
        return []
    ids = msgspec.json.encode(list(conversations)).decode()
    return tx.all(_OPEN_OF_SEVERAL.format(ids=_IDS[tx.engine]), ids=ids)


def get(tx: Tx, id: int) -> Row | None:
    """One deadline."""
    return tx.one("SELECT * FROM sla_deadline WHERE id = :id", id=id)


def any_open(tx: Tx) -> bool:
    """Whether anything is promised at all."""
    return bool(tx.value("SELECT 1 FROM sla_deadline WHERE state IN ('running', 'paused') LIMIT 1"))


def end(tx: Tx, id: int, state: str, now: int) -> bool:
    """Kept (``met``) or no longer owed (``cancelled``). Whether it was late unseen: a breach that
    no timer has come to say is marked here."""
    row = tx.one(
        """
        UPDATE sla_deadline SET state = :state, met_at = :now
        WHERE id = :id AND state IN ('running', 'paused') RETURNING due_at, breached_at
        """,
        id=id,
        state=state,
        now=now,
    )
    late = row is not None and row["breached_at"] is None and (row["due_at"] or now) < now
    return late and state == "met" and breached(tx, id, now, ended=True)


def pause(tx: Tx, id: int, at: int) -> None:
    """The customer owes: it runs no more until ``resume``."""
    tx.run(
        """
        UPDATE sla_deadline SET state = 'paused', paused_at = :at, due_at = NULL, warn_at = NULL,
          met_at = NULL
        WHERE id = :id
        """,
        id=id,
        at=at,
    )


def resume(
    tx: Tx,
    id: int,
    *,
    used: int,
    started_at: int,
    due_at: int | None,
    warn_at: int | None,
    version: int,
) -> None:
    """It runs again from ``started_at``, with ``used`` of its time gone."""
    tx.run(
        """
        UPDATE sla_deadline SET state = 'running', used = :used, started_at = :started_at,
          due_at = :due_at, warn_at = :warn_at, version = :version, paused_at = NULL, met_at = NULL
        WHERE id = :id
        """,
        id=id,
        used=used,
        started_at=started_at,
        due_at=due_at,
        warn_at=warn_at,
        version=version,
    )


def last_resolution(tx: Tx, conversation: int) -> Row | None:
    """The newest promise of a resolution, however it ended."""
    return tx.one(
        """
        SELECT * FROM sla_deadline WHERE kind = 'resolution' AND conversation = :c
        ORDER BY id DESC LIMIT 1
        """,
        c=conversation,
    )


def revive(tx: Tx, conversation: int, ended_at: int) -> None:
    """What was given up with a closing at ``ended_at`` is owed again, as it was."""
    tx.run(
        """
        UPDATE sla_deadline SET state = 'running', met_at = NULL
        WHERE conversation = :c AND state = 'cancelled' AND met_at = :at AND kind <> 'resolution'
        """,
        c=conversation,
        at=ended_at,
    )


# ---------------------------------------------------------------- what is due


def due(tx: Tx, now: int, limit: int = 100) -> list[Row]:
    """What must be warned of or said to be late, earliest first."""
    return tx.all(
        f"""
        SELECT id FROM sla_deadline
        WHERE state = 'running' AND breached_at IS NULL AND {NEXT} <= :now
        ORDER BY {NEXT} LIMIT :limit
        """,
        now=now,
        limit=limit,
    )


def warned(tx: Tx, id: int, now: int) -> bool:
    """Mark the warning as given; False if it was, or is not due (any more)."""
    return bool(
        tx.run(
            """
            UPDATE sla_deadline SET warned_at = :now
            WHERE id = :id AND state = 'running' AND warned_at IS NULL AND warn_at <= :now
            """,
            id=id,
            now=now,
        )
    )


def breached(tx: Tx, id: int, now: int, *, ended: bool = False) -> bool:
    """Mark it as late, since its due time; False if it was, or is not. ``ended``: kept just now."""
    return bool(
        tx.run(
            """
            UPDATE sla_deadline SET breached_at = due_at
            WHERE id = :id AND breached_at IS NULL AND due_at <= :now
              AND (:ended OR state = 'running')
            """,
            id=id,
            now=now,
            ended=ended,
        )
    )


# ---------------------------------------------------------------- another calendar, another policy


def running_by(tx: Tx, calendar: str) -> int:
    """How many run by this calendar: what a change of it works out again."""
    return int(
        tx.value(
            """
            SELECT COUNT(*) FROM sla_deadline
            WHERE state IN ('running', 'paused') AND state = 'running' AND calendar = :c
            """,
            c=calendar,
        )
    )


def stale(
    tx: Tx, calendar: str, version: int, limit: int, after: tuple[int, str] = (0, "")
) -> list[Row]:
    """Running deadlines that were worked out by another version of their calendar, in order of
    (conversation, kind), the next ``limit`` after one."""
    return tx.all(
        """
        SELECT * FROM sla_deadline
        WHERE state IN ('running', 'paused') AND state = 'running'
          AND calendar = :calendar AND version <> :version
          AND (conversation, kind) > (:conversation, :kind)
        ORDER BY conversation, kind LIMIT :limit
        """,
        calendar=calendar,
        version=version,
        conversation=after[0],
        kind=after[1],
        limit=limit,
    )


def moved(
    tx: Tx, id: int, *, due_at: int | None, warn_at: int | None, version: int, now: int
) -> None:
    """It is due at another time: a warning or breach that is no longer true is taken back."""
    tx.run(
        """
        UPDATE sla_deadline SET due_at = :due_at, warn_at = :warn_at, version = :version,
          warned_at = CASE WHEN CAST(:warn_at AS BIGINT) <= :now THEN warned_at END,
          breached_at = CASE WHEN CAST(:due_at AS BIGINT) <= :now THEN breached_at END
        WHERE id = :id
        """,
        id=id,
        due_at=due_at,
        warn_at=warn_at,
        version=version,
        now=now,
    )


def replaced(tx: Tx, id: int, by: Promise) -> None:
    """Another policy promises the same kind: its time, from the same start."""
    tx.run(
        """
        UPDATE sla_deadline SET policy = :policy, calendar = :calendar, target = :target,
          warn = :warn, acts = :acts WHERE id = :id
        """,
        id=id,
        policy=by.policy,
        calendar=by.calendar,
        target=by.target,
        warn=by.warn,
        acts=by.acts,
    )
