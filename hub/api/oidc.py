"""Signing in by the organisation's own provider: there, and back with a code."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import quote

import msgspec
from aiohttp import web

from hub import auth
from hub.access.oidc.people import Reason, TurnedAway
from hub.access.oidc.settings import COOKIE, LASTS, PATH
from hub.http import Call, Route, route
from hub.permissions import Permission
from hub.problems import Problem, not_found
from storage.errors import StoreUnavailable

_PRINTED = re.compile(r"[!-~]+")


class Begin(msgspec.Struct, forbid_unknown_fields=True):
    """Where to go afterwards: a path of ours."""

    to: str = "/"


class Answer(msgspec.Struct):
    """What the provider says; it may say more, which nobody reads."""

    state: str = ""
    code: str = ""
    iss: str = ""
    """Who answers, where it says so: RFC 9207."""
    error: str = ""


async def begin(call: Call[Begin, None]) -> web.Response:
    """To the provider"""
    if call.hub.oidc is None:
        raise not_found("provider")
    call.hub.auth.slow_down_provider(call.request)
    try:
        begun = await call.hub.oidc.begin(call.query.to)
    except TurnedAway as err:
        return _back(f"/#oidc={err.reason}")
    response = _back(begun.url)
    response.set_cookie(
        COOKIE,
        begun.cookie,
        max_age=LASTS,
        httponly=True,
        samesite="Lax",
        secure=call.hub.settings.secure,
        path=PATH,
    )
    return response


async def finish(call: Call[Answer, None]) -> web.Response:
    """Back from the provider: a session, or words why not"""
    if call.hub.oidc is None:
        raise not_found("provider")
    given = {name: value for name, value in msgspec.structs.asdict(call.query).items() if value}
    try:
        call.hub.auth.slow_down_provider(call.request)
        cookie = call.request.cookies.get(COOKIE, "")
        user, to = await call.hub.oidc.finish(cookie, given)
        found = await call.hub.auth.open_for(call.request, user, "oidc")
    except TurnedAway as err:
        return _done(_back(f"/#oidc={err.reason}"))
    except (Problem, StoreUnavailable):
        return _done(_back(f"/#oidc={Reason.BUSY}"))
    response = _done(_back(to))
    auth.set_cookie(response, found.token, secure=call.hub.settings.secure)
    return response


def _back(to: str) -> web.Response:
    location = to if _PRINTED.fullmatch(to) else quote(to, safe="/:?#[]@!$&'()*+,;=%")
    headers = {"Location": location, "Cache-Control": "no-store"}
    return web.Response(status=303, headers=headers)


def _done(response: web.Response) -> web.Response:
    response.del_cookie(COOKIE, path=PATH)
    return response


def routes() -> list[Route[Any, Any]]:
    """The routes of this noun."""
    public = Permission.PUBLIC
    return [
        route("GET", "/oidc/start", public, begin, query=Begin, csrf=False),
        route("GET", "/oidc/callback", public, finish, query=Answer, csrf=False),
    ]
