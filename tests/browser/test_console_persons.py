"""Who is who at the screens: a claim proven by a code, two people joined and parted, one box to find."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.desk import ANN, BOB, Desk, bubble
from tests.hub.answering import read
from tests.hub.running import letter
from tests.hub.visitor import visiting

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
OWNER = "zoe@customer.example"


async def test_a_claim_becomes_an_address_by_a_code(desk: Desk) -> None:
    await desk.hub.mail(letter("My old mail", sender=f"Zoë Bright <{OWNER}>"))
    async with visiting(desk.base) as visitor:
        await visitor.socket.send_json(
            {"type": "message", "id": "c", "text": "It is me", "claims": {"email": OWNER}}
        )
        await visitor.until(lambda frame: frame["type"] == "ack")
        chat = (await desk.hub.conversations())[-1]
        page = await desk.sign_in(path=f"/c/{chat.id}")
        claim = page.get_by_test_id("claim-email")
        await expect(claim).to_contain_text(f"Says: e-mail {OWNER}")
        await page.get_by_test_id("claim-more-email").click()
        await page.get_by_test_id("send-code").click()
        await expect(claim).to_contain_text("A code is on its way by mail")

        async def sent() -> str:
            mails = desk.smtp.mails
            text = read(mails[0]).get_body(("plain",)) if mails else None
            found = re.findall(r"\b\d{6}\b", text.get_content()) if text is not None else []
            return str(found[0]) if found else ""

        code: str = await desk.hub.until(sent)
        desk.forgive(409)
        box = page.get_by_test_id("claim-code")
        await box.fill("000000" if code != "000000" else "000001")
        await page.keyboard.press("Enter")
        await expect(claim).to_contain_text("That is another code.")
        await box.fill(code)
        await page.keyboard.press("Enter")
        # The person, the list and the timeline are the owner's at once.
        await expect(page.get_by_role("heading", name="Zoë Bright")).to_be_visible()
        await expect(bubble(page, "My old mail")).to_be_visible()
        await expect(claim.get_by_role("img", name="Proven by a code")).to_be_visible()
        await expect(page.get_by_test_id("context")).to_contain_text(f"A code sent to {OWNER}")
        assert "My old mail" not in str(visitor.frames)


async def test_two_are_one_and_two_again_on_every_screen(desk: Desk) -> None:
    first = await desk.conversation("From my phone", sender=ANN)
    await desk.hub.mail(letter("From my desk", sender=f"Zoë Bright <{OWNER}>"))
    second = (await desk.hub.conversations())[-1]
    page = await desk.sign_in("sara", f"/c/{first}")
    other = await desk.sign_in("emma", f"/c/{first}")
    await page.get_by_test_id("same-person").click()
    await page.get_by_test_id("same-find").fill("bright z")
    await page.get_by_test_id(f"same-{second.contact.id}").click()
    await page.get_by_test_id("same-words").fill("Her number is in the mail")
    await page.get_by_test_id("join").click()
    for screen in (page, other):
        await expect(screen.get_by_role("heading", name="Zoë Bright")).to_be_visible()
        await expect(bubble(screen, "From my desk")).to_be_visible()
        await expect(bubble(screen, "From my phone")).to_be_visible()
        await expect(screen.get_by_test_id("context")).to_contain_text("Her number is in the mail")
    await page.get_by_test_id("take-back").click()
    await expect(page.get_by_text("becomes somebody else again")).to_be_visible()
    await page.get_by_test_id("part").click()
    for screen in (page, other):
        await expect(screen.get_by_role("heading", name="+1 202-555-0199")).to_be_visible()
        await expect(bubble(screen, "From my desk")).to_have_count(0)
        await expect(bubble(screen, "From my phone")).to_be_visible()


async def test_one_box_finds_people_and_matters(desk: Desk) -> None:
    await desk.conversation("From my phone", sender=BOB)
    await desk.hub.mail(
        letter("فاکتور را نگرفتم", sender=f"مینا کریمی <{OWNER}>", subject="فاکتور آذر")
    )
    matter = (await desk.hub.conversations())[-1]
    await desk.hub.sms(f"My colleague's number with you is {matter.code}", sender=ANN)
    naming = (await desk.hub.conversations())[-1]
    shopper = await desk.customer()
    await shopper.locator("textarea").fill("Hello")
    await shopper.keyboard.press("Enter")
    await expect(shopper.locator("header p")).to_contain_text(re.compile(r"code: \d{8}$"))
    page = await desk.sign_in("sara", f"/c/{naming.id}")
    await expect(page.get_by_test_id("suggested")).to_contain_text("a matter with مینا کریمی")
    for typed, found in {
        "0177": "+1 202-555-0177",
        "كريمي م": "مینا کریمی",
        matter.code: "فاکتور آذر",
        "آذر": "فاکتور آذر",
        "zoe@cust": OWNER,
    }.items():
        await page.keyboard.press("Control+k")
        box = page.get_by_role("combobox")
        await box.fill(typed)
        await expect(page.get_by_role("option").filter(has_text=found).first).to_be_visible()
        await page.keyboard.press("Escape")
    await page.keyboard.press("Control+k")
    await page.get_by_role("combobox").fill(matter.code)
    await expect(page.get_by_role("option").first).to_contain_text(
        "فاکتور آذر"
    )  # the matter itself
    await page.keyboard.press("Enter")
    await expect(page).to_have_url(f"{desk.base}/c/{matter.id}")
    await expect(page.get_by_test_id("tracking-code")).to_contain_text(matter.code)
