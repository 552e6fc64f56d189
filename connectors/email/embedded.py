"""Files that stand inside plain text: uuencoded and yEnc blocks of old mailers."""

from __future__ import annotations

import re
from typing import NamedTuple

from connectors.email.transfer import decode_uuencode, decode_yenc

_BEGIN = re.compile(r"^begin(?:-base64)? [0-7]{3,4} (\S[^\n]{0,200})$|^=ybegin [^\n]{0,200}", re.MULTILINE)
_YENC_NAME = re.compile(r" name=([^\n]+)")
MAX_FILES = 100


class Embedded(NamedTuple):
    """A file found in a text."""

    name: str
    content: bytes


def embedded(text: str) -> tuple[str, list[Embedded]]:
    """(the text without such blocks, the files in them)."""
    if "begin" not in text:
        return text, []
    out: list[str] = []
    files: list[Embedded] = []
    pos = 0
    while len(files) < MAX_FILES and (match := _BEGIN.search(text, pos)):
        found = _block(text, match)
        if found is None:
            out.append(text[pos : match.end()])
            pos = match.end()
            continue
        one, end = found
        out.append(text[pos : match.start()])
        files.append(one)
        pos = end
    return ("".join(out) + text[pos:], files) if files else (text, [])


def _block(text: str, match: re.Match[str]) -> tuple[Embedded, int] | None:
    if text.startswith("=ybegin", match.start()):
        end = text.find("\n=yend", match.end())
        name = _YENC_NAME.search(match[0])
        if end < 0:
            return None
        after = text.find("\n", end + 1)
        body = text[match.start() : end].encode("latin-1", "replace")
        return Embedded(name[1].strip() if name else "", decode_yenc(body)), _or_end(after, text)
    end = text.find("\nend", match.end())
    if end < 0 or text[end + 4 : end + 5].strip():
        return None
    body = text[match.start() : end + 4].encode("latin-1", "replace")
    if match[0].startswith("begin-base64"):
        return None
    first = text[match.end() + 1 : match.end() + 2]
    if not " " <= first <= "`":
        return None
    return Embedded(match[1].strip(), decode_uuencode(body)), _or_end(text.find("\n", end + 1), text)


def _or_end(at: int, text: str) -> int:
    return at if at >= 0 else len(text)
