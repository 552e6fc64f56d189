"""What the command line asks of a mailbox: whether it works and what would be fetched, consent to
its provider, and a comparison with the store now."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

import msgspec

from connectors.contract import ChannelError, Connector, Consenting, Cursor, Mailbox
from hub import clock
from hub.control import CommandRefused
from hub.mailboxes import reconcile
from hub.mailboxes.memory import ChannelMemory
from storage import audit, channels

if TYPE_CHECKING:
    from hub.channel import Channel
    from hub.commands import Commands
    from storage.db import Row

CHECK_SECONDS = 30.0
COUNT_SECONDS = 60.0
"""Counting a mailbox of many years takes longer than asking whether it is there."""


@asynccontextmanager
async def opened(office: Commands, row: Row) -> AsyncIterator[Channel]:
    """The server's open channel, or one that is opened for this. Raises ChannelError."""
    from hub.channel import open_row  # noqa: PLC0415  the server has it, a small command not

    channel = office.opened(row["name"])
    if channel is not None:
        yield channel
        return
    memory = ChannelMemory(office.db, office.keys, row["id"])
    channel = open_row(row, office.keys, office.settings, memory)
    async with channel.connector:
        yield channel


async def named(office: Commands, name: str) -> Row:
    """The row of a channel, in use or not yet. Raises CommandRefused."""
    row = await office.db.read(channels.by_name, name)
    if row is None or row["state"] == channels.REMOVED:
        raise CommandRefused(f"there is no channel {name}")
    return row


# ---------------------------------------------------------------- check


async def checked(office: Commands, row: Row) -> dict[str, Any]:
    """``{channel, ok, words, backlog}``: what is wrong with a channel, and what it would fetch."""
    said = {"channel": row["name"], "ok": True, "words": "", "backlog": []}
    try:
        async with opened(office, row) as channel:
            async with asyncio.timeout(CHECK_SECONDS):
                await channel.connector.check()
            said["backlog"] = await backlog(channel.connector, row["source_cursor"])
    except ChannelError as err:
        return {**said, "ok": False, "words": str(err)}
    except TimeoutError:
        return {**said, "ok": False, "words": f"no answer in {CHECK_SECONDS:g} seconds"}
    return said


async def backlog(connector: Connector, cursor: str | None) -> list[dict[str, Any]]:
    """What a mailbox would fetch now, by folder; nothing of other channels. Raises ChannelError."""
    if not isinstance(connector, Mailbox):
        return []
    async with asyncio.timeout(COUNT_SECONDS):
        found = await connector.backlog(None if cursor is None else Cursor(cursor))
    return [dict(msgspec.to_builtins(one)) for one in found]


# ---------------------------------------------------------------- consent


async def authorize(office: Commands, args: Mapping[str, Any], _body: bytes) -> dict[str, Any]:
    """``{url, state, verifier}``: what somebody must open; ``{done}`` where nobody need consent."""
    from connectors.email.oauth_tokens import new_verifier  # noqa: PLC0415  heavy

    row = await named(office, args["name"])
    try:
        async with opened(office, row) as channel:
            connector = _consenting(channel)
            if connector.asks_person:
                state, verifier = new_verifier(), new_verifier()
                url = connector.consent_url(args["redirect"], state, verifier)
                return {"url": url, "state": state, "verifier": verifier}
            await connector.renew()
    except ChannelError as err:
        raise CommandRefused(f"{row['name']}: {err}") from err
    return {"done": await _kept(office, row)}


async def authorized(office: Commands, args: Mapping[str, Any], _body: bytes) -> str:
    """Take the code that a browser brought back, and let the channel begin anew."""
    row = await named(office, args["name"])
    try:
        async with opened(office, row) as channel:
            connector = _consenting(channel)
            await connector.accept(args["code"], args["redirect"], args["verifier"])
    except ChannelError as err:
        raise CommandRefused(f"{row['name']}: {err}") from err
    return await _kept(office, row)


def _consenting(channel: Channel) -> Consenting:
    if not isinstance(channel.connector, Consenting):
        raise CommandRefused(f"{channel.name}: a channel of kind {channel.kind} asks nobody")
    return channel.connector


async def _kept(office: Commands, row: Row) -> str:
    await office.db.write(
        audit.record, "command", "channel.authorized", row["name"], now=clock.now()
    )
    office.reopen(row["name"])
    await office.changed()
    return f"{row['name']}: authorized; the tokens are kept and renewed from now on"


# ---------------------------------------------------------------- comparison


async def compare(office: Commands, args: Mapping[str, Any], _body: bytes) -> list[dict[str, Any]]:
    """Compare a mailbox with the store now; what differs, by folder."""
    row = await named(office, args["name"])
    try:
        async with opened(office, row) as channel:
            if not isinstance(channel.connector, Mailbox):
                raise CommandRefused(f"{row['name']} has no mailbox")
            found = await reconcile.run(office.db, office.intake, channel)
    except ChannelError as err:
        raise CommandRefused(f"{row['name']}: {err}") from err
    return [dict(msgspec.to_builtins(one)) for one in found]
