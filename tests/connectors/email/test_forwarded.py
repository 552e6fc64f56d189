"""The message inside a forward is found in the words of the programs that forward."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from connectors.email.forward_date import printed_date
from connectors.email.parse import parse

TEHRAN = timezone(timedelta(hours=3, minutes=30))
HEAD = (
    "From: Colleague <sam@acme.example>\r\nTo: support@acme.example\r\n"
    "Date: Wed, 4 Jan 2023 09:00:00 +0330\r\nSubject: {subject}\r\n"
    "Content-Type: text/plain; charset=utf-8\r\n\r\n"
)
BODIES = {
    "Gmail": "Please handle.\n\n---------- Forwarded message ---------\n"
    "From: Ada Lovelace <ada@example.com>\nDate: Tue, 3 Jan 2023 at 10:15\nSubject: My order\n"
    "To: Sam <sam@acme.example>\n\n\nWhere is it?\n",
    "Gmail in Persian": "رسیدگی کنید\n\n---------- Forwarded message ---------\n"
    "از: \u202aAda Lovelace\u202c\u200f <\u202aada@example.com\u202c\u200f>\n"
    "\u202bDate: سه‌شنبه ۳ ژانویهٔ ۲۰۲۳ ساعت ۱۰:۱۵\u202c\nSubject: My order\n"
    "To: <sam@acme.example>\n\n\nWhere is it?\n",
    "Apple Mail": "FYI\n\nBegin forwarded message:\n\n> From: Ada Lovelace <ada@example.com>\n"
    "> Subject: My order\n> Date: January 3, 2023 at 10:15:00 AM GMT+3:30\n"
    "> To: sam@acme.example\n> \n> Where is it?\n",
    "Apple Mail in German": "Anfang der weitergeleiteten Nachricht:\n\n"
    "Von: Ada Lovelace <ada@example.com>\nBetreff: My order\nDatum: 3. Jan 2023 um 10:15:00\n"
    "An: sam@acme.example\n\nWhere is it?\n",
    "Outlook": "Please see below.\n\n________________________________\n"
    "From: Ada Lovelace <ada@example.com>\nSent: Tuesday, January 3, 2023 10:15 AM\n"
    "To: Sam <sam@acme.example>\nSubject: My order\n\nWhere is it?\n",
    "old Outlook": "-----Original Message-----\nFrom: Ada Lovelace [mailto:ada@example.com]\n"
    "Sent: Tuesday, January 03, 2023 10:15 AM\nTo: Sam\nSubject: My order\n\nWhere is it?\n",
    "Outlook in Persian": "لطفاً رسیدگی شود.\n\nاز: Ada Lovelace <ada@example.com>\n"
    "ارسال شده: سه‌شنبه ۱۳ دی ۱۴۰۱ ۱۰:۱۵ ق.ظ\nبه: سام\nموضوع: My order\n\nWhere is it?\n",
    "Thunderbird": "\n\n-------- Forwarded Message --------\nSubject: \tMy order\n"
    "Date: \tTue, 3 Jan 2023 10:15:00 +0330\nFrom: \tAda Lovelace <ada@example.com>\n"
    "To: \tsam@acme.example\n\n\n\nWhere is it?\n",
    "Yahoo": "----- Forwarded Message -----\nFrom: Ada Lovelace <ada@example.com>\n"
    "To: sam@acme.example\nSent: Tuesday, January 3, 2023 at 10:15:00 AM GMT+3:30\n"
    "Subject: My order\n\nWhere is it?\n",
    "a Persian program": "----- پیام هدایت‌شده -----\nفرستنده: Ada Lovelace <ada@example.com>\n"
    "تاریخ: ۱۴۰۱/۱۰/۱۳ ۱۰:۱۵\nگیرنده: sam@acme.example\nموضوع: My order\n\nWhere is it?\n",
    "Arabic letters": "----- پيام هدايت شده -----\nاز: Ada Lovelace <ada@example.com>\n"
    "تاريخ: 1401/10/13 10:15\nبه: sam@acme.example\nموضوع: My order\n\nWhere is it?\n",
    "a folded sender": "---------- Forwarded message ---------\nFrom: Ada Lovelace\n"
    "<ada@example.com>\nDate: 3 Jan 2023 10:15\nSubject: My\norder\nTo: sam@acme.example\n\n"
    "Where is it?\n",
    "with its own quote": "---------- Forwarded message ---------\n"
    "From: Ada Lovelace <ada@example.com>\nDate: 2023-01-03 10:15\nSubject: My order\n"
    "To: <sam@acme.example>\n\nWhere is it?\n\nOn Mon, 2 Jan 2023 at 10:15, Sam wrote:\n> Soon.\n",
}  # fmt: skip


@pytest.mark.parametrize("program", BODIES)
@pytest.mark.parametrize("subject", ["Fwd: My order", "ارجاع: My order", "هدایت: My order"])
def test_the_block_of_a_forward_is_read(program: str, subject: str) -> None:
    raw = (HEAD.format(subject=subject) + BODIES[program]).encode()
    found = parse(raw).forwarded
    assert found is not None
    assert (found.sender, found.sender_name) == ("mailto:ada@example.com", "Ada Lovelace")
    assert found.subject == "My order"
    assert found.text == "Where is it?"
    assert found.sent_at == datetime(2023, 1, 3, 10, 15, tzinfo=TEHRAN)


@pytest.mark.parametrize("program", ["Gmail", "Apple Mail", "Thunderbird", "a Persian program"])
def test_a_mark_is_enough_where_the_subject_was_changed(program: str) -> None:
    found = parse((HEAD.format(subject="Please look") + BODIES[program]).encode()).forwarded
    assert found is not None
    assert found.sender == "mailto:ada@example.com"


def test_the_forwarders_words_stay_with_the_forward() -> None:
    mail = parse((HEAD.format(subject="Fwd: My order") + BODIES["Gmail"]).encode())
    assert mail.text.startswith("Please handle.")
    assert "Where is it?" in mail.text
    assert mail.forwarded is not None
    assert mail.forwarded.comment == "Please handle."
    signed = HEAD.format(subject="Fwd: x") + "Please!\n\n-- \nSam\n\n" + BODIES["Thunderbird"]
    found = parse(signed.encode()).forwarded
    assert found is not None
    assert found.comment == "Please!"


@pytest.mark.parametrize(
    ("subject", "body"),
    [
        ("Re: My order", BODIES["Outlook"]),  # an answer with the answered mail below it
        ("Fwd: My order", "see\n\nFrom: Ada Lovelace\nSent: Tuesday\nTo: Sam\nSubject: x\n\nx\n"),
        ("Re: x", "No.\n\nOn Tue, 3 Jan 2023, Sam <s@acme.example> wrote:\n" + "".join(
            f"> {line}\n" for line in BODIES["Gmail"].split("\n"))),
        ("Trip", "We fly\nFrom: Tehran\nTo: Shiraz\nDate: 1403/05/02\n"),
    ],
)  # fmt: skip
def test_what_only_looks_like_a_forward_is_none(subject: str, body: str) -> None:
    assert parse((HEAD.format(subject=subject) + body).encode()).forwarded is None


ATTACHED = (
    "From: sam@acme.example\r\nTo: support@acme.example\r\nSubject: {subject}\r\n"
    "Content-Type: multipart/{kind}; boundary=b\r\n\r\n--b\r\n\r\n{words}\r\n--b\r\n"
    "Content-Type: message/rfc822\r\n\r\n{mail}\r\n--b--\r\n"
)
MAIL = (
    "From: =?utf-8?B?2LPYp9ix2Kc=?= <sara@example.ir>\r\nSubject: My order\r\n"
    "Date: Tue, 3 Jan 2023 10:15:00 +0330\r\n\r\nWhere is it?\r\n-- \r\nSara\r\n"
)


@pytest.mark.parametrize("subject", ["Fwd: My order", "This one"])
def test_a_mail_attached_to_a_mail_is_a_forward(subject: str) -> None:
    raw = ATTACHED.format(subject=subject, kind="mixed", words="Please.", mail=MAIL)
    found = parse(raw.encode()).forwarded
    assert found is not None
    assert (found.sender, found.sender_name) == ("mailto:sara@example.ir", "سارا")
    assert (found.subject, found.text) == ("My order", "Where is it?")
    assert found.comment == "Please."
    assert found.sent_at == datetime(2023, 1, 3, 10, 15, tzinfo=TEHRAN)


@pytest.mark.parametrize(
    ("kind", "mail"),
    [
        ("digest", MAIL),
        ("mixed", "Subject: nobody\r\n\r\nx"),
        ("mixed", MAIL + "\r\n--b\r\nContent-Type: message/rfc822\r\n\r\n" + MAIL),
    ],
)
def test_digests_collections_and_mails_of_nobody_are_no_forwards(kind: str, mail: str) -> None:
    raw = ATTACHED.format(subject="This", kind=kind, words="Please.", mail=mail)
    assert parse(raw.encode()).forwarded is None


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("Tuesday, January 3, 2023 10:15 PM", datetime(2023, 1, 3, 22, 15, tzinfo=TEHRAN)),
        ("Tue, Jan 3, 2023 at 12:05 AM", datetime(2023, 1, 3, 0, 5, tzinfo=TEHRAN)),
        ("۳ ژانویه ۲۰۲۳ ساعت ۲۲:۱۵", datetime(2023, 1, 3, 22, 15, tzinfo=TEHRAN)),
        ("۱۳ دی ۱۴۰۱، ساعت ۱۰:۱۵ ب.ظ", datetime(2023, 1, 3, 22, 15, tzinfo=TEHRAN)),
        ("1401-10-13", datetime(2023, 1, 3, tzinfo=TEHRAN)),
        ("Tue, 3 Jan 2023 18:45:00 +0000", datetime(2023, 1, 3, 18, 45, tzinfo=UTC)),
        ("Donnerstag", None),
        ("", None),
        ("99 Jan 2023 10:15", None),
        ("1401/13/45 10:15", None),
    ],
)
def test_printed_dates_are_read_by_the_forwarders_clock(
    line: str, expected: datetime | None
) -> None:
    assert printed_date(line, TEHRAN) == expected
