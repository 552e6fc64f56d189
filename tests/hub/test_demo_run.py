"""The demo as people start it: its own process, its providers, its page, and the red button."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from yarl import URL

from hub.demo import pictures
from tests.hub.demo_process import Running, read_greeting, running, start
from tests.hub.office import opened

CUSTOMER = "+12025550177"
START_SECONDS = 60


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("demo") / "data") as found:
        yield found


@dataclass(slots=True)
class Browser:
    """Somebody at the simulator, perhaps signed in."""

    session: aiohttp.ClientSession
    base: str
    csrf: str = ""

    async def get(self, path: str, **params: str | int) -> Any:
        async with self.session.get(self.base + path, params=params) as answer:
            assert answer.status == 200, (path, answer.status, await answer.text())
            return await answer.json()

    async def post(self, path: str, body: Any, **headers: str) -> tuple[int, Any]:
        async with self.session.post(
            self.base + path, json=body, headers={"X-CSRF-Token": self.csrf, **headers}
        ) as answer:
            text = await answer.text()
            return answer.status, await answer.json(content_type=None) if text else None

    async def said(self, channel: str, customer: str) -> list[dict[str, Any]]:
        found = await self.get("/simulator/api/messages", channel=channel, customer=customer)
        items: list[dict[str, Any]] = found["items"]
        return items


@pytest.fixture
async def visitor(demo: Running) -> AsyncIterator[Browser]:
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        yield Browser(session, demo.base)


_sessions: dict[str, tuple[str, str]] = {}


@pytest.fixture
async def admin(demo: Running) -> AsyncIterator[Browser]:
    """The admin, by the link that was printed; it is used once and the session kept."""
    async with aiohttp.ClientSession(cookie_jar=aiohttp.CookieJar(unsafe=True)) as session:
        browser = Browser(session, demo.base)
        if demo.base not in _sessions:
            path = demo.links["Ada"].removeprefix(demo.base).replace("/link/", "/api/v1/links/")
            async with session.post(demo.base + path, json={}) as answer:
                assert answer.status == 200, await answer.text()
                token = answer.cookies["hub_session"].value
                _sessions[demo.base] = (token, (await answer.json())["csrf"])
        token, browser.csrf = _sessions[demo.base]
        session.cookie_jar.update_cookies({"hub_session": token}, response_url=URL(demo.base))
        yield browser


async def until(look: Callable[[], Awaitable[Any]], seconds: float = 15) -> Any:
    """Look until there is something."""
    async with asyncio.timeout(seconds):
        while True:
            if found := await look():
                return found
            await asyncio.sleep(0.05)  # between two looks over HTTP


# ---------------------------------------------------------------- the start


def test_it_says_where_everything_is(demo: Running) -> None:
    assert set(demo.links) == {"Ada", "Sara", "Reza"}
    assert all(link.startswith(demo.base + "/link/") for link in demo.links.values())


async def test_the_page_is_served(visitor: Browser) -> None:
    for path, kind in (
        ("/simulator", "text/html"),
        ("/simulator/chat", "text/html"),
        ("/simulator/static/main.js", "text/javascript"),
        ("/simulator/static/simulator.css", "text/css"),
        ("/simulator/static/fonts.css", "text/css"),
        ("/simulator/static/icon.svg", "image/svg+xml"),
    ):
        async with visitor.session.get(visitor.base + path) as answer:
            assert (path, answer.status) == (path, 200)
            assert answer.content_type == kind
            if kind == "text/html":
                assert "'unsafe-inline'; img" in answer.headers["Content-Security-Policy"]
    for path in (
        "/simulator/static/../pages.py",
        "/simulator/static/chat.html",
        "/simulator/static/%2e%2e%2f%2e%2e%2fpages.py",
    ):
        async with visitor.session.get(visitor.base + path) as answer:
            assert answer.status == 404


def test_a_second_one_is_told_where_the_first_is(demo: Running) -> None:
    process = start(demo.folder)
    said, _ = process.communicate(timeout=START_SECONDS)
    assert process.returncode == 1
    assert f"is in use by {demo.base}" in said


async def test_customers_can_be_chosen_and_made(visitor: Browser) -> None:
    found = await visitor.get("/simulator/api/customers")
    assert len(found["items"]) >= 120
    chats = [one["chat"] for one in found["items"] if one["chat"]]
    assert any(one["visitor"] for one in chats)
    assert any(one["identity"] for one in chats)
    status, made = await visitor.post(
        "/simulator/api/customers", {"name": "Nina New", "channel": "sms", "address": ""}
    )
    assert (status, made["name"]) == (200, "Nina New")
    status, _ = await visitor.post("/simulator/api/customers", {"name": "", "channel": "sms"})
    assert status == 400


# ---------------------------------------------------------------- round trips


async def test_an_sms_and_its_answer(visitor: Browser, admin: Browser) -> None:
    status, written = await visitor.post(
        "/simulator/api/sms", {"from": CUSTOMER, "text": "Where is my order 48213?"}
    )
    assert (status, written["state"]) == (200, "accepted")
    assert written["took"] > 0

    async def story() -> Any:
        (message,) = [m for m in await visitor.said("sms", CUSTOMER) if m["key"] == written["key"]]
        return message.get("story")

    filed = await until(story)
    assert (filed["queue"], filed["item"]) == ("support", "queued")
    status, _ = await admin.post(
        f"/api/v1/conversations/{filed['conversation']}/reply",
        {"text": "On its way. 📦", "client_key": "demo-test-sms"},
    )
    assert status == 201

    async def arrived() -> Any:
        found = [m for m in await visitor.said("sms", CUSTOMER) if m["direction"] == "out"]
        return found and found[0]["state"] == "delivered" and found[0]

    assert (await until(arrived))["text"] == "On its way. 📦"

    async def told() -> bool:
        found = await admin.get("/api/v1/contacts", identity=f"tel:{CUSTOMER}")
        timeline = await admin.get(f"/api/v1/contacts/{found['items'][0]['id']}/timeline")
        states = [one["delivery"]["state"] for one in timeline["items"] if one["delivery"]]
        return states == ["delivered"]

    await until(told)


async def test_a_picture_message(visitor: Browser, admin: Browser) -> None:
    number = "+12025550178"
    picture = base64.b64encode(pictures.file("photo", "7").content).decode()
    body = {
        "from": number,
        "text": "see",
        "files": [{"name": "a.png", "type": "", "data": picture}],
    }
    status, written = await visitor.post("/simulator/api/sms", body)
    assert (status, written["state"]) == (200, "accepted")

    async def fetched() -> Any:
        found = await admin.get("/api/v1/contacts", identity=f"tel:{number}")
        if not found["items"]:
            return None
        timeline = await admin.get(f"/api/v1/contacts/{found['items'][0]['id']}/timeline")
        files = [file for one in timeline["items"] for file in one["attachments"]]
        return files and files[0]["state"] == "stored" and files[0]

    assert (await until(fetched))["type"] == "image/png"
    async with visitor.session.get(
        f"{visitor.base}/simulator/api/files/{written['files'][0]['id']}"
    ) as answer:
        assert (answer.status, answer.content_type) == (200, "image/png")


async def test_a_mail_its_answer_and_the_answer_to_that(visitor: Browser, admin: Browser) -> None:
    sender = "anna.test@mail.example"
    first = {
        "from": sender,
        "name": "Anna Test",
        "to": "billing@acme.example",
        "subject": "Catalogue",
        "text": "Hello,\n\ncould I have your catalogue?\n\nAnna",
    }
    status, written = await visitor.post("/simulator/api/mail", first)
    assert (status, written["state"]) == (200, "accepted")

    async def story() -> Any:
        mails = [m for m in await visitor.said("mail", sender) if m["direction"] == "in"]
        return mails[-1].get("story")

    filed = await until(story)
    assert filed["queue"] == "billing"
    conversation = filed["conversation"]
    status, _ = await admin.post(
        f"/api/v1/conversations/{conversation}/reply",
        {"text": "Here it is.", "client_key": "demo-test-mail"},
    )
    assert status == 201

    async def arrived() -> Any:
        return [m for m in await visitor.said("mail", sender) if m["direction"] == "out"]

    (answer,) = await until(arrived)
    assert answer["subject"].startswith("Re: Catalogue [")
    assert answer["text"].startswith("Here it is.")
    assert written["key"] in answer["refs"]
    again = {"from": sender, "name": "Anna Test", "to": answer["ours"], "text": "Thank you!"}
    status, _ = await visitor.post(
        "/simulator/api/mail", {**again, "subject": "Re: Catalogue", "answers": answer["id"]}
    )
    assert status == 200

    async def same_matter() -> bool:
        mails = [m for m in await visitor.said("mail", sender) if m["direction"] == "in"]
        return (
            len(mails) == 2 and (mails[-1].get("story") or {}).get("conversation") == conversation
        )

    await until(same_matter)
    found = await admin.get("/api/v1/contacts", identity=f"mailto:{sender}")
    timeline = await admin.get(f"/api/v1/contacts/{found['items'][0]['id']}/timeline")
    assert timeline["items"][0]["text"] == "Thank you!"  # what it quotes is trimmed


async def test_who_has_said_stop_gets_nothing_more(visitor: Browser, admin: Browser) -> None:
    number = "+12025550179"
    await visitor.post("/simulator/api/sms", {"from": number, "text": "Hello"})
    await visitor.post("/simulator/api/sms", {"from": number, "text": "STOP"})

    async def conversation() -> Any:
        found = await admin.get("/api/v1/contacts", identity=f"tel:{number}")
        return found["items"] and found["items"][0]["conversations"]

    (matter, *_) = await until(conversation)
    status, answer = await admin.post(
        f"/api/v1/conversations/{matter['id']}/reply", {"text": "x", "client_key": "demo-test-stop"}
    )
    assert (status, "opted out" in answer["detail"]) == (400, True)


@pytest.mark.parametrize(
    ("path", "body", "words"),
    [
        ("sms", {"from": "nobody", "text": "x"}, "country code"),
        ("sms", {"from": CUSTOMER, "text": " "}, "empty"),
        ("sms", {"from": CUSTOMER}, "empty"),
        ("sms", {"text": "x"}, "from"),
        ("mail", {"from": "no address", "text": "x"}, "address"),
        ("mail", {"from": "a@x.example"}, "empty"),
        ("mail", {"from": "a@x.example", "text": "x", "files": [{}]}, "name"),
    ],
)
async def test_what_cannot_be_sent_is_refused_in_words(
    visitor: Browser, path: str, body: dict[str, Any], words: str
) -> None:
    status, answer = await visitor.post(f"/simulator/api/{path}", body)
    assert status == 400
    assert words in answer["detail"]


async def test_other_pages_may_not_write(visitor: Browser) -> None:
    status, _ = await visitor.post(
        "/simulator/api/sms", {"from": CUSTOMER, "text": "x"}, Origin="https://evil.example"
    )
    assert status == 403


# ---------------------------------------------------------------- the red button


async def test_only_an_admin_may_press_it(visitor: Browser, admin: Browser) -> None:
    assert (await visitor.post("/simulator/api/drill", {"confirm": True}))[0] == 401
    for path in ("/simulator/api/x/../drill", "/simulator/api/x%2F..%2Fdrill"):
        assert (await visitor.post(path, {"confirm": True}))[0] in (401, 404, 405)
    assert (await admin.post("/simulator/api/drill", {}))[0] == 400
    assert (await admin.post("/simulator/api/drill", {"confirm": False}))[0] == 400
    without = Browser(admin.session, admin.base)
    assert (await without.post("/simulator/api/drill", {"confirm": True}))[0] == 403


@pytest.mark.slow
async def test_killed_under_load_nothing_is_lost(visitor: Browser, admin: Browser) -> None:
    async def events() -> AsyncIterator[tuple[str, Any]]:
        async with visitor.session.get(f"{visitor.base}/simulator/api/events") as answer:
            name = ""
            async for line in answer.content:
                word, _, rest = line.decode().strip().partition(": ")
                if word == "event":
                    name = rest
                elif word == "data":
                    yield name, json.loads(rest)

    status, _ = await admin.post("/simulator/api/drill", {"confirm": True, "seconds": 3})
    assert status == 202
    assert (await admin.post("/simulator/api/drill", {"confirm": True}))[0] == 409
    last: dict[str, Any] = {}
    async with asyncio.timeout(60):
        while last.get("phase") not in ("done", "failed"):
            try:
                async for name, data in events():
                    last = (data if name == "drill" else data.get("drill")) or last
                    if last.get("phase") in ("done", "failed"):
                        break
            except aiohttp.ClientError:
                await asyncio.sleep(0.1)  # the hub is down: its page comes back with it
    assert last["phase"] == "done", last
    assert last["sent"] == last["acknowledged"] == last["stored"] > 100
    assert (last["lost"], last["doubled"], last["stranded"]) == (0, 0, 0)
    assert last["down_ms"] > 0
    ledger = await admin.get("/api/v1/ledger")
    assert ledger["failed"] == 0

    async def settled() -> bool:
        queues = await admin.get("/api/v1/queues")
        return all(one["waiting"] == 0 for one in queues["items"] if one["name"] == "drill")

    await until(settled)


# ---------------------------------------------------------------- what a demo is not


async def test_without_a_demo_there_is_no_simulator(tmp_path: Path) -> None:
    async with opened(tmp_path) as office, office.admin() as caller:
        assert (await caller.call("POST", "/simulator/api/drill", json={})).status in (404, 405)
        answer = await caller.call("GET", "/simulator/api/customers")
        assert "items" not in answer.text  # the console's page, as for every address of its own
        assert (await caller.call("GET", "/simulator/static/main.js")).status == 404
        described = await caller.get("/openapi.json")
        assert not any("simulator" in path for path in described.json["paths"])


@pytest.mark.slow
def test_the_child_ends_with_its_parent(tmp_path: Path) -> None:
    """However the parent goes: its hub does not stay behind."""
    process = start(tmp_path / "data")
    try:
        said = read_greeting(process)
        lock = (tmp_path / "data" / "hub.lock").read_text()
        assert lock.strip() in said
    finally:
        process.kill()
        process.wait()
        if process.stdout is not None:
            process.stdout.close()
    end_by = time.monotonic() + 15
    while (tmp_path / "data" / "hub.lock").read_text().strip():
        assert time.monotonic() < end_by, "the hub lives on"
        time.sleep(0.05)
