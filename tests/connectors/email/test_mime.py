"""The tree of parts: how a mail is cut, and that nothing in it is lost."""

from __future__ import annotations

import base64
import email
import sys

import pytest

from connectors.email.mime import MAX_DEPTH, MAX_PARTS, leaves, split
from connectors.email.parse import parse, part_content

HEAD = b"From: a@example.com\n"


def _paths(raw: bytes) -> list[tuple[str, str]]:
    return [(part.path, part.type) for part in leaves(split(raw))]


def test_paths_are_those_of_imap() -> None:
    raw = HEAD + (
        b"Content-Type: multipart/mixed; boundary=m\n\n"
        b"--m\nContent-Type: multipart/alternative; boundary=a\n\n"
        b"--a\n\nx\n--a\nContent-Type: text/html\n\n<p>x\n--a--\n"
        b"--m\nContent-Type: image/png\n\nx\n--m--\n"
    )
    assert _paths(raw) == [("1.1", "text/plain"), ("1.2", "text/html"), ("2", "image/png")]
    assert _paths(HEAD + b"\nx") == [("1", "text/plain")]


@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_the_line_end_before_a_delimiter_is_the_delimiters(end: bytes) -> None:
    raw = end.join(
        [b"Content-Type: multipart/mixed; boundary=m", b"", b"--m", b"", b"x", b"", b"--m--", b""]
    )
    assert [part.body() for part in leaves(split(raw))] == [b"x" + end]


def test_delimiters_inside_lines_are_none() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=m\n\n"
    raw += b"--m\n\na --m\n --m\n--mm\n--m x\nb\n--m  \t\n\nc\n--m--"
    assert [part.body() for part in leaves(split(raw))] == [b"a --m\n --m\n--mm\n--m x\nb", b"c"]


def test_parts_behind_the_closing_delimiter_are_found() -> None:
    raw = (
        b"Content-Type: multipart/mixed; boundary=m\n\n--m\n\na\n--m--\nepilogue\n--m\n\nb\n--m--\n"
    )
    assert [part.body() for part in leaves(split(raw))] == [b"a", b"b"]


def test_a_base64_multipart_is_decoded_first() -> None:
    inner = b"--m\n\nhello\n--m--\n"
    raw = b"Content-Type: multipart/mixed; boundary=m\nContent-Transfer-Encoding: base64\n\n"
    assert parse(HEAD + raw + base64.encodebytes(inner)).text == "hello"


def test_what_is_too_deep_stays_one_attachment() -> None:
    raw = HEAD
    for level in range(MAX_DEPTH + 5):
        raw += b"Content-Type: multipart/mixed; boundary=b%d\n\n--b%d\n" % (level, level)
    inbound = parse(raw + b"\nhello\n")
    assert len(inbound.attachments) == 1
    assert inbound.attachments[0].ref is not None
    assert b"hello" in part_content(raw + b"\nhello\n", inbound.attachments[0].ref)


def test_parts_beyond_the_bound_stay_in_the_last_one() -> None:
    raw = b"Content-Type: multipart/mixed; boundary=m\n\n" + b"--m\n\nx\n" * (MAX_PARTS + 50)
    parts = list(leaves(split(raw)))
    assert len(parts) == MAX_PARTS
    assert parts[-1].body().count(b"x") == 51


def test_it_agrees_with_the_stdlib_on_well_formed_mails() -> None:
    raw = HEAD + (
        b'Subject: x\nContent-Type: multipart/mixed; boundary="m"\n\npreamble\n'
        b"--m\nContent-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: base64\n\n2LPZhNin2YU=\n"
        b"--m\nContent-Type: application/pdf\nContent-Transfer-Encoding: quoted-printable\n\n"
        b"a=3Db=\nc\n--m--\n"
    )
    theirs = [part for part in email.message_from_bytes(raw).walk() if not part.is_multipart()]
    ours = list(leaves(split(raw)))
    assert [part.content() for part in ours] == [part.get_payload(decode=True) for part in theirs]
    assert [part.type for part in ours] == [part.get_content_type() for part in theirs]


def test_depth_needs_no_recursion_limit() -> None:
    raw = HEAD + b"Content-Type: message/rfc822\n\n" * 5_000 + b"\nx"
    limit = sys.getrecursionlimit()
    assert parse(raw).stub == ""
    assert sys.getrecursionlimit() == limit
