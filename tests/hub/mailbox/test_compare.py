"""A mailbox beside the store: what would be fetched, and what differs once a day."""

from __future__ import annotations

import json
from typing import Any

from hub.mailboxes import text
from hub.mailboxes.reconcile import DAY, Reconciler
from tests.hub.mailbox.mailroom import (
    OLD,
    Mailroom,
    folders,
    letter,
    run,
    until_messages,
    until_read,
    until_recorded,
)
from tests.hub.running import Running


async def checked(hub: Running) -> dict[str, Any]:
    (one,) = await run(hub, "check", names=["mail"])
    return one


async def compared(hub: Running) -> dict[str, dict[str, Any]]:
    return {one["folder"]: one for one in await run(hub, "channel-compare", name="mail")}


async def test_check_says_how_many_mails_would_be_fetched(mailroom: Mailroom):
    mailroom.put(*(letter(at=OLD) for _ in range(5)), letter(at="01-Jan-2099 00:00:00 +0000"))
    async with mailroom.closed(history="30d", junk_folder="Junk", enabled="false") as hub:
        said = await checked(hub)
        assert said["ok"]
        assert said["backlog"] == [
            {"folder": "Junk", "new": 0, "history": 0, "left_out": 0},
            {"folder": "INBOX", "new": 0, "history": 1, "left_out": 5},
        ]
        assert text.check(said) == [
            "mail: ok",
            "  Junk: would fetch 0 new, 0 of history",
            "  INBOX: would fetch 0 new, 1 of history, 5 older ones left out",
        ]
        assert not any("BODY" in command for command in mailroom.server.commands)
    async with mailroom.closed(history="all", enabled="false") as hub:
        assert (await checked(hub))["backlog"][0]["history"] == 6
    async with mailroom.hub(history="all") as hub:
        await until_read(hub)
        assert (await checked(hub))["backlog"] == [
            {"folder": "INBOX", "new": 0, "history": 0, "left_out": 0}
        ]


async def test_check_of_a_mailbox_that_cannot_be_opened(mailroom: Mailroom):
    mailroom.server.takes = lambda _secret: False
    async with mailroom.closed() as hub:
        said = await checked(hub)
        assert (said["ok"], said["backlog"]) == (False, [])
        assert "AUTHENTICATIONFAILED" in said["words"]


async def test_what_differs_is_shown_and_what_is_missing_fetched(each_engine: Mailroom):
    each_engine.put(letter("left out", at=OLD))
    async with each_engine.hub() as hub:
        each_engine.put(*(letter(f"mail {n}") for n in range(5)))
        await until_messages(hub, 5)
        await until_recorded(hub, stored=5)
        assert (await compared(hub))["INBOX"] == {
            "folder": "INBOX",
            "on_server": 6,
            "missing": 0,
            "fetched": 0,
            "gone": 0,
            "left_out": 1,
        }
        del each_engine.server.inbox[3]
        await hub.write(_forget, 4)  # a row that was never written
        await hub.write(_lose, "mail 3")  # a mail that was never filed
        await hub.write(_lose_numbers, 5)
        found = (await compared(hub))["INBOX"]
        assert (found["missing"], found["fetched"], found["gone"]) == (2, 2, 1)
        rows = await until_messages(hub, 5)
        again = next(row for row in rows if row["text"] == "mail 3")
        assert "history" not in json.loads(again["data"])
        assert (await hub.ledger())["duplicate"] == 1  # the one that only lacked its row
        found = (await compared(hub))["INBOX"]
        assert (found["missing"], found["gone"]) == (0, 0)
        inbox = (await folders(hub))["INBOX"]
        assert (inbox["on_server"], inbox["left_out"]) == (5, 1)
        assert text.compared([found])[0].startswith("INBOX: 5 on the server, 1 of them older")


def _forget(tx: Any, uid: int) -> None:
    assert tx.run("DELETE FROM mailbox_mail WHERE uid = :uid", uid=uid)


def _lose_numbers(tx: Any, uid: int) -> None:
    assert tx.run("DELETE FROM mailbox_mail WHERE uid = :uid", uid=uid)


def _lose(tx: Any, subject: str) -> None:
    """As if it had never been filed."""
    entry = tx.one(
        "SELECT id, raw_event, conversation FROM timeline_entry WHERE subject = :s", s=subject
    )
    for table, column in (
        ("decision", "entry"),
        ("participant", "entry"),
    ):
        tx.run(f"DELETE FROM {table} WHERE {column} = :id", id=entry["id"])
    tx.run("DELETE FROM timeline_entry WHERE id = :id", id=entry["id"])
    tx.run("DELETE FROM raw_event WHERE id = :id", id=entry["raw_event"])


async def test_a_mailbox_is_compared_once_a_day(mailroom: Mailroom):
    async with mailroom.hub() as hub:
        mailroom.put(letter("one"))
        await until_messages(hub, 1)
        await hub.until(lambda: folders(hub))
        at = hub.hub.clock()
        reconciler = Reconciler(hub.hub.db, hub.hub.intake, hub.hub.channels, now=lambda: at)
        await reconciler.look()
        assert (await folders(hub))["INBOX"]["reconciled_at"] is None  # too soon
        for days, expected in ((1, at + DAY), (1.5, at + DAY), (2, at + 2 * DAY)):
            reconciler._now = lambda days=days: at + int(days * DAY)
            await reconciler.look()
            assert (await folders(hub))["INBOX"]["reconciled_at"] == expected


async def test_a_mailbox_that_is_being_renumbered_is_left_to_its_source(mailroom: Mailroom):
    async with mailroom.hub() as hub:
        mailroom.put(letter("one"))
        await until_messages(hub, 1)
        mailroom.server.anew()
        assert await compared(hub) == {}
        assert text.compared([]) == ["nothing was read yet"]


async def test_health_shows_how_far_a_mailbox_was_read(mailroom: Mailroom):
    mailroom.put(*(letter(f"old {n}", at=OLD) for n in range(3)))
    async with mailroom.hub(history="all") as hub, hub.office.admin() as admin:
        await until_read(hub)
        mailroom.put(letter("new"))
        await until_recorded(hub, history=3, stored=1)
        id = await hub.value("SELECT id FROM channel WHERE name = 'mail'")
        done = await admin.post(f"channels/{id}/mailbox/compare")
        assert (done.status, done.json["items"][0]["on_server"]) == (200, 4)
        assert await hub.value("SELECT subject FROM audit WHERE action = 'channel.compared'")
        shown = (await admin.get(f"channels/{id}/mailbox")).json
        (inbox,) = shown["folders"]
        assert shown["token"] is None
        assert (inbox["history"], inbox["stored"], inbox["history_left"]) == (3, 1, 0)
        assert inbox["reconciled_at"] is not None
        said = (await admin.post(f"channels/{id}/check")).json
        assert said["backlog"] == [{"folder": "INBOX", "new": 0, "history": 0, "left_out": 0}]
        assert (await admin.get("channels/999/mailbox")).status == 404
        async with hub.office.person("one@acme.example") as one:
            assert (await one.get(f"channels/{id}/mailbox")).status == 403
