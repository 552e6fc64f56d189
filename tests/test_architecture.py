"""What keeps the layers apart: imports run one way, the core names no channel, routes ask."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from connectors.registry import KINDS
from hub import api, openapi
from hub.permissions import Permission

ROOT = Path(__file__).resolve().parent.parent
LAYERS = ("hub", "storage", "routing", "connectors")
PUBLIC = {
    "/api/v1/sign-in",
    "/api/v1/links/{token}",
    "/api/v1/password-reset",
    "/api/v1/oidc/start",
    "/api/v1/oidc/callback",
    "/unsubscribe/{token}",
    "/attachments/{id}/{name}",
    "/healthz",
    "/openapi.json",
}
"""Whoever adds to it has thought about it."""
WORDS = {"email"}
"""Kinds that are words of the trade as well: looked for only beside ``kind``."""


def modules(package: str) -> list[Path]:
    return [path for path in (ROOT / package).rglob("*.py") if "node_modules" not in path.parts]


def imports(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            yield node.module.partition(".")[0]


@pytest.mark.parametrize("layer", LAYERS)
def test_imports_run_one_way(layer: str) -> None:
    above = set(LAYERS[: LAYERS.index(layer)])
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules(layer)
        for name in imports(path)
        if name in above
    ]
    assert wrong == []


def test_connectors_see_neither_database_nor_web_framework() -> None:
    wrong = [
        f"{path.relative_to(ROOT)} imports {name}"
        for path in modules("connectors")
        for name in imports(path)
        if name in {"sqlite3", "psycopg"}
    ]
    assert wrong == []


def test_the_core_names_no_channel() -> None:
    own = "|".join(map(re.escape, sorted(KINDS.keys() - WORDS)))
    shared = "|".join(map(re.escape, sorted(KINDS.keys() & WORDS)))
    literal = re.compile(rf"""["'](?:{own})["']|\bkind\W+\w*\W*["'](?:{shared})["']""")
    exempt = ("hub/web/", "hub/demo", "hub/simulator")
    wrong = [
        f"{path.relative_to(ROOT)}:{number}"
        for layer in ("hub", "storage", "routing")
        for path in modules(layer)
        if not str(path.relative_to(ROOT)).startswith(exempt)
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if literal.search(line)
    ]
    assert wrong == []


def test_every_route_states_its_permission() -> None:
    routes = api.routes()
    assert len(routes) > 50
    assert all(isinstance(item.permission, Permission) for item in routes)
    open_to_all = {item.path for item in routes if item.permission is Permission.PUBLIC}
    assert open_to_all == PUBLIC
    assert {item.path for item in routes if item.permission is Permission.LOCAL} == {"/metrics"}
    unguarded = {
        item.path for item in routes if not item.csrf and item.permission is not Permission.PUBLIC
    }
    assert unguarded == set()


def test_no_two_routes_are_the_same() -> None:
    known = [(item.method, item.path) for item in api.routes()]
    assert len(known) == len(set(known))


def test_every_route_is_described() -> None:
    routes = api.routes()
    document = openapi.document(routes)
    assert document["openapi"].startswith("3.1")
    for item in routes:
        operation = document["paths"][item.path][item.method.lower()]
        assert operation["summary"], item.path
        assert operation["x-permission"] == item.permission.value
    ids = [one["operationId"] for path in document["paths"].values() for one in path.values()]
    assert len(ids) == len(set(ids))
