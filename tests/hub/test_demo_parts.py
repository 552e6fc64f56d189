"""Parts of the demo: what the simulated providers put on the wire and take from it."""

from __future__ import annotations

import zlib
from datetime import UTC, datetime
from pathlib import Path

import aiosmtplib
import pytest
from twilio.request_validator import RequestValidator

from connectors.contract import Auto
from connectors.email.parse import parse
from hub import clock, settings
from hub.demo import asked, mailbox, pictures, ports, wire
from hub.demo.door import Door
from hub.demo.messages import Message, Messages
from hub.demo.smtp import Sink
from hub.demo.watch import Watch

LINE = wire.Line(
    account="ACdemo", token="t0ken", number="+12025550123", url="http://127.0.0.1:1/in/sms"
)
AT = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


def test_forms_are_signed_as_twilio_signs_them() -> None:
    fields = wire.message_form(
        LINE, sid="SM1", sender="+12025550199", text="سلام &=+", media=[("http://x/y", "image/png")]
    )
    headers, _ = wire.signed(LINE, fields)
    signature = headers["X-Twilio-Signature"]
    assert RequestValidator("t0ken").validate(LINE.url, fields, signature)


def test_a_letter_is_read_as_it_was_written() -> None:
    file = pictures.file("photo", "7")
    letter = wire.Letter(
        sender="mina@nameh.example",
        name="مینا نوری",
        to="poshtibani@acme.example",
        subject="سفارش ۴۸۲۱۳",
        text="سلام،\n\nکجاست؟\n",
        message_id="a@nameh.example",
        at=AT,
        in_reply_to="b@acme.example",
        references=("a0@nameh.example", "b@acme.example"),
        files=(file,),
    )
    found = parse(wire.mail(letter))
    assert (found.sender, found.sender_name) == ("mailto:mina@nameh.example", "مینا نوری")
    assert found.subject == letter.subject
    assert "کجاست؟" in found.text
    assert found.references == letter.references
    assert [one.name for one in found.attachments] == [file.name]
    assert found.auto is Auto.NO


def test_a_letter_cannot_bring_headers_of_its_own() -> None:
    letter = wire.Letter(
        sender="a@x.example",
        name="A",
        to="support@acme.example",
        subject="one\r\nBcc: victim@x.example",
        text="x",
        message_id="m@x.example",
        at=AT,
    )
    assert b"\nBcc:" not in wire.mail(letter)


def test_a_bounce_names_the_mail_it_is_about() -> None:
    found = parse(
        wire.bounce("support@acme.example", "a@x.example", "m1@acme.example", AT, domain="x")
    )
    assert found.bounce is not None
    assert found.bounce.message_id == "m1@acme.example"
    assert [one.uri for one in found.bounce.failed] == ["mailto:a@x.example"]


@pytest.mark.parametrize("kind", ["photo", "receipt", "label"])
def test_pictures_are_whole_pngs(kind: str) -> None:
    content = pictures.file(kind, "20415").content
    assert content.startswith(b"\x89PNG\r\n\x1a\n")
    start = content.index(b"IDAT")
    length = int.from_bytes(content[start - 4 : start], "big")
    pixels = zlib.decompress(content[start + 4 : start + 4 + length])
    assert len(pixels) == 320 * (480 * 3 + 1)


def test_invoices_have_their_objects_where_they_say() -> None:
    content = pictures.invoice("20415")
    table = content.index(b"xref")
    assert int(content.rsplit(b"startxref\n", 1)[1].split()[0]) == table
    rows = content[table:].split(b"\n")[3:9]
    for number, row in enumerate(rows, 1):
        place = int(row.split()[0])
        assert content[place:].startswith(b"%d 0 obj" % number)


# ---------------------------------------------------------------- the mail server


