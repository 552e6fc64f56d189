"""The rules: written with help, checked, tried, compared with what came, published and taken back."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.browser.desk import BOB, Desk
from tests.browser.inspecting import overflow

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def rules(desk: Desk, who: str = "ada", path: str = "/admin/rules", **more: Any) -> Page:
    """The page of the rules, with its editor there."""
    page = await desk.sign_in(who, path, **more)
    await expect(page.get_by_test_id("rules-editor")).to_contain_text("urgent")
    return page


async def body(page: Page, desk: Desk) -> str:
    """The rows in force."""
    answer = await page.request.get(f"{desk.base}/api/v1/rules")
    text: str = (await answer.json())["body"]
    return text


async def write(page: Page, text: str) -> None:
    """Replace everything in the editor."""
    await page.get_by_test_id("rules-editor").focus()
    await page.keyboard.press("Control+a")
    await page.keyboard.insert_text(text)


async def publish(page: Page, note: str = "") -> None:
    """Publish what is written, up to the answer."""
    await expect(page.get_by_test_id("rules-valid")).to_be_visible()
    await page.get_by_test_id("publish").click()
    dialog = page.get_by_role("dialog", name="What changes")
    await dialog.get_by_label("What did you change, and why?").fill(note)
    await dialog.get_by_test_id("publish-confirm").click()


async def post(page: Page, path: str, **fields: Any) -> Any:
    """The API, as this browser calls it."""
    csrf = (await (await page.request.get(f"{path.partition('/api')[0]}/api/v1/me")).json())["csrf"]
    return await page.request.post(path, data=fields, headers={"X-CSRF-Token": csrf})


async def test_rules_are_checked_in_place_before_they_are_published(desk: Desk) -> None:
    page = await rules(desk)
    before = await body(page, desk)
    await write(page, before.replace("queue: care", "queue: caree", 1))
    problems = page.get_by_test_id("rules-problems")
    await expect(problems).to_contain_text("1 thing to fix")
    await expect(problems).to_contain_text("caree")
    await expect(page.locator(".cm-lintRange-error")).to_have_text("queue: caree")
    await expect(page.get_by_test_id("publish")).to_be_disabled()
    await problems.get_by_role("button", name=re.compile("^Line ")).click()
    await expect(page.locator(".cm-activeLine")).to_contain_text("caree")
    await write(page, before.replace("contains: refund", "contains: kettle"))
    await publish(page, "Kettles go to care")
    await expect(page.get_by_text("Version 2 is live")).to_be_visible()
    conversation = await desk.conversation("My kettle")
    item = await desk.hub.item(conversation)
    assert item["queue"] == desk.hub.queue("care")


async def test_the_editor_completes_what_may_stand_there(desk: Desk) -> None:
    page = await rules(desk)
    await write(page, "- id: one\n")
    await page.keyboard.type("  when: {field: chan")
    options = page.get_by_role("listbox", name="Completions")
    await expect(options.get_by_role("option").first).to_contain_text("channel")
    await page.keyboard.press("Enter")
    await page.keyboard.type(", eq: ")
    await expect(options.get_by_role("option", name="mail", exact=True)).to_be_visible()
    await page.keyboard.type("sm")
    await page.keyboard.press("Enter")
    await page.keyboard.press("End")
    await page.keyboard.press("Enter")
    await page.keyboard.type("then: {queue: ge")
    await expect(options.get_by_role("option").first).to_have_text("general")
    await page.keyboard.press("Tab")
    editor = page.get_by_test_id("rules-editor")
    await expect(editor).to_contain_text("{field: channel, eq: sms}")
    await expect(editor).to_contain_text("then: {queue: general}")
    await page.keyboard.press("Escape")
    await page.keyboard.press("Tab")  # and out
    await expect(editor).not_to_be_focused()


async def test_a_message_is_tried_on_rows_that_are_not_published(desk: Desk) -> None:
    page = await rules(desk)
    await page.get_by_test_id("try-channel").click()
    await page.get_by_role("option", name="Text messages").click()
    await page.get_by_test_id("try-text").fill("bonjour")
    await page.get_by_test_id("try-submit").click()
    outcome = page.get_by_test_id("try-outcome")
    await expect(outcome).to_contain_text("Sales")
    await expect(outcome).to_contain_text("by rule french")
    await expect(outcome).to_contain_text("needs french from level 2 · for 10 min")
    await write(page, (await body(page, desk)).replace("bonjour", "salut"))
    await expect(page.get_by_text("The rules have changed since.")).to_be_visible()
    await page.get_by_test_id("try-text").press("Control+Enter")
    await expect(outcome).to_contain_text("by rule rest")
    await outcome.get_by_text("What the rules saw").click()
    await expect(outcome).to_contain_text("sms")
    assert len(await desk.hub.conversations()) == 0


async def test_from_why_to_what_if(desk: Desk) -> None:
    conversation = await desk.conversation("I want to buy a kettle")
    page = await desk.sign_in("ada", f"/c/{conversation}")
    await page.get_by_test_id("what-if").click()
    await expect(page.get_by_test_id("try-text")).to_have_value("I want to buy a kettle")
    await expect(page.get_by_test_id("try-from")).to_have_value("+1 202-555-0199")
    await expect(page.get_by_test_id("try-channel")).to_have_value("Text messages")
    await page.get_by_test_id("try-submit").click()
    await expect(page.get_by_test_id("try-outcome")).to_contain_text("by rule buying")


async def test_past_days_through_the_draft_and_back_without_losing_it(desk: Desk) -> None:
    moved = await desk.conversation("My kettle is broken")
    await desk.conversation("Hello", sender=BOB)
    page = await rules(desk)
    await write(page, (await body(page, desk)).replace("contains: refund", "contains: kettle"))
    await page.get_by_test_id("panel-lookBack").click()
    await page.get_by_test_id("dry-run").click()
    found = page.get_by_test_id("dry-run-found")
    await expect(found).to_contain_text("2 messages")
    await expect(found.get_by_test_id("dry-run-same")).to_contain_text("1")
    await expect(found.get_by_test_id("dry-run-changed")).to_contain_text("1")
    move = found.get_by_test_id("move-general>care")
    await move.click()
    await expect(move).to_have_attribute("aria-pressed", "true")
    items = page.get_by_test_id("dry-run-items")
    await expect(items.get_by_role("link")).to_have_count(1)
    await items.get_by_role("link").click()
    await expect(page).to_have_url(f"{desk.base}/c/{moved}")
    await page.go_back()
    await expect(page.get_by_test_id("rules-editor")).to_contain_text("kettle")  # the draft is kept
    await page.get_by_test_id("revert").click()
    await expect(page.get_by_test_id("rules-editor")).not_to_contain_text("kettle")


async def test_what_was_not_recorded_then_counts_as_undecided(desk: Desk) -> None:
    await desk.conversation("Hello")
    page = await rules(desk)
    row = "- {id: dear, when: {field: contact.value, gte: 1000}, then: {queue: sales}}\n"
    await write(page, row + await body(page, desk))
    await page.get_by_test_id("panel-lookBack").click()
    await page.get_by_test_id("dry-run").click()
    found = page.get_by_test_id("dry-run-found")
    await expect(found.get_by_test_id("dry-run-undecided")).to_contain_text("1")
    await expect(found).to_contain_text("contact.attributes.value: not recorded then (1)")


async def test_two_who_publish_do_not_overwrite_each_other(desk: Desk) -> None:
    desk.forgive(409)
    page = await rules(desk)
    before = await body(page, desk)
    await write(page, before.replace("contains: refund", "contains: kettle"))
    theirs = before.replace("contains: bonjour", "contains: salut")
    answer = await post(page, f"{desk.base}/api/v1/rules/publish", body=theirs, note="Salut too")
    assert answer.ok
    await publish(page)
    conflict = page.get_by_test_id("publish-conflict")
    await expect(conflict).to_contain_text("Salut too")
    await expect(conflict.get_by_test_id("diff")).to_contain_text("contains: salut")
    await conflict.get_by_test_id("conflict-keep").click()
    await expect(page.get_by_test_id("rules-editor")).to_contain_text("kettle")
    await page.get_by_test_id("publish").click()
    await expect(page.get_by_test_id("diff")).to_contain_text("contains: salut")  # now seen
    await page.get_by_test_id("publish-confirm").click()
    await expect(page.get_by_text("Version 3 is live")).to_be_visible()


async def test_versions_their_differences_and_the_way_back(desk: Desk) -> None:
    page = await rules(desk)
    first = await body(page, desk)
    await write(page, first.replace("contains: refund", "contains: kettle"))
    await publish(page, "Kettles go to care")
    await expect(page.get_by_text("Version 2 is live")).to_be_visible()
    await page.get_by_test_id("panel-versions").click()
    await expect(page.get_by_test_id("version-2")).to_contain_text("Kettles go to care")
    await expect(page.get_by_test_id("version-2")).to_contain_text("Live")
    for number in (1, 2):
        await page.get_by_test_id(f"version-{number}").get_by_role("checkbox").check()
    versions = page.get_by_test_id("versions")
    await expect(versions).to_contain_text("From version 1 to 2")
    await expect(versions.get_by_test_id("diff").locator("[data-kind=added]")).to_contain_text("kettle")  # fmt: skip
    await page.get_by_test_id("back-1").click()
    dialog = page.get_by_role("dialog", name="Roll back to version 1")
    await expect(dialog.get_by_label("What did you change")).to_have_value("Back to version 1")
    await dialog.get_by_test_id("back-confirm").click()
    await expect(page.get_by_text("Version 3 is live")).to_be_visible()
    await expect(page.get_by_test_id("rules-editor")).not_to_contain_text("kettle")
    assert await body(page, desk) == first


async def test_who_may_not_publish_reads(desk: Desk) -> None:
    await desk.hub.office.run("user-add", email="vera@acme.example", role="supervisor")
    page = await rules(desk, "vera")
    await expect(page.get_by_test_id("publish")).to_have_count(0)
    await expect(page.get_by_test_id("try")).to_have_count(0)
    await expect(page.get_by_test_id("rules-editor")).to_have_attribute("contenteditable", "false")


async def test_in_persian_and_on_a_phone_the_rows_stay_left_to_right(desk: Desk) -> None:
    page = await rules(desk, settings={"language": "fa"}, viewport={"width": 360, "height": 740})
    assert await overflow(page) == []
    editor = page.get_by_test_id("rules-editor")
    await expect(editor).to_have_css("direction", "ltr")
    await expect(page.locator(".cm-lineNumbers")).to_contain_text("۱")
    await write(page, "- {id: one, when: {field: ")
    await page.keyboard.press("Control+Space")
    await expect(page.get_by_role("listbox")).to_contain_text("کانال")
    assert await overflow(page) == []
