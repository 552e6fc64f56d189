"""One box for everything: people by name and address, matters by tracking code and subject.

What the caller must not see is not in the answer; a whole tracking code of a hidden matter says
only that another team has it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Final, Literal

from connectors import address
from storage import conversations, moves, search, tracking_code, views, words
from storage.views import ChannelRef, Ref, Sight, View, time_of

if TYPE_CHECKING:
    from storage.db import Row, Tx
    from storage.words import Asked

STEP: Final = 2
"""Times as many as are wanted are looked at together: some are not the caller's to see."""
By = Literal["name", "address", "code", "subject"]


class MatterRef(View):
    """A matter, as far as a line of a list shows it."""

    id: int
    code: str
    subject: str
    status: str
    channel: ChannelRef
    queue: Ref | None
    last_at: datetime


class Hit(View):
    """One thing found. ``hidden``: a matter with another team, of which nothing else is said."""

    kind: Literal["person", "matter", "hidden"]
    by: By
    contact: Ref | None = None
    address: str = ""
    """As people read it: the one that was looked for, else the person's first."""
    conversation: MatterRef | None = None


def find(tx: Tx, typed: str, sight: Sight, *, limit: int) -> list[Hit]:
    """What ``typed`` may mean, likeliest first: at most ``limit`` people and ``limit`` matters.

    A few characters at least: two letters, or four digits of a number or code.
    """
    asked = words.asked(typed)
    by_code = _by_code(tx, asked.code) if asked.code else []
    matters = _matters(tx, by_code, "code", sight, limit)
    if by_code and not matters and tracking_code.is_code(asked.code):
        matters = [Hit(kind="hidden", by="code")]
    people = _people(tx, asked, sight, limit)
    by_subject = search.by_subject(tx, asked)
    known = {hit.conversation.id for hit in matters if hit.conversation is not None}
    matters += _matters(
        tx, (id for id in by_subject if id not in known), "subject", sight, limit - len(matters)
    )
    return [*(hit for hit in matters if hit.by == "code"), *people,
            *(hit for hit in matters if hit.by != "code")]  # fmt: skip


def _by_code(tx: Tx, digits: str) -> list[int]:
    """Matters by a tracking code or its beginning; what was moved as a whole is where it is now."""
    found = search.by_code(tx, digits)
    row = conversations.get(tx, found[0]) if len(digits) == tracking_code.DIGITS and found else None
    return found if row is None else [moves.present(tx, row, ())["id"]]


# ---------------------------------------------------------------- people

_PEOPLE = "SELECT id, name FROM contact WHERE id IN"
_MEMBERS = "SELECT member, root FROM contact_link WHERE revoked_at IS NULL AND root IN"
_URIS = "SELECT id, contact, uri FROM identity WHERE contact IN"


def _people(tx: Tx, asked: Asked, sight: Sight, limit: int) -> list[Hit]:
    named, reached = search.by_name(tx, asked), search.by_address(tx, asked)
    root = search.roots(tx, [*named, *reached])
    by: dict[int, By] = {root[id]: "address" for id in reached}
    by |= {root[id]: "name" for id in named}
    likeliest = [root[id] for id in (reached if asked.code else named)]
    shown = _seen(tx, dict.fromkeys([*likeliest, *by]), sight, limit)
    names = {row["id"]: row["name"] for row in search.several(tx, _PEOPLE, shown)}
    uris = _addresses(tx, shown)
    return [_person(id, names[id], uris[id], by[id], asked) for id in shown]


def _seen(tx: Tx, ids: Iterable[int], sight: Sight, limit: int) -> list[int]:
    """The first whom ``sight`` allows, looked at a few at a time."""
    left, found = list(ids), list[int]()
    while left and len(found) < limit:
        found += views.seen_people(tx, left[: STEP * limit], sight)
        left = left[STEP * limit :]
    return found[:limit]


def _person(id: int, name: str, uris: Sequence[str], by: By, asked: Asked) -> Hit:
    meant = _meant(uris, asked) if by == "address" else None
    first = next((uri for uri in uris if not address.is_token(uri)), "")
    shown = address.display(meant or first) if meant or first else ""
    return Hit(kind="person", by=by, contact=Ref(id=id, name=name or shown), address=shown)


def _addresses(tx: Tx, roots: Sequence[int]) -> dict[int, list[str]]:
    """The addresses of these people, each person's own before those of who they are linked to."""
    person = {root: root for root in roots}
    person |= {row["member"]: row["root"] for row in search.several(tx, _MEMBERS, roots)}
    rows = search.several(tx, _URIS, person)
    found: dict[int, list[str]] = {root: [] for root in roots}
    for row in sorted(rows, key=lambda row: (row["contact"] not in found, row["id"])):
        found[person[row["contact"]]].append(row["uri"])
    return found


def _meant(uris: Iterable[str], asked: Asked) -> str | None:
    ranges = [(one.kind, one.first, one.last) for one in asked.addresses]
    for uri in uris:
        for kind, word in words.of_uri(uri):
            if any(kind == k and first <= word < last for k, first, last in ranges):
                return uri
    return None


# ---------------------------------------------------------------- matters

_MATTERS = """
SELECT c.id, c.code, c.subject, c.status, c.queue, c.agent, c.last_at, q.name AS queue_name,
  ch.id AS channel, ch.name AS channel_name, ch.kind AS channel_kind, i.uri,
  COALESCE(l.root, c.contact) AS root, p.name AS contact_name
FROM conversation c
JOIN identity i ON i.id = c.identity
JOIN channel ch ON ch.id = c.channel
LEFT JOIN queue q ON q.id = c.queue
LEFT JOIN contact_link l ON l.member = c.contact AND l.revoked_at IS NULL
JOIN contact p ON p.id = COALESCE(l.root, c.contact)
WHERE c.id IN
"""


def _matters(tx: Tx, ids: Iterable[int], by: By, sight: Sight, limit: int) -> list[Hit]:
    left, found = list(ids), list[Hit]()
    while left and len(found) < limit:
        step, left = left[: STEP * limit], left[STEP * limit :]
        rows = {row["id"]: row for row in search.several(tx, _MATTERS, step)}
        seen = (rows[id] for id in step if sight.sees(rows[id]["queue"], rows[id]["agent"])
                and (by == "code" or rows[id]["status"] != "moved"))  # fmt: skip
        found += [_matter(row, by) for row in seen]
    return found[: max(limit, 0)]


def _matter(row: Row, by: By) -> Hit:
    shown = "" if address.is_token(row["uri"]) else address.display(row["uri"])
    return Hit(
        kind="matter",
        by=by,
        contact=Ref(id=row["root"], name=row["contact_name"] or shown),
        address=shown,
        conversation=MatterRef(
            id=row["id"],
            code=row["code"],
            subject=row["subject"],
            status=row["status"],
            channel=ChannelRef(
                id=row["channel"], name=row["channel_name"], kind=row["channel_kind"]
            ),
            queue=None if row["queue"] is None else Ref(id=row["queue"], name=row["queue_name"]),
            last_at=time_of(row["last_at"]),
        ),
    )
