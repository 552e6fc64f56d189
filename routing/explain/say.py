"""How a sentence is said: by key and language, with counts, names, spans and moments filled in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

Language = Literal["en", "fa"]
LANGUAGES: Final[tuple[Language, ...]] = ("en", "fa")
Stored = Mapping[str, Any]
"""JSON as it was stored: nothing of it can be taken for granted."""

_FA_DIGITS: Final = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
_UNITS: Final = (
    (86_400, "day", "روز"),
    (3_600, "hour", "ساعت"),
    (60, "minute", "دقیقه"),
    (1, "second", "ثانیه"),
)


@dataclass(frozen=True, slots=True)
class Sentence:
    """One sentence in every language; ``{n}`` is a count, other names in braces are texts."""

    en: str
    fa: str
    one: str = ""
    """English, where ``n`` is 1."""
    you: str = ""
    """English, said to the person whom it is about; else they are ``{who}``."""
    you_fa: str = ""


Table = Mapping[str, Sentence]


@dataclass(frozen=True, slots=True)
class Speech:
    """In which language, and how it writes moments; ``who`` is None where the reader is meant."""

    language: Language = "en"
    moment: Callable[[int], str] = str
    """Microseconds to words such as ``Monday 09:00``."""
    who: str | None = None

    def say(self, table: Table, key: str, **values: Any) -> str:
        """The sentence; ``n`` gets the digits of the language."""
        sentence = table[key]
        persian = self.language == "fa"
        text = sentence.fa if persian else sentence.en
        if values.get("n") == 1 and sentence.one and not persian:
            text = sentence.one
        if self.who is None and sentence.you:
            text = sentence.you_fa if persian else sentence.you
        if "n" in values:
            values["n"] = self.number(values["n"])
        return text.format(who=self.who or "", **values)

    def number(self, n: object) -> str:
        """A number in the digits of the language."""
        return str(n).translate(_FA_DIGITS) if self.language == "fa" else str(n)

    def list(self, words: Sequence[str]) -> str:
        """Words one after the other."""
        return ("، " if self.language == "fa" else ", ").join(words)

    def span(self, seconds: int) -> str:
        """How long, in the largest unit that leaves no rest of a tenth: ``90 seconds``, ``4 hours``."""
        for size, name, fa in _UNITS:
            if seconds >= size and (seconds % size == 0 or seconds >= 10 * size):
                n = seconds // size
                if self.language == "fa":
                    return f"{self.number(n)} {fa}"
                return f"{n} {name}{'' if n == 1 else 's'}"
        return f"{self.number(0)} ثانیه" if self.language == "fa" else "0 seconds"


ENGLISH: Final = Speech()


# ---------------------------------------------------------------- reading what was stored


def mapping(value: object) -> Stored:
    """It, if it is a mapping; else an empty one."""
    return value if isinstance(value, Mapping) else {}


def items(value: object) -> Sequence[Any]:
    """It, if it is a list; else an empty one."""
    return value if isinstance(value, list | tuple) else ()


def count(value: object) -> int:
    """It, if it is a whole number; else 0."""
    return value if isinstance(value, int) and not isinstance(value, bool) else 0


def id_of(value: object) -> int | None:
    """It, if it can be an id of a table; else None."""
    found = count(value)
    return found if 0 < found < 2**53 else None


def number(value: object) -> float:
    """It, if it is a number; else 0."""
    return value if isinstance(value, int | float) and not isinstance(value, bool) else 0.0


def words(value: object) -> str:
    """It as text; nothing is an empty text."""
    return "" if value is None else str(value)


def texts(value: object) -> list[str]:
    """A list's texts."""
    return [words(one) for one in items(value)]


def needs(value: object) -> list[tuple[str, int]]:
    """(skill, level) of stored requirements."""
    found = [mapping(one) for one in items(value)]
    return [(words(one.get("skill")), count(one.get("min")) or 1) for one in found if one]
