"""The live board: what waits where, who does what, and what a supervisor can do about it."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from hub import actions
from tests.browser.desk import BOB, PHONE, Desk, Line
from tests.browser.inspecting import overflow

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


def queue(page: Page, name: str) -> Any:
    return page.get_by_test_id(f"board-queue-{name}")


def agent(page: Page, desk: Desk, name: str) -> Any:
    return page.get_by_test_id(f"board-agent-{desk.hub.agents[name].id}")


async def test_the_board_follows_what_happens(desk: Desk) -> None:
    page = await desk.sign_in("ada", "/board")
    await expect(queue(page, "general").get_by_role("cell").first).to_have_text("0")
    conversation = await desk.conversation("Hello")
    await expect(queue(page, "general").get_by_role("cell").first).to_have_text("1")
    await desk.hub.come("sara")
    await expect(agent(page, desk, "sara")).to_contain_text("Free")
    await desk.hub.do(actions.take, conversation, by="sara")
    await expect(queue(page, "general").get_by_role("cell").first).to_have_text("0")
    await expect(agent(page, desk, "sara")).to_contain_text("Busy")
    await expect(agent(page, desk, "sara").get_by_label("SMS")).to_be_visible()


async def test_it_goes_on_after_a_broken_line(desk: Desk) -> None:
    line = Line()
    page = await desk.sign_in("ada", "/board", line=line)
    await expect(queue(page, "general")).to_be_visible()
    await line.cut()
    await expect(page.get_by_test_id("board").get_by_role("status")).to_contain_text("not live")
    line.mend()
    await page.evaluate("dispatchEvent(new Event('online'))")
    await desk.conversation("Hello")
    await expect(queue(page, "general").get_by_role("cell").first).to_have_text("1")
    await expect(page.get_by_test_id("board").get_by_role("status")).to_have_count(0)


async def test_who_waits_is_moved_put_forward_and_taken(desk: Desk) -> None:
    first = await desk.conversation("Hello")
    second = await desk.conversation("Hello too", sender=BOB)
    page = await desk.sign_in("ada", "/board")
    await queue(page, "general").get_by_role("button").click()
    waiters = page.get_by_role("list", name="Waiting in General").get_by_role("listitem")
    await expect(waiters).to_have_count(2)
    await expect(waiters.first).to_contain_text("Hello")
    await page.get_by_test_id(f"acts-{second}").click()
    await page.get_by_test_id("act-priority-3600").click()
    await expect(waiters.first).to_contain_text("Hello too")
    await expect(waiters.first).to_contain_text("1 h ahead")
    await page.get_by_test_id(f"acts-{first}").click()
    await page.get_by_test_id("act-move-care").click()
    await expect(waiters).to_have_count(1)
    await expect(queue(page, "care").get_by_role("cell").first).to_have_text("1")
    await page.get_by_test_id(f"acts-{second}").click()
    await page.get_by_test_id("act-take").click()
    await expect(page.get_by_text("Nobody is waiting here.")).to_be_visible()
    assert (await desk.hub.item(second))["agent"] == desk.hub.agents["ada"].id


async def test_a_state_is_set_for_somebody_and_the_log_says_who_did(desk: Desk) -> None:
    await desk.hub.come("sara")
    page = await desk.sign_in("ada", "/board")
    theirs = await desk.sign_in("sara")
    sara = agent(page, desk, "sara")
    await expect(sara).to_contain_text("Free")
    await sara.get_by_role("button", name="Change the state of Sara Ahmadi").click()
    await page.get_by_test_id("force-away").click()
    await expect(page.get_by_text("Sara Ahmadi is now away")).to_be_visible()
    await expect(sara).to_contain_text("Away")
    await expect(theirs.get_by_test_id("announcer")).to_have_text("Ada Winter set you to away")
    await sara.get_by_role("button", name="Show the work of Sara Ahmadi").click()
    await expect(page.get_by_text("Nothing in hand.")).to_be_visible()
    await expect(page.get_by_role("list").filter(has_text="Available")).to_contain_text(
        "Away · by Ada Winter"
    )


async def test_agents_by_state_keep_their_places_under_the_pointer(desk: Desk) -> None:
    await desk.hub.come("sara", "david")
    page = await desk.sign_in("ada", "/board")
    await page.locator("label").filter(has_text=re.compile("^Free 2$")).click()
    await expect(page.get_by_role("radio", name="Free 2")).to_be_checked()
    await expect(agent(page, desk, "emma")).to_have_count(0)
    await agent(page, desk, "sara").hover()
    await desk.hub.come("sara", presence="away")
    await expect(agent(page, desk, "sara")).to_contain_text("Away")  # and still there
    await page.mouse.move(700, 5)
    await expect(agent(page, desk, "sara")).to_have_count(0)
    await expect(agent(page, desk, "david")).to_be_visible()


async def test_by_keys_alone(desk: Desk) -> None:
    await desk.conversation("Hello")
    page = await desk.sign_in("ada")
    await page.keyboard.press("g")
    await page.keyboard.press("b")
    await expect(page).to_have_url(f"{desk.base}/board")
    toggle = queue(page, "general").get_by_role("button")
    await toggle.focus()
    await page.keyboard.press("Enter")
    await expect(toggle).to_have_attribute("aria-expanded", "true")
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="+1 202-555-0199")).to_be_focused()


async def test_on_a_phone_and_in_persian(desk: Desk) -> None:
    await desk.conversation("Hello")
    page = await desk.sign_in(
        "ada", "/board", settings={"language": "fa"}, viewport=PHONE, has_touch=True, is_mobile=True
    )
    await expect(queue(page, "general")).to_contain_text("عمومی")
    assert await overflow(page) == []
    await queue(page, "general").get_by_role("button").tap()
    await expect(page.get_by_role("list", name="منتظران عمومی")).to_contain_text("Hello")
    assert await overflow(page) == []


async def test_the_board_is_for_supervisors(desk: Desk) -> None:
    page = await desk.sign_in("sara", "/board")
    await expect(page.get_by_text("The board is for supervisors.")).to_be_visible()
    await expect(page.get_by_role("link", name="Board")).to_have_count(0)
