"""Files up and down, and mail as it was designed: nothing a stranger sends runs anywhere."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest

from hub import clock, links
from hub.keys import Keys
from tests.hub.office import Office, opened

PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 100
MAIL = b"""From: Ann <ann@customer.example>
To: help@acme.example
Subject: Look
Message-ID: <1@customer.example>
Content-Type: text/html; charset=utf-8

<p onclick="x()">Hello <script>alert(1)</script><b>there</b></p>
<img src="https://tracker.example/pixel.gif">
"""
CONFIG = """
channels:
  - {name: mail, kind: email, settings: {address: help@acme.example, token: 0123456789abcdef0123}}
queues: [{name: general}]
agents: [{email: one@acme.example, name: One, queues: [general]}]
"""


@pytest.fixture
async def office(tmp_path: Path) -> AsyncIterator[Office]:
    async with opened(tmp_path, config=CONFIG) as found:
        yield found


async def test_a_file_goes_up_raw_or_as_a_form_and_comes_down_by_its_link(
    office: Office,
) -> None:
    async with office.person("one@acme.example") as one:
        raw = await one.call(
            "POST",
            "uploads",
            params={"name": "../a b.png"},
            data=PNG,
            headers={"Content-Type": "text/html"},
        )
        assert raw.status == 201, raw.text
        assert raw.json == {
            "id": raw.json["id"],
            "name": "a b.png",
            "type": "image/png",
            "size": len(PNG),
        }
        form = aiohttp.FormData()
        form.add_field("file", b"<html>hi", filename="گزارش.html", content_type="text/html")
        page = await one.call("POST", "uploads", data=form)
        assert page.json["name"] == "گزارش.html"
        turned = {"name": "می\u200cشود\u202egpj.exe"}
        shown = await one.call("POST", "uploads", params=turned, data=b"x")
        assert shown.json["name"] == "می\u200cشود[RLO]gpj.exe"
        assert page.json["size"] == 8
    async with office.caller() as anybody:
        link = links.attachment(office.hub.keys, raw.json["id"], "a b.png", clock.now())
        picture = await _get(office, link)
        assert picture.headers["Content-Type"] == "image/png"
        assert picture.headers["Content-Disposition"].startswith("inline")
        link = links.attachment(office.hub.keys, page.json["id"], "x", clock.now())
        html = await _get(office, link)
        assert html.headers["Content-Type"] == "application/octet-stream"
        assert html.headers["Content-Disposition"].startswith("attachment")
        assert "sandbox" in html.headers["Content-Security-Policy"]
        assert html.headers["X-Content-Type-Options"] == "nosniff"
        assert (await anybody.get(link + "x")).status == 403
        assert (await anybody.get(link.partition("?")[0])).status == 400


async def _get(office: Office, path: str) -> aiohttp.ClientResponse:
    async with aiohttp.ClientSession() as session, session.get(office.base + path) as response:
        assert response.status == 200
        assert "Set-Cookie" not in response.headers
        await response.read()
        return response


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"", {}, 400),
        (b"no boundary", {"Content-Type": "multipart/form-data"}, 400),
        (b"--x\r\nbroken", {"Content-Type": "multipart/form-data; boundary=x"}, 400),
        (
            b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n',
            {"Content-Type": "multipart/form-data; boundary=x"},
            400,
        ),
    ],
)
async def test_a_broken_upload_is_refused(
    office: Office, body: bytes, headers: dict[str, str], status: int
) -> None:
    async with office.person("one@acme.example") as one:
        answer = await one.call("POST", "uploads", data=body, headers=headers)
        assert answer.status == status, answer.text


async def test_a_file_over_the_cap_is_refused_while_reading(office: Office) -> None:
    async def endless() -> AsyncIterator[bytes]:
        for _ in range(200):
            yield b"x" * 1_000_000

    async with office.person("one@acme.example") as one:
        try:
            answer = await one.call("POST", "uploads", data=endless())
        except aiohttp.ClientError:
            return  # the hub closed the connection on us: refused as well
        assert answer.status == 413


async def test_mail_is_shown_without_anything_active(office: Office) -> None:
    assert await office.run("receive-mail", MAIL, channel="mail") == "stored"
    async with office.person("one@acme.example") as one:
        (matter,) = (await one.get("conversations")).json["items"]
        (entry,) = [
            item
            for item in (await one.get(f"conversations/{matter['id']}/entries")).json["items"]
            if item["kind"] == "message"
        ]
        assert entry["html"] is True
        page = await one.get(f"entries/{entry['id']}/html")
        assert page.headers["Content-Type"].startswith("text/html")
        assert "<b>there</b>" in page.text
        for word in ("script", "onclick", "tracker.example"):
            assert word not in page.text
        policy = page.headers["Content-Security-Policy"]
        assert "default-src 'none'" in policy
        assert "sandbox" in policy
        assert "allow-scripts" not in policy
        with_images = await one.get(f"entries/{entry['id']}/html", images="true")
        assert "tracker.example" in with_images.text
        detail = (await one.get(f"entries/{entry['id']}")).json
        assert "Hello" in detail["full_text"]
        assert (await one.post(f"entries/{entry['id']}/retry")).status == 409
        assert (await one.get("entries/999")).status == 404


def test_links_run_out_and_belong_to_one_file() -> None:
    keys = Keys(["k" * 40], b"r" * 32)
    now = clock.now()
    link = links.attachment(keys, 7, "a/b?.txt", now)
    assert link.startswith("/attachments/7/a_b%3F.txt?sig=")
    sig = link.partition("sig=")[2]
    assert links.holds(keys, 7, sig, now)
    assert links.holds(keys, 7, sig, now + 6 * 86_400_000_000)
    assert not links.holds(keys, 7, sig, now + 15 * 86_400_000_000)
    assert not links.holds(keys, 8, sig, now)
    for wrong in ("", ".", "zz.", "f" * 100, f"{'f' * 12}.{sig.partition('.')[2]}", "1.é"):
        assert not links.holds(keys, 7, wrong, now)
