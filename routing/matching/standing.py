"""What an item met when it was looked at: who could take it, at what cost, and why others not.

Agents are counted per profile, never one by one, so that the explanation of a decision costs the
same for ten agents as for a thousand who are alike.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from routing.matching.choice import ONE, PREFERRED, Favour
from routing.matching.lines import Bucket, Profile
from routing.matching.picking import Fit, Pick, fits, idle_may, load_cost, may
from routing.matching.seats import Seat
from routing.model import Presence

TOP: Final = 5
REASONS: Final = (
    "no_skill",
    "limit",  # of their kinds of work, or their whole capacity
    "offline",
    "away",
    "declined",
    "overloaded",
    "wrapping",
    "full",
    "reserved",  # idle, and kept free for other work
)
"""Why an agent of an item's queues is no candidate; the first that holds counts."""


class Candidate(NamedTuple):
    """Somebody who could take the item."""

    agent: int
    cost: float
    """The sum of the terms; the smallest goes first, then the longest idle (or by turn)."""
    terms: dict[str, float]
    """factor, flexibility, load, preferred: those that are not 0."""
    idle_since: int


@dataclass(frozen=True, slots=True)
class Standing:
    """Who could take an item, and why others could not."""

    candidates: int
    """Agents who may take it, are available and have room."""
    top: tuple[Candidate, ...] = ()
    """The first five of them, in the order of choice."""
    kept_out: dict[str, int] = field(default_factory=dict)
    """Agents of its queues who could not, counted by reason (``REASONS``)."""
    preferred: bool = False
    """The first of the top meets a wish of the item."""
    cleared: bool = False
    """Everybody available had declined it, so the exclusions no longer count."""

    def as_dict(self) -> dict[str, object]:
        """As stored with offer and assignment (JSON): what ``explain.why_me`` reads."""
        return {
            "candidates": self.candidates,
            "top": [candidate._asdict() for candidate in self.top],
            "kept_out": self.kept_out,
            "preferred": self.preferred,
            "cleared": self.cleared,
        }


UNTOLD: Final = Standing(0)
"""Of matches that nobody wanted to have explained."""


def stand(
    bucket: Bucket,
    seats: Mapping[int, Seat],
    pick: Pick | None,
    excluded: frozenset[int],
    *,
    cleared: bool,
) -> Standing:
    """How an item of the bucket stands now: ``pick`` is who would get it, ``excluded`` who counts
    as having declined it.
    """
    spare = idle_may(bucket)
    kept_out = _kept_out(bucket, spare=spare)
    favour = pick.favour if pick else None
    fitting = list(fits(bucket, spare=spare))
    candidates = sum([cell.size for *_, cell in fitting])
    if excluded:
        kept_out["declined"] = sum(may(bucket, seats.get(id), spare=spare) for id in excluded)
        candidates -= kept_out["declined"]
    return Standing(
        candidates=candidates,
        top=tuple(_top(bucket, seats, fitting, favour, excluded)) if candidates else (),
        kept_out={reason: count for reason, count in kept_out.items() if count},
        preferred=favour is not None,
        cleared=cleared,
    )


def _kept_out(bucket: Bucket, *, spare: bool) -> dict[str, int]:
    """Why agents of the bucket's queues may not take it now: how many, by reason."""
    found = dict.fromkeys(REASONS, 0)
    for profile, reason in bucket.shut_out.items():
        found[reason] += profile.size
    for profile in bucket.profiles:
        if profile.absent:
            found["offline"] += profile.presences[Presence.OFFLINE]
            found["away"] += profile.presences[Presence.AWAY]
        for cell in profile.spent.values():
            found[cell.reason or cell.why_not(bucket)] += cell.size
        for cell in profile.cells.values():
            if not cell.takes(bucket):
                found[cell.reason or cell.why_not(bucket)] += cell.size
            elif not (spare or cell.busy):
                found["reserved"] += cell.size
    return found


def _top(
    bucket: Bucket,
    seats: Mapping[int, Seat],
    fitting: Sequence[Fit],
    favour: Favour | None,
    excluded: frozenset[int],
) -> list[Candidate]:
    """The first five: who meets the wish, then by cost (each cell is in order already)."""
    wished, skill = favour or (None, None)
    if skill is not None:
        fitting = [(cost + _wish(skill, p), first, p, cell) for cost, first, p, cell in fitting]
    by_turn, wide = bucket.weights.by_turn, TOP + 1 + len(excluded)
    entries = [
        (cost, entry)
        for cost, _, _, cell in sorted(fitting)[:wide]
        for entry in cell.lines[by_turn][:wide]
        if entry[1] not in excluded and entry[1] != wished
    ]
    agents = [agent for _, (_, agent) in sorted(entries)]
    if wished is not None:
        agents.insert(0, wished)
    return [_candidate(bucket, seats[agent], favour) for agent in agents[:TOP]]


def _wish(skill: str, profile: Profile) -> int:
    return PREFERRED if skill in profile.skills else 0


def _candidate(bucket: Bucket, seat: Seat, favour: Favour | None) -> Candidate:
    profile, terms = seat.profile, {}
    flexibility = bucket.weights.flexibility * (profile.types - 1)
    load = load_cost(bucket, seat.cell) if seat.cell else 0
    slower = bucket.profiles[profile]
    cost = slower + flexibility + load
    if slower:
        terms["factor"] = slower / ONE
    if flexibility:
        terms["flexibility"] = flexibility / ONE
    if load:
        terms["load"] = load / ONE
    if favour is not None and (favour.agent == seat.row.id or favour.skill in profile.skills):
        cost += PREFERRED
        terms["preferred"] = PREFERRED / ONE
    return Candidate(seat.row.id, cost / ONE, terms, seat.idle_since)
