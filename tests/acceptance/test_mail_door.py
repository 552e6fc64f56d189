"""Mail from outside: what came in can be read again, files and all."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from hub.control import CommandRefused
from tests.hub import office
from tests.hub.office import Office

PNG = b"\x89PNG\r\n\x1a\n" + bytes(100)
LETTER = (
    b"From: Ann <ann@customer.example>\r\nTo: help@acme.example\r\nSubject: Files\r\n"
    b"Message-ID: <files@customer.example>\r\nMIME-Version: 1.0\r\n"
    b"Content-Type: multipart/mixed; boundary=b\r\n\r\n"
    b"--b\r\nContent-Type: text/plain\r\n\r\nTwo files.\r\n"
    b'--b\r\nContent-Type: image/png; name="a.png"\r\nContent-Transfer-Encoding: base64\r\n'
    b"Content-Disposition: attachment\r\n\r\n" + base64.b64encode(PNG) + b"\r\n"
    b'--b\r\nContent-Type: text/html; name="page.html"\r\n'
    b"Content-Disposition: attachment\r\n\r\n<script>alert(1)</script>\r\n--b--\r\n"
)
CONFIG = (
    office.CONFIG.rstrip()
    .replace(
        "queues:",
        "  - {name: mail, kind: email, settings: {address: help@acme.example, token: a-token}}\n"
        "queues:",
        1,
    )
    .strip()
)


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Office]:
    async with office.opened(tmp_path, config=CONFIG) as found:
        yield found


async def _files(hub: Office) -> list[dict[str, Any]]:
    async with hub.admin() as admin:
        found = await admin.get("contacts", identity="mailto:ann@customer.example")
        contact = found.json["items"][0]["id"]
        line = await admin.get(f"contacts/{contact}/timeline")
        files: list[dict[str, Any]] = line.json["items"][0]["attachments"]
        return files


async def test_files_of_a_mail_come_down_by_their_links(hub: Office) -> None:
    await hub.run("receive-mail", LETTER, channel="mail")
    picture, page = await _files(hub)
    async with hub.caller() as anybody, anybody.session.get(hub.base + picture["url"]) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "image/png"
        assert await answer.read() == PNG
    async with hub.caller() as anybody, anybody.session.get(hub.base + page["url"]) as answer:
        assert answer.status == 200
        assert answer.headers["Content-Type"] == "application/octet-stream"
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert await answer.read() == b"<script>alert(1)</script>"


async def test_a_large_mail_whose_blob_is_gone_says_so(hub: Office) -> None:
    padded = LETTER.replace(b"Two files.", b"Two files. " + b"more words " * 10_000)
    await hub.run("receive-mail", padded, channel="mail")
    picture, _ = await _files(hub)
    for path in (hub.hub.settings.data / "blobs").rglob("*"):
        if path.is_file():
            path.unlink()
    async with hub.caller() as anybody:
        answer = await anybody.get(picture["url"])
        assert answer.status == 404
        assert "missing" in answer.json["detail"]


async def test_a_channel_that_takes_no_mail_refuses_it(hub: Office) -> None:
    with pytest.raises(CommandRefused, match="takes no mail"):
        await hub.run("receive-mail", LETTER, channel="sms")
    async with hub.admin() as admin:
        assert set((await admin.get("ledger")).json.values()) == {0}
