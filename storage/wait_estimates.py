"""What customers were told of their wait, and how long it was: one row a turn, for good.

``position`` is the smallest shown so far, ``predicted`` what was expected when a range was first
told (0: none was), ``actual`` the time from then to an agent's taking the turn.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from storage.db import Row, Tx

_WAITING = "('queued', 'offered', 'connecting')"
_LIVE = "('queued', 'offered', 'connecting', 'active', 'held', 'deferred', 'wrapping')"


def line(tx: Tx, queue: int, limit: int) -> list[int]:
    """The turns that wait for an agent of a queue, in order: their ids."""
    rows = tx.all(
        f"""
        SELECT id FROM work_item
        WHERE queue = :queue AND state IN {_LIVE} AND state IN {_WAITING}
        ORDER BY order_key, id LIMIT :limit
        """,
        queue=queue,
        limit=limit,
    )
    return [row["id"] for row in rows]


def ahead(tx: Tx, item: Row, limit: int) -> int:
    """How many wait in front of a turn, at most ``limit``."""
    return int(
        tx.value(
            f"""
            SELECT COUNT(*) FROM (
              SELECT id FROM work_item
              WHERE queue = :queue AND state IN {_LIVE} AND state IN {_WAITING}
                AND (order_key < :key OR (order_key = :key AND id < :id)) LIMIT :limit) AS front
            """,
            queue=item["queue"],
            key=item["order_key"],
            id=item["id"],
            limit=limit,
        )
    )


def taken(tx: Tx, queue: int, since: int, limit: int) -> list[int]:
    """When agents last took turns of a queue (µs), newest first."""
    rows = tx.all(
        """
        SELECT assigned_at FROM work_item
        WHERE queue = :queue AND assigned_at IS NOT NULL AND assigned_at > :since
        ORDER BY assigned_at DESC LIMIT :limit
        """,
        queue=queue,
        since=since,
        limit=limit,
    )
    return [row["assigned_at"] for row in rows]


def recent(tx: Tx, queue: int, limit: int) -> list[Row]:
    """``actual``, ``predicted`` and the range of a queue's last answers that had one."""
    return tx.all(
        """
        SELECT actual, predicted, low, high FROM wait_estimate
        WHERE queue = :queue AND actual IS NOT NULL AND predicted > 0
        ORDER BY ended_at DESC LIMIT :limit
        """,
        queue=queue,
        limit=limit,
    )


def waiting_on(tx: Tx, channel: int, limit: int) -> list[Row]:
    """The turns on a channel that wait, each with its visitor's address and what was told."""
    return tx.all(
        f"""
        SELECT w.id, w.queue, w.state, w.order_key, i.uri, ch.kind, e.position, e.predicted
        FROM work_item w
        JOIN conversation c ON c.id = w.conversation
        JOIN identity i ON i.id = c.identity
        JOIN channel ch ON ch.id = w.channel
        LEFT JOIN wait_estimate e ON e.work_item = w.id
        WHERE w.channel = :channel AND w.state IN {_LIVE}
          AND w.state IN ('queued', 'offered', 'connecting', 'deferred')
        ORDER BY w.order_key, w.id LIMIT :limit
        """,
        channel=channel,
        limit=limit,
    )


def unsettled(tx: Tx) -> bool:
    """Whether some turn that was told of no longer waits."""
    return bool(
        tx.value(
            """
            SELECT 1 FROM wait_estimate e JOIN work_item w ON w.id = e.work_item
            WHERE e.ended_at IS NULL
              AND w.state NOT IN ('queued', 'offered', 'connecting', 'deferred') LIMIT 1
            """
        )
    )


def get(tx: Tx, item: int) -> Row | None:
    """What was told of one turn."""
    return tx.one("SELECT * FROM wait_estimate WHERE work_item = :item", item=item)


