"""Splitting off and moving, and taking it back: what is owed goes along, and answers find the way."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from connectors.contract import Uri
from hub import actions
from storage import views
from tests.hub.replies.desk import ANN
from tests.hub.running import letter, message

if TYPE_CHECKING:
    from storage.db import Tx
    from tests.hub.replies.desk import Mailboxes

NOW = ("status", "waiting_since", "subject")


async def _entry(boxes: Mailboxes, text: str) -> int:
    found: int = await boxes.value("SELECT id FROM timeline_entry WHERE text = :t", t=text)
    return found


async def _in(boxes: Mailboxes, conversation: int) -> list[str]:
    return [one.text for one in await boxes.entries(conversation)]


async def _standing(boxes: Mailboxes, id: int) -> tuple[Any, ...]:
    found = await boxes.read(views.conversation, id)
    item = found.work_item
    key = None if item is None else (item.state, item.order_key)
    names = [getattr(found, name) for name in NOW]
    return (*names, None if found.agent is None else found.agent.name, key)


async def test_split_off_and_back(boxes: Mailboxes) -> None:
    assert await boxes.to("mail", letter("My parcel?", subject="Re: Parcel")) == 200
    talk = (await boxes.conversation()).id
    more = letter("And my bill?", subject="Re: Bill", cc="bob@a.example",
                  references="<m1@customer.example>")  # fmt: skip
    assert await boxes.to("mail", more.replace("m1@customer.example", await _id(boxes))) == 200
    assert await _in(boxes, talk) == ["My parcel?", "And my bill?"]
    before = await _standing(boxes, talk)

    bill = await _entry(boxes, "And my bill?")
    done = await boxes.act(f"entries/{bill}/move", {"new": True})
    split = done["conversation"]
    assert (await _in(boxes, talk), await _in(boxes, split)) == (["My parcel?"], ["And my bill?"])
    assert await _standing(boxes, talk) == before  # it owes for the first as before
    found = await boxes.ask(f"conversations/{split}")
    assert (found["status"], found["subject"], found["follows"]) == ("open", "Bill", talk)
    row = await boxes.rows("SELECT recorded_at FROM timeline_entry WHERE id = :e", e=bill)
    item = await boxes.item(split)
    assert (item["state"], item["order_key"]) == ("queued", row[0]["recorded_at"])  # place kept
    assert [one["uri"] for one in found["participants"] if one["role"] == "cc"] == [
        "mailto:bob@a.example"
    ]
    there = await boxes.ask(f"conversations/{talk}")
    assert [one["role"] for one in there["participants"]] == ["from"]  # Bob is no more in it
    facts = await boxes.why(bill)
    assert (facts["moved"]["by"], facts["moved"]["source"]) == ("One", talk)
    assert facts["moved"]["undo"] == done["undo"]
    assert "references" in facts  # and why it had been there
    acts = await boxes.rows("SELECT action FROM audit WHERE action LIKE 'entry.%'")
    assert [row["action"] for row in acts] == ["entry.moved"]

    back = await boxes.act(f"moves/{done['undo']}/undo")
    assert back["conversation"] == talk
    assert await _in(boxes, talk) == ["My parcel?", "And my bill?"]
    assert await _standing(boxes, talk) == before
    assert [one.id for one in await boxes.conversations()] == [talk]  # the empty one is gone
    assert await boxes.value("SELECT COUNT(*) FROM work_item WHERE state = 'queued'") == 1
    assert (await boxes.why(bill))["moved"]["undone"]
    await boxes.act(f"moves/{done['undo']}/undo", status=409)


async def test_what_is_left_goes_on_with_whoever_wrote_it(boxes: Mailboxes) -> None:
    """Not with whose mail was taken away; and back with them when it comes back."""
    assert await boxes.to("mail", letter("My parcel?", cc="Bob <bob@a.example>")) == 200
    talk = (await boxes.conversation()).id
    entry = await boxes.reply(talk, "Which one?")
    aside = await boxes.reply(talk, "Ask the depot", to=(Uri("mailto:depot@d.example"),))
    marks = {one.id: one.to_other for one in await boxes.entries(talk)}
    assert (marks[entry], marks[aside]) == (False, True)
    bob = letter("From Bob", sender="Bob <bob@a.example>",
                 in_reply_to=f"<{(await boxes.body(entry)).message_id}>")  # fmt: skip
    assert await boxes.to("mail", bob) == 200

    async def address() -> str:
        found = await boxes.ask(f"conversations/{talk}")
        assert found["channels"][0]["to"] == found["address"]
        return str(found["address"])

    assert await address() == "mailto:bob@a.example"
    done = await boxes.act(f"entries/{await _entry(boxes, 'From Bob')}/move", {"new": True})
    assert await address() == ANN
    await boxes.act(f"moves/{done['undo']}/undo")
    assert await address() == "mailto:bob@a.example"


async def _id(boxes: Mailboxes) -> str:
    found: str = await boxes.value("SELECT message_id FROM timeline_entry ORDER BY id LIMIT 1")
    return found


async def test_all_of_it_into_another_matter_and_back(boxes: Mailboxes) -> None:
    await boxes.come("one")
    assert await boxes.to("mail", letter("Where is it?", subject="Parcel")) == 200
    first = (await boxes.conversation()).id
    sent = await boxes.body(await boxes.reply(first, "Which one?"))
    assert await boxes.to("mail", letter("push: the red one", subject="My red parcel")) == 200
    second = (await boxes.conversations())[-1].id
    await boxes.until_item(second, "active")
    assert await boxes.value("SELECT SUM(used) FROM agent") > 0
    before = [await _standing(boxes, one) for one in (first, second)]

    red = await _entry(boxes, "push: the red one")
    done = await boxes.act(f"entries/{red}/move", {"conversation": first})
    assert await _in(boxes, first) == ["Where is it?", "Which one?", "push: the red one"]
    assert [one.id for one in await boxes.conversations()] == [first]  # nothing was left of it
    found = await boxes.conversation()
    assert (found.status, found.waiting_since) == ("open", before[1][1])
    await boxes.until_item(first, "active")  # whoever owns it is asked no more than once
    rows = await boxes.rows("SELECT state FROM work_item WHERE conversation = :c", c=second)
    assert [row["state"] for row in rows] == ["cancelled"]

    # the code of what is gone leads there, and so does moving by it
    code = await boxes.value("SELECT code FROM conversation WHERE id = :c", c=second)
    await boxes.act(f"entries/{red}/move", {"code": code}, status=409)

    back = await boxes.act(f"moves/{done['undo']}/undo")
    assert back["conversation"] == second
    await boxes.until_item(second, "active")
    restored = [await _standing(boxes, one) for one in (first, second)]
    assert restored == before
    assert sent.message_id


def _arrive(tx: Tx) -> None:
    """There is no mail server here: say that all mails have left."""
    tx.run("UPDATE delivery SET state = 'sent'")


async def test_an_answer_finds_where_its_mail_is_now(lite: Mailboxes) -> None:
    assert await lite.to("mail", letter("Hello", subject="One")) == 200
    talk = (await lite.conversation()).id
    sent = await lite.body(await lite.reply(talk, "An answer"))
    hello, answer = await _entry(lite, "Hello"), await _entry(lite, "An answer")
    await lite.act(f"entries/{answer}/move", {"new": True}, status=409)  # it is on its way
    await lite.write(_arrive)
    done = await lite.act(f"entries/{answer}/move", {"new": True})
    assert (await lite.conversations())[0].id == talk
    back = letter("Thanks", in_reply_to=f"<{sent.message_id}>")
    assert await lite.to("mail", back) == 200  # its token names the old one
    assert await _in(lite, done["conversation"]) == ["An answer", "Thanks"]

    # all of the rest goes too: the old token leads to it, whatever the answer names
    await lite.act(f"entries/{hello}/move", {"conversation": done["conversation"]})
    assert [one.id for one in await lite.conversations()] == [done["conversation"]]
    lost = letter("Hello?", in_reply_to=f"<{sent.message_id}>", references="<gone@b.example>")
    assert await lite.to("mail", lost) == 200
    assert len(await lite.conversations()) == 1


async def test_several_at_once_and_what_cannot_be_moved(lite: Mailboxes) -> None:
    await lite.come("one")
    for text in ("push one", "two", "three"):
        await lite.loop(message(text))
    talk = (await lite.conversation()).id
    await lite.until_item(talk, "active")
    two = await _entry(lite, "two")
    done = await lite.act(f"entries/{two}/move", {"new": True, "later": True})
    assert await _in(lite, talk) == ["push one"]
    assert await _in(lite, done["conversation"]) == ["two", "three"]
    item = await lite.until_item(done["conversation"], "active")  # the owner's, as it was
    assert item["agent"] == lite.agents["one"].id

    one = await _entry(lite, "push one")
    for entry, body, status in (
        (one, {"new": True}, 409),  # nothing would be left
        (one, {"conversation": talk}, 409),
        (one, {}, 400),
        (one, {"new": True, "conversation": talk}, 400),
        (one, {"code": "12345678"}, 400),
        (one, {"conversation": 9_999}, 404),
        (9_999, {"new": True}, 404),
    ):
        await lite.act(f"entries/{entry}/move", body, status=status)
    line = await lite.value("SELECT id FROM timeline_entry WHERE kind = 'moved_away'")
    await lite.act(f"entries/{line}/move", {"new": True}, status=409)
    await lite.act("moves/9999/undo", status=404)

    # moved on since: the first move cannot be undone before the second
    await lite.loop(message("elsewhere", sender="tel:+12025550177"))
    third = (await lite.conversations())[-1].id
    again = await lite.act(f"entries/{two}/move", {"conversation": third})
    await lite.act(f"moves/{done['undo']}/undo", status=409)
    await lite.act(f"moves/{again['undo']}/undo")
    await lite.act(f"moves/{done['undo']}/undo")
    assert await _in(lite, talk) == ["push one", "two", "three"]
    assert (await lite.until_item(talk, "active"))["agent"] == lite.agents["one"].id
    assert await lite.value("SELECT COUNT(*) FROM work_item WHERE state = 'active'") == 1


async def test_what_is_answered_or_done_owes_nothing_elsewhere(lite: Mailboxes) -> None:
    await lite.loop(message("first"))
    talk = (await lite.conversation()).id
    await lite.reply(talk, "answered")
    await lite.loop(message("second", sender="tel:+12025550177"))
    other = (await lite.conversations())[-1].id
    await lite.do(actions.resolve, other)
    entry = await _entry(lite, "first")
    await lite.until_delivered(await _entry(lite, "answered"), "sent")
    done = await lite.act(f"entries/{entry}/move", {"conversation": other})
    found = {one.id: one.status for one in await lite.conversations()}
    assert found == {talk: "pending", other: "resolved"}
    await lite.act(f"moves/{done['undo']}/undo")

    # but what nobody has answered reopens it, and closes it again when it is taken back
    await lite.loop(message("third"))
    third = await _entry(lite, "third")
    done = await lite.act(f"entries/{third}/move", {"conversation": other})
    found = {one.id: one.status for one in await lite.conversations()}
    assert found == {talk: "pending", other: "open"}
    await lite.act(f"moves/{done['undo']}/undo")
    found = {one.id: one.status for one in await lite.conversations()}
    assert found == {talk: "open", other: "resolved"}


async def test_whoever_may_not_see_a_matter_moves_nothing_into_it(lite: Mailboxes) -> None:
    await lite.loop(message("secret plans"))
    await lite.loop(message("hello", sender="tel:+12025550177"))
    await lite.loop(message("more", sender="tel:+12025550177"))
    hidden, talk = (one.id for one in await lite.conversations())
    more, secret = await _entry(lite, "more"), await _entry(lite, "secret plans")
    await lite.act(f"entries/{more}/move", {"conversation": hidden}, status=404)
    await lite.act(f"entries/{secret}/move", {"conversation": talk}, status=404)
    for path in ("why", "recipients"):
        async with lite.office.person("one@acme.example") as caller:
            assert (await caller.get(f"entries/{secret}/{path}")).status == 404
    done = await lite.act(f"entries/{more}/move", {"conversation": hidden}, who="three")
    await lite.act(f"moves/{done['undo']}/undo", status=404)
    facts = await lite.why(more, who="three")
    assert facts["moved"]["source"] == talk


PROMISES = """
calendars:
  - {name: always, zone: UTC, week: {mon: &all ["00:00-24:00"], tue: *all, wed: *all, thu: *all,
     fri: *all, sat: *all, sun: *all}}
