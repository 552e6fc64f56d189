"""How fast each agent is at a queue's work, against everybody who does it: from finished turns.

Handle times are skewed, so their logarithms are compared. Few turns say little: the estimate is
shrunk to the team's by ``n / (n + SHRINK)``, and rounded to 5 %, so that agents who are about as
fast stay alike to the matcher. Pure; the turns come from ``storage/handle_times.py``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from math import exp, log
from typing import Final

SHRINK: Final = 25
"""Turns at which half of the difference is believed."""
FEWEST: Final = 20
"""Turns below which nothing is said of an agent: their skill levels speak."""
ROUND: Final = 50
"""Thousandths."""
SLOWEST, FASTEST = 2_000, 500


@dataclass(frozen=True, slots=True)
class Handled:
    """One finished turn; ``took`` is in microseconds, more than 0."""

    agent: int
    queue: int
    kind: str
    took: int


@dataclass(slots=True)
class Tally:
    """What has been read so far: sums, so that a month of turns needs no memory."""

    turns: dict[tuple[int, int], int]
    logs: dict[tuple[int, int], float]
    kinds: dict[tuple[int, str], int]
    spans: dict[tuple[int, str], int]

    @classmethod
    def empty(cls) -> Tally:
        """Nothing read."""
        return cls(defaultdict(int), defaultdict(float), defaultdict(int), defaultdict(int))

    def add(self, turns: Iterable[Handled]) -> None:
        """Count finished turns in."""
        for one in turns:
            self.turns[one.agent, one.queue] += 1
            self.logs[one.agent, one.queue] += log(one.took)
            self.kinds[one.queue, one.kind] += 1
            self.spans[one.queue, one.kind] += one.took


def paces(tally: Tally) -> list[tuple[int, int, int, int]]:
    """(agent, queue, thousandths of everybody's handle time, turns) of who has enough turns."""
    team_turns: dict[int, int] = defaultdict(int)
    team_logs: dict[int, float] = defaultdict(float)
    for (_, queue), turns in tally.turns.items():
        team_turns[queue] += turns
    for (_, queue), logs in tally.logs.items():
        team_logs[queue] += logs
    found = []
    for (agent, queue), turns in sorted(tally.turns.items()):
        if turns < FEWEST:
            continue
        mean = tally.logs[agent, queue] / turns
        differs = mean - team_logs[queue] / team_turns[queue]
        permille = exp(differs * turns / (turns + SHRINK)) * 1_000
        rounded = ROUND * round(permille / ROUND)
        found.append((agent, queue, max(FASTEST, min(SLOWEST, rounded)), turns))
    return found


def handle_times(tally: Tally) -> Mapping[tuple[int, str], int]:
    """(queue, channel kind) -> mean handle time in microseconds, of what has enough turns."""
    return {key: tally.spans[key] // turns for key, turns in tally.kinds.items() if turns >= FEWEST}
