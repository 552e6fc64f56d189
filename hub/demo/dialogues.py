"""The demo's dialogues as types, and the words that fill their braces."""

from __future__ import annotations

import random
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Literal

import msgspec

from hub import files
from hub.demo.people import Language

PATH = Path(__file__).with_name("dialogues.yaml")
Channel = Literal["sms", "mail", "chat"]
CHANNELS: tuple[Channel, ...] = ("sms", "mail", "chat")
PERSIAN_DIGITS = str.maketrans("0123456789,", "۰۱۲۳۴۵۶۷۸۹٬")
Picture = Literal["photo", "receipt", "label", "invoice"]

_DAYS: Mapping[Language, tuple[str, ...]] = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"),
    "fa": ("شنبه", "یکشنبه", "دوشنبه", "سه‌شنبه", "چهارشنبه", "پنجشنبه"),
}
_CITIES: Mapping[Language, tuple[str, ...]] = {
    "en": ("Boston", "Portland", "Austin", "Denver", "Seattle", "Chicago"),
    "fa": ("تهران", "شیراز", "اصفهان", "تبریز", "مشهد", "رشت"),
}
_ITEMS: Mapping[Language, tuple[str, ...]] = {
    "en": ("desk lamp", "headphones", "espresso maker", "backpack", "office chair", "rain jacket"),
    "fa": ("چراغ مطالعه", "هدفون", "قهوه‌ساز", "کوله‌پشتی", "صندلی اداری", "کاپشن"),
}
_TIMES = ("9:15", "9:45", "10:30", "11:00", "14:20", "16:10")


class Turn(msgspec.Struct, forbid_unknown_fields=True, frozen=True, rename={"said": "in"}):
    """What happens next: exactly one of the four, perhaps with a file."""

    said: str = ""
    out: str = ""
    note: str = ""
    transfer: str = ""
    file: Picture | None = None


class Dialogue(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    """One matter, from the first words to the last."""

    language: Language
    subject: str
    turns: tuple[Turn, ...]
    channels: tuple[Channel, ...] = CHANNELS


@cache
def dialogues() -> tuple[Dialogue, ...]:
    """All of them. Raises FileInvalid."""
    loaded = files.load(PATH.read_text("utf-8"))
    return files.convert(loaded, tuple[Dialogue, ...])


def words(rng: random.Random, language: Language) -> dict[str, str]:
    """What the braces of one dialogue stand for."""
    amount = rng.randrange(12, 390) if language == "en" else rng.randrange(180, 4_900) * 1_000
    plain = {
        "order": str(rng.randrange(40_000, 99_999)),
        "invoice": str(rng.randrange(20_000, 39_999)),
        "code": str(rng.randrange(1_000, 9_999)),
        "amount": f"{amount:,}",
        "time": rng.choice(_TIMES),
    }
    if language == "fa":
        plain = {name: text.translate(PERSIAN_DIGITS) for name, text in plain.items()}
    return {
        **plain,
        "day": rng.choice(_DAYS[language]),
        "city": rng.choice(_CITIES[language]),
        "item": rng.choice(_ITEMS[language]),
    }
