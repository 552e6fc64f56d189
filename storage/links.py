"""Who is the same person: links between contacts with their evidence, never a merge, never a delete.

Links form a forest: ``parent`` is the contact that an act named, ``root`` where its tree ends
today, kept on each row so that a reader takes one step. Taking a link back parts its subtree, and
what was joined below it stays joined: any link can be taken back at any time, in any order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from storage import contacts, conversations, events

NEWEST: Final = 100
"""Closed matters of a contact that screens may still show."""

if TYPE_CHECKING:
    from storage.db import Row, Tx


def join(
    tx: Tx, top: int, member: int, *, evidence: str, by: str, confidence: int = 100, now: int
) -> bool:
    """Two contacts are the same person, known by ``top``'s from now on; False: they were already.

    Whoever either is linked with comes along.
    """
    top, below = _locked_roots(tx, top, member)
    if top == below:
        return False
    tx.run(
        """
        INSERT INTO contact_link (root, member, parent, evidence, confidence, made_by, made_at)
        VALUES (:top, :below, :top, :evidence, :confidence, :by, :now)
        """,
        top=top,
        below=below,
        evidence=evidence,
        confidence=confidence,
        by=by,
        now=now,
    )
    tx.run(
        """
        UPDATE contact_link SET root = :top, parent = COALESCE(parent, :below)
        WHERE root = :below AND revoked_at IS NULL
        """,
        top=top,
        below=below,
    )
    _say(tx, contacts.members(tx, top), now)
    return True


def _locked_roots(tx: Tx, one: int, other: int) -> tuple[int, int]:
    """The roots of both, which no other process can put below another one until the commit: two
    acts at once would make a ring."""
    while True:
        found = contacts.root(tx, one), contacts.root(tx, other)
        for root in sorted(set(found)):
            tx.run("UPDATE contact SET name = name WHERE id = :root", root=root)
        if found == (contacts.root(tx, one), contacts.root(tx, other)):
            return found


def part(tx: Tx, member: int, *, by: str, now: int) -> bool:
    """They are not the same person after all; False: this contact is linked to nobody.

    Whoever was linked to ``member`` stays with it.
    """
    link = tx.one(
        "SELECT id, root FROM contact_link WHERE member = :m AND revoked_at IS NULL", m=member
    )
    if link is None:
        return False
    everybody = contacts.members(tx, member)
    tx.run(
        "UPDATE contact_link SET revoked_at = :now, revoked_by = :by WHERE id = :id",
        now=now,
        by=by,
        id=link["id"],
    )
    for one in _below(tx, member):
        tx.run(
            "UPDATE contact_link SET root = :m WHERE member = :one AND revoked_at IS NULL",
            m=member,
            one=one,
        )
    _say(tx, everybody, now)
    return True


def _below(tx: Tx, contact: int) -> list[int]:
    """Everybody who is linked through this contact."""
    found: list[int] = []
    places = [contact]
    while places:
        rows = tx.all(
            "SELECT member FROM contact_link WHERE parent = :p AND revoked_at IS NULL",
            p=places.pop(),
        )
        found += (more := [int(row["member"]) for row in rows])
        places += more
    return found


def made(tx: Tx, root: int) -> list[Row]:
    """The links that hold of a person: member, its name, evidence, made_by, made_at, oldest first."""
    return tx.all(
        """
        SELECT l.member, c.name, l.evidence, l.made_by, l.made_at,
          (SELECT i.uri FROM identity i WHERE i.contact = l.member ORDER BY i.id LIMIT 1) AS uri
        FROM contact_link l JOIN contact c ON c.id = l.member
        WHERE l.root = :root AND l.revoked_at IS NULL ORDER BY l.id
        """,
        root=root,
    )


def better_known(tx: Tx, one: int, other: int) -> tuple[int, int]:
    """The two persons, first whose name and record say more: a name, then the older contact."""
    first, second = contacts.root(tx, one), contacts.root(tx, other)
    rows = tx.all("SELECT id, name FROM contact WHERE id IN (:a, :b)", a=first, b=second)
    named = {int(row["id"]): bool(row["name"]) for row in rows}
    first, second = sorted((first, second), key=lambda id: (not named.get(id), id))
    return first, second


def _say(tx: Tx, concerned: list[int], now: int) -> None:
    """Everything that shows one of these contacts shows somebody else now."""
    for contact in concerned:
        for matter in tx.all(
            """
            SELECT id FROM conversation WHERE contact = :c AND status NOT IN ('resolved', 'spam')
            UNION SELECT id FROM (SELECT id FROM conversation WHERE contact = :c
              ORDER BY id DESC LIMIT :newest) newest
            """,
            c=contact,
            newest=NEWEST,
        ):
            conversations.changed(tx, matter["id"], now=now)
        for offer in tx.all(
            """
            SELECT o.id, o.agent, w.conversation FROM conversation c
            JOIN work_item w ON w.conversation = c.id AND w.state IN
              ('queued', 'offered', 'connecting', 'active', 'held', 'deferred', 'wrapping')
            JOIN offer o ON o.work_item = w.id AND o.state = 'pending'
            WHERE c.contact = :c
            """,
            c=contact,
        ):
            events.append(
                tx,
                "offer.changed",
                offer["id"],
                conversation=offer["conversation"],
                agent=offer["agent"],
                now=now,
            )
        events.append(tx, "contact.changed", contact, contact=contact, now=now)
