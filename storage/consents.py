"""Consent: append-only, per address and purpose, read inside the delivery claim."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from storage import events

if TYPE_CHECKING:
    from storage.db import Row, Tx

Purpose = Literal["reply", "service", "marketing"]
PURPOSES: tuple[Purpose, ...] = ("reply", "service", "marketing")


def record(
    tx: Tx,
    identity: int,
    channel: int | None,
    state: Literal["granted", "withdrawn"],
    *,
    source: str,
    entry: int | None = None,
    now: int,
) -> None:
    """A person opted out of, or back into, everything we send to this address."""
    for purpose in PURPOSES:
        tx.run(
            """
            INSERT INTO consent (identity, channel, purpose, state, source, entry, at)
            VALUES (:identity, :channel, :purpose, :state, :source, :entry, :now)
            """,
            identity=identity,
            channel=channel,
            purpose=purpose,
            state=state,
            source=source,
            entry=entry,
            now=now,
        )
    contact = tx.value("SELECT contact FROM identity WHERE id = :i", i=identity)
    events.append(tx, "contact.changed", contact, contact=contact, now=now)


def withdrawn(tx: Tx, identity: int, channel: int, purpose: Purpose = "reply") -> Row | None:
    """The withdrawal in force for this address on this channel, or None if we may send."""
    row = tx.one(
        """
        SELECT * FROM consent
        WHERE identity = :identity AND purpose = :purpose
          AND (channel IS NULL OR channel = :channel)
        ORDER BY id DESC LIMIT 1
        """,
        identity=identity,
        purpose=purpose,
        channel=channel,
    )
    return row if row is not None and row["state"] == "withdrawn" else None


def history(tx: Tx, identity: int) -> list[Row]:
    """All that was said about this address, oldest first."""
    return tx.all("SELECT * FROM consent WHERE identity = :i ORDER BY id", i=identity)
