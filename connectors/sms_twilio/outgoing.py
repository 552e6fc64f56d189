"""What we ask of Twilio's REST API: by Twilio's own library, over our guarded client.

The library takes half a second and 15 MB to import, so it comes with the first message sent.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AbstractAsyncContextManager
from importlib import import_module
from typing import Any
from urllib.parse import urlencode

import msgspec

from connectors import http
from connectors.contract import ConfigInvalid, OutcomeUnknown, Unauthorized, Unavailable
from connectors.sms_twilio import errors
from connectors.sms_twilio.settings import TWILIO_API, Settings

MEDIA_BYTES_MAX = 64 * 1024 * 1024
"""Bytes of one attachment."""


class Api:
    """One account's API."""

    def __init__(self, settings: Settings, client: http.HttpClient) -> None:
        self._settings, self._client = settings, client
        self._auth = (settings.account_sid, settings.auth_token.reveal())
        self._messages: Any = None
        self._importing = asyncio.Lock()

    async def create_message(self, **fields: Any) -> str:
        """Send one message (names as in the library's ``messages.create``); its SID."""
        async with self._importing:
            if self._messages is None:
                self._messages = await asyncio.to_thread(self._library)
        message = await self._messages.create_async(**fields)
        return str(message.sid)

    async def check_account(self) -> None:
        """Whether the account opens. Raises ConfigInvalid, Unauthorized, Unavailable."""
        path = f"/2010-04-01/Accounts/{self._settings.account_sid}.json"
        reply = await self._client.request("GET", self._settings.api_base + path, auth=self._auth)
        if reply.status == 404:
            raise ConfigInvalid("account_sid: Twilio does not know it")
        account = _object(reply)
        _raise_fault(reply, account)
        if account is None:
            raise Unavailable("the answer is not Twilio's")
        if account.get("status", "active") != "active":
            raise Unauthorized(f"the account is {account['status']}")

    def media(self, url: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Stream an attachment; the account's password goes to the API's own host only."""
        return self._client.stream(
            url,
            max_bytes=MEDIA_BYTES_MAX,
            auth=self._auth,
            auth_host=http.netloc(self._settings.api_base),
        )

    def _library(self) -> Any:
        library = import_module("connectors.sms_twilio.library")
        return library.messages(*self._auth, self._call)

    async def _call(
        self, method: str, url: str, data: Any, headers: Mapping[str, str] | None
    ) -> http.Reply:
        """A call of the library's, to ``api_base``. Raises the contract's errors."""
        reply = await self._client.request(
            method,
            self._settings.api_base + url.removeprefix(TWILIO_API),
            data=urlencode(data or {}, doseq=True).encode(),
            headers=headers,
            auth=self._auth,
        )
        answer = _object(reply)
        _raise_fault(reply, answer)
        if answer is None or not isinstance(answer.get("sid"), str) or not answer["sid"]:
            raise OutcomeUnknown("Twilio took the message, but its answer cannot be read")
        return reply


def _object(reply: http.Reply) -> dict[str, Any] | None:
    try:
        return msgspec.json.decode(reply.body, type=dict[str, Any])
    except (msgspec.DecodeError, UnicodeDecodeError):
        return None


def _raise_fault(reply: http.Reply, answer: Mapping[str, Any] | None) -> None:
    told = answer or {}
    code = told.get("code") or told.get("error_code") or ""
    said = told.get("message") or told.get("title") or ""
    found = errors.fault(reply.status, reply.headers, str(code), str(said))
    if found:
        raise found
