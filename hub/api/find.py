"""Find: one question over names, addresses, tracking codes and subjects."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import msgspec

from hub.api.access import sight
from hub.http import Call, Route, route
from hub.permissions import Permission
from hub.persons import find as finder
from hub.persons.find import Hit

if TYPE_CHECKING:
    from hub.access.principal import Principal
    from storage.db import Tx


class Question(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What was typed: two letters at least, or four digits of a number or tracking code."""

    q: Annotated[str, msgspec.Meta(max_length=200)]
    limit: Annotated[int, msgspec.Meta(ge=1, le=50)] = 8
    """Of people, and of matters."""


class Found(msgspec.Struct):
    """Likeliest first."""

    items: list[Hit]


async def find(call: Call[Question, None]) -> Found:
    """People and matters by name, address, tracking code or subject"""
    return await call.hub.db.read(_find, call.query, call.who)


def _find(tx: Tx, query: Question, who: Principal) -> Found:
    return Found(finder.find(tx, query.q, sight(tx, who), limit=query.limit))


def routes() -> list[Route[Any, Any]]:
    """The routes of this noun."""
    return [route("GET", "/find", Permission.READ, find, query=Question, answer=Found)]
