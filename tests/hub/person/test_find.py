"""Find: names, addresses, codes and subjects from their beginnings, whatever is typed and seen."""

from __future__ import annotations

import pytest

from connectors.contract import Uri
from hub.persons import filling
from hub.persons import find as finder
from hub.persons.find import Hit
from storage import contacts, conversations, links, tracking_code, words
from storage.db import Database, Tx
from storage.views import Sight

ALL = Sight(all=True)
PEOPLE = (
    ("Mina Karimi", "mailto:mina.karimi@acme.example"),
    ("مينا كريمي", "tel:+989123456789"),
    ("Anna Maria van Berg", "tel:+12025550123"),
    ("Jean-Luc O'Neill", "sms:HELLO"),
    ("", "webchat:shop/0123456789abcdef"),
    ("100% Ali", "mailto:info@ali.example"),
    ("Omid", "tel:+12025550042"),
)


def _furnish(tx: Tx) -> dict[str, int]:
    tx.insert("INSERT INTO channel (name, kind, created_at) VALUES ('mail', 'email', 0)")
    for name, hidden in (("open", "everyone"), ("secret", "members")):
        tx.run(
            "INSERT INTO queue (name, visible_to, created_at) VALUES (:n, :v, 0)", n=name, v=hidden
        )
    return {
        uri: contacts.resolve(tx, Uri(uri), name, source="test", now=1).contact
        for name, uri in PEOPLE
    }


def matter(tx: Tx, contact: int, subject: str, *, code: str, queue: int = 1) -> int:
    """A matter in a queue."""
    identity = tx.value("SELECT id FROM identity WHERE contact = :c", c=contact)
    return conversations.create(
        tx, contact=contact, identity=identity, channel=1, status="open", subject=subject,
        queue=queue, priority=0, waiting_since=1, follows=None, code=code, now=1,
    )  # fmt: skip


@pytest.fixture
async def people(db: Database) -> dict[str, int]:
    found: dict[str, int] = await db.write(_furnish)
    return found


async def _find(db: Database, typed: str, sight: Sight = ALL) -> list[Hit]:
    return await db.read(finder.find, typed, sight, limit=8)


async def _names(db: Database, typed: str) -> list[str]:
    return [hit.contact.name for hit in await _find(db, typed) if hit.contact is not None]


FOUND = (
    ("min", ["Mina Karimi"]),
    ("KARIMI m", ["Mina Karimi"]),
    ("mina kar", ["Mina Karimi"]),
    ("کریمی", ["مينا كريمي"]),
    ("مینا كر", ["مينا كريمي"]),
    ("berg anna", ["Anna Maria van Berg"]),
    ("anna van be", ["Anna Maria van Berg"]),
    ("van anna mar", ["Anna Maria van Berg"]),
    ("luc", ["Jean-Luc O'Neill"]),
    ("neill jean", ["Jean-Luc O'Neill"]),
    ("mina.karimi@acme", ["Mina Karimi"]),
    ("karimi@", ["Mina Karimi"]),
    ("@acme.exa", ["Mina Karimi"]),
    ("mailto:mina", ["Mina Karimi"]),
    ("6789", ["مينا كريمي"]),
    ("۶۷۸۹", ["مينا كريمي"]),
    ("0042", ["Omid"]),
    ("۰۰۴۲", ["Omid"]),
    ("0550042", ["Omid"]),
    ("0912 345", ["مينا كريمي"]),
    ("+98 912", ["مينا كريمي"]),
    ("00989123456789", ["مينا كريمي"]),
    ("(202) 555-0123", ["Anna Maria van Berg"]),
    ("hello", ["Jean-Luc O'Neill"]),
    ("100%", ["100% Ali"]),
    ("m", []),
    ("789", []),
    ("", []),
    ("arimi", []),
    ("mina x", []),
    ("0123456789abcdef", []),
    ("%", []),
    ("\x00\ud800", []),
)


@pytest.mark.usefixtures("people")
async def test_people_are_found_from_the_beginning(db: Database) -> None:
    assert [(typed, await _names(db, typed)) for typed, _ in FOUND] == list(FOUND)


