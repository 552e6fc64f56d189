"""Calendars: how they stand, and closing early today."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.desk import Desk

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_closing_today_moves_what_is_promised_and_opening_moves_it_back(desk: Desk) -> None:
    await desk.conversation("My refund, please")
    page = await desk.sign_in("ada", "/admin/calendars")
    office = page.get_by_test_id("calendar-office")
    await expect(office).to_contain_text("Open now")
    await expect(office).to_contain_text("No day differs from the week.")
    await page.get_by_test_id("close-office").click()
    dialog = page.get_by_role("dialog", name="Close office today")
    await expect(dialog.get_by_test_id("close-reason")).to_be_focused()
    await dialog.get_by_test_id("close-from").fill("00:00")
    await dialog.get_by_test_id("close-reason").fill("Fire drill")
    await dialog.get_by_test_id("close-submit").click()
    await expect(page.get_by_text("2 deadlines moved")).to_be_visible()
    await expect(office).to_contain_text("Closed now")
    await expect(office.get_by_test_id("closure")).to_contain_text("Fire drill")
    due = await desk.hub.value("SELECT due_at FROM sla_deadline WHERE kind = 'answer'")
    await page.get_by_test_id("reopen-office").click()
    await expect(office).to_contain_text("Open now")
    await expect(office.get_by_test_id("closure")).to_have_count(0)
    assert await desk.hub.value("SELECT due_at FROM sla_deadline WHERE kind = 'answer'") < due


async def test_the_week_in_persian_begins_on_saturday(desk: Desk) -> None:
    page = await desk.sign_in("ada", "/admin/calendars", settings={"language": "fa"})
    office = page.get_by_test_id("calendar-office")
    await expect(office.locator("dt").first).to_have_text("شنبه")
    await expect(office.locator("dd").first).to_have_text(re.compile("^[۰-۹]{2}:[۰-۹]{2}–[۰-۹]{2}:[۰-۹]{2}$"))  # fmt: skip
