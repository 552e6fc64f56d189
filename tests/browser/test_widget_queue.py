"""What the widget says of the wait: the place in line, a range, closed hours; in two languages."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.shop import Site, open_panel, say

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
Open = Callable[..., Any]
SPACE = "[ \u00a0\u202f]"


async def _waits(shop: Site, page: Page) -> None:
    await open_panel(page)
    await say(page, "hello")
    await expect(page.locator(".tick.sent")).to_be_visible()


def _tell(shop: Site, **members: Any) -> None:
    shop.server.queue("chat", shop.uri, {"type": "queue", **members})


async def test_the_place_and_the_wait(site: Open) -> None:
    shop = await site()
    async with shop.visit() as page:
        notice = page.get_by_role("status")
        await _waits(shop, page)
        await expect(notice).to_be_empty()
        _tell(shop, position=4, low_seconds=120, high_seconds=300)
        await expect(notice).to_have_text(re.compile(f"^About 3 people ahead · 2–5{SPACE}min$"))
        _tell(shop, position=2, low_seconds=90, high_seconds=100)
        await expect(notice).to_have_text(re.compile(f"^About 1 person ahead · 1–2{SPACE}min$"))
        _tell(shop, position=2, low_seconds=9_900, high_seconds=16_200)
        await expect(notice).to_have_text(re.compile(f"^About 1 person ahead · 2–5{SPACE}hr$"))
        _tell(shop, position=1)
        await expect(notice).to_have_text("You are next")
        _tell(shop)
        await expect(notice).to_be_empty()


async def test_what_was_said_stays_in_sight(site: Open) -> None:
    """The notice takes room from below; so does a text of several lines."""
    shop = await site()
    async with shop.visit() as page:
        await _waits(shop, page)
        for n in range(12):
            shop.backend.write(shop.uri, f"word {n}")
        newest = page.get_by_text("word 11")
        await expect(newest).to_be_in_viewport(ratio=1)
        _tell(shop, position=2)
        await expect(page.get_by_role("status")).to_have_text("About 1 person ahead")
        await page.locator("textarea").fill("one\ntwo\nthree\nfour")
        await _at_end(page)
        await expect(newest).to_be_in_viewport(ratio=1)


async def _at_end(page: Page) -> None:
    below = "box => box.scrollHeight - box.scrollTop - box.clientHeight"
    await page.wait_for_function(
        f"box => ({below})(box) < 2", arg=await page.get_by_role("log").element_handle()
    )


async def test_it_is_said_politely(site: Open) -> None:
    """A status is read out when the reader has finished, and interrupts nobody."""
    shop = await site()
    async with shop.visit() as page:
        await _waits(shop, page)
        _tell(shop, position=3)
        status = page.get_by_role("status")
        await expect(status).to_have_text("About 2 people ahead")
        assert await status.get_attribute("aria-live") in (None, "polite")
        assert await page.locator("[aria-live=assertive], [role=alert]").count() == 0


async def test_persian_digits(site: Open) -> None:
    shop = await site()
    async with shop.visit(lang="fa") as page:
        await _waits(shop, page)
        _tell(shop, position=13, low_seconds=120, high_seconds=300)
        notice = page.get_by_role("status")
        await expect(notice).to_have_text(
            re.compile(f"^حدود ۱۲ نفر جلوتر از شما، ۲[–-]۵{SPACE}دقیقه$")
        )
        _tell(shop, position=2)
        await expect(notice).to_have_text("حدود ۱ نفر جلوتر از شما")
        _tell(shop, position=1)
        await expect(notice).to_have_text("نوبت بعدی شماست")


@pytest.mark.parametrize(
    ("lang", "words"),
    [
        (
            "en",
            f"^We are closed now\\. Open again: Saturday, (?:December )?5(?: December)? 9:00{SPACE}AM$",
        ),
        ("fa", "^اکنون بسته‌ایم\\. بازگشایی: شنبه،? ۱۴ آذر ۹:۰۰$"),
    ],
)
async def test_closed_hours_in_the_visitors_own_time(site: Open, lang: str, words: str) -> None:
    shop = await site()
    async with shop.visit(lang=lang, timezone_id="Asia/Tehran") as page:
        await page.clock.set_fixed_time("2026-11-30T12:00:00Z")
        await open_panel(page)
        await shop.backend.until(lambda: bool(shop.backend.presences))
        _tell(shop, closed=True, opens_at="2026-12-05T05:30:00Z")
        notice = page.get_by_role("status")
        await expect(notice).to_have_text(re.compile(words))
        await say(page, "hello all the same")
        await expect(page.locator(".tick.sent")).to_be_visible()
        _tell(shop, closed=True)
        await expect(notice).to_have_text(re.compile(r"^[^:]+\.$"))


async def test_who_comes_back_is_told_what_holds_now(site: Open) -> None:
    shop = await site()
    async with shop.visit() as page:
        await _waits(shop, page)
        _tell(shop, position=3)
        shop.backend.standings[shop.uri] = {"type": "queue", "position": 2}
        await page.reload()
        await open_panel(page)
        await expect(page.get_by_role("status")).to_have_text("About 1 person ahead")
        del shop.backend.standings[shop.uri]
        await page.reload()
        await open_panel(page)
        await expect(page.locator(".tick.sent")).to_be_visible()
        await expect(page.get_by_role("status")).to_be_empty()


async def test_a_lost_line_is_said_first(site: Open) -> None:
    shop = await site()
    async with shop.visit() as page:
        await _waits(shop, page)
        _tell(shop, position=3)
        await expect(page.get_by_role("status")).to_have_text("About 2 people ahead")
        await shop.stop()
        await expect(page.get_by_role("status")).to_contain_text("Connection lost")
        await shop.start()
        await expect(page.get_by_role("status")).to_be_empty(timeout=20_000)
