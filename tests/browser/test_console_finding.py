"""Getting about in the console: keys, the palette, people, and why something is here."""

from __future__ import annotations

import pytest
from playwright.async_api import expect

from tests.browser.desk import BOB, Desk, bubble, row, show
from tests.hub.running import letter

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def test_the_list_is_worked_by_keys(desk: Desk) -> None:
    first = await desk.conversation("The first")
    second = await desk.conversation("The second", sender=BOB)
    page = await desk.sign_in()
    await show(page, "queues")
    await expect(row(page, second)).to_be_visible()
    for key in ("j", "j", "k"):
        await page.keyboard.press(key)
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"{desk.base}/c/{first}")  # the longest wait is on top
    await page.keyboard.press("j")
    await expect(page).to_have_url(f"{desk.base}/c/{second}")
    await expect(bubble(page, "The second")).to_be_visible()
    await page.keyboard.press("y")
    await expect(page.get_by_text("With you")).to_be_visible()
    await page.keyboard.press("e")
    await expect(page.get_by_role("button", name="Reopen")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(page).to_have_url(f"{desk.base}/")


async def test_keys_are_letters_while_typing(desk: Desk) -> None:
    conversation = await desk.conversation()
    page = await desk.sign_in(path=f"/c/{conversation}")
    await expect(bubble(page, "Hello")).to_be_visible()
    await page.keyboard.press("n")
    note = page.get_by_role("textbox", name="Note")
    await expect(note).to_be_focused()
    await page.keyboard.type("jkenrty?")
    await expect(note).to_have_value("jkenrty?")
    await page.keyboard.press("Escape")
    await expect(note).not_to_be_focused()
    await page.keyboard.press("r")
    await expect(page.get_by_role("textbox", name="Reply")).to_be_focused()
    await expect(page).to_have_url(f"{desk.base}/c/{conversation}")
    assert (await desk.hub.conversation()).status == "open"
    await page.keyboard.press("Escape")
    await page.keyboard.press("Shift+Slash")
    await expect(page.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    await page.keyboard.press("Escape")
    await page.keyboard.press("g")
    await page.keyboard.press("p")
    await expect(page).to_have_url(f"{desk.base}/people")


async def test_the_palette_finds_everything(desk: Desk) -> None:
    conversation = await desk.conversation("My kettle is broken")
    await desk.hub.mail(letter("Hello", sender="Zoë Bright <zoe@customer.example>"))
    page = await desk.sign_in("sara")
    await page.keyboard.press("Control+k")
    box = page.get_by_role("combobox", name="Find a conversation")
    await box.fill("kettle")
    await expect(page.get_by_role("option").first).to_contain_text("My kettle is broken")
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"{desk.base}/c/{conversation}")
    await page.keyboard.press("Control+k")
    await box.fill("bright")
    person = page.get_by_role("option", name="Zoë Bright").filter(has_text="zoe@customer.example")
    await person.click()
    await expect(page.get_by_role("heading", name="Zoë Bright")).to_be_visible()


async def test_a_person_is_found_by_name_address_and_number(desk: Desk) -> None:
    await desk.conversation("My kettle is broken")
    await desk.hub.mail(letter("Hello", sender="Zoë Bright <zoe@customer.example>"))
    page = await desk.sign_in(path="/people")
    find = page.get_by_test_id("find-people")
    for words, found in {
        "zoe@customer.example": "Zoë Bright",
        "bright": "Zoë Bright",
        "+1 (202) 555-0199": "+1 202-555-0199",
    }.items():
        await find.fill(words)
        await expect(page.get_by_role("list").get_by_role("link")).to_have_count(1)
        await expect(page.get_by_role("link", name=found)).to_be_visible()
    await page.get_by_role("link", name="+1 202-555-0199").click()
    await expect(page.get_by_text("My kettle is broken").first).to_be_visible()
    await page.get_by_test_id("rename").click()
    await page.get_by_test_id("contact-name-input").fill("Ann Lee")
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("heading", name="Ann Lee")).to_be_visible()
    await find.fill("nobody at all")
    await expect(page.get_by_text("Nobody by that name")).to_be_visible()


async def test_why_it_is_here_and_why_me(desk: Desk) -> None:
    conversation = await desk.conversation("I want to buy a kettle")
    await desk.hub.come("sara")
    page = await desk.sign_in(path=f"/c/{conversation}")
    why = page.get_by_test_id("why")
    await expect(why).to_contain_text("Rule “buying” sent it to queue “sales”.")
    await page.get_by_test_id("offer-accept").click()
    await expect(page.get_by_text("With you")).to_be_visible()
    await page.get_by_test_id("explain").click()
    steps = page.get_by_test_id("why-steps")
    await expect(steps).to_contain_text("Came into Sales")
    await expect(steps).to_contain_text("Sara Ahmadi accepted it")
    await expect(page.get_by_test_id("why-me")).to_contain_text("Why you")
    await page.get_by_test_id("why-here").locator("summary").click()
    await expect(why).to_contain_text("“chats” did not match")


async def test_the_timeline_holds_everything_or_this_matter(desk: Desk) -> None:
    for subject in ("Kettle", "Toaster"):
        await desk.hub.mail(letter(f"About the {subject}", subject=subject))
    kettle, _toaster = await desk.hub.conversations()
    page = await desk.sign_in(path=f"/c/{kettle.id}")
    await expect(bubble(page, "About the Kettle")).to_be_visible()
    await expect(bubble(page, "About the Toaster")).to_be_visible()
    await page.get_by_test_id("scope").get_by_text("This matter").click()
    await expect(bubble(page, "About the Toaster")).to_have_count(0)
    await expect(bubble(page, "About the Kettle")).to_be_visible()
    await expect(page.get_by_test_id("context").get_by_role("link", name="Toaster")).to_be_visible()