async def test_mail_ends_up_in_every_mailbox(tmp_path: Path) -> None:
    messages = Messages(tmp_path)
    taken: list[Message] = []

    def deliver(recipients: list[str], body: bytes) -> None:
        taken.extend(mailbox.received(messages, recipients, body))

    letter = wire.Letter(
        sender="support@acme.example",
        name="Acme",
        to="ann@x.example",
        subject="Re: hello",
        text="dots\n.\n..two\nend\n",
        message_id="m@acme.example",
        at=AT,
        files=(pictures.file("invoice", "20415"),),
    )
    async with Sink(deliver) as sink:
        await aiosmtplib.send(
            wire.mail(letter),
            sender="support@acme.example",
            recipients=["ann@x.example", "ben@x.example"],
            hostname="127.0.0.1",
            port=sink.port,
            start_tls=False,
        )
    assert [one.customer for one in taken] == ["ann@x.example", "ben@x.example"]
    assert taken[0].text == "dots\n.\n..two\nend"
    assert (taken[0].subject, taken[0].key) == ("Re: hello", "m@acme.example")
    assert messages.content(taken[0].files[0].id) == letter.files[0].content


async def test_the_mail_server_refuses_mailboxes_that_are_not_there() -> None:
    taken: list[list[str]] = []
    async with Sink(lambda recipients, _body: taken.append(recipients)) as sink:
        smtp = aiosmtplib.SMTP(hostname="127.0.0.1", port=sink.port, start_tls=False)
        async with smtp:
            with pytest.raises(aiosmtplib.SMTPRecipientsRefused):
                await smtp.sendmail("a@acme.example", ["bounce@x.example"], b"Subject: x\r\n\r\nx")
            await smtp.rset()
            with pytest.raises(aiosmtplib.SMTPResponseException):
                await smtp.rcpt("ann@x.example")
    assert not taken


# ---------------------------------------------------------------- memory


def test_messages_outlive_the_process(tmp_path: Path) -> None:
    first = Messages(tmp_path)
    message = first.add(
        Message(id=0, channel="sms", customer="+1", direction="in", at=1, text="x", key="SM1")
    )
    told: list[int] = []
    first.listeners.append(lambda one: told.append(one.id))
    message.state = "accepted"
    first.changed(message)
    with (tmp_path / "messages.jsonl").open("ab") as file:
        file.write(b'{"id": 2, "chan')  # a process died over it
    second = Messages(tmp_path)
    assert [one.state for one in second.of("sms", "+1")] == ["accepted"]
    assert second.by_key("SM1") is not None
    assert told == [message.id]
    assert second.content("../../etc/passwd") is None


def test_a_mail_of_the_week_does_not_get_the_story_of_a_new_one(tmp_path: Path) -> None:
    messages = Messages(tmp_path)
    now = clock.now() // 1000
    customer = "ada@post.example"
    old = Message(
        id=0, channel="mail", customer=customer, direction="in", at=now - 60_000, text="old"
    )
    messages.add_all([old])
    watch = Watch(Door(settings.load(None, {})), messages, lambda _: None)
    new = messages.add(
        Message(id=0, channel="mail", customer=customer, direction="in", at=now + 1_000, text="new")
    )
    talk = {
        "id": 7,
        "work_item": None,
        "queue": {"name": "support"},
        "agent": None,
        "status": "open",
    }
    entry = {"direction": "in", "address": "mailto:ada@post.example", "provider_id": "digest"}
    data = {"entry": entry, "conversation": talk}
    watch.take({"type": "event", "seq": 1, "kind": "entry.added", "data": data})
    assert old.story is None
    assert new.story is not None
    assert new.story.conversation == 7


@pytest.mark.parametrize("text", ["", "hello", "0912", "+", "+1 202 555 01990000000"])
def test_numbers_are_checked(text: str) -> None:
    with pytest.raises(asked.Wrong, match="from: "):
        asked.number(text)


def test_numbers_may_be_typed_as_people_do() -> None:
    assert asked.number("+1 (202) 555-0199") == "+12025550199"


def test_uploads_are_typed_by_content() -> None:
    given = asked.Upload("a.txt", "text/plain", "iVBORw0KGgoAAAANSUhEUg==")
    assert asked.upload(given).type == "image/png"
    with pytest.raises(asked.Wrong, match="base64"):
        asked.upload(asked.Upload("a", "", "***"))


def test_the_next_free_port_is_taken() -> None:
    with ports.listen(0) as held:
        wanted = held.getsockname()[1]
        assert ports.free(wanted) > wanted