sla: [{name: care, first_reply: 1h, resolution: 8h, calendar: always}]
queues: [{name: general, modes: {"*": pull}, sla: care}]
"""


async def test_what_was_promised_is_owed_where_the_message_is(lite: Mailboxes) -> None:
    await lite.office.run("apply", text=PROMISES)
    await lite.loop(message("first"))
    await lite.loop(message("second"))
    talk = (await lite.conversation()).id
    second = await _entry(lite, "second")

    async def due(id: int) -> dict[str, Any]:
        found = await lite.read(views.conversation, id)
        return {one.kind: one.due_at for one in found.deadlines}

    before = await due(talk)
    assert set(before) == {"first_reply", "resolution"}
    done = await lite.act(f"entries/{second}/move", {"new": True})
    assert await due(talk) == before
    split = await due(done["conversation"])
    assert split["first_reply"] > before["first_reply"]  # since it was written, an hour

    first = await _entry(lite, "first")
    gone = await lite.act(f"entries/{first}/move", {"conversation": done["conversation"]})
    assert (await due(done["conversation"]))["first_reply"] <= split["first_reply"]
    assert await due(talk) == {"resolution": None}  # it stands still
    await lite.act(f"moves/{gone['undo']}/undo")
    assert (await due(talk))["first_reply"] == before["first_reply"]
    await lite.act(f"moves/{done['undo']}/undo")
    assert await due(done["conversation"]) == {"resolution": None}
    assert (await due(talk))["first_reply"] == before["first_reply"]
