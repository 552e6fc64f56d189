"""Text made comparable (``fold``) and text made storable (``clean``).

``fold`` is the only function that rules, opt-out words, names, codes and search compare through
(design 3a); what it returns is never shown. ``clean`` is what every text passes on its way into a
table: both engines refuse or damage what it takes out. Neither does any I/O nor raises on any str.
"""

from __future__ import annotations

import unicodedata

import regex

_LETTERS = {
    # what Arabic keyboards, Urdu phones and hamza carriers write where Persian has one letter
    "\u064a": "\u06cc", "\u0649": "\u06cc", "\u06d2": "\u06cc", "\u06d0": "\u06cc",  # yeh
    "\u0626": "\u06cc", "\u06d3": "\u06cc", "\u06ce": "\u06cc", "\u063d": "\u06cc",
    "\u0643": "\u06a9", "\u06aa": "\u06a9",  # kaf
    "\u0629": "\u0647", "\u06c0": "\u0647", "\u06c1": "\u0647", "\u06be": "\u0647",  # heh
    "\u06c2": "\u0647", "\u06c3": "\u0647", "\u06d5": "\u0647",
    "\u0622": "\u0627", "\u0623": "\u0627", "\u0625": "\u0627", "\u0671": "\u0627",  # alef
    "\u0624": "\u0648", "\u06c4": "\u0648",  # waw
}  # fmt: skip
_REMOVED = (
    *range(0x200B, 0x2010),  # ZWSP, ZWNJ, ZWJ, LRM, RLM
    *range(0x202A, 0x202F),  # bidi embeddings and overrides
    *range(0x2060, 0x2070),  # word joiner, bidi isolates
    *range(0xFE00, 0xFE10),  # variation selectors
    0x00AD, 0x034F, 0x061C, 0x0640, 0x180E, 0xFEFF,  # soft hyphen, CGJ, ALM, tatweel, MVS, BOM
)  # fmt: skip
_ARABIC = range(0x0600, 0x0900)


def _table() -> dict[int, str | None]:
    # Identities for the common blocks: translate() is several times slower on a missing key.
    table: dict[int, str | None] = {code: chr(code) for code in range(0x2100)}
    for code in range(0x20000):
        char = chr(code)
        if char.isdecimal():
            table[code] = str(unicodedata.decimal(char))
    table.update((c, None) for c in _ARABIC if unicodedata.category(chr(c)) == "Mn")
    table.update((ord(source), target) for source, target in _LETTERS.items())
    table.update(dict.fromkeys(_REMOVED))
    return table


_TABLE = _table()
_CLUSTER = regex.compile(r"\X")
_LONGEST_CLUSTER = 64  # code points; family emoji have 11, anything longer is cut like plain text


def fold(text: str) -> str:
    """``text`` in the one form in which texts are compared; idempotent.

    NFKC, case folded, Arabic letter forms as their Persian letter (hamza and madda carriers as the
    bare letter), every decimal digit as ASCII, without ZWNJ and other invisible or bidi controls,
    tatweel, harakat; runs of white space are one blank and none stands at either end.
    """
    if text.isascii():
        return " ".join(text.lower().split())
    while (folded := _fold_once(text)) != text:
        text = folded
    return folded


def _fold_once(text: str) -> str:
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    text = text.casefold().translate(_TABLE)
    if not unicodedata.is_normalized("NFKC", text):
        text = unicodedata.normalize("NFKC", text)
    return " ".join(text.split())


def clean(text: str, cap: int | None = None) -> str:
    """``text`` as it may be stored: no surrogates, no NUL, NFC, at most ``cap`` code points.

    Surrogate pairs become their character, lone ones U+FFFD. The cap never cuts through a
    character that a reader sees as one (a grapheme cluster of up to 64 code points). Idempotent.
    """
    if not text.isascii():
        text = _without_surrogates(text)
        if not unicodedata.is_normalized("NFC", text):
            text = unicodedata.normalize("NFC", text)
    if "\0" in text:
        return clean(text.replace("\0", ""), cap)
    if cap is not None and len(text) > cap:
        return text[: _cut(text, cap)]
    return text


def _without_surrogates(text: str) -> str:
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text


def _cut(text: str, cap: int) -> int:
    """The last cluster border at or before ``cap``."""
    start = max(0, cap - _LONGEST_CLUSTER)
    border = start
    for cluster in _CLUSTER.finditer(text, start, cap + 1):
        if cluster.end() > cap:
            return cluster.start() if cluster.start() > start or start == 0 else cap
        border = cluster.end()
    return border
