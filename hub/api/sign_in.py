"""Signing in and out, and one-time links."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from aiohttp import web

from hub import auth
from hub.access.oidc.settings import PATH
from hub.api.me import me
from hub.api.security import Code
from hub.auth import SignedIn
from hub.http import Call, NoQuery, Route, json_response, route, same_origin
from hub.passwords import LONGEST
from hub.permissions import Permission
from hub.problems import Problem
from storage.users import NAME_CAP

Address = Annotated[str, msgspec.Meta(max_length=254)]
"""What is tried is remembered by it for a while, so it has a bound."""


class ProviderView(msgspec.Struct):
    """The organisation's own accounts."""

    name: str
    url: str
    """Where the button leads."""


class WaysIn(msgspec.Struct, kw_only=True):
    """How people sign in here."""

    hub: str
    language: str
    passwords: bool
    resets: bool
    """Whether a link for a new password can be sent by mail."""
    provider: ProviderView | None


class SignIn(msgspec.Struct, forbid_unknown_fields=True):
    """Address and password, and a code where there is a second factor."""

    email: Address
    password: Annotated[str, msgspec.Meta(max_length=LONGEST)]
    code: Code | None = None


class Forgotten(msgspec.Struct, forbid_unknown_fields=True):
    """Who wants a new password."""

    email: Address


class UseLink(msgspec.Struct, forbid_unknown_fields=True):
    """What to set while signing in by a link."""

    password: str | None = None
    name: Annotated[str, msgspec.Meta(max_length=NAME_CAP)] | None = None
    code: Code | None = None


class LinkView(msgspec.Struct):
    """Whose link it is."""

    email: str
    name: str
    needs_password: bool
    needs_code: bool


async def sign_in(call: Call[NoQuery, SignIn]) -> web.Response:
    """Sign in by password; the answer sets the session's cookie"""
    _own_page(call)
    body = call.body
    found = await call.hub.auth.sign_in(call.request, body.email, body.password, body.code)
    return await _signed_in(call, found)


async def ways(call: Call[NoQuery, None]) -> WaysIn:
    """How people sign in here"""
    hub = call.hub
    oidc = hub.settings.oidc
    return WaysIn(
        hub=hub.settings.name,
        language=hub.settings.language,
        passwords=hub.auth.takes_passwords,
        resets=hub.auth.takes_passwords and hub.letters.channel() is not None,
        provider=None
        if oidc is None
        else ProviderView(oidc.name, f"{hub.settings.base}{PATH}/start"),
    )


async def forgotten(call: Call[NoQuery, Forgotten]) -> web.Response:
    """Ask for a link for a new password; the answer is the same whoever asks"""
    _own_page(call)
    email = call.body.email.strip().casefold()
    call.hub.auth.may_ask_for_link(call.request, email)
    if call.hub.auth.takes_passwords:
        call.hub.letters.ask(email)
    return web.Response(status=202)


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
    return LinkView(
        row["email"], row["name"], row["password_hash"] is None, row["totp_secret"] is not None
    )


async def use_link(call: Call[NoQuery, UseLink]) -> web.Response:
    """Sign in by a one-time link, and set a password"""
    _own_page(call)
    body = call.body
    found = await call.hub.auth.use_link(
        call.request, call.part("token"), password=body.password, name=body.name, code=body.code
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
        route("GET", "/sign-in", public, ways, answer=WaysIn, csrf=False),
        route("POST", "/password-reset", public, forgotten, body=Forgotten, csrf=False),
        route("POST", "/sign-out", read, sign_out),
        route("GET", "/links/{token}", public, show_link, answer=LinkView, csrf=False),
        route("POST", "/links/{token}", public, use_link, body=UseLink, answer=dict, csrf=False),
    ]
