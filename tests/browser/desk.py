"""A hub with an office at real screens: people sign in, customers write, providers are on loopback."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp
from aiohttp import web
from playwright.async_api import (
    Browser,
    BrowserContext,
    ConsoleMessage,
    Page,
    Request,
    WebSocketRoute,
    expect,
)

from storage import views
from tests.fakes import smtp_servers
from tests.fakes import twilio as fake_twilio
from tests.fakes.twilio import FakeTwilio
from tests.hub import office
from tests.hub.running import Running

ANN, BOB = "+12025550199", "+12025550177"
LARGE = {"width": 1440, "height": 900}
PHONE = {"width": 360, "height": 740}

SHOP = """<!doctype html><html lang="en"><title>A shop</title><link rel="icon" href="data:,">
<meta name="viewport" content="width=device-width"><h1>A shop</h1>
<script async src="{base}/widget.js" data-channel="chat"></script></html>"""


def config(twilio_url: str, smtp_port: int) -> str:
    """Three kinds of channels and one that can be made to stumble; queues in two languages.

    What is promised and planned stands in a queue of its own, ``care``, and in the rule ``french``.
    """
    return f"""
channels:
  - name: sms
    kind: sms_twilio
    title: Text messages
    settings: {{account_sid: {fake_twilio.ACCOUNT}, auth_token: {fake_twilio.TOKEN},
      number: "{fake_twilio.NUMBER}", api_base: "{twilio_url}", sends_per_second: 1000}}
  - name: mail
    kind: email
    settings: {{address: help@acme.example, token: mail-token-of-tests, smtp_host: 127.0.0.1,
      smtp_port: {smtp_port}, smtp_security: none}}
  - {{name: chat, kind: webchat, title: Web chat, settings: {{title: Acme, origins: ["*"]}}}}
  - {{name: loop, kind: loopback}}
queues:
  - {{name: general, title: {{en: General, fa: عمومی}}, modes: {{"*": pull}}}}
  - {{name: sales, title: {{en: Sales, fa: فروش}}, modes: {{"*": ask}}, offer_for: 60s}}
  - {{name: care, title: {{en: Care, fa: مراقبت}}, modes: {{"*": pull}}, wrap_up: 90s, sla: care}}
skills: [{{name: french}}]
calendars:
  - name: office
    zone: UTC
    week: {{mon: &all ["00:00-24:00"], tue: *all, wed: *all, thu: *all, fri: *all, sat: *all,
      sun: *all}}
sla:
  - {{name: care, answer: 62h, resolution: 120h, calendar: office}}
  - {{name: quick, answer: 1s, calendar: office, on_breach: {{notify: [supervisors]}}}}
agents:
  - {{email: sara@acme.example, name: Sara Ahmadi, queues: [general, sales, care]}}
  - {{email: david@acme.example, name: David Miller, queues: [general, sales]}}
  - {{email: emma@acme.example, name: Emma Rossi, queues: [general]}}
  - {{email: ada@acme.example, name: Ada Winter, role: admin, queues: [general, sales]}}
rules:
  - {{id: urgent, when: {{field: text, contains: urgent}},
      then: {{queue: care, tags: [urgent], sla: {{answer: 30m, calendar: office}}}}}}
  - {{id: alarm, when: {{field: text, contains: alarm}}, then: {{queue: general, sla: quick}}}}
  - {{id: care, when: {{field: text, contains: refund}}, then: {{queue: care}}}}
  - {{id: french, when: {{field: text, contains: bonjour}}, then: {{queue: sales}}, plan:
      [{{require: [{{skill: french, min: 2}}], for: 10m}}, {{for: 20m}}, {{overflow: general}}]}}
  - {{id: chats, when: {{field: channel, eq: chat}}, then: {{queue: sales}}}}
  - {{id: buying, when: {{field: text, contains: buy}}, then: {{queue: sales}}}}
  - {{id: rest, when: {{}}, then: {{queue: general}}}}
"""


class Line:
    """A page's live socket in the middle: held up, or cut and kept from coming back."""

    def __init__(self) -> None:
        self.tries = 0
        self._waiting: list[str | bytes] | None = None
        self._down = False
        self._sockets: list[WebSocketRoute] = []

    async def tap(self, page: Page) -> None:
        """From the next load of the page on."""
        await page.route_web_socket(re.compile(r"/api/v1/live"), self._connected)

    async def _connected(self, socket: WebSocketRoute) -> None:
        self.tries += 1
        if self._down:
            await socket.close(code=1012)
            return
        server = socket.connect_to_server()
        server.on_message(lambda message: self._pass(socket, message))
        self._sockets.append(socket)

    def _pass(self, socket: WebSocketRoute, message: str | bytes) -> None:
        if self._waiting is None:
            socket.send(message)
        else:
            self._waiting.append(message)

    def hold(self) -> None:
        """The page hears nothing, and does not notice."""
        self._waiting = []

    def go_on(self) -> None:
        """It hears what it missed."""
        waiting, self._waiting = self._waiting or [], None
        for message in waiting:
            self._sockets[-1].send(message)

    async def cut(self) -> None:
        """The connection breaks, and every new one too."""
        self._down = True
        for socket in self._sockets:
            await socket.close(code=1012)
        self._sockets.clear()

    def mend(self) -> None:
        """New connections hold again."""
        self._down = False


