"""The connector: Twilio's webhooks in, its API out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import timedelta

from connectors import address, guard, http
from connectors.contract import (
    Capabilities,
    ConfigInvalid,
    Environment,
    Event,
    Outbound,
    Raw,
    RecipientRefused,
    Rejected,
    Sent,
    Unavailable,
    Uri,
    WebhookRejected,
    WebhookReply,
)
from connectors.signature import TwilioHeaders, TwilioSignature
from connectors.sms_twilio import incoming
from connectors.sms_twilio.outgoing import Api
from connectors.sms_twilio.settings import Settings

_EMPTY_TWIML = WebhookReply(
    body=b'<?xml version="1.0" encoding="UTF-8"?><Response/>', content_type="text/xml"
)
_MAX_TEXT = 1600
"""Characters of one message (Twilio error 21617); Twilio joins its segments at the phone."""
_SHORT_CODES = tuple(f"sms:{start}" for start in "+0123456789")
"""Whoever writes under a name reads no answer."""
_SEGMENTS = (160, 153, 70, 67)


class TwilioSms:
    """One number at Twilio: ``Connector``, ``Receiving``, ``Webhook`` and ``MediaSource``."""

    def __init__(self, settings: Settings, env: Environment) -> None:
        self._settings, self._env = settings, env
        self._signature = TwilioSignature(
            (settings.auth_token, settings.auth_token_previous, settings.webhook_secret)
        )
        self._reader = incoming.Reader(settings, env.region)
        self._sender = _sender(settings, env)
        self._client: http.HttpClient | None = None
        self._api: Api | None = None
        self.capabilities = Capabilities(
            max_text=_MAX_TEXT,
            part_sizes=_SEGMENTS,
            max_parts=10,
            receipts=True,
            sends_per_second=settings.sends_per_second,
            answers_stop=settings.answers_stop,
            opt_out_words=True,
            reopen_within=timedelta(days=3),
            reaches=("tel:", *(_SHORT_CODES if settings.short_codes else ())),
            address=self._sender,
        )

    async def __aenter__(self) -> TwilioSms:
        home = http.netloc(self._settings.api_base)
        self._client = await http.HttpClient(
            user_agent=self._env.user_agent,
            allow_hosts=self._env.allow_hosts | {home},
            proxy=self._env.proxy,
        ).__aenter__()
        self._api = Api(self._settings, self._client)
        return self

    async def __aexit__(self, *exc: object) -> None:
        client, self._client, self._api = self._client, None, None
        if client:
            await client.__aexit__(None, None, None)

    def verify(self, raw: Raw) -> None:
        """Twilio signs the public URL as it called it, with the account's token.

        A request of another account is refused too: a token may be shared by mistake.
        Raises WebhookRejected.
        """
        _, mark, query = raw.url.partition("?")
        url = self._env.public_url + mark + query
        fault = self._signature.fault(url, raw.body, TwilioHeaders(raw.headers))
        if fault:
            raise WebhookRejected(fault)
        if self._is_of_another_account(raw):
            raise WebhookRejected("AccountSid: another account")

    def _is_of_another_account(self, raw: Raw) -> bool:
        try:
            account = incoming.account(raw)
        except ValueError:  # signed by its hash, and no form: for ``parse`` to say
            return False
        return account not in ("", self._settings.account_sid)

    def parse(self, raw: Raw) -> Sequence[Event]:
        """One message or receipt. Raises PayloadInvalid."""
        return self._reader.parse(raw)

    def reply(self, raw: Raw, events: Sequence[Event]) -> WebhookReply:  # noqa: ARG002
        """TwiML without a word: the hub answers by the API."""
        return _EMPTY_TWIML

    async def check(self) -> None:
        """The account opens. Raises ConfigInvalid, Unauthorized, Unavailable."""
        await self._opened().check_account()

    async def send(self, part: Outbound) -> Sent:
        """Send one text. Raises a ChannelError; never tries again."""
        if part.files or not part.text.strip():
            words = "SMS cannot carry files" if part.files else "there is no text"
            raise Rejected(words, code="attachments" if part.files else "21602")
        fields = {"to": _recipient(part), "body": part.text}
        if self._settings.messaging_service_sid:
            fields["messaging_service_sid"] = self._settings.messaging_service_sid
        if self._settings.number:
            fields["from_"] = self._from()
        if part.callback_url and not self._is_out_of_reach(part.callback_url):
            fields["status_callback"] = part.callback_url
        return Sent((await self._opened().create_message(**fields),))

    def open(self, ref: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Stream an attachment of an MMS. Raises Unavailable, Unauthorized or Rejected."""
        return self._opened().media(ref)

    def _from(self) -> str:
        if self._sender and address.scheme(self._sender) == "tel":
            return address.value(self._sender)
        return self._settings.number.strip()

    def _is_out_of_reach(self, url: str) -> bool:
        """Twilio refuses a whole message for a callback on this machine; a stand-in does not."""
        return guard.is_local(url) and not guard.is_local(self._settings.api_base)

    def _opened(self) -> Api:
        if self._api is None:
            raise Unavailable("the channel is closed")
        return self._api


def connect(settings: Settings, env: Environment) -> TwilioSms:
    """A connector, not entered yet. Raises ConfigInvalid."""
    return TwilioSms(settings, env)


def _sender(settings: Settings, env: Environment) -> Uri | None:
    if not settings.number:
        return None
    try:
        return address.phone(settings.number, env.region)
    except ValueError as err:
        raise ConfigInvalid(f"number: {err}") from err


def _recipient(part: Outbound) -> str:
    """The one number to send to. Raises Rejected."""
    if len(part.to) != 1:
        raise Rejected("an SMS goes to one number", code="recipients")
    uri = part.to[0].uri
    number = address.value(uri)
    if address.scheme(uri) not in ("tel", "sms") or not number.lstrip("+").isdigit():
        raise RecipientRefused("this is not a number that takes SMS", code="21211")
    return number
