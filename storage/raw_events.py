"""The ledger: every request and mail that came in, and the one state each event of it ended in.

received = stored + duplicate + rejected + failed + ignored, always. Nothing here knows what an
event means; ``hub/intake.py`` files it and settles it here in the same transaction.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import msgspec

from connectors.fold import clean
from storage import ledger_counts, raw_requests
from storage.errors import TryAgain
from storage.later import Table, Unique

if TYPE_CHECKING:
    from connectors.contract import Raw
    from storage.db import Row, Tx
    from storage.ledger_counts import State

KEEP_REJECTED = 1_000  # rows a channel
REASON_CAP = 500  # characters


class EventRow(msgspec.Struct, frozen=True, gc=False):
    """A row of ``raw_event``."""

    request: int
    channel: int
    kind: str
    provider_id: str
    position: int
    state: str
    mail_key: str | None
    entry: int | None
    at: int


EVENTS: Final = Table(
    "raw_event",
    EventRow,
    unique=(
        Unique(
            ("channel", "kind", "provider_id"),
            """
            SELECT 1 FROM raw_event
            WHERE channel = :channel AND kind = :kind AND provider_id = :provider_id
              AND duplicate_of IS NULL
            """,
        ),
        Unique(("mail_key",), "SELECT 1 FROM raw_event WHERE mail_key = :mail_key"),
    ),
    rank=2,
)


class Claim(msgspec.Struct, frozen=True):
    """Whose event this is: ours to file, or one that is known already."""

    id: int
    fresh: bool
    entry: int | None = None
    """Of a known event: the timeline entry it became."""
    copy: bool = False
    """It is known from another mailbox: an arrival of its own, the same entry."""


def claim(
    tx: Tx,
    request: int,
    channel: int,
    kind: str,
    provider_id: str,
    position: int,
    *,
    mail: bool = False,
    now: int,
) -> Claim:
    """Claim an event before it is filed: the first one wins, a replay stops here.

    A known event whose first arrival ``failed`` is ours again: that row is claimed once more, and
    the other arrival stands beside it as the duplicate. ``mail``: its id is made of its content, so
    that the same one in another mailbox is a copy, however close the two came.
    """
    id = _insert(tx, request, channel, kind, provider_id, position, mail=mail, now=now)
    if id is not None:
        ledger_counts.count(tx, channel, "stored")
        return Claim(id, fresh=True)
    return _known(tx, request, channel, kind, provider_id, position, mail=mail, now=now)


def _insert(
    tx: Tx,
    request: int,
    channel: int,
    kind: str,
    provider_id: str,
    position: int,
    *,
    mail: bool,
    entry: int | None = None,
    now: int,
) -> int | None:
    row = EventRow(
        request=request,
        channel=channel,
        kind=kind,
        provider_id=provider_id,
        position=position,
        state="stored",
        mail_key=provider_id if mail else None,
        entry=entry,
        at=now,
    )
    return tx.insert_new_later(EVENTS, row)


def _known(
    tx: Tx,
    request: int,
    channel: int,
    kind: str,
    provider_id: str,
    position: int,
    *,
    mail: bool,
    now: int,
) -> Claim:
    first = tx.one(
        """
        SELECT * FROM raw_event
        WHERE channel = :channel AND kind = :kind AND provider_id = :provider_id
          AND duplicate_of IS NULL
        """,
        channel=channel,
        kind=kind,
        provider_id=provider_id,
    )
    elsewhere = _holder(tx, provider_id) if mail else None
    if first is None and elsewhere is not None:
        return _copy(tx, request, channel, kind, provider_id, position, elsewhere, now)
    if first is None:  # its row was pruned between the two statements: not ours to decide here
        raise LookupError("the first arrival of this event vanished")
    if first["state"] == "failed" and elsewhere is not None and _became_entry(elsewhere):
        settle(tx, first["id"], channel, "stored", was="failed", entry=elsewhere["entry"])
        return Claim(first["id"], fresh=False, entry=elsewhere["entry"], copy=True)
    if first["state"] == "failed":
        tx.run(
            "UPDATE raw_event SET request = :request, position = :position WHERE id = :id",
            request=request,
            position=position,
            id=first["id"],
        )
        settle(tx, first["id"], channel, "stored", was="failed")
        if (first["request"], first["position"]) != (request, position):  # not a replay
            _duplicate(tx, first, first["request"], first["position"], now=now)
        return Claim(first["id"], fresh=True)
    _duplicate(tx, first, request, position, now=now)
    return Claim(first["id"], fresh=False, entry=first["entry"])


def _holder(tx: Tx, key: str) -> Row | None:
    """The arrival that holds a mail's key, in whichever mailbox."""
    return tx.one("SELECT * FROM raw_event WHERE mail_key = :key", key=key)


def _became_entry(row: Row) -> bool:
    return row["state"] == "stored" and row["entry"] is not None


def _copy(
    tx: Tx,
    request: int,
    channel: int,
    kind: str,
    provider_id: str,
    position: int,
    first: Row,
    now: int,
) -> Claim:
    """A mail that another mailbox has: an arrival of the same entry. Where it could not be filed
    there, or was not for us there, it is this mailbox's to file."""
    known = _became_entry(first)
    if not known:
        tx.run("UPDATE raw_event SET mail_key = NULL WHERE id = :id", id=first["id"])
    entry = first["entry"] if known else None
    id = _insert(
        tx, request, channel, kind, provider_id, position, mail=not known, entry=entry, now=now
    )
    if id is None:  # another process was faster: the writer tries this function again
        tx.try_again = True
        raise TryAgain("another process files this mail")
    ledger_counts.count(tx, channel, "stored")
    return Claim(id, fresh=not known, entry=entry, copy=known)


