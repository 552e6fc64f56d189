"""Earlier entries of a chat, a page at a time: for the visitor whose they are."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.hub.answering import Post, answering
from tests.hub.visitor import Visitor, visiting

CHAT = "  - {name: chat, kind: webchat, settings: {history: 3, origins: [shop.example]}}\n"
RULES = "  - {id: rest, when: {}, then: {queue: general}}"


@pytest.fixture
async def post(loopback_kind: None, tmp_path: Path, db_url: str) -> AsyncIterator[Post]:
    async with answering(tmp_path, db_url, rules=RULES, channels=CHAT) as found:
        yield found


async def _page(post: Post, token: str, before: Any, **headers: str) -> tuple[int, Any, Any]:
    url = f"{post.base}/chat/chat/entries?before={before}"
    async with post.http.get(url, headers={"X-Visitor": token, **headers}) as response:
        return response.status, await response.json(content_type=None), response.headers


async def _said(visitor: Visitor, n: int) -> None:
    for number in range(n):
        await visitor.say(f"line {number}")


async def test_page_by_page_to_the_beginning(post: Post) -> None:
    async with visiting(post.base) as visitor:
        assert visitor.frames[0]["more"] is False
        await _said(visitor, 8)
    async with visiting(post.base, token=visitor.token) as again:
        hello = again.frames[0]
        seen = [entry["text"] for entry in hello["entries"]]
        assert (seen, hello["more"]) == (["line 5", "line 6", "line 7"], True)
        before, pages = hello["entries"][0]["id"], []
        while True:
            status, page, _ = await _page(post, again.token, before)
            assert status == 200
            pages.append([entry["text"] for entry in page["entries"]])
            if not page["more"]:
                break
            before = page["entries"][0]["id"]
        assert pages == [["line 2", "line 3", "line 4"], ["line 0", "line 1"]]


async def test_nobody_elses(post: Post) -> None:
    async with visiting(post.base) as one, visiting(post.base) as other:
        await _said(one, 5)
        await _said(other, 1)
        status, page, _ = await _page(post, other.token, 2**52)
        assert status == 200
        assert [entry["text"] for entry in page["entries"]] == ["line 0"]


@pytest.mark.parametrize("before", ["", "x", "-1", "1e3", "9" * 30, "١"])
async def test_what_is_no_entry(post: Post, before: str) -> None:
    async with visiting(post.base) as visitor:
        status, problem, _ = await _page(post, visitor.token, before)
        assert status == 400
        assert problem["errors"][0]["field"] == "before"


async def test_who_asks(post: Post) -> None:
    origin = {"Origin": "https://shop.example"}
    async with visiting(post.base) as visitor:
        status, _, headers = await _page(post, visitor.token, 1, **origin)
        assert (status, headers["Access-Control-Allow-Origin"]) == (200, origin["Origin"])
        status, _, headers = await _page(post, "forged.token", 1, **origin)
        assert (status, headers["Access-Control-Allow-Origin"]) == (401, origin["Origin"])
        status, _, _ = await _page(post, visitor.token, 1, Origin="https://evil.example")
        assert status == 403
        url = f"{post.base}/chat/chat/entries"
        async with post.http.options(url, headers=origin) as response:
            assert response.status == 204
            assert "X-Visitor" in response.headers["Access-Control-Allow-Headers"]
        for _ in range(200):
            status, _, headers = await _page(post, visitor.token, 1)
            if status == 429:
                break
        assert status == 429
        assert int(headers["Retry-After"]) >= 1