async def test_the_address_that_was_meant_is_shown(db: Database, people: dict[str, int]) -> None:
    await db.write(
        contacts.add_identity, people["tel:+989123456789"], Uri("mailto:m@home.example"), "",
        source="test", verified=False, now=1,
    )  # fmt: skip
    (hit,) = await _find(db, "home.ex")
    assert (hit.by, hit.address) == ("address", "m@home.example")
    (hit,) = await _find(db, "کریمی")
    assert (hit.by, hit.address) == ("name", "+98 912 345 6789")


async def test_a_new_name_is_found_and_the_old_one_is_not(
    db: Database, people: dict[str, int]
) -> None:
    id = people["mailto:mina.karimi@acme.example"]
    await db.write(contacts.rename, id, "Mina Rahimi", now=2)
    assert await _names(db, "karimi m") == []
    assert await _names(db, "rahimi m") == ["Mina Rahimi"]
    assert await _names(db, "mina") == ["Mina Rahimi"]


async def test_linked_people_are_one_until_they_are_parted(
    db: Database, people: dict[str, int]
) -> None:
    top, member = people["tel:+12025550123"], people["mailto:info@ali.example"]
    await db.write(links.join, top, member, evidence="e", by="t", now=1)
    assert await _names(db, "ali") == ["Anna Maria van Berg"]
    await db.write(links.part, member, by="t", now=1)
    assert await _names(db, "ali") == ["100% Ali"]


async def test_matters_are_found_by_code_and_subject(db: Database, people: dict[str, int]) -> None:
    who = people["tel:+12025550123"]
    code = tracking_code.new()
    first = await db.write(matter, who, "Invoice 4711 is wrong", code=code)
    second = await db.write(matter, who, "فاکتور اشتباه", code=tracking_code.new())

    async def found(typed: str) -> list[tuple[str, int]]:
        hits = await _find(db, typed)
        return [(hit.by, hit.conversation.id) for hit in hits if hit.conversation is not None]

    for typed in (code, f"[{code}]", f"{code[:4]} {code[4:]}", code[:5]):
        assert ("code", first) in await found(typed), typed
    for typed in ("invoice", "4711", "wrong invo", "4711 is wr", "invoice wrong"):
        assert await found(typed) == [("subject", first)], typed
    assert await found("فاكتور") == [("subject", second)]
    assert await found("voice") == []


async def test_what_is_hidden_says_no_more_than_that_it_is_there(
    db: Database, people: dict[str, int]
) -> None:
    code = tracking_code.new()
    who = people["tel:+12025550123"]
    await db.write(matter, who, "Secret plan", code=code, queue=2)
    outside = Sight(all=False, agent=None, hidden=frozenset({2}))
    assert await _find(db, code, outside) == [Hit(kind="hidden", by="code")]
    for typed in (code[:6], "secret", "berg", "0123"):
        assert await _find(db, typed, outside) == [], typed
    await db.write(matter, who, "Open plan", code=tracking_code.new())
    (person,) = await _find(db, "berg", outside)
    assert person.kind == "person"
    (plan,) = await _find(db, "plan", outside)
    assert plan.conversation is not None
    assert plan.conversation.subject == "Open plan"


async def test_what_was_there_before_words_were_kept_is_filled_in(
    db: Database, people: dict[str, int]
) -> None:
    await db.write(matter, people["tel:+12025550123"], "Invoice", code=tracking_code.new())
    before = {tuple(row) for row in await db.read(_words)}
    await db.write(lambda tx: tx.run("DELETE FROM find_word"))
    await filling.fill(db)
    assert {tuple(row) for row in await db.read(_words)} == before


def _words(tx: Tx) -> list[tuple[str, str, int]]:
    return [tuple(row) for row in tx.all("SELECT kind, word, about FROM find_word")]


async def test_words_of_what_was_rolled_back_are_not_kept(db: Database) -> None:
    def fails(tx: Tx) -> None:
        contacts.resolve(tx, Uri("tel:+12025550123"), "Nobody", source="test", now=1)
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await db.write(fails)
    assert await db.read(_words) == []


@pytest.mark.parametrize("name", ["a " * 300, "x" * 5_000, "آ" * 500, "a-b-c-d-e-f-g-h"])
def test_no_name_makes_many_rows_or_long_ones(name: str) -> None:
    rows = words.of_name(name) | words.of_subject(name)
    assert len(rows) <= 40
    assert all(len(word) <= words.LENGTH for _, word in rows)
