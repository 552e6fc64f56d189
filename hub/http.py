"""The shell around every handler: who calls, what they may, what they sent, what they get back.

A route is data: method, path, permission, and the msgspec types of query, body and answer. From
the same types come decoding, error messages with the field's path, and ``/openapi.json``.
"""

from __future__ import annotations

import ipaddress
import logging
import random
import re
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec
from aiohttp import ClientPayloadError, web
from aiohttp.http_exceptions import HttpProcessingError

from connectors.exchange import REQUEST_ID
from hub.body import whole
from hub.fields import FieldError, explain
from hub.permissions import Permission
from hub.problems import Problem, forbidden, invalid

if TYPE_CHECKING:
    from hub.access.principal import Principal
    from hub.app import Hub
    from hub.settings import Settings

log = logging.getLogger("hub.http")

HUB: web.AppKey[Hub] = web.AppKey("hub")
ROUTES: web.AppKey[list[Route[Any, Any]]] = web.AppKey("routes")
JSON_BYTES = 1_000_000
"""The cap of a JSON body."""
_NUL = "has a NUL, which no text may have"
_random = random.Random()  # noqa: S311 - a request's name, not a secret; urandom costs 17 us
_REQUEST_ID = re.compile(r"[A-Za-z0-9_.-]{8,64}")
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
}
Q = TypeVar("Q")
B = TypeVar("B")


class NoQuery(msgspec.Struct, forbid_unknown_fields=True):
    """No parameters."""


