"""Signing in and out, and one-time links."""

from __future__ import annotations

from typing import Any

import msgspec
from aiohttp import web

from hub import auth
from hub.api.me import me
from hub.auth import SignedIn
from hub.http import Call, NoQuery, Route, json_response, route, same_origin
from hub.permissions import Permission
from hub.problems import Problem


class SignIn(msgspec.Struct, forbid_unknown_fields=True):
    """Address and password."""

    email: str
    password: str


class UseLink(msgspec.Struct, forbid_unknown_fields=True):
    """What to set while signing in by a link."""

    password: str | None = None
    name: str | None = None


class LinkView(msgspec.Struct):
    """Whose link it is."""

    email: str
    name: str
    needs_password: bool


async def sign_in(call: Call[NoQuery, SignIn]) -> web.Response:
    """Sign in by password; the answer sets the session's cookie"""
    _own_page(call)
    found = await call.hub.auth.sign_in(call.request, call.body.email, call.body.password)
    return await _signed_in(call, found)


async def sign_out(call: Call[NoQuery, None]) -> web.Response:
    """End this session"""
    if call.principal is not None:
        await call.hub.auth.sign_out(call.principal)
    response = web.Response(status=204)
    response.del_cookie(auth.COOKIE, path="/")
    return response


async def show_link(call: Call[NoQuery, None]) -> LinkView:
    """Whose one-time link this is; looking does not use it up"""
    row = await call.hub.auth.link_owner(call.request, call.part("token"))
    return LinkView(row["email"], row["name"], row["password_hash"] is None)


async def use_link(call: Call[NoQuery, UseLink]) -> web.Response:
    """Sign in by a one-time link, and set a password"""
    _own_page(call)
    found = await call.hub.auth.use_link(
        call.request, call.part("token"), password=call.body.password, name=call.body.name
    )
    return await _signed_in(call, found)


def _own_page(call: Call[Any, Any]) -> None:
    if not same_origin(call.request, call.hub):
        raise Problem(403, "this page may not sign anybody in here")


async def _signed_in(call: Call[Any, Any], found: SignedIn) -> web.Response:
    view = await me(call.hub, found.principal)
    response = json_response({"me": view, "csrf": found.principal.csrf})
    auth.set_cookie(response, found.token, secure=call.hub.settings.secure)
    return response


def routes() -> list[Route[Any, Any]]:
    """The routes of this noun."""
    public, read = Permission.PUBLIC, Permission.READ
    return [
        route("POST", "/sign-in", public, sign_in, body=SignIn, answer=dict, csrf=False),
        route("POST", "/sign-out", read, sign_out),
        route("GET", "/links/{token}", public, show_link, answer=LinkView, csrf=False),
        route("POST", "/links/{token}", public, use_link, body=UseLink, answer=dict, csrf=False),
    ]
