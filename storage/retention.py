"""What goes when it is old: bodies of requests, events, and blobs that nobody names any more.

Each function is one chunk of a few milliseconds and says how much it removed, in the same
transaction; ``hub/retention.py`` calls them until there is nothing left. The ledger's rows, the
timeline and what failed stay.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from storage import audit

if TYPE_CHECKING:
    from storage.db import Row, Tx

CURSOR = "retention_raw"
"""Setting: the id of the last request that was looked at."""
REASON_CAP = 200  # characters

Prune = Callable[["Tx", int, int], int]
"""``prune(tx, before, limit)``: remove at most ``limit`` rows older than ``before`` (µs)."""


@dataclass(frozen=True, slots=True)
class Old:
    """A request whose time is over."""

    id: int
    url: str
    full: bool
    """It still has a body."""
    failed: bool
    """An event of it is not settled: it stays."""
    files: tuple[Row, ...]
    """Attachments that are only in its body."""


# ---------------------------------------------------------------- requests


def old_requests(tx: Tx, before: int, limit: int) -> list[Old]:
    """The next requests that came before ``before``, in the order in which they came."""
    after = int(audit.setting(tx, CURSOR) or 0)
    rows = tx.all(
        "SELECT * FROM raw_request WHERE id > :after ORDER BY id LIMIT :limit",
        after=after,
        limit=limit,
    )
    found: list[Old] = []
    for row in rows:
        if row["received_at"] >= before:
            break  # those after it are younger still
        found.append(_old(tx, row))
    return found


def held_requests(tx: Tx, after: int, limit: int) -> list[Old]:
    """Requests that an earlier run had to keep, by id."""
    rows = tx.all(
        """
        SELECT r.* FROM retention_held h JOIN raw_request r ON r.id = h.request
        WHERE h.request > :after ORDER BY h.request LIMIT :limit
        """,
        after=after,
        limit=limit,
    )
    return [_old(tx, row) for row in rows]


def _old(tx: Tx, row: Row) -> Old:
    full = row["body"] is not None or row["blob"] is not None
    return Old(
        row["id"],
        row["url"],
        full,
        full and _unsettled(tx, row["id"]),
        tuple(_inside(tx, row["id"])) if full else (),
    )


def _unsettled(tx: Tx, request: int) -> bool:
    return bool(
        tx.value(
            "SELECT 1 FROM raw_event WHERE request = :r AND state = 'failed' LIMIT 1", r=request
        )
    )


def _inside(tx: Tx, request: int) -> list[Row]:
    return tx.all(
        """
        SELECT DISTINCT a.* FROM raw_event e JOIN attachment a ON a.entry = e.entry
        WHERE e.request = :r AND a.raw_request = :r AND a.blob IS NULL AND a.state = 'stored'
        ORDER BY a.id
        """,
        r=request,
    )


def copied_out(tx: Tx, attachment: int, sha256: str, *, now: int) -> None:
    """A file stands for itself now; its blob's row was written before."""
    tx.run("UPDATE attachment SET blob = :sha256 WHERE id = :id", sha256=sha256, id=attachment)
    count(tx, "files", 1, now=now)


def empty(tx: Tx, requests: Sequence[Old], kept: dict[int, str], *, now: int) -> int:
    """Forget what these requests said, but for those in ``kept`` (id -> why); how many.

    A body that still holds the only copy of a file stays, whatever was found before.
    """
    n = 0
    for one in requests:
        why = kept.get(one.id)
        if why is None and one.full and (_unsettled(tx, one.id) or _inside(tx, one.id)):
            why = "changed meanwhile"
        if why is not None:
            _hold(tx, one.id, why, now=now)
            continue
        tx.run("DELETE FROM retention_held WHERE request = :r", r=one.id)
        if one.full:
            _empty(tx, one, now=now)
            n += 1
    count(tx, "raw", n, now=now)
    return n


def move_on(tx: Tx, requests: Sequence[Old], kept: dict[int, str], *, now: int) -> int:
    """``empty`` for new ones: they have been looked at."""
    n = empty(tx, requests, kept, now=now)
    audit.set_setting(tx, CURSOR, str(requests[-1].id))
    return n


