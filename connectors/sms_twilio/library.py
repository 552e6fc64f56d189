"""Twilio's own library on our guarded client. Imported with the first message: it is heavy."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from twilio.http import AsyncHttpClient
from twilio.http.response import Response
from twilio.rest import Client

from connectors import http

Call = Callable[[str, str, Any, Mapping[str, str] | None], Awaitable[http.Reply]]
"""``call(method, url, data, headers)``: one request; raises the contract's errors."""


class Transport(AsyncHttpClient):  # type: ignore[misc]  # the library has no types
    """The library's door to the net."""

    def __init__(self, call: Call) -> None:
        super().__init__(logger=None, is_async=True)
        self._call = call

    async def request(self, method: str, url: str, **given: Any) -> Any:
        """A request of the library; its login, time-out and redirects are ours to say."""
        reply = await self._call(method, url, given.get("data"), given.get("headers"))
        return Response(reply.status, reply.text, reply.headers)


def messages(account_sid: str, auth_token: str, call: Call) -> Any:
    """The library's ``client.messages``. The process's own TWILIO_… variables do not count."""
    nothing = {"": ""}  # an empty mapping would mean os.environ
    transport = Transport(call)
    return Client(account_sid, auth_token, http_client=transport, environment=nothing).messages
