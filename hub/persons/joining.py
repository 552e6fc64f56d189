"""Two contacts are one person, and not after all: what people do, audited, with the evidence."""

from __future__ import annotations

from typing import TYPE_CHECKING

from connectors.fold import clean
from hub.actions import NotPossible
from storage import audit, claims_said, contacts, links

if TYPE_CHECKING:
    from hub.compose import Author
    from storage.db import Tx

EVIDENCE_CAP = 500
"""Characters of how it is known."""


def join(tx: Tx, one: int, other: int, words: str, author: Author, *, now: int) -> None:
    """They are the same person. ``words``: how it is known. Raises LookupError, NotPossible."""
    _check(tx, one)
    _check(tx, other)
    top, member = links.better_known(tx, one, other)
    evidence = f"agent:{clean(words.strip(), EVIDENCE_CAP)}"
    if not links.join(tx, top, member, evidence=evidence, by=author.by, now=now):
        raise NotPossible("they are the same person already")
    audit.record(
        tx, author.by, "contact.joined", f"contact:{top}", member=member, words=words, now=now
    )


def part(tx: Tx, member: int, author: Author, *, now: int) -> None:
    """They are not: ``member`` and whoever was joined to it is somebody else again. What was proven
    of one by the other is only said again. Raises LookupError, NotPossible."""
    _check(tx, member)
    before = set(contacts.members(tx, member))
    if not links.part(tx, member, by=author.by, now=now):
        raise NotPossible("they are linked to nobody")
    parted = contacts.members(tx, member)
    others = sorted(before - set(parted))
    claims_said.unsettle(tx, others, parted)
    claims_said.unsettle(tx, parted, others)
    audit.record(tx, author.by, "contact.parted", f"contact:{member}", of=others[:1], now=now)


def _check(tx: Tx, contact: int) -> None:
    if not contacts.exists(tx, contact):
        raise LookupError("no such contact")
