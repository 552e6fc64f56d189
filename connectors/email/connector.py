"""Mail as a channel: fetched by IMAP, posted raw to our webhook, sent by SMTP; each is optional.

| verify | receipts          | media              | threads | re-auth        | limits sourced |
|--------|-------------------|--------------------|---------|----------------|----------------|
| done   | done: bounces     | done: parts of raw | done    | done: XOAUTH2  | done           |
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Literal
from urllib.parse import parse_qs, urlsplit

from msgspec.structs import replace

from connectors import address, opt_out
from connectors.contract import (
    Backlog,
    Capabilities,
    ConfigInvalid,
    Connector,
    Cursor,
    Environment,
    Event,
    FolderPlace,
    Inbound,
    Listed,
    Outbound,
    Party,
    PayloadInvalid,
    Raw,
    Rejected,
    Sent,
    WebhookRejected,
    WebhookReply,
)
from connectors.email import imap_compare, imap_fetch, thread
from connectors.email.compose import compose
from connectors.email.consent import with_consent
from connectors.email.dates import parse_date
from connectors.email.imap import ImapSource
from connectors.email.imap_fetch import FILING_HEADER, STUB_HEADER
from connectors.email.parse import parse, part_content
from connectors.email.settings import MEGABYTE, Settings
from connectors.email.smtp import LONGEST_SECONDS, SmtpSender

if TYPE_CHECKING:
    from connectors.email.oauth_tokens import Tokens

__all__ = ["FetchedMail", "Mail", "Settings", "connect"]

MAX_ATTACHMENT_BYTES = 25 * MEGABYTE
"""Gmail's limit (https://support.google.com/mail/answer/6584); most others take as much."""
POSTED_TYPES = frozenset(
    {"", "message/rfc822", "message/global", "application/octet-stream", "text/plain"}
)
"""What a raw mail may be posted as; scripts are seen that name no type or a vague one."""


def connect(settings: Settings, env: Environment) -> Mail:
    """A connector for these settings. No I/O."""
    return FetchedMail(settings, env) if settings.imap_host else Mail(settings, env)


class Mail:
    """A mail channel that takes raw mails from our own doors, and sends."""

    def __init__(self, settings: Settings, env: Environment) -> None:
        self._settings = settings
        self._env = env
        self._tokens = _tokens(settings, env)
        oauth = self._tokens if settings.uses_oauth(settings.smtp_auth) else None
        self._smtp = SmtpSender(settings, credentials=oauth, proxy=env.proxy)
        self._words = opt_out.Words(settings.stop_words, settings.start_words)
        self._authserv_ids = frozenset(name.lower() for name in settings.authserv_ids)
        self._domain = address.value(settings.uri).rpartition("@")[2]
        ours = (settings.uri, *settings.alias_uris)
        self._own_domains = frozenset(address.value(uri).rpartition("@")[2] for uri in ours)

    @property
    def capabilities(self) -> Capabilities:
        """What mail can do, and our addresses."""
        return Capabilities(
            sends=bool(self._settings.smtp_host),
            attachments=True,
            max_attachment_bytes=MAX_ATTACHMENT_BYTES,
            html=True,
            subject=True,
            threads=True,
            many_recipients=True,
            send_timeout=timedelta(seconds=LONGEST_SECONDS),
            units=25,
            reopen_within=timedelta(days=14),
            opt_out_words=True,
            reaches=("mailto:",),
            address=self._settings.uri,
            aliases=self._settings.alias_uris,
        )

    async def __aenter__(self) -> Connector:
        return self

    async def __aexit__(self, *exc: object) -> None:
        """Nothing is held between two calls."""

    async def check(self) -> None:
        """SMTP: connect, log in, NOOP. Raises ConfigInvalid, Unauthorized, Unavailable."""
        if self._settings.smtp_host:
            await self._smtp.check()

    async def send(self, part: Outbound) -> Sent:
        """Compose and hand over one mail; see ``smtp`` for what is raised."""
        message = await asyncio.to_thread(self._compose, part)
        return await self._smtp.send(part, message)

    def _compose(self, part: Outbound) -> bytes:
        ours = Party(self._settings.uri, self._settings.name)
        try:
            return compose(part, from_=ours, domain=self._domain, now=datetime.now(UTC))
        except ValueError as err:
            raise Rejected(f"this cannot be a mail: {err}") from err

    # ---------------------------------------------------------------- consent

    @property
    def asks_person(self) -> bool:
        """Whether somebody must consent in a browser. Raises ConfigInvalid: nobody need."""
        return self._renewing.asks_person

    def consent_url(self, redirect_uri: str, state: str, verifier: str) -> str:
        """The provider's page. Raises ConfigInvalid."""
        return self._renewing.consent_url(redirect_uri, state, verifier)

    async def accept(self, code: str, redirect_uri: str, verifier: str) -> None:
        """Take the code that a browser brought back. Raises Unauthorized, Unavailable."""
        await self._renewing.accept(code, redirect_uri, verifier)

    async def renew(self) -> None:
        """Get a token now. Raises Unauthorized, Unavailable, ConfigInvalid."""
        await self._renewing.renew()

    @property
    def _renewing(self) -> Tokens:
        if self._tokens is None:
            raise ConfigInvalid("oauth_provider: this channel logs in without one")
        return self._tokens

    # ---------------------------------------------------------------- receiving

    def parse(self, raw: Raw) -> Sequence[Event]:
        """One message a mail; a bounce is a message with ``bounce`` set.

        Raises PayloadInvalid for what was posted and is no mail. What cannot be understood of a
        mail is a stub, never an error.
        """
        posted = raw.kind == "webhook"
        if posted:
            _check_posted(raw)
        inbound = parse(raw.body, self._authserv_ids, self._own_domains)
        inbound = with_consent(inbound, self._words)
        if posted:
            return [inbound]
        inbound = _as_fetched(raw, inbound)
        reason = raw.header(STUB_HEADER)
        if reason is None:
            return [inbound]
        key = inbound.provider_id if raw.body else f"stub {raw.key}"
        return [replace(inbound, stub=reason, provider_id=key)]

    def part(self, raw: Raw, ref: str) -> bytes:
        """The decoded bytes of an attachment by the ``ref`` that ``parse`` gave it."""
        return part_content(raw.body, ref)

    def verify(self, raw: Raw) -> None:
        """The channel's token as Bearer or ``?token=``. Raises WebhookRejected."""
        scheme, _, bearer = (raw.header("Authorization") or "").strip().partition(" ")
        given = parse_qs(urlsplit(raw.url).query).get("token", []) if "?" in raw.url else []
        if scheme.lower() == "bearer":
            given.append(bearer.strip())
        # what is not valid UTF-8 arrives as surrogates, which no token has
        plain = [token.encode("utf-8", "replace").decode() for token in given]
        if not self._settings.token:
            raise WebhookRejected("this channel takes no posted mail: it has no token")
        if not plain:
            raise WebhookRejected("the token is missing")
        if not any(self._settings.token.matches(token) for token in plain):
            raise WebhookRejected("the token is wrong")

    def reply(self, _raw: Raw, _events: Sequence[Event]) -> WebhookReply:
        """Plain 200."""
        return WebhookReply()

    # ---------------------------------------------------------------- threads

    def message_id(self, conversation: int, unique: str) -> str:
        """A Message-ID of ours that carries the conversation's signed token."""
        return thread.message_id(conversation, unique, self._env.sign, self._domain)

    def reply_to(self, conversation: int) -> str:
        """``user+TOKEN@domain``; empty without ``plus_addressing``."""
        if not self._settings.plus_addressing:
            return ""
        return thread.plus_address(address.value(self._settings.uri), conversation, self._env.sign)

    def conversation_of(self, message: Inbound) -> int | None:
        """What the message answers, by the first valid token in what it refers to."""
        about = (message.bounce.message_id,) if message.bounce else ()
        recipients = (address.value(party.uri) for party in (*message.to, *message.cc))
        named = (*about, *message.in_reply_to, *reversed(message.references), *recipients)
        return thread.conversation_of(named, self._env.sign)


