"""Twilio on loopback: as strict as the real one about what it is sent, and able to fail.

Also the other direction: payloads as Twilio posts them, signed by Twilio's own library.
"""

from __future__ import annotations

import asyncio
import base64
import itertools
import json
import re
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Self
from urllib.parse import parse_qsl, urlencode

from aiohttp import web
from multidict import MultiDict
from twilio.request_validator import RequestValidator

ACCOUNT = "AC0123456789abcdef0123456789abcdef"
TOKEN = "token-of-the-loopback-twilio"
NUMBER = "+12025550123"
MEDIA = b"\xff\xd8\xff" + b"a picture" * 1000

_API = "/2010-04-01/Accounts/{account}"
_KNOWN = frozenset({"To", "From", "MessagingServiceSid", "Body", "StatusCallback"})


def signed(
    url: str, fields: Mapping[str, str] | Iterable[tuple[str, str]], token: str = TOKEN
) -> tuple[dict[str, str], bytes]:
    """Headers and body of a webhook for ``url``."""
    params = MultiDict(fields)
    headers = {
        "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
        "User-Agent": "TwilioProxy/1.1",
        "X-Twilio-Signature": RequestValidator(token).compute_signature(url, params),
    }
    return headers, urlencode(list(params.items())).encode()


_numbers = itertools.count(1)


def sms(body: str, *, sender: str = "+12025550199", **fields: str) -> dict[str, str]:
    """The fields of an incoming SMS with a fresh SID."""
    sid = f"SM{next(_numbers):032x}"
    given = {
        "ToCountry": "US",
        "SmsMessageSid": sid,
        "NumMedia": "0",
        "SmsSid": sid,
        "SmsStatus": "received",
        "Body": body,
        "FromCountry": "US",
        "To": NUMBER,
        "NumSegments": "1",
        "MessageSid": sid,
        "AccountSid": ACCOUNT,
        "From": sender,
        "ApiVersion": "2010-04-01",
    }
    return given | fields


def status(sid: str, state: str, **fields: str) -> dict[str, str]:
    """The fields of a status callback."""
    given = {
        "SmsSid": sid,
        "SmsStatus": state,
        "MessageStatus": state,
        "To": "+12025550199",
        "MessageSid": sid,
        "AccountSid": ACCOUNT,
        "From": NUMBER,
        "ApiVersion": "2010-04-01",
    }
    return given | fields


@dataclass
class Failure:
    """How the next request goes wrong: an answer, a hang-up or silence."""

    status: int = 500
    code: int = 0
    message: str = "wrong"
    headers: dict[str, str] = field(default_factory=dict)
    body: bytes | None = None
    cut: bool = False
    hang: bool = False


