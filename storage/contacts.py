"""People and their addresses. Joining two people is a link with evidence, never a delete.

Every read of a person goes through ``contact_link`` to the root, so that joining and parting is
right at once and everywhere. What people say of themselves is a claim and resolves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.contract import Uri
from connectors.fold import clean, fold
from storage import conversations, events

if TYPE_CHECKING:
    from storage.db import Row, Tx

NAME_CAP = 200  # characters
URI_CAP = 500
CLAIM_CAP = 1_000


@dataclass(frozen=True, slots=True)
class Who:
    """The person behind an address."""

    identity: int
    contact: int
    """The identity's own contact, under which entries are filed."""
    root: int
    """The person after links."""
    name: str
    verified: bool
    blocked: bool
    known: bool
    """Whether we knew this address before."""
    linked: bool = False
    """Whether the person is more than this one contact."""


_FIND = """
SELECT i.id, i.contact, i.verified, i.blocked_at, COALESCE(l.root, i.contact) AS root, c.name,
  l.root IS NOT NULL OR EXISTS (SELECT 1 FROM contact_link m
    WHERE m.root = i.contact AND m.revoked_at IS NULL) AS linked
FROM identity i
LEFT JOIN contact_link l ON l.member = i.contact AND l.revoked_at IS NULL
JOIN contact c ON c.id = COALESCE(l.root, i.contact)
WHERE i.uri = :uri
"""


def find(tx: Tx, uri: Uri) -> Who | None:
    """Who has this address."""
    row = tx.one(_FIND, uri=clean(uri, URI_CAP))
    if row is None:
        return None
    return Who(
        row["id"],
        row["contact"],
        row["root"],
        row["name"],
        bool(row["verified"]),
        row["blocked_at"] is not None,
        known=True,
        linked=bool(row["linked"]),
    )


def resolve(tx: Tx, uri: Uri, name: str, *, source: str, verified: bool = False, now: int) -> Who:
    """Who has this address; a new contact if nobody has."""
    who = find(tx, uri)
    if who is None:
        return _create(tx, uri, name, source=source, verified=verified, now=now)
    if verified and not who.verified:
        tx.run(
            "UPDATE identity SET verified = TRUE, verified_at = :now WHERE id = :id",
            now=now,
            id=who.identity,
        )
    if name and not who.name:
        rename(tx, who.root, name, now=now)
    return who


def _create(tx: Tx, uri: Uri, name: str, *, source: str, verified: bool, now: int) -> Who:
    name = clean(name, NAME_CAP)
    contact = tx.insert(
        "INSERT INTO contact (name, folded, created_at) VALUES (:name, :folded, :now)",
        name=name,
        folded=fold(name),
        now=now,
    )
    identity = add_identity(tx, contact, uri, name, source=source, verified=verified, now=now)
    if identity is None:  # another process was faster
        tx.run("DELETE FROM contact WHERE id = :id", id=contact)
        who = find(tx, uri)
        if who is None:
            raise LookupError(f"identity vanished while it was resolved: {uri.split(':')[0]}")
        return who
    return Who(identity, contact, contact, name, verified, blocked=False, known=False)


def add_identity(
    tx: Tx, contact: int, uri: Uri, name: str, *, source: str, verified: bool, now: int
) -> int | None:
    """Give a contact an address; None if somebody has it."""
    return tx.insert_new(
        """
        INSERT INTO identity (uri, contact, name, source, verified, verified_at, created_at)
        VALUES (:uri, :contact, :name, :source, :verified, :verified_at, :now)
        ON CONFLICT DO NOTHING
        """,
        uri=clean(uri, URI_CAP),
        contact=contact,
        name=clean(name, NAME_CAP),
        source=source,
        verified=verified,
        verified_at=now if verified else None,
        now=now,
    )


