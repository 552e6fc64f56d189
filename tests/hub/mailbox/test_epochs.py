"""Numbers that begin to mean other mails: nothing is filed twice, and nothing is missed."""

from __future__ import annotations

import json
import random

import pytest

from hub.replies import why
from tests.fakes.imap_servers import Mail, ScriptedImap, scripted
from tests.hub.mailbox.mailroom import (
    NOW,
    OLD,
    Mailroom,
    folders,
    letter,
    until_messages,
    until_read,
    until_recorded,
)

AGO = "01-Jan-2001 00:00:00 +0000"


async def test_a_changed_uidvalidity_files_nothing_twice_and_misses_nothing(each_engine: Mailroom):
    each_engine.put(letter("old", at=OLD))
    async with each_engine.hub(history="all") as hub:
        each_engine.put(letter("known"))
        await until_messages(hub, 2)
    renumber(each_engine.server)
    each_engine.put(letter("older than we", at=AGO), letter("while we were away"))
    async with each_engine.hub(history="all") as hub:
        await until_read(hub)
        each_engine.put(letter("new"))
        rows = await until_messages(hub, 5)
        assert [(row["text"], is_history(row)) for row in rows] == [
            ("older than we", True),
            ("old", True),
            ("known", False),
            ("while we were away", False),
            ("new", False),
        ]
        await until_recorded(hub, stored=2, history=1, known=2, changes=1)
        assert await hub.ledger() == {"stored": 5, "duplicate": 2}


async def test_a_mailbox_that_moved_under_the_same_uidvalidity(mailroom: Mailroom):
    """The new server happens to count as the old one did: only its name tells."""
    async with mailroom.hub() as hub:
        mailroom.put(*(letter(f"known {n}", id=f"{n}@c") for n in range(3)))
        await until_messages(hub, 3)
    async with scripted() as other:
        here = Mailroom(other, mailroom.folder, mailroom.url)
        here.put(
            letter("new 1"), *(letter(f"known {n}", id=f"{n}@c") for n in range(3)), letter("new 2")
        )
        async with here.hub(imap_host="localhost") as hub:
            rows = await until_messages(hub, 5)
            assert {row["text"] for row in rows} >= {"new 1", "new 2"}
            assert await hub.ledger() == {"stored": 5, "duplicate": 3}


async def test_a_server_that_was_set_back_to_last_nights_copy(mailroom: Mailroom):
    async with mailroom.hub() as hub:
        mailroom.put(*(letter(f"known {n}") for n in range(4)))
        await until_messages(hub, 4)
    for uid in (3, 4):
        del mailroom.server.inbox[uid]
    mailroom.server.given_out.clear()  # UIDNEXT is 3 again, and UIDVALIDITY the same
    async with mailroom.hub() as hub:
        mailroom.put(letter("in the place of a known one"))
        rows = await until_messages(hub, 5)
        assert [row["text"] for row in rows][-1] == "in the place of a known one"
        assert await hub.ledger() == {"stored": 5, "duplicate": 2}


async def test_a_uidvalidity_that_changes_each_time(mailroom: Mailroom):
    mailroom.put(*(letter(f"old {n}", at=OLD) for n in range(5)))
    async with mailroom.hub(history="all") as hub:
        await until_read(hub)
    for night in range(5):
        renumber(mailroom.server)
        mailroom.put(letter(f"night {night}"))
        async with mailroom.hub(history="all") as hub:
            rows = await until_messages(hub, 6 + night)
            await until_read(hub)
            assert len(rows) == 6 + night
            fetched = mailroom.server.fetched()
            mailroom.server.commands.clear()
    assert len(fetched) == 1  # what is older than a day is not fetched each time
    async with mailroom.hub(history="all") as hub:
        assert (await folders(hub))["INBOX"]["changes"] == 5


async def test_an_equal_message_id_alone_drops_no_mail(mailroom: Mailroom):
    async with mailroom.hub() as hub:
        mailroom.put(letter("one", id="same@c"), letter("two", id="same@c"))
        mailroom.put(letter("one", id="same@c"))
        rows = await until_messages(hub, 2)
        assert {row["text"] for row in rows} == {"one", "two"}
        reasons = await hub.read(lambda tx: why.lines(tx, rows[1], lambda _id: True))
        assert "same_id" in [line.code for line in reasons]

        async def settled() -> bool:
            return sum((await hub.ledger()).values()) == 3

        await hub.until(settled)
        assert await hub.ledger() == {"stored": 2, "duplicate": 1}


@pytest.mark.parametrize("seed", range(2))
async def test_whatever_happens_to_the_numbers_the_store_has_each_mail_once(
    mailroom: Mailroom, seed: int
):
    """Arrivals, deletions, renumberings, restarts in any order: each mail that stood there at the
    last visit is on the timeline exactly once."""
    chance = random.Random(seed)
    subjects = set()
    for step in range(6):
        for n in range(chance.randrange(4)):
            name = f"{step}.{n}"
            subjects.add(name)
            mailroom.put(letter(name, id=f"{name}@c", at=chance.choice([OLD, NOW])))
        async with mailroom.hub(history="all") as hub:
            await until_read(hub)
            rows = await until_messages(hub, len(subjects))
            assert sorted(row["subject"] for row in rows) == sorted(subjects)
        for uid in list(mailroom.server.inbox):
            if chance.random() < 0.2:
                del mailroom.server.inbox[uid]
        if chance.random() < 0.5:
            renumber(mailroom.server, chance)


def renumber(server: ScriptedImap, chance: random.Random | None = None) -> None:
    """The folder is made anew: other numbers for the same mails, perhaps in another order."""
    mails: list[Mail] = list(server.inbox.values())
    if chance is not None:
        chance.shuffle(mails)
    server.folders["INBOX"] = dict(enumerate(mails, start=1))
    server.anew()


def is_history(row: object) -> bool:
    return bool(json.loads(row["data"]).get("history"))
