"""Mailboxes and servers that mean no good: a clear word, nothing lost, the neighbours go on."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fakes.imap_servers import Mail, ScriptedImap, scripted
from tests.hub import office
from tests.hub.mailbox.mailroom import (
    OLD,
    Mailroom,
    config,
    letter,
    messages,
    until_messages,
    until_read,
)
from tests.hub.running import Running


def hostile() -> list[Mail]:
    """Mails as nobody should send them."""
    head = b"From: ann@customer.example\r\nSubject: hostile\r\n"
    nested = b"".join(
        b'Content-Type: multipart/mixed; boundary="b%d"\r\n\r\n--b%d\r\n' % (n, n)
        for n in range(1_000)
    )
    bombs = b"".join(
        b'--b\r\nContent-Disposition: attachment; filename="'
        + b"../" * 200
        + b'%d.zip"\r\n\r\nPK\r\n' % n
        for n in range(200)
    )
    return [
        Mail(head + b"".join(b"X-%d: y\r\n" % n for n in range(10_000)) + b"\r\nmany headers\r\n"),
        Mail(head + nested + b"deep\r\n"),
        Mail(head + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n' + bombs),
        Mail(head + b"\r\n" + b"nul\0" * 100 + bytes(range(256))),
        Mail(head + b'Content-Type: multipart/mixed; boundary="b"\r\n\r\n--b\r\n\r\nno end'),
        Mail(head + b"X-Long: " + b"x" * 3_000_000 + b"\r\n\r\nlong header\r\n"),
        Mail(b""),
        Mail(b"\r\n\r\n\r\n"),
        Mail(b"\xff\xfe\x00" * 1_000),
    ]


async def test_a_hostile_mailbox_is_filed_to_its_last_mail(each_engine: Mailroom):
    mails = hostile()
    for mail in mails:
        mail.at = OLD
    each_engine.put(*mails)
    async with each_engine.hub(history="all") as hub:
        await until_read(hub)
        each_engine.put(*hostile(), letter("and a good one"))

        async def is_there() -> bool:
            return bool([row for row in await messages(hub) if row["text"] == "and a good one"])

        await hub.until(is_there)
        counts = await hub.ledger()
        assert sum(counts.values()) == 1 + 2 * len(mails)
        assert counts.get("failed", 0) == 0


async def test_a_server_without_end_does_not_hold_up_its_neighbour(
    server: ScriptedImap, tmp_path: Path, sqlite_url: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("connectors.email.imap_session.MAX_FACTS", 10_000)
    async with scripted(chatter=lambda _: "* 1 FETCH (FLAGS ())\n" * 20_000) as endless:
        endless.greeting = "* OK " + "x" * 60_000
        endless.hangs.add("SELECT")
        good = config(server.port)
        bad = good.replace("name: mail", "name: endless").replace(
            str(server.port), str(endless.port)
        )
        start, end = bad.index("  - name: endless"), bad.index("queues:\n")
        text = good.replace("queues:", bad[start:end] + "queues:", 1)
        async with office.opened(tmp_path, sqlite_url, text) as opened:
            hub = Running(opened.hub, opened.base, opened, None)
            mailroom = Mailroom(server, tmp_path, sqlite_url)

            async def is_connected() -> bool:
                return bool(
                    await hub.value("SELECT source_cursor FROM channel WHERE name = 'mail'")
                )

            await hub.until(is_connected)
            mailroom.put(letter("hello"))
            rows = await until_messages(hub, 1)
            assert rows[0]["text"] == "hello"
            state = await hub.value("SELECT state FROM channel WHERE name = 'endless'")
            assert state in ("starting", "unavailable")


async def test_history_goes_on_after_a_restart_with_each_mail_once(
    mailroom: Mailroom, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr("connectors.email.imap_listing.WINDOW_MAILS", 20)
    monkeypatch.setattr("connectors.email.imap_place.BATCH_MAILS", 5)
    mailroom.put(*(letter(f"old {n}", at=OLD) for n in range(120)))
    seen = 0
    for upto in (1, 40, 120):
        async with mailroom.hub(history="all") as hub:
            rows = await until_messages(hub, max(upto, seen))
            seen = len(rows)
            if upto == 120:
                await until_read(hub)
                assert [row["text"] for row in rows] == [f"old {n}" for n in range(120)]
                assert (await hub.ledger())["stored"] == 120
