"""File names that somebody else wrote, as they can be shown and stored."""

from __future__ import annotations

import re

_BLANKS = re.compile(r"\s+")
_OVERRIDES = {"\u202e": "[RLO]", "\u202d": "[LRO]"}


def file_name(name: str) -> str:
    """``name`` without path, controls and line ends; empty if nothing is left.

    Overrides of direction, which make ``gpj.exe`` look like ``exe.jpg``, are shown and not obeyed;
    the joiners of Persian stay.
    """
    name = name.replace("\\", "/").rsplit("/", 1)[-1] if "/" in name or "\\" in name else name
    name = _BLANKS.sub(" ", name)
    shown = (_OVERRIDES.get(char, char) for char in name)
    name = "".join(one for one in shown if one.isprintable() or one in "\u200c\u200d").strip()
    return name if name.strip(".") else ""  # ``..`` names no file
