"""``/openapi.json``: made of the same routes and types that do the decoding."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import msgspec

from hub.http import Route
from hub.permissions import Permission

_PARAMETER = re.compile(r"\{(\w+)\}")
_SCHEMES: list[dict[str, list[str]]] = [{"token": []}, {"session": []}]
_DOORS = (
    ("post", "/in/{channel}", "What a provider sends, in its own format and signed its own way"),
    ("get", "/chat/{channel}", "A customer's chat: WebSocket, frames as in /chat/schema.json"),
    ("get", "/chat/{channel}/entries", "What was said before an entry, a page at a time"),
    ("post", "/chat/{channel}/files", "A customer's file, for a message to name by its id"),
    ("get", "/chat/schema.json", "JSON Schema of the chat's frames"),
    ("get", "/widget.js", "The chat's script for a web site"),
)
"""What providers, customers and their browsers call: no types of the API, errors as everywhere."""
_PROBLEM = {
    "type": "object",
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "reason": {"type": "string"}},
                "required": ["field", "reason"],
            },
        },
    },
    "required": ["type", "title", "status", "detail"],
}
_WRONG = {
    "description": "What was wrong",
    "content": {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}},
}


def document(routes: Iterable[Route[Any, Any]]) -> dict[str, Any]:
    """OpenAPI 3.1 of these routes."""
    routes = list(routes)
    types = [kind for item in routes for kind in (item.query, item.body, item.answer) if kind]
    unique = list(dict.fromkeys(types))
    schemas, components = msgspec.json.schema_components(
        unique, ref_template="#/components/schemas/{name}"
    )
    by_type = dict(zip(unique, schemas, strict=True))
    paths: dict[str, dict[str, Any]] = {}
    for item in routes:
        operation = _operation(item, by_type, components)
        paths.setdefault(item.path, {})[item.method.lower()] = operation
    for method, path, summary in _DOORS:
        paths.setdefault(path, {})[method] = _door(method, path, summary)
    return {
        "openapi": "3.1.0",
        "info": {"title": "Interaction hub", "version": "1"},
        "paths": paths,
        "components": {
            "schemas": {**components, "Problem": _PROBLEM},
            "securitySchemes": {
                "token": {"type": "http", "scheme": "bearer"},
                "session": {"type": "apiKey", "in": "cookie", "name": "hub_session"},
            },
        },
    }


def _operation(
    item: Route[Any, Any], by_type: dict[Any, Any], components: dict[str, Any]
) -> dict[str, Any]:
    operation: dict[str, Any] = {
        "operationId": _name(item.method, item.path),
        "summary": item.summary,
        "parameters": [*_path(item.path), *_query(by_type[item.query], components)],
        "responses": {
            str(item.status if item.answer else 204 if not item.raw else item.status): _answer(
                item, by_type
            ),
            "default": _WRONG,
        },
        "x-permission": item.permission.value,
    }
    if item.permission is not Permission.PUBLIC:
        operation["security"] = _SCHEMES
    if item.body is not None:
        content = {"application/json": {"schema": by_type[item.body]}}
        operation["requestBody"] = {"required": True, "content": content}
    return operation


def _door(method: str, path: str, summary: str) -> dict[str, Any]:
    return {
        "operationId": _name(method, path),
        "summary": summary,
        "parameters": _path(path),
        "responses": {"200": {"description": "Taken"}, "default": _WRONG},
    }


def _name(method: str, path: str) -> str:
    words = re.sub(r"[^a-z]+", "_", path.replace("/api/v1", "").lower()).strip("_")
    return f"{method.lower()}_{words}"


def _answer(item: Route[Any, Any], by_type: dict[Any, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {"description": item.summary or "Done"}
    if item.answer is not None:
        found["content"] = {"application/json": {"schema": by_type[item.answer]}}
    return found


def _path(path: str) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "integer" if name == "id" else "string"},
        }
        for name in _PARAMETER.findall(path)
    ]


def _query(kind: dict[str, Any], components: dict[str, Any]) -> list[dict[str, Any]]:
    """``kind``: the query's own schema; two of a name are told apart in what it refers to."""
    schema = components.get(kind.get("$ref", "").rpartition("/")[2], kind)
    required = set(schema.get("required", ()))
    return [
        {"name": name, "in": "query", "required": name in required, "schema": of}
        for name, of in schema.get("properties", {}).items()
    ]
