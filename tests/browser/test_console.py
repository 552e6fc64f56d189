"""The console: signing in, presence, and work as it comes in and goes out."""

from __future__ import annotations

import re

import pytest
from playwright.async_api import expect

from tests.browser.desk import ANN, BOB, Desk, Line, bubble, live, row, show, write
from tests.fakes import twilio
from tests.fakes.twilio import Failure
from tests.hub.running import letter

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

PASSWORD = "a sentence is best"


async def test_a_one_time_link_a_password_and_back_in_by_it(desk: Desk) -> None:
    desk.forgive(401, 404)
    link = await desk.link("david")
    page = await desk.visit(link)
    await expect(page.get_by_role("heading", name="Welcome, David Miller")).to_be_visible()
    await page.get_by_label("Your name").fill("Dave Miller")
    await page.get_by_role("textbox", name="Choose a password").fill("short")
    await page.get_by_test_id("link-submit").click()
    await expect(page.get_by_role("alert")).to_have_text("Use at least 10 characters.")
    await page.get_by_role("textbox", name="Choose a password").fill(PASSWORD)
    await page.get_by_test_id("link-submit").click()
    await live(page)
    await page.get_by_test_id("presence").click()
    await expect(page.get_by_role("menu").get_by_text("Dave Miller")).to_be_visible()
    await page.get_by_test_id("sign-out").click()
    await page.get_by_role("textbox", name="E-mail").fill("david@acme.example")
    await page.get_by_role("textbox", name="Password").fill("not the sentence")
    await page.get_by_test_id("sign-in").click()
    await expect(page.get_by_role("alert")).to_have_text("E-mail or password is not right.")
    await page.get_by_role("textbox", name="Password").fill(PASSWORD)
    await page.keyboard.press("Enter")
    await live(page)
    await page.goto(desk.base + link)
    await expect(page.get_by_text("This link was used already or has expired.")).to_be_visible()


async def test_presence_is_a_switch_that_colleagues_see(desk: Desk) -> None:
    conversation = await desk.conversation()
    page = await desk.sign_in("sara")
    colleague = await desk.sign_in("david", f"/c/{conversation}")
    await colleague.get_by_test_id("transfer").click()
    seen = colleague.get_by_role("radio", name="Sara Ahmadi")

    await page.get_by_test_id("presence").click()
    await page.get_by_test_id("presence-available").click()
    await expect(page.get_by_test_id("presence")).to_have_accessible_name(re.compile("Available"))
    await expect(seen).to_contain_text("Available")
    await page.get_by_test_id("presence").click()
    await page.get_by_test_id("away-lunch").click()
    await expect(page.get_by_test_id("presence")).to_have_accessible_name(re.compile("Away"))
    await expect(seen).to_contain_text("Away")
    state = "SELECT presence || ' ' || reason FROM agent WHERE id = :id"
    assert await desk.hub.value(state, id=desk.hub.agents["sara"].id) == "away lunch"
    await page.get_by_test_id("become-available").click()
    await expect(seen).to_contain_text("Available")


async def test_whoever_serves_no_queue_is_shown_the_way_to_all(desk: Desk) -> None:
    conversation = await desk.conversation("Where is my parcel?")
    emma = desk.hub.agents["emma"].id
    await desk.hub.write(lambda tx: tx.run("DELETE FROM queue_agent WHERE agent = :a", a=emma))
    page = await desk.sign_in("emma")
    await expect(page.get_by_text("You serve no queue yet")).to_be_visible()
    await expect(page.get_by_test_id("become-available")).to_have_count(0)
    await page.get_by_test_id("show-all").click()
    await expect(row(page, conversation)).to_contain_text("Where is my parcel?")


async def test_an_sms_arrives_live_in_the_list_and_the_conversation(desk: Desk) -> None:
    first = await desk.conversation("Where is my parcel?")
    page = await desk.sign_in()
    await page.evaluate("window.stayed = true")
    await show(page, "queues")
    await expect(row(page, first)).to_contain_text("Where is my parcel?")
    await row(page, first).click()
    await expect(bubble(page, "Where is my parcel?")).to_be_visible()
    await desk.hub.sms("It was due on Monday.")
    await expect(bubble(page, "It was due on Monday.")).to_be_visible()
    await expect(row(page, first)).to_contain_text("It was due on Monday.")
    second = await desk.conversation("Another question", sender=BOB)
    await expect(page.get_by_test_id("fresh-rows")).to_have_text("1 new")  # the pointer is there
    await page.get_by_test_id("fresh-rows").click()
    await expect(row(page, second)).to_contain_text("Another question")
    assert await page.evaluate("window.stayed")


