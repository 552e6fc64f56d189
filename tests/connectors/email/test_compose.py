"""Mails that go out: by the RFCs, readable again, and nobody adds a header to them."""

from __future__ import annotations

import email
from datetime import UTC, datetime
from email import policy
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.contract import Auto, Outbound, OutFile, Party, Uri
from connectors.email.compose import MAX_REFERENCES, compose, needs_utf8
from connectors.email.parse import parse, part_content

NOW = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
FROM = Party(Uri("mailto:support@acme.example"), "Acme")
ADA = Party(Uri("mailto:ada@example.com"), "Ada")


def _part(**fields: Any) -> Outbound:
    return Outbound(
        **{
            "delivery_id": 1,
            "to": (ADA,),
            "text": "words",
            "message_id": "m1@acme.example",
            **fields,
        }
    )


def _compose(**fields: Any) -> bytes:
    return compose(_part(**fields), from_=FROM, domain="acme.example", now=NOW)


def test_a_mail_is_read_back_as_it_was_written() -> None:
    files = (OutFile("قرارداد نهایی و بسیار طولانی برای مشتری گرامی.pdf", "application/pdf", 3, b"\0\r\n"),
             OutFile('a "b".txt', "text/plain", 3, b"abc"))  # fmt: skip
    raw = _compose(
        subject="پاسخ: سفارش شمارهٔ ۱۲۳", text="سلام\n\nHello", to=(Party(ADA.uri, "علی، رضایی"),),
        cc=(Party(Uri("mailto:bob@example.com"), 'Bob "x", Jr'),), files=files, in_reply_to="p@x",
        references=("a@x", "p@x"), reply_to="support+1@acme.example", sender_name="پشتیبانی",
    )  # fmt: skip
    found = parse(raw, loop_domains=frozenset())
    assert (found.subject, found.text) == ("پاسخ: سفارش شمارهٔ ۱۲۳", "سلام\n\nHello")
    assert (found.sender, found.sender_name) == (FROM.uri, "پشتیبانی")
    assert found.to == (Party(ADA.uri, "علی، رضایی"),)
    assert found.cc == (Party(Uri("mailto:bob@example.com"), 'Bob "x", Jr'),)
    assert [one.uri for one in found.reply_to] == ["mailto:support+1@acme.example"]
    assert (found.message_id, found.in_reply_to, found.references) == (
        "m1@acme.example",
        ("p@x",),
        ("a@x", "p@x"),
    )
    assert found.sent_at == NOW
    assert found.auto is Auto.NO
    assert [one.name for one in found.attachments] == [one.name for one in files]
    assert [part_content(raw, one.ref or "") for one in found.attachments] == [b"\0\r\n", b"abc"]
    assert '<p dir="rtl" lang="fa">سلام</p>' in found.html
    assert '<p dir="ltr" lang="en">Hello</p>' in found.html


TEXT = st.text(st.characters(exclude_categories=("Cs",)), max_size=200)


@given(subject=TEXT, name=TEXT, text=TEXT, file=TEXT)
@settings(deadline=None)
def test_whatever_is_in_it_the_mail_keeps_the_rules(
    subject: str, name: str, text: str, file: str
) -> None:
    raw = _compose(subject=subject, text=text, to=(Party(ADA.uri, name),), sender_name=name,
                   files=(OutFile(file, "image/png", 1, b"x"),))  # fmt: skip
    assert raw.isascii()
    assert raw.count(b"\n") == raw.count(b"\r\n") == raw.count(b"\r")
    assert all(len(line) <= 998 for line in raw.split(b"\r\n"))
    read = email.message_from_bytes(raw, policy=policy.default)
    assert not read.defects
    assert [key for key, _ in read.items()] == ["Date", "From", "To", "Subject", "Message-ID", "X-Hub-Loop",
                                                "MIME-Version", "Content-Type"]  # fmt: skip
    assert [one.uri for one in parse(raw).to] == [ADA.uri]


@pytest.mark.parametrize(
    "evil", ["x\r\nBcc: evil@example.com", "x\nBcc: e@x", "x\rBcc: e@x", "x\u2028Bcc: e@x"]
)
def test_no_header_is_added_by_a_line_end(evil: str) -> None:
    raw = _compose(subject=evil, sender_name=evil, to=(Party(ADA.uri, evil),))
    read = email.message_from_bytes(raw)
    assert read["Bcc"] is None
    assert parse(raw).subject == "x Bcc: " + evil.partition(": ")[2]


def test_nothing_turns_a_header_around() -> None:
    raw = _compose(subject="a\u202eb\u2066c\u200f", sender_name="\u202dx")
    assert parse(raw).subject == "abc"
    assert parse(raw).sender_name == "x"


@pytest.mark.parametrize("bad", ["a b@x", "a@x>\r\nBcc: e@x", "<", "ä@x"])
def test_an_id_that_is_none_is_refused(bad: str) -> None:
    with pytest.raises(ValueError, match="Message-ID"):
        _compose(message_id=bad)
    assert parse(_compose(in_reply_to=bad, references=(bad,))).references == ()


def test_addresses_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="e-mail"):
        _compose(to=(Party(Uri("tel:+12025550123")),))
    with pytest.raises(ValueError, match="not valid"):
        _compose(to=(Party(Uri("mailto:a@x>\r\nBcc: e@x")),))


def test_long_chains_are_cut_in_the_middle_and_long_ids_stay_whole() -> None:
    ids = tuple(f"{'x' * 120}{number}@mail.example" for number in range(60))
    raw = _compose(references=ids, in_reply_to=ids[-1])
    found = parse(raw).references
    assert len(found) == MAX_REFERENCES
    assert (found[0], found[-1]) == (ids[0], ids[-1])
    assert b"=?" not in raw.partition(b"\r\n\r\n")[0]


def test_what_no_person_wrote_says_so() -> None:
    read = email.message_from_bytes(_compose(auto=True))
    assert read["Auto-Submitted"] == "auto-replied"
    assert email.message_from_bytes(_compose())["Auto-Submitted"] is None


def test_our_own_mail_is_known_when_it_comes_back() -> None:
    assert parse(_compose()).auto is Auto.LOOP


def test_domains_are_ascii_and_local_parts_may_need_smtputf8() -> None:
    idn = Party(Uri("mailto:info@xn--mnchen-3ya.example"))
    assert b"To: info@xn--mnchen-3ya.example\r\n" in _compose(to=(idn,))
    wide = Party(Uri("mailto:jörg@example.com"), "Jörg")
    assert needs_utf8(_part(to=(wide,)), FROM)
    assert not needs_utf8(_part(), FROM)
    raw = _compose(to=(wide,))
    assert "<jörg@example.com>".encode() in raw
    assert parse(raw).to == (wide,)


def test_a_mail_goes_out_as_a_file() -> None:
    raw = _compose(
        files=(OutFile("x.eml", "message/rfc822", 7, b"From: x"), OutFile("y", "no type", 1, b"y"))
    )
    assert [one.type for one in parse(raw).attachments] == ["application/octet-stream"] * 2


def test_html_of_the_agent_is_sent_with_directions_and_its_text_beside_it() -> None:
    found = parse(_compose(text="", html="<p>سلام</p><p>Hello</p>"))
    assert found.text == "سلام\n\nHello"
    assert '<p dir="rtl" lang="fa">سلام</p><p dir="ltr" lang="en">Hello</p>' in found.html
