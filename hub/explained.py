"""An explanation, put together from what is stored of a turn and what the matcher says of it now."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from hub import explained_wait
from hub.explained_names import Names
from hub.explanation import (
    AssignmentPart,
    CandidatePart,
    Explanation,
    ItemPart,
    LogPart,
    OfferPart,
    PlanPart,
    RuleSetPart,
    Sentences,
    StandingPart,
    StepPart,
    Words,
)
from routing.explain import LANGUAGES, Language, what_became, what_befell, why_here
from routing.explain.say import count, items, mapping, number
from routing.model import SECOND
from routing.plan import Plan, Prefer, Step
from storage import decisions, explanations, reasons, wait_estimates
from storage.views import Ref, when
from storage.views.types import time_of

if TYPE_CHECKING:
    from hub.desk import Desk
    from storage.db import Row, Tx

FAR = 10_000  # places in line that are counted where the matcher does not say


@dataclass(frozen=True, slots=True, kw_only=True)
class Now:
    """What is true at this moment and not in the tables."""

    desk: Desk
    zone: tzinfo
    now: int
    standing: Mapping[str, Any] | None = None
    """As the matcher sees it; None: not here."""
    position: int = 0
    """Its place in line; 0: not known here."""
    reader: int | None = None
    """The agent who reads it: said ``you``."""


def explain(tx: Tx, id: int, now: Now) -> Explanation | None:
    """Why a turn is where it is; None: no such turn. Inside one read transaction."""
    row = explanations.item(tx, id)
    if row is None:
        return None
    names = Names.read(tx)
    plan = _plan_of(row)
    decided = explanations.decision(tx, row)
    decision = None if decided is None else {**_json(decided["data"]), "rule": decided["rule"]}
    standing = mapping(now.standing) if now.standing and row["state"] == "queued" else None
    position = _position(tx, row, now)
    offers = explanations.offers(tx, id)
    told = partial(_told, tx, row, plan, now.reader)
    gotten = _gotten(tx, row, offers)
    waiting = explained_wait.sentences(tx, row, plan, standing, position, offers, names, now)
    me = told(gotten[-1]) if gotten else {}
    return Explanation(
        work_item=_item(row),
        rule_set=RuleSetPart(row["rule_version"]),
        decision=decision,
        plan=_plan(row, plan, names),
        log=[_line(line, names, now) for line in explanations.log(tx, id)],
        offers=[_offer(offer, row, names, told(_asked(offer, row))) for offer in offers],
        assignments=[_assignment(one, names, told(one)) for one in gotten if one.how != "pending"],
        standing=None if standing is None else StandingPart(**_standing(standing, names)),
        position=position or None,
        words={
            language: Sentences(
                [] if decision is None else why_here(decision, language),
                me.get(language, []),
                waiting[language],
            )
            for language in LANGUAGES
        },
    )


def item_of(tx: Tx, id: int, *, matter: bool = False) -> int | None:
    """The work item of that id, else (or with ``matter`` at once) the newest of that conversation."""
    if not matter and explanations.item(tx, id) is not None:
        return id
    return explanations.newest_item(tx, id)


def of_conversation(tx: Tx, id: int) -> dict[str, Any] | None:
    """What the rules said of a conversation that became nobody's work; None: no such."""
    row = decisions.latest(tx, id)
    if row is None:
        return None
    decision = {**_json(row["data"]), "rule": row["rule"]}
    return {
        "conversation": id,
        "decision": decision,
        "words": {
            language: {"here": why_here(decision, language), "me": [], "waiting": []}
            for language in LANGUAGES
        },
    }


def _item(row: Row) -> ItemPart:
    return ItemPart(
        id=row["id"],
        conversation=row["conversation"],
        state=row["state"],
        queue=Ref(id=row["queue"], name=row["queue_name"]),
        mode=row["mode"],
        order_key=time_of(row["order_key"]),
        entered_at=time_of(row["entered_at"]),
        queued_at=when(row["queued_at"]),
        units=row["units"],
        priority=row["priority"],
        step=row["step"] + 1,
        deferred_until=when(row["deferred_until"]),
    )


def _position(tx: Tx, row: Row, now: Now) -> int:
    """Its place among those that wait for an agent; 0: it does not wait for one."""
    if row["state"] not in ("queued", "offered"):
        return 0
    return now.position or wait_estimates.ahead(tx, row, FAR) + 1


# ---------------------------------------------------------------- the plan


def _plan_of(row: Row) -> Plan:
    try:
        return Plan.of_json(_json(row["plan"]))
    except (KeyError, TypeError, AttributeError):  # of a version that is not ours
        return Plan()


def _plan(row: Row, plan: Plan, names: Names) -> PlanPart:
    overflow = None if plan.overflow is None else names.queue(plan.overflow)
    plain = plan.steps == (Step(),)
    steps = [] if plain else [_step(n, s, row["step"], names) for n, s in enumerate(plan.steps)]
    return PlanPart(steps, overflow)


