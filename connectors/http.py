"""The guarded client for everything a connector asks of the outside over HTTP.

It refuses addresses that are not public, after DNS and at every redirect, unless the host is
allowed; it caps what it reads; and it says what went wrong in the contract's errors, once for all:

* nothing was sent yet (no address, refused, TLS, time-out while connecting): Unavailable
* the request was out and the answer did not come: OutcomeUnknown, or Unavailable if it can be
  repeated safely
* 401, 403: Unauthorized; 408, 429, 5xx: Unavailable (with ``Retry-After``); the rest: Rejected
"""

from __future__ import annotations

import time
from base64 import b64encode
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from types import SimpleNamespace, TracebackType
from typing import Any, Self

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp_socks import ProxyConnectionError, ProxyError, ProxyTimeoutError
from yarl import URL

from connectors import broken, exchange, guard
from connectors import proxy as proxies
from connectors.contract import (
    ChannelError,
    OutcomeUnknown,
    Rejected,
    Unauthorized,
    Unavailable,
)

REPLY_MAX = 4 * 1024 * 1024
"""Bytes of an API's answer."""
TIMEOUT = timedelta(seconds=30)
"""For a whole request, if its client does not say otherwise."""
REDIRECTS_MAX = 5
RETRY_AFTER_MAX = timedelta(days=1)
_CHUNK = 65_536
_IDEMPOTENT = frozenset({"GET", "HEAD", "PUT", "DELETE", "OPTIONS"})
_PROXY_FAULTS = (ProxyError, ProxyConnectionError, ProxyTimeoutError)
_FAULTS = (aiohttp.ClientError, OSError, *_PROXY_FAULTS)  # TimeoutError is an OSError
_KEEP_ALIVE = 5.0
"""Seconds. Short: a POST on a connection that the server has just closed is an unknown outcome."""


# ---------------------------------------------------------------- answers


@dataclass(frozen=True, slots=True)
class Reply:
    """A whole answer, of any status."""

    status: int
    headers: Mapping[str, str]
    """Case-insensitive."""
    body: bytes = field(repr=False)

    @property
    def text(self) -> str:
        return self.body.decode("utf-8", "replace")


def fault(status: int, headers: Mapping[str, str], words: str = "") -> ChannelError | None:
    """What a status means, or None for 2xx. ``words`` are the provider's, for people to read."""
    if 200 <= status < 300:
        return None
    said = f"{status}: {words}" if words else f"the provider answered {status}"
    if status in (401, 403):
        return Unauthorized(said)
    if status in (408, 429) or status >= 500:
        return Unavailable(said, retry_after=retry_after(headers))
    return Rejected(said, code=str(status))


