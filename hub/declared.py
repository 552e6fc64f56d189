"""What an applied file may say: channels, queues, agents, rules. ``hub schema`` is made of this."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Annotated, Any, Literal

import msgspec

from connectors import registry
from connectors.contract import ConfigInvalid
from hub import declared_time, declared_work, files, vault, way_out
from hub.automatic.templates import Text
from hub.declared_time import CalendarSpec, SlaSpec
from hub.declared_work import (
    AgentSpec,
    Name,
    QueueSpec,
    SkillSpec,
    doubled,
    longer_than_nothing,
    mail_address,
)
from hub.fields import FieldError
from hub.rules import schema as rule_schema

__all__ = [
    "AgentSpec",
    "ChannelSpec",
    "DeclarationInvalid",
    "Declared",
    "QueueSpec",
    "SkillSpec",
    "TemplateSpec",
    "mail_address",
    "read",
    "schema",
]


class DeclarationInvalid(Exception):
    """The file cannot be applied; ``errors`` has all that is wrong."""

    def __init__(self, errors: Iterable[FieldError]) -> None:
        self.errors = tuple(errors)
        super().__init__("\n".join(str(error) for error in self.errors))


MailOrDomain = Annotated[str, msgspec.Meta(pattern=r"^[^@\s]*@[^@\s]+$", max_length=254)]


HostPort = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._:-]+$", max_length=260)]


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
    form_mailers: list[MailOrDomain] = []
    """Senders of web forms, addresses or ``@domain``: their customer is the Reply-To."""
    colleagues: list[MailOrDomain] = []
    """Who forwards customers' mails here beside those who sign in, likewise: such a mail is filed
    under its original sender."""
    acknowledge: Name | None = None
    """The template sent to who begins a matter here; a queue may say another."""
    allow_hosts: list[HostPort] = []
    """Hosts (``pbx.lan``, ``10.0.0.5:8088``) that it may call though they are not public."""
    proxy: str | way_out.EnvRef = ""
    """What it leaves by: ``socks5://HOST:PORT``, ``http://HOST:PORT``, or a variable that says so."""
    settings: dict[str, Any] = {}


class TemplateSpec(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What the hub itself says, and what people say often: language -> words, with variables such
    as ``{{ contact.name }}``."""

    name: Name
    canned: bool = True
    """Offered, after ``/``, to whoever writes an answer."""
    texts: dict[str, Text]


class Declared(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A whole file. What it does not name stays, unless it is applied with ``--prune``."""

    channels: list[ChannelSpec] | None = None
    queues: list[QueueSpec] | None = None
    agents: list[AgentSpec] | None = None
    skills: list[SkillSpec] | None = None
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
        *doubled("channels", [item.name for item in declared.channels or ()]),
        *doubled("templates", [item.name for item in declared.templates or ()]),
        *declared_work.check(declared.queues or (), declared.agents or (), declared.skills or ()),
        *_check_channels(declared.channels or ()),
        *_check_durations(declared),
        *doubled("calendars", [item.name for item in declared.calendars or ()]),
        *doubled("sla", [item.name for item in declared.sla or ()]),
        *declared_time.check(declared.calendars or (), declared.sla or ()),
    ]
    if errors:
        raise DeclarationInvalid(errors)
    return declared


def _check_channels(channels: Sequence[ChannelSpec]) -> Iterable[FieldError]:
    for place, channel in enumerate(channels):
        try:
            vault.check(channel.kind, channel.settings)
        except ConfigInvalid as err:
            name, _, reason = str(err).partition(": ")
            yield FieldError(f"channels[{place}].{name}", reason)
        try:
            way_out.written(channel.proxy)
        except ValueError as err:
            yield FieldError(f"channels[{place}].proxy", str(err))


def _check_durations(declared: Declared) -> Iterable[FieldError]:
    for n, channel in enumerate(declared.channels or ()):
        if channel.reopen_within is not None:
            yield from longer_than_nothing(f"channels[{n}].reopen_within", channel.reopen_within)


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
    defs |= rule_schema.definitions()
    defs["Declared"]["properties"]["rules"] = rule_schema.rules()
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Interaction hub: channels, queues, agents, rules",
        "$ref": "#/$defs/Declared",
        "$defs": defs,
    }
