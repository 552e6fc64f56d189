"""Calling a matter spam, and taking it back: what it was before is kept with the act.

The matter is resolved, whoever wrote it is blocked, what was on its way to them stops. Undone, it
is as it was: status, owner, and the place in line by the old ``waiting_since``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from storage import agents, audit, consents, conversations, spam

if TYPE_CHECKING:
    from hub.compose import Author
    from storage.db import Row, Tx

_NO_TURN = frozenset({"auto", "bounce", "consent"})
"""Facts of messages that owe nobody an answer."""


def before(row: Row) -> dict[str, Any]:
    """What is kept of a conversation when it is called spam."""
    names = ("status", "agent", "waiting_since", "snoozed_until")
    return {name: row[name] for name in names if row[name] is not None}


def block(tx: Tx, row: Row, author: Author, *, now: int) -> None:
    """Block whoever wrote the matter."""
    sender = spam.sender(tx, row)
    if consents.block(tx, sender, conversation=row["id"], now=now):
        audit.record(tx, author.by, "identity.block", f"identity:{sender}", now=now, spam=row["id"])


def unblock(tx: Tx, row: Row, author: Author, *, now: int) -> None:
    """Whoever was blocked for this matter is heard again; a block by hand stays."""
    for one in {spam.sender(tx, row), row["identity"]}:
        consents.unblock_for(tx, row["id"], one, now=now)
    audit.record(tx, author.by, "identity.unblock", f"conversation:{row['id']}", now=now)


def restore(tx: Tx, row: Row, *, now: int) -> Row | None:
    """Make the matter what it was before it was called spam; None where nothing is known of that.

    The owner is left out if they work here no more. If they wrote meanwhile, that is owed now. Its
    turn is for the caller to begin.
    """
    kept = spam.kept(tx, row["id"])
    if not kept:
        return None
    unheard = filter(_asks, spam.written_since(tx, row["id"]))
    if (first := next(unheard, None)) is not None:
        since = {"waiting_since": first["recorded_at"]}
        kept = {**since, **kept, "status": "open", "snoozed_until": None}
    owner = None if kept.get("agent") is None else agents.get(tx, kept["agent"])
    owner_id = owner["id"] if owner is not None and owner["active"] else None
    spam.bring_back(tx, row["id"], kept, owner_id)
    conversations.changed(tx, row["id"], now=now)
    return conversations.get(tx, row["id"])


def missed(tx: Tx, row: Row, *, now: int) -> list[Row]:
    """What they began elsewhere while they were blocked for this matter is owed too, in its queue;
    those conversations, open now. Their turns are for the caller to begin."""
    unheard = filter(_asks, spam.begun_since(tx, row["id"], spam.sender(tx, row)))
    first = {one["conversation"]: one["recorded_at"] for one in unheard}  # newest first
    found = []
    for id, since in first.items():
        spam.open_late(tx, id, row["queue"], since)
        conversations.changed(tx, id, now=now)
        back = conversations.get(tx, id)
        found += [back] if back is not None and back["status"] == "open" else []
    return found


def _asks(row: Row) -> bool:
    """Whether a message wants an answer."""
    return _NO_TURN.isdisjoint(msgspec.json.decode(row["data"], type=dict[str, Any]))
