"""What Twilio posts to us: messages and status callbacks, forms both.

https://www.twilio.com/docs/messaging/guides/webhook-request and, for status callbacks,
https://www.twilio.com/docs/messaging/guides/track-outbound-message-status
"""

from __future__ import annotations

import mimetypes
import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from connectors import address, opt_out, signature
from connectors.contract import (
    Attachment,
    ConsentWord,
    Event,
    Ignored,
    Inbound,
    Party,
    PayloadInvalid,
    Raw,
    Receipt,
    ReceiptState,
    Uri,
)
from connectors.sms_twilio import errors
from connectors.sms_twilio.settings import (
    TWILIO_HELP,
    TWILIO_START,
    TWILIO_STOP,
    Settings,
)

MEDIA_MAX = 100
"""Attachments of one message; MMS has at most ten."""

_STATES = {
    "sent": ReceiptState.SENT,
    "delivered": ReceiptState.DELIVERED,
    "partially_delivered": ReceiptState.DELIVERED,
    "read": ReceiptState.READ,
    "undelivered": ReceiptState.FAILED,
    "failed": ReceiptState.FAILED,
    "canceled": ReceiptState.FAILED,
}
"""https://www.twilio.com/docs/messaging/api/message-resource#message-status-values; the others
(accepted, scheduled, queued, sending) say nothing that ``send`` did not."""
_OPT_OUT: dict[str, ConsentWord] = {"STOP": "stop", "START": "start", "HELP": "help"}
_OTHER_CHANNEL = re.compile(r"(whatsapp|messenger|rcs|client|sip|[a-z]+):", re.IGNORECASE)
_SINGLE = frozenset(
    {"MessageSid", "From", "To", "Body", "MessageStatus", "NumMedia", "ErrorCode", "OptOutType"}
)

Fields = Mapping[str, str]


class Reader:
    """``parse`` for one channel: its region and its opt-out words."""

    def __init__(self, settings: Settings, region: str) -> None:
        self._region = region
        self._words = opt_out.Words(settings.stop_words, settings.start_words, settings.help_words)
        answered = (*TWILIO_STOP, *TWILIO_START, *TWILIO_HELP) if settings.answers_stop else ()
        self._answered = frozenset(answered)

    def parse(self, raw: Raw) -> tuple[Event, ...]:
        """The one event of a request. Raises PayloadInvalid (``field: reason``)."""
        fields = _fields(raw)
        sid = _needed(fields, "MessageSid")
        status = _status(fields)
        if status:
            return (_receipt(sid, status, fields),)
        for name in ("From", "To"):
            other = _OTHER_CHANNEL.match(_needed(fields, name))
            if other:
                return (Ignored(provider_id=sid, reason=f"not an SMS: {other[1].lower()}"),)
        return (self._inbound(sid, fields),)

    def _inbound(self, sid: str, fields: Fields) -> Inbound:
        attachments = _attachments(fields)
        if "Body" not in fields and not attachments:
            raise PayloadInvalid("Body: missing")
        text = fields.get("Body", "")
        consent, answered = self._consent(text, fields.get("OptOutType", ""))
        return Inbound(
            provider_id=sid,
            sender=self._uri(fields, "From"),
            to=(Party(self._uri(fields, "To")),),
            text=text,
            full_text=text,
            attachments=attachments,
            consent=consent,
            provider_answered=answered,
        )

    def _uri(self, fields: Fields, name: str) -> Uri:
        try:
            return address.phone(fields[name], self._region)
        except ValueError as err:
            raise PayloadInvalid(f"{name}: {err}") from err

    def _consent(self, text: str, said: str) -> tuple[ConsentWord, bool]:
        """The word's meaning, and whether Twilio has answered it."""
        if said:
            word = _OPT_OUT.get(said.strip().upper(), "")
            return word, bool(word)
        if not text or len(text) > opt_out.LONGEST:
            return "", False
        return self._words.meaning(text), opt_out.bare(text) in self._answered


def account(raw: Raw) -> str:
    """The account that a form is about; empty if it does not say. Raises ValueError."""
    for name, value in signature.form(raw.body):
        if name == "AccountSid":
            return value
    return ""


def _fields(raw: Raw) -> Fields:
    kind = (raw.header("Content-Type") or "").partition(";")[0].strip().lower()
    if kind not in ("", "application/x-www-form-urlencoded"):
        raise PayloadInvalid("Content-Type: is not a form")
    try:
        pairs = signature.form(raw.body)
    except ValueError as err:
        raise PayloadInvalid(f"body: {err}") from err
    fields = dict(pairs)
    if len(fields) != len(pairs):
        for name, value in pairs:
            if fields[name] != value and name in _SINGLE:
                raise PayloadInvalid(f"{name}: given twice")
    return fields


def _needed(fields: Fields, name: str) -> str:
    value = fields.get(name, "").strip()
    if not value:
        raise PayloadInvalid(f"{name}: missing")
    if len(value) > address.PHONE_MAX:
        raise PayloadInvalid(f"{name}: too long")
    return value


def _status(fields: Fields) -> str:
    """The status that a callback tells; empty for a message. Old accounts say it as SmsStatus."""
    if "MessageStatus" in fields and not _is_incoming(fields):
        return _needed(fields, "MessageStatus").lower()
    status = fields.get("SmsStatus", "").strip().lower()
    return status if status in _STATES and "Body" not in fields else ""


def _is_incoming(fields: Fields) -> bool:
    """Whether the status is that of a customer's message, as Twilio's REST API names it."""
    status = fields["MessageStatus"].strip().lower()
    return "Body" in fields and status in ("", "receiving", "received")


def _receipt(sid: str, status: str, fields: Fields) -> Event:
    state = _STATES.get(status)
    if state is None:
        if not status.replace("_", "").isalnum():
            raise PayloadInvalid("MessageStatus: not a status")
        return Ignored(provider_id=f"{sid}:{status}", reason=f"status {status} says nothing new")
    code = fields.get("ErrorCode", "").strip() if state is ReceiptState.FAILED else ""
    code = "" if code == "0" else code
    words = errors.words(code, fields.get("ErrorMessage", "")) if code else ""
    if state is ReceiptState.FAILED and not words:
        words = status
    return Receipt(
        provider_id=sid, state=state, code=code, words=words, opted_out=code == errors.OPTED_OUT
    )


def _attachments(fields: Fields) -> tuple[Attachment, ...]:
    text = fields.get("NumMedia", "").strip() or "0"
    if text == "0":
        return ()
    if not (text.isascii() and text.isdigit() and len(text) < 4 and int(text) <= MEDIA_MAX):
        raise PayloadInvalid("NumMedia: not a small number")
    return tuple(_attachment(fields, index) for index in range(int(text)))


def _attachment(fields: Fields, index: int) -> Attachment:
    url = fields.get(f"MediaUrl{index}", "").strip()
    if not url.lower().startswith(("http://", "https://")):
        raise PayloadInvalid(f"MediaUrl{index}: not a web address")
    kind = fields.get(f"MediaContentType{index}", "").partition(";")[0].strip().lower()
    return Attachment(
        name=_file_name(url, kind), type=kind or "application/octet-stream", size=None, ref=url
    )


def _file_name(url: str, kind: str) -> str:
    try:
        last = urlsplit(url).path.rpartition("/")[2]
    except ValueError as err:
        raise PayloadInvalid("MediaUrl: not a web address") from err
    stem = re.sub(r"[^\w.-]", "", last)[:80] or "media"
    return stem if "." in stem else stem + (mimetypes.guess_extension(kind) or "")
