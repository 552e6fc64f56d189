"""Who takes part in a conversation; worked out anew from its messages after some were moved."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any, Final

import msgspec

from storage import contacts
from storage.later import Table

if TYPE_CHECKING:
    from storage.db import Row, Tx

MOST_MESSAGES = 2_000  # looked through: the newest


class ParticipantRow(msgspec.Struct, frozen=True, gc=False):
    """A row of ``participant``."""

    conversation: int
    identity: int
    role: str
    entry: int | None
    at: int


PARTICIPANTS: Final = Table("participant", ParticipantRow, keyed=True)


def takes_part(tx: Tx, conversation: int, identity: int) -> bool:
    """Whether this address is a participant."""
    return bool(
        tx.value(
            "SELECT 1 FROM participant WHERE conversation = :c AND identity = :i LIMIT 1",
            c=conversation,
            i=identity,
        )
    )


def join(
    tx: Tx, conversation: int, identity: int, role: str, entry: int | None, *, now: int
) -> None:
    """Somebody takes part; a known participant stays as first named."""
    tx.add_later(PARTICIPANTS, ParticipantRow(conversation, identity, role, entry, now))


def of(tx: Tx, conversation: int) -> list[Row]:
    """Who takes part, in the order they came in."""
    return tx.all(
        """
        SELECT p.role, p.entry, p.at, i.id AS identity, i.uri, i.name, i.verified, i.contact
        FROM participant p JOIN identity i ON i.id = p.identity
        WHERE p.conversation = :c ORDER BY p.at, p.identity
        """,
        c=conversation,
    )


def began(tx: Tx, conversation: int) -> int:
    """The first message of a conversation; 0: there is none."""
    found = tx.value(
        "SELECT MIN(id) FROM timeline_entry WHERE conversation = :c AND kind = 'message'",
        c=conversation,
    )
    return int(found or 0)


def rebuild(tx: Tx, conversation: int, contact: int, ours: Collection[str]) -> None:
    """Everybody whom its mails name, as first named, and whoever else than ``contact``, the person
    it is about, wrote in it."""
    tx.run("DELETE FROM participant WHERE conversation = :c AND entry IS NOT NULL", c=conversation)
    rows = tx.all(
        """
        SELECT id, contact, identity, direction, actor, message_id, data, recorded_at
        FROM timeline_entry
        WHERE conversation = :c AND kind = 'message' AND identity IS NOT NULL
        ORDER BY id DESC LIMIT :most
        """,
        c=conversation,
        most=MOST_MESSAGES,
    )
    for row in reversed(rows):
        data: dict[str, Any] = msgspec.json.decode(row["data"])
        came = row["direction"] == "in"
        mail = row["message_id"] is not None or (came and not data.keys().isdisjoint(("to", "cc")))
        if came and (mail or row["contact"] != contact):
            at = row["recorded_at"]
            join(tx, conversation, row["identity"], "from", row["id"], now=at)
        if mail and row["actor"] != "hub":
            _join(tx, conversation, row, data, {*ours, *data.get("reached", ())})


def last_spoken(tx: Tx, conversation: int, contact: int, quiet: Collection[str]) -> Row | None:
    """The newest message that says where the conversation is going on: what somebody wrote (without
    any of these facts), or an answer of ours to the person it is about. None: there is none."""
    own = {row["id"] for row in contacts.identities(tx, contact)}
    rows = tx.all(
        """
        SELECT identity, channel, direction, data FROM timeline_entry
        WHERE conversation = :c AND kind = 'message' AND actor <> 'hub'
          AND identity IS NOT NULL AND channel IS NOT NULL
        ORDER BY id DESC LIMIT :most
        """,
        c=conversation,
        most=MOST_MESSAGES,
    )
    for row in rows:
        if row["direction"] == "out" and row["identity"] not in own:
            continue
        if row["direction"] == "out" or set(quiet).isdisjoint(msgspec.json.decode(row["data"])):
            return row
    return None


def _join(tx: Tx, conversation: int, row: Row, data: dict[str, Any], ours: set[str]) -> None:
    """Whom one mail names beside its writer."""
    for role in ("reply_to", "to", "cc"):
        for uri, _ in data.get(role, ()):
            identity = None if uri in ours else _identity(tx, uri)
            if identity is not None and (row["direction"], identity) != ("in", row["identity"]):
                at = row["recorded_at"]
                join(tx, conversation, identity, role, row["id"], now=at)


def _identity(tx: Tx, uri: str) -> int | None:
    found = tx.value("SELECT id FROM identity WHERE uri = :uri", uri=uri)
    return None if found is None else int(found)
