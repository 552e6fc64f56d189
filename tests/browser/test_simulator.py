"""The simulator's page in a real Chromium: a newcomer writes as a customer and sees what happens."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from tests.hub.demo_process import Running, running

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]
NARROW = 360


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("demo") / "data") as found:
        yield found


@pytest_asyncio.fixture(loop_scope="session")
async def page(browser: Browser, demo: Running) -> AsyncIterator[Page]:
    context = await browser.new_context(locale="en-GB", viewport={"width": 1440, "height": 900})
    found = await context.new_page()
    wrong: list[str] = []
    found.on("pageerror", lambda error: wrong.append(str(error)))
    await found.goto(f"{demo.base}/simulator")
    yield found
    await context.close()
    assert not wrong


async def sign_in(page: Page, demo: Running, who: str) -> None:
    token = demo.links[who].rpartition("/")[2]
    answer = await page.request.post(f"{demo.base}/api/v1/links/{token}", data={})
    assert answer.ok


async def test_three_panes_with_people_who_have_written_before(page: Page) -> None:
    for pane in ("sms", "mail", "chat"):
        await expect(page.locator(f"[data-pane={pane}] .chosen bdi").first).not_to_be_empty()
    await expect(page.locator(".bubble").first).to_be_visible()
    await expect(page.locator(".mails li").first).to_be_visible()
    await expect(page.locator(".pill")).to_have_class(re.compile("up"))


async def test_an_example_is_sent_and_its_way_is_told(page: Page) -> None:
    pane = page.locator("[data-pane=sms]")
    await pane.locator(".examples button", has_text="Where is my order").click()
    await expect(pane.locator(".mine .ticks").last).to_be_visible()
    story = pane.locator(".story")
    await expect(story).to_contain_text(re.compile(r"Filed in \d+ ms"))
    await expect(story.locator("a")).to_have_attribute("href", re.compile(r"^/c/\d+$"))


async def test_a_mail_is_written_with_a_subject(page: Page) -> None:
    pane = page.locator("[data-pane=mail]")
    await pane.get_by_role("button", name="New mail").click()
    await pane.get_by_placeholder("Subject").fill("A question")
    await pane.get_by_placeholder("Write your mail").fill("Do you have it in green?")
    await pane.get_by_role("button", name="Send").click()
    await expect(pane.locator("article .words")).to_have_text("Do you have it in green?")
    await expect(pane.locator(".story")).to_contain_text("waiting for an agent")


async def test_the_chat_is_the_real_widget(page: Page) -> None:
    pane = page.locator("[data-pane=chat]")
    widget = pane.frame_locator("iframe")
    await expect(widget.locator("textarea")).to_be_visible()
    await pane.locator(".examples button").first.click()
    said = await pane.locator(".examples button").first.inner_text()
    await expect(widget.locator(".mine", has_text=said)).to_be_visible()
    await expect(pane.locator(".story a")).to_have_attribute("href", re.compile(r"^/c/\d+$"))


async def test_somebody_new_can_be_played(page: Page) -> None:
    pane = page.locator("[data-pane=sms]")
    await pane.locator(".chosen").click()
    menu = page.locator(".people:popover-open")
    await menu.locator("summary").click()
    await menu.get_by_placeholder("Name of the new customer").fill("Nina New")
    async with page.expect_response("**/simulator/api/customers") as told:
        await menu.get_by_role("button", name="Add").click()
    assert (await told.value).ok, await (await told.value).text()
    await expect(pane.locator(".chosen")).to_contain_text("Nina New")
    await expect(pane.locator(".empty")).to_be_visible()


async def test_the_red_button_is_the_admins(page: Page, demo: Running) -> None:
    await expect(page.locator(".red")).to_be_disabled()
    await sign_in(page, demo, "Ada")
    await page.reload()
    await page.locator(".red").click()
    await page.locator(".sure .danger").click()
    about = page.locator(".about")
    await expect(about).to_contain_text("Nothing was lost", timeout=60_000)
    await expect(page.locator(".drill .good dd")).to_have_text(["0", "0"])
    await expect(page.locator(".pill")).to_have_class(re.compile("up"))


@pytest.mark.parametrize("language", ["en", "fa"])
async def test_a_phone_shows_one_pane_at_a_time(page: Page, language: str) -> None:
    if language == "fa":
        await page.get_by_role("button", name="فارسی").click()
        await expect(page.locator("html")).to_have_attribute("dir", "rtl")
    await page.set_viewport_size({"width": NARROW, "height": 720})
    for n, pane in enumerate(("sms", "mail", "chat", "drill")):
        await page.locator(".tabs button").nth(n).click()
        await expect(page.locator("[data-pane]:visible")).to_have_count(1)
        await expect(page.locator(f"[data-pane={pane}]")).to_be_visible()
        assert await page.evaluate("document.documentElement.scrollWidth") <= NARROW