class FetchedMail(Mail):
    """A mail channel with a mailbox behind it."""

    def __init__(
        self,
        settings: Settings,
        env: Environment,
        *,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
    ) -> None:
        super().__init__(settings, env)
        oauth = self._tokens if settings.uses_oauth(settings.imap_auth) else None
        self._imap = ImapSource(
            settings, env.channel, credentials=oauth, sleep=sleep, proxy=env.proxy
        )

    async def check(self) -> None:
        """IMAP: log in and open every folder; then as without a mailbox."""
        await self._imap.check()
        await super().check()

    def events(self, cursor: Cursor | None) -> AsyncGenerator[tuple[Sequence[Raw], Cursor], None]:
        """New mails; see ``imap``."""
        return self._imap.events(cursor)

    # ---------------------------------------------------------------- compared with the store

    def places(self, cursor: Cursor | None) -> Sequence[FolderPlace]:
        """How far each folder was read. Raises ConfigInvalid."""
        return imap_compare.places(cursor)

    def located(self, raw: Raw) -> tuple[str, int] | None:
        """Folder and UID of a mail that this source fetched."""
        return imap_fetch.located(raw.key) if raw.kind == "mail" else None

    def filing(self, raw: Raw) -> Literal["", "history", "own"]:
        """How a mail is filed, by its folder and by when it arrived."""
        words = (raw.header(FILING_HEADER) or "").split()
        return "history" if "history" in words else "own" if "own" in words else ""

    async def backlog(self, cursor: Cursor | None) -> Sequence[Backlog]:
        """What would be fetched of each folder."""
        return await imap_compare.backlog(self._imap, self._settings, cursor)

    def listing(self, cursor: Cursor) -> AsyncGenerator[tuple[FolderPlace, Sequence[Listed]], None]:
        """What stands on the server; see ``imap_compare``."""
        return imap_compare.listing(self._imap, self._settings, cursor)

    def fetch(
        self, place: FolderPlace, mails: Sequence[Listed]
    ) -> AsyncGenerator[Sequence[Raw], None]:
        """These mails; see ``imap_compare``."""
        return imap_compare.fetch(self._imap, place, mails)


def _tokens(settings: Settings, env: Environment) -> Tokens | None:
    """Tokens that are renewed, where the settings name a provider."""
    if not settings.oauth_provider:
        return None
    from connectors.email.oauth_tokens import Tokens  # noqa: PLC0415  heavy, and seldom wanted

    return Tokens(settings, env)


def _as_fetched(raw: Raw, inbound: Inbound) -> Inbound:
    """What the folder and the server say of a mail."""
    words = (raw.header(FILING_HEADER) or "").split()
    if arrived := raw.header("INTERNALDATE"):
        inbound = replace(inbound, received_at=parse_date(arrived))
    if "junk" in words:
        inbound = replace(inbound, headers={**inbound.headers, "x-spam-flag": "yes"})
    return replace(inbound, history="history" in words, own="own" in words) if words else inbound


def _check_posted(raw: Raw) -> None:
    type_ = (raw.header("Content-Type") or "").partition(";")[0].strip().lower()
    if type_ not in POSTED_TYPES:
        raise PayloadInvalid("content-type: must be message/rfc822")
    if not raw.body or raw.body.isspace():
        raise PayloadInvalid("body: is empty")