def _empty(tx: Tx, one: Old, *, now: int) -> None:
    sha256 = tx.value("SELECT blob FROM raw_request WHERE id = :id", id=one.id)
    tx.run(
        """
        UPDATE raw_request SET body = NULL, blob = NULL, headers = '[]', url = :url WHERE id = :id
        """,
        url=one.url.partition("?")[0],
        id=one.id,
    )
    if sha256 is not None:
        count(tx, "blobs", drop_unnamed(tx, sha256), now=now)


def _hold(tx: Tx, request: int, why: str, *, now: int) -> None:
    tx.run(
        """
        INSERT INTO retention_held (request, reason, at) VALUES (:request, :why, :now)
        ON CONFLICT (request) DO UPDATE SET reason = excluded.reason
        """,
        request=request,
        why=why[:REASON_CAP],
        now=now,
    )


def drop_unnamed(tx: Tx, sha256: str) -> int:
    """Forget a blob that neither a request nor a file names; 1, or 0 if one does.

    The sweep removes the file a day after it was last put: what is filed meanwhile finds it there.
    """
    return tx.run(
        """
        DELETE FROM blob WHERE sha256 = :sha256
          AND NOT EXISTS (SELECT 1 FROM raw_request r WHERE r.blob = :sha256)
          AND NOT EXISTS (SELECT 1 FROM attachment a WHERE a.blob = :sha256)
        """,
        sha256=sha256,
    )


# ---------------------------------------------------------------- events and other logs


def prune_events(tx: Tx, before: int, limit: int) -> int:
    """Forget the oldest events. The newest stays, so that numbers go on where they were."""
    return tx.run(
        """
        DELETE FROM event WHERE seq IN (SELECT seq FROM event ORDER BY seq LIMIT :limit)
          AND at < :before AND seq < (SELECT MAX(seq) FROM event)
        """,
        before=before,
        limit=limit,
    )


def prune_uploads(tx: Tx, before: int, limit: int, *, now: int) -> int:
    """Forget files that were put up before ``before`` and never sent, and what of them nobody else
    names. (What a visitor sent is a file of its own by then.)"""
    rows = tx.all(
        """
        SELECT id, blob FROM attachment WHERE entry IS NULL AND created_at < :before
        ORDER BY id LIMIT :limit
        """,
        before=before,
        limit=limit,
    )
    for row in rows:
        tx.run("DELETE FROM attachment WHERE id = :id AND entry IS NULL", id=row["id"])
        if row["blob"] is not None:
            count(tx, "blobs", drop_unnamed(tx, row["blob"]), now=now)
    return len(rows)


def pruned(tx: Tx, what: str, prune: Prune, before: int, limit: int, now: int) -> int:
    """One chunk of a log, counted."""
    n = prune(tx, before, limit)
    count(tx, what, n, now=now)
    return n


# ---------------------------------------------------------------- counts


def count(tx: Tx, what: str, n: int, *, now: int) -> None:
    """So many more went. ``last_n`` counts from when a run of another time began."""
    if not n:
        return
    tx.run(
        """
        INSERT INTO retention_count (what, n, last_n, last_at) VALUES (:what, :n, :n, :now)
        ON CONFLICT (what) DO UPDATE SET n = retention_count.n + excluded.n,
          last_n = excluded.last_n + CASE WHEN retention_count.last_at = excluded.last_at
            THEN retention_count.last_n ELSE 0 END,
          last_at = excluded.last_at
        """,
        what=what,
        n=n,
        now=now,
    )


def counts(tx: Tx) -> list[Row]:
    """What went so far, by kind."""
    return tx.all("SELECT what, n, last_n, last_at FROM retention_count ORDER BY what")


def held(tx: Tx) -> list[Row]:
    """How many requests are kept beyond their time, by reason."""
    return tx.all(
        """
        SELECT reason, CAST(COUNT(*) AS BIGINT) AS n FROM retention_held
        GROUP BY reason ORDER BY reason
        """
    )
