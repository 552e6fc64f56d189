"""Channels: our configured addresses, their stored settings, and how each one is doing.

Secrets in ``settings`` are already sealed or references when they come here (hub/vault.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.fold import clean
from storage import events, tokens

if TYPE_CHECKING:
    from storage.db import Row, Tx

REMOVED = "removed"
"""State of a channel that is gone from the configuration; its history stays."""


def listed(tx: Tx) -> list[Row]:
    """All channels that are not removed, by name."""
    return tx.all(
        """
        SELECT c.*, (SELECT MAX(r.received_at) FROM raw_request r WHERE r.channel = c.id)
          AS last_event_at
        FROM channel c WHERE c.state <> :removed ORDER BY c.name
        """,
        removed=REMOVED,
    )


def get(tx: Tx, id: int) -> Row | None:
    """One channel, removed or not."""
    return tx.one("SELECT * FROM channel WHERE id = :id", id=id)


def by_name(tx: Tx, name: str) -> Row | None:
    """One channel, removed or not."""
    return tx.one("SELECT * FROM channel WHERE name = :name", name=name)


@dataclass(frozen=True, slots=True, kw_only=True)
class Definition:
    """What configuration says of a channel; JSON fields are encoded."""

    name: str
    kind: str
    title: str = ""
    settings: str = "{}"
    options: str = "{}"
    signature_mode: str = "enforce"
    enabled: bool = True
    simulated: bool = False


def save(tx: Tx, wanted: Definition, now: int) -> int:
    """Make a channel, or change the one of that name; its id. It starts anew."""
    found = tx.value(
        """
        INSERT INTO channel (name, kind, title, settings, options, signature_mode, enabled,
          simulated, state_since, created_at)
        VALUES (:name, :kind, :title, :settings, :options, :signature_mode, :enabled,
          :simulated, :now, :now)
        ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, title = excluded.title,
          settings = excluded.settings, options = excluded.options,
          signature_mode = excluded.signature_mode, enabled = excluded.enabled,
          simulated = excluded.simulated, state = 'starting', state_detail = '',
          state_since = excluded.state_since
        RETURNING id
        """,
        name=wanted.name,
        kind=wanted.kind,
        title=clean(wanted.title, 100),
        settings=wanted.settings,
        options=wanted.options,
        signature_mode=wanted.signature_mode,
        enabled=wanted.enabled,
        simulated=wanted.simulated,
        now=now,
    )
    events.append(tx, "channel.changed", found, now=now)
    return int(found)


def remove(tx: Tx, id: int, now: int) -> None:
    """Take it out of the configuration; secrets go with it."""
    tx.run(
        """
        UPDATE channel SET enabled = FALSE, settings = '{}', state = :removed, state_detail = '',
          state_since = :now WHERE id = :id
        """,
        id=id,
        removed=REMOVED,
        now=now,
    )
    tokens.drop(tx, id)
    events.append(tx, "channel.changed", id, now=now)


def set_state(tx: Tx, id: int, state: str, detail: str, now: int) -> bool:
    """How it is doing; False if it was so already."""
    changed = tx.run(
        """
        UPDATE channel SET state = :state, state_detail = :detail, state_since = :now
        WHERE id = :id AND state <> :removed AND (state <> :state OR state_detail <> :detail)
        """,
        id=id,
        state=state,
        detail=clean(detail, 500),
        now=now,
        removed=REMOVED,
    )
    if changed:
        events.append(tx, "channel.changed", id, now=now)
    return bool(changed)


def set_cursor(tx: Tx, id: int, cursor: str) -> None:
    """Where its source goes on: written once all of the batch is."""
    tx.run("UPDATE channel SET source_cursor = :cursor WHERE id = :id", id=id, cursor=cursor)


def reseal(tx: Tx, id: int, settings: str) -> None:
    """The same settings under another key."""
    tx.run("UPDATE channel SET settings = :settings WHERE id = :id", id=id, settings=settings)


def oldest_undelivered(tx: Tx) -> dict[int, int]:
    """Channel -> when its oldest part that has not left was made (µs)."""
    rows = tx.all(
        """
        SELECT channel, MIN(created_at) AS oldest FROM delivery
        WHERE state IN ('queued', 'deferred', 'sending') GROUP BY channel
        """
    )
    return {row["channel"]: row["oldest"] for row in rows}
