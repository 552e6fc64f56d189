"""An explanation, put together from what is stored of a turn and what the matcher says of it now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial
from typing import TYPE_CHECKING, Any

from hub.explained import given, wait
from hub.explained.given import json_of
from hub.explained.names import Names
from hub.explained.shape import (
    Explanation,
    ItemPart,
    LogPart,
    PlanPart,
    RuleSetPart,
    Sentences,
    StandingPart,
    StepPart,
)
from routing.explain import LANGUAGES, what_befell, why_here
from routing.explain.say import mapping
from routing.model import SECOND
from routing.plan import Plan, Prefer, Step
from storage import decisions, explanations, wait_estimates
from storage.views import Ref, when
from storage.views.times import time_of

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
    decision = None if decided is None else {**json_of(decided["data"]), "rule": decided["rule"]}
    standing = mapping(now.standing) if now.standing and row["state"] == "queued" else None
    position = _position(tx, row, now)
    offers = explanations.offers(tx, id)
    told = partial(given.told, tx, row, plan, now.reader)
    gotten = given.gotten(tx, row, offers)
    waiting = wait.sentences(tx, row, plan, standing, position, offers, names, now)
    me = told(gotten[-1]) if gotten else {}
    return Explanation(
        work_item=_item(row),
        rule_set=RuleSetPart(row["rule_version"]),
        decision=decision,
        plan=_plan(row, plan, names),
        log=[_line(line, names, now) for line in explanations.log(tx, id)],
        offers=[given.offer(one, row, names, told(given.asked(one, row))) for one in offers],
        assignments=[
            given.assignment(one, names, told(one)) for one in gotten if one.how != "pending"
        ],
        standing=None if standing is None else StandingPart(**given.standing(standing, names)),
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
    decision = {**json_of(row["data"]), "rule": row["rule"]}
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
        return Plan.of_json(json_of(row["plan"]))
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
    data, by = json_of(row["data"]), row["by_name"] or ""
    return LogPart(
        at=time_of(row["at"]),
        what=row["what"],
        actor=by or row["actor"],
        data=data,
        words={
            language: what_befell(
                row["what"],
                data,
                wait.speech(now, language),
                partial(names.queue, language=language),
                by,
            )
            for language in LANGUAGES
        },
    )
