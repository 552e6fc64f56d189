"""Health and trace at a screen: what is wrong is seen, understood, and followed to its cause."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.desk import Desk, write
from tests.fakes.twilio import Failure
from tests.hub.running import message

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_what_is_wrong_is_seen_and_followed(desk: Desk) -> None:
    conversation = await desk.conversation("My order is late")
    desk.hub.provider().mistakes.add("M-odd")
    await desk.hub.loop(message("An odd one", id="M-odd"))
    assert (await desk.hub.post("loop", b"[]", {}, query="?x=1"))[0] == 401
    desk.twilio.failures.append(Failure(400, 21614, "not a mobile number"))
    sara = await desk.sign_in("sara", f"/c/{conversation}")
    await sara.get_by_test_id("take").click()
    await write(sara, "It is on its way")
    await sara.get_by_test_id("send").click()
    await expect(sara.get_by_text("this is not a mobile number")).to_be_visible()

    page = await desk.sign_in("ada", "/admin")
    await expect(page.get_by_test_id("admin-health")).to_have_attribute("aria-selected", "true")
    await expect(page.get_by_test_id("health-received")).to_have_text("3")
    loop = page.get_by_test_id("channel-loop")
    await expect(loop).to_contain_text("1 failed, 1 rejected")
    await expect(loop).to_contain_text(  # in this process: of other tests too
        re.compile(r"[1-9]\d* requests? since the start did not hold")
    )
    await page.get_by_test_id("doctor-run").click()
    found = page.get_by_test_id("doctor-found")
    await expect(found).to_contain_text("1 event could not be filed and is kept.")
    await expect(found).to_contain_text("HUB_PUBLIC_URL")

    await page.get_by_test_id("admin-ledger").click()
    await page.get_by_test_id("ledger-recount").click()
    await expect(page.get_by_test_id("ledger-closes")).to_contain_text(
        "The ledger closes: 3 events"
    )
    await page.get_by_test_id("ledger-rejected").click()
    await expect(page.get_by_text("X-Loopback: missing")).to_be_visible()
    await expect(page.get_by_test_id("signed-url")).to_contain_text("/in/loop?x=1")
    await page.get_by_role("button", name="Trace", exact=True).click()
    await expect(page).to_have_url(desk.base + "/admin/trace/event%3A3")
    await expect(page.get_by_test_id("trace-outcome")).to_contain_text("X-Loopback: missing")

    what = page.get_by_test_id("trace-what")
    await what.fill("+1 (202) 555-0199")
    await what.press("Enter")
    await expect(page.get_by_test_id("trace-filed")).to_contain_text("a new matter")
    await expect(page).to_have_url(desk.base + "/admin/trace/event%3A3")  # no address in it
    attempt = page.get_by_test_id("trace-attempt")
    await expect(attempt).to_have_attribute("data-tone", "bad")
    await attempt.get_by_text("What was said to the provider").click()
    await expect(attempt).to_contain_text("400 Bad Request")
    await expect(attempt).to_contain_text("(16 characters)")
    await expect(page.get_by_test_id("trace-found")).not_to_contain_text("on its way")
    await page.get_by_role("link", name="Open the conversation").click()
    await expect(page).to_have_url(f"{desk.base}/c/{conversation}")
    await page.get_by_test_id("more").click()
    await page.get_by_test_id("trace-matter").click()
    await expect(page.get_by_test_id("trace-attempt")).to_be_visible()
