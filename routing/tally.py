"""Turns counted one by one, for a picture that is kept up to date: the board's figures of the day.

It counts by the predicates of ``routing/numbers.py``, and a test holds its figures to the functions
there.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from routing import numbers
from routing.numbers import SHORT, Abandonment, Share, Turn


@dataclass(slots=True)
class Tally:
    """What has been counted so far. Times are microseconds."""

    offered: int = 0
    in_target: int = 0
    left: int = 0
    """Waited, and left before any answer."""
    short: int = 0
    """Left at once."""
    answered: int = 0
    waited: int = 0
    """Sum of the waits of those who were answered."""
    longest: int | None = None

    def add(self, turn: Turn, now: int | None = None) -> None:
        """Count one turn, as it stands at ``now``."""
        self.offered += sum(1 for _ in numbers.offered((turn,), now))
        self.in_target += numbers.in_target(turn)
        if turn.lost:
            brief = (turn.wait() or 0) < SHORT
            self.short += brief
            self.left += not brief
        if turn.answered_at is not None:
            self.answered += 1
            self.waited += turn.wait() or 0
        self._longest(numbers.longest_wait((turn,), now))

    def add_waiting(self, waits: Iterable[tuple[int, int]]) -> None:
        """Count many that nobody has answered yet at once: (wait so far, target) of each."""
        known = list(waits)
        self.offered += sum(1 for wait, target in known if wait > target)
        self._longest(max((max(wait, 0) for wait, _ in known), default=None))

    def plus(self, other: Tally) -> Tally:
        """Both together."""
        found = Tally(
            self.offered + other.offered,
            self.in_target + other.in_target,
            self.left + other.left,
            self.short + other.short,
            self.answered + other.answered,
            self.waited + other.waited,
            self.longest,
        )
        found._longest(other.longest)
        return found

    def _longest(self, wait: int | None) -> None:
        if wait is not None:
            self.longest = wait if self.longest is None else max(self.longest, wait)

    @property
    def service_level(self) -> Share:
        """As ``numbers.service_level``."""
        return Share(self.in_target, self.offered)

    @property
    def abandonment(self) -> Abandonment:
        """As ``numbers.abandonment``."""
        return Abandonment(self.left, self.short, self.offered)

    @property
    def speed_of_answer(self) -> float | None:
        """As ``numbers.speed_of_answer``."""
        return self.waited / self.answered if self.answered else None
