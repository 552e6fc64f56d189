"""What is promised and what comes after: clocks in lists and headers, a place in line, wrapping up."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from hub import actions
from tests.browser.desk import BOB, Desk, bubble, row, show

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_what_is_far_is_said_as_a_moment_and_what_is_near_as_a_span(desk: Desk) -> None:
    far = await desk.conversation("My refund, please")
    near = await desk.conversation("This is urgent", sender=BOB)
    page = await desk.sign_in()
    await show(page, "queues")
    due = row(page, far).get_by_test_id("due-answer")
    await expect(due).to_have_text(
        re.compile(r"^Answer by (Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day \d\d:\d\d$")
    )
    await expect(due).to_have_attribute("data-tone", "good")
    await expect(due.locator("time")).to_have_attribute("title", re.compile("counted in office"))
    soon = row(page, near).get_by_test_id("due-answer")
    await expect(soon).to_have_text(re.compile(r"^Answer within (29|30) min$"))
    await row(page, far).click()
    promises = page.get_by_test_id("promises")
    await expect(promises.get_by_test_id("due-answer")).to_have_text(re.compile("^Answer by "))
    await expect(promises.get_by_test_id("due-resolution")).to_have_text(re.compile("^Resolve by "))
    await row(page, near).click()
    await expect(promises).to_contain_text("urgent")  # the rule's tag


async def test_an_answer_keeps_its_promise_and_the_other_one_waits(desk: Desk) -> None:
    conversation = await desk.conversation("My refund, please")
    page = await desk.sign_in(path=f"/c/{conversation}")
    promises = page.get_by_test_id("promises")
    await expect(promises.get_by_test_id("due-answer")).to_be_visible()
    await desk.hub.do(actions.take, conversation, by="sara")
    await desk.hub.reply(conversation, "It is on its way.", by="sara")
    await expect(bubble(page, "on its way")).to_be_visible()
    await expect(promises.get_by_test_id("due-answer")).to_have_count(0)
    resolution = promises.get_by_test_id("due-resolution")
    await expect(resolution).to_have_text("Resolve: paused")
    await expect(resolution).to_have_attribute("data-tone", "still")


async def test_promises_are_told_in_persian_days_and_digits(desk: Desk) -> None:
    conversation = await desk.conversation("My refund, please")
    page = await desk.sign_in(
        path=f"/c/{conversation}", settings={"language": "fa", "time_zone": "Asia/Tehran"}
    )
    due = page.get_by_test_id("promises").get_by_test_id("due-answer")
    await expect(due).to_have_text(re.compile("^پاسخ تا [^ ]+ [۰-۹]{2}:[۰-۹]{2}$"))
    title = await due.locator("time").get_attribute("title") or ""
    assert re.search("[۰-۹]{1,2} [آ-ی]+ ۱[۴-۵][۰-۹]{2}", title)  # Jalali


async def test_a_supervisor_changes_a_place_in_line(desk: Desk) -> None:
    first = await desk.conversation("My refund, please")
    second = await desk.conversation("Another refund", sender=BOB)
    page = await desk.sign_in("ada", f"/c/{second}")
    await show(page, "all")
    await page.get_by_test_id("more").click()
    await page.get_by_test_id("priority").click()
    dialog = page.get_by_role("dialog", name="Place in line")
    await expect(dialog.get_by_role("radio", name="Its own turn")).to_be_checked()
    await dialog.get_by_test_id("priority-900").click()
    await expect(page.get_by_test_id("promises")).to_contain_text("15 min ahead")
    ahead, behind = await desk.hub.item(second), await desk.hub.item(first)
    assert ahead["order_key"] < behind["order_key"]
    sara = await desk.sign_in("sara", f"/c/{second}")
    await sara.get_by_test_id("more").click()
    await expect(sara.get_by_role("menuitem", name="Mark as spam")).to_be_visible()
    await expect(sara.get_by_test_id("priority")).to_have_count(0)  # not an agent's to say


async def test_wrapping_up_with_a_note(desk: Desk) -> None:
    conversation = await desk.conversation("My refund, please")
    await desk.hub.do(actions.take, conversation, by="sara")
    page = await desk.sign_in(path=f"/c/{conversation}")
    await page.get_by_test_id("resolve").click()
    bar = page.get_by_test_id(f"wrap-{conversation}")
    await expect(bar.get_by_role("timer")).to_have_text(re.compile(r"^1:\d\d left to wrap up$"))
    assert (await desk.hub.item(conversation))["state"] == "wrapping"
    await page.get_by_test_id("wrap-note").fill("Paid back in full")
    await page.get_by_test_id("wrap-done").click()
    await expect(bar).to_have_count(0)
    await expect(page.get_by_test_id("timeline")).to_contain_text("Paid back in full")
    await desk.hub.until_item(conversation, "completed")


async def test_wrapping_up_is_seen_from_elsewhere_and_survives_a_reload(desk: Desk) -> None:
    conversation = await desk.conversation("My refund, please")
    await desk.hub.do(actions.take, conversation, by="sara")
    page = await desk.sign_in(path=f"/c/{conversation}")
    await page.get_by_test_id("resolve").click()
    await expect(page.get_by_test_id("wrap-done")).to_be_visible()
    await page.get_by_role("button", name="Reopen").click()
    await expect(page.get_by_test_id("wrap-done")).to_have_count(0)  # it goes on
    await page.get_by_test_id("resolve").click()
    await expect(page.get_by_test_id("wrap-done")).to_be_visible()
    await page.goto(desk.base)
    bar = page.get_by_test_id(f"wrap-{conversation}")
    await bar.get_by_role("button", name="Go there").click()
    await expect(page).to_have_url(f"{desk.base}/c/{conversation}")
    await page.get_by_test_id("wrap-note").press("Enter")
    await expect(bar).to_have_count(0)


async def test_a_broken_promise_is_said_once_to_whom_it_is_for(desk: Desk) -> None:
    page = await desk.sign_in("ada")
    sara = await desk.sign_in("sara")
    conversation = await desk.conversation("alarm")
    await expect(page.get_by_text("+1 202-555-0199 · Answer: under a minute late")).to_be_visible()
    await page.get_by_test_id("notice-act").click()
    await expect(page).to_have_url(f"{desk.base}/c/{conversation}")
    due = page.get_by_test_id("promises").get_by_test_id("due-answer")
    await expect(due).to_have_attribute("data-tone", "bad")
    await expect(sara.get_by_test_id("notice-act")).to_have_count(0)


async def test_compact_rows_show_the_clock_too(desk: Desk) -> None:
    conversation = await desk.conversation("My refund, please")
    page = await desk.sign_in()
    await page.evaluate("localStorage.setItem('hub.prefs', JSON.stringify({density: 'compact'}))")
    await page.reload()
    await show(page, "queues")
    await expect(row(page, conversation).get_by_test_id("due-answer")).to_be_visible()
