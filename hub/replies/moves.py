"""Splitting off and moving: entries that were filed in the wrong matter, and taking that back.

An entry keeps its number, its person and its files; only its conversation changes. What the source
owed for it the target owes from then on, with its place in line; a source with nothing left in it
leads to the target and is shown nowhere. Undoing is the same walk the other way.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from connectors.subject import bare
from hub.actions import NotPossible
from hub.replies import owed
from storage import audit, conversations, moves, participants, timeline
from storage.timeline import Entry

if TYPE_CHECKING:
    from connectors.contract import Uri
    from hub.compose import Author
    from hub.desk import Desk
    from storage.db import Row, Tx

_KEPT: Final = (
    "status", "queue", "agent", "waiting_since", "resolved_at", "snoozed_until", "moved_to",
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What moving needs beside the store."""

    desk: Desk
    ours: Collection[Uri]
    """All addresses where mails come to us: never participants."""
    author: Author
    now: int
    """µs."""


@dataclass(frozen=True, slots=True)
class Moved:
    """A move: what takes it back, and where the entries are now."""

    undo: int
    conversation: int


def move(tx: Tx, id: int, to: int | None, place: Place, *, later: bool = False) -> Moved:
    """File an entry (with ``later`` all that people wrote after it) in another conversation, or
    where ``to`` is None in a new one. Raises LookupError, NotPossible."""
    source = _source(tx, id)
    rows = moves.movable(tx, source["id"], id, later=later)
    _check(tx, rows)
    if to == source["id"]:
        raise NotPossible("it is in this conversation already")
    if to is None and len(rows) == moves.left_in(tx, source["id"]):
        raise NotPossible("nothing would be left: it is a conversation of its own")
    target = _opened(tx, source, rows, place) if to is None else _target(tx, to)
    move = moves.add(
        tx,
        source=source["id"],
        target=target["id"],
        entries=[row["id"] for row in rows],
        made=to is None,
        before={"source": _standing(source), "target": _standing(target)},
        actor=place.author.actor,
        now=place.now,
    )
    _carry(tx, rows, source, target, place, move=move, what="moved")
    return Moved(move, target["id"])


def undo(tx: Tx, id: int, place: Place) -> Moved:
    """Take a move back; ``undo`` is its number. Raises LookupError, NotPossible."""
    row = moves.get(tx, id)
    if row is None:
        raise LookupError("no such move")
    source, target = (_conversation(tx, row[name]) for name in ("source", "target"))
    rows = [
        entry
        for one in moves.entries_of(row)
        if (entry := timeline.get(tx, one)) is not None and entry["conversation"] == target["id"]
    ]
    if len(rows) != len(moves.entries_of(row)):
        raise NotPossible("some of it was moved on since: undo that first")
    _check(tx, rows)
    if not moves.undone(tx, id, place.author.actor, now=place.now):
        raise NotPossible("it was undone before")
    before: dict[str, Mapping[str, Any]] = msgspec.json.decode(row["before"])
    if source["status"] == "moved":
        moves.put_back(tx, source["id"], owed.at_rest(before["source"]))
        source = _conversation(tx, source["id"])
    _carry(tx, rows, target, source, place, move=id, what="moved_back")
    moves.point(tx, source["id"], before["source"]["moved_to"])
    for name, one in (("source", source), ("target", target)):
        if moves.newest_message(tx, one["id"]) < row["at"]:
            owed.rest_again(tx, one["id"], before[name], place.desk, now=place.now)
    return Moved(id, source["id"])


# ---------------------------------------------------------------- what may be moved where


def _source(tx: Tx, id: int) -> Row:
    entry = timeline.get(tx, id)
    if entry is None or entry["conversation"] is None:
        raise LookupError("no such entry")
    if entry["kind"] not in ("message", "note"):
        raise NotPossible("only messages and notes can be moved")
    return _conversation(tx, entry["conversation"])


def _conversation(tx: Tx, id: int) -> Row:
    row = conversations.get(tx, id)
    if row is None:
        raise LookupError("no such conversation")
    return row


