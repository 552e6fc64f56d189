"""Deliveries: one part, one row, one send. Outcome unknown is a state that people see.

In order within a conversation on one channel (who changes the channel because one is down does not
wait for it); consent is read inside the claim; what comes back of it is in ``receipts.py``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from connectors.fold import clean
from storage import consents, events, timeline

if TYPE_CHECKING:
    from storage.db import Row, Tx

RANK = {
    "queued": 0,
    "deferred": 0,
    "sending": 1,
    "unknown": 1,
    "sent": 2,
    "delivered": 3,
    "read": 4,
    "failed": 5,
    "stopped": 5,
}
"""A state never gives way to one of lower rank."""

UNSETTLED = ("queued", "deferred", "sending")
CODE_CAP = 60
WORDS_CAP = 1_000


class Body(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one part says and to whom: everything that ``send`` will need, fixed when it is written."""

    to: list[tuple[str, str]]
    """(identity URI, name)."""
    cc: list[tuple[str, str]] = []
    subject: str = ""
    text: str = ""
    html: str = ""
    files: list[int] = []
    """Attachment ids, sent with this part."""
    message_id: str = ""
    in_reply_to: str = ""
    references: list[str] = []
    reply_to: str = ""
    auto: bool = False
    sender_name: str = ""
    left_out: list[str] = []
    """Further recipients who have opted out or were blocked: URIs, taken out by the claim."""


_decode = msgspec.json.Decoder(Body)


def body(row: Row) -> Body:
    """What a delivery row says."""
    return _decode.decode(row["body"])


def create(
    tx: Tx,
    *,
    entry: int,
    conversation: int,
    channel: int,
    identity: int,
    parts: Sequence[Body],
    purpose: consents.Purpose = "reply",
    now: int,
) -> None:
    """Put the parts of an answer on their way. ``purpose``: whose consent the claim asks for."""
    for number, part in enumerate(parts, 1):
        tx.run(
            """
            INSERT INTO delivery (entry, conversation, channel, identity, part, parts, body, state,
              purpose, origin, created_at, updated_at)
            VALUES (:entry, :conversation, :channel, :identity, :part, :parts, :body, 'queued',
              :purpose, :origin, :now, :now)
            """,
            entry=entry,
            conversation=conversation,
            channel=channel,
            identity=identity,
            part=number,
            parts=len(parts),
            body=msgspec.json.encode(part).decode(),
            purpose=purpose,
            origin=tx.origin,
            now=now,
        )
    events.append(tx, "delivery.queued", entry, now=now)


_NEXT = """
SELECT d.* FROM delivery d
WHERE d.channel = :channel
  AND d.state IN ('queued', 'deferred', 'sending') AND d.state <> 'sending'
  AND (d.retry_at IS NULL OR d.retry_at <= :now)
  AND NOT EXISTS (
    SELECT 1 FROM delivery e WHERE e.conversation = d.conversation AND e.channel = d.channel
      AND e.id < d.id AND e.state IN ('queued', 'deferred', 'sending'))
ORDER BY d.id LIMIT 1
"""


def claim(tx: Tx, channel: int, *, lease_until: int, now: int) -> Row | None:
    """Take the next part that may leave, in order within its conversation; None if there is none.

    A part whose addressee has opted out or was blocked meanwhile is stopped here, and the next one
    is tried.
    """
    while (found := tx.one(_NEXT, channel=channel, now=now)) is not None:
        if why := consents.closed(tx, found["identity"], channel, found["purpose"]):
            stop(tx, found, why, now=now)
            continue
        return tx.one(
            """
            UPDATE delivery SET state = 'sending', attempts = attempts + 1, body = :body,
              lease_until = :lease_until, retry_at = NULL, updated_at = :now
            WHERE id = :id AND state IN ('queued', 'deferred') RETURNING *
            """,
            id=found["id"],
            body=_consented(tx, found),
            lease_until=lease_until,
            now=now,
        )
    return None


def _consented(tx: Tx, row: Row) -> str:
    """The body as it may leave: whoever else it goes to and may not be written to is left out."""
    said = body(row)
    others = [uri for uri, _ in (*said.to[1:], *said.cc)]
    out = {uri for uri in others if _is_closed(tx, uri, row)}
    if not out:
        return str(row["body"])
    kept = msgspec.structs.replace(
        said,
        to=[said.to[0], *(one for one in said.to[1:] if one[0] not in out)],
        cc=[one for one in said.cc if one[0] not in out],
        left_out=[*said.left_out, *sorted(out)],
    )
    return msgspec.json.encode(kept).decode()


def _is_closed(tx: Tx, uri: str, row: Row) -> bool:
    identity = tx.value("SELECT id FROM identity WHERE uri = :uri", uri=uri)
    if identity is None:
        return False
    return bool(consents.closed(tx, identity, row["channel"], row["purpose"]))


def waiting(tx: Tx, channel: int, now: int) -> bool:
    """Whether there is a part to take: a read, so that idle lanes write nothing."""
    return tx.one(_NEXT, channel=channel, now=now) is not None


def next_due(tx: Tx, channel: int) -> int | None:
    """When the channel's earliest deferred part wants to be tried again."""
    found = tx.value(
        """
        SELECT MIN(retry_at) FROM delivery
        WHERE channel = :channel AND state IN ('queued', 'deferred', 'sending')
          AND state = 'deferred'
        """,
        channel=channel,
    )
    return None if found is None else int(found)


