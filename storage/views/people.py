"""People as screens show them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from storage.views.types import ClaimView, ContactView, IdentityView, time_of

if TYPE_CHECKING:
    from storage.db import Tx


def contact(tx: Tx, id: int) -> ContactView | None:
    """One person, with every address and claim of the linked contacts."""
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
        language=top["language"],
        attributes=msgspec.json.decode(top["attributes"]),
        identities=_identities(tx, top["id"]),
        claims=_claims(tx, top["id"]),
        created_at=time_of(top["created_at"]),
    )


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


def _claims(tx: Tx, top: int) -> list[ClaimView]:
    rows = tx.all(f"SELECT x.* FROM claim x WHERE {_OF_PERSON} ORDER BY x.id", top=top)
    return [ClaimView(kind=row["kind"], value=row["value"], at=time_of(row["at"])) for row in rows]
