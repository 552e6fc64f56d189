"""Transfer encodings, whole and broken."""

from __future__ import annotations

import base64
import binascii
import quopri

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.email.transfer import decode_transfer, transfer_encoding


@pytest.mark.parametrize(
    ("value", "name"),
    [("base64", "base64"), (" BASE64 ; x", "base64"), ('"base64"', "base64"), ("base64 (c)", "base64"),
     ("Quoted-Printable", "quoted-printable"), ("quoted-printable x", "quoted-printable"),
     ("x-uuencode", "uuencode"), ("uuencode", "uuencode"), ("x-yenc", "yenc"), ("7bit", "8bit"),
     ("binary", "8bit"), ("", "8bit"), ("text/html", "8bit"), ("7-bit", "8bit")],
)  # fmt: skip
def test_names(value: str, name: str) -> None:
    assert transfer_encoding(value) == name


@pytest.mark.parametrize(
    ("data", "decoded"),
    [
        (b"aGVsbG8=\r\n", b"hello"),
        (b"aGVs\r\nbG8=\r\n", b"hello"),
        (b"aGVsbG8", b"hello"),  # no padding
        (b"aGVs*bG!8=", b"hello"),  # stray characters
        (b"aGVsbG8=\r\nIHdvcmxk\r\n", b"hello world"),  # two runs
        (b"aGVsbG8==", b"hello"),
        (b"aGVsb", b"hel"),  # cut off
        (b"", b""),
        (b"\r\n", b""),
        (b"Dear all, this is plain text.", b"Dear all, this is plain text."),
        (
            b"aGVsbG8=\n\nA footer of a mailing list, in plain text",
            b"hello\nA footer of a mailing list, in plain text",
        ),
    ],
)
def test_base64(data: bytes, decoded: bytes) -> None:
    assert decode_transfer(data, "base64") == decoded


@pytest.mark.parametrize(
    ("data", "decoded"),
    [(b"a=3Db", b"a=b"), (b"a=\r\nb", b"ab"), (b"a=  \r\nb", b"ab"), (b"a=ZZ", b"a=ZZ"),
     (b"a=c3=BC", b"a\xc3\xbc"), (b"a=", b"a"), (b"a_b", b"a_b"), (b"10 = 20", b"10 = 20")],
)  # fmt: skip
def test_quoted_printable(data: bytes, decoded: bytes) -> None:
    assert decode_transfer(data, "quoted-printable") == decoded


def test_uuencode() -> None:
    body = b"".join(binascii.b2a_uu(b"hello world, hello"[at : at + 9]) for at in (0, 9))
    assert (
        decode_transfer(b"begin 644 x\n" + body + b"`\nend\n", "uuencode") == b"hello world, hello"
    )
    assert decode_transfer(body, "uuencode") == b"hello world, hello"


def test_yenc() -> None:
    plain = bytes(range(256))
    encoded = b"".join(
        b"=" + bytes([(code + 106) % 256])
        if (code + 42) % 256 in (0, 10, 13, 61)
        else bytes([(code + 42) % 256])
        for code in plain
    )
    data = b"=ybegin line=128 size=256 name=x\r\n" + encoded + b"\r\n=yend size=256\r\n"
    assert decode_transfer(data, "yenc") == plain


@given(
    st.binary(max_size=300),
    st.sampled_from(["base64", "quoted-printable", "uuencode", "yenc", "8bit"]),
)
def test_anything_is_decoded_to_something(data: bytes, encoding: str) -> None:
    assert isinstance(decode_transfer(data, encoding), bytes)


@given(st.binary(max_size=300))
def test_what_was_encoded_comes_back(data: bytes) -> None:
    assert decode_transfer(base64.encodebytes(data), "base64") == data
    line = data.translate(None, b"\r\n")  # the encoder unifies line ends
    assert decode_transfer(quopri.encodestring(line), "quoted-printable") == line