async def test_the_title_counts_what_is_unread_and_mine(desk: Desk) -> None:
    mine, other = await desk.conversation(), await desk.conversation("A second one", sender=BOB)
    page = await desk.sign_in(path=f"/c/{mine}")
    await page.get_by_test_id("take").click()
    await expect(page.get_by_text("With you")).to_be_visible()
    await expect(page).to_have_title("Interaction hub")
    await page.goto(f"{desk.base}/c/{other}")
    await expect(bubble(page, "A second one")).to_be_visible()
    await desk.hub.sms("Are you there?")
    await expect(page).to_have_title("(1) Interaction hub")
    await row(page, mine).click()
    await expect(bubble(page, "Are you there?")).to_be_visible()
    await expect(page).to_have_title("Interaction hub")


SILENT_AUDIO = """window.AudioContext = class {
  state = 'running'; currentTime = 0; destination = {}
  createOscillator() {
    document.documentElement.dataset.heard = 'yes'
    return { frequency: {}, connect: to => to, start() {}, stop() {} }
  }
  createGain() {
    const gain = { setValueAtTime() {}, linearRampToValueAtTime() {}, exponentialRampToValueAtTime() {} }
    return { gain, connect: to => to }
  }
}"""


async def test_a_new_message_of_mine_is_heard_where_it_is_not_open(desk: Desk) -> None:
    mine, other = await desk.conversation(), await desk.conversation("A second one", sender=BOB)
    page = await desk.sign_in(path=f"/c/{mine}")
    await page.get_by_test_id("take").click()
    await page.add_init_script(SILENT_AUDIO)
    await page.goto(f"{desk.base}/c/{other}")
    await bubble(page, "A second one").click()  # browsers want a click first
    await desk.hub.sms("And another thing", sender=BOB)
    await expect(bubble(page, "And another thing")).to_be_visible()
    heard = page.locator("html[data-heard]")
    await expect(heard).to_have_count(0)  # it is not mine
    await desk.hub.sms("Are you there?")
    await expect(heard).to_have_count(1)


async def test_files_are_dropped_and_pasted(desk: Desk) -> None:
    await desk.hub.mail(letter("Do you have a manual?"))
    page = await desk.sign_in(path=f"/c/{(await desk.hub.conversation()).id}")
    await expect(page.get_by_role("button", name="Send by E-mail")).to_be_visible()
    files = """name => { const data = new DataTransfer()
        data.items.add(new File(['words'], name, {type: 'text/plain'})); return data }"""
    box = page.get_by_test_id("composer")
    dropped = await page.evaluate_handle(files, "dropped.txt")
    await box.dispatch_event("dragover", {"dataTransfer": dropped})
    await expect(page.get_by_text("Drop files to attach")).to_be_visible()
    await box.dispatch_event("drop", {"dataTransfer": dropped})
    pasted = await page.evaluate_handle(files, "pasted.txt")
    paste = "(box, clipboardData) => box.dispatchEvent(new ClipboardEvent('paste', {clipboardData, bubbles: true}))"
    await page.get_by_test_id("composer-text").evaluate(paste, pasted)
    chips = page.get_by_test_id("file-chip")
    await expect(chips).to_contain_text(["dropped.txt", "pasted.txt"])
    await page.get_by_role("button", name="Remove dropped.txt").click()
    await expect(chips).to_contain_text(["pasted.txt"])
    await expect(chips).to_have_attribute("data-state", "done")


async def test_a_session_that_ended_says_so(desk: Desk) -> None:
    desk.forgive(401)
    page = await desk.sign_in()
    other = await page.context.new_page()
    await other.goto(desk.base)
    await other.get_by_test_id("presence").click()
    await other.get_by_test_id("sign-out").click()
    await expect(other.get_by_role("heading", name="Sign in")).to_be_visible()
    await expect(page.get_by_text("Your session has ended.")).to_be_visible()  # by itself


