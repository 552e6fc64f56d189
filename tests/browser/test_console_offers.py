"""Offers: a card with a countdown, accepted by button or keys, declined with a reason."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.desk import BOB, Desk, bubble, write

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def offer(desk: Desk, page: Page, text: str = "I want to buy", **fields: str) -> int:
    """A message for which the agent at the page is asked; its conversation."""
    conversation = await desk.conversation(text, **fields)
    await expect(page.get_by_test_id("offers")).to_contain_text(text)
    return conversation


async def test_an_offer_says_who_and_why_and_for_how_long(desk: Desk) -> None:
    await desk.hub.come("sara")
    page = await desk.sign_in()
    await desk.conversation("I want to buy a kettle")
    card = page.get_by_role("article", name="Offer from +1 202-555-0199")
    await expect(card).to_contain_text("SMS")
    await expect(card).to_contain_text("Sales")
    await expect(card).to_contain_text("I want to buy a kettle")
    await expect(card).to_contain_text("Why you: You were the only one who was free.")
    ring = card.get_by_role("timer")
    await expect(ring).to_have_accessible_name(re.compile(r"^(60|5\d) seconds left$"))
    before = await ring.text_content()
    await expect(ring).not_to_have_text(before or "")
    await expect(page).to_have_title("(1) Interaction hub")
    await expect(page.get_by_test_id("announcer")).to_have_text("+1 202-555-0199 is waiting")


async def test_an_offer_is_accepted_by_its_button(desk: Desk) -> None:
    await desk.hub.come("sara")
    page = await desk.sign_in()
    conversation = await offer(desk, page)
    await page.get_by_test_id("offer-accept").click()
    await expect(page).to_have_url(f"{desk.base}/c/{conversation}")
    await expect(page.get_by_text("With you")).to_be_visible()
    await expect(page.get_by_test_id("offers")).to_have_count(0)
    item = await desk.hub.item(conversation)
    assert (item["state"], item["agent"]) == ("active", desk.hub.agents["sara"].id)


async def test_an_offer_is_accepted_by_keys_while_writing_to_another(desk: Desk) -> None:
    other = await desk.conversation("Hello", sender=BOB)
    await desk.hub.come("sara")
    page = await desk.sign_in(path=f"/c/{other}")
    await write(page, "Dear Bob")
    conversation = await offer(desk, page)
    await expect(page.get_by_test_id("composer-text")).to_be_focused()  # it takes no focus
    await page.keyboard.press("Control+Shift+KeyA")
    await expect(page).to_have_url(f"{desk.base}/c/{conversation}")
    await page.go_back()
    await expect(page.get_by_test_id("composer-text")).to_have_value("Dear Bob")


async def test_an_offer_is_declined_with_a_reason(desk: Desk) -> None:
    await desk.hub.come("sara")
    page = await desk.sign_in()
    conversation = await offer(desk, page)
    await desk.hub.come("david")
    await page.get_by_test_id("offer-decline").click()
    await page.get_by_role("menuitem", name="Not my area").click()
    await expect(page.get_by_test_id("offers")).to_have_count(0)
    await page.goto(f"{desk.base}/c/{conversation}")
    await page.get_by_test_id("explain").click()
    steps = page.get_by_test_id("why-steps")
    await expect(steps).to_contain_text("Sara Ahmadi declined it: somebody else knows this better")


async def test_an_offer_is_declined_in_ones_own_words(desk: Desk) -> None:
    await desk.hub.come("sara")
    page = await desk.sign_in()
    conversation = await offer(desk, page)
    await page.get_by_test_id("offer-decline").click()
    await page.get_by_test_id("decline-other").click()
    words = page.get_by_test_id("decline-words")
    await expect(words).to_be_focused()
    await expect(page.get_by_test_id("decline-send")).to_be_disabled()
    await words.press("Escape")
    await expect(page.get_by_test_id("offer-accept")).to_be_visible()
    await page.get_by_test_id("offer-decline").click()
    await page.get_by_test_id("decline-other").click()
    await words.fill("This is my neighbour")
    await words.press("Enter")
    await desk.hub.until_item(conversation, "queued")
    await page.goto(f"{desk.base}/c/{conversation}")
    await page.get_by_test_id("explain").click()
    await expect(page.get_by_test_id("why-steps")).to_contain_text("This is my neighbour")


async def test_an_offer_that_a_colleague_takes_goes_away(desk: Desk) -> None:
    await desk.hub.come("sara")
    page = await desk.sign_in()
    conversation = await offer(desk, page)
    colleague = await desk.sign_in("david", f"/c/{conversation}")
    await colleague.get_by_test_id("take").click()
    await expect(page.get_by_test_id("offers")).to_have_count(0)
    await expect(bubble(colleague, "I want to buy")).to_be_visible()


async def test_only_who_serves_the_queue_may_take(desk: Desk) -> None:
    conversation = await desk.conversation("I want to buy")
    page = await desk.sign_in("emma", f"/c/{conversation}")
    await expect(page.get_by_test_id("resolve")).to_be_visible()
    await expect(page.get_by_test_id("take")).to_have_count(0)
