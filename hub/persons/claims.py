"""From what somebody says of themselves to an address that is theirs.

Three ways lead there: a code sent to the address and told back by whoever claims it, a signed
visitor (``hub/placing.py``), and an agent's word, audited. Each links the contact that has the
address, so that each can be taken back.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, Literal

from connectors import address
from connectors.contract import Uri
from connectors.fold import clean, fold
from hub.actions import NotPossible
from hub.persons.joining import EVIDENCE_CAP
from routing.model import SECOND
from storage import audit, claims_said, contacts, events, links, timeline
from storage.claims_said import How
from storage.timeline import Entry

if TYPE_CHECKING:
    from hub.case import Proof
    from hub.compose import Author
    from storage.contacts import Who
    from storage.db import Row, Tx

DIGITS: Final = 6
VALID: Final = 15 * 60 * SECOND
TRIES: Final = 5
"""Of one code."""
HOUR: Final = 3600 * SECOND
PER_CLAIM: Final = 3
"""Codes an hour."""
PER_ADDRESS: Final = 5
"""Codes a day, whoever claims it."""
_NUMBERS: Final = frozenset({"phone", "tel", "telephone", "mobile", "cell", "number", "fax", "sms"})
_CODE: Final = re.compile(r"\d{3} ?\d{3}")

HashOf = Callable[[int, str], str]
"""(claim, code) -> its keyed hash."""
Outcome = Literal["proven", "wrong", "spent", "expired", "none"]
"""``spent``: too many tries; ``none``: no code is out."""


def address_of(kind: str, value: str, region: str) -> Uri | None:
    """The address that a claim names, if it names one to which a code can go."""
    try:
        if "@" in value:
            return address.mail(value.strip())
        found = address.phone(value, region) if kind.casefold() in _NUMBERS else Uri("")
    except ValueError:
        return None
    return found if found.startswith("tel:") else None


def claim(tx: Tx, id: int, region: str) -> tuple[Row, Uri]:
    """A claim that is not settled and its address. Raises LookupError, NotPossible."""
    row = claims_said.get(tx, id)
    if row is None:
        raise LookupError("no such claim")
    uri = address_of(row["kind"], row["value"], region)
    if uri is None:
        raise NotPossible("it is no address")
    if row["identity"] is not None:
        raise NotPossible("it is theirs already")
    return row, uri


def confirm(tx: Tx, id: int, words: str, author: Author, region: str, *, now: int) -> None:
    """An agent knows that the address is theirs. It is not verified by that.

    Raises LookupError, NotPossible.
    """
    row, uri = claim(tx, id, region)
    words = clean(words.strip(), EVIDENCE_CAP)
    _become(tx, row, uri, "agent", f"agent:{words}" if words else "agent", author.by, now)
    audit.record(
        tx,
        author.by,
        "claim.confirmed",
        f"contact:{row['contact']}",
        claim=id,
        words=words,
        now=now,
    )


def check_limits(tx: Tx, id: int, uri: Uri, *, now: int) -> None:
    """Nobody is flooded with codes by our hand. Raises NotPossible."""
    here, there = claims_said.sent_since(
        tx, id, uri, claim_since=now - HOUR, uri_since=now - 24 * HOUR
    )
    if here >= PER_CLAIM:
        raise NotPossible(f"{PER_CLAIM} codes were sent within the hour: try later")
    if there >= PER_ADDRESS:
        raise NotPossible(f"{PER_ADDRESS} codes went to this address today: try tomorrow")


def try_code(
    tx: Tx, id: int, code: str, hash_of: HashOf, region: str, *, by: str, now: int
) -> Outcome:
    """Somebody tells the code back. Every try counts and is kept, so that this never raises for a
    wrong one. Raises LookupError, NotPossible (the claim)."""
    row, uri = claim(tx, id, region)
    sent = claims_said.newest(tx, id)
    if sent is None:
        return "none"
    if sent["expires_at"] <= now:
        return "expired"
    if not claims_said.tried(tx, sent["id"], TRIES):
        return "spent"
    digits = "".join(filter(str.isdigit, fold(code)))
    if not hmac.compare_digest(sent["code_hash"], hash_of(id, digits)):
        return "spent" if sent["attempts"] + 1 >= TRIES else "wrong"
    claims_said.became(tx, sent["id"], "used")
    identity = _become(tx, row, uri, "code", f"code:{uri}", by, now)
    claims_said.verify(tx, identity, now=now)
    audit.record(tx, by, "claim.proven", f"contact:{row['contact']}", claim=id, now=now)
    return "proven"


def is_code(text: str) -> bool:
    """Whether a message is nothing but a code: then it may be one of ours, told back."""
    return len(text) < 32 and bool(_CODE.fullmatch(fold(text)))


def told(tx: Tx, who: Who, text: str, proof: Proof, *, now: int) -> bool:
    """The claimant writes the code in the conversation itself: whether it proved anything."""
    for row in claims_said.awaited(tx, who.contact, now):
        if row["identity"] is None:
            outcome = try_code(
                tx, row["id"], text, proof.hash_of, proof.region, by="customer", now=now
            )
            if outcome == "proven":
                return True
    return False


def _become(tx: Tx, row: Row, uri: Uri, how: How, evidence: str, by: str, now: int) -> int:
    """The address is theirs: the contact that has it, made if nobody has, is the same person."""
    source = "code" if how == "code" else "agent"
    who = contacts.resolve(tx, uri, "", source=source, now=now)
    top, member = links.better_known(tx, who.root, row["contact"])
    links.join(tx, top, member, evidence=evidence, by=by, now=now)
    claims_said.settle(tx, row["id"], who.identity, how, now=now)
    person = contacts.root(tx, row["contact"])
    events.append(tx, "contact.changed", person, contact=person, now=now)
    line(tx, row, f"claim_{how}", by, uri, now)
    return who.identity


def line(tx: Tx, row: Row, kind: str, by: str, uri: Uri, now: int) -> None:
    """A thin line in the conversation in which it was said."""
    if row["conversation"] is None:
        return
    of = tx.one("SELECT queue, agent FROM conversation WHERE id = :id", id=row["conversation"])
    timeline.append(
        tx,
        Entry(
            contact=row["contact"],
            conversation=row["conversation"],
            kind=kind,
            actor=by if by.startswith("user:") else "hub",
            data={"uri": uri},
        ),
        queue=None if of is None else of["queue"],
        agent=None if of is None else of["agent"],
        now=now,
    )
