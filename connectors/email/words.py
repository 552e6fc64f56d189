"""Header text: unfolding, RFC 2047 encoded words as people write them, raw 8-bit bytes."""

from __future__ import annotations

import binascii
import re
from itertools import pairwise
from typing import NamedTuple

from connectors.email.charset import decode, repair
from connectors.email.transfer import decode_base64
from connectors.fold import clean

_BLANKS = re.compile(r"[ \t]+")
_NEWLINES = re.compile(r"[ \t]*\r?\n[ \t]*")
VALUE_MAX = 32_768
"""Characters of a header that are decoded."""
_LABEL_MAX = 60  # characters of a charset name: what is longer is no encoded word


class _Word(NamedTuple):
    start: int
    end: int
    charset: str
    encoding: str
    payload: str


def header_text(value: str, hint: str = "") -> str:
    """A header's value as its writer meant it: one line, decoded, cleaned."""
    value = value[:VALUE_MAX]
    if value.isascii() and value.isprintable() and "=?" not in value and "  " not in value:
        return value.strip()  # nearly all there are
    if "\n" in value:
        value = _NEWLINES.sub(" ", value)
    if "=?" in value:
        value = decode_words(value, hint)
    elif not value.isascii() or "\x1b" in value:
        value = repair(value, hint)
    if "  " in value or "\t" in value:
        value = _BLANKS.sub(" ", value)
    return clean(value).strip()


def decode_words(value: str, hint: str = "") -> str:
    """``value`` with its encoded words decoded; blanks between two of them vanish."""
    found = _find(value)
    if not found:
        return repair(value, hint)
    out = [repair(value[: found[0].start], hint)]
    group = [found[0]]
    for last, word in pairwise(found):
        between = value[last.end : word.start]
        if between.strip(" \t\r\n"):
            out += (_decode(group), repair(between, hint))
            group = [word]
        elif word.charset.lower() == last.charset.lower():
            group.append(word)
        else:
            out.append(_decode(group))
            group = [word]
    out += (_decode(group), repair(value[found[-1].end :], hint))
    return "".join(out).replace("\r", "").replace("\n", " ")


def _find(value: str) -> list[_Word]:
    """The encoded words; each character is looked at a fixed number of times."""
    found: list[_Word] = []
    at = value.find("=?")
    while at >= 0:
        mark = value.find("?", at + 2, at + 2 + _LABEL_MAX)
        kind = value[mark + 1 : mark + 2].upper() if mark > 0 else ""
        if kind in ("B", "Q") and value[mark + 2 : mark + 3] == "?" and mark > at + 2:
            end = _payload_end(value, mark + 3, kind)
            if end < 0:
                break
            payload = value[mark + 3 : end]
            charset = value[at + 2 : mark].partition("*")[0]
            found.append(_Word(at, end + 2, charset, kind, payload))
            at = value.find("=?", end + 2)
        else:
            at = value.find("=?", at + 2)
    return found


def _payload_end(value: str, start: int, kind: str) -> int:
    """Where ``?=`` ends the word: not one inside Q text that an escape follows (``why?=3D``)."""
    end = value.find("?=", start)
    while kind == "Q" and end >= 0 and _HEX_NEXT.match(value, end + 2):
        following = value.find("?=", end + 2)
        if following < 0 or " " in value[end:following] or "=?" in value[end + 2 : following]:
            break
        end = following
    return end


_HEX_NEXT = re.compile(r"[0-9A-Fa-f]{2}[^\s]")


def _decode(group: list[_Word]) -> str:
    """Adjacent words of one charset: bytes first, since a character may be split between two."""
    return decode(_payloads(group), group[0].charset)


def _payloads(group: list[_Word]) -> bytes:
    out: list[bytes] = []
    pending = ""
    for word in group:
        if word.encoding == "B":
            pending += word.payload
            if len(pending) % 4 and "=" not in word.payload:
                continue  # a group of four split between two words
            out.append(_base64(pending))
            pending = ""
        else:
            if pending:
                out.append(_base64(pending))
                pending = ""
            out.append(_q(word.payload))
    if pending:
        out.append(_base64(pending))
    return b"".join(out)


def _base64(payload: str) -> bytes:
    return decode_base64(payload.replace(" ", "").encode("utf-8", "surrogateescape"))


def _q(payload: str) -> bytes:
    data = payload.encode("utf-8", "surrogateescape")
    return binascii.a2b_qp(data, header=True)
