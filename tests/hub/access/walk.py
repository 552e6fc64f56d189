"""Every route of the API, called with whatever ids, queries and bodies fit its types."""

from __future__ import annotations

import asyncio
import itertools
import json
import re
import types
import typing
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec

from hub.http import Route
from tests.hub.office import Caller

AT_ONCE = 8
NOT_CALLED = ("/api/v1/live", "/api/v1/sign-out", "/api/v1/me/sign-out-everywhere")
"""A socket (looked at by itself), and what would end the caller."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One call."""

    route: str
    """METHOD PATTERN"""
    method: str
    path: str
    query: Mapping[str, str]
    body: Any = None


@dataclass(frozen=True, slots=True)
class Heard:
    """One answer, headers and all."""

    ask: Ask
    status: int
    text: str


def asks(
    routes: Iterable[Route[Any, Any]],
    *,
    ids: Iterable[int],
    names: Iterable[str],
    words: Mapping[str, list[str]],
    values: Mapping[str, Any],
) -> Iterator[Ask]:
    """Calls of every route: each id in each place, each query parameter alone, two bodies.

    ``words``: what is tried for a query parameter of that name; ``values``: likewise for a field of
    a body; a parameter that nobody knows gets something of its type.
    """
    for item in routes:
        if item.path in NOT_CALLED or item.raw:
            continue
        label = f"{item.method} {item.path}"
        for path in _paths(item.path, ids, names):
            for query in _queries(item.query, words):
                for body in _bodies(item.body, values):
                    yield Ask(label, item.method, path, query, body)


def _paths(pattern: str, ids: Iterable[int], names: Iterable[str]) -> Iterator[str]:
    parts = re.findall(r"\{(\w+)\}", pattern)
    choices = [
        [str(id) for id in ids] if part == "id" or part.endswith("_id") else list(names)
        for part in parts
    ]
    for chosen in itertools.product(*choices):
        path = pattern
        for part, value in zip(parts, chosen, strict=True):
            path = path.replace(f"{{{part}}}", value)
        yield path


def _queries(kind: type, words: Mapping[str, list[str]]) -> Iterator[dict[str, str]]:
    fields = msgspec.structs.fields(kind)
    needed = {one.encode_name: _text(one.type) for one in fields if one.required}
    yield needed
    for one in fields:
        for value in words.get(one.encode_name, _choices(one.type)):
            yield {**needed, one.encode_name: value}


def _choices(kind: Any) -> list[str]:
    """Each value of a closed list; nothing for open types: those are named by ``words``."""
    if typing.get_origin(kind) is Literal:
        return [str(value) for value in typing.get_args(kind)]
    return [value for one in typing.get_args(kind) for value in _choices(one)]


def _text(kind: Any) -> str:
    value = _value(kind, {}, everything=False)
    return value if isinstance(value, str) else json.dumps(value)


def _bodies(kind: Any, values: Mapping[str, Any]) -> list[Any]:
    if kind is None:
        return [None]
    found = [_value(kind, values, everything=one) for one in (False, True)]
    return found if found[0] != found[1] else found[:1]


def _value(kind: Any, values: Mapping[str, Any], *, everything: bool) -> Any:
    """Something of that type; ``everything``: with the optional fields that ``values`` names."""
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if origin is typing.Annotated:
        return _value(args[0], values, everything=everything)
    if origin is Literal:
        return args[0]
    if origin in (typing.Union, types.UnionType):
        kinds = [one for one in args if one is not type(None) and one is not msgspec.UnsetType]
        return _value(kinds[0], values, everything=everything)
    if origin in (list, tuple):
        return []
    if origin is dict:
        return {}
    if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
        found = {}
        for one in msgspec.structs.fields(kind):
            if one.required or (everything and one.encode_name in values):
                given = values.get(one.encode_name)
                value = _value(one.type, values, everything=everything) if given is None else given
                found[one.encode_name] = value
        return found
    if kind is datetime:
        return (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    return {int: 1, bool: True, float: 1.0}.get(kind, "x")


async def call(caller: Caller, many: Iterable[Ask]) -> list[Heard]:
    """Call them, some at a time, in no order."""
    slots = asyncio.Semaphore(AT_ONCE)

    async def one(ask: Ask) -> Heard:
        async with slots:
            given: dict[str, Any] = {"params": dict(ask.query), "allow_redirects": False}
            if ask.body is not None:
                given["json"] = ask.body
            url = caller.base + ask.path
            async with caller.session.request(ask.method, url, **given) as answer:
                text = (await answer.read()).decode("utf-8", "replace")
                return Heard(ask, answer.status, f"{dict(answer.headers)}\n{text}")

    return await asyncio.gather(*(one(ask) for ask in many))
