"""Writing first, canned replies and the page that words them, consent and spam, at the screen."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from hub import actions
from tests.browser.desk import ANN, Desk, bubble, row, write
from tests.browser.inspecting import contrasts, foreign, overflow, unnamed
from tests.browser.test_console_looks import NAMES

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

NEW = "+12025550188"
NAMED = ("greeting", "acknowledgement", "callback", "closed-hours", "message", "hello", "HTML")
"""Names of templates: they stand as they are within Persian sentences."""
SAID = ("Dear ", "STOP", "{{")
"""Of what people wrote themselves."""


async def _word_a_template(desk: Desk) -> None:
    page = await desk.sign_in("ada", "/admin/templates")
    await page.get_by_test_id("template-new").click()
    await page.get_by_test_id("template-name").fill("greeting")
    text = page.get_by_test_id("template-text")
    await text.fill("Dear ")
    await page.locator("summary").click()
    await page.get_by_test_id("variable-contact.name").click()
    await expect(text).to_have_value("Dear {{ contact.name }}")
    await text.fill("Dear {{ contact.nam }}, we are on it.")
    desk.forgive(400)
    await page.get_by_test_id("template-save").click()
    await expect(page.get_by_text("there is no variable contact.nam")).to_be_visible()
    await text.fill("Dear {{ contact.name }}, we are on it. Yours, {{ agent.name }}")
    await page.get_by_test_id("template-save").click()
    await expect(page.get_by_test_id("template-greeting")).to_be_visible()


async def _read(desk: Desk) -> bool:
    return not (await desk.hub.conversation()).unread


async def _begin(page: Page) -> None:
    """C, an address, a channel, words."""
    await page.keyboard.press("c")
    await page.get_by_test_id("start-to").fill(NEW)
    await page.get_by_test_id("start-new").click()
    await expect(page.get_by_test_id("way-sms")).to_be_visible()
    await page.get_by_test_id("way-sms").click()
    await page.get_by_test_id("start-text").fill("May we come tomorrow?")
    await page.keyboard.press("Escape")  # nothing typed is lost
    await page.keyboard.press("c")
    await expect(page.get_by_test_id("start-text")).to_have_value("May we come tomorrow?")
    await page.get_by_test_id("way-sms").click()
    await page.get_by_test_id("start-text").press("Control+Enter")
    await expect(bubble(page, "May we come tomorrow?")).to_be_visible()


async def _mail_with_a_file(page: Page, desk: Desk) -> None:
    """Somebody else instead, by mail."""
    await page.get_by_test_id("start-change").click()
    await page.get_by_test_id("start-to").fill("lee@customer.example")
    await page.get_by_test_id("start-new").click()
    await page.get_by_test_id("start-subject").fill("Your papers")
    async with page.expect_file_chooser() as chooser:
        await page.get_by_test_id("start-attach").click()
    papers = {"name": "papers.txt", "mimeType": "text/plain", "buffer": b"All of them"}
    await (await chooser.value).set_files(papers)  # type: ignore[arg-type]
    await page.get_by_test_id("start-text").fill("Here they are")
    await page.get_by_test_id("start-send").click()
    await expect(bubble(page, "Here they are")).to_contain_text("papers.txt")

    async def left() -> bool:
        return any(b"papers.txt" in mail.body for mail in desk.smtp.mails)

    await desk.hub.until(left)


async def test_who_writes_first_has_it_and_says_what_is_often_said(desk: Desk) -> None:
    await _word_a_template(desk)
    await desk.hub.come("sara")
    page = await desk.sign_in("sara")
    await _begin(page)
    talk = await desk.hub.conversation()
    assert (talk.status, talk.agent and talk.agent.name) == ("pending", "Sara Ahmadi")
    await desk.hub.sms("Yes, please call +1 202-555-0145", sender=NEW)
    await expect(bubble(page, "Yes, please call")).to_be_visible()
    await desk.hub.until_item(talk.id, "active")

    await desk.hub.until(lambda: _read(desk))
    await page.get_by_test_id("composer-text").blur()
    await page.keyboard.press("/")
    await expect(page.get_by_test_id("canned-greeting")).to_be_visible()
    await page.keyboard.type("gree")
    await page.keyboard.press("Enter")
    box = page.get_by_test_id("composer-text")
    await expect(box).to_have_value("Dear {{ contact.name }}, we are on it. Yours, Sara Ahmadi")
    await expect(page.get_by_test_id("send")).to_be_disabled()
    await page.get_by_test_id("missing-contact.name").fill("Ms Lee")
    await page.keyboard.press("Enter")
    await expect(box).to_have_value("Dear Ms Lee, we are on it. Yours, Sara Ahmadi")
    await expect(page.get_by_test_id("missing")).to_have_count(0)
    await box.press("Control+Enter")
    await expect(bubble(page, "Dear Ms Lee")).to_be_visible()

    link = bubble(page, "Yes, please call").get_by_test_id("write-to")
    await link.click()
    await expect(page.get_by_test_id("way-sms")).to_contain_text("202-555-0145")
    assert await overflow(page) == []
    await _mail_with_a_file(page, desk)


async def test_a_closed_way_says_why_and_spam_is_taken_back(desk: Desk) -> None:
    await desk.hub.come("sara")
    talk = await desk.conversation("Where is my order?", sender=ANN)
    await desk.hub.do(actions.take, talk, by="sara")
    page = await desk.sign_in("sara", f"/c/{talk}")
    await desk.hub.sms("STOP", sender=ANN)
    note = page.get_by_test_id("closed-note")
    await expect(note).to_contain_text("asked us to stop")
    await expect(page.get_by_test_id("consents")).to_contain_text("STOP")
    await write(page, "Hello")
    await expect(page.get_by_test_id("send")).to_be_disabled()
    await page.get_by_test_id("instead-loop").click()
    await expect(note).to_have_count(0)
    await expect(page.get_by_test_id("send")).to_be_enabled()

    await page.locator("[data-testid^=address-menu-]").first.click()
    await page.get_by_test_id("address-grant").click()
    await expect(page.get_by_test_id("consent-submit")).to_be_disabled()
    await page.get_by_test_id("consent-proof").fill("said so on the phone")
    await page.get_by_test_id("consent-submit").click()
    consents = page.get_by_test_id("consents")
    await expect(consents).to_contain_text("said so on the phone")
    await expect(consents).to_contain_text("recorded by Sara Ahmadi")

    await page.get_by_test_id("more").click()
    await page.get_by_test_id("spam").click()
    await expect(page.get_by_test_id("spam-note")).to_be_visible()
    await expect(page.get_by_test_id("context")).to_contain_text("blocked")
    assert (await desk.hub.conversation()).status == "spam"
    await page.get_by_test_id("undo").click()
    await expect(page.get_by_test_id("composer-text")).to_be_visible()
    found = await desk.hub.conversation()
    assert (found.status, found.agent and found.agent.name) == ("open", "Sara Ahmadi")
    await expect(row(page, talk)).to_be_visible()


async def test_by_night_and_in_persian_all_of_it_is_whole(desk: Desk) -> None:
    await _word_a_template(desk)
    await desk.hub.come("sara")
    talk = await desk.conversation("سلام", sender=ANN)
    await desk.hub.do(actions.take, talk, by="sara")
    settings = {"language": "fa", "theme": "dark", "time_zone": "Asia/Tehran"}
    page = await desk.sign_in("sara", f"/c/{talk}", settings=settings)
    await page.get_by_test_id("canned").click()
    await page.get_by_test_id("canned-greeting").click()
    await expect(page.get_by_test_id("missing")).to_be_visible()
    await desk.hub.sms("STOP", sender=ANN)
    await expect(page.get_by_test_id("closed-note")).to_be_visible()
    await _whole(page, "the composer")
    await page.locator("[data-testid^=address-menu-]").first.click()
    await page.get_by_test_id("address-grant").click()
    await _whole(page, "consent")
    await page.keyboard.press("Escape")
    await page.get_by_test_id("write").click()
    await page.get_by_test_id("start-to").fill(NEW)
    await page.get_by_test_id("start-new").click()
    await expect(page.get_by_test_id("way-sms")).to_be_visible()
    await _whole(page, "a first message")
    admin = await desk.sign_in("ada", "/admin/templates", settings=settings)
    await admin.get_by_test_id("template-greeting").click()
    await admin.locator("summary").click()
    await _whole(admin, "templates")


async def _whole(page: Page, where: str) -> None:
    words = await foreign(page, *NAMES, *NAMED)
    assert [one for one in words if not any(said in one for said in SAID)] == [], where
    assert await unnamed(page) == [], where
    assert await contrasts(page, 4.5) == [], where
    assert await overflow(page) == [], where
