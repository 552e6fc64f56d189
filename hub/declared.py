"""What an applied file may say: channels, queues, agents, rules. ``hub schema`` is made of this."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Annotated, Any, Literal

import msgspec

from connectors import address, registry
from connectors.contract import ConfigInvalid
from hub import declared_time, files, vault
from hub.declared_time import CalendarSpec, SlaSpec
from hub.fields import FieldError
from hub.templates import Text
from routing import conditions, fields, spans
from routing.model import Mode

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
Units = Annotated[int, msgspec.Meta(ge=1, le=100)]


class DeclarationInvalid(Exception):
    """The file cannot be applied; ``errors`` has all that is wrong."""

    def __init__(self, errors: Iterable[FieldError]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(str(error) for error in self.errors))


class ChannelSpec(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """One address of ours."""

    name: Name
    kind: str
    title: Annotated[str, msgspec.Meta(max_length=100)] = ""
    enabled: bool = True
    simulated: bool = False
    signature: Literal["enforce", "report", "off"] = "enforce"
    reopen_within: files.Duration | None = None
    """A resolved conversation is reopened by a message within this time."""
    sender_name: Annotated[str, msgspec.Meta(max_length=100)] = ""
    """Shown as the sender of every answer; else the agent's name."""
    settings: dict[str, Any] = {}


