"""Whether each channel's provider can be reached, by what clock it lives, and how the channel does."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from connectors import exchange
from connectors.contract import ChannelError
from hub import clock
from hub.doctor.finding import Finding, bad, ok, warn
from hub.keys import KeyRefused
from hub.trace.words import about
from storage.health import ChannelHealth

if TYPE_CHECKING:
    from hub.commands import Commands
    from storage.db import Row

SECONDS = 30.0  # for one provider to answer
SKEW = 60_000_000  # microseconds that a provider's clock may differ: its answer was under way
LATE = 15 * 60_000_000
VERY_LATE = 2 * 3600_000_000


async def asked(office: Commands, rows: Sequence[Row]) -> list[Finding]:
    """Every enabled channel's provider, all at once."""
    found = await asyncio.gather(*(_asked(office, row) for row in rows))
    return [one for several in found for one in several]


async def _asked(office: Commands, row: Row) -> list[Finding]:
    name = row["title"] or row["name"]
    with exchange.listening() as steps:
        words = await _words(office, row)
    findings = list(_clocks(name, steps))
    if words:
        state = {"name": name, "words": words.rstrip("."), "state": row["state"]}
        return [bad(f"channel:{row['name']}", "channel_bad", **state), *findings]
    return [ok(f"channel:{row['name']}", "channel", name=name), *findings]


async def _words(office: Commands, row: Row) -> str:
    """What is wrong with a channel; empty if it can be used."""
    from hub.channel import open_row  # noqa: PLC0415  the server has it, a small command not

    try:
        async with asyncio.timeout(SECONDS):
            channel = office.opened(row["name"])
            if channel is not None:
                await channel.connector.check()
                return ""
            async with open_row(row, office.keys, office.settings).connector as connector:
                await connector.check()
    except (ChannelError, KeyRefused) as err:
        return str(err)
    except TimeoutError:
        return f"no answer in {SECONDS:g} seconds"
    return ""


def _clocks(name: str, steps: Sequence[exchange.Step]) -> Iterator[Finding]:
    """What the answers' own dates say of our clock (RFC 9110 section 6.6.1)."""
    for step in steps:
        given = next((v for k, v in step.got.items() if k.lower() == "date"), "")
        try:
            at = parsedate_to_datetime(given)
        except ValueError:
            continue
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        differs = abs(clock.now() - int(at.timestamp() * 1_000_000))
        if differs > SKEW:
            yield bad("clock", "clock_off", what=name, span=about(differs))
        return


def wellbeing(found: Sequence[ChannelHealth], now: int) -> Iterator[Finding]:
    """What the tables say of the channels: signatures, access, mailboxes, what has not left."""
    for one in found:
        if one.enabled:
            yield from _of(one, now)
    leaving = [one for one in found if one.oldest_undelivered is not None]
    if not leaving:
        yield ok("leaving", "leaving")
    elif all(now - (one.oldest_undelivered or now) < LATE for one in leaving):
        oldest = min(leaving, key=lambda one: one.oldest_undelivered or now)
        waited = about(now - (oldest.oldest_undelivered or now))
        n = sum(one.undelivered for one in leaving)
        yield ok("leaving", "leaving_some", n=n, span=waited, name=oldest.title)


def _of(one: ChannelHealth, now: int) -> Iterator[Finding]:
    if one.signature_mode in ("off", "report"):
        yield warn(f"signature:{one.name}", f"signature_{one.signature_mode}", name=one.title)
    if one.token_trouble:
        words = one.token_trouble.rstrip(".")
        yield bad(f"token:{one.name}", "token_bad", name=one.name, words=words)
    elif one.token_expires_at is not None and one.token_expires_at < now:
        yield warn(f"token:{one.name}", "token_old", name=one.name)
    if one.missing:
        yield warn(f"mailbox:{one.name}", "missing", n=one.missing, name=one.title)
    if one.unknown:
        yield warn(f"unknown:{one.name}", "unknown", n=one.unknown, name=one.title)
    if one.oldest_undelivered is not None and now - one.oldest_undelivered >= LATE:
        late = now - one.oldest_undelivered
        state = bad if late >= VERY_LATE else warn
        yield state("leaving", "leaving_late", n=one.undelivered, name=one.title, span=about(late))
