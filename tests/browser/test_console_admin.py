"""The console's pages for admins: channels, and the ledger with its replay."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import Page, expect

from tests.browser.desk import Desk, bubble
from tests.hub.running import message

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_channels_and_their_check(desk: Desk) -> None:
    await desk.hub.sms("Hello")
    page = await desk.sign_in("ada", "/admin")
    await expect(page.get_by_test_id("channel-mail")).to_contain_text("E-mail")
    sms = page.get_by_test_id("channel-sms")
    await expect(sms).to_have_attribute("data-health", "good")
    await expect(sms).to_contain_text("Text messages")
    await page.get_by_test_id("check-sms").click()
    await expect(sms.get_by_role("status")).to_have_text("Works")
    desk.twilio.account_status = "suspended"
    await page.get_by_test_id("check-sms").click()
    await expect(sms.get_by_role("status")).to_contain_text("suspended")


async def test_what_failed_is_replayed_from_the_ledger(desk: Desk) -> None:
    await desk.hub.sms("Hello")
    desk.hub.provider().mistakes.add("M-odd")
    await desk.hub.loop(message("An odd one", id="M-odd"))
    page = await desk.sign_in("ada", "/admin/ledger")
    await expect(page.get_by_test_id("ledger-stored")).to_contain_text("1")
    await expect(page.get_by_test_id("ledger-failed")).to_contain_text("1")
    await expect(page.get_by_test_id("ledger-received")).to_contain_text("2")
    desk.hub.provider().mistakes.clear()
    await page.get_by_role("button", name="Replay", exact=True).click()
    await expect(page.get_by_text("Replayed: all of it is filed now")).to_be_visible()
    await expect(page.get_by_test_id("ledger-stored")).to_contain_text("2")
    await expect(page.get_by_test_id("ledger-received")).to_contain_text("2")
    assert await desk.hub.ledger() == {"stored": 2}
    await page.get_by_test_id("ledger-stored").click()
    await expect(page.get_by_role("cell", name="M-odd")).to_be_visible()


async def _not_loaded_then_loaded(page: Page, desk: Desk, conversation: int) -> None:
    """What does not come says so and is asked for again; what is not there leads back."""
    desk.forgive(404, 503)
    timelines = re.compile(r"/contacts/\d+/timeline")
    await page.route(timelines, lambda route: route.fulfill(status=503))
    await page.goto(f"{desk.base}/c/{conversation}")
    await expect(page.get_by_role("alert")).to_contain_text("This could not be loaded")
    await page.wait_for_load_state("networkidle")  # it asks again by itself where it learns more
    await page.unroute(timelines)
    await page.get_by_test_id("load-again").click()
    await expect(bubble(page, "Hello")).to_be_visible()
    await page.goto(f"{desk.base}/c/{conversation + 1000}")
    await page.get_by_role("button", name="To the inbox").click()
    await expect(page).to_have_url(f"{desk.base}/")


async def test_an_agent_has_no_admin_page_and_a_viewer_no_composer(desk: Desk) -> None:
    conversation = await desk.conversation()
    page = await desk.sign_in("sara", "/admin")
    await expect(page.get_by_text("This page is for admins and supervisors.")).to_be_visible()
    await expect(page.get_by_role("link", name="Admin")).to_have_count(0)
    await _not_loaded_then_loaded(page, desk, conversation)
    await desk.hub.office.run("user-add", email="vera@acme.example", role="viewer")
    viewer = await desk.sign_in("vera", f"/c/{conversation}")
    await expect(viewer.get_by_text("You can read this conversation.")).to_be_visible()
    await expect(viewer.get_by_test_id("composer-text")).to_have_count(0)
    await expect(viewer.get_by_test_id("take")).to_have_count(0)
    await expect(viewer.get_by_test_id("resolve")).to_have_count(0)
