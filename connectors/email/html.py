"""HTML of a mail -> text, with its paragraphs, lists and links, and quotes marked by ``> ``.

One pass of one regular expression that cannot backtrack, then one loop over what it found: linear
for any input. A real HTML parser is not: lexbor builds 200,000 nested ``<div>`` in 80 seconds, and
is three times slower than this on everyday mails. What this loses against it (the repair of
misnested tables) does not show in text.

What is quoted is known here from structure (``blockquote``, the marks of Gmail, Thunderbird, Yahoo,
Outlook); it leaves as ``> `` lines and as a line number from which all is quoted, so that
``quotes`` decides for HTML and plain text by the same rules.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from html import unescape
from typing import NamedTuple

from connectors.email.attribution import forward_mark

HTML_MAX = 1_000_000
"""Characters of HTML that are turned into text; the HTML itself is kept whole."""

_TAG = re.compile(
    r"<(/?)([A-Za-z][^\s<>/\"']*+|[!?])((?>[^<>\"']++|\"[^\"<]*+\"|'[^'<]*+'|[\"'])*+)>"
)
_BLANKS = re.compile(r"[ \t\n\r\f]+")
_ATTRIBUTE = re.compile(r"""([a-zA-Z-]{2,12})\s*+=\s*+(?:"([^"]*+)"|'([^']*+)'|([^\s"'>]++))""")
_HIDDEN = re.compile(r"display\s*:\s*none", re.IGNORECASE)
_MARKED = re.compile(
    r"gmail_attr|moz-cite-prefix|yahoo_quoted|zmail_extra|tutanota_quote|protonmail_quote"
    r"|gmail_extra_quote",
    re.IGNORECASE,
)
_INDENT = re.compile(
    r"^(?!.*border-[lri])(?=.*(?:webkit-indent-blockquote|border:\s?(?:none|0)))", re.DOTALL
)
"""How Gmail and Safari draw a block that its writer moved in: no quote."""
_CUT = re.compile(
    r"(?:x_)*(?:divRplyFwdMsg|appendonsend|OutlookMessageHeader|mail-editor-reference-message-container"
    r"|ms-outlook-mobile-reference-message|stopSpelling|replySplit)\b"
)
_SKIPPED = frozenset({"script", "style", "head", "title", "template", "noframes", "object", "svg",
                      "select", "textarea", "audio", "video", "iframe"})  # fmt: skip
_PARAGRAPHS = frozenset({"p", "h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "dl", "pre", "table",
                         "blockquote", "hr", "form", "fieldset"})  # fmt: skip
_LINES = frozenset({"div", "tr", "li", "dt", "dd", "section", "article", "header", "footer", "nav",
                    "aside", "main", "center", "address", "figure", "figcaption", "caption",
                    "thead", "tbody", "tfoot", "body", "html", "legend", "option"})  # fmt: skip
_VOID = frozenset({"br", "img", "hr", "meta", "link", "input", "area", "base", "col", "wbr", "!",
                   "?"})  # fmt: skip
_DEEPEST = 6  # marks in front of a quoted line
_LINK_MAX = 500
_ALT_EMOJI = 8
_NEAR = 28  # pieces: seven tags


class HtmlText(NamedTuple):
    """The text of an HTML body."""

    text: str
    cut: int | None
    """The line from which on all is quoted, if the structure says so."""


def html_text(html: str) -> HtmlText:
    """The visible text. Never raises; linear."""
    html = html[:HTML_MAX]
    pieces = _TAG.split(_without_comments(html))
    writer = _Writer(pieces)
    for at in range(0, len(pieces) - 1, 4):
        if pieces[at]:
            writer.text(pieces[at])
        name = pieces[at + 2].lower()
        if pieces[at + 1]:
            writer.end(name)
        else:
            writer.start(name, pieces[at + 3], at + 4)
    writer.text(pieces[-1])
    return writer.done()


def _without_comments(html: str) -> str:
    if "<!--" not in html:
        return html
    first, *rest = html.split("<!--")
    out = [first]
    for piece in rest:
        inside, mark, after = piece.partition("-->")
        if mark:
            out.append(after)
        else:  # never closed: a browser shows none of it, a reader of mail wants it
            out.append(inside.partition(">")[2])
    return "".join(out)


@dataclass(slots=True)
class _Mark:
    """An open element that a mail program marked as quoted."""

    name: str
    nesting: int
    depth_before: int


