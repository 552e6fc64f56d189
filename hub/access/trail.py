"""The audit as people and programs read it: with names, in pages, as CSV or a JSON object a line."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from storage import audit
from storage.views import time_of

if TYPE_CHECKING:
    from storage.db import Database, Row, Tx

CHUNK = 1_000  # lines read in one transaction
COLUMNS = ("id", "at", "actor", "actor_name", "action", "subject", "subject_name", "data")
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What a spreadsheet would run: https://owasp.org/www-community/attacks/CSV_Injection"""


class Wanted(msgspec.Struct, frozen=True):
    """Which lines; None: any. Times are µs, ``until`` not included."""

    actor: str | None = None
    action: str | None = None
    subject: str | None = None
    since: int | None = None
    until: int | None = None


class Line(msgspec.Struct, kw_only=True):
    """One act."""

    id: int
    at: datetime
    actor: str
    actor_name: str
    """Of a person or token; empty for others."""
    action: str
    subject: str
    subject_name: str
    data: dict[str, Any]


def lines(
    tx: Tx, wanted: Wanted, *, limit: int, before: int | None = None, after: int | None = None
) -> list[Line]:
    """Newest first, or from ``after`` on oldest first."""
    rows = audit.page(tx, **msgspec.structs.asdict(wanted), limit=limit, before=before, after=after)
    names = _names(tx, rows)
    return [
        Line(
            id=row["id"],
            at=time_of(row["at"]),
            actor=row["actor"],
            actor_name=names.get(row["actor"], ""),
            action=row["action"],
            subject=row["subject"],
            subject_name=names.get(row["subject"], ""),
            data=msgspec.json.decode(row["data"]),
        )
        for row in rows
    ]


def _names(tx: Tx, rows: Iterable[Row]) -> dict[str, str]:
    ids: dict[str, set[int]] = {"user": set(), "token": set(), "agent": set()}
    for row in rows:
        for who in (row["actor"], row["subject"]):
            kind, _, id = who.partition(":")
            if kind in ids and id.isascii() and id.isdigit() and len(id) < 19:
                ids[kind].add(int(id))
    return audit.names(tx, ids["user"], ids["token"], ids["agent"])


def exported(tx: Tx, by: str, wanted: Wanted, kind: str, now: int) -> None:
    """Write down that somebody takes these lines away."""
    given = {name: value for name, value in msgspec.structs.asdict(wanted).items() if value}
    audit.record(tx, by, "export-audit", "audit", now=now, format=kind, **{"filter": given})


async def pieces(
    db: Database, wanted: Wanted, kind: Literal["csv", "jsonl"]
) -> AsyncIterator[bytes]:
    """The lines as a file, a page a piece: nothing is held open between two."""
    if kind == "csv":
        yield head()
    after = 0
    while True:
        found = await db.read(lines, wanted, limit=CHUNK, after=after)
        if found:
            yield encoded(found, kind)
        if len(found) < CHUNK:
            return
        after = found[-1].id


def head() -> bytes:
    """The first line of a CSV file, after the mark by which spreadsheets know UTF-8."""
    return codecs.BOM_UTF8 + _csv([COLUMNS])


def encoded(found: Iterable[Line], kind: Literal["csv", "jsonl"]) -> bytes:
    """Some lines in that format."""
    if kind == "jsonl":
        return b"".join(msgspec.json.encode(line) + b"\n" for line in found)
    return _csv([_cells(line) for line in found])


def _cells(line: Line) -> tuple[str, ...]:
    data = msgspec.json.encode(line.data).decode()
    cells = (
        str(line.id),
        line.at.isoformat(),
        line.actor,
        line.actor_name,
        line.action,
        line.subject,
        line.subject_name,
        data,
    )
    return tuple(f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in cells)


def _csv(rows: Iterable[Iterable[str]]) -> bytes:
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerows(rows)
    return text.getvalue().encode()
