"""Why here, why me, why it still waits: at a glance, step by step, and what if."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from hub import actions
from tests.browser.desk import Desk

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_why_it_is_here_and_why_it_waits_without_asking(desk: Desk) -> None:
    await desk.hub.come("sara")
    conversation = await desk.conversation("bonjour")
    page = await desk.sign_in(path=f"/c/{conversation}")
    await expect(page.get_by_test_id("why-here")).to_contain_text("french")
    waiting = page.get_by_test_id("why-waiting")
    await expect(waiting).to_contain_text("It is number 1 in the queue “Sales”.")
    await expect(page.get_by_test_id("why-me")).to_have_count(0)
    await expect(page.get_by_test_id("what-if")).to_have_count(0)  # an agent changes no rules


async def test_every_step_past_present_and_to_come(desk: Desk) -> None:
    await desk.hub.come("sara")
    conversation = await desk.conversation("bonjour")
    page = await desk.sign_in(path=f"/c/{conversation}")
    await page.get_by_test_id("explain").click()
    steps = page.get_by_test_id("why-steps")
    now = steps.locator("[aria-current=step]")
    await expect(now).to_contain_text("Step 1")
    await expect(now).to_contain_text("needs french from level 2")
    to_come = steps.locator("[data-state=to_come]")
    await expect(to_come.first).to_contain_text("Step 2")
    await expect(to_come.first).to_contain_text("anybody of the queue")
    await expect(to_come.last).to_contain_text("Then: goes to General")
    times = [await one.get_attribute("datetime") for one in await to_come.locator("time").all()]
    assert len(times) == 2
    assert times == sorted(times, key=str)
    here = page.get_by_test_id("why-here")
    await expect(here).to_contain_text("Rule “urgent” did not match")


async def test_who_was_asked_and_who_was_left_out(desk: Desk) -> None:
    await desk.hub.come("sara", "david")
    conversation = await desk.conversation("I want to buy")
    page = await desk.sign_in("ada", f"/c/{conversation}")
    await page.get_by_test_id("explain").click()
    steps = page.get_by_test_id("why-steps")
    await expect(steps).to_contain_text("may answer")
    await steps.get_by_text("2 were in question").click()
    await expect(steps).to_contain_text("Sara Ahmadi")
    await expect(steps).to_contain_text("David Miller")
    await expect(steps).to_contain_text("Cost")
    await expect(steps).to_contain_text("1 offline")


async def test_why_the_agent_has_it(desk: Desk) -> None:
    await desk.hub.come("sara")
    conversation = await desk.conversation("Hello")
    await desk.hub.do(actions.take, conversation, by="sara")
    page = await desk.sign_in(path=f"/c/{conversation}")
    me = page.get_by_test_id("why-me")
    await expect(me).to_contain_text("Why you")
    await expect(me).to_contain_text("You took it.")
    await expect(page.get_by_test_id("why-waiting")).to_contain_text("NowSara Ahmadi has it.")
    colleague = await desk.sign_in("ada", f"/c/{conversation}")
    await expect(colleague.get_by_test_id("why-me")).to_contain_text("Why Sara Ahmadi")


async def test_the_reasons_in_persian(desk: Desk) -> None:
    await desk.hub.come("sara")
    conversation = await desk.conversation("bonjour")
    page = await desk.sign_in(path=f"/c/{conversation}", settings={"language": "fa"})
    await expect(page.get_by_test_id("why-waiting")).to_contain_text("فروش")
    await page.get_by_test_id("explain").click()
    now = page.get_by_test_id("why-steps").locator("[aria-current=step]")
    await expect(now).to_contain_text("نیازمند french از سطح ۲")
    # a dot between two numbers reads as a zero
    await expect(page.get_by_text(re.compile("نسخه ۱، "))).to_be_visible()
