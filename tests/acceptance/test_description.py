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


NO_LISTS = {"/api/v1/find", "/api/v1/ways"}
"""Answers to a question, likeliest first; ``raw-events`` and all the others are lists."""


async def test_all_lists_are_alike(hub: Office) -> None:
    async with hub.admin() as admin:
        described = (await admin.get("/openapi.json")).json
        schemas = described["components"]["schemas"]
        lists = 0
        for path, methods in described["paths"].items():
            answer = methods.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
            schema = answer.get("application/json", {}).get("schema", {})
            shape = schemas.get(schema.get("$ref", "").rpartition("/")[2], schema)
            if "items" not in shape.get("properties", {}) or path in NO_LISTS:
                continue
            lists += 1
            assert "next" in shape["properties"], path
            given = {one["name"] for one in methods["get"]["parameters"]}
            assert {"limit", "cursor"} <= given, path
        assert lists > 20


async def test_a_short_list_comes_in_pages(hub: Office) -> None:
    async with hub.admin() as admin:
        whole = (await admin.get("templates")).json
        assert whole["next"] is None
        names, cursor = [], ""
        while cursor is not None:
            more = {"cursor": cursor} if cursor else {}
            page = (await admin.get("templates", limit=3, **more)).json
            assert len(page["items"]) <= 3
            names += [one["name"] for one in page["items"]]
            cursor = page["next"]
        assert names == [one["name"] for one in whole["items"]]
        answer = await admin.get("calendars", cursor="x")
        assert (answer.status, answer.json["errors"][0]["field"]) == (400, "cursor")
