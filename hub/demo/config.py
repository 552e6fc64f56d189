"""``config/demo.yaml``: applied when the week is made, and pointed at the simulated providers at start."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from connectors import registry
from hub import declare, declared, files, vault
from hub.demo.wire import API, Line
from storage import channels

if TYPE_CHECKING:
    from hub.keys import Keys
    from hub.settings import Settings
    from storage.db import Database, Tx

ACCOUNT = "ACdemo0000000000000000000000000000"
NUMBER = "+12025550123"
ADDRESS = "support@acme.example"
ADDRESSES = (ADDRESS, "billing@acme.example", "poshtibani@acme.example")
DRILL = "drill"
"""The load of the red button begins with it, and waits in a queue of its own."""

_PACKED = Path(__file__).with_name("demo.yaml")
_SOURCE = Path(__file__).parents[2] / "config" / "demo.yaml"


class Ports(msgspec.Struct, frozen=True):
    """Where the simulated providers listen on 127.0.0.1."""

    twilio: int
    smtp: int

    def settings_for(self, kind: str) -> dict[str, Any]:
        """The settings of a simulated channel that depend on them."""
        if kind == "sms_twilio":
            return {"api_base": f"http://127.0.0.1:{self.twilio}"}
        if kind == "email":
            return {"smtp_host": "127.0.0.1", "smtp_port": self.smtp, "smtp_security": "none"}
        return {}


def demo(ports: Ports) -> declared.Declared:
    """The file, its simulated channels pointed at these ports. Raises FileInvalid."""
    path = _PACKED if _PACKED.exists() else _SOURCE
    found = declared.read(files.load_file(path))
    for channel in found.channels or ():
        if channel.simulated:
            channel.settings = {**channel.settings, **ports.settings_for(channel.kind)}
    return found


async def apply(db: Database, keys: Keys, wanted: declared.Declared, now: int) -> list[str]:
    """Apply it; the lines that say what changed."""
    order = declare.Order(declared=wanted, keys=keys, by="demo", now=now)
    return await db.write(declare.apply, order)


async def point(db: Database, keys: Keys, ports: Ports, now: int) -> None:
    """Point the simulated channels, as they are stored, at where the providers listen now."""
    await asyncio.to_thread(_load_kinds)
    wanted = await db.read(_pointed, ports)
    await apply(db, keys, declared.Declared(channels=wanted), now)


def _load_kinds() -> None:
    """Import the connectors before a transaction asks for them: it would take a while."""
    for kind in registry.KINDS:
        registry.secret_names(kind)


def _pointed(tx: Tx, ports: Ports) -> list[declared.ChannelSpec]:
    found = []
    for row in channels.listed(tx):
        more = ports.settings_for(row["kind"])
        if row["simulated"] and more:
            document = declare.channel_document(row)
            given: Mapping[str, Any] = vault.exported(msgspec.json.decode(row["settings"]))
            found.append(
                msgspec.convert({**document, "settings": {**given, **more}}, declared.ChannelSpec)
            )
    return found


def line(settings: Settings, channel: str = "sms") -> Line:
    """The simulated Twilio's side of the channel."""
    return Line(
        account=ACCOUNT,
        token=os.environ.get("HUB_DEMO_SMS_TOKEN", ""),
        number=NUMBER,
        url=f"{settings.public_url}/in/{channel}",
    )


def media(ports: Ports, name: str) -> str:
    """The URL of a file at the simulated Twilio; ``name`` is what it is called there."""
    base = ports.settings_for("sms_twilio")["api_base"]
    return f"{base}/{API}/Accounts/{ACCOUNT}/Messages/MM{'0' * 32}/Media/ME{name}"


def address_for(language: str, text: str) -> str:
    """Which of our addresses a customer writes to."""
    if language == "fa":
        return ADDRESSES[2]
    money = ("nvoice", "harged", "efund", "ayment")
    return ADDRESSES[1] if any(word in text for word in money) and len(text) % 2 else ADDRESS