@dataclass(eq=False)
class Desk:
    """The hub (``hub``), its providers, and everybody's screens."""

    browser: Browser
    hub: Running
    twilio: FakeTwilio
    smtp: smtp_servers.Inbox
    shop: str = ""
    """A customer's page with the widget."""
    errors: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)
    """Requests that left loopback."""
    _forgiven: list[str] = field(default_factory=list)
    _contexts: list[BrowserContext] = field(default_factory=list)

    @property
    def base(self) -> str:
        return self.hub.base

    # ---------------------------------------------------------------- people

    async def link(self, name: str = "sara") -> str:
        """The path of a one-time sign-in link."""
        url: str = await self.hub.office.run("user-link", email=f"{name}@acme.example")
        return urlsplit(url).path

    async def blank(self, **context: Any) -> Page:
        """An empty page of a fresh browser profile."""
        profile = await self.browser.new_context(
            **{"viewport": LARGE, "reduced_motion": "reduce", "locale": "en-GB"} | context
        )
        profile.set_default_timeout(30_000)
        self._contexts.append(profile)
        profile.on("request", self._requested)
        page = await profile.new_page()
        page.on("pageerror", lambda error: self.errors.append(str(error)))
        page.on("console", self._said)
        return page

    async def visit(self, path: str = "/", **context: Any) -> Page:
        """Somebody who is not signed in."""
        page = await self.blank(**context)
        await page.goto(self.base + path)
        return page

    async def sign_in(
        self,
        name: str = "sara",
        path: str = "/",
        *,
        line: Line | None = None,
        settings: dict[str, Any] | None = None,
        **context: Any,
    ) -> Page:
        """An agent's screen, past its first snapshot and live."""
        page = await self.blank(**context)
        token = (await self.link(name)).rpartition("/")[2]
        answer = await page.request.post(f"{self.base}/api/v1/links/{token}", data={})
        csrf = {"X-CSRF-Token": (await answer.json())["csrf"]}
        if settings:
            body = {"settings": settings}
            await page.request.patch(f"{self.base}/api/v1/me", data=body, headers=csrf)
        if line is not None:
            await line.tap(page)
        await page.goto(self.base + path)
        await live(page)
        return page

    async def customer(self, **context: Any) -> Page:
        """The shop, with the widget's panel open."""
        page = await self.blank(**context)
        await page.goto(self.shop)
        await page.locator(".launcher").click()
        await expect(page.locator("textarea")).to_be_visible()
        return page

    async def conversation(self, text: str = "Hello", **fields: Any) -> int:
        """A new customer's SMS; its conversation."""
        before = {one.id for one in await self.hub.conversations()}
        await self.hub.sms(text, **fields)
        (new,) = {one.id for one in await self.hub.conversations()} - before
        return new

    # ---------------------------------------------------------------- what went wrong

    def forgive(self, *statuses: int) -> None:
        """What Chromium says of refused requests, where refusing is what is tested."""
        self._forgiven.extend(f"responded with a status of {status} " for status in statuses)

    def assert_clean(self) -> None:
        """No page has complained, and nothing was asked of anybody else."""
        left = [said for said in self.errors if not any(word in said for word in self._forgiven)]
        assert not left, left
        assert not self.strangers, self.strangers

    def _said(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.errors.append(f"{said.text} {said.location['url']}")

    def _requested(self, request: Request) -> None:
        url = urlsplit(request.url)
        if url.scheme not in ("data", "blob", "about") and url.hostname != "127.0.0.1":
            self.strangers.append(request.url)

    async def leave(self) -> None:
        """Close all screens."""
        for profile in self._contexts:
            await profile.close()


async def live(page: Page) -> None:
    """Until the page follows the hub."""
    await expect(page.get_by_test_id("connection")).to_have_attribute("data-state", "live")


def row(page: Page, conversation: int) -> Any:
    """A conversation's row in the list."""
    return page.get_by_test_id(f"row-{conversation}")


def bubble(page: Page, text: str) -> Any:
    """The entry of the timeline with these words."""
    return page.get_by_test_id("timeline").locator("article").filter(has_text=text)


async def write(page: Page, text: str) -> None:
    """Put words into the composer."""
    await page.get_by_test_id("composer-text").fill(text)


async def show(page: Page, view: str) -> None:
    """Mine, queues or all."""
    await page.get_by_test_id(f"view-{view}").click()


@asynccontextmanager
async def opened(browser: Browser, folder: Path, url: str) -> AsyncIterator[Desk]:
    """A desk over the store at ``url``."""
    async with AsyncExitStack() as stack:
        twilio = await stack.enter_async_context(FakeTwilio())
        smtp = await stack.enter_async_context(smtp_servers.aiosmtpd())
        text = config(twilio.url, smtp.port)
        hub_office = await stack.enter_async_context(office.opened(folder, url, text))
        http = await stack.enter_async_context(aiohttp.ClientSession())
        hub = Running(hub_office.hub, hub_office.base, hub_office, http)
        for agent in await hub.read(views.agents):
            hub.agents[agent.email.partition("@")[0]] = agent
        desk = Desk(browser, hub, twilio, smtp)
        desk.shop = await stack.enter_async_context(shop(desk.base))
        stack.push_async_callback(desk.leave)
        yield desk


@asynccontextmanager
async def shop(base: str) -> AsyncIterator[str]:
    """A site on loopback with the widget of the hub at ``base``; its address."""

    async def page(_request: web.Request) -> web.Response:
        return web.Response(text=SHOP.format(base=base), content_type="text/html")

    app = web.Application()
    app.router.add_get("/", page)
    runner = web.AppRunner(app, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        host, port = runner.addresses[0][:2]
        yield f"http://{host}:{port}/"
    finally:
        await runner.cleanup()
