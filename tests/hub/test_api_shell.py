"""What holds for every route: errors with their field, no 500 whatever is sent, headers, limits."""

from __future__ import annotations

import asyncio
import io
import json
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import msgspec
import pytest
from aiohttp import web
from aiohttp.test_utils import make_mocked_request

from hub import api, problems
from hub.app import application
from hub.fields import FieldError, explain
from hub.http import client_address, decode, is_local, read_query
from hub.paging import Page
from hub.permissions import Permission
from hub.settings import load
from storage.errors import StoreBusy, StoreUnavailable
from tests.hub.office import Answer, Office, opened

HOSTILE: list[Any] = [
    None,
    [],
    {},
    "x",
    3,
    {"zap": 1},
    {"text": None},
    {"text": "\ud800", "client_key": "\ud800"},
    {"text": "a\0b", "client_key": "k"},
    {"text": "a", "client_key": "\0"},
    {"mentions": [1], "text": "x", "client_key": "k", "to": ["\0"]},
    {"name": "\ud800\0", "email": "\ud800@x", "role": "\0", "queues": ["\0"]},
    {"name": "x" * 5000, "body": "[" * 5000},
    {"body": "- &a [*a, *a]"},
    {"email": "a@b.example", "password": "\ud800" * 20},
    {"entry": 2**63, "agent": 2**63, "queue": 2**63, "until": "9999-12-31T23:59:59Z"},
    {"queue": "\ud800"},
    {"until": "0001-01-01T00:00:00Z"},
    {"presence": "available", "reason": "\ud800\0"},
    {"settings": {"time_zone": "\ud800"}},
    {"note": "\ud800", "body": "rules: []"},
]


@pytest.fixture
async def office(tmp_path: Path, db_url: str) -> AsyncIterator[Office]:
    async with opened(tmp_path, db_url) as found:
        await found.customer_writes("Hello")
        yield found


def _filled(path: str, id: str) -> str:
    return re.sub(r"\{\w+\}", id, path)


@pytest.mark.parametrize("id", ["1", "0", "999999999999999999", "%00", "x", "1" * 30])
async def test_no_route_breaks_on_any_path_or_query(office: Office, id: str) -> None:
    async with office.admin() as admin:
        for item in api.routes():
            if item.method == "GET" and not item.path.endswith("/live"):
                path = _filled(item.path, id)
                for query in ("", "?limit=2", "?cursor=AAAA", "?x=%ff", "?limit=%D9%A3"):
                    answer = await admin.call("GET", path + query)
                    assert answer.status < 500, (path, query, answer.text)
                    if answer.status >= 400:
                        assert answer.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("body", HOSTILE, ids=range(len(HOSTILE)))
async def test_no_route_breaks_on_any_body(office: Office, body: Any) -> None:
    data = json.dumps(body).encode()
    async with office.admin() as admin, office.person("one@acme.example") as one:
        for item in api.routes():
            if item.method == "GET" or "sign-" in item.path or item.path.endswith("/check"):
                continue
            for caller in (admin, one):
                answer = await caller.call(item.method, _filled(item.path, "1"), data=data)
                assert answer.status < 500, (item.path, answer.text)


@pytest.mark.parametrize("data", [b"\xff", b"{", b"{}x", b"[" * 100_000, b'{"a":1e999}'])
async def test_what_is_not_json_is_said(office: Office, data: bytes) -> None:
    async with office.admin() as admin:
        answer = await admin.call("POST", "tokens", data=data)
        assert answer.status == 400
        assert answer.json["title"] == "Bad Request"


async def test_large_bodies_are_refused_while_reading(office: Office) -> None:
    async def chunks() -> AsyncIterator[bytes]:
        for _ in range(40):
            yield b" " * 100_000

    async with office.admin() as admin:
        assert (await admin.call("POST", "tokens", data=io.BytesIO(b" " * 2_000_000))).status == 413
        assert (await admin.call("POST", "tokens", data=chunks())).status == 413


async def test_parameters_are_known_single_and_typed(office: Office) -> None:
    async with office.admin() as admin:
        for query, field in (
            ("foo=1", "foo"),
            ("limit=1&limit=2", "limit"),
            ("limit=0", "limit"),
            ("limit=1001", "limit"),
            ("cursor=%22", "cursor"),
            ("cursor=%00", "cursor"),
        ):
            answer = await admin.call("GET", f"/api/v1/queues?{query}")
            assert answer.status == 400
            assert answer.json["errors"][0]["field"] == field
        assert (await admin.get("queues", limit=1000)).status == 200


async def test_headers_make_browsers_careful(office: Office) -> None:
    async with office.caller() as anybody:
        for path in ("/healthz", "/api/v1/me", "/nowhere/at/all.php"):
            answer = await anybody.get(path)
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
            assert answer.headers["X-Request-Id"]
        mine = {"X-Request-Id": "my-request-1"}
        answer = await anybody.call("GET", "/api/v1/me", headers=mine)
        assert answer.json["request_id"] == "my-request-1"
        bad = {"X-Request-Id": "x y"}
        answer = await anybody.call("GET", "/api/v1/me", headers=bad)
        assert answer.json["request_id"] != "x y"


