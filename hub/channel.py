"""One open channel: a connector with what the hub keeps of it."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol, cast

import msgspec

from connectors import registry
from connectors.contract import (
    Capabilities,
    ConfigInvalid,
    Connector,
    Environment,
    Inbound,
    Memory,
    Parts,
    Receiving,
    Threads,
    Uri,
    Webhook,
)
from connectors.secret import Secret
from hub import vault, way_out

if TYPE_CHECKING:
    from hub.keys import Keys
    from hub.settings import Settings
    from storage.db import Row

VERSION = "InteractionHub/0.1"


class ReceivingWebhook(Webhook, Receiving, Protocol):
    """A connector that providers call."""


class Options(msgspec.Struct, frozen=True):
    """What the hub itself reads of a channel's configuration."""

    reopen_within: int | None = None
    """Seconds; None: as the kind of channel is used to."""
    sender_name: str = ""
    form_mailers: tuple[str, ...] = ()
    """Senders of web forms, addresses and ``@domain``: their customer is the Reply-To."""
    colleagues: tuple[str, ...] = ()
    """Who forwards customers' mails to us beside those who sign in here, likewise."""
    acknowledge: str = ""
    """The template sent to who begins a matter here; empty: none."""
    allow_hosts: tuple[str, ...] = ()
    """Hosts, perhaps with a port, that this channel may call though they are not public."""
    proxy: str | way_out.EnvRef = ""
    """By what it leaves: a URL, or the variable that holds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Channel:
    """One open channel."""

    id: int
    name: str
    kind: str
    title: str
    connector: Connector
    capabilities: Capabilities
    signature_mode: str = "enforce"
    simulated: bool = False
    options: Options = field(default_factory=Options)
    ours: frozenset[Uri] = frozenset()
    webhook: ReceivingWebhook | None = None
    """The connector in the roles that a message asks for, looked up once: a run-time check of a
    protocol costs as much as a statement."""
    receiving: Receiving | None = None
    threads: Threads | None = None
    parts: Parts | None = None
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """Every secret of its settings: wiped out of what is kept of an exchange."""

    def is_ours(self, uri: Uri) -> bool:
        """Whether this is an address of the channel itself."""
        return uri in self.ours

    def conversation_of(self, message: Inbound) -> int | None:
        """The conversation that the message's own token names."""
        return None if self.threads is None else self.threads.conversation_of(message)

    @property
    def reopen_micros(self) -> int:
        """How long after it was resolved a conversation is reopened by a message (µs)."""
        given = self.options.reopen_within
        window = timedelta(seconds=given) if given else self.capabilities.reopen_within
        return window // timedelta(microseconds=1)


def open_row(row: Row, keys: Keys, settings: Settings, memory: Memory | None = None) -> Channel:
    """The channel of a row, its connector not entered yet. Raises ConfigInvalid, KeyRefused."""
    given: Mapping[str, Any] = vault.opened(keys, msgspec.json.decode(row["settings"]))
    checked = registry.read_settings(row["kind"], given, os.environ.get)
    options = msgspec.json.decode(row["options"], type=Options)
    environment = Environment(
        channel=row["name"],
        region=settings.region,
        public_url=f"{settings.public_url}/in/{row['name']}",
        user_agent=VERSION,
        sign=keys.sign,
        data_dir=str(settings.data),
        allow_hosts=settings.allow_hosts | frozenset(options.allow_hosts),
        proxy=_way_out(options),
        memory=memory,
    )
    connector = registry.open(row["kind"], checked, environment)
    capabilities = connector.capabilities
    own = (capabilities.address, *capabilities.aliases)
    hook = isinstance(connector, Webhook) and isinstance(connector, Receiving)
    return Channel(
        id=row["id"],
        name=row["name"],
        kind=row["kind"],
        title=row["title"] or row["name"],
        connector=connector,
        capabilities=capabilities,
        signature_mode=row["signature_mode"],
        simulated=bool(row["simulated"]),
        options=options,
        ours=frozenset(uri for uri in own if uri is not None),
        webhook=cast("ReceivingWebhook", connector) if hook else None,
        receiving=connector if isinstance(connector, Receiving) else None,
        threads=connector if isinstance(connector, Threads) else None,
        parts=connector if isinstance(connector, Parts) else None,
        secrets=tuple(_secrets(checked)),
    )


def _way_out(options: Options) -> str:
    try:
        return way_out.read(options.proxy)
    except ValueError as err:
        raise ConfigInvalid(f"proxy: {err}") from err


def _secrets(settings: Any) -> Iterator[str]:
    values = (getattr(settings, one.name) for one in fields(settings))
    return (value.reveal() for value in values if isinstance(value, Secret) and value)