def tell(
    tx: Tx,
    item: int,
    *,
    queue: int,
    kind: str,
    position: int,
    predicted: int,
    low: int,
    high: int,
    now: int,
) -> int:
    """Note what is shown; the position to show, which never rises.

    The first range that is told stays, for the comparison with what came of it.
    """
    return int(
        tx.value(
            """
            INSERT INTO wait_estimate
              (work_item, queue, kind, position, predicted, low, high, at)
            VALUES (:item, :queue, :kind, :position, :predicted, :low, :high, :now)
            ON CONFLICT (work_item) DO UPDATE SET
              position = CASE WHEN excluded.position < wait_estimate.position
                THEN excluded.position ELSE wait_estimate.position END,
              low = CASE WHEN wait_estimate.predicted = 0 THEN excluded.low
                ELSE wait_estimate.low END,
              high = CASE WHEN wait_estimate.predicted = 0 THEN excluded.high
                ELSE wait_estimate.high END,
              at = CASE WHEN wait_estimate.predicted = 0 THEN excluded.at
                ELSE wait_estimate.at END,
              queue = CASE WHEN wait_estimate.predicted = 0 THEN excluded.queue
                ELSE wait_estimate.queue END,
              predicted = CASE WHEN wait_estimate.predicted = 0 THEN excluded.predicted
                ELSE wait_estimate.predicted END
            RETURNING position
            """,
            item=item,
            queue=queue,
            kind=kind,
            position=position,
            predicted=predicted,
            low=low,
            high=high,
            now=now,
        )
    )


def settle(tx: Tx, *, now: int) -> list[Row]:
    """Turns that no longer wait get their actual wait, or none where nobody took them: (queue,
    actual, predicted, low, high) of the former."""
    done = tx.all(
        """
        SELECT e.work_item, w.assigned_at, w.state FROM wait_estimate e
        JOIN work_item w ON w.id = e.work_item
        WHERE e.ended_at IS NULL AND w.state NOT IN ('queued', 'offered', 'connecting', 'deferred')
        LIMIT 1000
        """
    )
    found = [_settled(tx, row, now) for row in done]
    return [row for row in found if row is not None and row["actual"] is not None]


def _settled(tx: Tx, row: Row, now: int) -> Row | None:
    taken_at = row["assigned_at"]
    return tx.one(
        """
        UPDATE wait_estimate SET ended_at = :ended,
          actual = CASE WHEN CAST(:taken AS BIGINT) IS NULL OR CAST(:taken AS BIGINT) < at
            THEN NULL ELSE CAST(:taken AS BIGINT) - at END
        WHERE work_item = :item AND ended_at IS NULL
        RETURNING queue, actual, predicted, low, high
        """,
        ended=taken_at or now,
        taken=taken_at,
        item=row["work_item"],
    )


def summary(tx: Tx, since: int) -> list[Row]:
    """Per queue, of the turns told of after that time: told, answered, within, below and above
    the range, and the means of what was expected and what was waited (µs)."""
    return tx.all(
        """
        SELECT e.queue, q.name, COUNT(*) AS told,
          SUM(CASE WHEN e.actual IS NOT NULL THEN 1 ELSE 0 END) AS answered,
          SUM(CASE WHEN e.actual BETWEEN e.low AND e.high THEN 1 ELSE 0 END) AS within,
          SUM(CASE WHEN e.actual < e.low THEN 1 ELSE 0 END) AS below,
          SUM(CASE WHEN e.actual > e.high THEN 1 ELSE 0 END) AS above,
          CAST(AVG(CASE WHEN e.actual IS NOT NULL THEN e.predicted END) AS BIGINT) AS predicted,
          CAST(AVG(e.actual) AS BIGINT) AS actual,
          CAST(AVG(ABS(e.actual - e.predicted)) AS BIGINT) AS error
        FROM wait_estimate e JOIN queue q ON q.id = e.queue
        WHERE e.predicted > 0 AND e.at > :since GROUP BY e.queue, q.name ORDER BY q.name
        """,
        since=since,
    )