async def test_every_route_but_the_public_asks_who_calls(office: Office) -> None:
    async with office.caller() as anybody:
        for item in api.routes():
            if item.permission in (Permission.PUBLIC, Permission.LOCAL):
                continue
            answer = await anybody.call(item.method, _filled(item.path, "1"))
            assert answer.status == 401, item.path


async def test_health_and_figures(office: Office) -> None:
    async with office.caller() as anybody:
        assert (await anybody.get("/healthz")).json == {"status": "ok"}
        figures = await anybody.get("/metrics")
        assert 'hub_received_total{channel="sms",state="stored"}' in figures.text
        elsewhere = {"X-Forwarded-For": "203.0.113.9"}
        assert (await anybody.call("GET", "/metrics", headers=elsewhere)).status == 401
        description = (await anybody.get("/openapi.json")).json
        assert "/api/v1/conversations/{id}/reply" in description["paths"]
        office.hub._ready = False
        assert (await anybody.get("/healthz")).status == 503


async def test_answers_are_what_the_description_says(office: Office) -> None:
    """Every GET answer decodes strictly into the type it is described by."""
    async with office.person("one@acme.example") as one, office.admin() as admin:
        for item in api.routes():
            if item.method != "GET" or item.answer in (None, dict):
                continue
            for caller in (one, admin):
                answer = await caller.call("GET", _filled(item.path, "1"))
                if answer.status == 200:
                    msgspec.json.decode(answer.text.encode(), type=item.answer)


async def test_the_snapshot_has_what_a_screen_needs(office: Office) -> None:
    async with office.person("one@acme.example") as one:
        found = (await one.get("snapshot")).json
        assert found["seq"] > 0
        assert found["me"]["agent"]["queues"][0]["name"] == "general"
        assert {queue["name"]: queue["member"] for queue in found["queues"]} == {
            "general": True,
            "sales": False,
        }
        assert len(found["conversations"]) == 1
        assert found["channels"][0]["state"] == "connected"
        changed = {"settings": {"language": "fa", "sound": False, "first_day": 6}}
        mine = (await one.call("PATCH", "me", json=changed)).json["settings"]
        assert (mine["language"], mine["sound"], mine["first_day"]) == ("fa", False, 6)
        mine = (await one.call("PATCH", "me", json={"settings": {"language": None}})).json
        assert mine["settings"]["language"] is None
        assert mine["settings"]["sound"] is False


async def test_rules_are_looked_at_and_published(office: Office) -> None:
    async with office.admin() as admin:
        before = (await admin.get("rules")).json
        assert before["version"] == 1
        bad = "- {id: a, when: {field: zap, eq: 1}, then: {queue: general}}\n"
        verdict = (await admin.post("rules/validate", {"body": bad})).json
        assert verdict["valid"] is False
        assert verdict["errors"][0]["field"] == "rules[0].when.field"
        refused = await admin.post("rules/publish", {"body": bad})
        assert refused.status == 400
        (one,) = verdict["errors"]
        assert one.pop("fa") == "فیلدی با نام zap نیست (قاعدهٔ a)"
        assert refused.json["errors"] == [one]
        good = "# words\n- {id: all, when: {}, then: {queue: sales, mode: pull}}\n"
        published = (await admin.post("rules/publish", {"body": good, "note": "try"})).json
        assert (published["version"], published["body"], published["note"]) == (2, good, "try")
        await office.customer_writes("More", sender="+12025550111")
        found = (await admin.get("conversations", queue="sales")).json["items"]
        assert len(found) == 1  # in force at once
        versions = (await admin.get("rules/versions", limit=1)).json
        assert versions["items"][0]["version"] == 2
        assert versions["next"]


async def test_offers_belong_to_their_agent(office: Office) -> None:
    rules = "rules: [{id: rest, when: {}, then: {queue: general, mode: ask}}]"
    await office.run("apply", text=rules)
    async with (
        office.person("one@acme.example") as one,
        office.person("two@acme.example") as two,
    ):
        await one.call("PUT", "me/presence", json={"presence": "available"})
        await office.customer_writes("Hello again", sender="+12025550122")
        offers = await until(lambda: one.get("offers"))
        path = f"offers/{offers[0]['id']}"
        assert (await two.get("offers")).json["items"] == []
        assert (await two.post(f"{path}/accept")).status == 404
        accepted = await one.post(f"{path}/accept")
        assert accepted.status == 200
        assert accepted.json["agent"]["name"] == "One"
        assert (await one.post(f"{path}/decline", {"reason": "late"})).status == 409


