"""HTML that leaves: each block says by itself which way it is read, and in which language.

Mail programs do not agree on ``dir=auto`` and put everything of a mail in the direction of their
own window; an explicit ``dir`` from a block's first strong character (UAX 9, P2) is read by all.
``lang`` chooses fonts and the voice of a screen reader; it is told by the script alone, and is
``und`` (BCP 47) where a script has many languages.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from html import escape, unescape
from typing import Literal

Direction = Literal["ltr", "rtl"]

_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9]*+)((?>[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+'|[\"'])*+)>")
_BLOCKS = frozenset({"p", "div", "li", "h1", "h2", "h3", "h4", "h5", "h6", "blockquote", "pre", "ul",
                     "ol", "table", "td", "th", "dd", "dt", "section", "article"})  # fmt: skip
_HAS_DIR = re.compile(r"\bdir\s*=", re.IGNORECASE)
_AUTO = re.compile(r"\s*\bdir\s*=\s*(?:\"auto\"|'auto'|auto\b)", re.IGNORECASE)
_HAS_LANG = re.compile(r"\blang\s*=", re.IGNORECASE)
_PERSIAN = re.compile("[پچژگکیۀ\u200c۰-۹]")
_ARABIC = re.compile("[ةيكىأإؤ]")
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


def language(text: str) -> str:
    """The language that a text's script and letters speak for: ``fa``, ``ar``, ``he``, ``en``, ``und``.

    The first strong character decides the script. Persian and Arabic differ by letters; without
    any that tells, it is Persian. Latin letters without marks count as English.
    """
    first = next(_strong(text), "")
    if "\u0590" <= first <= "\u05ff":
        return "he"
    if first and unicodedata.bidirectional(first) == "AL":
        arabic, persian = len(_ARABIC.findall(text)), len(_PERSIAN.findall(text))
        return "ar" if arabic > persian else "fa"
    return "en" if first.isascii() and _is_plain_latin(text) else "und"


def _strong(text: str) -> Iterator[str]:
    for match in _LETTER.finditer(text):
        if unicodedata.bidirectional(match[0]) in ("L", "R", "AL"):
            yield match[0]


def _is_plain_latin(text: str) -> bool:
    """Whether there are letters, and no Latin one among them bears a mark."""
    letters = _LETTER.findall(text)
    return bool(letters) and not any("\u00c0" <= letter <= "\u024f" for letter in letters)


def html_of(text: str) -> str:
    """Plain text as HTML: a paragraph a paragraph, links clickable, ``dir`` on each."""
    default, spoken = direction(text), language(text)
    blocks = []
    for paragraph in _PARAGRAPHS.split(text.strip("\n")):
        words = _URL.sub("", paragraph)
        lang = language(words) if next(_strong(words), "") else spoken
        way = direction(words, default)
        blocks.append(f'<p dir="{way}" lang="{lang}">{_inline(paragraph)}</p>')
    return page("\n".join(blocks), default, spoken)


def with_directions(html: str) -> str:
    """``html`` with a ``dir`` and a ``lang`` on every block that has none of its own.

    A block is told by the words that follow its tag, up to the next tag with words behind it.
    """
    pieces = _TAG.split(html)
    whole = _text(html)
    following: Direction = direction(whole)
    default, spoken = following, language(whole)
    lang = spoken
    for at in range(len(pieces) - 5, -1, -4):
        name, attributes = pieces[at + 2].lower(), pieces[at + 3]
        words = unescape(pieces[at + 4])
        following = direction(words, following)
        lang = language(words) if next(_strong(words), "") else lang
        added = ""
        if not pieces[at + 1] and name in _BLOCKS:
            attributes = _AUTO.sub("", attributes)
            added = "" if _HAS_DIR.search(attributes) else f' dir="{following}"'
            added += "" if _HAS_LANG.search(attributes) else f' lang="{lang}"'
        pieces[at + 1 : at + 4] = [f"<{pieces[at + 1]}{pieces[at + 2]}{added}{attributes}>", "", ""]
    return page("".join(pieces), default, spoken)


def page(body: str, way: Direction, lang: str = "und") -> str:
    """A whole document around ``body``, unless it is one."""
    if "<html" in body[:1000].lower():
        return body
    return (
        f'<!DOCTYPE html>\n<html lang="{lang}"><head><meta charset="utf-8"></head>\n'
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
