"""Tests of rules as a file has them: a contact and a message given, a decision expected.

```yaml
- name: French VIP by voice
  given: {channel: phone, from: "+33123456789", text: bonjour, contact: {tier: vip, language: fr}}
  expect: {queue: vip, priority: +300s, rule: vip-fr-voice}
```

Nothing is read of the store but names, calendars and the kinds of channels, and nothing is written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, Final

import msgspec

from connectors import address
from hub import clock, files
from hub.fields import FieldError
from hub.rules import context
from hub.rules.rows import RulesRefused
from routing import spans
from routing.rules import Decision, RuleSet, RulesInvalid, compile_rules, fields
from routing.rules.fields import Kind, Value
from storage.views import micros

if TYPE_CHECKING:
    from hub.desk import Desk

MOST: Final = 5_000
"""Tests in one file."""
Answers = dict[str, str | int | float | bool | list[str]]


class Given(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Who writes what."""

    channel: str
    sender: str = msgspec.field(name="from", default="")
    text: str = ""
    subject: str = ""
    to: str = ""
    headers: dict[str, str] = {}
    contact: dict[str, Any] | None = None
    """``known``, ``name``, ``language``, ``attributes`` and so on; None: they never wrote before."""
    organization: dict[str, Any] = {}
    claims: Answers = {}
    attachments: list[str] = []
    """Media types."""
    at: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    """Aware; None: now."""
    fields: Answers = {}
    """Any other field by its name, such as ``queue.support.waiting``."""


class Expected(msgspec.Struct, forbid_unknown_fields=True, kw_only=True, omit_defaults=True):
    """What must come of it; what is not said is not looked at."""

    queue: str | msgspec.UnsetType | None = msgspec.UNSET
    rule: str | msgspec.UnsetType = msgspec.UNSET
    route: str | msgspec.UnsetType = msgspec.UNSET
    """``none``: filed and given to nobody."""
    priority: str | msgspec.UnsetType = msgspec.UNSET
    tags: list[str] | msgspec.UnsetType = msgspec.UNSET
    """All of them, in any order."""
    mode: str | msgspec.UnsetType = msgspec.UNSET
    plan: list[dict[str, Any]] | msgspec.UnsetType = msgspec.UNSET
    overflow: str | msgspec.UnsetType = msgspec.UNSET
    sla: str | dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    deflect: dict[str, Any] | msgspec.UnsetType = msgspec.UNSET
    reply_template: str | msgspec.UnsetType = msgspec.UNSET
    interruptible: bool | msgspec.UnsetType = msgspec.UNSET
    weight: float | msgspec.UnsetType = msgspec.UNSET


