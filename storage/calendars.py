"""Calendars, what their feeds say, and the hours that a supervisor took away.

Every change raises a calendar's version, by which deadlines know that they were worked out before.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import TYPE_CHECKING

import msgspec

from connectors.fold import clean
from routing.days import Fed, write_span
from storage import events

if TYPE_CHECKING:
    from storage.db import Row, Tx

NAME_CAP = 200  # characters


def listed(tx: Tx) -> list[Row]:
    """All calendars, by name."""
    return tx.all("SELECT * FROM calendar ORDER BY name")


def by_name(tx: Tx, name: str) -> Row | None:
    """One calendar."""
    return tx.one("SELECT * FROM calendar WHERE name = :name", name=name)


def is_there(tx: Tx, id: int) -> bool:
    """Whether nobody has removed it meanwhile."""
    return bool(tx.value("SELECT 1 FROM calendar WHERE id = :id", id=id))


def save(tx: Tx, name: str, body: str, now: int) -> int:
    """Make a calendar, or change the one of that name; its id."""
    found = tx.value(
        """
        INSERT INTO calendar (name, body, updated_at) VALUES (:name, :body, :now)
        ON CONFLICT (name) DO UPDATE SET body = excluded.body, updated_at = excluded.updated_at,
          version = calendar.version + 1
        RETURNING id
        """,
        name=name,
        body=body,
        now=now,
    )
    events.append(tx, "calendar.changed", found, now=now)
    return int(found)


def remove(tx: Tx, id: int, now: int) -> None:
    """Forget a calendar; whoever uses it was asked before."""
    for table in ("calendar_day", "calendar_closure", "calendar_feed"):
        tx.run(f"DELETE FROM {table} WHERE calendar = :id", id=id)
    tx.run("DELETE FROM calendar WHERE id = :id", id=id)
    events.append(tx, "calendar.changed", id, now=now)


def changed(tx: Tx, id: int, now: int) -> None:
    """Its days are others than they were."""
    tx.run("UPDATE calendar SET version = version + 1 WHERE id = :id", id=id)
    events.append(tx, "calendar.changed", id, now=now)


# ---------------------------------------------------------------- closures


def closures(tx: Tx, calendar: int) -> list[Row]:
    """When it was and will be closed by somebody's word, in order."""
    return tx.all(
        "SELECT * FROM calendar_closure WHERE calendar = :id ORDER BY starts_at, id", id=calendar
    )


def close(
    tx: Tx, calendar: int, starts_at: int, ends_at: int, *, reason: str, by: str, now: int
) -> bool:
    """Closed from then to then; False: it was so already. What is said of why it is stays the newest."""
    within = tx.one(
        """
        SELECT id FROM calendar_closure
        WHERE calendar = :calendar AND starts_at <= :starts_at AND ends_at >= :ends_at
        ORDER BY id LIMIT 1
        """,
        calendar=calendar,
        starts_at=starts_at,
        ends_at=ends_at,
    )
    if within is not None:
        if reason:
            tx.run(
                "UPDATE calendar_closure SET reason = :reason, by_whom = :by WHERE id = :id",
                reason=clean(reason, NAME_CAP),
                by=by,
                id=within["id"],
            )
        return False
    tx.run(
        """
        INSERT INTO calendar_closure (calendar, starts_at, ends_at, reason, by_whom, at)
        VALUES (:calendar, :starts_at, :ends_at, :reason, :by, :now)
        """,
        calendar=calendar,
        starts_at=starts_at,
        ends_at=ends_at,
        reason=clean(reason, NAME_CAP),
        by=by,
        now=now,
    )
    changed(tx, calendar, now)
    return True


def reopen(tx: Tx, calendar: int, now: int) -> int:
    """Take back what has not ended: what was closed stays closed until now. How many."""
    ended = tx.run(
        """
        UPDATE calendar_closure SET ends_at = :now
        WHERE calendar = :id AND starts_at < :now AND ends_at > :now
        """,
        id=calendar,
        now=now,
    )
    ended += tx.run(
        "DELETE FROM calendar_closure WHERE calendar = :id AND starts_at >= :now",
        id=calendar,
        now=now,
    )
    if ended:
        changed(tx, calendar, now)
    return ended


# ---------------------------------------------------------------- feeds


def days(tx: Tx, calendar: int) -> list[Row]:
    """What its feeds say, in order of day and source."""
    return tx.all(
        "SELECT * FROM calendar_day WHERE calendar = :id ORDER BY day, source", id=calendar
    )


def feeds(tx: Tx) -> list[Row]:
    """What is known of every feed that was ever tried."""
    return tx.all("SELECT * FROM calendar_feed ORDER BY calendar, url")


def fed(tx: Tx, calendar: int, url: str, given: Mapping[date, Fed], now: int) -> bool:
    """What a feed says now. Whether it differs from what it said."""
    source = f"feed:{url}"
    before = {
        row["day"]: (row["intervals"], row["name"])
        for row in days(tx, calendar)
        if row["source"] == source
    }
    after = {
        day.isoformat(): (_hours(said), clean(said.name, NAME_CAP)) for day, said in given.items()
    }
    if before == after:
        return False
    tx.run("DELETE FROM calendar_day WHERE calendar = :id AND source = :s", id=calendar, s=source)
    for day, (left, name) in after.items():
        tx.run(
            """
            INSERT INTO calendar_day (calendar, day, source, intervals, name, at)
            VALUES (:calendar, :day, :source, :intervals, :name, :now)
            """,
            calendar=calendar,
            day=day,
            source=source,
            intervals=left,
            name=name,
            now=now,
        )
    changed(tx, calendar, now)
    return True


def _hours(said: Fed) -> str:
    return msgspec.json.encode([write_span(one) for one in said.left]).decode()


def tried(
    tx: Tx, calendar: int, url: str, *, etag: str | None = None, error: str = "", now: int
) -> None:
    """A feed was asked: it answered (``etag``), or ``error`` says why not."""
    tx.run(
        """
        INSERT INTO calendar_feed (calendar, url, etag, tried_at, fetched_at, error)
        VALUES (:calendar, :url, COALESCE(:etag, ''), :now,
          CASE WHEN :error = '' THEN CAST(:now AS BIGINT) END, :error)
        ON CONFLICT (calendar, url) DO UPDATE SET tried_at = excluded.tried_at,
          error = excluded.error, etag = COALESCE(:etag, calendar_feed.etag),
          fetched_at = COALESCE(excluded.fetched_at, calendar_feed.fetched_at)
        """,
        calendar=calendar,
        url=url,
        etag=etag,
        error=error,
        now=now,
    )


def drop_feeds(tx: Tx, calendar: int, kept: set[str]) -> None:
    """Forget the feeds that are no longer named, and what they said."""
    for row in tx.all("SELECT url FROM calendar_feed WHERE calendar = :id", id=calendar):
        if row["url"] not in kept:
            tx.run(
                "DELETE FROM calendar_feed WHERE calendar = :id AND url = :url",
                id=calendar,
                url=row["url"],
            )
    sources = {f"feed:{url}" for url in kept}
    for source in {row["source"] for row in days(tx, calendar)} - sources:
        tx.run(
            "DELETE FROM calendar_day WHERE calendar = :id AND source = :s", id=calendar, s=source
        )
