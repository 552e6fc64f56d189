"""How the hub is doing, as its tables say: channels, what has not left, what nobody has got yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from storage import channels

if TYPE_CHECKING:
    from storage.db import Row, Tx

RECENT = 20  # requests of a channel that are looked at for its lag


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelHealth:
    """One channel; times are µs."""

    id: int
    name: str
    kind: str
    title: str
    enabled: bool
    simulated: bool
    state: str
    detail: str
    since: int
    signature_mode: str
    last_event_at: int | None
    lag: int | None
    """From the provider's own time of its newest message to our commit; None: none says a time."""
    undelivered: int
    oldest_undelivered: int | None
    unknown: int
    """Parts of which nobody knows whether they have left."""
    stubs: int
    """Messages filed as no more than a stub, of the newest events."""
    counts: dict[str, int]
    """Events by the state they ended in."""
    token_expires_at: int | None
    token_trouble: str
    folders: int
    """Of its mailbox, those that were compared with the server."""
    reconciled_at: int | None
    """When the server was last compared with the store: the folder that waits longest."""
    missing: int
    """Mails that the server had then and the store had not."""


def of_channels(tx: Tx) -> list[ChannelHealth]:
    """Every channel that is not removed, by name."""
    counts = _counts(tx)
    leaving = _leaving(tx)
    tokens = {row["channel"]: row for row in tx.all("SELECT * FROM channel_token")}
    boxes = {row["channel"]: row for row in tx.all(_MAILBOXES)}
    return [
        ChannelHealth(
            id=row["id"],
            name=row["name"],
            kind=row["kind"],
            title=row["title"] or row["name"],
            enabled=bool(row["enabled"]),
            simulated=bool(row["simulated"]),
            state=row["state"],
            detail=row["state_detail"],
            since=row["state_since"],
            signature_mode=row["signature_mode"],
            last_event_at=row["last_event_at"],
            counts=counts.get(row["id"], {}),
            **_of_newest(tx, row["id"]),
            **_of_leaving(leaving.get(row["id"])),
            **_of_token(tokens.get(row["id"])),
            **_of_mailbox(boxes.get(row["id"])),
        )
        for row in channels.listed(tx)
    ]


def _counts(tx: Tx) -> dict[int, dict[str, int]]:
    found: dict[int, dict[str, int]] = {}
    for row in tx.all("SELECT channel, state, n FROM ledger_count"):
        found.setdefault(row["channel"], {})[row["state"]] = row["n"]
    return found


def _leaving(tx: Tx) -> dict[int, Row]:
    rows = tx.all(
        """
        SELECT channel, COUNT(*) AS n, MIN(created_at) AS oldest FROM delivery
        WHERE state IN ('queued', 'deferred', 'sending') GROUP BY channel
        """
    )
    return {row["channel"]: row for row in rows}


def _of_leaving(row: Row | None) -> dict[str, Any]:
    if row is None:
        return {"undelivered": 0, "oldest_undelivered": None}
    return {"undelivered": row["n"], "oldest_undelivered": row["oldest"]}


def _of_token(row: Row | None) -> dict[str, Any]:
    if row is None:
        return {"token_expires_at": None, "token_trouble": ""}
    return {"token_expires_at": row["expires_at"], "token_trouble": row["trouble"]}


_MAILBOXES = """
SELECT m.channel, COUNT(*) AS folders, MIN(m.reconciled_at) AS reconciled_at,
  CAST(SUM(m.missing - m.fetched) AS BIGINT) AS missing
FROM mailbox m WHERE m.reconciled_at IS NOT NULL AND NOT EXISTS (
  SELECT 1 FROM mailbox n WHERE n.channel = m.channel AND n.folder = m.folder AND n.epoch > m.epoch)
GROUP BY m.channel
"""