class FakeTwilio:
    """``async with FakeTwilio() as twilio``: ``twilio.url`` is the ``api_base``."""

    def __init__(self) -> None:
        self.sent: list[dict[str, str]] = []
        """Messages taken, each with its ``Sid``."""
        self.requests: list[tuple[str, str, dict[str, str]]] = []
        """(method, path, headers) of everything asked."""
        self.failures: deque[Failure] = deque()
        self.opted_out: set[str] = set()
        self.account_status = "active"
        self.url = ""
        self._silence = asyncio.Event()
        self._runner: web.AppRunner | None = None

    async def __aenter__(self) -> Self:
        app = web.Application(middlewares=[self._gate])
        app.router.add_post(_API + "/Messages.json", self._create)
        app.router.add_get(_API + ".json", self._account)
        app.router.add_get(_API + "/Messages/{message}/Media/{media}", self._media)
        app.router.add_get("/cdn/{media}", self._cdn)
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        host, port = self._runner.addresses[0][:2]
        self.url = f"http://{host}:{port}"
        return self

    async def __aexit__(self, *exc: object) -> None:
        self._silence.set()
        assert self._runner
        await self._runner.cleanup()

    def media_url(self, media: str = "ME" + "a" * 32) -> str:
        message = "MM" + "0" * 32
        return f"{self.url}/2010-04-01/Accounts/{ACCOUNT}/Messages/{message}/Media/{media}"

    # ---------------------------------------------------------------- the API

    @web.middleware
    async def _gate(self, request: web.Request, handler: Any) -> web.StreamResponse:
        self.requests.append((request.method, request.path, dict(request.headers)))
        if self.failures:
            return await self._fail(request, self.failures.popleft())
        if not request.path.startswith("/cdn/"):
            login = base64.b64encode(f"{ACCOUNT}:{TOKEN}".encode()).decode()
            if request.headers.get("Authorization") != "Basic " + login:
                return _error(401, 20003, "Authenticate")
            if request.match_info.get("account") != ACCOUNT:
                return _error(404, 20404, f"The requested resource {request.path} was not found")
        response: web.StreamResponse = await handler(request)
        return response

    async def _fail(self, request: web.Request, failure: Failure) -> web.Response:
        await request.read()
        if failure.hang:
            await self._silence.wait()
        if failure.cut or failure.hang:
            assert request.transport
            request.transport.abort()
        if failure.body is not None:
            return web.Response(status=failure.status, body=failure.body, headers=failure.headers)
        return _error(failure.status, failure.code, failure.message, failure.headers)

    async def _create(self, request: web.Request) -> web.Response:
        if request.content_type != "application/x-www-form-urlencoded":
            return _error(415, 20012, "Unsupported media type")
        text = (await request.read()).decode()
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True, errors="strict")
        fields = dict(pairs)
        fault = self._fault(fields, len(fields) != len(pairs))
        if fault:
            return _error(400, *fault)
        sid = f"SM{next(_numbers):032x}"
        self.sent.append(fields | {"Sid": sid})
        answer = {
            "account_sid": ACCOUNT,
            "api_version": "2010-04-01",
            "body": fields["Body"],
            "date_created": "Thu, 01 Jan 2026 00:00:00 +0000",
            "date_sent": None,
            "date_updated": "Thu, 01 Jan 2026 00:00:00 +0000",
            "direction": "outbound-api",
            "error_code": None,
            "error_message": None,
            "from": fields.get("From"),
            "messaging_service_sid": fields.get("MessagingServiceSid"),
            "num_media": "0",
            "num_segments": "1",
            "price": None,
            "price_unit": "USD",
            "sid": sid,
            "status": "queued",
            "subresource_uris": {},
            "to": fields["To"],
            "uri": f"/2010-04-01/Accounts/{ACCOUNT}/Messages/{sid}.json",
        }
        return web.json_response(answer, status=201)

    def _fault(self, fields: dict[str, str], doubled: bool) -> tuple[int, str] | None:
        """Twilio's own checks, in its order, plus: nothing unknown, nothing twice."""
        to, body = fields.get("To", ""), fields.get("Body", "")
        checks = {
            (20001, "Unknown or doubled parameters"): doubled or bool(fields.keys() - _KNOWN),
            (21604, "A 'To' phone number is required."): not to,
            (21603, "A 'From' phone number is required."): not (
                fields.get("From") or fields.get("MessagingServiceSid")
            ),
            (21602, "Message body is required."): not body.strip(),
            (21617, "The message body exceeds the 1600 character limit."): len(body) > 1600,
            (21606, "The 'From' phone number is not yours."): (
                fields.get("From", NUMBER) != NUMBER
            ),
            (21211, f"Invalid 'To' Phone Number: {to}"): not re.fullmatch(r"\+[1-9]\d{6,14}", to),
            (21610, "Attempt to send to unsubscribed recipient"): to in self.opted_out,
            (21609, "The 'StatusCallback' URL is not a valid URL."): not re.match(
                r"https?://[^/]+/", fields.get("StatusCallback", "https://x/")
            ),
        }
        return next((fault for fault, wrong in checks.items() if wrong), None)

    async def _account(self, _: web.Request) -> web.Response:
        return web.json_response({"sid": ACCOUNT, "status": self.account_status, "type": "Full"})

    async def _media(self, request: web.Request) -> web.Response:
        raise web.HTTPTemporaryRedirect(f"/cdn/{request.match_info['media']}")

    async def _cdn(self, _: web.Request) -> web.Response:
        return web.Response(body=MEDIA, content_type="image/jpeg")


def _error(
    status_code: int, code: int, message: str, headers: Mapping[str, str] | None = None
) -> web.Response:
    """As Twilio words it: https://www.twilio.com/docs/usage/twilios-response#response-formats-exceptions"""
    body: dict[str, Any] = {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status_code,
    }
    return web.Response(
        status=status_code,
        text=json.dumps(body),
        headers=headers,
        content_type="application/json",
    )