class QueueSpec(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Where conversations wait."""

    name: Name
    title: dict[str, str] | str = ""
    visible_to: Literal["everyone", "members"] = "everyone"
    modes: dict[str, Mode] = {}
    """Channel name or kind, or ``*`` -> how its items reach an agent."""
    units: dict[str, Units] = {}
    """Channel name or kind -> capacity units of one conversation."""
    offer_for: files.Duration | None = None
    """How long an offer stands."""
    closed_template: Name | None = None
    """Sent, once a closing, to who writes while the queue's calendar is closed."""


class AgentSpec(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Somebody who works."""

    email: Annotated[str, msgspec.Meta(max_length=254)]
    name: Annotated[str, msgspec.Meta(max_length=200)] = ""
    role: Literal["agent", "supervisor", "admin"] = "agent"
    queues: list[Name] = []
    capacity: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100


class TemplateSpec(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What the hub itself says: language -> words, with variables such as ``{{ contact.name }}``."""

    name: Name
    texts: dict[str, Text]


class Declared(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A whole file. What it does not name stays, unless it is applied with ``--prune``."""

    channels: list[ChannelSpec] | None = None
    queues: list[QueueSpec] | None = None
    agents: list[AgentSpec] | None = None
    templates: list[TemplateSpec] | None = None
    rules: list[dict[str, Any]] | None = None
    calendars: list[CalendarSpec] | None = None
    sla: list[SlaSpec] | None = None


def read(loaded: files.Loaded) -> Declared:
    """A loaded file as types, checked as far as it can be without the store.

    Raises FileInvalid, DeclarationInvalid.
    """
    declared = files.convert(loaded, Declared)
    errors = [
        *_doubled("channels", [item.name for item in declared.channels or ()]),
        *_doubled("queues", [item.name for item in declared.queues or ()]),
        *_doubled("templates", [item.name for item in declared.templates or ()]),
        *_check_agents(declared.agents or ()),
        *_check_channels(declared.channels or ()),
        *_check_durations(declared),
        *_doubled("calendars", [item.name for item in declared.calendars or ()]),
        *_doubled("sla", [item.name for item in declared.sla or ()]),
        *declared_time.check(declared.calendars or (), declared.sla or ()),
    ]
    if errors:
        raise DeclarationInvalid(errors)
    return declared


def _doubled(noun: str, names: Sequence[str], key: str = "name") -> Iterable[FieldError]:
    for place, name in enumerate(names):
        if name in names[:place]:
            yield FieldError(f"{noun}[{place}].{key}", f"{name} is there twice")


def _check_agents(agents: Sequence[AgentSpec]) -> Iterable[FieldError]:
    for place, agent in enumerate(agents):
        try:
            agent.email = mail_address(agent.email)
        except ValueError as err:
            yield FieldError(f"agents[{place}].email", str(err))
        agent.name = agent.name or agent.email.partition("@")[0]
    yield from _doubled("agents", [item.email for item in agents], "email")


def mail_address(text: str) -> str:
    """An address in the form in which people sign in. Raises ValueError."""
    return address.value(address.mail(text)).casefold()


def _check_channels(channels: Sequence[ChannelSpec]) -> Iterable[FieldError]:
    for place, channel in enumerate(channels):
        try:
            vault.check(channel.kind, channel.settings)
        except ConfigInvalid as err:
            name, _, reason = str(err).partition(": ")
            yield FieldError(f"channels[{place}].{name}", reason)


def _check_durations(declared: Declared) -> Iterable[FieldError]:
    given = [
        *(
            (f"channels[{n}].reopen_within", c.reopen_within)
            for n, c in enumerate(declared.channels or ())
        ),
        *((f"queues[{n}].offer_for", q.offer_for) for n, q in enumerate(declared.queues or ())),
    ]
    for field, text in given:
        if text is not None and spans.duration(text) <= timedelta():
            yield FieldError(field, "must be longer than nothing")


# ---------------------------------------------------------------- description


def schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of the file, with the settings of every kind of channel."""
    (_, components) = msgspec.json.schema_components([Declared], ref_template="#/$defs/{name}")
    defs: dict[str, Any] = dict(components)
    defs["ChannelSpec"]["properties"]["kind"] = {"enum": sorted(registry.KINDS)}
    defs["ChannelSpec"]["allOf"] = [
        {
            "if": {"properties": {"kind": {"const": kind}}},
            "then": {"properties": {"settings": registry.describe(kind)}},
        }
        for kind in sorted(registry.KINDS)
    ]
    defs["Rule"] = _rule_schema()
    defs["Condition"] = _condition_schema()
    defs["Declared"]["properties"]["rules"] = {
        "type": "array",
        "items": {"$ref": "#/$defs/Rule"},
        "description": "First match decides; the last must be a catch-all with a queue.",
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Interaction hub: channels, queues, agents, rules",
        "$ref": "#/$defs/Declared",
        "$defs": defs,
    }


def _rule_schema() -> dict[str, Any]:
    then = {
        "queue": {"type": "string"},
        "route": {"const": "none"},
        "reason": {"type": "string"},
        "priority": {"type": "string", "pattern": spans.DURATION_PATTERN},
        "tags": {"type": "array", "items": {"type": "string"}},
        "mode": {"enum": [mode.value for mode in Mode]},
    }
    return {
        "type": "object",
        "properties": {
            "id": {"type": "string"},
            "when": {
                "oneOf": [{"type": "object", "maxProperties": 0}, {"$ref": "#/$defs/Condition"}]
            },
            "then": {"type": "object", "properties": then, "additionalProperties": False},
            "stop": {"type": "boolean", "default": True},
            "off": {"const": True, "description": "switches one of the hub's own rules off"},
            "note": {"type": "string"},
        },
        "required": ["id"],
        "anyOf": [{"required": ["when", "then"]}, {"required": ["off"]}],
        "additionalProperties": False,
    }


def _condition_schema() -> dict[str, Any]:
    several = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/Condition"}}
    words = "; ".join(f"{field.name}: {field.words}" for field in fields.FIELDS.values())
    atom = {
        "type": "object",
        "properties": {
            "field": {"type": "string", "description": words},
            **{op: {} for op in sorted(conditions.OPS)},
        },
        "required": ["field"],
        "minProperties": 2,
        "maxProperties": 2,
        "additionalProperties": False,
    }
    groups = [
        {
            "type": "object",
            "properties": {key: value},
            "required": [key],
            "additionalProperties": False,
        }
        for key, value in (
            ("all", several),
            ("any", several),
            ("not", {"$ref": "#/$defs/Condition"}),
        )
    ]
    return {"oneOf": [*groups, atom]}