def _of_mailbox(row: Row | None) -> dict[str, Any]:
    if row is None:
        return {"folders": 0, "reconciled_at": None, "missing": 0}
    return {
        "folders": row["folders"],
        "reconciled_at": row["reconciled_at"],
        "missing": max(int(row["missing"]), 0),
    }


def _of_newest(tx: Tx, channel: int) -> dict[str, Any]:
    """What the newest requests and answers of a channel tell."""
    rows = tx.all(
        """
        SELECT newest.received_at, t.provider_time, t.data FROM (
          SELECT id, received_at FROM raw_request WHERE channel = :c
          ORDER BY received_at DESC LIMIT :recent) newest
        JOIN raw_event e ON e.request = newest.id JOIN timeline_entry t ON t.id = e.entry
        WHERE e.kind <> 'receipt' ORDER BY newest.received_at DESC
        """,
        c=channel,
        recent=RECENT,
    )
    lags = [
        row["received_at"] - row["provider_time"]
        for row in rows
        if row["provider_time"] and '"history"' not in row["data"]
    ]
    unknown = tx.value(
        "SELECT COUNT(*) FROM delivery WHERE channel = :c AND state = 'unknown'", c=channel
    )
    return {
        "lag": max(lags[0], 0) if lags else None,
        "stubs": sum('"stub"' in row["data"] for row in rows),
        "unknown": int(unknown),
    }


# ---------------------------------------------------------------- what waits


def oldest_unrouted(tx: Tx) -> Row | None:
    """The turn that waits longest for somebody to be asked, or to be given to: (id, conversation,
    queue_id, queue, queued_at, n: how many wait so). What people take themselves waits for them."""
    return tx.one(
        """
        SELECT w.id, w.conversation, w.queue AS queue_id, q.name AS queue, w.queued_at,
          (SELECT COUNT(*) FROM work_item x WHERE x.state = 'queued' AND x.state IN
            ('queued', 'offered', 'connecting', 'active', 'held', 'deferred', 'wrapping')
            AND x.mode <> 'pull') AS n
        FROM work_item w JOIN queue q ON q.id = w.queue
        WHERE w.state = 'queued' AND w.mode <> 'pull' AND w.state IN
          ('queued', 'offered', 'connecting', 'active', 'held', 'deferred', 'wrapping')
        ORDER BY w.queued_at, w.id LIMIT 1
        """
    )


def oldest_unanswered(tx: Tx) -> int | None:
    """When the automatic answer was asked for that waits longest to be written (µs)."""
    found = tx.value("SELECT MIN(wanted_at) FROM automatic_send WHERE state = 'wanted'")
    return None if found is None else int(found)


def latest(tx: Tx) -> int | None:
    """The newest moment that the store knows of (µs): no clock may stand before it."""
    found = tx.value(
        """
        SELECT MAX(x.at) FROM (
          SELECT at FROM (SELECT at FROM event ORDER BY seq DESC LIMIT 1) e
          UNION ALL SELECT at FROM (SELECT at FROM raw_event ORDER BY id DESC LIMIT 1) r) x
        """
    )
    return None if found is None else int(found)


def clock(tx: Tx) -> int | None:
    """The database server's own clock (µs); None where it is this machine's."""
    if tx.engine == "sqlite":
        return None
    found = tx.value("SELECT CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)")
    return int(found)


def recount(tx: Tx) -> dict[str, int]:
    """Events by state, counted row by row: what the counters must agree with. Reads them all.

    Of what was rejected only the newest rows are kept (``raw_events.KEEP_REJECTED`` a channel).
    """
    rows = tx.all("SELECT state, COUNT(*) AS n FROM raw_event GROUP BY state")
    return {row["state"]: row["n"] for row in rows}


def newest_blobs(tx: Tx, most: int) -> list[str]:
    """The blobs that were kept last."""
    rows = tx.all("SELECT sha256 FROM blob ORDER BY created_at DESC LIMIT :most", most=most)
    return [row["sha256"] for row in rows]
