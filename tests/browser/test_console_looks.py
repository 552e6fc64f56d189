"""How the console looks: in Persian, in the dark, on a phone, and to those who cannot see it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from hub import actions
from tests.browser.desk import PHONE, Desk, bubble, row, show
from tests.browser.inspecting import contrasts, foreign, overflow, unnamed
from tests.hub.running import letter

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PERSIAN = {"settings": {"language": "fa", "time_zone": "Asia/Tehran"}}


async def busy(desk: Desk) -> tuple[int, int]:
    """A conversation with all that one can show, and an offer beside it."""
    conversation = await desk.conversation("سلام، سفارش من کجاست؟")
    await desk.hub.come("ada")
    await desk.hub.do(actions.take, conversation, by="ada")
    await desk.hub.reply(conversation, "On its way.", by="ada")
    await desk.hub.sms("Thank you, Ada")
    await desk.hub.mail(letter("Where is my order 4711?", sender="Zoë <zoe@customer.example>"))
    offered = await desk.conversation("I want to buy", sender="+12025550166")
    return conversation, offered


NAMES = (
    *("Ada Winter", "Sara Ahmadi", "David Miller", "Emma Rossi", "rest", "buying", "chats"),
    *("urgent", "care", "french", "office", "sales", "general"),
    *("refund", "bonjour", "buy", "chat", "alarm"),
)
"""Of people and rules: they stand as they are within Persian sentences."""
PLACES = {
    "/people": "[aria-current], [class*=results] a",
    "/people/1": "article",
    "/board": "[data-testid^=board-agent]",
    "/admin/calendars": "[data-testid=calendar-office]",
    "/admin/channels": "[data-testid=channel-sms]",
    "/admin/ledger": "[data-testid=ledger-received]",
    "/admin/rules": "[data-testid=rules-editor]",
    "/admin/users": "[data-testid='user-ada@acme.example']",
    "/admin/audit": "[data-testid=audit-lines]",
    "/security": "[data-testid=sessions]",
}
"""Pages, and what is there once they are."""


async def around(page: Page, desk: Desk, conversation: int) -> Any:
    """Every screen in turn, with what opens over it; yields its name."""
    await page.goto(f"{desk.base}/c/{conversation}")
    await expect(bubble(page, "Thank you, Ada")).to_be_visible()
    yield "conversation"
    await show(page, "queues")
    yield "queues"
    await page.get_by_test_id("explain").dispatch_event("click")
    await expect(page.get_by_test_id("why-steps")).to_be_visible()
    yield "why"
    for key, what in {"t": "transfer", "s": "snooze", "Shift+Slash": "keys"}.items():
        await page.keyboard.press(key)
        await expect(page.get_by_role("dialog")).to_be_visible()
        yield what
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)
    await page.keyboard.press("Control+k")
    await expect(page.get_by_role("option").first).to_be_visible()
    yield "palette"
    await page.keyboard.press("Escape")
    await page.get_by_test_id("presence").click()
    await expect(page.get_by_test_id("open-settings")).to_be_visible()
    yield "presence"
    await page.get_by_test_id("open-settings").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    yield "settings"
    for place, sign in PLACES.items():
        await page.goto(desk.base + place)
        await expect(page.locator(sign).first).to_be_visible()
        yield place


async def opened(page: Page, desk: Desk, conversation: int) -> Any:
    """What opens within the screens of the routing; yields its name."""
    await page.goto(f"{desk.base}/board")
    for row_of in ("queue-sales", f"agent-{desk.hub.agents['ada'].id}"):
        await page.get_by_test_id(f"board-{row_of}").get_by_role("button").first.click()
    await expect(page.locator("[data-testid^=waiter]").first).to_be_visible()
    yield "board"
    await page.locator("[data-testid^=acts]").first.click()
    await expect(page.get_by_role("menu")).to_be_visible()
    yield "acts"
    await page.goto(f"{desk.base}/c/{conversation}")
    await page.get_by_test_id("more").click()
    await page.get_by_test_id("priority").click()
    await expect(page.get_by_role("dialog")).to_be_visible()
    yield "priority"
    await page.goto(f"{desk.base}/admin/calendars")
    await page.get_by_test_id("close-office").dispatch_event("click")  # an offer lies over it
    await expect(page.get_by_role("dialog")).to_be_visible()
    yield "close"
    await page.goto(f"{desk.base}/admin/rules")
    await page.get_by_test_id("try-text").fill("bonjour")
    await page.get_by_test_id("try-submit").click()
    await expect(page.get_by_test_id("try-outcome")).to_be_visible()
    yield "tried"
    await page.get_by_test_id("rules-editor").focus()
    await page.keyboard.press("Control+Home")
    await page.keyboard.insert_text("- {id: kettle, when: {field: text, contains: kettle}}\n")
    await expect(page.get_by_test_id("rules-problems")).to_be_visible()
    await page.keyboard.press("Control+f")
    await expect(page.locator(".cm-search")).to_be_visible()
    yield "wrong"
    await page.get_by_test_id("panel-versions").dispatch_event("click")
    await expect(page.get_by_test_id("versions")).to_be_visible()
    yield "versions"


@pytest.mark.parametrize("look", [{"theme": "light"}, {"theme": "dark", "language": "fa"}])
async def test_what_opens_within_them_too(desk: Desk, look: dict[str, str]) -> None:
    conversation, _ = await busy(desk)
    page = await desk.sign_in("ada", settings=look)
    async for name in opened(page, desk, conversation):
        found = [*await contrasts(page, 4.5), *await unnamed(page)]
        if "language" in look and name != "wrong":  # what is wrong is said in English
            found += await foreign(page, *NAMES)
        assert not found, (name, found)


async def test_by_night_and_in_persian_every_screen_is_whole(desk: Desk) -> None:
    conversation, _ = await busy(desk)
    settings = PERSIAN["settings"] | {"theme": "dark"}
    page = await desk.sign_in("ada", settings=settings)
    await expect(page.get_by_test_id("offers")).to_be_visible()
    async for name in around(page, desk, conversation):
        assert await page.evaluate("document.documentElement.dir") == "rtl", name
        assert await page.evaluate("document.documentElement.lang") == "fa", name
        scheme = await page.evaluate("document.documentElement.dataset.mantineColorScheme")
        assert scheme == "dark", name
        found = [*await foreign(page, *NAMES), *await contrasts(page, 4.5), *await unnamed(page)]
        assert not found, (name, found)


async def test_persian_runs_from_right_to_left_with_jalali_dates(desk: Desk) -> None:
    conversation, _ = await busy(desk)
    page = await desk.sign_in("ada", f"/c/{conversation}", **PERSIAN)
    answer = bubble(page, "On its way.")
    theirs, mine = await bubble(page, "Thank you").bounding_box(), await answer.bounding_box()
    words = await answer.locator(".people-text").bounding_box()
    assert theirs
    assert mine
    assert words
    middle = mine["x"] + mine["width"] / 2
    assert words["x"] < middle  # ours at the left, theirs at the right
    rail = await page.get_by_role("navigation").bounding_box()
    assert rail
    assert rail["x"] > 1300
    exact = await answer.locator("time").get_attribute("title") or ""
    assert re.search(r"[۰-۹]{1,2} (فروردین|اردیبهشت|خرداد|تیر|مرداد|شهریور|مهر|آبان|آذر|دی|بهمن|اسفند) ۱[۴-۵][۰-۹]{2}", exact)  # fmt: skip
    await expect(answer.locator("time")).to_have_text(re.compile(r"^[۰-۹]{2}:[۰-۹]{2}$"))
    await expect(answer.locator(".people-text")).to_have_css("direction", "ltr")


async def test_before_signing_in_the_browser_chooses_the_language(desk: Desk) -> None:
    desk.forgive(401)
    page = await desk.visit(locale="fa-IR")
    await expect(page.get_by_role("heading", name="ورود")).to_be_visible()
    assert await foreign(page) == []


async def test_the_language_is_changed_in_the_settings(desk: Desk) -> None:
    page = await desk.sign_in()
    await page.get_by_test_id("presence").click()
    await page.get_by_test_id("open-settings").click()
    await page.get_by_role("combobox", name="Language").click()
    await page.get_by_role("option", name="فارسی").click()
    await expect(page.get_by_role("dialog", name="تنظیمات")).to_be_visible()
    await page.reload()
    await expect(page.get_by_test_id("view-mine")).to_contain_text("من")


async def test_by_day_everything_can_be_read_and_has_a_name(desk: Desk) -> None:
    conversation, _ = await busy(desk)
    page = await desk.sign_in("ada", settings={"theme": "light"})
    async for name in around(page, desk, conversation):
        found = [*await contrasts(page, 4.5), *await unnamed(page)]
        assert not found, (name, found)


async def test_the_focus_is_seen_and_news_is_said(desk: Desk) -> None:
    conversation, _ = await busy(desk)
    page = await desk.sign_in("ada", f"/c/{conversation}")
    await expect(bubble(page, "Thank you, Ada")).to_be_visible()
    assert await page.locator("[aria-live=polite]").count() > 0
    for _ in range(25):
        await page.keyboard.press("Tab")
        seen = await page.evaluate(
            """() => { const style = getComputedStyle(document.activeElement)
            const box = document.activeElement.closest('[data-testid=composer]')
            const around = box ? getComputedStyle(box) : style
            return [document.activeElement.outerHTML.slice(0, 90),
              style.outlineStyle !== 'none' || style.boxShadow !== 'none'
              || around.boxShadow !== 'none' || around.outlineStyle !== 'none'] }"""
        )
        assert seen[1], seen[0]


async def test_what_is_asked_here_finds_what_is_wrong(desk: Desk) -> None:
    page = await desk.blank()
    await page.set_content(
        """<body style="background: #fff"><button></button><span style="color: #999">grey</span>
        <a href="#" style="position: absolute; left: 1400px; width: 90px">stands out</a>"""
    )
    assert await contrasts(page, 4.5) == ["2.85 grey"]
    assert await unnamed(page) == ["<button></button>"]
    assert await foreign(page, "grey") == ["stands out"]
    assert "stands out" in (await overflow(page))[-1]


async def test_on_a_phone_one_column_at_a_time(desk: Desk) -> None:
    conversation, _ = await busy(desk)
    page = await desk.sign_in("ada", viewport=PHONE, has_touch=True, is_mobile=True)
    assert await overflow(page) == []
    await desk.hub.come("david")  # who is asked next
    await page.get_by_test_id("offer-decline").tap()
    await page.get_by_test_id("decline-busy").tap()
    await row(page, conversation).tap()
    await expect(bubble(page, "Thank you, Ada")).to_be_visible()
    await expect(page.get_by_test_id("conversation-list")).to_have_count(0)
    assert await overflow(page) == []
    await page.get_by_test_id("composer-text").fill("A longer answer, written with a thumb. " * 5)
    assert await overflow(page) == []
    await page.get_by_test_id("send").tap()
    await expect(bubble(page, "with a thumb").get_by_test_id("delivery")).to_have_attribute(
        "data-state", "sent"
    )
    await page.get_by_test_id("toggle-context").tap()
    await expect(page.get_by_test_id("context")).to_be_visible()
    assert await overflow(page) == []
    await page.keyboard.press("Escape")
    await page.get_by_test_id("back").tap()
    await expect(row(page, conversation)).to_be_visible()
    await page.go_back()
    await expect(bubble(page, "Thank you, Ada")).to_be_visible()
    for place, sign in PLACES.items():
        await page.goto(desk.base + place)
        await expect(page.locator(sign).first).to_be_visible()
        assert await overflow(page) == [], place
