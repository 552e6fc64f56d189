"""Whom a turn was offered to and who got it, each with whoever else could have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import msgspec

from hub.explained.names import Names
from hub.explained.shape import AssignmentPart, CandidatePart, OfferPart, Words
from hub.explained.wait import PLAIN
from routing.explain import LANGUAGES, Language, what_became
from routing.explain.say import count, id_of, items, mapping, number
from routing.plan import Plan
from storage import explanations, reasons
from storage.views import Ref, when
from storage.views.times import time_of

if TYPE_CHECKING:
    from storage.db import Row, Tx


@dataclass(frozen=True, slots=True)
class Given:
    """Somebody was asked, or got it."""

    agent: int
    name: str
    at: int
    how: str
    why: Mapping[str, Any]


def asked(offer: Row, item: Row) -> Given:
    """What is stored with the offer; of older ones, with the item."""
    why = json_of(offer["why"]) or json_of(item["why"])
    told = {name: value for name, value in why.items() if name != "how"}
    return Given(offer["agent"], offer["agent_name"], offer["made_at"], offer["state"], told)


def gotten(tx: Tx, item: Row, offers: Sequence[Row]) -> list[Given]:
    """Who had it, in order, and last whoever is asked now."""
    by_id = {offer["id"]: offer for offer in offers}
    found = []
    for row in explanations.assignments(tx, item):
        why: Mapping[str, Any] = json_of(row["reason"])
        accepted = by_id.get(count(why.get("offer")))
        if "candidates" not in why and accepted is not None:
            why = asked(accepted, item).why
        found.append(
            Given(
                row["agent"],
                row["agent_name"],
                row["started_at"],
                row["how"],
                {**why, "how": row["how"]},
            )
        )
    pending = [asked(offer, item) for offer in offers if offer["state"] == "pending"]
    return found + pending[-1:]


def told(tx: Tx, item: Row, plan: Plan, reader: int | None, given: Given) -> Words:
    """Why this agent; said to them if they are the ``reader``."""
    return reasons.of_agent(
        tx,
        given.why,
        given.agent,
        preferred=item["preferred_agent"],
        skills=[need.skill for need in plan.step(item["step"]).require],
        who=None if given.agent == reader else given.name,
    )


def offer(row: Row, item: Row, names: Names, told: Words) -> OfferPart:
    """One offer, what became of it, and why it was made."""
    became = _became(row)
    return OfferPart(
        id=row["id"],
        at=time_of(row["made_at"]),
        agent=Ref(id=row["agent"], name=row["agent_name"]),
        state=row["state"],
        reason=row["reason"],
        settled_at=when(row["settled_at"]),
        words={language: [became[language], *told[language]] for language in LANGUAGES},
        **standing(asked(row, item).why, names),
    )


def _became(row: Row) -> dict[Language, str]:
    return {
        language: what_became(row["state"], row["reason"], row["agent_name"], PLAIN[language])
        for language in LANGUAGES
    }


def assignment(given: Given, names: Names, told: Words) -> AssignmentPart:
    """Somebody got it, and why they did."""
    return AssignmentPart(
        at=time_of(given.at),
        agent=Ref(id=given.agent, name=given.name),
        how=given.how,
        words=told,
        **standing(given.why, names),
    )


def standing(stored: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """A standing with names, of whatever age."""
    kept_out = mapping(stored.get("kept_out"))
    return {
        "candidates": count(stored.get("candidates")),
        "top": list(_top(items(stored.get("top")), names)),
        "kept_out": {reason: count(kept_out[reason]) for reason in kept_out},
    }


def _top(stored: Iterable[Any], names: Names) -> Iterable[CandidatePart]:
    for one in map(_candidate, stored):
        agent = id_of(one.get("agent"))
        if agent is not None:
            terms = mapping(one.get("terms"))
            yield CandidatePart(
                agent=names.agent(agent),
                cost=number(one["cost"]) if "cost" in one else None,
                terms={name: number(terms[name]) for name in terms},
                idle_since=moment(one.get("idle_since")),
            )


def _candidate(stored: Any) -> Mapping[str, Any]:
    if isinstance(stored, list | tuple) and len(stored) == 2:  # as the first version stored them
        return {"agent": stored[0], "idle_since": stored[1]}
    return mapping(stored)


def moment(stored: object) -> datetime | None:
    """A stored time, whatever stands there; None: it is none."""
    try:
        return when(count(stored) or None)
    except OverflowError:
        return None


def json_of(text: str) -> dict[str, Any]:
    """A stored object; anything else is an empty one."""
    return dict(mapping(msgspec.json.decode(text)))
