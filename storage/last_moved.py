"""When something was last filed in a matter: its hour, which the group writes at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from storage.db import Row, Tx


def note(tx: Tx, id: int, *, now: int) -> None:
    """Something was filed in it that changes nothing but its hour.

    On SQLite the hour is written with the group, by ``flush``; whoever asks for it before takes
    ``of``, or calls ``write``.
    """
    if tx.engine == "sqlite":
        tx.pending_seen.append((id, now))
    else:  # rows are locked in the order of the functions, never in another one at the end
        tx.run(
            "UPDATE conversation SET last_at = GREATEST(last_at, :n) WHERE id = :id", n=now, id=id
        )


def flush(tx: Tx) -> None:
    """Write the hours of a group in one statement: 3 microseconds each instead of 9."""
    write(tx)
    tx.pending_seen.clear()


def write(tx: Tx) -> None:
    """Let statements see the group's hours. They stay pending: a function that fails takes back what
    it wrote, the others' with it."""
    if tx.pending_seen:
        newest = dict(sorted(tx.pending_seen))
        tx.run(_FLUSH, seen=msgspec.json.encode(list(newest.items())).decode())


def of(tx: Tx, row: Row) -> int:
    """When a matter last moved (µs), by its row and by what its group is still to write."""
    return max([int(row["last_at"]), *(at for id, at in tx.pending_seen if id == row["id"])])


_FLUSH = """
UPDATE conversation SET last_at = MAX(last_at, seen.at)
FROM (SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS at
      FROM json_each(:seen)) AS seen
WHERE conversation.id = seen.id
"""
