"""From the customer's hands to an agent's screen and back: nothing in between is played."""

from __future__ import annotations

import pytest
from playwright.async_api import Page, expect

from tests.browser.desk import Desk, bubble, row, show, write
from tests.fakes import twilio
from tests.hub.running import letter

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]


async def say(widget: Page, text: str) -> None:
    """The customer writes into the widget."""
    await widget.locator("textarea").fill(text)
    await widget.locator("textarea").press("Enter")


async def test_a_chat_between_two_browsers(desk: Desk) -> None:
    await desk.hub.come("sara")
    agent = await desk.sign_in()
    customer = await desk.customer()
    await say(customer, "Do you ship to Shiraz?")
    await expect(agent.get_by_test_id("offers")).to_contain_text("Do you ship to Shiraz?")
    await agent.keyboard.press("Control+Shift+KeyA")
    await expect(bubble(agent, "Do you ship to Shiraz?")).to_be_visible()
    conversation = await desk.hub.conversation()
    await expect(customer.locator(".mine .tick.read")).to_be_visible()

    await agent.get_by_test_id("composer-text").press_sequentially("We d")
    await expect(customer.locator(".typing")).to_be_visible()
    await write(agent, "We do, within a week.")
    await agent.keyboard.press("Control+Enter")
    await expect(customer.locator(".theirs .bubble").last).to_have_text("We do, within a week.")
    answer = bubble(agent, "We do, within a week.").get_by_test_id("delivery")
    await expect(answer).to_have_attribute("data-state", "read")

    await customer.locator("textarea").press_sequentially("Gre")
    typing = agent.get_by_test_id("conversation").get_by_text("is typing…")
    await expect(typing).to_be_visible()
    photo = {"name": "box.txt", "mimeType": "text/plain", "buffer": b"a photo of the box"}
    await customer.locator("input[type=file]").set_input_files([photo])
    await expect(customer.locator(".chips li")).to_have_text(["box.txt"])
    await say(customer, "Great, this one")
    await expect(bubble(agent, "Great, this one")).to_be_visible()
    await expect(typing).to_have_count(0)
    await expect(agent.get_by_role("link", name="Download box.txt")).to_be_visible()
    said = [entry.text for entry in await desk.hub.entries(conversation.id)]
    assert said == ["Do you ship to Shiraz?", "We do, within a week.", "Great, this one"]

    await agent.get_by_test_id("resolve").click()
    await expect(agent.get_by_role("button", name="Reopen")).to_be_visible()
    await customer.reload()
    await customer.locator(".launcher").click()
    await expect(customer.locator(".bubble")).to_have_count(4)  # with the greeting
    assert await desk.hub.ledger() == {"stored": 2}


async def test_a_chat_survives_the_hub_losing_every_socket(desk: Desk) -> None:
    await desk.hub.come("sara")
    agent = await desk.sign_in()
    customer = await desk.customer()
    await say(customer, "one")
    await agent.get_by_test_id("offer-accept").click()
    await expect(bubble(agent, "one")).to_be_visible()
    await desk.hub.hub.live.close()
    await write(agent, "two")
    await agent.get_by_test_id("send").click()
    await expect(customer.locator(".theirs .bubble").last).to_have_text("two")
    await say(customer, "three")
    await expect(bubble(agent, "three")).to_be_visible()
    await expect(bubble(agent, "two")).to_have_count(1)


async def test_an_sms_and_its_answer(desk: Desk) -> None:
    agent = await desk.sign_in()
    await show(agent, "queues")
    await desk.hub.sms("سلام، سفارش من کجاست؟", sender="+989121234567")
    conversation = await desk.hub.conversation()
    await row(agent, conversation.id).click()
    await expect(bubble(agent, "سفارش من کجاست؟").locator(".people-text")).to_have_css(
        "direction", "rtl"
    )
    await agent.get_by_test_id("take").click()
    await write(agent, "در راه است 🚚")
    await agent.get_by_test_id("send").click()
    delivery = bubble(agent, "در راه است").get_by_test_id("delivery")
    await expect(delivery).to_have_attribute("data-state", "sent")
    (sent,) = desk.twilio.sent
    assert (sent["To"], sent["Body"]) == ("+989121234567", "در راه است 🚚")
    await desk.hub.form(twilio.status(sent["Sid"], "delivered", To="+989121234567"))
    await expect(delivery).to_have_attribute("data-state", "delivered")


async def test_a_mail_and_its_answer(desk: Desk) -> None:
    agent = await desk.sign_in()
    await show(agent, "queues")
    await desk.hub.mail(letter("Is it in stock?", id="first@customer.example", subject="A kettle"))
    conversation = await desk.hub.conversation()
    await row(agent, conversation.id).click()
    await write(agent, "It is.")
    await agent.get_by_test_id("send").click()
    delivery = bubble(agent, "It is.").get_by_test_id("delivery")
    await expect(delivery).to_have_attribute("data-state", "sent")
    (mail,) = desk.smtp.mails
    assert mail.recipients == ["ann@customer.example"]
    head, _, body = mail.body.decode().partition("\r\n\r\n")
    assert "In-Reply-To: <first@customer.example>" in head
    assert "It is." in body
    ours = next(line for line in head.split("\r\n") if line.lower().startswith("message-id:"))
    thanks = letter("Thank you!", subject="Re: A kettle", in_reply_to=ours.partition(": ")[2])
    await desk.hub.mail(thanks)
    await expect(bubble(agent, "Thank you!")).to_be_visible()
    assert len(await desk.hub.conversations()) == 1
