"""How long one routing decision takes, against the bare structures under it.

    python tests/bench/bench_matching.py

1,000 agents with 200 sets of queues, 500 buckets. "Bare" for matching is what no matcher can do
without: take one agent out of and put them into the sorted lists of their queues, and one item into
and out of its bucket. "Bare" for rules is the same conditions as hand-written Python over texts
that are folded already, without the hub's own six rules and the trace. Bound: 25 times bare.
"""

from __future__ import annotations

import random
import statistics
import sys
import time
from bisect import bisect_left, insort
from collections.abc import Callable
from dataclasses import replace

from connectors.fold import fold
from routing.matching import Matcher
from routing.model import AgentState, Item, Mode, Presence
from routing.rules import compile_rules

AGENTS, PROFILES, QUEUES, WAITING, ROUNDS = 1_000, 200, 167, 10_000, 5_000
KINDS = ("mail", "sms", "chat")
UNITS = {"mail": 25, "sms": 15, "chat": 30}
RANDOM = random.Random(7)  # the same run every time

Step = Callable[[int], None]


def main() -> int:
    """Print each figure with its ratio; 1 if one is over its bound."""
    per_agent = _timed(_bare_step(), ROUNDS)
    results = [
        ("agent gains capacity, 10,000 waiting", _timed(_gain_step(), ROUNDS), per_agent, 25),
        (
            "item becomes matchable, 1,000 agents free",
            _timed(_arrive_step(), ROUNDS),
            per_agent,
            25,
        ),
    ]
    for count in (20, 1_000):
        step, bare = _rule_steps(count)
        results.append((f"decide by {count} rules", _timed(step, 2_000), _timed(bare, 2_000), 25))
    worst = 0.0
    for name, taken, bare_taken, bound in results:
        mean, bare_mean = statistics.fmean(taken), statistics.fmean(bare_taken)
        p99 = sorted(taken)[len(taken) * 99 // 100]
        ratio = mean / bare_mean / bound
        worst = max(worst, ratio)
        print(
            f"{name:42} mean {mean:6.1f} us  p99 {p99:6.1f} us  bare {bare_mean:5.2f} us"
            f"  {ratio:5.2f} of the bound ({bound} times bare)"
        )
    return int(worst > 1)


def _timed(step: Step, rounds: int) -> list[float]:
    """Microseconds of each step."""
    clock = time.perf_counter
    taken = []
    for number in range(rounds):
        started = clock()
        step(number)
        taken.append((clock() - started) * 1e6)
    return taken


def _profiles() -> list[frozenset[int]]:
    return [frozenset(RANDOM.sample(range(1, QUEUES + 1), 5)) for _ in range(PROFILES)]


def _item(number: int) -> Item:
    kind = RANDOM.choice(KINDS)
    queue = RANDOM.randint(1, QUEUES)
    return Item(number, queue, number, UNITS[kind], Mode.PUSH, kind)


def _staffed(used: int) -> tuple[Matcher, list[AgentState]]:
    matcher, profiles = Matcher(), _profiles()
    agents = [
        AgentState(n, profiles[n % PROFILES], Presence.AVAILABLE, 100, used, n)
        for n in range(1, AGENTS + 1)
    ]
    for agent in agents:
        matcher.put_agent(agent)
    return matcher, agents


def _gain_step() -> Step:
    """Everybody full, 10,000 waiting: one agent finishes something and gets the next."""
    matcher, agents = _staffed(100)
    for number in range(WAITING):
        matcher.put_item(_item(number))
    matcher.decide(0)

    def step(number: int) -> None:
        agent = agents[number % AGENTS]
        matcher.put_agent(replace(agent, used=70))
        for match in matcher.decide(WAITING + number):
            matcher.confirm(match.item.id, agent)

    return step


def _arrive_step() -> Step:
    """Everybody free, nothing waiting: one item arrives and is given away."""
    matcher, agents = _staffed(0)
    matcher.decide(0)
    items = [_item(number) for number in range(ROUNDS)]

    def step(number: int) -> None:
        matcher.put_item(items[number])
        for match in matcher.decide(WAITING + number):
            matcher.confirm(match.item.id, agents[match.agent - 1])

    return step


def _bare_step() -> Step:
    """Five sorted lists of 30 and one of 20: an entry out and in, each."""
    lines = [sorted((False, n, 0, n) for n in range(30)) for _ in range(5)]
    bucket = [(n, n) for n in range(20)]

    def step(number: int) -> None:
        entry = (False, number % 30, 0, number % 30)
        for line in lines:
            del line[bisect_left(line, entry)]
            insort(line, entry)
        insort(bucket, (20 + number, number))
        del bucket[0]

    return step


def _rule_steps(count: int) -> tuple[Step, Step]:
    words = [f"word{n}" for n in range(count)]
    rows = [
        {
            "id": f"r{n}",
            "when": {
                "all": [
                    {"field": "channel", "eq": KINDS[n % 3]},
                    {"field": "text", "contains": words[n]},
                ]
            },
            "then": {"queue": "q"},
        }
        for n in range(count - 1)
    ]
    rules = compile_rules([*rows, {"id": "rest", "when": {}, "then": {"queue": "q"}}], queues=["q"])
    text = "Hello, my invoice of last month is wrong, please help me with order 12345"
    context = {"channel": "sms", "text": text, "subject": "", "auto": "no", "bounce": False}
    folded = fold(text)

    def bare(_number: int) -> None:
        for n in range(count - 1):
            if KINDS[n % 3] == "sms" and words[n] in folded:
                return

    return (lambda _number: rules.decide(context) and None), bare


if __name__ == "__main__":
    sys.exit(main())
