"""Files that stand inside plain text: the uuencoded blocks of old mailers."""

from __future__ import annotations

import re
from typing import NamedTuple

from connectors.email.transfer import decode_uuencode

_BEGIN = re.compile(r"^begin [0-7]{3,4} (\S[^\n]{0,200})\n(?=[ -`])", re.MULTILINE)
MAX_FILES = 100
"""Blocks of one text that are taken out of it."""


class Embedded(NamedTuple):
    """A file found in a text."""

    name: str
    content: bytes


def embedded(text: str) -> tuple[str, list[Embedded]]:
    """(the text without such blocks, the files in them). Linear."""
    if "begin" not in text:
        return text, []
    out: list[str] = []
    files: list[Embedded] = []
    pos = 0
    while len(files) < MAX_FILES and (match := _BEGIN.search(text, pos)):
        end = text.find("\nend", match.end() - 1)
        after = text.find("\n", end + 1)
        after = len(text) if after < 0 else after + 1
        if end < 0 or text[end + 4 : after].strip():
            break
        block = text[match.start() : end + 4].encode("latin-1", "replace")
        files.append(Embedded(match[1].strip(), decode_uuencode(block)))
        out.append(text[pos : match.start()])
        pos = after
    return "".join(out) + text[pos:], files
