"""Sending a code to an address that somebody claims.

It leaves by the channel's connector at once and is written down nowhere but as a keyed hash: what
lets somebody in must not stand in the database. A code that is late is asked for again.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from connectors import address
from connectors.contract import ChannelError, Outbound, OutcomeUnknown, Party, Rejected, Uri
from hub import clock
from hub.actions import NotPossible
from hub.persons import claims
from storage import audit, claims_said, consents, contacts

if TYPE_CHECKING:
    from hub.channel import Channel
    from hub.channels import Channels
    from hub.compose import Author
    from hub.keys import Keys
    from hub.settings import Settings
    from storage.db import Database, Tx

SECONDS: Final = 30.0
"""For one code to leave."""
WORDS: Final[Mapping[str, tuple[str, str]]] = {
    "en": (
        "Your code for {hub}",
        (
            "{code} is your code for {hub}. Write it in the conversation in which you gave this "
            "address; it is good for 15 minutes. If you did not give it, you need not do anything."
        ),
    ),
    "fa": (
        "کد شما برای {hub}",
        (
            "{code} کد شما برای {hub} است. آن را در همان گفت‌وگویی بنویسید که این نشانی را در آن "
            "دادید؛ تا ۱۵ دقیقه معتبر است. اگر شما این نشانی را نداده‌اید، کاری لازم نیست."
        ),
    ),
}
"""Language -> (subject, text)."""


@dataclass(frozen=True, slots=True)
class Sender:
    """What sending a code needs of the hub."""

    db: Database
    channels: Channels
    keys: Keys
    settings: Settings
    clock: Callable[[], int] = clock.now

    def hash_of(self, claim: int, code: str) -> str:
        """A code as it is kept."""
        return self.keys.sign("claim code", f"{claim}:{code}".encode()).hex()

    def ways(self, uri: Uri) -> list[Channel]:
        """The channels by which a code can go there."""
        return [
            one
            for one in self.channels
            if one.capabilities.sends
            and not one.capabilities.live
            and uri.startswith(one.capabilities.reaches or ("\0",))
        ]

    async def send(self, claim: int, channel: int | None, author: Author) -> Channel:
        """Send a code for a claim; the channel by which it left.

        Raises LookupError; NotPossible: limits, opt-out, no channel, hold, or the provider's no.
        """
        if self.channels.hold.on:
            raise NotPossible("the hub is on hold: nothing leaves before it is released")
        code = f"{secrets.randbelow(10**claims.DIGITS):0{claims.DIGITS}d}"
        way, uri, id, language = await self.db.write(
            self._begin, claim, channel, self.hash_of(claim, code), author, key=("claim", claim)
        )
        try:
            await self._leave(way, uri, code, language)
        except (OutcomeUnknown, TimeoutError) as err:
            raise NotPossible("no answer from the provider: it may have arrived or not") from err
        except ChannelError as err:
            await self.db.write(claims_said.became, id, "failed")
            raise NotPossible(f"it could not be sent: {err}") from err
        await self.db.write(claims_said.became, id, "sent")
        return way

    def _begin(
        self, tx: Tx, claim: int, channel: int | None, code_hash: str, author: Author
    ) -> tuple[Channel, Uri, int, str]:
        now = self.clock()
        row, uri = claims.claim(tx, claim, self.settings.region)
        claims.check_limits(tx, claim, uri, now=now)
        way = self._way(tx, uri, channel)
        id = claims_said.begin(
            tx,
            claim,
            uri,
            way.id,
            code_hash=code_hash,
            by=author.by,
            expires_at=now + claims.VALID,
            now=now,
        )
        claims.line(tx, row, "claim_asked", author.by, uri, now)
        audit.record(
            tx,
            author.by,
            "claim.code_sent",
            f"contact:{row['contact']}",
            claim=claim,
            channel=way.name,
            now=now,
        )
        language = contacts.profile(tx, row["contact"]).language or contacts.claimed(
            tx, row["contact"], "language"
        )
        return way, uri, id, language.partition("-")[0] or self.settings.language

    def _way(self, tx: Tx, uri: Uri, channel: int | None) -> Channel:
        if any(one.is_ours(uri) for one in self.channels):
            raise NotPossible("this is an address of ours")
        ways = [one for one in self.ways(uri) if channel in (None, one.id)]
        if not ways:
            raise NotPossible("no channel can write to this address")
        known = contacts.find(tx, uri)
        if known is None:
            return ways[0]
        if known.blocked:
            raise NotPossible("this address is blocked")
        for way in ways:
            if consents.withdrawn(tx, known.identity, way.id, "service") is None:
                return way
        raise NotPossible("this address has opted out of messages")

    async def _leave(self, way: Channel, uri: Uri, code: str, language: str) -> None:
        subject, text = WORDS.get(language, WORDS["en"])
        given = {"code": code, "hub": self.settings.name}
        domain = address.value(way.capabilities.address or Uri("")).rpartition("@")[2]
        part = Outbound(
            delivery_id=0,
            to=(Party(uri, ""),),
            subject=subject.format_map(given) if way.capabilities.subject else "",
            text=text.format_map(given),
            message_id=f"code-{secrets.token_hex(16)}@{domain or 'hub.invalid'}",
            auto=True,
            sender_name=way.options.sender_name or self.settings.name,
        )
        async with asyncio.timeout(SECONDS):
            sent = await way.connector.send(part)
        if sent.refused:
            raise Rejected("the address was refused")
