"""Address lists as mailers write them: groups, comments, routes, quotes, encoded words, no brackets.

Names are what a person would read beside the address; a comment is the name where there is no
other, else it stands behind it in brackets. Groups are flattened.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from connectors.address import mail
from connectors.contract import Party, Uri
from connectors.email.charset import repair
from connectors.email.words import decode_words
from connectors.fold import clean

UNKNOWN = Uri("mailto:unknown@invalid")
"""Who wrote a mail that names nobody."""
MAX_ADDRESSES = 1_000
"""Addresses of one header; what comes after them is left out."""
VALUE_MAX = 100_000
"""Characters of a header that are looked at."""
_NAME_CAP = 200
_WORD_MAX = 2_000

_ADDRESS = r"[^\s<>()@,;:\"\\\[\]]+@[^\s<>()@,;:\"\\\[\]]+"
_BARE = re.compile(_ADDRESS)
_SPECIAL_IN_NAME = re.compile(r'[()<>@,;:\\"\[\]]|=\?')
_WORD = re.compile(r'[^\s",:;<>()\[\]]+')
_ENCODED = re.compile(r"=\?[^?\s]{1,60}\?[bBqQ]\?[^?]{0,2000}\?=")
_ENCODED_NAME = re.compile(rf"{_ENCODED.pattern}(?:\s+{_ENCODED.pattern})*\s*")
_BLANKS = re.compile(r"\s+")


class Address(NamedTuple):
    """One mailbox of a header."""

    address: str
    """``local@domain`` as written, or any word where the header has no address."""
    name: str


def addresses(value: str, hint: str = "") -> list[Address]:
    """The mailboxes of an address header, in order. Never raises."""
    value = value[:VALUE_MAX].strip()
    if not value:
        return []
    if (one := _simple(value, hint)) is not None:
        return [one]
    if "," in value and not any(char in value for char in '"(;:\\'):
        pieces = value.split(",", MAX_ADDRESSES)[:MAX_ADDRESSES]
        found = [_simple(piece.strip(), hint) for piece in pieces]
        if None not in found:
            return [one for one in found if one is not None]
    return _Reader(value, hint).read()


def _simple(value: str, hint: str) -> Address | None:
    """``a@b``, ``<a@b>``, ``Name <a@b>``, ``"Name" <a@b>``, ``=?...?= <a@b>``: nearly all there are."""
    if value[-1:] != ">":
        return Address(value, "") if _BARE.fullmatch(value) and "=?" not in value else None
    start = value.find("<")
    address = value[start + 1 : -1]
    if not _BARE.fullmatch(address):
        return None
    name = value[:start].strip()
    if len(name) > 1 and name[0] == '"' == name[-1]:
        name = name[1:-1]
        if "\\" in name or '"' in name or "=?" in name:
            return None
    elif name[:2] == "=?" and _ENCODED_NAME.fullmatch(name):
        return Address(_bracketed(address), _name_text(" ".join(_ENCODED.findall(name)), hint))
    elif _SPECIAL_IN_NAME.search(name):
        return None
    if not (name.isascii() and name.isprintable()):
        return None
    return Address(address, name.strip())


def party(one: Address) -> Party:
    """The mailbox as the hub knows people."""
    return Party(uri(one.address), one.name)


@lru_cache(maxsize=4096)
def uri(address: str) -> Uri:
    """``mailto:…``, normalised where it can be; else what is there, trimmed and lower case."""
    try:
        return mail(address)
    except ValueError:
        rest = _BLANKS.sub("", clean(address)).lower()[:254]
        return Uri(f"mailto:{rest}") if rest else UNKNOWN


class _Reader:
    """One pass over a header that is not simple."""

    def __init__(self, value: str, hint: str) -> None:
        self.value, self.hint = value, hint
        self.found: list[Address] = []
        self.phrase: list[tuple[str, bool]] = []  # (word, whether quoted)
        self.glued = False  # no blank between the last word and the next
        self.comments: list[str] = []
        self.address = ""
        self.open_quote = False

    def read(self) -> list[Address]:
        value, pos, end = self.value, 0, len(self.value)
        while pos < end and len(self.found) < MAX_ADDRESSES:
            char = value[pos]
            if char.isspace():
                self.glued = False
                pos += 1
            elif char in ",;":
                self.flush()
                pos += 1
            elif char == ":":
                pos = self.colon(pos)
            elif char == '"':
                pos = self.quoted(pos)
            elif char == "(":
                text, pos = _comment(value, pos)
                self.comments.append(text)
            elif char == "<":
                pos = self.angle(pos)
            else:
                pos = self.word(pos)
        self.flush()
        return self.found

    def word(self, pos: int) -> int:
        match = _ENCODED.match(self.value, pos) or _WORD.match(self.value, pos)
        if match is None:  # a stray bracket
            return pos + 1 if self.value[pos] != "[" else self.literal(pos)
        self.add(match[0], quoted=False)
        return match.end()

    def literal(self, pos: int) -> int:
        """``[1.2.3.4]`` behind an ``@``; else a bracket in a name."""
        end = self.value.find("]", pos, pos + 100)
        end = pos + 1 if end < 0 else end + 1
        self.add(self.value[pos:end], quoted=False)
        return end

    def add(self, word: str, *, quoted: bool) -> None:
        last = self.phrase[-1] if self.phrase else ("", False)
        if len(last[0]) + len(word) > _WORD_MAX:
            self.phrase.append((word, quoted))
        elif (
            self.glued
            and self.phrase
            and (last[0].endswith("@") or word.startswith("@") or "@" in last[0])
        ):
            both = (f'"{last[0]}"' if last[1] else last[0]) + word
            self.phrase[-1] = (both, False)
        elif self.phrase and not quoted and not last[1] and _joins(last[0], word):
            self.phrase[-1] = (last[0] + word, False)
        else:
            self.phrase.append((word, quoted))
        self.glued = True

    def quoted(self, pos: int) -> int:
        value = self.value
        if self.open_quote:
            return pos + 1
        end = pos + 1
        while (end := value.find('"', end)) >= 0 and value[end - 1] == "\\":
            if not _odd_slashes(value, end, pos):
                break
            end += 1
        if end < 0:
            self.open_quote = True
            return pos + 1  # never closed: a character like any other, as are all behind it
        text = re.sub(r"\\(.)", r"\1", value[pos + 1 : end], flags=re.DOTALL)
        self.add(text, quoted=True)
        return end + 1

    def angle(self, pos: int) -> int:
        end = self.value.find(">", pos)
        if end < 0:
            end = min((i for i in (self.value.find(c, pos) for c in ",;") if i > 0),
                      default=len(self.value))  # fmt: skip
        inner = self.value[pos + 1 : end].lstrip("<")
        if "(" in inner:
            inner = self.strip_comments(inner)
        if self.address:  # a second one without a comma
            self.flush()
        self.address = _bracketed(inner)
        return end + 1

    def strip_comments(self, inner: str) -> str:
        out = []
        while "(" in inner:
            before, _, _ = inner.partition("(")
            text, end = _comment(inner, len(before))
            out.append(before)
            self.comments.append(text)
            inner = inner[end:]
        return "".join(out) + inner

    def colon(self, pos: int) -> int:
        words = "".join(word for word, _ in self.phrase).lower()
        if words == "mailto":
            self.phrase.clear()
        elif self.phrase and "@" not in words and not self.address:
            self.phrase.clear()  # a group's name
            self.comments.clear()
        elif self.phrase:
            self.phrase.append((":", False))
        return pos + 1

    def flush(self) -> None:
        """What was read up to here is one mailbox (or several, if commas are missing)."""
        words = self.phrase
        if not self.address:
            plain = [i for i, (word, quoted) in enumerate(words) if "@" in word and not quoted]
            if len(plain) > 1 and len(plain) == len(words):
                self.found += [Address(_bracketed(words[i][0]), "") for i in plain[:-1]]
            if plain:
                self.address = _bracketed(words[plain[-1]][0])
                words = (
                    [] if len(plain) == len(words) else words[: plain[-1]] + words[plain[-1] + 1 :]
                )
            elif len(words) == 1 and ("@" in words[0][0] or not self.comments):
                self.address, words = words[0][0], []
            elif words and not self.found:
                self.address, words = _last_word(words)
        if self.address:
            self.found.append(Address(self.address, self.name(words)))
        self.phrase, self.comments, self.address, self.glued = [], [], "", False

    def name(self, words: list[tuple[str, bool]]) -> str:
        name = _name_text(" ".join(word for word, _ in words), self.hint)
        note = _name_text(" ".join(self.comments), self.hint)
        if name and note:
            return f"{name} ({note})"
        return name or note


def _name_text(text: str, hint: str) -> str:
    """What a person would read of a name's words."""
    if not text:
        return ""
    text = decode_words(text, hint) if "=?" in text else repair(text, hint)
    return clean(" ".join(text.split()), _NAME_CAP)


