"""What is known of a matter that was called spam: its state before, and what came since."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Mapping

    from storage.db import Row, Tx

_SINCE = "(SELECT MAX(s.id) FROM timeline_entry s WHERE s.conversation = :spam AND s.kind = 'spam')"


def kept(tx: Tx, spam: int) -> dict[str, Any]:
    """What the conversation was when it was last called spam; empty where nothing is known."""
    data = tx.value(
        """
        SELECT data FROM timeline_entry WHERE conversation = :spam AND kind = 'spam'
        ORDER BY id DESC LIMIT 1
        """,
        spam=spam,
    )
    found: dict[str, Any] = {} if data is None else msgspec.json.decode(data).get("before", {})
    return found


def sender(tx: Tx, row: Row) -> int:
    """The identity that wrote last; where only we wrote, the one we wrote to."""
    found = tx.value(
        """
        SELECT identity FROM timeline_entry WHERE conversation = :c AND direction = 'in'
          AND kind = 'message' AND identity IS NOT NULL ORDER BY id DESC LIMIT 1
        """,
        c=row["id"],
    )
    return int(found if found is not None else row["identity"])


def written_since(tx: Tx, spam: int) -> list[Row]:
    """Messages that came in it since, oldest first: ``recorded_at``, ``data``."""
    return tx.all(
        f"""
        SELECT recorded_at, data FROM timeline_entry
        WHERE conversation = :spam AND kind = 'message' AND direction = 'in' AND id > {_SINCE}
        ORDER BY id
        """,
        spam=spam,
    )


def begun_since(tx: Tx, spam: int, identity: int) -> list[Row]:
    """What went unheard elsewhere since, as this identity was blocked then and is not now, newest
    first: ``conversation``, ``recorded_at``, ``data``."""
    return tx.all(
        f"""
        SELECT t.conversation, t.recorded_at, t.data FROM timeline_entry t
        JOIN identity i ON i.id = t.identity
        JOIN decision d ON d.conversation = t.conversation AND d.entry = t.id
        WHERE t.contact = i.contact AND t.identity = :identity AND i.blocked_at IS NULL
          AND t.conversation <> :spam AND d.rule = 'hub:blocked' AND t.id > {_SINCE}
        ORDER BY t.id DESC
        """,
        identity=identity,
        spam=spam,
    )


def bring_back(tx: Tx, id: int, was: Mapping[str, Any], agent: int | None) -> None:
    """Make a conversation what it was (``kept``), owned by ``agent``."""
    tx.run(
        """
        UPDATE conversation SET status = :status, agent = CAST(:agent AS BIGINT),
          waiting_since = CAST(:waiting AS BIGINT), snoozed_until = CAST(:until AS BIGINT),
          resolved_at = CASE WHEN :resolved THEN resolved_at END
        WHERE id = :id
        """,
        status=was["status"],
        resolved=was["status"] == "resolved",
        agent=agent,
        waiting=was.get("waiting_since"),
        until=was.get("snoozed_until"),
        id=id,
    )


def open_late(tx: Tx, id: int, queue: int | None, since: int) -> None:
    """A conversation that was filed as a blocked sender's waits since then (µs), in its own queue
    or else in this one."""
    tx.run(
        """
        UPDATE conversation SET status = 'open', waiting_since = :since, resolved_at = NULL,
          queue = COALESCE(queue, CAST(:queue AS BIGINT))
        WHERE id = :id AND status = 'resolved'
        """,
        since=since,
        queue=queue,
        id=id,
    )
