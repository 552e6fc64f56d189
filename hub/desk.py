"""The desk: queues and rules as published, one immutable picture that every decision is made on.

Read from the store at start and again after each change; swapped whole.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING

import msgspec

from hub import calendars, queue
from hub.automatic.shipped import SHIPPED
from hub.automatic.templates import Template, Text
from hub.files import FileInvalid
from hub.queue import Queue
from hub.rules import rows as rule_rows
from routing.model import default_mode
from routing.plan import Plan, Prefer, Step
from routing.rules import Decision, RuleSet, RulesInvalid, compile_rules
from routing.sla import Policy, policy
from storage import queues, rules, sla_deadlines, sla_policies, templates

if TYPE_CHECKING:
    from hub.channel import Channel
    from routing.calendar import Calendar
    from routing.rules.fields import Value
    from routing.rules.outcome import NamedStep
    from storage.db import Row, Tx

_log = logging.getLogger(__name__)

FALLBACK = "general"
"""The queue of a hub that nobody has configured yet."""


@dataclass(frozen=True, slots=True)
class Desk:
    """Queues, rules and who serves what, at one version."""

    version: int
    """Of the rule set; 0: nobody has published one, everything goes to the first queue."""
    rules: RuleSet
    queues: Mapping[int, Queue]
    names: Mapping[str, int]
    templates: Mapping[str, Template] = field(default_factory=lambda: SHIPPED)
    """What the hub itself may say."""
    calendars: Mapping[str, Calendar] = field(default_factory=dict)
    policies: Mapping[str, Policy] = field(default_factory=dict)
    promising: bool = False
    """Whether anything is promised to anybody, or will be: what else is not asked about."""
    agents: Mapping[str, int] = field(default_factory=dict)
    """E-mail address -> id of whoever takes work."""
    live: Mapping[str, Value] = field(default_factory=dict, compare=False)
    """Fields of queues as they stand, at most seconds old (``hub/rules/queue_watch.py``)."""
    is_live: Callable[[int], bool] = field(default=lambda _channel: False, compare=False)
    """Whether a channel's customers wait in front of a screen; by its id."""
    _plans: dict[tuple[tuple[NamedStep, ...], str | None], tuple[Plan, str]] = field(
        default_factory=dict, init=False, compare=False
    )

    def queue_id(self, name: str | None) -> int | None:
        """The queue of that name; None for no queue."""
        return None if name is None else self.names[name]

    def plan(self, decision: Decision) -> tuple[Plan, str]:
        """The steps that the rules gave, by ids, and the same as JSON, as an item keeps them; wishes
        for somebody who is gone are left out."""
        known = self._plans.get((decision.plan, decision.overflow))
        if known is None:
            steps = tuple(self._step(step) for step in decision.plan) or (Step(),)
            plan = Plan(steps, self.queue_id(decision.overflow))
            known = plan, msgspec.json.encode(plan.as_json()).decode()
            self._plans[decision.plan, decision.overflow] = known
        return known

    def _step(self, step: NamedStep) -> Step:
        wishes = [
            Prefer(wish.last_agent, None, wish.skill)
            if wish.agent is None
            else Prefer(agent=self.agents[wish.agent])
            for wish in step.prefer
            if wish.agent is None or wish.agent in self.agents
        ]
        return Step(
            require=step.require,
            also_queues=tuple(self.names[name] for name in step.also_queues),
            prefer=tuple(wishes),
            lasts=step.lasts,
            then_offer=step.then_offer,
        )

    def overflow_of(self, queue: int) -> int | None:
        """Where the queue's own overflow goes."""
        known = self.queues.get(queue)
        return None if known is None else self.names.get(known.overflow or "")

    def mode(self, queue: int, channel: Channel, decision: Decision) -> str:
        """How an item of this channel reaches an agent of this queue."""
        if decision.mode is not None:
            return decision.mode.value
        modes = self.queues[queue].modes
        given = modes.get(channel.name) or modes.get(channel.kind) or modes.get("*")
        return given or default_mode(live=channel.capabilities.live).value

    def units(self, queue: int, channel: Channel) -> int:
        """What an item of this channel costs of an agent's capacity."""
        units = self.queues[queue].units
        for name in (channel.name, channel.kind, "*"):
            if name in units:
                return units[name]
        return channel.capabilities.units


def load(tx: Tx) -> Desk:
    """The desk as the store has it."""
    rows = queues.listed(tx)
    published = rules.current(tx)
    by_id = {row["id"]: queue.read(row) for row in rows}
    names = {row["name"]: row["id"] for row in rows}
    version, compiled = _compiled(published, names)
    policies = _policies(sla_policies.listed(tx))
    return Desk(
        version,
        compiled,
        MappingProxyType(by_id),
        MappingProxyType(names),
        templates=said(templates.listed(tx)),
        agents=MappingProxyType({row["email"]: row["id"] for row in queues.agents_listed(tx)}),
        calendars=calendars.load(tx),
        policies=policies,
        promising=bool(policies) or _by_rule(published) or sla_deadlines.any_open(tx),
    )


def _by_rule(published: Row | None) -> bool:
    """Whether some rule may promise something itself; at worst too much is asked."""
    return published is not None and "sla" in published["body"]


def _policies(rows: Iterable[Row]) -> Mapping[str, Policy]:
    read = msgspec.json.decode
    return MappingProxyType({row["name"]: policy(row["name"], read(row["body"])) for row in rows})


def said(rows: Sequence[Row]) -> Mapping[str, Template]:
    """Templates by name: those of the store over those that every hub has."""
    read = msgspec.json.Decoder(dict[str, Text])
    own = {
        row["name"]: Template(row["name"], read.decode(row["body"]), canned=bool(row["canned"]))
        for row in rows
    }
    return MappingProxyType({**SHIPPED, **own})


def ensure_queue(tx: Tx, now: int) -> None:
    """A hub has at least one queue, so that every contact has somewhere to go."""
    if not queues.listed(tx):
        queues.save(tx, name=FALLBACK, title="{}", visible_to="everyone", options="{}", now=now)


def _compiled(published: Row | None, names: Mapping[str, int]) -> tuple[int, RuleSet]:
    if published is not None:
        try:
            return published["version"], _compile(published["body"], names)
        except (RulesInvalid, FileInvalid):
            # Its queue was taken away from outside: contacts must still land somewhere.
            _log.exception("rule set %s no longer compiles", published["version"])
    first = next(iter(names))
    return 0, compile_rules([{"id": "rest", "when": {}, "then": {"queue": first}}], queues=names)


def _compile(body: str, names: Mapping[str, int]) -> RuleSet:
    return compile_rules(rule_rows.rows_of(body), queues=names, probe=False)