def _joins(last: str, word: str) -> bool:
    """Blanks around dots and the ``@`` of an address (obsolete syntax)."""
    if word == "@" or last.endswith("@") or word.startswith("@"):
        return True
    return "@" in last and (word.startswith(".") or last.endswith("."))


def _last_word(words: list[tuple[str, bool]]) -> tuple[str, list[tuple[str, bool]]]:
    """No address at all: the words are what there is."""
    if len(words) == 1:
        return words[0][0], []
    return "", words


def _bracketed(text: str) -> str:
    text = text.strip()
    if text.startswith("@") and ":" in text:  # a route: ``@relay:a@b``
        text = text.rpartition(":")[2].strip()
    text = text.removeprefix("mailto:").removeprefix("MAILTO:")
    if text[:1] == '"':
        return text
    return "".join(text.split()).strip("'`")


def _comment(value: str, pos: int) -> tuple[str, int]:
    """The text of a comment that begins at ``pos``, and where it ends."""
    depth, start, out = 0, pos, []
    while pos < len(value):
        char = value[pos]
        if char == "\\" and pos + 1 < len(value):
            out.append(value[pos + 1])
            pos += 2
            continue
        depth += (char == "(") - (char == ")")
        if depth == 0:
            return "".join(out).strip(), pos + 1
        if pos > start:
            out.append(char)
        pos += 1
    return "".join(out).strip(), pos


def _odd_slashes(value: str, at: int, start: int) -> bool:
    count = 0
    while at - count - 1 > start and value[at - count - 1] == "\\":
        count += 1
    return count % 2 == 1
