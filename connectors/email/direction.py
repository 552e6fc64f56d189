"""HTML that leaves: each block says by itself which way it is read.

Mail programs do not agree on ``dir=auto`` and put everything of a mail in the direction of their
own window; an explicit ``dir`` from a block's first strong character (UAX 9, P2) is read by all.
"""

from __future__ import annotations

import re
import unicodedata
from html import escape, unescape
from typing import Literal

Direction = Literal["ltr", "rtl"]

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*+)((?>[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+'|[\"'])*+)>")
_BLOCKS = frozenset({"p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "ul",
                     "ol", "table", "td", "th", "dd", "dt", "section", "article"})  # fmt: skip
_HAS_DIR = re.compile(r"\bdir\s*=", re.IGNORECASE)
_LETTER = re.compile(r"[^\W\d_]")
_URL = re.compile(r"https?://[^\s<>\"]{1,2000}")
_PARAGRAPHS = re.compile(r"\n[ \t]*\n\s*")


def direction(text: str, default: Direction = "ltr") -> Direction:
    """The direction of the first strong character, ``default`` if there is none."""
    for match in _LETTER.finditer(text):
        kind = unicodedata.bidirectional(match[0])
        if kind in ("R", "AL"):
            return "rtl"
        if kind == "L":
            return "ltr"
    return default


def html_of(text: str) -> str:
    """Plain text as HTML: a paragraph a paragraph, links clickable, ``dir`` on each."""
    default = direction(text)
    blocks = []
    for paragraph in _PARAGRAPHS.split(text.strip("\n")):
        way = direction(_URL.sub("", paragraph), default)
        blocks.append(f'<p dir="{way}">{_inline(paragraph)}</p>')
    return page("\n".join(blocks), default)


def with_directions(html: str) -> str:
    """``html`` with a ``dir`` on every block that has none of its own."""
    pieces = _TAG.split(html)
    following: Direction = direction(_text(html))
    default = following
    for at in range(len(pieces) - 5, -1, -4):
        name, attributes = pieces[at + 2].lower(), pieces[at + 3]
        following = direction(unescape(pieces[at + 4]), following)
        if pieces[at + 1] or name not in _BLOCKS or _HAS_DIR.search(attributes):
            pieces[at + 1 : at + 4] = [f"<{pieces[at + 1]}{pieces[at + 2]}{attributes}>", "", ""]
        else:
            tag = f'<{pieces[at + 2]} dir="{following}"{attributes}>'
            pieces[at + 1 : at + 4] = [tag, "", ""]
    return page("".join(pieces), default)


def page(body: str, way: Direction) -> str:
    """A whole document around ``body``, unless it is one."""
    if "<html" in body[:1000].lower():
        return body
    return (
        '<!DOCTYPE html>\n<html><head><meta charset="utf-8"></head>\n'
        f'<body dir="{way}">\n{body}\n</body></html>\n'
    )


def _text(html: str) -> str:
    return unescape(_TAG.sub(" ", html[:20_000]))


def _inline(paragraph: str) -> str:
    out: list[str] = []
    pos = 0
    for match in _URL.finditer(paragraph):
        url = match[0].rstrip(".,;:!?)]}»\u060c\u061b\u061f")
        out.append(escape(paragraph[pos : match.start()]))
        out.append(f'<a href="{escape(url)}" dir="ltr">{escape(url)}</a>')
        pos = match.start() + len(url)
    out.append(escape(paragraph[pos:]))
    return "".join(out).replace("\n", "<br>\n")
