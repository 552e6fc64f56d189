"""The pictures of the README: ``python -m tests.browser.screenshots OUT_DIR`` (some 30 seconds).

A demo is started in a folder of its own, a scene is played in it through the simulator's and the
agents' real doors, and Chromium looks at it.
"""

from __future__ import annotations

import asyncio
import base64
import sys
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from playwright.async_api import Browser, Page, async_playwright, expect

from hub import settings
from hub.demo import parent, pictures
from tests.browser import chromium
from tests.browser.desk import LARGE, PHONE, bubble, live, shop, show

LISTEN = "127.0.0.1:8790"
LUCAS, REFERENCE = "+12025550104", "48213"
A_RULE = """- id: money-back
  when: {field: text, contains_any: [refund, money back, paid twice]}
  then: {queue: billing, priority: +5m}
"""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody who is signed in, at a screen."""

    page: Page
    base: str
    csrf: str

    async def call(self, method: str, path: str, **body: Any) -> Any:
        """The API, as their browser calls it."""
        answer = await self.page.request.fetch(
            f"{self.base}/api/v1/{path}",
            method=method,
            headers={"X-CSRF-Token": self.csrf},
            data=None if method == "GET" else body,
        )
        assert answer.ok, await answer.text()
        return await answer.json() if await answer.body() else None

    async def shoot(self, path: Path) -> None:
        """A picture of the screen, at rest."""
        await self.page.mouse.move(700, 1)
        await self.page.evaluate("document.activeElement?.blur()")
        await self.page.wait_for_load_state("networkidle")
        await self.page.screenshot(path=path, animations="disabled")


class Studio:
    """The demo, the browser, and where the pictures go."""

    def __init__(self, browser: Browser, demo: parent.Demo, folder: Path) -> None:
        self._browser = browser
        self._demo = demo
        self._folder = folder
        self.base = demo.settings.public_url

    @asynccontextmanager
    async def blank(self, **context: Any) -> AsyncIterator[Page]:
        """An empty page."""
        profile = await self._browser.new_context(
            **{"viewport": LARGE, "locale": "en-GB", "reduced_motion": "reduce"} | context
        )
        yield await profile.new_page()
        await profile.close()

    @asynccontextmanager
    async def person(
        self, name: str, *, mine: dict[str, str] | None = None, **context: Any
    ) -> AsyncIterator[Person]:
        """An agent's screen; ``mine`` are their settings."""
        email = f"{name}@acme.example"
        link = await parent.command(self._demo.settings, "user-link", email=email)
        async with self.blank(**context) as page:
            token = link.rpartition("/")[2]
            answer = await page.request.post(f"{self.base}/api/v1/links/{token}", data={})
            person = Person(page, self.base, (await answer.json())["csrf"])
            await person.call("PATCH", "me", settings=mine or {"theme": "light"})
            await page.goto(self.base)
            await live(page)
            yield person

    def path(self, name: str) -> Path:
        return self._folder / f"{name}.png"

    async def sms(self, page: Page, text: str, *, picture: bool = False) -> None:
        """Lucas writes an SMS, in the simulator."""
        photo = pictures.file("photo", REFERENCE)
        content = base64.b64encode(photo.content).decode()
        files = [{"name": photo.name, "type": photo.type, "data": content}] if picture else []
        body = {"from": LUCAS, "text": text, "files": files}
        answer = await page.request.post(f"{self.base}/simulator/api/sms", data=body)
        assert answer.ok, await answer.text()


async def scene(studio: Studio, sara: Person) -> int:
    """Lucas's damaged parcel: two texts, a note and an answer; the conversation."""
    await studio.sms(
        sara.page, f"Hi, order {REFERENCE} came like this. Is the lamp inside safe?", picture=True
    )
    person = (await sara.call("GET", f"contacts?identity=tel:%2B{LUCAS[1:]}"))["items"][0]
    found = await sara.call("GET", f"conversations?view=all&contact={person['id']}")
    id: int = next(one["id"] for one in found["items"] if one["channel"]["name"] == "sms")
    await sara.call("POST", f"conversations/{id}/take")
    note = "Third one from this carrier this week. Replacing it, no return needed."
    await sara.call("POST", f"conversations/{id}/note", text=note, client_key=str(uuid4()))
    answer = (
        "Oh no, I am sorry, Lucas! A new lamp leaves our warehouse today and is with you on "
        "Thursday. No need to send this one back."
    )
    await sara.call("POST", f"conversations/{id}/reply", text=answer, client_key=str(uuid4()))
    await studio.sms(sara.page, "Wow, that was quick. Thank you, Sara!")
    await sara.page.goto(f"{studio.base}/c/{id}")
    await expect(bubble(sara.page, "that was quick")).to_be_visible()
    delivery = bubble(sara.page, "Oh no").get_by_test_id("delivery")
    await expect(delivery).to_have_attribute("data-state", "delivered")
    return id