class _Writer:
    """What has been written so far."""

    __slots__ = ("blank", "counters", "cut", "depth", "last_depth", "line", "lines", "link",
                 "link_at", "marks", "pieces", "pre", "quotes", "skip", "skip_depth")  # fmt: skip

    def __init__(self, pieces: Sequence[str]) -> None:
        self.pieces = pieces
        self.lines: list[str] = []
        self.line: list[str] = []
        self.blank = False  # an empty line is due before the next text
        self.depth = self.last_depth = 0  # of quotes
        self.pre = 0
        self.cut: int | None = None
        self.skip, self.skip_depth = "", 0
        self.marks: list[_Mark] = []
        self.counters: list[int] = []  # of lists: -1 for bullets
        self.quotes: list[bool] = []  # whether each open ``blockquote`` is a quote
        self.link, self.link_at = "", 0

    def text(self, text: str) -> None:
        if self.skip:
            return
        if "&" in text:
            text = unescape(text)
        if self.pre:
            first, *rest = text.split("\n")
            self.line.append(first)
            for more in rest:
                self.newline(force=True)
                self.line.append(more)
            return
        text = _BLANKS.sub(" ", text)
        if text == " " and not self.line:
            return
        if not self.line or self.line[-1].endswith(" "):
            text = text.lstrip(" ")
        if text:
            self.line.append(text)

    def newline(self, *, force: bool = False) -> None:
        """End the line; an empty one is written only if forced (a ``<br>``)."""
        written = "".join(self.line) if self.line else ""
        spaced = "\u00a0" in written
        text = written.rstrip(" \u00a0")
        self.line.clear()
        if not text and not force:
            self.blank = self.blank or spaced  # ``<div>&nbsp;</div>``
            return
        if self.blank and self.lines and self.lines[-1].strip("> "):
            self.lines.append("> " * min(self.depth, self.last_depth))
        self.blank = False
        self.last_depth = self.depth
        self.lines.append("> " * self.depth + text.replace("\u00a0", " "))

    def start(self, name: str, attributes: str, following: int) -> None:
        if self.skip:
            self.skip_depth += name == self.skip
            return
        if name == "br":
            self.newline(force=True)
        elif name == "a":
            self.anchor(attributes)
        elif name in _PARAGRAPHS or name in _LINES:
            self.block(name, attributes, following)
        elif name in ("td", "th"):
            if self.line:
                self.line.append(" ")
        elif name == "img":
            self.image(attributes)
        elif name in _SKIPPED and not attributes.endswith("/"):
            self.skip, self.skip_depth = name, 1
        if self.marks and self.marks[-1].name == name:
            self.marks[-1].nesting += 1
        if "none" in attributes and name not in _VOID and _HIDDEN.search(attributes):
            self.skip, self.skip_depth = name, 1

    def block(self, name: str, attributes: str, following: int) -> None:
        self.newline()
        if name in _PARAGRAPHS:
            self.blank = True
            if name == "blockquote":
                self.quotes.append("cite" in attributes or not _INDENT.match(attributes[:2_000]))
                self.depth = min(self.depth + self.quotes[-1], _DEEPEST)
            elif name in ("ul", "ol"):
                self.counters.append(0 if name == "ol" else -1)
            elif name == "pre":
                self.pre += 1
        elif name == "li":
            self.bullet()
        if attributes and len(attributes) < 2_000:
            self.mark(name, attributes, following)

    def mark(self, name: str, attributes: str, following: int) -> None:
        """A mail program's own mark of what is quoted."""
        if _MARKED.search(attributes):
            words = self.words_from(following)
            if forward_mark(words) or ("gmail_attr" in attributes and words.startswith("-----")):
                return
            self.marks.append(_Mark(name, 0, self.depth))
            self.depth = max(self.depth, 1)
        elif self.cut is None and _CUT.search(attributes):
            self.cut = len(self.lines)

    def words_from(self, at: int) -> str:
        """The first words that stand at this piece or soon behind it."""
        near = (piece.strip() for piece in self.pieces[at : at + _NEAR : 4])
        return next(filter(None, near), "")

    def bullet(self) -> None:
        if not self.counters:
            self.line.append("- ")
        elif self.counters[-1] < 0:
            self.line.append("  " * min(len(self.counters) - 1, 8) + "- ")
        else:
            self.counters[-1] += 1
            self.line.append("  " * min(len(self.counters) - 1, 8) + f"{self.counters[-1]}. ")

    def anchor(self, attributes: str) -> None:
        self.link = ""
        if "href" in attributes.lower():
            for key, *values in _ATTRIBUTE.findall(attributes):
                if key.lower() == "href":
                    self.link = unescape("".join(values)).strip()
                    self.link_at = len(self.line)
                    break

    def image(self, attributes: str) -> None:
        """Smileys are pictures in many mails; their text is in ``alt``."""
        if "alt" not in attributes:
            return
        for key, *values in _ATTRIBUTE.findall(attributes):
            alt = unescape("".join(values)).strip()
            if key.lower() == "alt" and alt and len(alt) <= _ALT_EMOJI and not alt.isascii():
                self.line.append(alt)

    def end(self, name: str) -> None:
        if self.skip:
            if name == self.skip:
                self.skip_depth -= 1
                if self.skip_depth <= 0:
                    self.skip = ""
            return
        if name == "a":
            self.anchor_end()
        elif name in _PARAGRAPHS or name in _LINES:
            self.block_end(name)

    def block_end(self, name: str) -> None:
        self.newline()
        if name in _PARAGRAPHS:
            self.blank = True
            if name == "blockquote":
                quote = self.quotes.pop() if self.quotes else True
                self.depth = max(0, self.depth - quote)
            elif name in ("ul", "ol") and self.counters:
                self.counters.pop()
            elif name == "pre":
                self.pre = max(0, self.pre - 1)
        if self.marks and self.marks[-1].name == name:
            self.marks[-1].nesting -= 1
            if self.marks[-1].nesting <= 0:
                self.depth = self.marks.pop().depth_before

    def anchor_end(self) -> None:
        link, self.link = self.link, ""
        if not link.lower().startswith(("http://", "https://", "mailto:", "tel:", "ftp://")):
            return
        text = "".join(self.line[self.link_at :]).strip()
        bare = _bare(link)
        if text and len(link) <= _LINK_MAX and bare not in _bare(text) and _bare(text) != bare:
            self.line.append(f" <{link}>")
        elif not text and not self.line and len(link) <= _LINK_MAX:
            return

    def done(self) -> HtmlText:
        self.newline()
        lines = self.lines
        first = next((i for i, line in enumerate(lines) if line.strip()), len(lines))
        cut = None if self.cut is None else max(0, self.cut - first)
        return HtmlText("\n".join(lines[first:]).rstrip(), cut)


def _bare(link: str) -> str:
    link = link.lower().partition(":")[2].lstrip("/") if ":" in link[:9] else link.lower()
    return link.removeprefix("www.").rstrip("/").partition("?")[0].strip()
