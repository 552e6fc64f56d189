"""The page behind the unsubscribe links of our mails: public, by signed link only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from aiohttp import web

from hub import clock, unsubscribing
from hub.http import Call, NoQuery, Route, route
from hub.permissions import Permission
from hub.problems import not_found

if TYPE_CHECKING:
    from storage.db import Tx


async def ask(call: Call[NoQuery, None]) -> web.Response:
    """Ask whether to write no more"""
    _named(call)
    return _page(call, done=False)


async def stop(call: Call[NoQuery, None]) -> web.Response:
    """Write no more, but for answers: a button's POST, or a mail client's one click (RFC 8058)"""
    identity, channel = _named(call)
    agent = call.request.headers.get("User-Agent", "")[:200]
    key = ("identity", identity)
    await call.hub.db.write(_stop, identity, channel, agent, clock.now(), key=key)
    return _page(call, done=True)


def _stop(tx: Tx, identity: int, channel: int, agent: str, now: int) -> None:
    known = tx.one("SELECT 1 FROM identity WHERE id = :id", id=identity)
    if known is None or tx.one("SELECT 1 FROM channel WHERE id = :id", id=channel) is None:
        raise not_found("link")
    unsubscribing.withdraw(tx, identity, channel, proof=agent, now=now)


def _named(call: Call[NoQuery, None]) -> tuple[int, int]:
    found = unsubscribing.named(call.hub.keys, call.part("token"))
    if found is None:
        raise not_found("link")
    return found


def _page(call: Call[NoQuery, None], *, done: bool) -> web.Response:
    asked = call.request.headers.get("Accept-Language", "") or call.hub.settings.language
    return web.Response(
        text=unsubscribing.page(asked.strip().lower(), done=done),
        content_type="text/html",
        headers={"Content-Security-Policy": unsubscribing.POLICY, "Cache-Control": "no-store"},
    )


def root_routes() -> list[Route[Any, Any]]:
    """What stands outside of /api/v1."""
    public, path = Permission.PUBLIC, "/unsubscribe/{token}"
    return [
        route("GET", path, public, ask, csrf=False),
        route("POST", path, public, stop, csrf=False, raw=True),
    ]
