"""From names, addresses and subjects to the folded words that find looks up, and from what people
type to ranges of them.

Each word stands with the words after it, so that several typed words are one range of one index:
``mina kar`` finds the row ``mina karimi``. Names stand in every order, numbers backwards as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import permutations
from typing import Final, Literal

from connectors import address
from connectors.fold import fold

Kind = Literal["n", "a", "d", "s"]
"""Name, address, digits from the last one on, subject."""
Word = tuple[Kind, str]

LENGTH: Final = 80
"""Characters of a row."""
MOST: Final = 6
"""Words looked at of a name, and of what is typed."""
MOST_OF_SUBJECT: Final = 10
DIGITS: Final = 4
"""The least of a number that finds its owner."""
_TOKEN: Final = re.compile(r"[^\W_]+")
_NUMBER: Final = re.compile(r"[+(\[#]*[0-9][0-9 ()+./\[\]#-]*")
_PARTS: Final = re.compile(r"[._+-]")
_AFTER: Final = chr(0x10FFFF)
"""Sorts after everything that follows a prefix."""


def tokens(text: str) -> list[str]:
    """The folded words of a text: letters and digits, nothing else."""
    return _TOKEN.findall(fold(text))


def of_name(name: str) -> set[Word]:
    """Every order of up to three words; of more, every pair with the others after it."""
    words = tokens(name)[:MOST]
    first = min(len(words), 3 if len(words) <= 3 else 2)
    rows = (" ".join([*head, *_others(words, head)]) for head in permutations(words, first))
    return _kept("n", rows)


def _others(words: Sequence[str], head: Sequence[str]) -> list[str]:
    left = list(words)
    for word in head:
        left.remove(word)
    return left


def of_uri(uri: str) -> set[Word]:
    """What finds an address: whole, from each of its parts, and by the last digits of a number.

    A visitor's token is a secret of their browser and finds nothing.
    """
    if address.is_token(uri):
        return set()
    match address.scheme(uri):
        case "mailto":
            local, _, domain = fold(address.display(uri)).rpartition("@")
            starts = (0, *(found.end() for found in _PARTS.finditer(local)))
            texts = [*(f"{local[start:]}@{domain}" for start in starts[:MOST]), domain]
            return _kept("a", texts)
        case "tel":
            digits = address.value(uri).lstrip("+")
            national = address.national(uri)
            return {("a", digits), ("a", national), ("d", digits[::-1])}
        case _:
            return _kept("a", [fold(address.value(uri))])


def of_subject(subject: str) -> set[Word]:
    """Each word with those after it."""
    words = tokens(subject)[:MOST_OF_SUBJECT]
    return _kept("s", (" ".join(words[place:]) for place in range(len(words))))


def _kept(kind: Kind, texts: Iterable[str]) -> set[Word]:
    return {(kind, text[:LENGTH]) for text in texts if text}


# ---------------------------------------------------------------- what is typed


@dataclass(frozen=True, slots=True)
class Range:
    """Rows of one kind that begin with a text: ``first <= word < last``."""

    kind: Kind
    first: str

    @property
    def last(self) -> str:
        """No row of the range is as large."""
        return self.first + _AFTER


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody typed, as find understands it."""

    words: tuple[str, ...]
    """The last one may be the beginning of one."""
    names: tuple[Range, ...] = ()
    addresses: tuple[Range, ...] = ()
    subjects: tuple[Range, ...] = ()
    code: str = ""
    """Digits of a tracking code: 4 to 8."""

    def meant_by(self, found: Iterable[str]) -> bool:
        """Whether each typed word begins some word of ``found``."""
        there = list(found)
        return all(any(one.startswith(word) for one in there) for word in self.words)


def asked(typed: str) -> Asked:
    """What to look up for it; nothing for less than two characters (or digits of a number)."""
    folded = fold(typed)
    words = tuple(_TOKEN.findall(folded)[:MOST])
    if not words or sum(map(len, words)) < 2:
        return Asked(())
    digits = "".join(filter(str.isdigit, folded))
    number = bool(_NUMBER.fullmatch(folded))
    return Asked(
        words,
        names=(Range("n", " ".join(words[:2])),),
        addresses=_numbers(digits) if number else _addresses(folded),
        subjects=(Range("s", " ".join(words)), *_longest(words)),
        code=digits if number and DIGITS <= len(digits) <= 8 else "",
    )


def _numbers(digits: str) -> tuple[Range, ...]:
    """A whole number, its beginning or its last digits, with or without zeros before it."""
    bare = digits.lstrip("0")
    ends = dict.fromkeys(end for end in (digits, bare) if len(end) >= DIGITS)
    begins = (Range("a", bare),) if len(bare) >= DIGITS else ()
    return *(Range("d", end[::-1]) for end in ends), *begins


def _addresses(folded: str) -> tuple[Range, ...]:
    text = folded.lstrip("@").partition(":")[2] if ":" in folded else folded.lstrip("@")
    return () if not text or " " in text else (Range("a", text[:LENGTH]),)


def _longest(words: Sequence[str]) -> tuple[Range, ...]:
    """Of several words the longest: few rows begin with it."""
    return (Range("s", max(words, key=len)),) if len(words) > 1 else ()
