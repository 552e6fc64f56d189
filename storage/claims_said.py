"""What people say of themselves, and the codes by which it is proven.

A claim resolves nothing and joins nothing. A code stands here as a keyed hash only, is good once,
for some minutes and some tries; a newer one replaces it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from storage.db import Row, Tx

How = Literal["code", "agent"]


def get(tx: Tx, id: int) -> Row | None:
    """One claim."""
    return tx.one("SELECT * FROM claim WHERE id = :id", id=id)


def settle(tx: Tx, id: int, identity: int, how: How, *, now: int) -> None:
    """It is more than said: this address is theirs."""
    tx.run(
        """
        UPDATE claim SET identity = :identity, settled_how = :how, settled_at = :now WHERE id = :id
        """,
        identity=identity,
        how=how,
        now=now,
        id=id,
    )


def unsettle(tx: Tx, contacts: list[int], parted: list[int]) -> None:
    """What ``contacts`` claimed is only said again, where the address is of the ``parted``."""
    for contact in contacts:
        for other in parted:
            tx.run(
                """
                UPDATE claim SET identity = NULL, settled_how = '', settled_at = NULL
                WHERE contact = :contact AND identity IN
                  (SELECT id FROM identity WHERE contact = :other)
                """,
                contact=contact,
                other=other,
            )


def verify(tx: Tx, identity: int, *, now: int) -> None:
    """Whoever reads this address is the person."""
    tx.run(
        """
        UPDATE identity SET verified = TRUE, verified_at = COALESCE(verified_at, :now)
        WHERE id = :id
        """,
        id=identity,
        now=now,
    )


# ---------------------------------------------------------------- codes


def sent_since(
    tx: Tx, claim: int, uri: str, *, claim_since: int, uri_since: int
) -> tuple[int, int]:
    """How many codes were sent for this claim, and to this address, since then (µs)."""
    row = tx.one(
        """
        SELECT
          (SELECT COUNT(*) FROM claim_code WHERE claim = :claim AND sent_at > :claim_since) AS here,
          (SELECT COUNT(*) FROM claim_code WHERE uri = :uri AND sent_at > :uri_since) AS there
        """,
        claim=claim,
        uri=uri,
        claim_since=claim_since,
        uri_since=uri_since,
    )
    return (0, 0) if row is None else (int(row["here"]), int(row["there"]))


def begin(
    tx: Tx,
    claim: int,
    uri: str,
    channel: int,
    *,
    code_hash: str,
    by: str,
    expires_at: int,
    now: int,
) -> int:
    """A code is on its way; earlier ones of this claim are good for nothing any more."""
    tx.run(
        """
        UPDATE claim_code SET state = 'replaced'
        WHERE claim = :claim AND state IN ('sending', 'sent')
        """,
        claim=claim,
    )
    return tx.insert(
        """
        INSERT INTO claim_code (claim, uri, channel, code_hash, made_by, sent_at, expires_at)
        VALUES (:claim, :uri, :channel, :code_hash, :by, :now, :expires_at)
        """,
        claim=claim,
        uri=uri,
        channel=channel,
        code_hash=code_hash,
        by=by,
        now=now,
        expires_at=expires_at,
    )


def became(tx: Tx, id: int, state: Literal["sent", "failed", "used"]) -> None:
    """What became of a code that was on its way or sent."""
    tx.run(
        "UPDATE claim_code SET state = :s WHERE id = :id AND state IN ('sending', 'sent')",
        s=state,
        id=id,
    )


def newest(tx: Tx, claim: int) -> Row | None:
    """The code of this claim that may still be used; whether it is too late says ``expires_at``.

    One whose sending was cut short counts: it may have arrived.
    """
    return tx.one(
        """
        SELECT * FROM claim_code WHERE claim = :claim AND state IN ('sending', 'sent')
        ORDER BY id DESC LIMIT 1
        """,
        claim=claim,
    )


def tried(tx: Tx, id: int, most: int) -> bool:
    """Count one try; False: there were ``most`` already, and this is none."""
    return bool(
        tx.run(
            "UPDATE claim_code SET attempts = attempts + 1 WHERE id = :id AND attempts < :most",
            id=id,
            most=most,
        )
    )


def awaited(tx: Tx, contact: int, now: int) -> list[Row]:
    """Claims of this contact whose code is out and not too late, newest first."""
    return tx.all(
        """
        SELECT c.* FROM claim c WHERE c.contact = :contact AND EXISTS
          (SELECT 1 FROM claim_code k WHERE k.claim = c.id AND k.state IN ('sending', 'sent')
           AND k.expires_at > :now)
        ORDER BY c.id DESC
        """,
        contact=contact,
        now=now,
    )


def prune_codes(tx: Tx, before: int, limit: int) -> int:
    """Forget codes sent before ``before``: they are good for nothing and count for no limit any
    more. What was proven by one stands with its claim."""
    return tx.run(
        """
        DELETE FROM claim_code WHERE id IN (
          SELECT id FROM claim_code WHERE sent_at < :before ORDER BY id LIMIT :limit)
        """,
        before=before,
        limit=limit,
    )
