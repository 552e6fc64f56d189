"""To whom an answer goes: all of the mail, newcomers marked, blind copies never given away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connectors.contract import Uri
from hub.compose import Refused
from storage import consents, contacts
from tests.hub.replies.desk import ANN, uris
from tests.hub.running import letter

if TYPE_CHECKING:
    from tests.hub.replies.desk import Mailboxes


async def _recipients(boxes: Mailboxes, conversation: int) -> dict[str, Any]:
    shown: dict[str, Any] = (await boxes.ask(f"conversations/{conversation}"))["recipients"]
    return shown


def _new(shown: dict[str, Any]) -> list[str]:
    return uris([one for one in (*shown["to"], *shown["cc"]) if one["new"]])


async def test_all_of_the_mail_and_who_is_new_in_it(boxes: Mailboxes) -> None:
    first = letter("Hello", to="help@acme.example, sales@acme.example, Bob <bob@a.example>")
    assert await boxes.to("mail", first) == 200
    talk = await boxes.conversation()
    shown = await _recipients(boxes, talk.id)
    assert (uris(shown["to"]), uris(shown["cc"])) == (["ann@customer.example"], ["bob@a.example"])
    assert _new(shown) == []  # in the first mail nobody is new

    entry = await boxes.reply(talk.id, "Hi both")
    body = await boxes.body(entry)
    assert uris(body.cc) == ["bob@a.example"]  # neither of our mailboxes is in it
    second = letter(
        "And Cy should know", cc="Cy <cy@a.example>, bob@a.example",
        in_reply_to=f"<{body.message_id}>",
    )  # fmt: skip
    assert await boxes.to("mail", second) == 200
    shown = await _recipients(boxes, talk.id)
    assert uris(shown["cc"]) == ["cy@a.example", "bob@a.example"]
    assert _new(shown) == ["cy@a.example"]
    assert shown["cc"][0]["name"] == "Cy"

    # the person it is about is not new there by another address of theirs
    home = Uri("mailto:ann@home.example")
    await boxes.write(contacts.add_identity, talk.contact.id, home, "", source="agent",
                      verified=False, now=1)  # fmt: skip
    third = letter("Cy wrote this", sender="Cy <cy@a.example>", to=f"help@acme.example, {home[7:]}",
                   in_reply_to=f"<{body.message_id}>")  # fmt: skip
    assert await boxes.to("mail", third) == 200
    shown = await _recipients(boxes, talk.id)
    assert (uris(shown["cc"]), _new(shown)) == (["ann@home.example"], [])

    # an earlier mail is answered as it was
    (before, *_) = await boxes.entries(talk.id)
    assert before.text == "Hello"
    older = await boxes.ask(f"entries/{before.id}/recipients")
    assert (uris(older["to"]), uris(older["cc"])) == (["ann@customer.example"], ["bob@a.example"])
    sent = await boxes.body(await boxes.reply(talk.id, "To the first", answers=before.id))
    assert (uris(sent.to), uris(sent.cc)) == (["ann@customer.example"], ["bob@a.example"])
    assert sent.in_reply_to == before_id(first)


def before_id(mail: str) -> str:
    """The Message-ID of a mail."""
    return mail.partition("Message-ID: <")[2].partition(">")[0]


async def test_whom_we_add_takes_part_and_stays_for_the_next_mail(lite: Mailboxes) -> None:
    assert await lite.to("mail", letter("Hello")) == 200
    talk = await lite.conversation()
    dora = Uri("mailto:dora@law.example")
    entry = await lite.reply(talk.id, "Dora will help", to=(Uri(ANN),), cc=(dora,))
    again = await lite.body(await lite.reply(talk.id, "One thing more"))
    assert (uris(again.to), uris(again.cc)) == (["ann@customer.example"], ["dora@law.example"])
    assert again.to[0][1] == "Ann"  # known names go with the addresses

    eve = Uri("mailto:eve@elsewhere.example")
    await lite.reply(talk.id, "Eve, what do you think?", to=(eve,))  # not to her: she is answered
    shown = await _recipients(lite, talk.id)
    assert uris(shown["to"]) == ["ann@customer.example"]

    answer = letter(
        "I can", sender="Dora <dora@law.example>", cc="ann@customer.example",
        in_reply_to=f"<{(await lite.body(entry)).message_id}>",
    )  # fmt: skip
    assert await lite.to("mail", answer) == 200
    assert (await lite.conversation()).id == talk.id
    sent = await lite.body(await lite.reply(talk.id, "Thank you, Dora"))
    assert (uris(sent.to), uris(sent.cc)) == (["dora@law.example"], ["ann@customer.example"])
    # what Dora wrote stands on the timeline of the person the matter is about
    page = await lite.ask(f"contacts/{talk.contact.id}/timeline")
    assert [one["text"] for one in page["items"] if one["direction"] == "in"] == ["I can", "Hello"]


async def test_a_reply_to_that_is_not_the_sender(lite: Mailboxes) -> None:
    mail = letter("Hello", reply_to="Ann at home <ann@home.example>", cc="bob@a.example")
    assert await lite.to("mail", mail) == 200
    talk = await lite.conversation()
    assert talk.address == ANN  # the person is who wrote
    shown = await _recipients(lite, talk.id)
    assert [(one["uri"], one["why"]) for one in shown["to"]] == [
        ("mailto:ann@home.example", "reply_to")
    ]
    assert [(one["uri"], one["why"]) for one in shown["left_out"]] == [(ANN, "sender")]
    body = await lite.body(await lite.reply(talk.id, "Hi"))
    assert (uris(body.to), uris(body.cc)) == (["ann@home.example"], ["bob@a.example"])
    assert (await lite.conversation()).status == "pending"  # it ends the turn as any answer
    back = letter("Thanks", sender="ann@home.example", in_reply_to=f"<{body.message_id}>")
    assert await lite.to("mail", back) == 200
    assert len(await lite.conversations()) == 1
    direct = await lite.body(await lite.reply(talk.id, "To you", to=(Uri(ANN),)))
    assert uris(direct.to) == ["ann@customer.example"]


async def test_a_lists_reply_to_and_ours_change_nothing(lite: Mailboxes) -> None:
    listed = letter("Hello", to="club@lists.example", cc="help@acme.example",
                    reply_to="club@lists.example")  # fmt: skip
    assert await lite.to("mail", listed) == 200
    ours = letter("Hello", sender="Eve <eve@b.example>", reply_to="orders@shop.example")
    assert await lite.to("mail", ours) == 200
    first, second = await lite.conversations()
    shown = await _recipients(lite, first.id)
    assert (uris(shown["to"]), uris(shown["cc"])) == (
        ["ann@customer.example"], ["club@lists.example"],
    )  # fmt: skip
    shown = await _recipients(lite, second.id)
    assert (uris(shown["to"]), shown["cc"], shown["left_out"]) == (["eve@b.example"], [], [])


async def test_a_blind_copy_is_never_given_away(lite: Mailboxes) -> None:
    mail = letter("Look at this", to="rival@b.example", cc="cy@a.example", bcc="spy@c.example")
    assert await lite.to("mail", mail) == 200
    talk = await lite.conversation()
    shown = await _recipients(lite, talk.id)
    assert (uris(shown["to"]), shown["cc"]) == (["ann@customer.example"], [])
    assert [(one["uri"], one["why"]) for one in shown["left_out"]] == [
        ("mailto:rival@b.example", "blind"), ("mailto:cy@a.example", "blind"),
    ]  # fmt: skip
    entry = await lite.reply(talk.id, "I see")
    body = await lite.body(entry)
    assert (uris(body.to), uris(body.cc)) == (["ann@customer.example"], [])
    (came, _) = await lite.entries(talk.id)
    for path in (
        f"conversations/{talk.id}", f"entries/{came.id}", f"entries/{came.id}/why",
        f"contacts/{talk.contact.id}/timeline",
    ):  # fmt: skip
        assert "spy@c.example" not in str(await lite.ask(path))
    assert await lite.value("SELECT COUNT(*) FROM identity WHERE uri LIKE '%spy%'") == 0


async def test_an_undeclared_alias_by_which_it_came_is_ours(lite: Mailboxes) -> None:
    mail = letter("Hello", to="info@acme.example, bob@a.example", delivered_to="info@acme.example")
    assert await lite.to("mail", mail) == 200
    talk = await lite.conversation()
    shown = await _recipients(lite, talk.id)
    assert (uris(shown["to"]), uris(shown["cc"])) == (["ann@customer.example"], ["bob@a.example"])


async def test_who_opted_out_gets_no_copy(lite: Mailboxes) -> None:
    assert await lite.to("mail", letter("Hello", cc="bob@a.example, cy@a.example")) == 200
    talk = await lite.conversation()
    bob = await lite.read(contacts.find, Uri("mailto:bob@a.example"))
    await lite.write(
        consents.record, bob.identity, None, "withdrawn", source="customer", now=lite.hub.clock()
    )
    shown = await _recipients(lite, talk.id)
    assert uris(shown["cc"]) == ["cy@a.example"]
    assert [one["why"] for one in shown["left_out"]] == ["opted_out"]
    with pytest.raises(Refused, match="opted out") as caught:
        await lite.reply(talk.id, "Hi", to=(Uri(ANN),), cc=(Uri("mailto:bob@a.example"),))
    assert caught.value.field == "cc[0]"
    assert uris((await lite.body(await lite.reply(talk.id, "Hi"))).cc) == ["cy@a.example"]


async def test_a_vacation_notice_is_not_what_is_answered(lite: Mailboxes) -> None:
    assert await lite.to("mail", letter("Hello", cc="bob@a.example")) == 200
    talk = await lite.conversation()
    sent = await lite.body(await lite.reply(talk.id, "Hi"))
    away = letter("I am away", sender="bob@a.example", auto_submitted="auto-replied",
                  in_reply_to=f"<{sent.message_id}>")  # fmt: skip
    assert await lite.to("mail", away) == 200
    again = await lite.body(await lite.reply(talk.id, "And this"))
    assert (uris(again.to), uris(again.cc)) == (["ann@customer.example"], ["bob@a.example"])
