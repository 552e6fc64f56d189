"""The widget in a real Chromium, against the real chat server: what a customer lives through."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from playwright.async_api import expect

from connectors.secret import Secret
from connectors.webchat.visitors import signature
from hub.sessions import ChatFile
from tests.browser.shop import open_panel, say

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
SECRET = Secret("the site's secret")
Open = Callable[..., Any]


async def test_a_conversation(site: Open) -> None:
    shop = await site(title="Acme")
    async with shop.visit() as page:
        await open_panel(page)
        await expect(page.get_by_role("dialog", name="Acme")).to_be_visible()
        await expect(page.get_by_text("How can we help?")).to_be_visible()
        await say(page, "Where is my order?")
        await expect(page.locator(".mine .tick.sent")).to_be_visible()
        assert shop.texts() == ["Where is my order?"]
        assert shop.backend.inbound[0].claims["language"] == "en"
        shop.server.typing("chat", shop.uri, "Sara")
        await expect(page.locator(".typing")).to_be_visible()
        entry = shop.backend.write(shop.uri, "On its way, see https://shop.example/4711.")
        link = page.get_by_role("link", name="https://shop.example/4711")
        await expect(link).to_have_attribute("href", "https://shop.example/4711")
        await expect(page.locator(".typing")).to_have_count(0)
        await shop.backend.until(lambda: (shop.uri, entry.id, "read") in shop.backend.receipts)
        assert (shop.uri, entry.id, "delivered") in shop.backend.receipts
        shop.server.receipt("chat", shop.uri, entry.id)
        await expect(page.locator(".mine .tick.read")).to_be_visible()
        await page.locator("textarea").press("Escape")
        await expect(page.locator(".panel")).to_be_hidden()
        await expect(page.locator(".launcher")).to_be_focused()


async def test_nothing_is_kept_before_the_conversation_starts(site: Open) -> None:
    shop = await site()
    async with shop.visit() as page:
        await page.wait_for_load_state("networkidle")
        assert shop.server.sockets == 0
        await open_panel(page)
        await shop.backend.until(lambda: bool(shop.backend.presences))
        assert await page.evaluate("localStorage.length") == 0
        await page.locator(".launcher").click()
        await shop.backend.until(lambda: (shop.uri, "away") in shop.backend.presences)
        await open_panel(page)
        await say(page, "hello")
        await expect(page.locator(".tick.sent")).to_be_visible()
        assert await page.evaluate("localStorage.length") > 0
        assert await page.evaluate("document.cookie") == ""
        names = "Object.keys(window).filter(name => /hub|preact|chat/i.test(name))"
        assert await page.evaluate(names) == ["HubChat"]


async def test_who_comes_back_sees_the_history_and_what_is_unread(site: Open) -> None:
    shop = await site()
    async with shop.visit() as page:
        await open_panel(page)
        await say(page, "hello")
        await expect(page.locator(".tick.sent")).to_be_visible()
        uri = shop.uri
        await page.reload()
        await expect(page.locator(".launcher")).to_be_visible()
        shop.backend.write(uri, "an answer")
        await expect(page.locator(".badge")).to_have_text("1")
        await open_panel(page)
        await expect(page.locator(".bubble")).to_have_text(["hello", "an answer"])
        await page.reload()
        await open_panel(page)
        await expect(page.locator(".bubble")).to_have_text(["hello", "an answer"])
        assert shop.uri == uri
        assert await page.locator(".badge").count() == 0


async def test_what_is_written_without_a_connection_is_sent_once_it_is_back(site: Open) -> None:
    shop = await site()
    async with shop.visit() as page:
        await open_panel(page)
        await say(page, "one")
        await expect(page.locator(".tick.sent")).to_be_visible()
        await shop.stop()
        await expect(page.locator(".notice")).to_contain_text("Connection lost")
        await say(page, "two")
        await say(page, "three")
        await expect(page.locator(".row.pending")).to_have_count(2)
        await shop.start()
        await expect(page.locator(".row.pending")).to_have_count(0, timeout=20_000)
        await expect(page.locator(".notice")).to_be_empty()
    assert shop.texts() == ["one", "two", "three"]


async def test_whoever_never_had_a_connection_is_told_so(site: Open) -> None:
    shop = await site()
    async with shop.visit() as page:
        await page.wait_for_load_state("networkidle")
        await shop.stop()
        await open_panel(page)
        await say(page, "is anybody there?")
        await expect(page.locator(".notice")).to_contain_text("Connection lost")
        await shop.start()
        await expect(page.locator(".tick.sent")).to_be_visible(timeout=20_000)
        await expect(page.locator(".notice")).to_be_empty()
    assert shop.texts() == ["is anybody there?"]


async def test_a_page_that_is_left_before_the_ack_sends_again_and_stores_once(site: Open) -> None:
    shop = await site()

    def cut(_raw: Any) -> None:
        raise ConnectionError("the ack is lost")

    async with shop.visit() as page:
        await open_panel(page)
        await say(page, "one")
        await expect(page.locator(".tick.sent")).to_be_visible()
        shop.backend.after_file = cut
        await say(page, "two")
        await shop.backend.until(lambda: len(shop.backend.inbound) == 2)
        shop.backend.after_file = None
        await page.reload()
        await open_panel(page)
        await expect(page.locator(".bubble")).to_have_text(["one", "two"])
        await expect(page.locator(".row.pending")).to_have_count(0)
    assert shop.texts() == ["one", "two"]


async def test_questions_first(site: Open) -> None:
    shop = await site(prechat=("name", "email", "phone", "question"))
    async with shop.visit() as page:
        await open_panel(page)
        await expect(page.get_by_text("What may we call you?")).to_be_visible()
        await say(page, "Ann")
        await say(page, "no address")
        await expect(page.locator(".notice")).to_contain_text("does not look like")
        await say(page, "ann@shop.example")
        await page.get_by_role("button", name="Skip").click()
        assert shop.texts() == []
        await say(page, "Do you ship to Shiraz?")
        await expect(page.locator(".tick.sent")).to_be_visible()
    (message,) = shop.backend.inbound
    claims = {name: message.claims.get(name) for name in ("name", "email", "phone", "question")}
    assert claims == {
        "name": "Ann",
        "email": "ann@shop.example",
        "phone": None,
        "question": "Do you ship to Shiraz?",
    }
    assert message.identities == ()


async def test_files(site: Open) -> None:
    shop = await site(max_file_bytes=1_000)
    async with shop.visit() as page:
        await open_panel(page)
        picker = page.locator("input[type=file]")
        big = {"name": "big.bin", "mimeType": "application/zip", "buffer": b"x" * 2_000}
        await picker.set_input_files([big])
        await expect(page.locator(".notice")).to_contain_text("too large")
        photo = {"name": "عکس.png", "mimeType": "image/png", "buffer": b"\x89PNG"}
        await picker.set_input_files([photo])
        await expect(page.locator(".chips li")).to_have_text(["عکس.png"])
        await say(page, "look")
        await expect(page.locator(".tick.sent")).to_be_visible()
        (attachment,) = shop.backend.inbound[0].attachments
        assert (attachment.name, attachment.type) == ("عکس.png", "image/png")
        assert shop.backend.files[attachment.ref or ""] == b"\x89PNG"
        file = ChatFile("bill.pdf", "application/pdf", 5, "/attachments/1/bill.pdf?sig=x")
        shop.backend.write(shop.uri, "", files=[file])
        href = re.compile(r"^http://127\.0\.0\.1:\d+/attachments/1/bill\.pdf\?sig=x$")
        link = page.get_by_role("link", name="bill.pdf")
        await expect(link).to_have_attribute("href", href)


async def test_persian_from_right_to_left(site: Open) -> None:
    shop = await site(title="Acme", texts={"fa": {"title": "فروشگاه آکمه"}})
    async with shop.visit(lang="fa", timezone_id="Asia/Tehran") as page:
        await open_panel(page)
        await expect(page.locator(".root")).to_have_attribute("dir", "rtl")
        await expect(page.get_by_role("dialog", name="فروشگاه آکمه")).to_be_visible()
        await say(page, "سلام")
        await expect(page.locator(".mine time")).to_have_text(re.compile(r"^[۰-۹]{1,2}:[۰-۹]{2}$"))
        shop.backend.write(shop.uri, "Hello")
        await expect(page.locator(".theirs .bubble").last).to_have_text("Hello")
        mine, theirs = page.locator(".mine .bubble"), page.locator(".theirs .bubble").last
        left, right = await mine.bounding_box(), await theirs.bounding_box()
        assert left is not None
        assert right is not None
        assert left["x"] < right["x"]
        launcher = await page.locator(".launcher").bounding_box()
        assert launcher is not None
        assert launcher["x"] < 100


async def test_on_a_phone_it_fills_the_screen(site: Open) -> None:
    shop = await site()
    size = {"width": 360, "height": 640}
    phone = {"viewport": size, "has_touch": True, "is_mobile": True, "reduced_motion": "reduce"}
    async with shop.visit(**phone) as page:
        await open_panel(page)
        await expect(page.locator(".launcher")).to_be_hidden()
        box = await page.locator(".panel").bounding_box()
        assert box == {"x": 0, "y": 0, **size}
        await page.get_by_role("button", name="Close").click()
        await expect(page.locator(".launcher")).to_be_visible()


async def test_a_signed_in_customer(site: Open) -> None:
    shop = await site(site_secret=SECRET, prechat=("name",))
    identity = {
        "user_id": "42",
        "email": "ann@shop.example",
        "hash": signature(SECRET, "42", "ann@shop.example"),
    }
    async with shop.visit(before=f"window.HubChat = {{identity: {identity}}}") as page:
        await page.evaluate("HubChat.open()")
        await expect(page.locator("textarea")).to_be_visible()
        await shop.backend.until(lambda: bool(shop.backend.presences))
        await say(page, "it is me")
        await expect(page.locator(".tick.sent")).to_be_visible()
        (message,) = shop.backend.inbound
        assert message.authenticated
        assert message.identities == ("webuser:chat/42", "mailto:ann@shop.example")
        await page.evaluate("HubChat.identify()")  # signed out: the next person starts afresh
        await expect(page.locator(".bubble", has_text="it is me")).to_have_count(0)


async def test_a_hidden_page_is_away(site: Open) -> None:
    shop = await site()
    async with shop.visit() as page:
        await open_panel(page)
        await say(page, "hello")
        await shop.backend.until(lambda: (shop.uri, "here") in shop.backend.presences)
        hide = "Object.defineProperty(document, 'hidden', {value: true, configurable: true});"
        await page.evaluate(hide + "document.dispatchEvent(new Event('visibilitychange'))")
        await shop.backend.until(lambda: shop.backend.presences[-1] == (shop.uri, "away"))


async def test_a_refused_message_can_be_removed_and_holds_up_nothing(site: Open) -> None:
    shop = await site()
    async with shop.visit() as page:
        await open_panel(page)
        await say(page, "first")
        await expect(page.locator(".tick.sent")).to_be_visible()
        key = await page.evaluate("Object.keys(localStorage).find(k => k.endsWith('visitor'))")
        draft = (
            '{"id": "bad id", "text": "x", "at": "2026-01-01T00:00:00Z", "claims": {}, "files": []}'
        )
        await page.evaluate(
            "([key, draft]) => localStorage.setItem(key.replace('visitor', 'out:bad id'), draft)",
            [key, draft],
        )
        await page.reload()
        await open_panel(page)
        await expect(page.locator(".refused")).to_have_count(1)
        await say(page, "second")
        await expect(page.locator(".tick.sent")).to_be_visible()
        await page.get_by_role("button", name="Remove").click()
        await expect(page.locator(".refused")).to_have_count(0)
    assert shop.texts() == ["first", "second"]


async def test_scrolling_up_brings_what_was_said_before(site: Open) -> None:
    shop = await site(history=20)
    async with shop.visit() as page:
        await open_panel(page)
        await say(page, "the very first")
        await expect(page.locator(".tick.sent")).to_be_visible()
        for n in range(55):
            shop.backend.write(shop.uri, f"answer {n}")
        await page.reload()
        await open_panel(page)
        bubbles, log = page.locator(".bubble"), page.locator(".log")
        await expect(bubbles).to_have_count(20)
        await expect(bubbles.last).to_be_in_viewport()
        for count in (40, 56):
            top = bubbles.first
            words = await top.text_content()
            await log.evaluate("log => log.scrollTo(0, 0)")
            await expect(bubbles).to_have_count(count)
            await expect(
                page.locator(".bubble", has_text=re.compile(f"^{words}$"))
            ).to_be_in_viewport()
        await expect(bubbles.first).to_have_text("the very first")
        await log.evaluate("log => log.scrollTo(0, 0)")
        await expect(bubbles.first).to_be_in_viewport()
        shop.backend.write(shop.uri, "news")  # who reads what is old is not pulled away
        await expect(bubbles).to_have_count(57)
        await expect(bubbles.first).to_be_in_viewport()