class RuleTest(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One test."""

    name: str
    given: Given
    expect: Expected


class Result(msgspec.Struct, kw_only=True):
    """What came of one test: what was expected, and the same parts as they were."""

    name: str
    ok: bool
    expected: dict[str, Any]
    got: dict[str, Any]


Tests = Annotated[list[RuleTest], msgspec.Meta(max_length=MOST)]


@dataclass(frozen=True, slots=True)
class Suite:
    """Tests, read and checked."""

    tests: Sequence[RuleTest]
    contexts: Sequence[dict[str, Value]]
    expected: Sequence[dict[str, Any]]

    def run(self, rules: RuleSet, desk: Desk) -> list[Result]:
        """Try every one on ``rules``; ``desk`` for calendars."""
        return [
            _run(test, {**context}, expected, rules, desk)
            for test, context, expected in zip(
                self.tests, self.contexts, self.expected, strict=True
            )
        ]


def read(text: str, kinds: Mapping[str, str]) -> Suite:
    """A file of tests. ``kinds``: channel name -> its kind; where there is none, any may be named.
    Raises RulesRefused with lines."""
    try:
        loaded = files.load(text)
        value = loaded.value
        within = isinstance(value, Mapping) and set(value) == {"tests"}
        prefix = "tests" if within else ""
        listed = files.Loaded(value["tests"] if within else value, loaded.lines)
        if not listed.value:
            raise files.FileInvalid(loaded.problem(prefix, "there is no test in it"))
        tests = files.convert(listed, Tests)
    except files.FileInvalid as err:
        raise RulesRefused([FieldError("", str(one)) for one in err.problems]) from err
    contexts: list[dict[str, Value]] = []
    expected: list[dict[str, Any]] = []
    errors: list[FieldError] = []
    for number, test in enumerate(tests):
        try:
            contexts.append(_context(test.given, kinds))
            expected.append(_parts(test.expect))
        except ValueError as err:
            found = loaded.problem(f"{prefix}[{number}]", f"{err} (test {test.name})")
            errors.append(FieldError("", str(found)))
    if errors:
        raise RulesRefused(errors)
    return Suite(tests, contexts, expected)


# ---------------------------------------------------------------- what is given


def _context(given: Given, kinds: Mapping[str, str]) -> dict[str, Value]:
    """The context of a message. Raises ValueError: what is wrong with it."""
    if kinds and given.channel not in kinds:
        raise ValueError(f"given.channel: there is no channel {given.channel}")
    found: dict[str, Value] = {
        "channel": given.channel,
        "channel.kind": kinds.get(given.channel),
        "address": address.parse(given.to) if given.to else None,
        "sender": address.parse(given.sender) if given.sender else None,
        "sender.blocked": False,
        "sender.verified": False,
        "subject": given.subject,
        "text": given.text,
        "auto": "no",
        "bounce": False,
        "attachments.count": len(given.attachments),
        "attachments.types": tuple(given.attachments),
        "contact.known": given.contact is not None,
        "conversation.status": "new",
    }
    for name, header in given.headers.items():
        found[f"headers.{name.lower()}"] = header
    for name, answer in given.claims.items():
        found[f"claims.{name}"] = context.attribute(answer)
    found |= _person("contact", given.contact or {}) | _person("organization", given.organization)
    for name, answer in given.fields.items():
        found[fields.ALIASES.get(name, name)] = _value(name, answer)
    return found


def _person(noun: str, facts: Mapping[str, Any]) -> dict[str, Value]:
    """``tier: vip`` and ``attributes: {plan: gold}`` of a contact or an organization."""
    found: dict[str, Value] = {}
    for key, value in facts.items():
        name = f"{noun}.{key}"
        if key == "attributes" and isinstance(value, Mapping):
            for attribute, one in value.items():
                found[f"{name}.{attribute}"] = context.attribute(one)
        else:
            found[fields.ALIASES.get(name, name)] = _value(name, value)
    return found


def _value(name: str, value: Any) -> Value:
    """A value as the field holds it. Raises ValueError: no such field, or it cannot be that."""
    field = fields.find(name)
    if field is None:
        raise ValueError(f"there is no field {name}")
    if field.kind is Kind.SPAN:
        return int(spans.duration(str(value)).total_seconds())
    if field.kind in (Kind.NUMBER, Kind.FLAG):
        if type(value) is not (int if field.kind is Kind.NUMBER else bool):
            raise ValueError(f"{name} cannot be {value}")
        return int(value) if field.kind is Kind.NUMBER else bool(value)
    return context.attribute(value)


# ---------------------------------------------------------------- what is expected


def _parts(expect: Expected) -> dict[str, Any]:
    """The parts that are looked at, as ``Decision.as_dict`` has them. Raises ValueError."""
    said = msgspec.to_builtins(expect)
    if not said:
        raise ValueError("expect: says nothing that the decision could be held to")
    actions = {key: value for key, value in said.items() if key not in ("queue", "rule", "route")}
    row = {"id": "expected", "when": {}, "then": {"queue": "any", **actions}}
    queues = _Anything()
    try:
        read = compile_rules([row], queues=queues).decide({"channel": ""}).as_dict()
    except RulesInvalid as err:
        raise ValueError("; ".join(one.reason for one in err.problems)) from err
    if said.get("route", "none") != "none":
        raise ValueError("route can only be none")
    parts = {key: said[key] for key in ("queue", "rule", "route") if key in said}
    return parts | _looked_at(read, actions)


class _Anything(frozenset[str]):
    """Every name: a test may expect what is not there, and fails by that."""

    def __contains__(self, _name: object) -> bool:
        return True


def _looked_at(decision: Mapping[str, Any], keys: Mapping[str, Any]) -> dict[str, Any]:
    empty: dict[str, Any] = {"plan": []}
    found = {key: decision.get(key, empty.get(key)) for key in keys}
    if "tags" in found:
        found["tags"] = sorted(found["tags"])
    return found


def _run(
    test: RuleTest, given: dict[str, Value], expected: dict[str, Any], rules: RuleSet, desk: Desk
) -> Result:
    at = clock.now() if test.given.at is None else micros(test.given.at)
    for name in context.asked(rules.needs).calendars:
        given.setdefault(name, context.calendar_value(desk, name, at))
    decision = rules.decide(given)
    got = _got(decision, expected)
    return Result(
        name=test.name,
        ok=got == expected,
        expected=expected,
        got={**got, "rule": decision.rule_id},
    )


def _got(decision: Decision, expected: Mapping[str, Any]) -> dict[str, Any]:
    known = decision.as_dict()
    got = _looked_at(known, {key: None for key in expected if key not in ("route", "rule")})
    if "route" in expected:
        got["route"] = "some" if decision.routed else "none"
    if "rule" in expected:
        got["rule"] = decision.rule_id
    return got