async def test_a_reply_goes_out_and_its_delivery_is_followed(desk: Desk) -> None:
    conversation = await desk.conversation("Are you open on Friday?")
    page = await desk.sign_in(path=f"/c/{conversation}")
    await expect(page.get_by_test_id("channel-picker")).to_contain_text("+1 202-555-0199")
    await write(page, "Yes, from 9 to 5. See https://acme.example/hours — سلام")
    await expect(page.get_by_test_id("parts")).to_have_text("1 part · 15 left")
    await page.keyboard.press("Control+Enter")
    answer = bubble(page, "Yes, from 9 to 5.")
    await expect(answer.get_by_test_id("delivery")).to_have_attribute("data-state", "sent")
    (sent,) = desk.twilio.sent
    sid, callback = sent.pop("Sid"), sent.pop("StatusCallback")
    assert sent == {
        "To": ANN,
        "From": twilio.NUMBER,
        "Body": "Yes, from 9 to 5. See https://acme.example/hours — سلام",
    }
    assert callback.startswith(f"{desk.hub.hub.settings.public_url}/in/sms")
    await expect(page.get_by_test_id("composer-text")).to_have_value("")
    assert await desk.hub.form(twilio.status(sid, "delivered")) == 200
    await expect(answer.get_by_test_id("delivery")).to_have_attribute("data-state", "delivered")
    await expect(page.get_by_test_id("conversation")).to_contain_text("Waiting for customer")


async def test_a_failed_delivery_says_why_and_can_be_tried_again(desk: Desk) -> None:
    conversation = await desk.conversation()
    page = await desk.sign_in(path=f"/c/{conversation}")
    desk.twilio.failures.append(Failure(400, 21612, "The number cannot be reached."))
    await write(page, "Hello!")
    await page.get_by_test_id("send").click()
    delivery = bubble(page, "Hello!").get_by_test_id("delivery")
    await expect(delivery).to_have_attribute("data-state", "failed")
    await expect(delivery).to_contain_text("this number cannot be reached from ours")
    await delivery.get_by_test_id("retry").click()
    await expect(delivery).to_have_attribute("data-state", "sent")
    assert [sent["Body"] for sent in desk.twilio.sent] == ["Hello!"]


async def test_a_note_is_among_colleagues_only(desk: Desk) -> None:
    conversation = await desk.conversation()
    page = await desk.sign_in(path=f"/c/{conversation}")
    colleague = await desk.sign_in("david", f"/c/{conversation}")
    await page.get_by_test_id("mode-note").click()
    await expect(page.get_by_placeholder("Only colleagues see this…")).to_be_focused()
    await write(page, "A good customer since 2019.")
    await page.get_by_role("button", name="Add note").click()
    await expect(bubble(page, "A good customer since 2019.")).to_contain_text("Your note")
    await expect(bubble(colleague, "A good customer since 2019.")).to_contain_text(
        "Note by Sara Ahmadi"
    )
    assert desk.twilio.sent == []


async def test_transfer_to_a_colleague_and_to_a_queue(desk: Desk) -> None:
    conversation = await desk.conversation()
    await desk.hub.come("david")
    page = await desk.sign_in(path=f"/c/{conversation}")
    colleague = await desk.sign_in("david")
    await page.get_by_test_id("take").click()
    await page.get_by_test_id("transfer").click()
    await page.get_by_role("textbox", name="Find a queue or an agent").fill("dav")
    await expect(page.get_by_role("dialog").get_by_role("radio")).to_have_count(1)
    await page.get_by_role("radio", name="David Miller").click()
    await page.get_by_role("textbox", name="A note for whoever").fill("Knows this customer")
    await page.get_by_test_id("transfer-submit").click()
    await expect(page.get_by_text("With David Miller")).to_be_visible()
    await row(colleague, conversation).click()
    await expect(colleague.get_by_test_id("timeline")).to_contain_text("Knows this customer")
    await expect(colleague.get_by_text("With you")).to_be_visible()

    await colleague.keyboard.press("t")
    await colleague.get_by_role("radio", name="Sales").click()
    await colleague.get_by_test_id("transfer-submit").click()
    await expect(colleague.get_by_text("Nobody has it")).to_be_visible()
    await expect(row(colleague, conversation)).to_have_count(0)
    assert (await desk.hub.item(conversation))["queue"] == desk.hub.queue("sales")