async def test_people_and_programs_are_managed_by_admins(office: Office) -> None:
    async with office.admin() as admin, office.person("one@acme.example") as one:
        refused = await one.get("users")
        assert (refused.status, refused.json["detail"]) == (
            403,
            "this needs the permission 'users'",
        )
        new = {"email": "New@Acme.example", "role": "agent", "queues": ["general"]}
        made = await admin.post("users", new)
        assert made.status == 201
        assert made.json["email"] == "new@acme.example"
        assert (await admin.post("users", new)).json["errors"][0]["field"] == "email"
        for change, field in (({"role": "king"}, "role"), ({"queues": ["nope"]}, "queues")):
            wrong = await admin.call("PATCH", f"users/{made.json['id']}", json=change)
            assert wrong.status == 400
            assert wrong.json["errors"][0]["field"] == field
        link = await admin.post(f"users/{made.json['id']}/link")
        assert "/link/" in link.json["url"]
        emails = [user["email"] for user in (await admin.get("users")).json["items"]]
        assert "new@acme.example" in emails
        for body, field in (
            ({"name": "x", "scopes": ["nope"]}, "scopes"),
            ({"name": "x", "role": "king"}, "role"),
            ({"name": "x", "user": "nobody@x.example"}, "user"),
        ):
            assert (await admin.post("tokens", body)).json["errors"][0]["field"] == field


async def until(ask: Callable[[], Awaitable[Answer]]) -> list[dict[str, Any]]:
    """Ask until there is something; what it is."""
    for _ in range(500):
        if items := (await ask()).json["items"]:
            return list(items)
        await asyncio.sleep(0.01)
    raise AssertionError("nothing came")


EDGES = {
    "/in/{channel}",  # checks the provider's signature
    "/chat/{channel}",  # checks origin and visitor's token
    "/chat/{channel}/files",
    "/chat/{channel}/entries",
    "/chat/schema.json",
    "/widget.js",
    "/assets/{path}",
    "/{path}",  # the console's page
}
"""What is not behind the guard of hub/http.py; whoever adds to it has thought about it."""


async def test_whatever_is_not_an_edge_is_behind_the_guard(office: Office) -> None:
    for item in application(office.hub).router.routes():
        assert item.resource is not None
        if not hasattr(item.handler, "route"):
            assert item.resource.canonical in EDGES


# ---------------------------------------------------------------- small parts


def test_a_busy_store_asks_to_come_back() -> None:
    problem = api.FAILURES[StoreUnavailable](StoreBusy("full"))
    assert problem.status == 503
    assert problem.headers["Retry-After"] == "1"


class Body(msgspec.Struct, forbid_unknown_fields=True):
    """A body."""

    items: list[dict[str, int]] = []


@pytest.mark.parametrize(
    ("data", "error"),
    [
        (b'{"items":[{"a":"b"}]}', FieldError("items[0][...]", "expected int, got str")),
        (b'{"zap":1}', FieldError("zap", "is not known here")),
        (b"[]", FieldError("", "expected object, got array")),
    ],
)
def test_errors_say_where(data: bytes, error: FieldError) -> None:
    with pytest.raises(problems.Problem) as refused:
        decode(data, Body)
    assert refused.value.errors == (error,)


def test_words_of_errors() -> None:
    assert explain(ValueError("anything")) == FieldError("", "anything")
    assert str(explain(ValueError("Wrong - at `$.a[1].b`"), root="x")) == "x.a[1].b: wrong"


@pytest.mark.parametrize(
    ("forwarded", "expected"),
    [
        ([], "10.0.0.1"),
        (["203.0.113.9"], "203.0.113.9"),
        (["6.6.6.6, 203.0.113.9"], "203.0.113.9"),
        (["203.0.113.9, 10.0.0.7"], "203.0.113.9"),
        (["203.0.113.9", "10.0.0.7"], "203.0.113.9"),
        (["nonsense"], "nonsense"),
    ],
)
def test_only_our_proxies_are_believed(forwarded: list[str], expected: str) -> None:
    settings = load(None, {"HUB_PROXIES": "10.0.0.0/8"})
    request = _request("10.0.0.1", forwarded)
    assert client_address(request, settings) == expected
    assert client_address(request, load(None, {})) == "10.0.0.1"
    assert not is_local(request, settings)


def _request(peer: str, forwarded: list[str]) -> web.Request:
    from multidict import CIMultiDict  # noqa: PLC0415

    headers = CIMultiDict([("X-Forwarded-For", value) for value in forwarded])
    transport = SimpleNamespace(
        get_extra_info=lambda name, default=None: (peer, 1) if name == "peername" else default
    )
    request: web.Request = make_mocked_request("GET", "/", headers=headers, transport=transport)
    return request


def test_a_page_has_bounds() -> None:
    request = make_mocked_request("GET", "/?limit=7")
    assert read_query(request, Page).limit == 7
