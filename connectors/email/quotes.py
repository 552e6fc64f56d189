"""What is new in a mail: the writer's own words without quotes and signature.

One walk over the lines. What is quoted at the end, or in one piece above or between the new words,
goes; answers written between several quotes stay whole, since neither can be read alone; forwarded
mails are what the writer wanted to say. Where nothing would be left, everything is kept.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import IntEnum
from typing import NamedTuple

from connectors.email.attribution import (
    DATE_OR_MAIL,
    GROUPWISE,
    RULE,
    attribution,
    bare_attribution,
    certain,
    forward_mark,
    header_block,
    header_key,
    inline_attribution,
    separator,
)
from connectors.email.signature import trim_signature

TEXT_MAX = 500_000
"""Characters beyond which a text is not trimmed: no person wrote that."""
_LINE_MAX = 2_000
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_BELOW = re.compile(
    r"\b(?:answers?|repl(?:y|ies)|comments?|responses?)\b[^.\n]{0,30}\b(?:below|inline|in[ -]line|"
    r"in (?:red|blue|green|bold|colou?r))\b|"
    r"\b(?:antwort|kommentar|anmerkung)\w*[^.\n]{0,30}\b(?:unten|(?:in )?(?:rot|blau|grün)|im text)\b|"
    r"\bréponses?\b[^.\n]{0,30}(?:ci-dessous|en (?:rouge|bleu|vert))|"
    r"\brespuestas?\b[^.\n]{0,30}(?:abajo|en (?:rojo|azul|verde))|"
    r"(?:پاسخ|جواب)[^.\n]{0,30}(?:زیر|پایین|پائین|قرمز|آبی|سبز)",
    re.IGNORECASE,
)
"""Words of those who answer inside a quote that nothing marks."""
_BELOW_STEMS = (
    "answer", "repl", "comment", "response", "antwort", "kommentar", "anmerkung", "réponse",
    "respuesta", "پاسخ", "جواب",
)  # fmt: skip
"""One of these is in such words: a look at each letter of a text takes as long as all the rest."""
_BELOW_MAX = 1_000
_MARKS = frozenset("-_*=—–‐‑―#~")


class _Kind(IntEnum):
    BLANK = 0
    OWN = 1
    QUOTE = 2
    INTRO = 3  # the attribution of a quote


@dataclass(slots=True)
class _Lines:
    """What the lines of a text are, up to where all is quoted."""

    kinds: list[_Kind] = field(default_factory=list)
    end: int = 0
    """The line from which all is quoted; the number of lines if nothing says so."""
    forward: bool = False
    """A forwarded mail begins before anything ended the text: everything stays."""
    shared: int = -1
    """Where the last line's own words end, if an attribution stands behind them on it."""


class Words(NamedTuple):
    """What a text says that is new."""

    new: str
    forward: int | None
    """The line at which a forwarded mail begins; None if none does."""


def new_words(text: str, *, forward: bool = False, cut: int | None = None) -> str:
    """The new words of a mail's text; see ``read_words``."""
    return read_words(text, forward=forward, cut=cut).new


def read_words(text: str, *, forward: bool = False, cut: int | None = None) -> Words:
    """The new words of a mail's text, and where it hands on another.

    ``forward``: the subject says that it is one, so that header blocks are no quotes. ``cut``: the
    line from which its HTML says that all is quoted.
    """
    if len(text) > TEXT_MAX:
        return Words(text, None)
    lines = text.split("\n")
    if cut is not None and not forward and any(line.strip() for line in lines[:cut]):
        lines = lines[:cut]
    bare = _without_bidi(text, lines)
    found = _classify(bare, forward)
    if found.forward:
        begins = None if _Kind.INTRO in found.kinds else len(found.kinds)
        return Words(text.strip("\n").rstrip(), begins)
    if found.shared >= 0:
        lines[found.end - 1] = bare[found.end - 1][: found.shared]
    whole = text.strip("\n").rstrip()
    if forward and (found.end < len(lines) or _Kind.QUOTE in found.kinds):
        return Words(whole, None)  # what is quoted is what is handed on
    kept = trim_signature(_without_quotes(lines, found.kinds, found.end))
    words = "\n".join(line.rstrip() for line in kept).strip("\n").rstrip()
    if not words.strip() or (len(words) < len(whole) and _are_below(words)):
        return Words(whole, None)
    return Words(words, None)


def _are_below(words: str) -> bool:
    """Whether somebody says that the answers stand below, or in a colour."""
    start = words[:_BELOW_MAX]
    lowered = start.lower()
    return any(map(lowered.__contains__, _BELOW_STEMS)) and bool(_BELOW.search(start))


def _without_bidi(text: str, lines: list[str]) -> list[str]:
    """The lines as they are compared: programs put direction marks around names and dates."""
    if text.isascii() or not _BIDI.search(text):
        return lines
    return [_BIDI.sub("", line) for line in lines]


def _classify(lines: Sequence[str], forward: bool) -> _Lines:
    found = _Lines(end=len(lines))
    kinds = found.kinds
    while (at := len(kinds)) < len(lines):
        bare = lines[at].strip()
        if not bare:
            kinds.append(_Kind.BLANK)
        elif bare[:4] == ">>> " and GROUPWISE.fullmatch(bare[:300]):
            found.end = at
            return found
        elif bare[0] == ">" or (bare[0] == "|" and bare[1:2] == " " and bare[-1] != "|"):
            kinds.append(_Kind.QUOTE)
        elif len(bare) > _LINE_MAX:
            kinds.append(_Kind.OWN)
        elif _ends(found, lines, bare, forward) or _introduces(found, lines, bare):
            return found
        elif len(kinds) == at:
            kinds.append(_Kind.OWN)
    return found