def stop(tx: Tx, row: Row, code: str, *, now: int) -> None:
    """This part will not leave; nor will the later parts of the same entry."""
    for part in tx.all(
        """
        UPDATE delivery SET state = 'stopped', code = :code, updated_at = :now
        WHERE entry = :entry AND part >= :part AND state IN ('queued', 'deferred')
        RETURNING id
        """,
        entry=row["entry"],
        part=row["part"],
        code=code,
        now=now,
    ):
        tx.run("UPDATE delivery SET lease_until = NULL WHERE id = :id", id=part["id"])
    timeline.changed(tx, row["entry"], now=now)


def defer(tx: Tx, row: Row, retry_at: int, words: str, *, now: int) -> None:
    """Not now: try again at ``retry_at``."""
    tx.run(
        """
        UPDATE delivery SET state = 'deferred', retry_at = :retry_at, words = :words,
          lease_until = NULL, updated_at = :now
        WHERE id = :id AND state = 'sending'
        """,
        id=row["id"],
        retry_at=retry_at,
        words=clean(words, WORDS_CAP),
        now=now,
    )
    timeline.changed(tx, row["entry"], now=now)


def hasten(tx: Tx, channel: int, *, now: int) -> None:
    """What kept this channel's parts back is mended: they are due now."""
    for row in tx.all(
        """
        UPDATE delivery SET retry_at = :now, updated_at = :now
        WHERE channel = :channel AND state = 'deferred'
          AND state IN ('queued', 'deferred', 'sending') RETURNING entry
        """,
        channel=channel,
        now=now,
    ):
        timeline.changed(tx, row["entry"], now=now)


def fail(tx: Tx, row: Row, code: str, words: str, *, now: int) -> None:
    """It cannot arrive: the later parts of the same entry are not sent alone."""
    advance(tx, row["id"], "failed", code=code, words=words, now=now)


def refuse(tx: Tx, row: Row, code: str, words: str, *, opted_out: bool, now: int) -> None:
    """The addressee cannot be reached here, perhaps because they have opted out."""
    fail(tx, row, code, words, now=now)
    if opted_out:
        record_opt_out(tx, row, code, now=now)


def record_opt_out(tx: Tx, row: Row, code: str, *, now: int) -> None:
    """The provider says that the addressee has: it counts as said to us."""
    source = f"provider:{clean(code, CODE_CAP)}"
    consents.record(tx, row["identity"], row["channel"], "withdrawn", source=source, now=now)


def _stop_later(tx: Tx, row: Row, *, now: int) -> None:
    tx.run(
        """
        UPDATE delivery SET state = 'stopped', code = 'earlier_part_failed', retry_at = NULL,
          updated_at = :now
        WHERE entry = :entry AND part > :part AND state IN ('queued', 'deferred')
        """,
        entry=row["entry"],
        part=row["part"],
        now=now,
    )


def unknown(tx: Tx, row: Row, words: str, *, now: int) -> None:
    """Perhaps sent: a person decides."""
    tx.run(
        """
        UPDATE delivery SET state = 'unknown', words = :words, lease_until = NULL,
          updated_at = :now WHERE id = :id AND state = 'sending'
        """,
        id=row["id"],
        words=clean(words, WORDS_CAP),
        now=now,
    )
    timeline.changed(tx, row["entry"], now=now)


def again(tx: Tx, row: Row, *, now: int) -> None:
    """Back in line, as if never tried: the connector says that a second send does no harm."""
    tx.run(
        """
        UPDATE delivery SET state = 'queued', lease_until = NULL, retry_at = NULL, code = '',
          words = '', updated_at = :now WHERE id = :id AND state = 'sending'
        """,
        id=row["id"],
        now=now,
    )
    events.append(tx, "delivery.queued", row["entry"], now=now)


def orphans(tx: Tx, now: int) -> list[Row]:
    """Parts that were being sent by a process that is gone."""
    return tx.all(
        "SELECT * FROM delivery WHERE state = 'sending' AND lease_until <= :now "
        "ORDER BY lease_until, id",
        now=now,
    )


def retry(tx: Tx, entry: int, *, now: int) -> int:
    """A person says: send what failed, was stopped or is unknown once more. How many parts."""
    n = tx.run(
        """
        UPDATE delivery SET state = 'queued', code = '', words = '', retry_at = NULL,
          updated_at = :now
        WHERE entry = :entry AND state IN ('failed', 'unknown', 'stopped')
        """,
        entry=entry,
        now=now,
    )
    if n:
        timeline.changed(tx, entry, now=now)
        events.append(tx, "delivery.queued", entry, now=now)
    return n


def advance(
    tx: Tx, id: int, state: str, *, code: str = "", words: str = "", now: int
) -> Row | None:
    """Move one part forward; None if it was that far already."""
    before = tx.one("SELECT entry, state FROM delivery WHERE id = :id", id=id)
    if before is None or RANK[state] <= RANK[before["state"]]:
        return None
    if state == "failed" and before["state"] in ("delivered", "read"):
        return None
    row = tx.one(
        """
        UPDATE delivery SET state = :state, code = :code, words = :words, lease_until = NULL,
          retry_at = NULL, updated_at = :now WHERE id = :id AND state = :before RETURNING *
        """,
        id=id,
        state=state,
        code=clean(code, CODE_CAP),
        words=clean(words, WORDS_CAP),
        before=before["state"],
        now=now,
    )
    if row is not None and state == "failed":
        _stop_later(tx, row, now=now)
    timeline.changed(tx, before["entry"], now=now)
    return row


def of_entry(tx: Tx, entry: int) -> list[Row]:
    """The parts of one entry."""
    return tx.all("SELECT * FROM delivery WHERE entry = :entry ORDER BY part", entry=entry)