def _duplicate(tx: Tx, first: Row, request: int, position: int, *, now: int) -> None:
    """Count one more arrival of a known event."""
    tx.run(
        """
        INSERT INTO raw_event
          (request, channel, kind, provider_id, position, state, duplicate_of, at)
        VALUES (:request, :channel, :kind, :provider_id, :position, 'duplicate', :first, :now)
        """,
        request=request,
        channel=first["channel"],
        kind=first["kind"],
        provider_id=first["provider_id"],
        position=position,
        first=first["id"],
        now=now,
    )
    ledger_counts.count(tx, first["channel"], "duplicate")


def settle(
    tx: Tx,
    event: int,
    channel: int,
    state: State,
    *,
    was: State = "stored",
    reason: str = "",
    entry: int | None = None,
) -> None:
    """Move a claimed event to the state it ended in, and the counts with it."""
    tx.run(
        """
        UPDATE raw_event SET state = :state, reason = :reason,
          entry = COALESCE(CAST(:entry AS BIGINT), entry)
        WHERE id = :id
        """,
        state=state,
        reason=clean(reason, REASON_CAP),
        entry=entry,
        id=event,
    )
    if state != was:
        ledger_counts.count(tx, channel, was, -1)
        ledger_counts.count(tx, channel, state)


def filed(tx: Tx, event: int, entry: int) -> None:
    """The claimed event became this timeline entry."""
    tx.change_later(EVENTS, event, entry=entry)


def fail(
    tx: Tx,
    request: int,
    channel: int,
    kind: str,
    provider_id: str,
    position: int,
    reason: str,
    *,
    now: int,
) -> int:
    """Keep an event that we could not file: visible, and replayable after a fix."""
    taken = claim(tx, request, channel, kind, provider_id, position, now=now)
    if taken.fresh:
        settle(tx, taken.id, channel, "failed", reason=reason)
    return taken.id


def withdraw(tx: Tx, event: int, channel: int) -> None:
    """A request that had failed as a whole is filed now: its events stand for it."""
    if tx.run("DELETE FROM raw_event WHERE id = :id AND state = 'failed'", id=event):
        ledger_counts.count(tx, channel, "failed", -1)


def reject(tx: Tx, channel: int, raw: Raw, reason: str, *, now: int, body: bool) -> None:
    """Log a request that is not taken: headers, reason and signed URL; the newest 1,000 a channel."""
    request = raw_requests.keep(tx, channel, raw, now=now, body=body)
    tx.run(
        """
        INSERT INTO raw_event (request, channel, kind, provider_id, state, reason, at)
        VALUES (:request, :channel, 'rejected', :provider_id, 'rejected', :reason, :now)
        """,
        request=request,
        channel=channel,
        provider_id=str(request),
        reason=clean(reason, REASON_CAP),
        now=now,
    )
    ledger_counts.count(tx, channel, "rejected")
    _prune_rejected(tx, channel)


def _prune_rejected(tx: Tx, channel: int) -> None:
    oldest = tx.value(
        """
        SELECT id FROM raw_event WHERE state IN ('rejected', 'failed') AND state = 'rejected'
          AND channel = :channel
        ORDER BY id DESC LIMIT 1 OFFSET :keep
        """,
        channel=channel,
        keep=KEEP_REJECTED,
    )
    if oldest is None:
        return
    gone = tx.all(
        """
        DELETE FROM raw_event WHERE state IN ('rejected', 'failed') AND state = 'rejected'
          AND channel = :channel AND id <= :oldest
        RETURNING request
        """,
        channel=channel,
        oldest=oldest,
    )
    for row in gone:
        tx.run("DELETE FROM raw_request WHERE id = :id", id=row["request"])


def event(tx: Tx, id: int) -> Row | None:
    """One event of the ledger."""
    return tx.one("SELECT * FROM raw_event WHERE id = :id", id=id)


def events_of(tx: Tx, request: int) -> list[Row]:
    """The events that one request brought, in order."""
    return tx.all("SELECT * FROM raw_event WHERE request = :r ORDER BY id", r=request)


def page(
    tx: Tx, *, channel: str | None, state: str | None, before: int | None, limit: int
) -> list[Row]:
    """Events of the ledger, newest first."""
    return tx.all(
        """
        SELECT e.id, e.kind, e.provider_id, e.state, e.reason, e.duplicate_of, e.entry, e.request,
               e.at, c.name AS channel, r.received_at, r.url, r.key
        FROM raw_event e JOIN channel c ON c.id = e.channel JOIN raw_request r ON r.id = e.request
        WHERE (CAST(:channel AS TEXT) IS NULL OR c.name = :channel)
          AND (CAST(:state AS TEXT) IS NULL OR e.state = :state)
          AND (CAST(:before AS BIGINT) IS NULL OR e.id < :before)
        ORDER BY e.id DESC LIMIT :limit
        """,
        channel=channel,
        state=state,
        before=before,
        limit=limit,
    )
