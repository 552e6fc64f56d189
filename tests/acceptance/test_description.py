"""``/openapi.json`` tells of everything that can be called."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hub.app import application
from tests.hub import office
from tests.hub.office import Office


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Office]:
    async with office.opened(tmp_path) as found:
        yield found


def _refs(part: Any) -> set[str]:
    if isinstance(part, dict):
        own = {part["$ref"]} if isinstance(part.get("$ref"), str) else set()
        return own.union(*map(_refs, part.values()))
    if isinstance(part, list):
        return set().union(*map(_refs, part))
    return set()


async def test_every_route_is_described(hub: Office) -> None:
    async with hub.caller() as anybody:
        described = (await anybody.get("/openapi.json")).json["paths"]
    served = {
        (route.method.lower(), re.sub(r"\{(\w+):[^/]*\}", r"{\1}", route.resource.canonical))
        for route in application(hub.hub).router.routes()
        if route.resource is not None and route.method in {"GET", "POST", "PUT", "PATCH", "DELETE"}
    }
    said = {(method, path) for path, methods in described.items() for method in methods}
    assert said <= served
    assert {
        (method, path)
        for method, path in served - said
        if path.startswith(("/api/", "/in/", "/chat/", "/attachments/"))
    } == set()


async def test_the_description_holds_together(hub: Office) -> None:
    async with hub.caller() as anybody:
        described = (await anybody.get("/openapi.json")).json
    for ref in _refs(described):
        part: Any = described
        for name in ref.removeprefix("#/").split("/"):
            part = part[name]
    names = [
        one["operationId"] for methods in described["paths"].values() for one in methods.values()
    ]
    assert len(names) == len(set(names))
    for path, methods in described["paths"].items():
        for one in methods.values():
            given = {item["name"] for item in one["parameters"] if item["in"] == "path"}
            assert given == set(re.findall(r"\{(\w+)\}", path)), path
