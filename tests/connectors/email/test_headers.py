"""Encoded words, addresses, parameters, dates and ids, whole and broken."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.email.addresses import UNKNOWN, addresses, uri
from connectors.email.dates import parse_date
from connectors.email.headers import MAX_IDS, message_ids, one_id
from connectors.email.params import content_type, parameters
from connectors.email.parse import parse
from connectors.email.words import header_text
from connectors.file_name import file_name


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("plain", "plain"),
        ("folded\r\n here\n\tand there", "folded here and there"),
        ("=?utf-8?Q?Gr=C3=BC=C3=9Fe?=", "Grüße"),
        ("=?utf-8?q?a_b?= c", "a b c"),
        ("=?utf-8?Q?a?= =?utf-8?Q?b?=", "ab"),
        ("=?utf-8?Q?a?=\r\n =?iso-8859-1?Q?=E4?= x", "aä x"),
        ("=?utf-8?B?2LPZhNin?= =?utf-8?B?2YU=?=", "سلام"),
        ("=?utf-8?B?2LPZ?= =?utf-8?B?hNin2YU=?=", "سلام"),  # split inside a character
        ("=?utf-8?B?2LPZhNin2?= =?utf-8?B?YU=?=", "سلام"),  # and inside a group of four
        ("=?UTF-8?B?2LPZhNin2YU?=", "سلام"),  # no padding
        ("=?utf-8?B?2LPZ hNin2YU=?=", "سلام"),
        ("=?utf-8?Q?with spaces inside?=", "with spaces inside"),
        ("=?utf-8?Q?why=3F?=", "why?"),
        ("=?utf-8?Q?what?=3D?=", "what?="),
        ("=?us-ascii*en?Q?Keith?=", "Keith"),
        ("=?x-unknown?Q?=D8=B3?=", "س"),
        ("a=?utf-8?Q?b?=c", "abc"),
        ("=?utf-8?X?no?=", "=?utf-8?X?no?="),
        ("=?utf-8?Q?unfinished", "=?utf-8?Q?unfinished"),
        ("=? =?=", "=? =?="),
        ("=?gb2312?B?xOO6ww==?=", "你好"),
        ("=?iso-2022-jp?B?GyRCJDMkcyRLJEEkTxsoQg==?=", "こんにちは"),
        ("nul\0here", "nulhere"),
    ],
)
def test_header_text(value: str, text: str) -> None:
    assert header_text(value) == text


@given(st.text(max_size=80))
def test_header_text_of_anything_can_be_stored(value: str) -> None:
    header_text("=?" + value).encode()


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("a@b.example", [("a@b.example", "")]),
        ("<a@b.example>", [("a@b.example", "")]),
        ("Ada L <a@b.example>", [("a@b.example", "Ada L")]),
        ('"L, Ada" <a@b.example>', [("a@b.example", "L, Ada")]),
        ("L, Ada <a@b.example>", [("L", ""), ("a@b.example", "Ada")]),
        ('"Ada \\"x\\"" <a@b.example>', [("a@b.example", 'Ada "x"')]),
        ("a@b.example (Ada (of) L)", [("a@b.example", "Ada (of) L")]),
        (
            "a@x.example, B <b@x.example>;c@x.example",
            [("a@x.example", ""), ("b@x.example", "B"), ("c@x.example", "")],
        ),
        ("All: a@x.example, b@x.example;", [("a@x.example", ""), ("b@x.example", "")]),
        ("undisclosed-recipients:;", []),
        ("=?utf-8?Q?J=C3=B6rg?= <j@x.example>", [("j@x.example", "Jörg")]),
        ("=?utf-8?Q?L,_J=C3=B6rg?= <j@x.example>", [("j@x.example", "L, Jörg")]),
        ('"=?utf-8?Q?J=C3=B6rg?=" <j@x.example>', [("j@x.example", "Jörg")]),
        ("<@r.example,@s.example:a@x.example>", [("a@x.example", "")]),
        ("a @ b . example", [("a@b.example", "")]),
        ("Ada a@b.example", [("a@b.example", "Ada")]),
        ("a@b.example b@b.example", [("a@b.example", ""), ("b@b.example", "")]),
        ('"odd one"@b.example', [('"odd one"@b.example', "")]),
        ("Ada <a@b.example", [("a@b.example", "Ada")]),
        ('"Ada <a@b.example>', [("a@b.example", "Ada")]),
        ("<<a@b.example>>", [("a@b.example", "")]),
        ("mailto:a@b.example", [("a@b.example", "")]),
        ("<mailto:a@b.example>", [("a@b.example", "")]),
        ("a@[192.0.2.1]", [("a@[192.0.2.1]", "")]),
        ("root", [("root", "")]),
        ("a@b.example <a@b.example>", [("a@b.example", "a@b.example")]),
        ("", []),
        (",;,", []),
    ],
)
def test_addresses(value: str, found: list[tuple[str, str]]) -> None:
    assert [tuple(one) for one in addresses(value)] == found


@given(st.text(alphabet='ab@.,;:<>()[]"\\ =?\n', max_size=60))
def test_any_address_header_is_read(value: str) -> None:
    for one in addresses(value):
        assert uri(one.address).startswith("mailto:")


def test_an_address_that_is_none_is_kept() -> None:
    assert uri("A..b@c.example") == "mailto:a..b@c.example"
    assert uri(" ") == UNKNOWN


@pytest.mark.parametrize(
    ("value", "type_", "params"),
    [
        ("text/plain", "text/plain", {}),
        ("TEXT/Plain; CHARSET=Utf-8", "text/plain", {"charset": "Utf-8"}),
        (
            " text / plain ; charset = utf-8 ; format = flowed",
            "text/plain",
            {"charset": "utf-8", "format": "flowed"},
        ),
        ('multipart/mixed; boundary="a b"', "multipart/mixed", {"boundary": "a b"}),
        ("multipart/mixed;boundary=a;;", "multipart/mixed", {"boundary": "a"}),
        ("text/plain charset=utf-8", "text/plain", {"charset": "utf-8"}),
        (
            "text/plain, charset=utf-8; format=flowed",
            "text/plain",
            {"charset": "utf-8", "format": "flowed"},
        ),
        ("plain/text; charset=utf-8", "text/plain", {"charset": "utf-8"}),
        ("text/plain\n charset=utf-8", "text/plain", {"charset": "utf-8"}),
        ("text/plain; charset=us-ascii (why)", "text/plain", {"charset": "us-ascii"}),
        ("(c) text (d) / plain (e); a=b", "text/plain", {"a": "b"}),
        ('a/b; name="x \\"y\\" z.pdf"', "a/b", {"name": 'x "y" z.pdf'}),
        ("a/b; name='my file.pdf'", "a/b", {"name": "my file.pdf"}),
        ("a/b; name=it's.pdf", "a/b", {"name": "it's.pdf"}),
        ("a/b; name=my file (1).pdf", "a/b", {"name": "my file (1).pdf"}),
        ('a/b; name="unclosed', "a/b", {"name": "unclosed"}),
        ("a/b; name*=utf-8''%D8%B3.pdf", "a/b", {"name": "س.pdf"}),
        ("a/b; name*1*=%B3.pdf; name*0*=utf-8'fa'%D8", "a/b", {"name": "س.pdf"}),
        ('a/b; name*0="a;"; name*1=b', "a/b", {"name": "a;b"}),
        ("a/b; name=x; name*=utf-8''y", "a/b", {"name": "y"}),
        ('a/b; name="=?utf-8?B?2LPZhNin2YU=?=.pdf"', "a/b", {"name": "سلام.pdf"}),
        ('a/b; name="C:\\dir\\x.pdf"', "a/b", {"name": "C:\\dir\\x.pdf"}),
        ("text", "text/plain", {}),
        ("html; charset=x", "text/html", {"charset": "x"}),
        ("nonsense", "", {}),
        ("", "", {}),
        (";;;=;", "", {}),
    ],
)
def test_content_type(value: str, type_: str, params: dict[str, str]) -> None:
    assert content_type(value) == (type_, params)


@given(st.text(alphabet="ab/=;*'\"%\\ 0()\n?", max_size=60))
def test_any_parameters_are_read(value: str) -> None:
    parameters(value)


@pytest.mark.parametrize(
    ("name", "shown"),
    [("a.pdf", "a.pdf"), ("/etc/passwd", "passwd"), ("C:\\x\\a.pdf", "a.pdf"), ("..\\..\\a", "a"),
     ("a\r\nb.pdf", "a b.pdf"), ("a\x00\x1bb", "ab"), ("می\u200cشود.pdf", "می\u200cشود.pdf"),
     ("exe\u202efdp.exe", "exe[RLO]fdp.exe"), ("a/", "")],
)  # fmt: skip
def test_file_names_are_names(name: str, shown: str) -> None:
    assert file_name(name) == shown


@pytest.mark.parametrize(
    ("value", "iso"),
    [
        ("Tue, 1 Jul 2003 10:52:37 +0200", "2003-07-01T10:52:37+02:00"),
        ("1 Jul 2003 10:52 +0200", "2003-07-01T10:52:00+02:00"),
        ("Tue,1 Jul 2003 10:52:37 -0330 (comment (nested))", "2003-07-01T10:52:37-03:30"),
        ("Thu,\n 13\n Feb\n 1969\n 23:32\n -0330", "1969-02-13T23:32:00-03:30"),
        ("21 Nov 97 09:55:06 GMT", "1997-11-21T09:55:06+00:00"),
        ("21 Nov 25 09:55:06 EST", "2025-11-21T09:55:06-05:00"),
        ("Tue, 01 July 2003 10:52:37 IRST", "2003-07-01T10:52:37+03:30"),
        ("Tue Jul  1 10:52:37 2003", "2003-07-01T10:52:37+00:00"),
        ("Tue Jul  1 10:52:37 CEST 2003", "2003-07-01T10:52:37+02:00"),
        ("2003-07-01T10:52:37Z", "2003-07-01T10:52:37+00:00"),
        ("2003-07-01 10:52:37.5+03:30", "2003-07-01T10:52:37+03:30"),
        ("Tue, 1 Jul 2003 10:52:60 +0000", "2003-07-01T10:52:59+00:00"),
        ("Tue, 1 Jul 2003 10:52:37 +9999", "2003-07-01T10:52:37+00:00"),
        ("1 Jan 0001 00:00:00 +1400", None),
        ("Tue, 31 Feb 2003 10:52:37 +0200", None),
        ("Tue, 1 Xyz 2003 10:52:37 +0200", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_dates(value: str, iso: str | None) -> None:
    found = parse_date(value)
    assert (found.isoformat() if found else None) == iso


@given(st.text(alphabet="0123456789 :+-/TZJanu,()", max_size=50))
def test_any_date_is_read_or_none(value: str) -> None:
    found = parse_date(value)
    assert found is None or found.utcoffset() is not None


def test_message_ids() -> None:
    assert message_ids("<1@x> <2@x>\n\t<1@x>,<3@\r\n x>") == ("1@x", "2@x", "3@x")
    assert message_ids("1@x 2@x") == ("1@x", "2@x")
    assert message_ids("no ids here") == ()
    assert one_id(" <a@b> ") == one_id("a@b") == "a@b"
    assert one_id("") == ""


def test_a_long_chain_keeps_its_first_and_last_ids() -> None:
    ids = message_ids(" ".join(f"<{number}@x>" for number in range(2000)))
    assert len(ids) == MAX_IDS
    assert (ids[0], ids[-1]) == ("0@x", "1999@x")


def test_a_surname_before_a_comma_is_no_mailbox() -> None:
    mail = parse(
        b"From: =?utf-8?Q?M=C3=BCller?=, Eva <eva@example.com>\n"
        b"To: root, Smith, Bob <bob@example.com>, ada@example.com\n\nwords\n"
    )
    assert (mail.sender, mail.sender_name) == ("mailto:eva@example.com", "Müller, Eva")
    assert [(one.uri, one.name) for one in mail.to] == [
        ("mailto:root", ""),
        ("mailto:bob@example.com", "Smith, Bob"),
        ("mailto:ada@example.com", ""),
    ]
