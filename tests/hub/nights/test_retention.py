"""Retention: what is old goes, what may be needed stays, and the counts say so."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from hub.nights.pin import pinned
from storage import attachments, claims_said, contacts, events
from tests.hub.nights.held import CONFIG, running
from tests.hub.running import Running, message

if TYPE_CHECKING:
    from storage.db import Tx

DAY = 86_400 * 1_000_000
PICTURE = bytes(range(256)) * 600  # 150 kB: the mail is a blob
MAIL = (
    "From: Ann <ann@customer.example>\r\nTo: help@acme.example\r\nSubject: Files\r\n"
    "Message-ID: <one@customer.example>\r\nMIME-Version: 1.0\r\n"
    'Content-Type: multipart/mixed; boundary="b"\r\n\r\n'
    "--b\r\nContent-Type: text/plain\r\n\r\nsee there\r\n"
    '--b\r\nContent-Type: image/png\r\nContent-Disposition: attachment; filename="a.png"\r\n'
    "Content-Transfer-Encoding: base64\r\n\r\n"
    f"{base64.encodebytes(PICTURE).decode()}\r\n--b--\r\n"
)


async def _raws(hub: Running) -> dict[str, tuple[bool, str | None, str, str]]:
    """State of the first event -> (has a body, blob, headers, url), by request."""
    rows = await hub.rows(
        """
        SELECT e.state, e.provider_id, r.body, r.blob, r.headers, r.url FROM raw_request r
        JOIN raw_event e ON e.request = r.id ORDER BY e.id
        """
    )
    return {
        row["provider_id"]: (row["body"] is not None, row["blob"], row["headers"], row["url"])
        for row in rows
    }


def _ahead(hub: Running, days: int) -> None:
    """The job believes that it is so many days later."""
    job = hub.hub.retention
    job.pause = 0.0
    job.now = lambda: hub.hub.clock() + days * DAY


async def test_what_is_old_goes_and_what_may_be_needed_stays(
    kinds: None, tmp_path: Path, db_url: str
) -> None:
    async with running(tmp_path, db_url, CONFIG) as hub:
        hub.provider().mistakes.add("bad")
        assert (await hub.post("loop?token=abc", *_loop(message("hello", id="M1"))))[0] == 200
        await hub.loop(message("x" * 100_000, id="M2"))
        await hub.loop(message("unread", id="bad"))
        assert await hub.mail(MAIL) == 200
        entry = await hub.reply((await hub.conversations())[0].id, "an answer")
        await hub.until_delivered(entry, "sent")
        await hub.until(lambda: hub.value("SELECT COUNT(*) FROM exchange"))
        ledger, seq = await hub.ledger(), await hub.read(events.last_seq)
        file = await _file(hub)
        assert file["blob"] is None
        blobs = await hub.value("SELECT COUNT(*) FROM blob")
        assert blobs == 2
        await _put_up_twice_and_send_one(hub)
        await hub.write(_code_sent, hub.hub.clock())

        _ahead(hub, 6)
        assert not any((await hub.hub.retention.once()).values())
        _ahead(hub, 29)
        found = await hub.hub.retention.once()
        assert {what: n for what, n in found.items() if n} == {"exchanges": 1, "codes": 1}

        _ahead(hub, 91)
        found = await hub.hub.retention.once()
        assert found["raw"] == 3
        assert found["uploads"] == 1
        assert found["events"] > 5
        assert await hub.ledger() == ledger
        raws = await _raws(hub)
        assert raws["M1"] == (False, None, "[]", hub.hub.settings.public_url + "/in/loop")
        assert raws["M2"][:3] == (False, None, "[]")
        (failed,) = [raw for id, raw in raws.items() if id not in ("M1", "M2") and raw[0]]
        assert failed[2] != "[]"
        assert len(await hub.entries((await hub.conversations())[0].id)) >= 2  # the timeline stays
        assert await hub.read(events.last_seq) >= seq  # numbers go on

        again = await _file(hub)
        assert again["blob"] is not None
        assert await hub.hub.media.content(again) == PICTURE
        assert await hub.value("SELECT COUNT(*) FROM blob") == 2  # the picture's, and what was sent
        assert len(list((hub.hub.settings.data / "blobs").glob("??/*"))) == 2
        await _shown(hub)

        hub.provider().mistakes.clear()
        async with hub.office.admin() as admin:
            failures = (await admin.get("raw-events", state="failed")).json["items"]
            for one in failures:
                assert (await admin.post(f"raw-events/{one['id']}/replay")).status < 300
        assert (await hub.hub.retention.once())["raw"] == 1
        assert not any(raw[0] for raw in (await _raws(hub)).values())
        assert await hub.value("SELECT COUNT(*) FROM retention_held") == 0
        assert not any((await hub.hub.retention.once()).values())


async def _put_up_twice_and_send_one(hub: Running) -> None:
    async with hub.office.person("one@acme.example") as one:
        sent, _ = [
            (await one.call("POST", "uploads", params={"name": "a.txt"}, data=words)).json["id"]
            for words in (b"sent", b"never sent")
        ]
        entry = await hub.value("SELECT MAX(id) FROM timeline_entry")
        by = f"user:{hub.agents['one'].user}"
        await hub.write(attachments.claim_uploads, entry, [sent], by=by)


def _code_sent(tx: Tx, now: int) -> None:
    entry = tx.one("SELECT id, contact, conversation, channel FROM timeline_entry ORDER BY id")
    assert entry is not None
    where = (entry["contact"], entry["conversation"], entry["id"])
    contacts.claim(tx, *where, {"email": "ann@elsewhere.example"}, source="chat", now=now)
    claim = tx.value("SELECT id FROM claim")
    claims_said.begin(
        tx,
        claim,
        "mailto:ann@elsewhere.example",
        entry["channel"],
        code_hash="x",
        by="user:1",
        expires_at=now + 1,
        now=now,
    )


def _loop(event: dict[str, Any]) -> tuple[bytes, dict[str, str]]:
    return json.dumps([event]).encode(), {"X-Loopback": "yes"}


async def _file(hub: Running) -> Any:
    id = await hub.value("SELECT id FROM attachment WHERE name = 'a.png'")
    return await hub.read(attachments.get, id)


async def _shown(hub: Running) -> None:
    """The API and the command say what went, and what did not."""
    async with hub.office.admin() as admin:
        shown = (await admin.get("retention")).json
        assert (await admin.get("hold")).json == {
            "hold": False, "why": "", "since": None, "made_at": None, "waiting": 0,
        }  # fmt: skip
    assert shown["keep"] == {"raw": "90d", "events": "30d", "exchanges": "7d"}
    removed = {one["what"]: (one["n"], one["last_n"]) for one in shown["removed"]}
    assert removed["raw"] == (3, 3)
    assert removed["files"] == (1, 1)
    assert removed["blobs"] == (3, 3)
    assert removed["strays"] == (3, 3)
    assert removed["exchanges"] == (1, 1)
    assert shown["held"] == [{"reason": "failed", "n": 1}]
    typed = await hub.office.run("retention")
    assert {one["what"]: (one["n"], one["last_n"]) for one in typed["removed"]} == removed


async def test_a_body_stays_while_its_files_cannot_be_copied_out(
    kinds: None, tmp_path: Path, db_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with running(tmp_path, db_url, CONFIG) as hub:
        assert await hub.mail(MAIL) == 200
        _ahead(hub, 91)
        with monkeypatch.context() as patch:
            patch.setattr(hub.hub.channels, "_by_id", {})  # its channel is closed
            assert (await hub.hub.retention.once())["raw"] == 0
        assert (await hub.hub.retention.once())["raw"] == 1
        assert await hub.hub.media.content(await _file(hub)) == PICTURE


async def test_files_that_a_backup_reads_are_not_swept_away(
    kinds: None, tmp_path: Path, sqlite_url: str
) -> None:
    async with running(tmp_path, sqlite_url, CONFIG) as hub:
        await hub.loop(message("x" * 100_000, id="M1"))
        _ahead(hub, 91)
        with pinned(hub.hub.settings.data):
            assert (await hub.hub.retention.once())["strays"] == 0
        hub.hub.retention._swept = 0
        assert (await hub.hub.retention.once())["strays"] == 1
