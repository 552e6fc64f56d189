"""For machines that watch: health, figures, and the description of this API."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from hub import observe, openapi
from hub.http import ROUTES, Call, NoQuery, Route, json_response, route
from hub.permissions import Permission
from storage.errors import StoreError

if TYPE_CHECKING:
    from storage.tx import Tx

WRITABLE_SECONDS = 2.0
"""Within which a store that is well takes an empty transaction."""


class Health(msgspec.Struct):
    """Whether contacts are taken."""

    status: str


async def healthz(call: Call[NoQuery, None]) -> web.Response:
    """200 once the store is migrated and webhooks are taken, else 503"""
    if not call.hub.ready:
        return json_response(Health("starting"), 503)
    try:
        call.hub.room.check()
        async with asyncio.timeout(WRITABLE_SECONDS):
            await call.hub.db.write(_nothing)
    except (StoreError, TimeoutError):
        return json_response(Health("the store cannot be written"), 503)
    return json_response(Health("ok"))


def _nothing(_tx: Tx) -> None:
    """A transaction without effect: where it can begin and end, others can."""


async def metrics(call: Call[NoQuery, None]) -> web.Response:
    """Figures for Prometheus"""
    from prometheus_client import CONTENT_TYPE_LATEST, generate_latest  # noqa: PLC0415

    observe.QUEUE.set(call.hub.db.waiting)
    body = generate_latest(observe.REGISTRY)
    return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})


async def describe(call: Call[NoQuery, None]) -> web.Response:
    """This API, as OpenAPI 3.1"""
    known: list[Route[Any, Any]] = call.request.app[ROUTES]
    return json_response(_description(tuple(known)))


@cache
def _description(routes: tuple[Route[Any, Any], ...]) -> dict[str, Any]:
    return openapi.document(routes)


def root_routes() -> list[Route[Any, Any]]:
    """What stands outside of /api/v1."""
    public = Permission.PUBLIC
    return [
        route("GET", "/healthz", public, healthz, csrf=False),
        route("GET", "/metrics", Permission.LOCAL, metrics),
        route("GET", "/openapi.json", public, describe, csrf=False),
    ]
