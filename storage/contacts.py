"""People and their addresses. Joining two people is a link with evidence, never a delete.

Every read of a person goes through ``contact_link`` to the root, so that joining and parting is
right at once and everywhere. What people say of themselves is a claim and resolves nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from connectors.contract import Uri
from connectors.fold import clean, fold
from storage import events, search
from storage.words import of_name, of_uri

if TYPE_CHECKING:
    from storage.db import Row, Tx

NAME_CAP = 200  # characters
URI_CAP = 500
CLAIM_CAP = 1_000


class Who(msgspec.Struct, frozen=True):
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
SELECT i.id, i.contact, COALESCE(l.root, i.contact), c.name, i.verified, i.blocked_at IS NOT NULL,
  l.root IS NOT NULL OR EXISTS (SELECT 1 FROM contact_link m
    WHERE m.root = i.contact AND m.revoked_at IS NULL)
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
    id, contact, root, name, verified, blocked, linked = row
    return Who(id, contact, root, name, bool(verified), bool(blocked), True, bool(linked))


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
    search.add(tx, of_name(name), contact)
    return Who(identity, contact, contact, name, verified, blocked=False, known=False)


def add_identity(
    tx: Tx, contact: int, uri: Uri, name: str, *, source: str, verified: bool, now: int
) -> int | None:
    """Give a contact an address; None if somebody has it."""
    uri = Uri(clean(uri, URI_CAP))
    id = tx.insert_new(
        """
        INSERT INTO identity (uri, contact, name, source, verified, verified_at, created_at)
        VALUES (:uri, :contact, :name, :source, :verified, :verified_at, :now)
        ON CONFLICT DO NOTHING
        """,
        uri=uri,
        contact=contact,
        name=clean(name, NAME_CAP),
        source=source,
        verified=verified,
        verified_at=now if verified else None,
        now=now,
    )
    if id is not None:
        search.add(tx, of_uri(uri), contact)
    return id


def rename(tx: Tx, contact: int, name: str, *, now: int) -> None:
    """Call a person by another name."""
    name = clean(name, NAME_CAP)
    before = tx.value("SELECT name FROM contact WHERE id = :id", id=contact)
    search.remove(tx, of_name(before or "") - of_name(name), contact)
    search.add(tx, of_name(name), contact)
    tx.run(
        "UPDATE contact SET name = :name, folded = :folded WHERE id = :id",
        name=name,
        folded=fold(name),
        id=contact,
    )
    events.append(tx, "contact.changed", contact, contact=contact, now=now)


def exists(tx: Tx, contact: int) -> bool:
    """Whether there is such a contact."""
    return tx.one("SELECT 1 FROM contact WHERE id = :id", id=contact) is not None


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


@dataclass(frozen=True, slots=True)
class Profile:
    """What is kept of a person: the root's own words, then what the linked contacts add."""

    language: str
    attributes: dict[str, Any]
    organization: str | None
    of_organization: str
    """JSON: the organization's attributes."""


def profile(tx: Tx, contact: int) -> Profile:
    """Of the whole person."""
    rows = tx.all(
        """
        SELECT c.language, c.attributes, o.name AS organization, o.attributes AS of_organization
        FROM contact c LEFT JOIN organization o ON o.id = c.organization
        WHERE c.id = :top OR c.id IN
          (SELECT member FROM contact_link WHERE root = :top AND revoked_at IS NULL)
        ORDER BY c.id <> :top, c.id
        """,
        top=root(tx, contact),
    )
    attributes: dict[str, Any] = {}
    for row in reversed(rows):
        attributes |= msgspec.json.decode(row["attributes"])
    works = next((row for row in rows if row["organization"] is not None), None)
    return Profile(
        next((row["language"] for row in rows if row["language"]), ""),
        attributes,
        None if works is None else works["organization"],
        "{}" if works is None else works["of_organization"],
    )


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
