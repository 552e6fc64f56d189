"""What comes back of a delivery: the provider's ids and receipts, and who has seen it.

A receipt only moves forward, and one that arrives before its id is known is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from connectors.fold import clean
from storage import deliveries, timeline

if TYPE_CHECKING:
    from storage.db import Row, Tx

ID_CAP = 300  # characters of a provider's id


class _Early(msgspec.Struct, frozen=True):
    """What a receipt said that came before its id was known."""

    code: str
    words: str
    opted_out: bool


_early = msgspec.json.Decoder(_Early)


def sent(tx: Tx, row: Row, provider_ids: Sequence[str], *, words: str = "", now: int) -> None:
    """The provider has it; receipts that came before are applied. ``words``: what it said beside."""
    if provider_ids:
        timeline.name(tx, row["entry"], provider_ids[0])
    deliveries.advance(tx, row["id"], "sent", words=words, now=now)
    early: list[tuple[str, _Early]] = []
    for provider_id in map(_key, provider_ids):
        tx.run(
            """
            INSERT INTO delivery_provider_id (channel, provider_id, delivery)
            VALUES (:channel, :provider_id, :delivery) ON CONFLICT DO NOTHING
            """,
            channel=row["channel"],
            provider_id=provider_id,
            delivery=row["id"],
        )
        kept = tx.all(
            """
            DELETE FROM receipt_pending WHERE channel = :channel AND provider_id = :provider_id
            RETURNING state, data
            """,
            channel=row["channel"],
            provider_id=provider_id,
        )
        early += [(found["state"], _early.decode(found["data"])) for found in kept]
    for state, said in sorted(early, key=lambda one: deliveries.RANK[one[0]]):
        deliveries.advance(tx, row["id"], state, code=said.code, words=said.words, now=now)
        if said.opted_out:
            deliveries.record_opt_out(tx, row, said.code, now=now)


def take(
    tx: Tx,
    channel: int,
    provider_id: str,
    state: str,
    *,
    code: str,
    words: str,
    opted_out: bool = False,
    now: int,
) -> Row | None:
    """What the provider says of a part: applied, or kept until the part's id is known.

    Returns the delivery it belongs to, or None.
    """
    provider_id = _key(provider_id)
    found = tx.one(
        """
        SELECT d.* FROM delivery_provider_id p JOIN delivery d ON d.id = p.delivery
        WHERE p.channel = :channel AND p.provider_id = :provider_id
        """,
        channel=channel,
        provider_id=provider_id,
    )
    if found is None:
        tx.run(
            """
            INSERT INTO receipt_pending (channel, provider_id, state, data, at)
            VALUES (:channel, :provider_id, :state, :data, :now) ON CONFLICT DO NOTHING
            """,
            channel=channel,
            provider_id=provider_id,
            state=state,
            data=msgspec.json.encode(_said(code, words, opted_out)).decode(),
            now=now,
        )
        return None
    deliveries.advance(tx, found["id"], state, code=code, words=words, now=now)
    if opted_out:
        deliveries.record_opt_out(tx, found, code, now=now)
    return found


def seen_by(tx: Tx, uri: str, channel: int, upto: int, state: str, *, now: int) -> int:
    """The addressee has everything up to that entry (``delivered``) or has looked at it (``read``).
    How many parts moved."""
    rows = tx.all(
        """
        SELECT d.id FROM identity i
        JOIN timeline_entry t ON t.contact = i.contact
        JOIN delivery d ON d.entry = t.id AND d.identity = i.id
        WHERE i.uri = :uri AND d.channel = :channel AND d.entry <= :upto
          AND d.state IN ('sending', 'unknown', 'sent', 'delivered')
        ORDER BY d.id
        """,
        uri=uri,
        channel=channel,
        upto=upto,
    )
    return sum(deliveries.advance(tx, row["id"], state, now=now) is not None for row in rows)


def by_message_id(tx: Tx, channel: int, message_id: str) -> Row | None:
    """The part that left under this Message-ID: what a bounce is about."""
    return tx.one(
        """
        SELECT d.* FROM timeline_entry t JOIN delivery d ON d.entry = t.id
        WHERE t.message_id = :m AND t.direction = 'out' AND d.channel = :channel
        ORDER BY d.id LIMIT 1
        """,
        m=clean(message_id, timeline.SUBJECT_CAP),
        channel=channel,
    )


def _key(provider_id: str) -> str:
    return clean(provider_id, ID_CAP)


def _said(code: str, words: str, opted_out: bool) -> _Early:
    return _Early(clean(code, deliveries.CODE_CAP), clean(words, deliveries.WORDS_CAP), opted_out)
