"""Text formats that are nearly plain: format=flowed (RFC 3676) and text/enriched (RFC 1896)."""

from __future__ import annotations

import html
import re

_TAG = re.compile(r"<(<|/?([A-Za-z0-9-]{1,60})>)")
_NEWLINES = re.compile(r"\n+")


def unflow(text: str, delete_space: bool) -> str:
    """Flowed lines joined to paragraphs; quote depth, signature mark and hard breaks are kept."""
    if " \n" not in text:  # nothing flows: only the stuffed blanks go
        return "\n".join(line.removeprefix(" ") for line in text.split("\n"))
    out: list[str] = []
    open_depth = -1  # quote depth of the line that goes on, -1: none
    for line in text.split("\n"):
        content = line.lstrip(">")
        depth = len(line) - len(content)
        content = content.removeprefix(" ")
        if open_depth != depth or content == "-- ":
            out.append("\n" + ">" * depth + " " if depth else "\n")
        flows = content.endswith(" ") and content != "-- "
        out.append(content[:-1] if flows and delete_space else content)
        open_depth = depth if flows else -1
    return "".join(out)[1:]


def unenrich(text: str) -> str:
    """text/enriched without its commands."""
    text = _NEWLINES.sub(lambda run: "\n" * (len(run[0]) - 1) or " ", text)
    return html.unescape(_TAG.sub(lambda tag: "<" if tag[1] == "<" else "", text))
