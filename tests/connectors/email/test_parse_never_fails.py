"""Whatever the bytes, parse returns, in time that grows with their number and not faster."""

from __future__ import annotations

import time
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from connectors.email import parse as parse_module
from connectors.email.parse import as_json, parse, part_content

PAYLOADS = sorted((Path(__file__).parents[2] / "payloads" / "email").glob("*.eml"))
HEAD = b"From: a@example.com\r\nTo: b@example.com\r\nSubject: x\r\n"
M = 1_000_000


def _is_storable(value: object) -> bool:
    if isinstance(value, dict):
        return all(map(_is_storable, value.values()))
    if isinstance(value, list):
        return all(map(_is_storable, value))
    if isinstance(value, str):
        value.encode()
        return "\0" not in value
    return True


def _check(raw: bytes) -> None:
    inbound = parse(raw, frozenset({"mx.example"}))
    assert inbound.stub == ""
    assert inbound.sender.startswith("mailto:")
    assert _is_storable(as_json(inbound))
    assert inbound.text or not inbound.full_text
    for attachment in inbound.attachments:
        assert attachment.ref is not None
        assert len(part_content(raw, attachment.ref)) == attachment.size


@given(st.binary(max_size=400))
@settings(max_examples=300, deadline=None)
def test_any_bytes(raw: bytes) -> None:
    _check(raw)


@given(st.sampled_from(PAYLOADS), st.randoms(use_true_random=False))
@settings(max_examples=400, deadline=None)
def test_recorded_mails_with_bytes_changed(path: Path, random: Random) -> None:
    raw = bytearray(path.read_bytes() or b"x")
    for _ in range(random.randrange(1, 12)):
        at = random.randrange(len(raw))
        match random.randrange(4):
            case 0:
                raw[at] = random.randrange(256)
            case 1:
                del raw[at : at + random.randrange(1, 30)]
                raw = raw or bytearray(b"x")
            case 2:
                raw[at:at] = random.choice(
                    [
                        b"\r\n",
                        b"\n\n",
                        b"=?utf-8?b?",
                        b"--b\n",
                        b"<",
                        b'"',
                        b"(",
                        b"\x00",
                        b"\xff",
                        b";",
                    ]
                )
            case _:
                raw[at:at] = raw[: random.randrange(200)]
    _check(bytes(raw))


HOSTILE = {
    "nested multiparts": HEAD
    + b"".join(
        b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n)
        for n in range(5000)
    ),
    "nested mails": HEAD + b"Content-Type: message/rfc822\r\n\r\n" * 30_000,
    "many parts": HEAD
    + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    + b"--b\r\n\r\nx\r\n" * (M // 10),
    "false delimiters": HEAD
    + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    + b"--bx\n" * (M // 5),
    "padding": HEAD + b"Content-Transfer-Encoding: base64\r\n\r\n" + b"QQ==\r\n" * (M // 6),
    "nested div": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<div>" * (M // 5),
    "open tags": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<a href='" * (M // 9),
    "open comments": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<!--" * (M // 4),
    "nested quotes": HEAD + b"Content-Type: text/html\r\n\r\n" + b"<blockquote>x" * (M // 13),
    "rules": HEAD + b"\r\n" + b"_____\n" * (M // 6),
    "signature marks": HEAD + b"\r\n" + b"-- x\n__________\nconfidential\n" * (M // 30),
    "header blocks": HEAD + b"\r\n" + b"From: x@y\nSubject: \nx\n" * (M // 22),
    "attributions": HEAD + b"\r\n" + b"On 1.1.2020 10:00 a@b.example\n" * (M // 31),
    "encoded words": b"Subject: " + b"=?a?q?" * (M // 6) + b"\r\n" + HEAD,
    "quotes in an address": b'From: "' + b'\\"' * (M // 2) + b"\r\n\r\n",
    "at signs": b"From: " + b"@" * M + b"\r\n\r\n",
    "comments": b"From: " + b"(" * M + b"\r\n\r\n",
    "dotted words": b"From: a@b" + b" .c" * (M // 3) + b"\r\n\r\n",
    "parameters": b"Content-Type: text/plain;" + b"a*1*=b;" * (M // 7) + b"\r\n\r\n",
    "escapes": b'Content-Type: text/plain; a="' + b'\\"' * (M // 2) + b"\r\n\r\n",
    "stray lines": b"xyz\r\nA: b\r\n" * (M // 11),
    "references": b"References: " + b"<" * M + b"\r\n\r\n",
    "uuencode": HEAD + b"\r\n" + b"begin 644 x\n!aaa\n" * (M // 17),
    "report": b"From: MAILER-DAEMON@x.example\r\n\r\n" + b"a@b.example x\n" * (M // 14),
    "one line": HEAD + b"\r\n" + b"On 1.1.2020 a@b.example wrote: " * (M // 31),
}


@pytest.mark.parametrize("kind", HOSTILE)
def test_hostile_mails_of_a_megabyte_take_no_time(kind: str) -> None:
    started = time.perf_counter()
    assert parse(HOSTILE[kind]).stub == ""
    assert time.perf_counter() - started < 5  # quadratic code takes minutes; machines are busy


def test_thousands_of_parts_are_bounded_and_the_rest_is_kept() -> None:
    raw = (
        HEAD
        + b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
        + b"--b\r\nX: y\r\n\r\nx\r\n" * 5000
    )
    inbound = parse(raw)
    assert inbound.text.count("x") == 5000


def test_a_mail_that_breaks_the_reader_is_a_stub(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object) -> None:
        raise RecursionError

    monkeypatch.setattr(parse_module, "read_body", fail)
    inbound = parse(b"From: A <a@example.com>\nSubject: hi\n\nwords")
    assert inbound.stub == "could not be parsed: RecursionError"
    assert (inbound.subject, inbound.sender, inbound.sender_name) == (
        "hi",
        "mailto:a@example.com",
        "A",
    )
    assert len(inbound.provider_id) == 64
