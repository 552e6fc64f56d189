"""Transfer encodings as they come: base64, quoted-printable, uuencode, yEnc, whole or broken."""

from __future__ import annotations

import binascii
import re
from functools import lru_cache

_BASE64 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64 = bytes(code for code in range(256) if code not in _BASE64)
_SOFT_BREAK = re.compile(rb"=[ \t]+(?=\r?\n)")
_MOST_RUNS = 1_000  # more padding than this is noise, not runs
_YENC_ESCAPED = (0, 9, 10, 13, 27, 32, 46, 61)
_UNDO_YENC = bytes((code - 42) % 256 for code in range(256))
_NAMES = {
    "base64": "base64", "base-64": "base64", "b": "base64", "b64": "base64",
    "quoted-printable": "quoted-printable", "quotedprintable": "quoted-printable",
    "quoted_printable": "quoted-printable", "q": "quoted-printable", "qp": "quoted-printable",
    "x-uuencode": "uuencode", "uuencode": "uuencode", "uue": "uuencode", "x-uue": "uuencode",
    "x-yenc": "yenc", "yenc": "yenc",
}  # fmt: skip


@lru_cache(maxsize=256)
def transfer_encoding(value: str) -> str:
    """A Content-Transfer-Encoding as one of base64, quoted-printable, uuencode, yenc, 8bit."""
    word = value.partition("(")[0].partition(";")[0].strip(" \t\r\n\"'").lower()
    return _NAMES.get(word) or _NAMES.get(word.split(" ")[0], "8bit")


def decode_transfer(data: bytes, encoding: str) -> bytes:
    """``data`` without its transfer encoding; what is broken is decoded as far as it goes."""
    if encoding == "base64":
        return decode_base64(data)
    if encoding == "quoted-printable":
        return decode_quoted_printable(data)
    if encoding == "uuencode":
        return decode_uuencode(data)
    if encoding == "yenc":
        return decode_yenc(data)
    return data


def decode_base64(data: bytes) -> bytes:
    """Base64 with line ends, stray characters, wrong padding, or several padded runs in a row."""
    padding = data.find(b"=")
    if padding < 0 or not data[padding:].strip(b"= \t\r\n"):
        try:
            decoded = binascii.a2b_base64(data)
        except binascii.Error:
            return b"" if data.isspace() else _loose_base64(data)
        return data if not decoded and data.strip() else decoded
    return _loose_base64(data)


def _loose_base64(data: bytes) -> bytes:
    words = data.strip()[:160].split(b"\n", 1)[0].split()
    if len(words) > 3 or (len(words) > 1 and b"".join(words).strip(_BASE64 + b"=")):
        return data  # declared so, but plain text
    runs = data.split(b"=") if data.count(b"=") <= _MOST_RUNS else [data.replace(b"=", b"")]
    out: list[bytes] = []
    for number, run in enumerate(runs):
        if number and len(run.split(None, 4)) > 4 and b" " in run.strip():
            out.append(b"\n" + b"=".join(runs[number:]).strip())  # a footer in plain text behind it
            break
        letters = run.translate(None, _NOT_BASE64)
        letters = letters[: len(letters) - (len(letters) % 4 == 1)]
        out.append(binascii.a2b_base64(letters + b"=" * (-len(letters) % 4)))
    return b"".join(out)


def decode_quoted_printable(data: bytes) -> bytes:
    """Quoted-printable; blanks behind a soft line break do not hurt, wrong escapes stay."""
    if b"= " in data or b"=\t" in data:
        data = _SOFT_BREAK.sub(b"=", data)
    return binascii.a2b_qp(data)


def decode_uuencode(data: bytes) -> bytes:
    """What stands between ``begin`` and ``end``; all of it if those are missing."""
    lines = data.splitlines()
    begin = next((i for i, line in enumerate(lines) if line.startswith(b"begin ")), -1)
    out: list[bytes] = []
    for line in lines[begin + 1 :]:
        if line.strip() == b"end" or line == b"`":
            break
        out.append(_uu_line(line))
    return b"".join(out) or data


def _uu_line(line: bytes) -> bytes:
    try:
        return binascii.a2b_uu(line)
    except binascii.Error:  # some encoders write a wrong length: take what it says, no more
        count = (((line[0] - 32) & 63) * 4 + 5) // 3 if line else 0
        try:
            return binascii.a2b_uu(line[:count])
        except binascii.Error:
            return b""


def decode_yenc(data: bytes) -> bytes:
    """The lines between ``=ybegin`` (and ``=ypart``) and ``=yend``."""
    lines = [line for line in data.splitlines() if not line.startswith((b"=ybegin", b"=ypart"))]
    end = next((i for i, line in enumerate(lines) if line.startswith(b"=yend")), len(lines))
    encoded = b"".join(lines[:end])
    for char in _YENC_ESCAPED:  # "=" comes last: what it leaves is an escape no more
        encoded = encoded.replace(bytes((61, char + 64)), bytes((char,)))
    return encoded.translate(_UNDO_YENC)
