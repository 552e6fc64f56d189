"""Finding people and matters by what they are called: ranges of one narrow table of folded words.

Words are collected with the row that they are of and written once a group, before its commit, so
that a message costs no statement for them. A range is read in the order of its index and no
further than a bound, so that the answer takes as long among a million people as among ten.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

import msgspec

from storage import words
from storage.words import Asked, Range, Word

if TYPE_CHECKING:
    from storage.db import Row, Tx

ROWS: Final = 120
"""Read of a range that says it all."""
LOOKED_AT: Final = 400
"""Read of a range of which only some rows hold the other words."""
CHUNK: Final = 100
"""People or matters a step of ``fill``."""

_FLUSH: Final = {
    "sqlite": """
    INSERT INTO find_word (kind, word, about)
    SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'), json_extract(value, '$[2]')
    FROM json_each(:words) WHERE TRUE ON CONFLICT DO NOTHING
    """,
    "postgres": """
    INSERT INTO find_word (kind, word, about)
    SELECT value->>0, value->>1, CAST(value->>2 AS BIGINT)
    FROM json_array_elements(CAST(:words AS json)) AS given (value) ON CONFLICT DO NOTHING
    """,
}
_IDS: Final = {
    "sqlite": "SELECT value FROM json_each(:ids)",
    "postgres": "SELECT CAST(value AS BIGINT) FROM json_array_elements_text(CAST(:ids AS json))",
}


# ---------------------------------------------------------------- written with the row


def add(tx: Tx, found: Iterable[Word], about: int) -> None:
    """Something is found by these words from the next commit on."""
    tx.pending_words += [(kind, word, about) for kind, word in found]


def remove(tx: Tx, found: Iterable[Word], about: int) -> None:
    """It is no longer called so."""
    for kind, word in found:
        tx.run(
            "DELETE FROM find_word WHERE kind = :kind AND word = :word AND about = :about",
            kind=kind,
            word=word,
            about=about,
        )


def flush(tx: Tx) -> None:
    """Write a group's words in one statement, in the index's own order."""
    if tx.pending_words:
        given = msgspec.json.encode(sorted(tx.pending_words)).decode()
        tx.run(_FLUSH[tx.engine], words=given)
        tx.pending_words.clear()


def fill(tx: Tx, contact: int, conversation: int) -> tuple[int, int]:
    """The words of what was there before words were kept, from these ids on, a step a call; the ids
    to go on from, the same as given when there is no more."""
    for row in _after(tx, "SELECT id, name FROM contact", contact):
        add(tx, words.of_name(row["name"]), row["id"])
        contact = row["id"]
        for one in tx.all("SELECT uri FROM identity WHERE contact = :id", id=contact):
            add(tx, words.of_uri(one["uri"]), contact)
    for row in _after(tx, "SELECT id, subject FROM conversation", conversation):
        add(tx, words.of_subject(row["subject"]), row["id"])
        conversation = row["id"]
    return contact, conversation


def _after(tx: Tx, select: str, id: int) -> list[Row]:
    return tx.all(f"{select} WHERE id > :id ORDER BY id LIMIT :limit", id=id, limit=CHUNK)


# ---------------------------------------------------------------- looked up


def _rows(tx: Tx, range: Range, limit: int) -> list[Row]:
    return tx.all(
        """
        SELECT word, about FROM find_word
        WHERE kind = :kind AND word >= :first AND word < :last
        ORDER BY kind, word, about LIMIT :limit
        """,
        kind=range.kind,
        first=range.first,
        last=range.last,
        limit=limit,
    )


def by_name(tx: Tx, asked: Asked) -> list[int]:
    """Contacts so called, exact words first; nobody twice."""
    whole = len(asked.words) <= 2  # else the words after the second are looked for in the row
    rows = [
        row
        for range in asked.names
        for row in _rows(tx, range, ROWS if whole else LOOKED_AT)
        if whole or asked.meant_by(row["word"].split())
    ]
    return _distinct(rows)


def by_address(tx: Tx, asked: Asked) -> list[int]:
    """Contacts with such an address or number."""
    return _distinct(row for range in asked.addresses for row in _rows(tx, range, ROWS))


def by_subject(tx: Tx, asked: Asked) -> list[int]:
    """Conversations so called, newest first: the words in a row, else each somewhere."""
    if not asked.subjects:
        return []
    exact, *other = asked.subjects
    found = {int(row["about"]) for row in _rows(tx, exact, LOOKED_AT)}
    for range in other if not found else ():
        likely = sorted({int(row["about"]) for row in _rows(tx, range, LOOKED_AT)})
        found |= {
            row["id"]
            for row in several(tx, "SELECT id, subject FROM conversation WHERE id IN", likely)
            if asked.meant_by(words.tokens(row["subject"]))
        }
    return sorted(found, reverse=True)


def by_code(tx: Tx, digits: str) -> list[int]:
    """Conversations whose tracking code begins with these digits, newest first."""
    rows = tx.all(
        """
        SELECT id FROM conversation WHERE code >= :first AND code <= :last
        ORDER BY code LIMIT :limit
        """,
        first=digits.ljust(8, "0"),
        last=digits.ljust(8, "9"),
        limit=ROWS,
    )
    return sorted((int(row["id"]) for row in rows), reverse=True)


def several(tx: Tx, select: str, ids: Iterable[int]) -> list[Row]:
    """Rows of ``SELECT … WHERE x IN``, for these ids; none of none, without asking."""
    wanted = list(ids)
    if not wanted:
        return []
    given = msgspec.json.encode(wanted).decode()
    return tx.all(f"{select} ({_IDS[tx.engine]})", ids=given)


def _distinct(rows: Iterable[Row]) -> list[int]:
    return list(dict.fromkeys(int(row["about"]) for row in rows))


# ---------------------------------------------------------------- pages of people


def contacts(tx: Tx, typed: str, before: int | None, limit: int) -> list[int]:
    """Ids of people called or reached so, newest first; everybody where nothing is typed.

    ``before`` is the id that the page before ended with. Contacts that are linked to another one
    are found as that one.
    """
    if typed.strip():
        asked = words.asked(typed)
        found = set(roots(tx, [*by_name(tx, asked), *by_address(tx, asked)]).values())
        later = sorted((id for id in found if before is None or id < before), reverse=True)
        return later[:limit]
    rows = tx.all(
        """
        SELECT c.id FROM contact c
        WHERE (CAST(:before AS BIGINT) IS NULL OR c.id < :before) AND NOT EXISTS
          (SELECT 1 FROM contact_link l WHERE l.member = c.id AND l.revoked_at IS NULL)
        ORDER BY c.id DESC LIMIT :limit
        """,
        before=before,
        limit=limit,
    )
    return [int(row["id"]) for row in rows]


def roots(tx: Tx, ids: Iterable[int]) -> dict[int, int]:
    """Contact -> the person that it is part of, in the order of ``ids``."""
    given = list(ids)
    select = "SELECT member, root FROM contact_link WHERE revoked_at IS NULL AND member IN"
    known = {row["member"]: row["root"] for row in several(tx, select, given)}
    return {id: int(known.get(id, id)) for id in given}
