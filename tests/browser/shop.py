"""A shop's page with the widget in it, on the real chat server over a hub in memory."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from aiohttp.test_utils import TestServer
from playwright.async_api import Browser, Page, expect

from connectors.contract import Uri
from connectors.webchat import WebChat
from hub.problems import Problem
from hub.sessions import SessionServer
from tests.fakes.chat_backend import ChatBackend

PAGE = """<!doctype html><html lang="{lang}"><meta name="viewport" content="width=device-width">
<h1>A shop</h1><style>button {{ display: none !important }} * {{ color: red !important }}</style>
<script>{before}</script><script async src="/widget.js" data-channel="chat" {more}></script>"""


@web.middleware
async def problems(request: web.Request, handler: Any) -> web.StreamResponse:
    try:
        response: web.StreamResponse = await handler(request)
    except Problem as err:
        response = err.response()
    return response


@dataclass
class Site:
    """A shop's page with the widget, the hub's chat server, and the hub behind it."""

    browser: Browser
    connector: WebChat
    backend: ChatBackend
    page_html: str = ""
    server: SessionServer = field(init=False)
    web: TestServer = field(init=False)
    port: int = 0
    errors: list[str] = field(default_factory=list)
    _runner: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self.server = SessionServer(self.backend, {"chat": self.connector}.get)
        self.backend.server = self.server
        app = web.Application(middlewares=[problems])
        app.add_routes(self.server.routes())
        app.router.add_get("/", self._page)
        self.web = TestServer(app, port=self.port)
        await self.web.start_server()
        self.port = self.web.port or 0
        self._runner = asyncio.create_task(self.server.run())

    async def stop(self) -> None:
        await self.server.close()
        await self.web.close()
        if self._runner is not None:
            self._runner.cancel()
            with suppress(asyncio.CancelledError):
                await self._runner

    async def _page(self, _request: web.Request) -> web.Response:
        return web.Response(text=self.page_html, content_type="text/html")

    @asynccontextmanager
    async def visit(
        self, lang: str = "en", more: str = "", before: str = "", **context: Any
    ) -> AsyncIterator[Page]:
        """A fresh browser profile on the shop's page."""
        self.page_html = PAGE.format(lang=lang, more=more, before=before)
        profile = await self.browser.new_context(**context)
        page = await profile.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        await page.goto(f"http://127.0.0.1:{self.port}/")
        await page.locator(".launcher").wait_for()
        yield page
        await profile.close()

    @property
    def uri(self) -> Uri:
        """The only visitor's."""
        (uri,) = {uri for uri, _ in self.backend.presences}
        return uri

    def texts(self) -> list[str]:
        return [message.text for message in self.backend.inbound]


async def open_panel(page: Page) -> None:
    await page.locator(".launcher").click()
    await expect(page.locator("textarea")).to_be_visible()


async def say(page: Page, text: str) -> None:
    await page.locator("textarea").fill(text)
    await page.locator("textarea").press("Enter")
