"""Rules without consequence: one message tried, past days run again, tests."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from hub import clock
from hub.api.rules import Body
from hub.fields import FieldError
from hub.http import Call, NoQuery, Route, route
from hub.permissions import Permission
from hub.problems import Problem, invalid
from hub.rules import cases as rule_tests
from hub.rules import dry_run
from hub.rules import lab as rules_lab
from hub.rules import rows as rule_rows
from hub.rules.cases import Result
from hub.rules.rows import RulesRefused
from storage import channels
from storage.views import micros

if TYPE_CHECKING:
    from hub.app import Hub
    from hub.desk import Desk
    from routing.rules import RuleSet
    from storage.db import Tx

Text = Annotated[str, msgspec.Meta(max_length=100_000)]
Short = Annotated[str, msgspec.Meta(max_length=1_000)]
Texts = Annotated[dict[Short, Short], msgspec.Meta(max_length=100)]


class TryBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A message that nobody sent."""

    body: Body | None = None
    """Rows to try; else those in force."""
    channel: str
    sender: Short = msgspec.field(name="from")
    text: Text
    subject: Short = ""
    to: Short = ""
    headers: Texts = {}
    claims: Texts = {}
    at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    """When it comes in; else now."""


class Tried(msgspec.Struct, kw_only=True):
    """What rules say of it, and why."""

    decision: dict[str, Any]
    queue: str | None
    plan: list[dict[str, Any]]
    words: dict[str, list[str]]
    notes: list[str]
    context: dict[str, Any]
    """Everything that rules could see; null: not known."""


class DryRunBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Rows to run past days through."""

    body: Body
    days: Annotated[int, msgspec.Meta(ge=1, le=30)] = 7


class TestsBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Tests (YAML), and the rows that they are of; else those in force."""

    tests: Body
    body: Body | None = None


class Results(msgspec.Struct, kw_only=True):
    """How they went."""

    passed: int
    failed: int
    results: list[Result]


async def attempt(call: Call[NoQuery, TryBody]) -> Tried:
    """Say where a message would go, without sending it"""
    given, hub = call.body, call.hub
    channel = hub.channels.get(given.channel)
    if channel is None:
        raise invalid("channel", f"there is no open channel {given.channel}")
    try:
        message = rules_lab.message_of(
            sender=given.sender,
            text=given.text,
            subject=given.subject,
            to=given.to,
            headers=given.headers,
            claims=given.claims,
        )
    except ValueError as err:
        raise invalid("from", f"not an address: {err}") from err
    now = clock.now() if given.at is None else micros(given.at)
    rules = await _rules(hub, given.body)
    trial = await hub.db.read(rules_lab.tried, hub.desk, rules, channel, message, now)
    known = trial.decision.as_dict()
    return Tried(
        decision=known,
        queue=trial.decision.queue,
        plan=known.get("plan", []),
        words=trial.words,
        notes=list(trial.decision.notes),
        context=dict(trial.context),
    )


async def _rules(hub: Hub, body: str | None) -> RuleSet:
    """The rows to try. Raises Problem (400)."""
    return hub.desk.rules if body is None else await hub.db.read(_compiled, body)


def _compiled(tx: Tx, body: str) -> RuleSet:
    try:
        return rule_rows.compiled(body, rule_rows.names(tx))
    except RulesRefused as err:
        raise Problem(400, "these rules cannot be tried", errors=err.errors) from err


async def past(call: Call[NoQuery, DryRunBody]) -> dry_run.DryRunView:
    """Say what rows would have done with what came in"""
    hub, days = call.hub, call.body.days
    run = dry_run.DryRun(await _rules(hub, call.body.body), hub.desk)
    await run.run(hub.db, clock.now() - days * dry_run.DAY)
    return run.view(hub.desk.version, days)


async def tests(call: Call[NoQuery, TestsBody]) -> Results:
    """Run tests of rules"""
    rules = await _rules(call.hub, call.body.body)
    stored = {row["name"]: row["kind"] for row in await call.hub.db.read(channels.listed)}
    kinds = rule_rows.channels_of(call.body.body, stored)
    try:
        results = await asyncio.to_thread(_run, call.body.tests, kinds, rules, call.hub.desk)
    except RulesRefused as err:
        errors = [FieldError("tests", one.reason) for one in err.errors]
        raise Problem(400, "these tests cannot be read", errors=errors) from err
    passed = sum(result.ok for result in results)
    return Results(passed=passed, failed=len(results) - passed, results=results)


def _run(text: str, kinds: dict[str, str], rules: RuleSet, desk: Desk) -> list[Result]:
    return rule_tests.read(text, kinds).run(rules, desk)


def routes() -> list[Route[Any, Any]]:
    """The routes of this noun."""
    change = Permission.RULES
    return [
        route("POST", "/rules/try", change, attempt, body=TryBody, answer=Tried),
        route("POST", "/rules/dry-run", change, past, body=DryRunBody, answer=dry_run.DryRunView),
        route("POST", "/rules/tests", change, tests, body=TestsBody, answer=Results),
    ]
