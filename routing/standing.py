"""What an item met when it was looked at: who could take it, at what cost, and why others not.

Agents are counted per profile, never one by one, so that the explanation of a decision costs the
same for ten agents as for a thousand who are alike.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from heapq import nsmallest
from typing import Final, NamedTuple

from routing.choice import ONE, PREFERRED, Favour
from routing.lines import Bucket, Profile
from routing.model import Presence
from routing.picking import Fit, Pick, fits, idle_may, load_cost, may
from routing.seats import Seat

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
    fitting = list(fits(bucket, spare=spare))
    candidates = sum([cell.size for *_, cell in fitting])
    if excluded:
        kept_out["declined"] = sum(may(bucket, seats.get(id), spare=spare) for id in excluded)
        candidates -= kept_out["declined"]
    return Standing(
        candidates=candidates,
        top=tuple(_top(bucket, seats, fitting, pick, excluded)) if candidates else (),
        kept_out={reason: count for reason, count in kept_out.items() if count},
        preferred=pick is not None and pick.favour is not None,
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
    pick: Pick | None,
    excluded: frozenset[int],
) -> Iterator[Candidate]:
    """The first five: who meets the wish, then by cost (each cell is in order already)."""
    favour = pick.favour if pick else None
    wished = pick.agent if pick and favour and favour.agent is not None else None
    wide = TOP + 1 + len(excluded)
    found = sorted(
        (not _favoured(favour, 0, profile), cost, entry)
        for cost, _, profile, cell in _nearest(fitting, favour, wide)
        for entry in cell.lines[bucket.weights.by_turn][:wide]
        if entry[1] not in excluded and entry[1] != wished
    )
    agents = [entry[1] for _, _, entry in found]
    for agent in ([wished, *agents] if wished is not None else agents)[:TOP]:
        yield _candidate(bucket, seats[agent], favour)


def _nearest(fitting: Sequence[Fit], favour: Favour | None, wide: int) -> list[Fit]:
    """The cells in which the first ``wide`` agents are."""
    if favour is None or favour.skill is None:
        return nsmallest(wide, fitting)
    return nsmallest(wide, fitting, key=lambda fit: (not _favoured(favour, 0, fit[2]), fit[:2]))


def _favoured(favour: Favour | None, agent: int, profile: Profile) -> bool:
    return favour is not None and (favour.agent == agent or favour.skill in profile.skills)


def _candidate(bucket: Bucket, seat: Seat, favour: Favour | None) -> Candidate:
    profile = seat.profile
    flexibility = bucket.weights.flexibility * (profile.types - 1)
    terms = (
        ("factor", bucket.profiles[profile]),
        ("flexibility", flexibility),
        ("load", load_cost(bucket, seat.cell) if seat.cell else 0),
        ("preferred", PREFERRED if _favoured(favour, seat.row.id, profile) else 0),
    )
    cost = sum([value for _, value in terms]) / ONE
    shown = {name: value / ONE for name, value in terms if value}
    return Candidate(seat.row.id, cost, shown, seat.idle_since)
