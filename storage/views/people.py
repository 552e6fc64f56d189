"""People as screens show them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from connectors import address
from storage import contacts, links, search
from storage.views.sight import Sight
from storage.views.times import time_of
from storage.views.types import ClaimView, ContactView, IdentityView, LinkView, Ref

if TYPE_CHECKING:
    from storage.db import Row, Tx


def contact(tx: Tx, id: int, sight: Sight) -> ContactView | None:
    """One person, with every address of the linked contacts, and what they said of themselves where
    ``sight`` reaches: words of a hidden matter are that matter's."""
    top = tx.one(
        """
        SELECT * FROM contact WHERE id = COALESCE(
          (SELECT root FROM contact_link WHERE member = :id AND revoked_at IS NULL), :id)
        """,
        id=id,
    )
    if top is None:
        return None
    return ContactView(
        id=top["id"],
        name=top["name"],
        **_profile(tx, top),
        identities=_identities(tx, top["id"]),
        claims=_claims(tx, top["id"], sight),
        created_at=time_of(top["created_at"]),
        links=_links(tx, top["id"]),
    )


def _profile(tx: Tx, top: Row) -> dict[str, Any]:
    """Language and attributes: the root's own, then what the linked contacts add."""
    found = contacts.profile(tx, top["id"])
    return {"language": found.language, "attributes": found.attributes}


def sees(tx: Tx, root: int, sight: Sight) -> bool:
    """Whether a person is anybody's to see: all but those of whom every matter is hidden."""
    return bool(seen(tx, [root], sight))


def seen(tx: Tx, roots: Sequence[int], sight: Sight) -> list[int]:
    """``sees`` of several, in their order, in two statements."""
    if sight.all or not sight.hidden:
        return list(roots)
    select = "SELECT member, root FROM contact_link WHERE revoked_at IS NULL AND root IN"
    person = dict(zip(roots, roots, strict=True))
    person |= {row["member"]: row["root"] for row in search.several(tx, select, roots)}
    shown: dict[int, bool] = {}
    select = "SELECT DISTINCT contact, queue, agent FROM conversation WHERE contact IN"
    for row in search.several(tx, select, person):
        root = person[row["contact"]]
        shown[root] = shown.get(root, False) or sight.sees(row["queue"], row["agent"])
    return [root for root in roots if shown.get(root, True)]


def places(tx: Tx, root: int) -> frozenset[tuple[int | None, int | None]]:
    """(queue, owner) of every matter of a person, each pair once: what ``Sight.sees`` is asked."""
    rows = tx.all(
        """
        SELECT c.queue, c.agent FROM conversation c WHERE c.contact = :root
        UNION SELECT c.queue, c.agent FROM contact_link l JOIN conversation c ON c.contact = l.member
        WHERE l.root = :root AND l.revoked_at IS NULL
        """,
        root=root,
    )
    return frozenset((row["queue"], row["agent"]) for row in rows)


_OF_PERSON = """(x.contact = :top OR x.contact IN
  (SELECT member FROM contact_link WHERE root = :top AND revoked_at IS NULL))"""


def _identities(tx: Tx, top: int) -> list[IdentityView]:
    rows = tx.all(
        f"""
        SELECT x.*, (SELECT s.state FROM consent s WHERE s.identity = x.id AND s.purpose = 'reply'
                     ORDER BY s.id DESC LIMIT 1) AS consent
        FROM identity x WHERE {_OF_PERSON} ORDER BY x.id
        """,
        top=top,
    )
    return [
        IdentityView(
            id=row["id"],
            uri=row["uri"],
            name=row["name"],
            verified=bool(row["verified"]),
            source=row["source"],
            opted_out=row["consent"] == "withdrawn",
            blocked=row["blocked_at"] is not None,
        )
        for row in rows
    ]


def said_in(tx: Tx, top: int) -> frozenset[tuple[int | None, int | None]]:
    """(queue, owner) of every matter in which a person said something of themselves."""
    return frozenset((row["queue"], row["agent"]) for row in _said(tx, top))


def _said(tx: Tx, top: int) -> list[Row]:
    return tx.all(
        f"""
        SELECT x.*, c.queue, c.agent FROM claim x LEFT JOIN conversation c ON c.id = x.conversation
        WHERE {_OF_PERSON} ORDER BY x.id
        """,
        top=top,
    )


def _claims(tx: Tx, top: int, sight: Sight) -> list[ClaimView]:
    return [
        ClaimView(
            id=row["id"],
            kind=row["kind"],
            value=row["value"],
            at=time_of(row["at"]),
            identity=row["identity"],
            how=row["settled_how"],
        )
        for row in _said(tx, top)
        if sight.sees(row["queue"], row["agent"])
    ]


def _links(tx: Tx, top: int) -> list[LinkView]:
    return [
        LinkView(
            contact=Ref(id=row["member"], name=row["name"] or address.display(row["uri"] or "")),
            evidence=row["evidence"],
            by=_name(tx, row["made_by"]),
            at=time_of(row["made_at"]),
        )
        for row in links.made(tx, top)
    ]


def _name(tx: Tx, actor: str) -> str:
    """Who acted, as ``user:ID``; a program is nobody."""
    noun, _, id = actor.partition(":")
    if noun != "user" or not id.isdigit():
        return ""
    return str(tx.value("SELECT name FROM user_account WHERE id = :id", id=int(id)) or "")