@dataclass(slots=True)
class Call(Generic[Q, B]):
    """One call of one route, checked and decoded: all that a handler gets."""

    hub: Hub
    request: web.Request
    principal: Principal | None
    query: Q
    body: B

    @property
    def who(self) -> Principal:
        """The caller of a route that is not public."""
        if self.principal is None:
            raise Problem(401, "sign in first")
        return self.principal

    def id(self, name: str = "id") -> int:
        """A number from the path."""
        return int(self.request.match_info[name])

    def part(self, name: str) -> str:
        """A text from the path."""
        return self.request.match_info[name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Route(Generic[Q, B]):
    """One route. ``{id}`` in ``path`` is a number, ``{name}`` and the like are text."""

    method: str
    path: str
    permission: Permission
    handler: Callable[[Call[Q, B]], Awaitable[Any]]
    query: type[Q]
    body: type[B] | None = None
    answer: Any = None
    """Type of the JSON answer, for /openapi.json; None: no content, or not JSON."""
    status: int = 200
    summary: str = ""
    raw: bool = False
    """The handler reads the body itself and is not limited to JSON."""
    csrf: bool = True
    """Whether an unsafe call by cookie needs the header; only sign-in does not."""


def route(
    method: str,
    path: str,
    permission: Permission,
    handler: Callable[[Call[Q, B]], Awaitable[Any]],
    **more: Any,
) -> Route[Q, B]:
    """A Route whose parameters default to none."""
    more.setdefault("query", NoQuery)
    summary = (handler.__doc__ or "").strip().partition("\n")[0]
    more.setdefault("summary", summary.rstrip("."))
    return Route(method=method, path=path, permission=permission, handler=handler, **more)


def attach(app: web.Application, routes: Iterable[Route[Any, Any]]) -> None:
    """Put routes on the application, each behind its guard."""
    for item in routes:
        app.setdefault(ROUTES, []).append(item)
        path = re.sub(r"\{(id|\w+_id)\}", r"{\1:\\d{1,18}}", item.path)
        handler = _guarded(item)
        if item.method == "GET":
            app.router.add_get(path, handler)
        else:
            app.router.add_route(item.method, path, handler)


def _guarded(item: Route[Q, B]) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def handle(request: web.Request) -> web.StreamResponse:
        hub = request.app[HUB]
        principal = await _admit(hub, request, item)
        query = read_query(request, item.query)
        body: Any = None
        if item.body is not None and not item.raw:
            body = decode(await read_body(request, JSON_BYTES), item.body)
        call: Call[Q, B] = Call(hub, request, principal, query, body)
        answer = await item.handler(call)
        return _respond(item, answer)

    handle.route = item  # type: ignore[attr-defined]  # a test walks all routes by it
    return handle


async def _admit(hub: Hub, request: web.Request, item: Route[Any, Any]) -> Principal | None:
    """Who calls, if this route lets them. Raises Problem (401, 403, 429)."""
    if item.permission is Permission.PUBLIC and not item.csrf:
        return None
    principal = await hub.auth.principal(request)
    if item.permission is Permission.PUBLIC:
        return principal
    if item.permission is Permission.LOCAL and is_local(request, hub.settings):
        return principal
    if principal is None:
        raise Problem(401, "sign in first", headers={"WWW-Authenticate": "Bearer"})
    needed = Permission.READ if item.permission is Permission.LOCAL else item.permission
    if needed not in principal.permissions:
        raise forbidden(needed)
    if request.method not in _SAFE and item.csrf and not principal.csrf_ok(request):
        raise Problem(403, "the header X-CSRF-Token is missing or wrong")
    if "Upgrade" in request.headers and principal.session and not same_origin(request, hub):
        raise Problem(403, "this page may not open a socket here")
    return principal


def same_origin(request: web.Request, hub: Hub) -> bool:
    """Whether the page that calls is ours, so far as the browser says."""
    origin = request.headers.get("Origin")
    if origin is None:
        return True
    own = {hub.settings.origin, f"http://{request.host}", f"https://{request.host}"}
    return origin.lower() in {item.lower() for item in own}


def _respond(item: Route[Any, Any], answer: Any) -> web.StreamResponse:
    if isinstance(answer, web.StreamResponse):
        return answer
    if answer is None and item.answer is None:
        return web.Response(status=204)
    return json_response(answer, item.status)


def json_response(value: Any, status: int = 200) -> web.Response:
    """Any value that msgspec can encode."""
    return web.Response(
        body=msgspec.json.encode(value),
        status=status,
        content_type="application/json",
        headers={"Cache-Control": "no-store"},
    )


# ---------------------------------------------------------------- what they sent


def read_query(request: web.Request, kind: type[Q]) -> Q:
    """The query parameters. Raises Problem (400): unknown, doubled or wrong ones are refused."""
    given: dict[str, str] = {}
    for name, value in request.query.items():
        if name in given:
            raise invalid(name, "is given twice")
        if "\0" in value:
            raise invalid(name, _NUL)
        given[name] = value
    try:
        return msgspec.convert(given, kind, strict=False)
    except msgspec.ValidationError as err:
        raise _refused(explain(err)) from err


async def read_body(request: web.Request, cap: int) -> bytes:
    """The body, refused while reading once it is over ``cap`` bytes. Raises Problem (400, 408, 413,
    415)."""
    if (found := await whole(request, cap)) is None:
        raise Problem(413, f"the body is larger than {cap} bytes")
    return found


def decode(body: bytes, kind: type[B]) -> B:
    """JSON as ``kind``; an empty body is an empty object. Raises Problem (400) with the field."""
    try:
        found = msgspec.json.decode(body.strip() or b"{}", type=kind)
    except msgspec.ValidationError as err:
        raise _refused(explain(err)) from err
    except (msgspec.DecodeError, UnicodeError, RecursionError) as err:
        raise Problem(400, f"the body is not JSON: {err}") from err
    if b"\\u0000" in body:
        _refuse_nul(msgspec.to_builtins(found), "")
    return found


def _refuse_nul(value: Any, path: str) -> None:
    """No store keeps a NUL in a text. Raises Problem (400)."""
    if isinstance(value, str) and "\0" in value:
        raise invalid(path, _NUL)
    if isinstance(value, dict):
        for name, item in value.items():
            _refuse_nul(item, f"{path}.{name}" if path else name)
    elif isinstance(value, list):
        for place, item in enumerate(value):
            _refuse_nul(item, f"{path}[{place}]")


def _refused(error: FieldError) -> Problem:
    return Problem(400, str(error), errors=[error])


# ---------------------------------------------------------------- where from


def client_address(request: web.Request, settings: Settings) -> str:
    """The caller's address: of the socket, or what a proxy of ours says."""
    chain = [
        _bare(item) for item in ",".join(request.headers.getall("X-Forwarded-For", [])).split(",")
    ]
    found = request.remote or ""
    while chain and _is_proxy(found, settings):
        if said := chain.pop():
            found = said
    return found


def _bare(address: str) -> str:
    """An address as some proxies write it: in brackets, with a port."""
    address = address.strip()
    if address.startswith("["):
        return address[1:].partition("]")[0]
    host, colon, port = address.rpartition(":")
    return host if colon and ":" not in host and port.isdigit() else address


def _is_proxy(address: str, settings: Settings) -> bool:
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in settings.proxies)


