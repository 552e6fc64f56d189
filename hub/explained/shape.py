"""The shape of an explanation: one turn's way, with names instead of numbers."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from storage.views import Ref

Words = dict[str, list[str]]
"""Language -> sentences."""


class ItemPart(msgspec.Struct, kw_only=True):
    """The turn itself."""

    id: int
    conversation: int
    state: str
    queue: Ref
    mode: str
    order_key: datetime
    entered_at: datetime
    queued_at: datetime | None
    units: int
    priority: int
    """Seconds of head start."""
    step: int
    """From 1."""
    deferred_until: datetime | None


class RuleSetPart(msgspec.Struct):
    """The rules that placed it; version 0: none were published."""

    version: int


class StepPart(msgspec.Struct, kw_only=True):
    """One step of its plan."""

    number: int
    """From 1."""
    require: list[dict[str, Any]]
    """[{skill, min}]"""
    also_queues: list[str]
    prefer: list[dict[str, Any]]
    """Each of one: {last_agent: seconds}, {agent: {id, name}} or {skill}."""
    for_seconds: float | None
    then_offer: str
    state: Literal["past", "current", "to_come"]


class PlanPart(msgspec.Struct):
    """Its steps; none where it asks for nothing special."""

    steps: list[StepPart]
    overflow: str | None


class LogPart(msgspec.Struct, kw_only=True):
    """One thing that befell it."""

    at: datetime
    what: str
    actor: str
    """The name of who did it; ``hub`` for what nobody did."""
    data: dict[str, Any]
    words: dict[str, str]
    """Language -> sentence."""


class CandidatePart(msgspec.Struct, kw_only=True):
    """Somebody who could take it, and what spoke for and against them."""

    agent: Ref
    cost: float | None
    terms: dict[str, float]
    idle_since: datetime | None


class StandingPart(msgspec.Struct, kw_only=True):
    """Who could take it."""

    candidates: int
    top: list[CandidatePart]
    kept_out: dict[str, int]


class OfferPart(StandingPart, kw_only=True):
    """One offer and its outcome."""

    id: int
    at: datetime
    agent: Ref
    state: str
    reason: str
    settled_at: datetime | None
    words: Words


class AssignmentPart(StandingPart, kw_only=True):
    """Somebody got it."""

    at: datetime
    agent: Ref
    how: str
    words: Words


class Sentences(msgspec.Struct):
    """Why here, why this agent, why it still waits."""

    here: list[str]
    me: list[str]
    waiting: list[str]


class Explanation(msgspec.Struct, kw_only=True):
    """Everything about one turn's way."""

    work_item: ItemPart
    rule_set: RuleSetPart
    decision: dict[str, Any] | None
    plan: PlanPart
    log: list[LogPart]
    offers: list[OfferPart]
    assignments: list[AssignmentPart]
    standing: StandingPart | None
    """Who could take it now; null where it does not wait, or where the router is another process."""
    position: int | None
    """Its place in its queue, from 1; null where it does not wait."""
    words: dict[str, Sentences]
    """By language."""