def retry_after(headers: Mapping[str, str], now: datetime | None = None) -> timedelta | None:
    """``Retry-After`` (RFC 9110 10.2.3), in seconds or a date; at most a day, None if unusable."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return min(timedelta(seconds=int(text[:9])), RETRY_AFTER_MAX)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return None
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return min(max(at - (now or datetime.now(UTC)), timedelta(0)), RETRY_AFTER_MAX)


# ---------------------------------------------------------------- the client


class HttpClient:
    """One pool of connections; an async context manager. Never logs, never keeps cookies.

    ``allow_hosts`` names hosts (``pbx.lan``, or ``127.0.0.1:8088`` for that port alone) that need
    not be public: those of the channel's own settings, and those the operator allows. ``proxy``:
    what every connection goes through; names are then resolved there (see ``connectors.proxy``).
    """

    def __init__(
        self,
        *,
        user_agent: str,
        allow_hosts: frozenset[str] = frozenset(),
        timeout: timedelta | None = None,
        resolver: AbstractResolver | None = None,
        proxy: str = "",
    ) -> None:
        self._proxy = proxy
        self._user_agent = user_agent
        self._allowed = frozenset(host.lower() for host in allow_hosts)
        self._timeout = timeout or TIMEOUT
        self._resolver = resolver
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Self:
        self._session = aiohttp.ClientSession(
            connector=self._connector(),
            cookie_jar=aiohttp.DummyCookieJar(),
            headers={"User-Agent": self._user_agent},
            timeout=aiohttp.ClientTimeout(total=self._timeout.total_seconds(), connect=10),
            trace_configs=[_sent_trace()],
        )
        return self

    def _connector(self) -> aiohttp.BaseConnector:
        if self._proxy:
            return proxies.connector(self._proxy, keepalive_timeout=_KEEP_ALIVE)
        resolver = guard.GuardedResolver(self._resolver or aiohttp.DefaultResolver(), self._allowed)
        return aiohttp.TCPConnector(resolver=resolver, keepalive_timeout=_KEEP_ALIVE)

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._session:
            await self._session.close()
        self._session = None

    async def request(
        self,
        method: str,
        url: str,
        *,
        params: Mapping[str, str] | None = None,
        data: Any = None,
        headers: Mapping[str, str] | None = None,
        auth: tuple[str, str] | None = None,
    ) -> Reply:
        """A whole answer of at most ``REPLY_MAX`` bytes, whatever its status; no redirects.

        Raises Unavailable, OutcomeUnknown (see above) and Rejected for an address that is refused.
        """
        target = self._guarded(url)
        if params:
            target = target.update_query(params)
        options = {"data": data, "headers": {**_named(), **(headers or {}), **_basic(auth)}}
        state, since = SimpleNamespace(sent=False), time.perf_counter()
        call = f"{method.upper()} {exchange.address(str(target))}"
        try:
            async with self._open(method, target, state, options) as response:
                body = await _read_capped(response, REPLY_MAX)
                reply = Reply(response.status, response.headers, body)
                _note(call, data, reply, response.reason or "", since)
                return reply
        except _FAULTS as err:
            broken = _broken(err, unsure=state.sent and method.upper() not in _IDEMPOTENT)
            if exchange.heard():
                exchange.note(call, str(broken), sent=exchange.fields(data), since=since)
            raise broken from err

    @asynccontextmanager
    async def stream(
        self,
        url: str,
        *,
        max_bytes: int,
        auth: tuple[str, str] | None = None,
        auth_host: str = "",
    ) -> AsyncIterator[AsyncIterator[bytes]]:
        """GET, redirects followed (each guarded), as pieces of at most 64 KiB.

        ``auth`` goes only to ``auth_host`` (``host:port`` as in ``netloc``). Raises Unavailable,
        Unauthorized, or Rejected (gone, refused, larger than ``max_bytes``), while reading too.
        """
        target, state = self._guarded(url), SimpleNamespace(sent=False)
        for _ in range(REDIRECTS_MAX + 1):
            login = _basic(auth if netloc(target) == auth_host else None)
            try:
                response = await self._open("GET", target, state, {"headers": login})
            except _FAULTS as err:
                raise _broken(err, unsure=False) from err
            async with response:
                location = response.headers.get("Location", "")
                if 300 <= response.status < 400 and location:
                    target = self._guarded(location, target)
                    continue
                found = fault(response.status, response.headers)
                if found:
                    raise found
                async with aclosing(_pieces(response, max_bytes)) as pieces:
                    yield pieces
                return
        raise Rejected("too many redirects")

    def _open(
        self, method: str, target: URL, state: SimpleNamespace, options: dict[str, Any]
    ) -> Any:
        if self._session is None:
            raise RuntimeError("the client is not open")
        return self._session.request(
            method, target, allow_redirects=False, trace_request_ctx=state, **options
        )

    def _guarded(self, url: str, base: URL | None = None) -> URL:
        """The URL, checked as far as can be without DNS. Raises Rejected."""
        try:
            target = base.join(URL(url)) if base else URL(url)
            host, port = target.host, target.port
        except ValueError as err:
            raise Rejected("not a URL", code="url") from err
        if target.scheme not in ("http", "https") or not host:
            raise Rejected("not a web address", code="url")
        inside = guard.is_local(str(target)) if self._proxy else guard.is_inside(host)
        if inside and not guard.is_allowed(host, port, self._allowed):
            raise Rejected(f"{host} is not a public address", code="address")
        return target.with_user(None) if target.user is not None else target


def netloc(url: URL | str) -> str:
    """``host:port`` of a URL, lower case, the scheme's port filled in. Raises ValueError."""
    parsed = URL(url) if isinstance(url, str) else url
    return f"{parsed.host or ''}:{parsed.port or ''}".lower()


def _basic(auth: tuple[str, str] | None) -> dict[str, str]:
    """The header of HTTP basic authentication (RFC 7617); nothing without a login."""
    if auth is None:
        return {}
    return {"Authorization": "Basic " + b64encode(":".join(auth).encode()).decode("ascii")}


def _named() -> dict[str, str]:
    """The header by which a provider's log and ours can be laid side by side."""
    request_id = exchange.REQUEST_ID.get()
    return {exchange.REQUEST_HEADER: request_id} if request_id else {}


def _note(call: str, data: Any, reply: Reply, reason: str, since: float) -> None:
    if not exchange.heard():
        return
    refused = not 200 <= reply.status < 300
    exchange.note(
        call,
        f"{reply.status} {reason}".strip(),
        sent=exchange.fields(data),
        got=exchange.headers(reply.headers) | exchange.fields(reply.body, refused=refused),
        since=since,
    )


async def _read_capped(response: aiohttp.ClientResponse, limit: int) -> bytes:
    body = bytearray()
    async for piece in response.content.iter_chunked(_CHUNK):
        body += piece
        if len(body) > limit:
            raise aiohttp.ClientPayloadError("the answer is too large")
    return bytes(body)


async def _pieces(response: aiohttp.ClientResponse, limit: int) -> AsyncGenerator[bytes, None]:
    if (response.content_length or 0) > limit:
        raise Rejected(f"larger than {limit} bytes", code="too_large")
    left = limit
    try:
        async for piece in response.content.iter_chunked(_CHUNK):
            left -= len(piece)
            if left < 0:
                raise Rejected(f"larger than {limit} bytes", code="too_large")
            yield piece
    except (aiohttp.ClientError, OSError) as err:
        raise _broken(err, unsure=False) from err


def _broken(err: Exception, *, unsure: bool) -> ChannelError:
    """The contract's error for a connection that failed; never with the URL in its words."""
    cause = getattr(err, "os_error", err)
    if isinstance(cause, guard.AddressRefused):
        return Rejected(str(cause), code="address")
    why = broken.words(err)
    if unsure:
        return OutcomeUnknown(f"sent, but the connection failed: {why}")
    return Unavailable(f"the connection failed: {why}")


def _sent_trace() -> aiohttp.TraceConfig:
    """Marks a request as out with its first bytes: before that nothing can have happened."""
    trace = aiohttp.TraceConfig()

    async def headers_sent(_session: Any, context: Any, _params: Any) -> None:
        context.trace_request_ctx.sent = True

    trace.on_request_headers_sent.append(headers_sent)
    return trace
