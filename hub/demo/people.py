"""The demo's customers: always the same 120 people. No address here is anybody's.

Numbers: 555-0100 to 555-0199 are kept free for fiction in every area code of the NANP; mail domains
end in ``.example`` (RFC 2606).
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from typing import Literal, TypeVar

Language = Literal["en", "fa"]
T = TypeVar("T")
COUNT = 120
SEED = 1403
_AREAS = ("202", "212", "305", "312", "415", "503", "617", "713")
_DOMAINS = {
    "en": ("mail.example", "inbox.example", "northwind.example", "post.example"),
    "fa": ("nameh.example", "payam.example", "novin.example", "mail.example"),
}


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_ENGLISH = _words(
    "Olivia James Amelia Noah Isla Liam Ava Ethan Grace Lucas Chloe Henry Ruby Oscar Alice Samuel "
    "Nora Daniel Hazel Caleb Maya Isaac Leah Owen Clara Simon Julia Martin Helen Victor"
)
_SURNAMES = _words(
    "Bennett Clarke Doyle Ellis Fischer Grant Hughes Ingram Jensen Keller Larsen Morgan Novak "
    "Osborne Parker Quinn Reyes Sato Turner Ueda Vargas Walsh Young Zimmer Abbott Brandt Costa Dunn"
)
_PERSIAN = (
    ("مریم", "maryam"), ("علی", "ali"), ("زهرا", "zahra"), ("محمد", "mohammad"), ("نیلوفر", "niloufar"),
    ("حسین", "hossein"), ("الهام", "elham"), ("امیر", "amir"), ("سمیرا", "samira"), ("کاوه", "kaveh"),
    ("پریسا", "parisa"), ("بهرام", "bahram"), ("شیرین", "shirin"), ("آرش", "arash"), ("نازنین", "nazanin"),
    ("مهدی", "mehdi"), ("لاله", "laleh"), ("فرهاد", "farhad"), ("مینا", "mina"), ("سهراب", "sohrab"),
    ("ترانه", "taraneh"), ("کیان", "kian"), ("هانیه", "hanieh"), ("سعید", "saeed"),
)  # fmt: skip
_PERSIAN_SURNAMES = (
    ("احمدی", "ahmadi"), ("حسینی", "hosseini"), ("رضایی", "rezaei"), ("کاظمی", "kazemi"),
    ("موسوی", "mousavi"), ("نوری", "nouri"), ("صادقی", "sadeghi"), ("کریمی", "karimi"),
    ("شریفی", "sharifi"), ("تهرانی", "tehrani"), ("زارع", "zare"), ("فرهادی", "farhadi"),
    ("یزدانی", "yazdani"), ("بهرامی", "bahrami"), ("قاسمی", "ghasemi"), ("امینی", "amini"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    """One customer and the ways they write. An empty address: they do not use it."""

    key: str
    name: str
    language: Language
    phone: str = ""
    """E.164."""
    email: str = ""
    chats: bool = False
    user_id: str = ""
    """Their account at the shop whose site carries the chat; empty: they chat as a stranger."""

    @property
    def visitor(self) -> str:
        """The chat visitor that they are: 128 bits as hex."""
        return hashlib.sha256(f"demo visitor {self.key}".encode()).hexdigest()[:32]

    @property
    def first(self) -> str:
        """How an agent greets them."""
        return self.name.partition(" ")[0]


STRANGERS = (
    Customer(key="news", name="Logistics Weekly", language="en", email="weekly@news.example"),
    Customer(key="ranks", name="Rank Booster", language="en", email="offers@ranks.example"),
)
"""Who writes without being anybody's customer: a mailing list, and an advertiser."""


@cache
def customers() -> tuple[Customer, ...]:
    """Everybody, in an order that mixes languages and channels."""
    rng = random.Random(SEED)  # noqa: S311  stories, not secrets
    english = _pairs(rng, _ENGLISH, _SURNAMES, 66)
    persian = _pairs(rng, _PERSIAN, _PERSIAN_SURNAMES, COUNT - len(english))
    found = [
        *(_customer(rng, "en", f"{a} {b}", f"{a}.{b}".lower()) for a, b in english),
        *(_customer(rng, "fa", f"{a[0]} {b[0]}", f"{a[1]}.{b[1]}") for a, b in persian),
    ]
    rng.shuffle(found)
    return tuple(_numbered(n, one) for n, one in enumerate(found, 1))


def _pairs(rng: random.Random, first: Sequence[T], last: Sequence[T], n: int) -> list[tuple[T, T]]:
    return rng.sample([(a, b) for a in first for b in last], n)


def _customer(rng: random.Random, language: Language, name: str, local: str) -> Customer:
    """What they use: a third have a phone only, a quarter mail only, the others several ways."""
    kind = rng.choices(("sms", "mail", "both", "chat", "all"), (30, 26, 22, 12, 10))[0]
    email = f"{local}@{rng.choice(_DOMAINS[language])}"
    return Customer(
        key=local,
        name=name,
        language=language,
        phone="?" if kind in ("sms", "both", "all") else "",
        email=email if kind in ("mail", "both", "all") else "",
        chats=kind in ("chat", "all"),
        user_id=local if kind == "all" else "",
    )


def _numbered(n: int, one: Customer) -> Customer:
    phone = ""
    if one.phone:
        area = _AREAS[n % len(_AREAS)]
        phone = f"+1{area}5550{100 + n % 100}" if one.language == "en" else f"+98900000{n:04d}"
    return replace(one, phone=phone)
