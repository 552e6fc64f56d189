"""Letters of the hub itself to the people who work with it: invitations and resets.

They leave by a mail channel's connector at once and are kept nowhere: a link that lets somebody in
must not stand in the database, and a link that is late is asked for again.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import msgspec

from connectors import address
from connectors.contract import ChannelError, Outbound, Party, Uri
from hub import accounts
from hub.access.words import LETTERS
from hub.accounts import AccountRefused
from hub.auth import link_url, new_token
from hub.kept import obey
from storage import users
from storage.errors import StoreError

if TYPE_CHECKING:
    from hub.channel import Channel
    from hub.channels import Channels
    from hub.settings import Settings
    from storage.db import Database, Row, Tx

SECONDS = 60.0  # for one letter
WAITING = 200  # letters asked for and not sent yet; more are dropped: somebody floods us
_log = logging.getLogger(__name__)


class NotSent(Exception):
    """A letter did not leave; the message says why, for an admin."""


class Letters:
    """The hub's own mails."""

    def __init__(
        self, db: Database, channels: Channels, settings: Settings, clock: Callable[[], int]
    ) -> None:
        self._db = db
        self._channels = channels
        self._settings = settings
        self._clock = clock
        self._asked: asyncio.Queue[str] = asyncio.Queue(WAITING)

    def channel(self) -> Channel | None:
        """The mail channel that letters leave by: the setting's, else the first that can send."""
        named = self._settings.mail_channel
        for one in self._channels:
            mail = "mailto:" in one.capabilities.reaches and one.capabilities.sends
            if mail and (not named or one.name == named):
                return one
        return None

    async def send(self, email: str, name: str, language: str, kind: str, url: str) -> str:
        """Send a link; by which channel. ``kind``: invitation or reset. Raises NotSent."""
        channel = self.channel()
        if channel is None:
            raise NotSent("there is no mail channel that can send: hand the link over yourself")
        if self._channels.hold.on:
            raise NotSent("the hub is on hold: nothing leaves before it is released")
        words = LETTERS[language if language in LETTERS else "en"][kind]
        given = {"name": name, "hub": self._settings.name, "url": url}
        part = Outbound(
            delivery_id=0,
            to=(Party(address.mail(email), name),),
            subject=words.subject.format_map(given),
            text=words.text.format_map(given),
            message_id=f"access-{secrets.token_hex(16)}@{_domain(channel)}",
            sender_name=self._settings.name,
        )
        try:
            async with asyncio.timeout(SECONDS):
                sent = await channel.connector.send(part)
        except ChannelError as err:
            raise NotSent(str(err)) from err
        except TimeoutError as err:
            raise NotSent(f"no answer in {SECONDS:g} seconds") from err
        if sent.refused:
            raise NotSent("the address was refused")
        return channel.name

    async def invite(self, user: int, kind: str, *, by: str) -> tuple[str, str | None, str]:
        """Make a one-time link for somebody and send it: (url, by which channel, why not).

        Raises AccountRefused: there is nobody, or they were switched off.
        """
        row, token = await self._db.read(users.get, user), new_token()
        email = "" if row is None else row["email"]
        await self._db.write(accounts.link, email, token, by=by, now=self._clock())
        url = link_url(self._settings.public_url, token)
        if row is None:
            raise AccountRefused("user", "there is nobody")
        language = _language(row, self._settings.language)
        try:
            return url, await self.send(email, row["name"], language, kind, url), ""
        except NotSent as err:
            return url, None, str(err)

    def ask(self, email: str) -> None:
        """Somebody says that they have forgotten their password. Returns at once and tells nothing:
        whoever asks must not learn who has an account."""
        try:
            self._asked.put_nowait(email)
        except asyncio.QueueFull:
            _log.warning("too many ask for a new password: one was dropped")

    async def run(self) -> None:
        """Send what was asked for, until cancelled."""
        while True:
            obey()
            email = await self._asked.get()
            try:
                user = await self._db.read(_resettable, email)
                if user is None:
                    continue
                # whoever asked has not shown who they are: it is no act of the person's
                _, channel, why = await self.invite(user, "reset", by="hub")
                if channel is None:
                    _log.warning("a link for a new password was not sent: %s", why)
            except (AccountRefused, StoreError) as err:
                _log.warning("a link for a new password was not made: %s", err)


def _resettable(tx: Tx, email: str) -> int | None:
    """Whom a letter to this address may let in."""
    row = users.by_email(tx, email)
    return int(row["id"]) if row is not None and row["active"] else None


def _language(row: Row, default: str) -> str:
    settings = msgspec.json.decode(row["settings"], type=dict[str, Any])
    return str(settings.get("language") or default)


def _domain(channel: Channel) -> str:
    return address.value(channel.capabilities.address or Uri("mailto:hub@localhost")).rpartition(
        "@"
    )[2]
