"""The hub below a path of somebody else's host: everything that leaves it says so."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from hub import clock, links, serve, settings
from hub.app import Hub
from hub.console import DIST
from hub.mount import below
from tests.fakes import twilio
from tests.fakes.reverse_proxy import reverse_proxy
from tests.hub.office import Office

CONFIG = f"""
channels:
  - name: sms
    kind: sms_twilio
    settings: {{account_sid: {twilio.ACCOUNT}, auth_token: {twilio.TOKEN}, number: "+12025550123"}}
  - {{name: chat, kind: webchat, title: Chat, settings: {{title: Acme, origins: ["*"]}}}}
queues: [{{name: general}}]
agents: [{{email: one@acme.example, name: One, queues: [general]}}]
rules: [{{id: rest, when: {{}}, then: {{queue: general, mode: pull}}}}]
"""


@dataclass(slots=True)
class Placed:
    """A hub behind a proxy: ``url`` is what the world calls, ``http`` a browser of it."""

    hub: Hub
    office: Office
    url: str
    http: aiohttp.ClientSession

    async def get(self, path: str) -> aiohttp.ClientResponse:
        response = await self.http.get(self.url + path, allow_redirects=False)
        await response.read()
        return response

    async def sign_in(self) -> str:
        """By a one-time link; the CSRF token."""
        link: str = await self.office.run("user-link", email="one@acme.example")
        assert link.startswith(f"{self.url}/link/")
        path = f"{self.url}/api/v1/links/{link.rpartition('/')[2]}"
        async with self.http.post(path, json={"password": "quite a long one"}) as found:
            assert found.status == 200, await found.text()
            csrf: str = (await found.json())["csrf"]
            return csrf


@asynccontextmanager
async def placed(folder: Path, *, strip: bool) -> AsyncIterator[Placed]:
    async with reverse_proxy("/desk/hub", strip=strip) as proxy:
        given = {
            "HUB_DATA": str(folder / "data"), "HUB_LISTEN": "127.0.0.1:0",
            "HUB_PUBLIC_URL": f"{proxy.url}/", "HUB_PROXIES": "127.0.0.1",
        }  # fmt: skip
        async with serve.running(settings.load(None, given)) as (hub, address):
            proxy.target = address
            office = Office(hub, address)
            await office.run("apply", text=CONFIG)
            jar = aiohttp.CookieJar(unsafe=True)
            async with aiohttp.ClientSession(cookie_jar=jar) as session:
                yield Placed(hub, office, proxy.url, session)


@pytest.fixture(params=[True, False], ids=["stripped", "kept"])
async def hub(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Placed]:
    async with placed(tmp_path, strip=request.param) as found:
        yield found


async def test_the_console_finds_its_files_and_its_way(hub: Placed) -> None:
    if not (DIST / "index.html").is_file():
        pytest.skip("the console is not built: run make build")
    moved = await hub.get("?x=1")
    assert (moved.status, moved.headers.get("Location")) in (
        (308, "/desk/hub/?x=1"), (200, None),
    )  # fmt: skip
    for path in ("/", "/c/1", "/admin/rules", "/link/abc"):
        page = await hub.get(path)
        assert page.status == 200
        text = await page.text()
        assert '<meta name="hub-base" content="/desk/hub"' in text
        assert '"./' not in text
        names = [piece.partition('"')[0] for piece in text.split('="/desk/hub/assets/')[1:]]
        assert names
    for name in names:
        asset = await hub.get(f"/assets/{name}")
        assert asset.status == 200
        assert "immutable" in asset.headers["Cache-Control"]
    assert (await hub.get("/assets/none.js")).status == 404


async def test_a_session_lives_below_the_path_and_ends_there(hub: Placed) -> None:
    csrf = await hub.sign_in()
    (cookie,) = [one for one in hub.http.cookie_jar if one.key == "hub_session"]
    assert cookie["path"] == "/desk/hub"
    assert (await hub.get("/api/v1/me")).status == 200
    async with hub.http.ws_connect(f"{hub.url}/api/v1/live?since=0") as socket:
        frame: dict[str, Any] = await socket.receive_json()
        assert frame
    url = f"{hub.url}/api/v1/sign-out"
    async with hub.http.post(url, headers={"X-CSRF-Token": csrf}) as answer:
        assert answer.status == 204
    assert (await hub.get("/api/v1/me")).status == 401


async def test_a_page_of_another_site_on_the_same_host_may_not_sign_in(hub: Placed) -> None:
    origin = {"Origin": "https://elsewhere.example"}
    async with hub.http.post(f"{hub.url}/api/v1/sign-in", json={}, headers=origin) as answer:
        assert answer.status in (400, 403)


async def test_a_provider_signs_the_url_it_calls(hub: Placed) -> None:
    fields = twilio.sms("hello")
    headers, body = twilio.signed(f"{hub.url}/in/sms?x=1", fields)
    async with hub.http.post(f"{hub.url}/in/sms?x=1", data=body, headers=headers) as answer:
        assert answer.status == 200, await answer.text()
    headers, body = twilio.signed("http://127.0.0.1/in/sms", twilio.sms("again"))
    async with hub.http.post(f"{hub.url}/in/sms", data=body, headers=headers) as answer:
        assert answer.status == 401


async def test_visitors_and_the_files_they_get_come_below_the_path(hub: Placed) -> None:
    assert (await hub.get("/chat/chat")).status == 200
    script = await hub.get("/widget.js")
    assert script.status in (200, 404)  # 404: not built
    async with hub.http.ws_connect(f"{hub.url}/chat/chat") as socket:
        await socket.send_json({"type": "hello"})
        frame: dict[str, Any] = await socket.receive_json()
        assert frame
    link = links.attachment(hub.hub.keys, 1, "a.png", clock.now())
    assert link.startswith("/desk/hub/attachments/1/a.png?sig=")
    host = hub.url.removesuffix("/desk/hub")
    async with hub.http.get(host + link) as answer:
        assert answer.status == 404  # the link holds; there is no such file
    async with hub.http.get(host + link.replace("sig=", "sig=0")) as answer:
        assert answer.status in (403, 404)


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/hub/x?y", "/x?y"), ("/hub", ""), ("/hub?q", "?q"), ("/hubs/x", "/hubs/x"), ("/x", "/x")],
)
def test_a_prefix_is_taken_off_once(path: str, expected: str) -> None:
    assert below("/hub", path) == expected
    assert below("", path) == path
