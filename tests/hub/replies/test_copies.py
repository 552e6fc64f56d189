"""One mail that reaches two of our mailboxes: one entry with two arrivals, one work item."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import TYPE_CHECKING

import pytest

from connectors.contract import Event, Raw
from hub import actions, filing
from hub.case import Case
from hub.store import FINISHERS
from storage import conversations
from storage.db import Database
from tests.hub.running import letter

if TYPE_CHECKING:
    from tests.hub.replies.desk import Mailboxes

BOTH = "help@acme.example, sales@acme.example"


async def test_two_mailboxes_one_entry_whenever_the_second_comes(boxes: Mailboxes) -> None:
    mail = letter("Where is my parcel?", to=BOTH, id="one@customer.example")
    assert await boxes.to("mail", mail) == 200
    talk = await boxes.conversation()
    item = await boxes.item(talk.id)
    travelled = "Received: by elsewhere; Mon, 05 Jan 2026 10:00:05 +0000\r\n" + mail
    assert await boxes.to("sales", travelled) == 200

    (entry,) = await boxes.entries(talk.id)
    assert [one.channel for one in entry.data.arrivals] == ["mail", "sales"]
    assert (await boxes.item(talk.id))["id"] == item["id"]
    assert await boxes.ledger() == {"stored": 2}  # two arrivals, and the sum closes
    rows = await boxes.rows("SELECT channel, entry FROM raw_event ORDER BY id")
    assert [row["entry"] for row in rows] == [entry.id, entry.id]
    places = (await boxes.why(entry.id))["arrivals"]["places"]
    assert [one["channel"] for one in places] == ["mail", "sales"]

    assert await boxes.to("sales", travelled) == 200  # the same mailbox once more: a duplicate
    assert await boxes.ledger() == {"stored": 2, "duplicate": 1}
    assert len((await boxes.entries(talk.id))[0].data.arrivals) == 2
    shown = (await boxes.ask(f"entries/{entry.id}"))["data"]  # as every time and person is shown
    assert all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:.]+Z", one["at"]) for one in shown["arrivals"])
    assert shown["to"][0].keys() == {"uri", "name"}

    # when all is done, a third arrival begins nothing
    await boxes.reply(talk.id, "It is on its way")
    await boxes.do(actions.resolve, talk.id)
    assert await boxes.to("shop", mail) == 200
    assert (await boxes.conversation()).status == "resolved"
    assert await boxes.value("SELECT COUNT(*) FROM work_item") == 1
    assert await boxes.value("SELECT COUNT(*) FROM decision") == 1

    # other content under the same Message-ID is another mail
    assert await boxes.to("shop", mail.replace("parcel", "money")) == 200
    assert await boxes.value("SELECT COUNT(*) FROM timeline_entry WHERE direction = 'in'") == 2
    assert "same_id" in await boxes.why(entry.id)


async def test_both_at_once(boxes: Mailboxes) -> None:
    mails = [letter(f"Mail {n}", to=BOTH) for n in range(12)]
    given = [boxes.to(channel, mail) for mail in mails for channel in ("mail", "sales")]
    assert set(await asyncio.gather(*given)) == {200}
    assert await boxes.value("SELECT COUNT(*) FROM timeline_entry WHERE direction = 'in'") == 12
    assert await boxes.value("SELECT COUNT(*) FROM work_item") == 12
    assert await boxes.ledger() == {"stored": 24}


async def test_the_answer_to_both_joins_wherever_it_comes_first(lite: Mailboxes) -> None:
    """An answer that adds a mailbox comes there first, where the earlier mail never was."""
    first = letter("Hello", id="one@customer.example")
    assert await lite.to("mail", first) == 200
    more = letter("And?", to=BOTH, in_reply_to="<one@customer.example>")
    assert await lite.to("sales", more) == 200
    assert await lite.to("mail", more) == 200
    talk = await lite.conversation()
    assert [one.text for one in await lite.entries(talk.id)] == ["Hello", "And?"]
    # and later from the added mailbox alone, by the copy that came there
    last = letter("Hello?", to="sales@acme.example", in_reply_to="<one@customer.example>")
    assert await lite.to("sales", last) == 200
    assert len(await lite.conversations()) == 2, "that mail never came to this mailbox"


async def test_our_own_mail_in_another_mailbox_of_ours_is_an_echo(lite: Mailboxes) -> None:
    assert await lite.to("mail", letter("Hello")) == 200
    talk = await lite.conversation()
    entry = await lite.reply(talk.id, "Hi")
    body = await lite.body(entry)
    ours = letter(
        "Hi", sender="help@acme.example", to="ann@customer.example, shop@shop.example",
        id=body.message_id,
    )  # fmt: skip
    assert await lite.to("shop", ours) == 200  # another domain: its loop mark is not known here
    assert (await lite.ledger())["ignored"] == 1
    assert len(await lite.conversations()) == 1


async def test_what_failed_in_one_mailbox_is_filed_by_the_other(
    lite: Mailboxes, monkeypatch: pytest.MonkeyPatch
) -> None:
    mail = letter("Hello", to=BOTH)
    with monkeypatch.context() as broken:
        broken.setattr(conversations, "create", _breaks)
        assert await lite.to("mail", mail) == 200
    assert await lite.ledger() == {"failed": 1}
    assert await lite.to("sales", mail) == 200
    (entry,) = await lite.entries((await lite.conversation()).id)
    event = await lite.value("SELECT id FROM raw_event WHERE state = 'failed'")
    await lite.hub.intake.replay(event)
    assert await lite.ledger() == {"stored": 2}
    (entry,) = await lite.entries((await lite.conversation()).id)
    assert [one.channel for one in entry.data.arrivals] == ["sales", "mail"]


def _breaks(*_args: object, **_more: object) -> None:
    raise ValueError("a mistake of ours")


async def test_two_writers_on_one_store(served: tuple[Mailboxes, Callable[[], str]]) -> None:
    """Two processes take the same mails at the same time, each from its own mailbox."""
    boxes, url = served
    other = await Database.open(url(), finishers=FINISHERS)
    try:
        mails = [letter(f"Mail {n}", to=BOTH) for n in range(30)]
        jobs = [
            db.write(filing.file_raw, *_case(boxes, channel, mail))
            for mail in mails
            for db, channel in ((boxes.hub.db, "mail"), (other, "sales"))
        ]
        filed = [one for (one,) in await asyncio.gather(*jobs)]
    finally:
        await other.close()
    assert {one.state for one in filed} == {"stored"}
    assert await boxes.value("SELECT COUNT(*) FROM timeline_entry WHERE direction = 'in'") == 30
    assert await boxes.value("SELECT COUNT(*) FROM work_item") == 30
    assert await boxes.ledger() == {"stored": 60}


def _case(boxes: Mailboxes, name: str, mail: str) -> tuple[Case, list[Event]]:
    channel = boxes.channel(name)
    raw = Raw("webhook", "", (("Content-Type", "message/rfc822"),), "", mail.encode())
    assert channel.receiving is not None
    case = Case(
        channel=channel,
        desk=boxes.hub.desk,
        raw=raw,
        now=boxes.hub.clock(),
        mailboxes=boxes.hub.channels.mailboxes,
    )
    return case, list(channel.receiving.parse(raw))
