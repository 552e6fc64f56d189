"""What a decision by rules costs: 100, 1,000 and 10,000 rules, in one run.

The rules are a mix as a large hub would have: by our address, by channel and word, by the sender's
domain, by customer tier, by mail header, by words alone, and some patterns behind an address.
Messages come by five channels and a hundred addresses; most match one of the last rules or none.
Bounds: 1,000 rules cost at most 3 times what 100 cost, 10,000 at most 10 times what 1,000 cost;
20 µs a message with 1,000 are the order of this machine.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from typing import Any

from routing.rules import RuleSet, compile_rules

CHANNELS = ("mail", "sms", "chat", "shop", "partners")
COUNTS = (100, 1_000, 10_000)
MESSAGES, ROUNDS = 400, 25
BOUNDS = {1_000: 3.0, 10_000: 10.0}
WORDS = (
    "Hello, my {} of last month is wrong, please help me with order 12345. I would like to change"
    " the address and get an answer before Monday, thank you."
)
RANDOM = random.Random(11)  # the same run every time

Row = dict[str, Any]


def main() -> int:
    """Print each figure with its ratio; 1 if one is over its bound."""
    made = {count: _compiled(count) for count in COUNTS}
    messages = {count: [_message(count) for _ in range(MESSAGES)] for count in COUNTS}
    taken: dict[int, list[float]] = {count: [] for count in COUNTS}
    for _ in range(ROUNDS):  # in turn, so that what else the machine does meets all alike
        for count in COUNTS:
            taken[count].append(_cost(made[count][0], messages[count]))
    worst, before = 0.0, 0.0
    for count in COUNTS:
        cost, bound = statistics.median(taken[count]), BOUNDS.get(count)
        ratio = cost / before if before else 0.0
        worst = max(worst, ratio / bound if bound else 0.0)
        against = f"  {ratio:5.2f} times the line above (at most {bound:g})" if bound else ""
        seconds = made[count][1]
        print(f"{count:6,} rules  {cost:6.1f} us a message  compiled in {seconds:5.2f} s{against}")
        before = cost
    return int(worst > 1)


def _compiled(count: int) -> tuple[RuleSet, float]:
    """A rule set, and the seconds that it took."""
    started = time.perf_counter()
    rules = compile_rules([*map(_row, range(count - 1)), _rest()], queues=["q"])
    return rules, time.perf_counter() - started


def _rest() -> Row:
    return {"id": "rest", "when": {}, "then": {"queue": "q"}}


def _row(number: int) -> Row:
    channel = {"field": "channel", "eq": CHANNELS[number % len(CHANNELS)]}
    address = {"field": "address", "eq": f"office{number % 100}@acme.example"}
    word = {"field": "text", "contains_any": [f"word{number}", f"other{number}"]}
    kinds: tuple[list[Row], ...] = (
        [address, word],
        [channel, word],
        [address, {"field": "subject", "contains": f"word{number}"}],
        [channel, {"field": "contact.tier", "eq": f"tier{number}"}],
        [{"field": "sender", "within": f"customer{number}.example"}],
        [channel, address, {"field": "contact.known", "eq": True}, word],
        [{"field": "headers.x-campaign", "eq": f"campaign{number}"}],
        [word],
        [{"not": {"field": "contact.tier", "eq": "none"}}, channel, word],
        [address, {"field": "text", "matches": rf"\bcase-{number}-\d+"}, word],
    )
    when = {"all": kinds[number // 10 % len(kinds)]}
    return {"id": f"r{number}", "when": when, "then": {"queue": "q"}}


def _message(count: int) -> dict[str, Any]:
    number = RANDOM.randrange(count * 2)
    return {
        "channel": RANDOM.choice(CHANNELS),
        "channel.kind": "email",
        "address": f"mailto:office{RANDOM.randrange(100)}@acme.example",
        "sender": f"mailto:ann@customer{number}.example",
        "sender.blocked": False,
        "subject": "A question",
        "text": WORDS.format(RANDOM.choice(("invoice", "parcel", f"word{number}"))),
        "auto": "no",
        "bounce": False,
        "consent": None,
        "contact.known": True,
        "contact.attributes.tier": "gold",
        "attachments.count": 0,
        "attachments.types": (),
    }


def _cost(rules: RuleSet, messages: list[dict[str, Any]]) -> float:
    """Microseconds of a decision."""
    started = time.perf_counter()
    for message in messages:
        rules.decide(message)
    return (time.perf_counter() - started) / len(messages) * 1e6


if __name__ == "__main__":
    sys.exit(main())
