"""The fairness guard: nobody is kept busier than equally able colleagues who sit idle.

Measured paces send work to whoever is fast, and so punish them for it. Agents who had more to do
lately than their team by ``POINTS`` count as slower than all of it, until it has caught up: equal
colleagues with room come first, others still come after them. A team is who serves the same queues
with the same skills. Kept in memory only: after a restart everybody begins even.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import dataclass, replace
from math import exp2
from typing import Final

from routing.model import SECOND, AgentState, Presence

POINTS: Final = 0.10
"""Of occupancy, over the team's mean."""
HALF_LIFE: Final = 3600 * SECOND
"""After so long, work counts half."""
SETTLED: Final = 1800 * SECOND
"""Who was there for less (work that counts half is half there) is not judged yet."""
UNMEASURED: Final = 1_300
"""Thousandths of handle time: the most that somebody without a measured pace counts as."""
SLOWER: Final = 50
"""Thousandths of handle time, on top of the slowest of the team."""

Pace = tuple[tuple[int, int], ...]


@dataclass(slots=True)
class _Seen:
    """One agent, as last told, and their times (microseconds) up to then."""

    state: AgentState
    at: int
    present: float = 0.0
    busy: float = 0.0

    def until(self, now: int) -> None:
        """Count the time since; older time fades."""
        spent = max(0, now - self.at)
        fading = exp2(-spent / HALF_LIFE)
        self.present *= fading
        self.busy *= fading
        if self.state.presence is Presence.AVAILABLE:
            self.present += spent
            self.busy += spent if self.state.used > 0 else 0
        self.at = max(self.at, now)

    @property
    def team(self) -> Hashable:
        return self.state.queues, self.state.skills


class Fairness:
    """Told of every agent as their row says; asked for the paces that matching is to go by."""

    def __init__(self) -> None:
        self._seen: dict[int, _Seen] = {}
        self._slowed: dict[int, Pace] = {}

    def see(self, state: AgentState, now: int) -> AgentState:
        """An agent's row is new: the row with the pace to go by."""
        seen = self._seen.setdefault(state.id, _Seen(state, now))
        seen.until(now)
        seen.state = state
        pace = self._slowed.get(state.id)
        return state if pace is None else replace(state, pace=pace)

    def charge(self, id: int, used: int, now: int) -> None:
        """So many units are in an agent's hands now; of their row nothing else has changed."""
        if (seen := self._seen.get(id)) is not None:
            seen.until(now)
            seen.state = replace(seen.state, used=used)

    def forget(self, id: int) -> None:
        """An agent is gone."""
        self._seen.pop(id, None)
        self._slowed.pop(id, None)

    def review(self, now: int) -> Mapping[int, Pace]:
        """Judge anew: id -> pace to go by, of those for whom it changed."""
        teams: dict[Hashable, list[_Seen]] = {}
        for seen in self._seen.values():
            seen.until(now)
            if seen.present >= SETTLED:
                teams.setdefault(seen.team, []).append(seen)
        slowed = {
            one.state.id: _slowest(team)
            for team in teams.values()
            for one in team
            if _occupancy([one]) > _occupancy(team) + POINTS
        }
        before, self._slowed = self._slowed, slowed
        return {
            id: slowed.get(id, self._seen[id].state.pace)
            for id in before.keys() | slowed.keys()
            if before.get(id) != slowed.get(id)
        }


def _occupancy(team: list[_Seen]) -> float:
    return sum(one.busy for one in team) / sum(one.present for one in team)


def _slowest(team: list[_Seen]) -> Pace:
    """For each queue somebody of the team has a pace in, slower than all of them."""
    paces = [dict(one.state.pace) for one in team]
    queues = sorted({queue for pace in paces for queue in pace})
    return tuple((q, max(pace.get(q, UNMEASURED) for pace in paces) + SLOWER) for q in queues)
