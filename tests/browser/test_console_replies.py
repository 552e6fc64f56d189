"""A mail with several people in it: whom the answer goes to, why it is here, and moving it."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.browser.desk import Desk, bubble, write
from tests.hub.running import letter

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def _menu(page: Page, text: str, item: str) -> None:
    """Open what can be done with a message, and choose from it."""
    entry = bubble(page, text)
    await entry.hover()
    await entry.locator("[data-testid^=menu-]").click()
    if item:
        await page.get_by_test_id(item).click()


async def test_an_answer_to_several_people(desk: Desk) -> None:
    first = letter("Where is my parcel?", subject="Parcel", id="first@customer.example",
                   reply_to="Ann at home <ann@home.example>", cc="Bob <bob@a.example>")  # fmt: skip
    assert await desk.hub.mail(first) == 200
    second = letter("And Cy should know", subject="Re: Parcel", in_reply_to="<first@customer.example>",
                    cc="cy@a.example, bob@a.example")  # fmt: skip
    assert await desk.hub.mail(second) == 200
    talk = (await desk.hub.conversation()).id
    page = await desk.sign_in(path=f"/c/{talk}")
    shown = page.get_by_test_id("recipients")
    await expect(page.get_by_test_id("chip-cy@a.example")).to_contain_text("new")
    await expect(page.get_by_test_id("chip-bob@a.example")).not_to_contain_text("new")
    await expect(bubble(page, "And Cy should know")).to_contain_text("Also to cy@a.example & Bob")

    # the first mail asked for answers elsewhere; answering it goes there, and not to Cy
    await _menu(page, "Where is my parcel?", "answer-this")
    await expect(page.get_by_test_id("answering")).to_contain_text("Where is my parcel?")
    await expect(page.get_by_test_id("chip-ann@home.example")).to_contain_text("reply address")
    await expect(shown).not_to_contain_text("cy@a.example")
    await expect(page.get_by_test_id("out-ann@customer.example")).to_be_visible()
    await page.get_by_label("Cc: Add address").fill("dora@law.example")
    await page.keyboard.press("Enter")
    await expect(page.get_by_test_id("chip-dora@law.example")).to_contain_text("new")
    await write(page, "It left today")
    await page.get_by_test_id("send").click()
    await expect(bubble(page, "It left today")).to_be_visible()
    await expect(page.get_by_test_id("answering")).not_to_be_visible()
    await desk.hub.until(lambda: _mails(desk))
    (mail,) = desk.smtp.mails
    assert sorted(mail.recipients) == ["ann@home.example", "bob@a.example", "dora@law.example"]
    assert b"<first@customer.example>" in mail.body


async def _mails(desk: Desk) -> bool:
    return bool(desk.smtp.mails)


async def _is_here(page: Page, text: str) -> None:
    """A message of the open conversation."""
    await expect(bubble(page, text)).to_be_visible()
    await expect(bubble(page, text)).not_to_have_attribute("data-faded", "true")


async def _is_elsewhere(page: Page, text: str) -> None:
    """A message of another one, shown paler."""
    await expect(bubble(page, text)).to_have_attribute("data-faded", "true")


async def test_a_message_is_split_off_moved_and_brought_back(desk: Desk) -> None:
    assert await desk.hub.mail(letter("My parcel?", subject="Parcel", id="one@b.example")) == 200
    bill = letter("And my bill?", subject="Re: Bill", in_reply_to="<one@b.example>")
    assert await desk.hub.mail(bill) == 200
    talk = (await desk.hub.conversation()).id
    page = await desk.sign_in(path=f"/c/{talk}")
    other = await desk.sign_in("david", path=f"/c/{talk}")
    await expect(bubble(other, "And my bill?")).to_be_visible()

    await _menu(page, "And my bill?", "split")
    await expect(page).not_to_have_url(f"{desk.base}/c/{talk}")
    await _is_here(page, "And my bill?")
    await _is_elsewhere(page, "My parcel?")
    await _is_elsewhere(other, "And my bill?")  # at once, on every screen
    await _menu(page, "And my bill?", "")
    await expect(page.get_by_test_id("move-entry")).to_be_visible()
    await expect(page.get_by_test_id("split")).to_have_count(0)  # nothing would be left
    await page.keyboard.press("Escape")
    await expect(other.get_by_test_id("timeline")).to_contain_text("to another conversation")

    await _menu(page, "And my bill?", "why-entry")
    lines = page.get_by_test_id("why-lines")
    await expect(lines).to_contain_text("Sara Ahmadi moved it here")
    await expect(lines).to_contain_text("Before, it was in “Parcel”")
    await page.get_by_test_id("undo-move").click()
    await expect(page).to_have_url(f"{desk.base}/c/{talk}")
    await _is_here(page, "And my bill?")
    await _is_here(other, "And my bill?")
    assert [one.id for one in await desk.hub.conversations()] == [talk]

    assert await desk.hub.mail(letter("Something else", subject="Else")) == 200
    third = (await desk.hub.conversations())[-1].id
    await _menu(page, "And my bill?", "move-entry")
    await page.get_by_test_id(f"matter-{third}").click()
    await page.get_by_test_id("move-submit").click()
    await _is_elsewhere(page, "And my bill?")
    await page.get_by_test_id("undo").last.click()
    await _is_here(page, "And my bill?")
