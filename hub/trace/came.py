"""How something came in: its arrival, what the signature check said, and where it was filed and why."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from hub.trace import words
from hub.trace.shape import Line
from hub.trace.words import SENTENCES, say
from storage import traces
from storage.views.times import time_of

if TYPE_CHECKING:
    from storage.db import Row, Tx

LATE = 5 * 60 * 1_000_000  # microseconds from then on an arrival is late


def event(tx: Tx, id: int, *, asked: bool, entry: Row | None = None) -> Iterator[Line]:
    """Every arrival of one event of the ledger, and what became of it."""
    for row in traces.arrivals(tx, id):
        if row["duplicate_of"] == id:
            yield Line(at=time_of(row["at"]), what="again", words=say(SENTENCES, "again"),
                       data=_ids(row))  # fmt: skip
            continue
        if row["state"] != "rejected":
            yield _arrived(row, entry, asked=asked)
            yield _checked(row)
        if entry is None:
            yield _outcome(row, asked=asked)


def filed(entry: Row, name: str, *, first: bool, asked: bool) -> Line:
    """Where a message was filed and why."""
    data = details(entry)
    why = ", ".join(
        [str(data.get("evidence") or ("new" if first else "channel"))]
        + [name for name in ("via", "forwarded", "history") if name in data]
    )
    return Line(
        at=time_of(entry["recorded_at"]),
        what="filed",
        words=say(SENTENCES, "filed", name=name, why=words.evidence(why)),
        asked=asked,
        entry=entry["id"],
        data={
            "address": entry["uri"],
            "verified": bool(entry["verified"]),
            "message_id": entry["message_id"],
            "evidence": why,
        },
    )


def details(entry: Row) -> dict[str, Any]:
    """What an entry keeps beside its words."""
    return msgspec.json.decode(entry["data"], type=dict[str, Any])


def _arrived(row: Row, entry: Row | None, *, asked: bool) -> Line:
    sent_at = None if entry is None else entry["provider_time"]
    late = row["received_at"] - sent_at if sent_at else 0
    said = say(SENTENCES, "arrived", channel=row["channel"])
    if late > LATE:
        said = say(SENTENCES, "arrived_late", channel=row["channel"], span=words.span(late))
    return Line(at=time_of(row["received_at"]), what="arrived", words=said, asked=asked,
                data=_ids(row))  # fmt: skip


def _ids(row: Row) -> dict[str, Any]:
    return {
        "event": row["id"],
        "request": row["request"],
        "provider_id": row["provider_id"],
        "door": row["door"],
        "url": without_token(row["url"]),
        "key": row["key"],
    }


def _checked(row: Row) -> Line:
    result, _, reason = row["signature"].partition(": ")
    key = f"signature_{result}" if f"signature_{result}" in SENTENCES else "signature_none"
    said = say(SENTENCES, key, channel=row["channel"], reason=reason)
    return Line(at=time_of(row["received_at"]), what="signature", words=said,
                data={"result": result or "none", "reason": reason})  # fmt: skip


def _outcome(row: Row, *, asked: bool) -> Line:
    """What became of an event that is no entry of a timeline."""
    said = say(SENTENCES, row["state"], reason=row["reason"], first=row["duplicate_of"] or "")
    return Line(
        at=time_of(row["at"]),
        what="outcome",
        words=said,
        asked=asked,
        data={**_ids(row), "state": row["state"], "reason": row["reason"]},
    )


def without_token(url: str) -> str:
    """A signed URL as it may be shown: a token in it is a credential."""
    return f"{url.partition('token=')[0]}token=****" if "token=" in url else str(url)
