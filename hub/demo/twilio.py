"""Twilio on loopback: takes what the hub sends, as strictly as the real one, and says what became of it.

https://www.twilio.com/docs/messaging/api/message-resource
"""

from __future__ import annotations

import asyncio
import base64
import hmac
import logging
import re
import secrets
from collections.abc import Callable
from email.utils import formatdate
from typing import Any
from urllib.parse import parse_qsl

from aiohttp import web

from connectors.contract import ChannelError
from hub import clock, sniff
from hub.demo import wire
from hub.demo.door import Door
from hub.demo.messages import Message, Messages

_log = logging.getLogger("hub.demo")
_API = f"/{wire.API}/Accounts/{{account}}"
_KNOWN = frozenset({"To", "From", "MessagingServiceSid", "Body", "StatusCallback"})
_STATUSES = (("sent", 0.5), ("delivered", 1.2))
_LOST = (("sent", 0.5), ("undelivered", 1.2))
"""What the phone network says, and how many seconds after the step before."""
_SWITCHED_OFF = "0000"
"""Numbers that end so are phones that are switched off: error 30003."""
_PATIENCE = (0.5, 1.0, 2.0, 4.0, 8.0)
"""Seconds between tries of a callback that nobody answers."""


class Twilio:
    """One account with one number; its customers' phones are in ``messages``."""

    def __init__(
        self,
        line: wire.Line,
        door: Door,
        messages: Messages,
        spawn: Callable[[Any], object],
    ) -> None:
        self._line = line
        self._door = door
        self._messages = messages
        self._spawn = spawn
        self.opted_out: set[str] = set()
        """Numbers that have sent STOP: Twilio itself takes no more for them."""

    def routes(self) -> list[web.RouteDef]:
        """What the API offers."""
        return [
            web.post(_API + "/Messages.json", self._create),
            web.get(_API + ".json", self._account),
            web.get(_API + "/Messages/{message}/Media/{media}", self._media),
        ]

    async def _create(self, request: web.Request) -> web.Response:
        refused = self._locked(request)
        if refused is not None:
            return refused
        if request.content_type != "application/x-www-form-urlencoded":
            return _error(415, 20012, "Unsupported media type")
        text = (await request.read()).decode()
        pairs = parse_qsl(text, keep_blank_values=True, strict_parsing=True, errors="strict")
        fields = dict(pairs)
        fault = self._fault(fields, doubled=len(fields) != len(pairs))
        if fault is not None:
            return _error(400, *fault)
        sid = "SM" + secrets.token_hex(16)
        message = self._messages.add(
            Message(
                id=0,
                channel="sms",
                customer=fields["To"],
                direction="out",
                at=clock.now() // 1000,
                text=fields["Body"],
                ours=fields.get("From", ""),
                key=sid,
                state="queued",
            )
        )
        self._spawn(self._tell(message, fields.get("StatusCallback", "")))
        return web.json_response(self._resource(sid, fields), status=201)

    def _locked(self, request: web.Request) -> web.Response | None:
        login = f"{self._line.account}:{self._line.token}".encode()
        wanted = b"Basic " + base64.b64encode(login)
        given = request.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(given, wanted):
            return _error(401, 20003, "Authenticate")
        if request.match_info["account"] != self._line.account:
            return _error(404, 20404, f"The requested resource {request.path} was not found")
        return None

    def _fault(self, fields: dict[str, str], *, doubled: bool) -> tuple[int, str] | None:
        """Twilio's own checks, in its order, plus: nothing unknown, nothing twice."""
        to, body = fields.get("To", ""), fields.get("Body", "")
        callback = fields.get("StatusCallback", "https://x/")
        checks = (
            (20001, "Unknown or doubled parameters", doubled or bool(fields.keys() - _KNOWN)),
            (21604, "A 'To' phone number is required.", not to),
            (21603, "A 'From' phone number is required.", not fields.get("From")),
            (21602, "Message body is required.", not body.strip()),
            (21617, "The message body exceeds the 1600 character limit.", len(body) > 1600),
            (21606, "The 'From' number is not yours.", fields.get("From") != self._line.number),
            (21211, f"Invalid 'To' Phone Number: {to}", not re.fullmatch(r"\+[1-9]\d{6,14}", to)),
            (21610, "Attempt to send to unsubscribed recipient", to in self.opted_out),
            (
                21609,
                "The 'StatusCallback' is not a URL.",
                not re.match(r"https?://[^/]+/", callback),
            ),
        )
        return next(((code, words) for code, words, wrong in checks if wrong), None)

    def _resource(self, sid: str, fields: dict[str, str]) -> dict[str, Any]:
        now = formatdate(usegmt=True)
        account = self._line.account
        return {
            "account_sid": account,
            "api_version": wire.API,
            "body": fields["Body"],
            "date_created": now,
            "date_sent": None,
            "date_updated": now,
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
            "uri": f"/{wire.API}/Accounts/{account}/Messages/{sid}.json",
        }

    async def _account(self, request: web.Request) -> web.Response:
        account = {"sid": self._line.account, "status": "active", "type": "Full"}
        return self._locked(request) or web.json_response(account)

    async def _media(self, request: web.Request) -> web.Response:
        """A picture that came with a message; its name is ME and the file's id."""
        refused = self._locked(request)
        if refused is not None:
            return refused
        content = self._messages.content(request.match_info["media"].removeprefix("ME"))
        if content is None:
            return _error(404, 20404, "The requested resource was not found")
        kind = sniff.image(content[:16]) or "application/octet-stream"
        return web.Response(body=content, content_type=kind)

    async def _tell(self, message: Message, callback: str) -> None:
        """The message travels: each step shows on the phone and is called back, signed."""
        off = message.customer.endswith(_SWITCHED_OFF)
        for status, seconds in _LOST if off else _STATUSES:
            await asyncio.sleep(seconds)
            message.state = "failed" if status == "undelivered" else status
            self._messages.changed(message)
            if callback:
                await self._call_back(message, status, callback)

    async def _call_back(self, message: Message, status: str, callback: str) -> None:
        line = wire.Line(
            account=self._line.account,
            token=self._line.token,
            number=self._line.number,
            url=callback,
        )
        code = "30003" if status == "undelivered" else ""
        fields = wire.status_form(
            line, sid=message.key, to=message.customer, status=status, code=code
        )
        for seconds in _PATIENCE:
            try:
                if (await self._door.webhook(line, fields)).status < 500:
                    return
            except ChannelError:
                _log.debug("a status callback was not answered")
            await asyncio.sleep(seconds)


def _error(status: int, code: int, message: str) -> web.Response:
    """As Twilio words it: https://www.twilio.com/docs/usage/twilios-response#response-formats-exceptions"""
    body = {
        "code": code,
        "message": message,
        "more_info": f"https://www.twilio.com/docs/errors/{code}",
        "status": status,
    }
    return web.json_response(body, status=status)
