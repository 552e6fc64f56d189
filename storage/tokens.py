"""What a channel's connector keeps between two starts, sealed: an access and a refresh token."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.fold import clean
from storage import events

if TYPE_CHECKING:
    from storage.db import Row, Tx

WORDS_CAP = 500  # characters


def get(tx: Tx, channel: int) -> Row | None:
    """Row of sealed, expires_at, refresh_expires_at, renewed_at, trouble, trouble_at (µs)."""
    return tx.one("SELECT * FROM channel_token WHERE channel = :c", c=channel)


def listed(tx: Tx) -> list[Row]:
    """All of them, by channel."""
    return tx.all("SELECT * FROM channel_token ORDER BY channel")


def keep(
    tx: Tx,
    channel: int,
    sealed: str,
    *,
    expires_at: int | None,
    refresh_expires_at: int | None,
    now: int,
) -> None:
    """Keep tokens that a provider has just given; earlier trouble is over."""
    tx.run(
        """
        INSERT INTO channel_token (channel, sealed, expires_at, refresh_expires_at, renewed_at)
        VALUES (:channel, :sealed, :expires_at, :refresh_expires_at, :now)
        ON CONFLICT (channel) DO UPDATE SET sealed = excluded.sealed,
          expires_at = excluded.expires_at, refresh_expires_at = excluded.refresh_expires_at,
          renewed_at = excluded.renewed_at, trouble = '', trouble_at = NULL
        """,
        channel=channel,
        sealed=sealed,
        expires_at=expires_at,
        refresh_expires_at=refresh_expires_at,
        now=now,
    )
    events.append(tx, "channel.changed", channel, now=now)


def trouble(tx: Tx, channel: int, words: str, now: int) -> None:
    """They could not be renewed."""
    changed = tx.run(
        """
        INSERT INTO channel_token (channel, sealed, trouble, trouble_at)
        VALUES (:channel, '', :words, :now)
        ON CONFLICT (channel) DO UPDATE SET trouble = excluded.trouble,
          trouble_at = COALESCE(channel_token.trouble_at, excluded.trouble_at)
        WHERE channel_token.trouble <> excluded.trouble
        """,
        channel=channel,
        words=clean(words, WORDS_CAP),
        now=now,
    )
    if changed:
        events.append(tx, "channel.changed", channel, now=now)


def reseal(tx: Tx, channel: int, sealed: str) -> None:
    """The same tokens under another key."""
    tx.run("UPDATE channel_token SET sealed = :s WHERE channel = :c", s=sealed, c=channel)


def drop(tx: Tx, channel: int) -> None:
    """The channel is gone."""
    tx.run("DELETE FROM channel_token WHERE channel = :c", c=channel)
