"""Whose a mail is where From does not say so: forms, and forwards by colleagues."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from msgspec.structs import replace

from connectors.contract import Auto, Uri
from tests.hub.replies.desk import ANN, forward, uris
from tests.hub.running import letter

if TYPE_CHECKING:
    from tests.hub.replies.desk import Mailboxes


@pytest.mark.parametrize(
    ("sender", "more", "why"),
    [
        ("Site <forms@site.example>", {}, "form_mailer"),
        ("x7@typeform.example", {"auto_submitted": "auto-generated"}, "form_mailer"),
        ("no-reply@site.example", {}, "no_reply"),
        ("help@acme.example", {}, "ours"),
        ("forms@elsewhere.example", {}, ""),
        ("no-reply@site.example", {"auto_submitted": "auto-generated"}, ""),
    ],
)
async def test_the_customer_of_a_form_is_its_reply_to(
    lite: Mailboxes, sender: str, more: dict[str, str], why: str
) -> None:
    mail = letter("I ask", sender=sender, to="sales@acme.example",
                  reply_to="Ann <ann@customer.example>", **more)  # fmt: skip
    assert await lite.to("sales", mail) == 200
    talk = await lite.conversation()
    assert (talk.address == ANN) is bool(why)
    if not why:
        return
    assert (talk.contact.name, talk.status) == ("Ann", "open")
    (entry,) = await lite.entries(talk.id)
    facts = await lite.why(entry.id)
    assert facts["form"]["why"] == why
    assert facts["form"]["from"] == f"mailto:{sender.partition('<')[2].rstrip('>') or sender}"
    assert facts["person"]["verified"] is False
    sent = await lite.body(await lite.reply(talk.id, "Hi"))
    assert (uris(sent.to), sent.cc) == (["ann@customer.example"], [])


async def test_a_colleagues_forward_is_the_customers(boxes: Mailboxes) -> None:
    await boxes.take("mail", forward(authenticated=True))
    talk = await boxes.conversation()
    assert (talk.address, talk.contact.name, talk.subject) == (ANN, "Ann", "My parcel")
    (entry,) = await boxes.entries(talk.id)
    assert (entry.text, entry.has_more) == ("Where is it?", True)
    facts = await boxes.why(entry.id)
    assert facts["forwarded"] == {"by": "mailto:one@acme.example", "name": "One", "proven": True}
    assert facts["person"]["verified"] is False  # what a block of text says proves nothing

    # what the colleague wrote above it is theirs, and no customer's
    page = (await boxes.ask(f"conversations/{talk.id}/entries"))["items"]
    (note,) = [one for one in page if one["kind"] == "note"]
    assert (note["text"], note["actor"]["name"]) == ("Please look at this", "One")
    assert "forward_note" in await boxes.why(note["id"])

    # the answer goes to the customer; the colleagues of the forward are offered, not written to
    shown = (await boxes.ask(f"conversations/{talk.id}"))["recipients"]
    assert (uris(shown["to"]), shown["cc"]) == (["ann@customer.example"], [])
    assert [(one["uri"], one["why"]) for one in shown["left_out"]] == [
        ("mailto:one@acme.example", "forwarder")
    ]
    sent = await boxes.body(await boxes.reply(talk.id, "On its way"))
    assert (uris(sent.to), sent.cc) == (["ann@customer.example"], [])

    # her own mail is verified as ever, by her own address; the same person
    assert await boxes.to("mail", letter("Thanks", in_reply_to=f"<{sent.message_id}>")) == 200
    assert len(await boxes.conversations()) == 1


async def test_whose_forward_counts(lite: Mailboxes) -> None:
    stranger = forward(by="eve@b.example")
    for message in (
        stranger,
        forward(by="kim@acme-partners.example"),  # of the channel sales, not of this one
        forward(auto=Auto.REPLY, comment="by a machine"),
    ):
        await lite.take("mail", message)
    assert await lite.value("SELECT COUNT(*) FROM identity WHERE uri = :u", u=ANN) == 0
    await lite.take("sales", replace(forward(by="kim@acme-partners.example"), provider_id="two"))
    await lite.take("sales", forward(by="shop@shop.example", comment="from our own mailbox"))
    rows = await lite.rows("SELECT t.id FROM timeline_entry t JOIN identity i ON i.id = t.identity"
                           " WHERE i.uri = :u", u=ANN)  # fmt: skip
    assert len(rows) == 2
    ours = forward(comment="our own words")
    assert ours.forwarded is not None
    inner = replace(ours.forwarded, sender=Uri("mailto:sales@acme.example"))
    await lite.take("mail", replace(ours, forwarded=inner))
    assert await lite.value("SELECT COUNT(*) FROM identity WHERE uri LIKE '%sales@acme%'") == 0


async def test_a_forward_joins_the_matter_that_it_is_about(lite: Mailboxes) -> None:
    assert await lite.to("mail", letter("Where is it?", id="first@customer.example")) == 200
    await lite.take("sales", forward(references=("first@customer.example",)))
    await lite.take("mail", forward(references=("first@customer.example",), comment="and here"))
    first, second = await lite.conversations()
    assert [one.text for one in await lite.entries(first.id)] == ["Where is it?", "Where is it?"]
    assert len(await lite.entries(second.id)) == 1  # its mail never came to that mailbox


async def test_no_program_answers_a_form_or_a_forward(lite: Mailboxes) -> None:
    form = letter("I ask", sender="forms@site.example", to="sales@acme.example",
                  reply_to="ann@customer.example", return_path="<forms@site.example>")  # fmt: skip
    assert await lite.to("sales", form) == 200
    await lite.take("mail", forward())
    for talk in await lite.conversations():
        (entry,) = await lite.entries(talk.id)
        assert entry.data.return_path == ""