def _ends(found: _Lines, lines: Sequence[str], bare: str, forward: bool) -> bool:
    """Whether the next line is one below which nothing is new; ``found`` then says so."""
    at = len(found.kinds)
    if bare[0] in _MARKS or "orward" in bare[:30] or (bare[-1] in ":：" and len(bare) < 60):
        if forward_mark(bare):
            found.forward = True
            return True
        if separator(bare):
            found.end = at
            found.forward = forward and _block_follows(lines, at + 1)
            return True
    elif (
        " above this line" in bare or (bare.startswith("On ") and "> wrote:" in bare)
    ) and separator(bare):
        found.end = at
        return True
    if (
        (":" in bare[:34] or "：" in bare[:34])
        and header_key(bare) >= 0
        and header_block(lines, at)
    ):
        found.forward = forward
        found.end = _above_rule(lines, at)
        return True
    return False


def _block_follows(lines: Sequence[str], at: int) -> bool:
    """Whether the next line with words begins a block of headers."""
    following = next((n for n in range(at, min(at + 4, len(lines))) if lines[n].strip()), None)
    return following is not None and header_block(lines, following)


def _introduces(found: _Lines, lines: Sequence[str], bare: str) -> bool:
    """Note an attribution at the next line; whether it also ends what is new."""
    if bare[-1] not in ":：" and not DATE_OR_MAIL.search(bare):
        return False
    at = len(found.kinds)
    if (own := inline_attribution(lines[at])) > 0:
        found.kinds.append(_Kind.OWN)
        found.end, found.shared = at + 1, own
        return True
    if count := attribution(lines, at):
        if _quote_follows(lines, at + count):
            found.kinds += [_Kind.INTRO] * count
        elif certain(lines[at : at + count]):
            found.end = at
            return True
    elif _quote_next(lines, at + 1) and bare_attribution(bare):
        found.kinds.append(_Kind.INTRO)
    return False


def _quote_follows(lines: Sequence[str], at: int) -> bool:
    """Whether the next line with words is quoted; if none is, there is nothing to decide."""
    for line in lines[at : at + 8]:
        bare = line.strip()
        if bare:
            return bare[0] == ">"
    return True


def _quote_next(lines: Sequence[str], at: int) -> bool:
    for line in lines[at : at + 3]:
        bare = line.strip()
        if bare:
            return bare[0] == ">"
    return False


def _above_rule(lines: Sequence[str], at: int) -> int:
    """The line of the rule that stands right above a header block, else the block's own line."""
    above = at - 1
    while above >= 0 and not lines[above].strip() and at - above < 4:
        above -= 1
    if above >= 0 and (rule := lines[above].strip()) and len(rule) > 2 and not rule.strip(RULE):
        return above
    return at


def _without_quotes(lines: Sequence[str], kinds: list[_Kind], end: int) -> list[str]:
    kinds = kinds[:end]
    if _Kind.QUOTE not in kinds and _Kind.INTRO not in kinds:
        return list(lines[:end])
    _mend(lines, kinds)
    runs = _runs(kinds)
    below = runs[-1][1]
    end = below + len(trim_signature(lines[below:end], alone=True))
    own = [at for at, kind in enumerate(kinds[:end]) if kind is _Kind.OWN]
    if not own:
        return []
    last = own[-1]
    inner = [run for run in runs if run[0] < last]
    if inner and (len(runs) > 1 or _is_between(inner[0], own, kinds)):
        return list(lines[: last + 1])  # answers between quotes stay whole
    kept: list[str] = []
    at = 0
    for start, stop in runs:
        kept += lines[at:start]
        at = stop
        while at < end and kinds[at] is _Kind.BLANK:
            at += 1
    return kept + list(lines[at:end])


def _is_between(run: tuple[int, int], own: Sequence[int], kinds: Sequence[_Kind]) -> bool:
    """A quote in the midst of the words that no attribution introduces: the writer put it there."""
    return own[0] < run[0] and _Kind.INTRO not in kinds[run[0] : run[1]]


def _runs(kinds: Sequence[_Kind]) -> list[tuple[int, int]]:
    """Stretches of quoted lines, attributions and the blanks inside them."""
    runs: list[tuple[int, int]] = []
    start = stop = -1
    for at, kind in enumerate(kinds):
        if kind in (_Kind.QUOTE, _Kind.INTRO):
            if start < 0:
                start = at
            stop = at + 1
        elif kind is _Kind.OWN and start >= 0:
            runs.append((start, stop))
            start = -1
    if start >= 0:
        runs.append((start, stop))
    return runs


def _mend(lines: Sequence[str], kinds: list[_Kind]) -> None:
    """Quoted lines that a mail program broke in the middle of a link lost their mark."""
    for at in range(1, len(kinds) - 1):
        if kinds[at] is _Kind.OWN and kinds[at - 1] is _Kind.QUOTE and kinds[at + 1] is _Kind.QUOTE:
            above, here = lines[at - 1], lines[at].strip()
            broken = "http" in above and above.count("(") > above.count(")")
            if broken or (here.startswith(("(http", "<http")) and here.endswith((")", ">", ") >"))):
                kinds[at] = _Kind.QUOTE
