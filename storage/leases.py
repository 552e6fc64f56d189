"""The routing lease: one writer per routing domain, and a number that goes up with each new one.

A router's transactions name their epoch and lock its row against a takeover (``fence``): whoever
was stalled while another took over writes nothing any more. On PostgreSQL the database's clock
counts, since several machines look at the row.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from storage.db import Tx

_NOW: Final = {
    "sqlite": ":now",
    "postgres": "CAST(EXTRACT(EPOCH FROM clock_timestamp()) * 1000000 AS BIGINT)",
}
_FENCE: Final = {
    "sqlite": "SELECT 1 FROM routing_lease WHERE domain = :domain AND epoch = :epoch",
    "postgres": "SELECT 1 FROM routing_lease WHERE domain = :domain AND epoch = :epoch FOR SHARE",
}


class StaleEpoch(Exception):
    """Another router has taken over: what this one knows is no longer true."""


def acquire(tx: Tx, domain: str, owner: str, *, lasts: int, now: int) -> int | None:
    """Become the writer of a domain: the new epoch, or None while somebody else's lease runs.

    ``lasts`` and ``now`` are microseconds. The same owner (a restart) need not wait.
    """
    moment = _NOW[tx.engine]
    tx.run(
        """
        INSERT INTO routing_lease (domain, owner, epoch, expires_at)
        VALUES (:domain, '', 0, 0) ON CONFLICT DO NOTHING
        """,
        domain=domain,
    )
    found = tx.value(
        f"""
        UPDATE routing_lease SET owner = :owner, epoch = epoch + 1, expires_at = {moment} + :lasts
        WHERE domain = :domain AND (owner = :owner OR expires_at <= {moment})
        RETURNING epoch
        """,
        domain=domain,
        owner=owner,
        lasts=lasts,
        **_given(tx, now),
    )
    return None if found is None else int(found)


def renew(tx: Tx, domain: str, epoch: int, *, lasts: int, now: int) -> int:
    """Stay the writer for ``lasts`` microseconds more; the time by the clock that counts.

    Raises StaleEpoch.
    """
    moment = _NOW[tx.engine]
    expires = tx.value(
        f"""
        UPDATE routing_lease SET expires_at = {moment} + :lasts
        WHERE domain = :domain AND epoch = :epoch RETURNING expires_at
        """,
        domain=domain,
        epoch=epoch,
        lasts=lasts,
        **_given(tx, now),
    )
    if expires is None:
        raise StaleEpoch(f"{domain}: epoch {epoch} is over")
    return int(expires) - lasts


def give_up(tx: Tx, domain: str, epoch: int) -> None:
    """Let the next one begin at once."""
    tx.run(
        "UPDATE routing_lease SET expires_at = 0 WHERE domain = :domain AND epoch = :epoch",
        domain=domain,
        epoch=epoch,
    )


def fence(tx: Tx, domain: str, epoch: int) -> None:
    """Go on only as the writer of that epoch; no other begins before this commits.

    Reading the epoch without the lock would not fence under READ COMMITTED; once a group holds the
    lock, the group's further functions need not ask. Raises StaleEpoch.
    """
    name = ("routing lease", domain, epoch)
    if name in tx.held:
        return
    if tx.one(_FENCE[tx.engine], domain=domain, epoch=epoch) is None:
        raise StaleEpoch(f"{domain}: epoch {epoch} is over")
    tx.held.add(name)


def _given(tx: Tx, now: int) -> dict[str, int]:
    return {"now": now} if tx.engine == "sqlite" else {}
