"""Console and widget below a path of a host that serves other things beside: nothing strays."""

from __future__ import annotations

import re
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Request, expect

from connectors import registry
from hub import serve, settings
from storage import views
from tests.browser.desk import Desk, bubble, config, live, row, shop, write
from tests.fakes import loopback, smtp_servers
from tests.fakes.reverse_proxy import reverse_proxy
from tests.fakes.twilio import FakeTwilio
from tests.hub.office import Office
from tests.hub.running import Running

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


@pytest_asyncio.fixture(loop_scope="session")
async def desk(
    browser: Browser,
    sqlite_template: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Desk]:
    """The usual desk, whose hub the world reaches only by a proxy and below its path."""
    monkeypatch.setitem(registry.KINDS, loopback.KIND, loopback.WHERE)
    loopback.PROVIDERS.clear()
    (tmp_path / "data").mkdir()
    shutil.copyfile(sqlite_template, tmp_path / "data" / "hub.db")
    async with AsyncExitStack() as stack:
        enter = stack.enter_async_context
        twilio, smtp = await enter(FakeTwilio()), await enter(smtp_servers.aiosmtpd())
        proxy = await enter(reverse_proxy("/desk/hub", strip=False))
        given = {
            "HUB_DATA": str(tmp_path / "data"), "HUB_LISTEN": "127.0.0.1:0",
            "HUB_PUBLIC_URL": proxy.url, "HUB_PROXIES": "127.0.0.1",
        }  # fmt: skip
        hub, proxy.target = await enter(serve.running(settings.load(None, given)))
        office = Office(hub, proxy.url)
        await office.run("apply", text=config(twilio.url, smtp.port))
        running = Running(hub, proxy.url, office, await enter(aiohttp.ClientSession()))
        for agent in await running.read(views.agents):
            running.agents[agent.email.partition("@")[0]] = agent
        found = Desk(browser, running, twilio, smtp)
        found.shop = await enter(shop(proxy.url))
        stack.push_async_callback(found.leave)
        yield found
    found.assert_clean()


LETTER = (
    "From: Ann <ann@example.com>\r\nTo: help@acme.example\r\nSubject: A photo\r\n"
    "Message-ID: <1@example.com>\r\nMIME-Version: 1.0\r\n"
    'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\nContent-Type: text/plain\r\n\r\n'
    "It is broken\r\n--b\r\nContent-Type: image/png\r\nContent-Transfer-Encoding: base64\r\n"
    'Content-Disposition: attachment; filename="broken.png"\r\n\r\n'
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
    "\r\n--b--\r\n"
)


async def test_a_day_below_a_path(desk: Desk) -> None:
    asked: list[str] = []

    def note(request: Request) -> None:
        url = urlsplit(request.url)
        if url.netloc == urlsplit(desk.base).netloc:
            asked.append(url.path)

    assert await desk.hub.mail(LETTER) == 200
    (mail,) = await desk.hub.conversations()
    page = await desk.blank()
    page.on("request", note)
    link = await desk.hub.office.run("user-link", email="sara@acme.example")
    await page.goto(link)
    assert urlsplit(page.url).path.startswith("/desk/hub/link/")
    await page.get_by_test_id("link-skip").click()
    await live(page)

    await page.goto(f"{desk.base}/c/{mail.id}")
    await live(page)
    await expect(bubble(page, "It is broken")).to_be_visible()
    picture = page.get_by_role("img", name="broken.png")
    await expect(picture).to_be_visible()
    assert (
        await picture.evaluate("picture => picture.decode().then(() => picture.naturalWidth)") == 1
    )

    sms = await desk.conversation("And by text")
    await page.get_by_test_id("view-all").click()
    await row(page, sms).click()
    await expect(page).to_have_url(re.compile(rf"/desk/hub/c/{sms}$"))
    await write(page, "We look into it.")
    await expect(page.get_by_role("button", name="Send by SMS")).to_be_enabled()
    await page.keyboard.press("Control+Enter")
    await expect(bubble(page, "We look into it.")).to_be_visible()
    await page.reload()
    await live(page)
    await expect(bubble(page, "We look into it.")).to_be_visible()
    await page.go_back()
    await expect(page).to_have_url(re.compile(rf"/desk/hub/c/{mail.id}$"))

    customer = await desk.customer()
    await customer.locator("textarea").fill("Is anybody there?")
    await customer.locator("textarea").press("Enter")
    await expect(customer.locator(".mine .tick.sent")).to_be_visible()

    strays = [path for path in asked if not path.startswith("/desk/hub/")]
    assert strays == []
