"""Entries filed elsewhere by people: what was moved where, and the way back."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Final

import msgspec

from connectors.fold import clean
from storage import conversations, events
from storage.timeline import SUBJECT_CAP

if TYPE_CHECKING:
    from storage.db import Row, Tx

MOST_STEPS = 10  # moves that are followed from a conversation that is empty now
KINDS = "('message', 'note')"
"""What can be moved; the thin lines tell what befell the conversation they stand in."""
_MOVED_ITEM = "('queued', 'offered', 'deferred', 'connecting', 'active', 'held')"


def add(
    tx: Tx,
    *,
    source: int,
    target: int,
    entries: Sequence[int],
    made: bool,
    before: Mapping[str, Any],
    actor: str,
    now: int,
) -> int:
    """Write down a move, with how both conversations stood; its id."""
    return tx.insert(
        """
        INSERT INTO entry_move (source, target, entries, made, before, actor, at)
        VALUES (:source, :target, :entries, :made, :before, :actor, :now)
        """,
        source=source,
        target=target,
        entries=_json(list(entries)),
        made=made,
        before=_json(before),
        actor=actor,
        now=now,
    )


def get(tx: Tx, id: int) -> Row | None:
    """One move."""
    return tx.one("SELECT * FROM entry_move WHERE id = :id", id=id)


def entries_of(move: Row) -> list[int]:
    """The entries that it moved."""
    return msgspec.json.decode(move["entries"], type=list[int])


def undone(tx: Tx, id: int, actor: str, *, now: int) -> bool:
    """Mark it as taken back; False: it was before."""
    return bool(
        tx.run(
            """
            UPDATE entry_move SET undone_by = :actor, undone_at = :now
            WHERE id = :id AND undone_at IS NULL
            """,
            id=id,
            actor=actor,
            now=now,
        )
    )


def of_entry(tx: Tx, entry: int, conversation: int) -> list[Row]:
    """The moves that brought an entry to where it is, oldest first, by way of ``conversation``."""
    seen: set[int] = set()
    found: dict[int, Row] = {}
    todo = [conversation]
    while todo and len(seen) < MOST_STEPS:
        place = todo.pop()
        if place in seen:
            continue
        seen.add(place)
        for row in tx.all(
            "SELECT * FROM entry_move WHERE target = :c OR source = :c ORDER BY id", c=place
        ):
            if row["id"] not in found and entry in entries_of(row):
                found[row["id"]] = row
                todo += [row["source"], row["target"]]
    return [found[id] for id in sorted(found)]


def namesake(tx: Tx, entry: Row) -> int | None:
    """Another message that came in under the same Message-ID, with other content; None: there is
    none."""
    found = tx.value(
        """
        SELECT id FROM timeline_entry
        WHERE message_id = :m AND message_id IS NOT NULL AND direction = 'in' AND id <> :id LIMIT 1
        """,
        m=entry["message_id"],
        id=entry["id"],
    )
    return None if found is None else int(found)


# ---------------------------------------------------------------- what is moved


def movable(tx: Tx, conversation: int, first: int, *, later: bool) -> list[Row]:
    """The entry of that id, and with ``later`` all that people wrote after it there."""
    return tx.all(
        f"""
        SELECT * FROM timeline_entry
        WHERE conversation = :c AND kind IN {KINDS} AND (id = :first OR (:later AND id > :first))
        ORDER BY id
        """,
        c=conversation,
        first=first,
        later=later,
    )


def left_in(tx: Tx, conversation: int) -> int:
    """How much of what people wrote is still in a conversation."""
    return int(
        tx.value(
            f"SELECT COUNT(*) FROM timeline_entry WHERE conversation = :c AND kind IN {KINDS}",
            c=conversation,
        )
    )


def newest_message(tx: Tx, conversation: int) -> int:
    """When the last message of a conversation was recorded (µs); 0: there is none."""
    found = tx.value(
        "SELECT MAX(recorded_at) FROM timeline_entry WHERE conversation = :c AND kind = 'message'",
        c=conversation,
    )
    return int(found or 0)


def received_since(tx: Tx, conversation: int, at: int) -> list[Row]:
    """What customers wrote there from then on (µs), oldest first."""
    return tx.all(
        """
        SELECT id, direction, recorded_at, data FROM timeline_entry
        WHERE conversation = :c AND kind = 'message' AND direction = 'in' AND recorded_at >= :at
        ORDER BY recorded_at, id
        """,
        c=conversation,
        at=at,
    )


def on_its_way(tx: Tx, entry: int) -> bool:
    """Whether a part of an answer has not left yet."""
    return bool(
        tx.value(
            """
            SELECT 1 FROM delivery
            WHERE entry = :e AND state IN ('queued', 'deferred', 'sending') LIMIT 1
            """,
            e=entry,
        )
    )


SETTLED: Final = "settled"
"""The fact of a moved message that it was answered, or needed no answer, before it was moved."""


def set_settled(tx: Tx, entry: Row) -> None:
    """Keep it with the entry."""
    data: dict[str, Any] = msgspec.json.decode(entry["data"])
    tx.run(
        "UPDATE timeline_entry SET data = :data WHERE id = :id",
        data=_json({**data, SETTLED: True}),
        id=entry["id"],
    )


def carry(tx: Tx, entry: Row, source: Row, target: Row, *, now: int) -> None:
    """Put one entry into another conversation, with its deliveries, and tell the screens of both:
    ``entry.left`` where it was, ``entry.moved`` where it is."""
    both = {"e": entry["id"], "target": target["id"]}
    tx.run("UPDATE timeline_entry SET conversation = :target WHERE id = :e", **both)
    if entry["direction"] == "out":
        tx.run("UPDATE delivery SET conversation = :target WHERE entry = :e", **both)
    for kind, place in (("entry.left", source), ("entry.moved", target)):
        events.append(
            tx,
            kind,
            entry["id"],
            conversation=place["id"],
            contact=place["contact"],
            queue=place["queue"],
            agent=place["agent"],
            now=now,
        )


# ---------------------------------------------------------------- how a conversation stands


def set_standing(tx: Tx, id: int, *, status: str, waiting_since: int | None) -> None:
    """Owed, pending, snoozed as before: with the first message that nobody has answered."""
    tx.run(
        """
        UPDATE conversation SET status = :status, waiting_since = :since,
          snoozed_until = CASE WHEN :snoozed THEN snoozed_until END, resolved_at = NULL
        WHERE id = :id
        """,
        id=id,
        status=status,
        since=waiting_since,
        snoozed=status == "snoozed",
    )


def point(tx: Tx, id: int, to: int | None) -> None:
    """Some of its entries are there now: answers to them find the way."""
    tx.run("UPDATE conversation SET moved_to = :to WHERE id = :id", id=id, to=to)


def empty(tx: Tx, id: int, to: int, *, now: int) -> None:
    """Everything in it was moved: it is shown nowhere, and leads to where that is now."""
    tx.run(
        """
        UPDATE conversation SET status = 'moved', moved_to = :to, waiting_since = NULL,
          snoozed_until = NULL, resolved_at = :now, last_agent = COALESCE(agent, last_agent),
          agent = NULL
        WHERE id = :id
        """,
        id=id,
        to=to,
        now=now,
    )


def put_back(tx: Tx, id: int, was: Mapping[str, Any]) -> None:
    """A conversation is again as ``was`` says; what was owed then is for the mover to say."""
    tx.run(
        """
        UPDATE conversation SET status = :status, queue = :queue, agent = :agent,
          resolved_at = :resolved_at, snoozed_until = :snoozed_until, moved_to = :moved_to,
          waiting_since = NULL
        WHERE id = :id
        """,
        id=id,
        **{name: was[name] for name in (
            "status", "queue", "agent", "resolved_at", "snoozed_until", "moved_to",
        )},
    )  # fmt: skip


def live_item(tx: Tx, conversation: int) -> Row | None:
    """The turn under way, but for one that is only being written up."""
    return tx.one(
        f"SELECT * FROM work_item WHERE conversation = :c AND state IN {_MOVED_ITEM}",
        c=conversation,
    )


# ---------------------------------------------------------------- where a matter is now


def present(tx: Tx, row: Row, answered: Iterable[str]) -> Row:
    """Where the mails that somebody answers are now, of a conversation from which some were moved:
    by their Message-IDs, else where all of it went."""
    for message_id in answered:
        found = tx.value(
            """
            SELECT conversation FROM timeline_entry
            WHERE message_id = :m AND message_id IS NOT NULL AND conversation IS NOT NULL
            ORDER BY id DESC LIMIT 1
            """,
            m=clean(message_id, SUBJECT_CAP),
        )
        if found is not None:
            return conversations.get(tx, found) or row
    for _ in range(MOST_STEPS):
        further = row["moved_to"] if row["status"] == "moved" else None
        following = None if further is None else conversations.get(tx, further)
        if following is None:
            return row
        row = following
    return row


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