def _step(place: int, step: Step, current: int, names: Names) -> StepPart:
    return StepPart(
        number=place + 1,
        require=[{"skill": need.skill, "min": need.min} for need in step.require],
        also_queues=[names.queue(queue) for queue in step.also_queues],
        prefer=[_wish(wish, names) for wish in step.prefer],
        for_seconds=None if step.lasts is None else step.lasts / SECOND,
        then_offer=step.then_offer,
        state="past" if place < current else "current" if place == current else "to_come",
    )


def _wish(wish: Prefer, names: Names) -> dict[str, Any]:
    if wish.last_agent is not None:
        return {"last_agent": wish.last_agent // SECOND}
    if wish.agent is not None:
        return {"agent": names.agent(wish.agent)}
    return {"skill": wish.skill}


def _line(row: Row, names: Names, now: Now) -> LogPart:
    data, by = _json(row["data"]), row["by_name"] or ""
    return LogPart(
        at=time_of(row["at"]),
        what=row["what"],
        actor=by or row["actor"],
        data=data,
        words={
            language: what_befell(
                row["what"],
                data,
                explained_wait.speech(now, language),
                partial(names.queue, language=language),
                by,
            )
            for language in LANGUAGES
        },
    )


# ---------------------------------------------------------------- who was asked, who got it


@dataclass(frozen=True, slots=True)
class _Given:
    """Somebody was asked, or got it."""

    agent: int
    name: str
    at: int
    how: str
    why: Mapping[str, Any]


def _asked(offer: Row, item: Row) -> _Given:
    """What is stored with the offer; of older ones, with the item."""
    why = _json(offer["why"]) or _json(item["why"])
    told = {name: value for name, value in why.items() if name != "how"}
    return _Given(offer["agent"], offer["agent_name"], offer["made_at"], offer["state"], told)


def _gotten(tx: Tx, item: Row, offers: Sequence[Row]) -> list[_Given]:
    """Who had it, in order, and last whoever is asked now."""
    by_id = {offer["id"]: offer for offer in offers}
    found = []
    for row in explanations.assignments(tx, item):
        why: Mapping[str, Any] = _json(row["reason"])
        if "candidates" not in why and why.get("offer") in by_id:
            why = _asked(by_id[why["offer"]], item).why
        found.append(
            _Given(
                row["agent"],
                row["agent_name"],
                row["started_at"],
                row["how"],
                {**why, "how": row["how"]},
            )
        )
    pending = [_asked(offer, item) for offer in offers if offer["state"] == "pending"]
    return found + pending[-1:]


def _told(tx: Tx, item: Row, plan: Plan, reader: int | None, given: _Given) -> Words:
    return reasons.of_agent(
        tx,
        given.why,
        given.agent,
        preferred=item["preferred_agent"],
        skills=[need.skill for need in plan.step(item["step"]).require],
        who=None if given.agent == reader else given.name,
    )


def _offer(row: Row, item: Row, names: Names, told: Words) -> OfferPart:
    became = _became(row)
    return OfferPart(
        id=row["id"],
        at=time_of(row["made_at"]),
        agent=Ref(id=row["agent"], name=row["agent_name"]),
        state=row["state"],
        reason=row["reason"],
        settled_at=when(row["settled_at"]),
        words={language: [became[language], *told[language]] for language in LANGUAGES},
        **_standing(_asked(row, item).why, names),
    )


def _became(row: Row) -> dict[Language, str]:
    return {
        language: what_became(
            row["state"], row["reason"], row["agent_name"], explained_wait.PLAIN[language]
        )
        for language in LANGUAGES
    }


def _assignment(given: _Given, names: Names, told: Words) -> AssignmentPart:
    return AssignmentPart(
        at=time_of(given.at),
        agent=Ref(id=given.agent, name=given.name),
        how=given.how,
        words=told,
        **_standing(given.why, names),
    )


def _standing(stored: Mapping[str, Any], names: Names) -> dict[str, Any]:
    """A standing with names, of whatever age."""
    kept_out = mapping(stored.get("kept_out"))
    return {
        "candidates": count(stored.get("candidates")),
        "top": list(_top(items(stored.get("top")), names)),
        "kept_out": {reason: count(kept_out[reason]) for reason in kept_out},
    }


def _top(stored: Iterable[Any], names: Names) -> Iterable[CandidatePart]:
    for one in stored:
        if isinstance(one, list | tuple) and len(one) == 2:  # as the first version stored them
            one = {"agent": one[0], "idle_since": one[1]}  # noqa: PLW2901
        found = mapping(one)
        agent = found.get("agent")
        if not isinstance(agent, int):
            continue
        terms = mapping(found.get("terms"))
        yield CandidatePart(
            agent=names.agent(agent),
            cost=number(found["cost"]) if "cost" in found else None,
            terms={name: number(terms[name]) for name in terms},
            idle_since=when(count(found.get("idle_since")) or None),
        )


def _json(text: str) -> dict[str, Any]:
    """A stored object; anything else is an empty one."""
    return dict(mapping(msgspec.json.decode(text)))