async def test_resolve_undo_and_reopen(desk: Desk) -> None:
    conversation = await desk.conversation()
    page = await desk.sign_in(path=f"/c/{conversation}")
    await page.get_by_test_id("take").click()
    await page.get_by_test_id("resolve").click()
    await expect(page.get_by_role("button", name="Reopen")).to_be_visible()
    await page.get_by_test_id("undo").click()
    await expect(page.get_by_role("button", name="Resolve")).to_be_visible()
    await page.get_by_test_id("resolve").click()
    await expect(page.get_by_role("button", name="Reopen")).to_be_visible()
    await page.get_by_test_id("resolve").click()
    await expect(page.get_by_role("button", name="Resolve")).to_be_visible()
    assert (await desk.hub.conversation()).status == "open"
    await page.get_by_test_id("resolve").click()
    await expect(page.get_by_role("button", name="Reopen")).to_be_visible()
    await desk.hub.sms("One more thing")
    await expect(page.get_by_role("button", name="Resolve")).to_be_visible()


async def test_snooze_until_tomorrow(desk: Desk) -> None:
    conversation = await desk.conversation()
    page = await desk.sign_in(path=f"/c/{conversation}")
    await page.get_by_test_id("take").click()
    await page.get_by_test_id("snooze").click()
    await page.get_by_test_id("snooze-tomorrow").click()
    await expect(page.get_by_test_id("conversation")).to_contain_text(
        "Snoozed until tomorrow 09:00"
    )
    await expect(row(page, conversation)).to_have_count(0)
    await page.get_by_test_id("status-filter").click()
    await page.get_by_role("menuitem", name="Snoozed").click()
    await expect(row(page, conversation)).to_be_visible()


async def test_a_draft_survives_a_reload_and_another_computer(desk: Desk) -> None:
    conversation = await desk.conversation()
    page = await desk.sign_in(path=f"/c/{conversation}")
    await write(page, "Dear Ann, I have")
    await expect(page.get_by_text("Draft kept")).to_be_visible()
    await page.reload()
    await expect(page.get_by_test_id("composer-text")).to_have_value("Dear Ann, I have")
    elsewhere = await desk.sign_in(path=f"/c/{conversation}")
    await expect(elsewhere.get_by_test_id("composer-text")).to_have_value("Dear Ann, I have")
    colleague = await desk.sign_in("david", f"/c/{conversation}")
    await expect(bubble(colleague, "Hello")).to_be_visible()
    await expect(colleague.get_by_test_id("composer-text")).to_have_value("")


async def test_a_reply_stops_where_the_customer_wrote_meanwhile(desk: Desk) -> None:
    desk.forgive(409)
    conversation = await desk.conversation("I want to cancel")
    line = Line()
    page = await desk.sign_in(path=f"/c/{conversation}", line=line)
    await expect(bubble(page, "I want to cancel")).to_be_visible()
    await write(page, "I have cancelled it.")
    line.hold()
    await desk.hub.sms("No, wait, keep it!")
    await page.get_by_test_id("send").click()
    panel = page.get_by_test_id("conflict")
    await expect(panel).to_contain_text("Somebody wrote while you were writing")
    await expect(panel).to_contain_text("No, wait, keep it!")
    await expect(page.get_by_test_id("composer-text")).to_have_value("I have cancelled it.")
    assert desk.twilio.sent == []
    await page.get_by_test_id("conflict-edit").click()
    await expect(panel).to_have_count(0)
    await write(page, "Fine, I keep it.")
    await page.get_by_test_id("send").click()
    await expect(bubble(page, "Fine, I keep it.")).to_be_visible()
    line.go_on()
    await expect(bubble(page, "No, wait, keep it!")).to_have_count(1)
    await expect(bubble(page, "Fine, I keep it.").get_by_test_id("delivery")).to_have_attribute(
        "data-state", "sent"
    )
    assert [sent["Body"] for sent in desk.twilio.sent] == ["Fine, I keep it."]


async def test_what_was_missed_without_a_connection_appears_once(desk: Desk) -> None:
    conversation = await desk.conversation("one")
    line = Line()
    page = await desk.sign_in(path=f"/c/{conversation}", line=line)
    await expect(bubble(page, "one")).to_be_visible()
    await line.cut()
    await expect(page.get_by_test_id("connection")).to_contain_text("Connection lost")
    await write(page, "I am writing")
    await desk.hub.sms("two")
    await desk.hub.sms("three")
    line.mend()
    await page.get_by_role("button", name="Connect now").click()
    await live(page)
    await desk.hub.sms("four")
    await expect(bubble(page, "four")).to_be_visible()
    said = page.get_by_test_id("timeline").locator(".people-text")
    await expect(said).to_have_text(["one", "two", "three", "four"])
    await expect(page.get_by_test_id("composer-text")).to_have_value("I am writing")