async def shoot(studio: Studio) -> None:
    """All pictures."""
    async with studio.person("sara") as sara:
        await sara.call("PUT", "me/presence", presence="away", reason="lunch")
        id = await scene(studio, sara)
        await show(sara.page, "all")
        await sara.page.get_by_test_id("composer-text").fill(
            "With pleasure! I will let you know as soon as it ships."
        )
        await sara.shoot(studio.path("console"))
    async with studio.person("sara", mine={"theme": "dark"}) as sara:
        await sara.page.goto(f"{studio.base}/c/{id}")
        await show(sara.page, "queues")
        await sara.page.get_by_test_id("explain").click()
        await sara.shoot(studio.path("console-dark"))
        await sara.page.goto(f"{studio.base}/admin/ledger")
        await sara.shoot(studio.path("ledger"))
    async with studio.person("reza", mine={"language": "fa", "theme": "light"}) as reza:
        await show(reza.page, "queues")
        await reza.page.get_by_test_id("conversation-list").get_by_role("link").first.click()
        await reza.shoot(studio.path("console-fa"))
    phone = {"viewport": PHONE, "device_scale_factor": 2, "is_mobile": True, "has_touch": True}
    async with studio.person("sara", **phone) as sara:
        await sara.page.goto(f"{studio.base}/c/{id}")
        await expect(bubble(sara.page, "that was quick")).to_be_visible()
        await sara.shoot(studio.path("console-phone"))
        await board(studio, sara, "board-phone")
    await routing(studio)
    async with studio.blank() as page:
        await page.goto(f"{studio.base}/simulator")
        await page.wait_for_load_state("domcontentloaded")
        await expect(page.locator("button").first).to_be_visible()
        await page.screenshot(path=studio.path("simulator"), animations="disabled")
    async with studio.person("sara") as sara:
        await chat(studio, sara)


async def routing(studio: Studio) -> None:
    """What supervisors and admins see of the routing."""
    async with studio.person("admin") as ada:
        await board(studio, ada, "board")
        await ada.page.goto(f"{studio.base}/admin/calendars")
        await expect(ada.page.get_by_role("tab", selected=True)).to_be_visible()
        await ada.shoot(studio.path("calendars"))
        await rules(studio, ada)
    async with studio.person("admin", mine={"language": "fa", "theme": "dark"}) as ada:
        await board(studio, ada, "board-fa")
        await rules(studio, ada, "rules-fa")


async def board(studio: Studio, person: Person, name: str) -> None:
    """The live board, with the first queue open."""
    await person.page.goto(f"{studio.base}/board")
    await person.page.locator("[data-testid^=board-queue] button").first.click()
    await person.shoot(studio.path(name))


async def rules(studio: Studio, person: Person, name: str = "rules") -> None:
    """A rule is added, tried, and compared with what came."""
    page = person.page
    await page.goto(f"{studio.base}/admin/rules")
    await page.get_by_test_id("rules-editor").focus()
    await page.keyboard.press("Control+Home")
    await page.keyboard.insert_text(A_RULE)
    await page.get_by_test_id("try-text").fill("Hello, I paid twice for my lamp.")
    await page.get_by_test_id("try-submit").click()
    await expect(page.get_by_test_id("try-outcome")).to_contain_text("money-back")
    await expect(page.get_by_test_id("rules-valid")).to_be_visible()
    await person.shoot(studio.path(name))
    await page.get_by_test_id("panel-lookBack").click()
    await page.get_by_test_id("dry-run").click()
    await expect(page.get_by_test_id("dry-run-found")).to_be_visible()
    await person.shoot(studio.path(f"{name}-past"))


async def chat(studio: Studio, sara: Person) -> None:
    """A visitor of a shop asks, and Sara answers."""
    small = {"width": 900, "height": 760}
    async with shop(studio.base) as address, studio.blank(viewport=small) as page:
        await page.goto(address)
        await page.locator(".launcher").click()
        await expect(page.get_by_text("What may we call you?")).to_be_visible()
        for words in ("Ann Lee", "ann.lee@post.example", "Hi! Do you ship to Canada?"):
            await page.locator("textarea").fill(words)
            await page.locator("textarea").press("Enter")
        await expect(page.locator(".tick.sent")).to_be_visible()
        found = await sara.call("GET", "conversations?view=all&limit=1")
        id = found["items"][0]["id"]
        await sara.call("POST", f"conversations/{id}/take")
        answer = "Hello Ann! We do: it takes 5 to 7 days, and is free from 80 dollars."
        await sara.call("POST", f"conversations/{id}/reply", text=answer, client_key=str(uuid4()))
        await expect(page.get_by_text("5 to 7 days")).to_be_visible()
        await page.screenshot(path=studio.path("widget"), animations="disabled")


async def main(folder: Path) -> None:
    """Start the demo and the browser, and take the pictures."""
    path = chromium.find()
    if path is None:
        sys.exit("chromium is not installed")
    with tempfile.TemporaryDirectory(prefix="hub-pictures-") as data:
        environment = {"HUB_DATA": data, "HUB_LISTEN": LISTEN, "HUB_LOG": "error"}
        async with (
            parent.running(settings.load(None, environment), say=print) as demo,
            async_playwright() as playwright,
        ):
            assert demo is not None
            browser = await chromium.launch(playwright, path)
            await shoot(Studio(browser, demo, folder))
            await browser.close()


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m tests.browser.screenshots OUT_DIR")
    out = Path(sys.argv[1])
    out.mkdir(parents=True, exist_ok=True)
    asyncio.run(main(out))
    for picture in sorted(out.glob("*.png")):
        print(f"{picture}  {picture.stat().st_size // 1000} kB")
