"""Mail in the console: as text, as designed in a frame that can do nothing, and its files."""

from __future__ import annotations

import asyncio

import pytest
from playwright.async_api import Page, expect

from tests.browser.desk import Desk, bubble
from tests.hub.running import letter

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MAIL = """From: Ann Lee <ann@customer.example>\r
To: help@acme.example\r
Subject: My broken kettle\r
Message-ID: <designed@customer.example>\r
Date: Mon, 05 Jan 2026 10:00:00 +0000\r
MIME-Version: 1.0\r
Content-Type: multipart/mixed; boundary=M\r
\r
--M\r
Content-Type: text/html; charset=utf-8\r
\r
<html><body><h1 style="color: teal">It broke</h1><p>See the <b>photo</b>.</p>\r
<img src="https://tracker.invalid/pixel.gif" alt="a tracker" width="40" height="40">\r
<script>parent.document.title = "taken over"</script>\r
<a href="https://customer.example/kettle">my page</a></body></html>\r
--M\r
Content-Type: text/plain; name="receipt.txt"\r
Content-Disposition: attachment; filename="receipt.txt"\r
\r
One kettle: 25.00\r
--M--\r
"""


async def opened(desk: Desk, mail: str) -> Page:
    """The mail's conversation on a screen."""
    assert await desk.hub.mail(mail) == 200
    conversation = await desk.hub.conversation()
    return await desk.sign_in(path=f"/c/{conversation.id}")


async def test_a_mail_as_designed_can_do_nothing_and_loads_nothing(desk: Desk) -> None:
    page = await opened(desk, MAIL)
    mail = bubble(page, "My broken kettle")
    await expect(mail).to_contain_text("It broke")
    await mail.get_by_test_id("as-designed").click()
    frame = mail.get_by_test_id("mail-frame")
    sandbox = await frame.get_attribute("sandbox") or ""
    assert {"allow-scripts", "allow-same-origin", "allow-forms"}.isdisjoint(sandbox.split())
    inside = frame.content_frame
    await expect(inside.get_by_role("heading", name="It broke")).to_be_visible()
    await expect(inside.get_by_role("link", name="my page")).to_have_attribute("target", "_blank")
    assert await inside.locator("script").count() == 0
    assert await inside.locator("[src*='tracker.invalid']").count() == 0
    await expect(page).to_have_title("Interaction hub")
    await mail.get_by_test_id("as-designed").click()
    await expect(frame).to_have_count(0)


async def test_a_file_of_a_mail_is_downloaded(desk: Desk) -> None:
    page = await opened(desk, MAIL)
    link = page.get_by_role("link", name="Download receipt.txt")
    async with page.expect_download() as started:
        await link.click()
    download = await started.value
    assert download.suggested_filename == "receipt.txt"
    saved = await download.path()
    assert (await asyncio.to_thread(saved.read_text)).strip() == "One kettle: 25.00"


async def test_an_answer_by_mail_with_a_copy_and_a_file(desk: Desk) -> None:
    page = await opened(desk, letter("It broke", cc="Bob <bob@customer.example>"))
    await expect(page.get_by_test_id("composer")).to_contain_text("Bob")
    await (
        page.get_by_test_id("composer")
        .locator("input[type=file]")
        .set_input_files(
            {"name": "راهنما.txt", "mimeType": "text/plain", "buffer": b"How to mend it"}
        )
    )
    await expect(page.get_by_test_id("file-chip")).to_have_attribute("data-state", "done")
    await page.get_by_test_id("composer-text").fill("Here is how to mend it.")
    await page.get_by_role("button", name="Send by E-mail").click()
    answer = bubble(page, "Here is how to mend it.")
    await expect(answer.get_by_test_id("delivery")).to_have_attribute("data-state", "sent")
    await expect(answer.get_by_role("link", name="Download راهنما.txt")).to_be_visible()
    (mail,) = desk.smtp.mails
    assert sorted(mail.recipients) == ["ann@customer.example", "bob@customer.example"]
    assert b"In-Reply-To: <" in mail.body
    assert b"Subject: Re: Question [" in mail.body


async def test_the_quoted_part_is_folded_away_until_asked_for(desk: Desk) -> None:
    quoted = "On Mon, 5 Jan 2026 at 09:00, Acme <help@acme.example> wrote:\r\n> How is it?\r\n"
    page = await opened(desk, letter(f"All is well now.\r\n\r\n{quoted}"))
    mail = bubble(page, "All is well now.")
    await expect(mail).not_to_contain_text("How is it?")
    await mail.get_by_test_id("whole-mail").click()
    await expect(mail).to_contain_text("How is it?")
    await mail.get_by_test_id("whole-mail").click()
    await expect(mail).not_to_contain_text("How is it?")
