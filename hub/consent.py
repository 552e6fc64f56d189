"""What people record about being written to: consent with its proof, and blocked senders.

Each act is a transaction function and a line of the audit. Words that customers say themselves are
filed by ``messages``; providers' words by ``storage/deliveries.py``; links by ``unsubscribing``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Final

from hub.compose import Refused
from storage import audit, consents

if TYPE_CHECKING:
    from hub.compose import Author
    from storage.consents import Closed, Purpose, State
    from storage.db import Row, Tx

LEAST_PROOF: Final = 3  # characters
WHY: Final[Mapping[Closed, Mapping[str, str]]] = {
    "": {"en": "", "fa": ""},
    "blocked": {"en": "This sender is blocked.", "fa": "این فرستنده مسدود است."},
    "opted_out": {
        "en": "This person asked us to stop writing here.",
        "fa": "این شخص خواسته است اینجا برایش ننویسیم.",
    },
    "not_asked": {
        "en": "Nobody has agreed to advertising here.",
        "fa": "کسی اینجا با دریافت تبلیغ موافقت نکرده است.",
    },
}
"""Why a channel is closed, for people."""


def identity(tx: Tx, id: int) -> Row:
    """One address. Raises LookupError."""
    row = tx.one("SELECT * FROM identity WHERE id = :id", id=id)
    if row is None:
        raise LookupError("no such address")
    return row


def said(
    tx: Tx,
    id: int,
    state: State,
    author: Author,
    *,
    purposes: Sequence[Purpose] = consents.PURPOSES,
    channel: int | None = None,
    proof: str = "",
    now: int,
) -> None:
    """An agent records what a person said of being written to at this address.

    Raises Refused where a yes comes without a word on how it is known; LookupError.
    """
    identity(tx, id)
    proof = proof.strip()
    if state == "granted" and len(proof) < LEAST_PROOF:
        raise Refused("proof", "say how you know that they agreed")
    consents.record(
        tx,
        id,
        channel,
        state,
        source=author.actor,
        proof=proof,
        purposes=purposes,
        now=now,
    )
    audit.record(
        tx,
        author.by,
        f"consent.{state}",
        f"identity:{id}",
        now=now,
        channel=channel,
        purposes=list(purposes),
    )


def block(tx: Tx, id: int, author: Author, *, now: int) -> None:
    """Nothing from this address is given to anybody, nothing is sent there. Raises LookupError."""
    identity(tx, id)
    if consents.block(tx, id, now=now):
        audit.record(tx, author.by, "identity.block", f"identity:{id}", now=now)


def unblock(tx: Tx, id: int, author: Author, *, now: int) -> None:
    """What comes from this address is heard again. Raises LookupError."""
    identity(tx, id)
    if consents.unblock(tx, id, now=now):
        audit.record(tx, author.by, "identity.unblock", f"identity:{id}", now=now)
