"""Who takes part in a conversation, worked out anew from its messages after some were moved."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import msgspec

from storage import conversations

if TYPE_CHECKING:
    from storage.db import Row, Tx

MOST_MESSAGES = 2_000  # looked through: the newest


def any_of(tx: Tx, conversation: int) -> bool:
    """Whether anybody is named as taking part: so it is where mails are."""
    return bool(
        tx.value("SELECT 1 FROM participant WHERE conversation = :c LIMIT 1", c=conversation)
    )


def began(tx: Tx, conversation: int) -> int:
    """The first message of a conversation; 0: there is none."""
    found = tx.value(
        "SELECT MIN(id) FROM timeline_entry WHERE conversation = :c AND kind = 'message'",
        c=conversation,
    )
    return int(found or 0)


def rebuild(tx: Tx, conversation: int, ours: Collection[str], *, mail: bool) -> None:
    """Everybody whom its messages name, as first named; ``mail``: recipients take part too."""
    tx.run("DELETE FROM participant WHERE conversation = :c AND entry IS NOT NULL", c=conversation)
    rows = tx.all(
        """
        SELECT id, identity, direction, actor, data, recorded_at FROM timeline_entry
        WHERE conversation = :c AND kind = 'message' AND identity IS NOT NULL
        ORDER BY id DESC LIMIT :most
        """,
        c=conversation,
        most=MOST_MESSAGES,
    )
    for row in reversed(rows):
        _join(tx, conversation, row, ours, mail=mail)


def _join(tx: Tx, conversation: int, row: Row, ours: Collection[str], *, mail: bool) -> None:
    at = row["recorded_at"]
    if row["direction"] == "in":
        conversations.join(tx, conversation, row["identity"], "from", row["id"], now=at)
    if not mail or row["actor"] == "hub":
        return
    data: dict[str, Any] = msgspec.json.decode(row["data"])
    left_out = {*ours, *data.get("reached", ())}
    for role in ("reply_to", "to", "cc"):
        for uri, _ in data.get(role, ()):
            identity = None if uri in left_out else _identity(tx, uri)
            if identity is not None and (row["direction"], identity) != ("in", row["identity"]):
                conversations.join(tx, conversation, identity, role, row["id"], now=at)


def _identity(tx: Tx, uri: str) -> int | None:
    found = tx.value("SELECT id FROM identity WHERE uri = :uri", uri=uri)
    return None if found is None else int(found)