def _target(tx: Tx, id: int) -> Row:
    row = _conversation(tx, id)
    if row["status"] == "moved":
        raise NotPossible("everything in that conversation was moved itself")
    if row["status"] == "spam":
        raise NotPossible("that conversation is spam: reopen it first")
    return row


def _check(tx: Tx, rows: Sequence[Row]) -> None:
    if any(row["direction"] == "out" and moves.on_its_way(tx, row["id"]) for row in rows):
        raise NotPossible("an answer of it is still on its way")


def _opened(tx: Tx, source: Row, rows: Sequence[Row], place: Place) -> Row:
    """A conversation of its own for them: with whoever wrote, in the source's queue and hands."""
    about = next((row for row in rows if row["direction"] == "in"), None)
    about = about or next((row for row in rows if row["identity"] is not None), None)
    closed = source["status"] in (*conversations.CLOSED, "moved")
    id = conversations.create(
        tx,
        contact=source["contact"] if about is None else about["contact"],
        identity=source["identity"] if about is None else about["identity"],
        channel=source["channel"] if about is None else about["channel"],
        status="resolved" if closed else "pending",
        subject=source["subject"] if about is None else bare(about["subject"]),
        queue=source["queue"],
        priority=source["priority"],
        waiting_since=None,
        follows=source["id"],
        now=place.now,
    )
    if not closed and source["agent"] is not None:
        conversations.hand_over(tx, id, queue=None, agent=source["agent"], now=place.now)
    return _conversation(tx, id)


# ---------------------------------------------------------------- moving


def _carry(
    tx: Tx,
    rows: Sequence[Row],
    source: Row,
    target: Row,
    place: Place,
    *,
    move: int,
    what: str,
) -> None:
    """Move them, and with them who takes part and what is owed; say so on both timelines."""
    now = place.now
    debt = owed.by(source, rows)
    owed.settle(tx, source, rows)
    if debt is not None:  # its wait may begin before what nobody waits for there
        owed.settle(tx, target, moves.received_since(tx, target["id"], debt))
    turn = moves.live_item(tx, source["id"])
    for row in rows:
        moves.carry(tx, row, source, target, now=now)
    moves.point(tx, source["id"], target["id"])
    for one in (source, target):
        participants.rebuild(tx, one["id"], one["contact"], place.ours)
        _goes_on(tx, one)
    owed.release(tx, source, target, debt, turn, now=now)
    owed.take_on(tx, target, debt, turn, place.desk, now=now)
    ids = [row["id"] for row in rows]
    for here, there, kind in ((source, target, f"{what}_away"), (target, source, f"{what}_here")):
        _line(tx, here, there, kind, place, entries=ids, move=move)
    for one in (target, source):
        conversations.changed(tx, one["id"], now=now)
    audit.record(
        tx,
        place.author.by,
        f"entry.{what}",
        f"conversation:{target['id']}",
        now=now,
        source=source["id"],
        entries=ids,
        move=move,
    )


def _goes_on(tx: Tx, row: Row) -> None:
    """Answers go where what is in it now was written last, not to whose mail is elsewhere."""
    last = participants.last_spoken(tx, row["id"], row["contact"], owed.QUIET - {moves.SETTLED})
    if last is not None:
        conversations.goes_on_at(tx, row["id"], identity=last["identity"], channel=last["channel"])


def _line(
    tx: Tx, here: Row, there: Row, kind: str, place: Place, *, entries: list[int], move: int
) -> None:
    here = _conversation(tx, here["id"])
    timeline.append(
        tx,
        Entry(
            contact=here["contact"],
            conversation=here["id"],
            kind=kind,
            actor=place.author.actor,
            data={"entries": entries, "move": move, "other": there["id"], "code": there["code"]},
        ),
        queue=here["queue"],
        agent=here["agent"],
        now=place.now,
    )


def _standing(row: Row) -> dict[str, Any]:
    return {name: row[name] for name in _KEPT}
