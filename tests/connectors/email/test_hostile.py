"""Mails made to break a reader: each is read as far as it says something, in bounded time and size."""

from __future__ import annotations

import time

import pytest

from connectors.email.parse import parse, part_content

HEAD = b"From: a@example.com\r\nTo: b@example.com\r\nSubject: x\r\n"
M = 1_000_000
MOST_SECONDS = 15
"""Quadratic code takes minutes; machines are busy."""


def _nested(depth: int, *, closed: bool) -> bytes:
    opened = b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n)
        for n in range(depth)
    )
    ends = b"".join(b"--b%d--\r\n" % n for n in reversed(range(depth)))
    return HEAD + opened + b"\r\ninnermost words\r\n" + (ends if closed else b"")


WORDS = {
    "10,000 headers": HEAD + b"".join(b"X-%d: y\r\n" % n for n in range(10_000)) + b"\r\nwords\r\n",
    "10,000 headers in front": b"Received: from a by b\r\n" * 10_000 + HEAD + b"\r\nwords\r\n",
    "one header of 50 MB": HEAD + b"X-A: " + b"a" * (50 * M) + b"\r\n\r\nwords\r\n",
    "a subject of 50 MB": b"Subject: " + b"a" * (50 * M) + b"\r\n" + HEAD + b"\r\nwords\r\n",
    "50 MB folded": b"X-A: a\r\n" + b" aaaa\r\n" * (50 * M // 7) + HEAD + b"\r\nwords\r\n",
    "a part's header of 5 MB": HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
    b"X-A: " + b"a" * (5 * M) + b"\r\n\r\nwords\r\n--b--\r\n",
    "NULs": b"From: a@exa\0mple.com\r\nSub\0ject: x\r\nContent-Type: te\0xt/plain\r\n\r\nwo\0rds",
    "a boundary with a NUL": HEAD + b'Content-Type: multipart/mixed; boundary="a\0b"\r\n\r\n'
    b"--a\0b\r\n\r\nwords\r\n--a\0b--\r\n",
    "no end": HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nwords",
}  # fmt: skip


@pytest.mark.parametrize("kind", WORDS)
def test_who_wrote_and_what_is_found_behind_megabytes(kind: str) -> None:
    started = time.perf_counter()
    found = parse(WORDS[kind])
    assert time.perf_counter() - started < MOST_SECONDS
    assert (found.sender, found.text, found.stub) == ("mailto:a@example.com", "words", "")
    assert len(found.subject) <= 998
    assert sum(map(len, found.headers.values())) < 100_000


@pytest.mark.parametrize("closed", [True, False])
def test_a_thousand_nested_parts_are_bounded_and_kept_whole(closed: bool) -> None:
    raw = _nested(1_000, closed=closed)
    found = parse(raw)
    assert found.stub == ""
    kept = b"".join(part_content(raw, file.ref or "") for file in found.attachments)
    assert b"innermost words" in kept


@pytest.mark.parametrize("header", [b"To", b"Cc", b"Reply-To"])
def test_people_of_many_headers_are_bounded(header: bytes) -> None:
    raw = HEAD + b"".join(b"%b: c%d@example.com\r\n" % (header, n) for n in range(10_000))
    found = parse(raw + b"\r\nx")
    assert max(len(found.to), len(found.cc), len(found.reply_to)) == 1_000


NAMES = {
    "a path": (b'"../../../../etc/passwd"', "passwd"),
    "a Windows path": (rb'"C:\\Windows\\..\\..\\evil.bat"', "evil.bat"),
    "only dots": (b'".."', "attachment-2.zip"),
    "a path to dots": (b'"../../.."', "attachment-2.zip"),
    "NULs": (b'"a.exe\0.pdf"', "a.exe.pdf"),
    "an override": (b"=?utf-8?Q?=E2=80=AEfdp=2Eexe?=", "[RLO]fdp.exe"),
    "lines": (b'"a\r\n b.zip"', "a b.zip"),
}


@pytest.mark.parametrize("kind", NAMES)
def test_a_hostile_file_name_names_a_file_and_no_place(kind: str) -> None:
    value, shown = NAMES[kind]
    raw = (
        HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b\r\n"
        b"Content-Type: application/zip\r\nContent-Disposition: attachment; filename="
        + value
        + b"\r\n\r\nPK\r\n--b--\r\n"
    )
    (file,) = parse(raw).attachments
    assert file.name == shown


@pytest.mark.parametrize(
    "name",
    [
        b'"' + b"a" * M + b'.zip"',
        b'"' + b"../" * M + b'42.zip"',
        b'"' + b"=?utf-8?Q?=E2=80=AE?= " * 50_000 + b'"',
        b"x;" + b"".join(b" name*%d*=%%41;" % n for n in range(10_000)),
    ],
)
def test_names_of_megabytes_are_cut(name: bytes) -> None:
    raw = HEAD + b"Content-Type: application/zip; name=" + name + b"\r\n\r\nPK"
    (file,) = parse(raw).attachments
    assert 0 < len(file.name) <= 255
    assert "/" not in file.name


def test_a_thousand_archives_of_one_name_are_a_thousand_files() -> None:
    part = b'--b\r\nContent-Type: application/zip; name="42.zip"\r\n\r\nPK\r\n'
    raw = HEAD + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n" + part * 1_000 + b"--b--"
    files = parse(raw).attachments
    assert len({file.ref for file in files}) == 1_000
    assert {file.name for file in files} == {"42.zip"}  # archives are never opened


@pytest.mark.parametrize("raw", [b"\0" * M, b"\r" * M, b"\r\n" * M, b"a" * (50 * M), b"\xff" * M])
def test_what_is_no_mail_is_taken_as_it_is(raw: bytes) -> None:
    found = parse(raw)
    assert found.stub == ""
    assert found.sender == "mailto:unknown@invalid"