def is_local(request: web.Request, settings: Settings) -> bool:
    """Whether the call comes from this machine and not through a proxy."""
    if "X-Forwarded-For" in request.headers or "Forwarded" in request.headers:
        return False
    try:
        return ipaddress.ip_address(client_address(request, settings)).is_loopback
    except ValueError:
        return False


# ---------------------------------------------------------------- around everything

Failures = Mapping[type[Exception], Callable[[Exception], Problem]]


def shell(failures: Failures) -> Any:
    """The outermost middleware: request id, and every error as a problem.

    ``failures`` says what the exceptions of the layers below mean to a caller.
    """

    @web.middleware
    async def outer(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        given = request.headers.get("X-Request-Id", "")
        request_id = given if _REQUEST_ID.fullmatch(given) else f"{_random.getrandbits(64):016x}"
        REQUEST_ID.set(request_id)  # of this request's log lines, and of what is sent for it
        since = time.perf_counter()
        try:
            response = await handler(request)
        except Problem as err:
            response = err.response(request_id)
        except web.HTTPException as err:
            response = err if err.status < 400 else _from_aiohttp(err).response(request_id)
        except HttpProcessingError as err:
            response = Problem(400, f"this is not HTTP: {err.message}").response(request_id)
        except web.RequestPayloadError:
            response = Problem(400, "the body cannot be decoded").response(request_id)
        except (ConnectionError, ClientPayloadError):
            response = Problem(400, "the request broke off").response(request_id)
        except Exception as err:  # noqa: BLE001  the edge: nothing may leave as a traceback
            response = _unexpected(err, failures, request, request_id).response(request_id)
        if not response.prepared:
            response.headers["X-Request-Id"] = request_id
        if log.isEnabledFor(logging.DEBUG):
            ms = round((time.perf_counter() - since) * 1000, 1)
            log.debug(
                "%s %s %d", request.method, _place(request), response.status, extra={"ms": ms}
            )
        return response

    return outer


def _from_aiohttp(err: web.HTTPException) -> Problem:
    phrases = {404: "there is nothing here", 405: "not with this method"}
    detail = phrases.get(err.status, HTTPStatus(err.status).phrase)
    allow = {"Allow": err.headers["Allow"]} if "Allow" in err.headers else {}
    return Problem(err.status, detail, headers=allow)


def _place(request: web.Request) -> str:
    """The route that was called: paths hold names and tokens."""
    resource = request.match_info.route.resource
    return "?" if resource is None else resource.canonical


def _unexpected(
    err: Exception, failures: Failures, request: web.Request, request_id: str
) -> Problem:
    for kind, problem in failures.items():
        if isinstance(err, kind):
            return problem(err)
    log.error("%s %s failed, request %s", request.method, _place(request), request_id, exc_info=err)
    return Problem(500, "something went wrong here; it is logged under this request id")


async def add_headers(_request: web.Request, response: web.StreamResponse) -> None:
    """Signal ``on_response_prepare``: the headers that make browsers careful."""
    headers = response.headers
    for name, value in _HEADERS.items():
        headers.setdefault(name, value)
