"""What providers would put on the wire: Twilio's signed forms, and mails as mail programs write them.

Used by the simulator, which posts them to the hub's own doors, and by the fill. Pure.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from urllib.parse import urlencode

API = "2010-04-01"


@dataclass(frozen=True, slots=True)
class File:
    """A file that goes with a message."""

    name: str
    type: str
    content: bytes


# ---------------------------------------------------------------- Twilio


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One number at the simulated Twilio."""

    account: str
    token: str
    number: str
    url: str
    """The webhook's public URL, which is signed."""


def message_form(
    line: Line, *, sid: str, sender: str, text: str, media: Sequence[tuple[str, str]] = ()
) -> dict[str, str]:
    """An incoming message; ``media`` is (URL, media type).

    https://www.twilio.com/docs/messaging/guides/webhook-request
    """
    fields = {
        "ToCountry": "US",
        "SmsMessageSid": sid,
        "NumMedia": str(len(media)),
        "SmsSid": sid,
        "SmsStatus": "received",
        "Body": text,
        "To": line.number,
        "NumSegments": "1",
        "MessageSid": sid,
        "AccountSid": line.account,
        "From": sender,
        "ApiVersion": API,
    }
    for n, (url, kind) in enumerate(media):
        fields[f"MediaUrl{n}"] = url
        fields[f"MediaContentType{n}"] = kind
    return fields


def status_form(
    line: Line, *, sid: str, to: str, status: str, code: str = "", words: str = ""
) -> dict[str, str]:
    """A status callback.

    https://www.twilio.com/docs/messaging/guides/track-outbound-message-status
    """
    fields = {
        "SmsSid": sid,
        "SmsStatus": status,
        "MessageStatus": status,
        "To": to,
        "MessageSid": sid,
        "AccountSid": line.account,
        "From": line.number,
        "ApiVersion": API,
    }
    return fields | ({"ErrorCode": code, "ErrorMessage": words} if code else {})


def signed(line: Line, fields: Mapping[str, str]) -> tuple[dict[str, str], bytes]:
    """Headers and body of a webhook.

    https://www.twilio.com/docs/usage/security#validating-requests
    """
    material = line.url + "".join(name + value for name, value in sorted(fields.items()))
    digest = hmac.digest(line.token.encode(), material.encode(), hashlib.sha1)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "User-Agent": "TwilioProxy/1.1",
        "X-Twilio-Signature": base64.b64encode(digest).decode(),
    }
    return headers, urlencode(fields).encode()


# ---------------------------------------------------------------- mail


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A mail that a customer writes."""

    sender: str
    name: str
    to: str
    subject: str
    text: str
    message_id: str
    """Without angle brackets, as are the next two."""
    at: datetime
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    html: str = ""
    files: tuple[File, ...] = ()
    headers: tuple[tuple[str, str], ...] = ()


def mail(letter: Letter) -> bytes:
    """The mail as MIME. Raises ValueError for an address that no mail program would take."""
    found = EmailMessage(policy=SMTP)
    found["Return-Path"] = f"<{letter.sender}>"  # as the last server on the way writes it
    found["From"] = Address(letter.name, addr_spec=letter.sender)
    found["To"] = letter.to
    found["Subject"] = _line(letter.subject)
    found["Date"] = format_datetime(letter.at)
    found["Message-ID"] = f"<{letter.message_id}>"
    if letter.in_reply_to:
        found["In-Reply-To"] = f"<{letter.in_reply_to}>"
    if letter.references:
        found["References"] = " ".join(f"<{one}>" for one in letter.references)
    for name, value in letter.headers:
        found[name] = value
    found.set_content(letter.text)
    if letter.html:
        found.add_alternative(letter.html, subtype="html")
    for file in letter.files:
        kind, _, subtype = file.type.partition("/")
        found.add_attachment(
            file.content, maintype=kind, subtype=subtype or "octet-stream", filename=file.name
        )
    return found.as_bytes()


def bounce(to: str, failed: str, about: str, at: datetime, *, domain: str) -> bytes:
    """A delivery report (RFC 3464): the mail ``about`` (its Message-ID) did not reach ``failed``."""
    edge = "report-" + hashlib.sha256(about.encode()).hexdigest()[:24]
    lines = [
        "Return-Path: <>",
        f"From: Mail Delivery System <MAILER-DAEMON@{domain}>",
        f"To: {to}",
        "Subject: Undelivered Mail Returned to Sender",
        f"Date: {format_datetime(at)}",
        f"Message-ID: <{edge}@{domain}>",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status; boundary="{edge}"',
        "",
        f"--{edge}",
        "Content-Type: text/plain; charset=utf-8",
        "",
        f"I'm sorry to have to inform you that your message could not be delivered to {failed}.",
        "",
        f"--{edge}",
        "Content-Type: message/delivery-status",
        "",
        f"Reporting-MTA: dns; mx.{domain}",
        "",
        f"Final-Recipient: rfc822; {failed}",
        "Action: failed",
        "Status: 5.1.1",
        "Diagnostic-Code: smtp; 550 5.1.1 The mailbox does not exist",
        "",
        f"--{edge}",
        "Content-Type: text/rfc822-headers",
        "",
        f"From: {to}",
        f"To: {failed}",
        f"Message-ID: <{about}>",
        "",
        f"--{edge}--",
        "",
    ]
    return "\r\n".join(lines).encode()


def _line(text: str) -> str:
    return " ".join(text.split())
