"""Files of messages. The row is the durable job: ``pending`` is fetched after the commit."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from connectors.contract import Attachment
from connectors.fold import clean
from storage import blobs, events, timeline
from storage.blobs import Blob

if TYPE_CHECKING:
    from storage.db import Row, Tx

NAME_CAP = 255  # characters
REF_CAP = 4_000
ERROR_CAP = 500


UPLOAD = "upload:"
"""A ``ref`` that names a file which is here already: ``upload:ID``."""


def expect(
    tx: Tx,
    entry: int,
    files: Sequence[Attachment],
    *,
    request: int | None,
    inside: bool,
    now: int,
) -> None:
    """A message came with files. ``inside``: they are parts of the kept request, cut out when
    somebody wants them; others are fetched by the media job, or were put up before."""
    for position, file in enumerate(files):
        known = _uploaded(tx, file.ref or "")
        here = inside or known is not None
        tx.run(
            """
            INSERT INTO attachment (entry, position, name, type, size, state, blob, ref,
              raw_request, content_id, inline, retry_at, created_at)
            VALUES (:entry, :position, :name, :type, :size, :state, :blob, :ref, :request,
              :content_id, :inline, :retry_at, :now)
            """,
            entry=entry,
            position=position,
            name=clean(file.name, NAME_CAP),
            type=clean(file.type, NAME_CAP),
            size=file.size,
            state="stored" if here else "pending",
            blob=None if known is None else known["blob"],
            ref=None if file.ref is None else clean(file.ref, REF_CAP),
            request=request,
            content_id=clean(file.content_id, NAME_CAP),
            inline=file.inline,
            retry_at=None if here else now,
            now=now,
        )
        if not here:
            events.append(tx, "media.wanted", entry, now=now)


def _uploaded(tx: Tx, ref: str) -> Row | None:
    number = ref.removeprefix(UPLOAD)
    if not ref.startswith(UPLOAD) or not number.isdecimal():
        return None
    return tx.one("SELECT blob FROM attachment WHERE id = :id", id=int(number))


def upload(tx: Tx, *, name: str, type: str, blob: Blob, by: str, now: int) -> int:
    """A file that somebody put up before writing the message it belongs to."""
    blobs.keep(tx, blob, type=type, now=now)
    return int(
        tx.value(
            """
            INSERT INTO attachment (position, name, type, size, state, blob, uploaded_by,
              created_at)
            VALUES (0, :name, :type, :size, 'stored', :blob, :by, :now) RETURNING id
            """,
            name=clean(name, NAME_CAP),
            type=clean(type, NAME_CAP),
            size=blob.size,
            blob=blob.sha256,
            by=by,
            now=now,
        )
    )


def claim_uploads(tx: Tx, entry: int, ids: Sequence[int], *, by: str) -> list[Row]:
    """Give a sender's uploads to the entry. Raises LookupError for one that is not theirs."""
    taken: list[Row] = []
    for position, id in enumerate(ids):
        row = tx.one(
            """
            UPDATE attachment SET entry = :entry, position = :position
            WHERE id = :id AND uploaded_by = :by AND (entry IS NULL OR entry = :entry)
            RETURNING *
            """,
            entry=entry,
            position=position,
            id=id,
            by=by,
        )
        if row is None:
            raise LookupError(f"files: no upload {id} of yours")
        taken.append(row)
    return taken


def due(tx: Tx, now: int, limit: int = 20) -> list[Row]:
    """Files to fetch now, with their channel."""
    return tx.all(
        """
        SELECT a.*, t.channel, t.conversation FROM attachment a
        JOIN timeline_entry t ON t.id = a.entry
        WHERE a.state = 'pending' AND a.retry_at <= :now ORDER BY a.retry_at, a.id LIMIT :limit
        """,
        now=now,
        limit=limit,
    )


def next_due(tx: Tx) -> int | None:
    """When the next file wants to be fetched."""
    found = tx.value("SELECT MIN(retry_at) FROM attachment WHERE state = 'pending'")
    return None if found is None else int(found)


def stored(tx: Tx, row: Row, blob: Blob, *, type: str, now: int) -> None:
    """The file is here (its blob is on disk already)."""
    blobs.keep(tx, blob, type=type, now=now)
    tx.run(
        """
        UPDATE attachment SET state = 'stored', blob = :blob, size = :size, type = :type,
          error = '', retry_at = NULL WHERE id = :id
        """,
        blob=blob.sha256,
        size=blob.size,
        type=type,
        id=row["id"],
    )
    timeline.changed(tx, row["entry"], now=now)


def missed(tx: Tx, row: Row, error: str, *, retry_at: int | None, now: int) -> None:
    """Could not be fetched: again at ``retry_at``, or never."""
    tx.run(
        """
        UPDATE attachment SET state = CASE WHEN :gone THEN 'failed' ELSE 'pending' END,
          attempts = attempts + 1, error = :error, retry_at = :retry_at WHERE id = :id
        """,
        gone=retry_at is None,
        error=clean(error, ERROR_CAP),
        retry_at=retry_at,
        id=row["id"],
    )
    timeline.changed(tx, row["entry"], now=now)


def get(tx: Tx, id: int) -> Row | None:
    """One file."""
    return tx.one("SELECT * FROM attachment WHERE id = :id", id=id)


def of_entry(tx: Tx, entry: int) -> list[Row]:
    """The files of one entry, in order."""
    return tx.all("SELECT * FROM attachment WHERE entry = :e ORDER BY position, id", e=entry)