def rename(tx: Tx, contact: int, name: str, *, now: int) -> None:
    """Call a person by another name."""
    name = clean(name, NAME_CAP)
    tx.run(
        "UPDATE contact SET name = :name, folded = :folded WHERE id = :id",
        name=name,
        folded=fold(name),
        id=contact,
    )
    events.append(tx, "contact.changed", contact, contact=contact, now=now)


def link(tx: Tx, top: int, member: int, *, evidence: str, by: str, now: int) -> None:
    """Two contacts are the same person: a link with evidence, which can be taken back.

    Whoever they are linked with comes along; links are one level deep, all to the same root.
    """
    top, member = root(tx, top), root(tx, member)
    if top == member:
        return
    rows = members(tx, member)
    tx.run(
        "UPDATE contact_link SET revoked_at = :now WHERE root = :m AND revoked_at IS NULL",
        now=now,
        m=member,
    )
    for one in rows:
        tx.run(
            """
            INSERT INTO contact_link (root, member, evidence, confidence, made_by, made_at)
            VALUES (:top, :member, :evidence, 100, :by, :now)
            """,
            top=top,
            member=one,
            evidence=evidence,
            by=by,
            now=now,
        )
        for matter in tx.all("SELECT id FROM conversation WHERE contact = :one", one=one):
            conversations.changed(tx, matter["id"], now=now)
    events.append(tx, "contact.changed", top, contact=top, now=now)


def root(tx: Tx, contact: int) -> int:
    """The person that this contact is part of."""
    found = tx.value(
        "SELECT root FROM contact_link WHERE member = :c AND revoked_at IS NULL", c=contact
    )
    return contact if found is None else int(found)


def members(tx: Tx, contact: int) -> list[int]:
    """All contacts of one person, the root first."""
    top = root(tx, contact)
    rows = tx.all(
        "SELECT member FROM contact_link WHERE root = :r AND revoked_at IS NULL ORDER BY member",
        r=top,
    )
    return [top, *(int(row["member"]) for row in rows)]


def identities(tx: Tx, contact: int) -> list[Row]:
    """All addresses of a person."""
    top = root(tx, contact)
    return tx.all(
        """
        SELECT i.* FROM identity i WHERE i.contact = :top OR i.contact IN
          (SELECT member FROM contact_link WHERE root = :top AND revoked_at IS NULL)
        ORDER BY i.id
        """,
        top=top,
    )


def uri(tx: Tx, identity: int) -> Uri:
    """The address itself."""
    return Uri(str(tx.value("SELECT uri FROM identity WHERE id = :id", id=identity)))


def claim(
    tx: Tx,
    contact: int,
    conversation: int,
    entry: int,
    said: Mapping[str, str],
    *,
    source: str,
    now: int,
) -> None:
    """Keep what a person says of themselves: shown as "says", never an address."""
    for kind, words in said.items():
        value = clean(words, CLAIM_CAP)
        known = tx.one(
            "SELECT id FROM claim WHERE contact = :c AND kind = :k AND folded = :f",
            c=contact,
            k=clean(kind, 60),
            f=fold(value),
        )
        if known is None and value:
            tx.run(
                """
                INSERT INTO claim (contact, conversation, entry, kind, value, folded, source, at)
                VALUES (:contact, :conversation, :entry, :kind, :value, :folded, :source, :now)
                """,
                contact=contact,
                conversation=conversation,
                entry=entry,
                kind=clean(kind, 60),
                value=value,
                folded=fold(value),
                source=source,
                now=now,
            )


def claimed(tx: Tx, contact: int, kind: str) -> str:
    """What a person said last of themselves of that kind; empty if nothing."""
    said = [row["value"] for row in claims(tx, contact) if row["kind"] == kind]
    return str(said[-1]) if said else ""


def claims(tx: Tx, contact: int) -> list[Row]:
    """What a person has said of themselves."""
    top = root(tx, contact)
    return tx.all(
        """
        SELECT * FROM claim WHERE contact = :top OR contact IN
          (SELECT member FROM contact_link WHERE root = :top AND revoked_at IS NULL)
        ORDER BY id
        """,
        top=top,
    )
