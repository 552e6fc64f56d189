"""Health as the console asks for it: every channel, what waits, the ledger recounted, the doctor."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.hub.running import message

if TYPE_CHECKING:
    from storage.db import Tx
    from tests.hub.running import Running


async def test_health_is_for_those_who_may_see_the_ledger(hub: Running) -> None:
    await hub.office.run("user-add", email="sue@acme.example", role="supervisor")
    hub.provider().mistakes.add("M-odd")
    await hub.loop(message("An odd one", id="M-odd"))
    await hub.loop(message("ask me"))
    assert (await hub.post("loop", b"[]", {}, query="?token=secret-of-ours"))[0] == 401
    await hub.write(_hide, hub.queue("asked"))
    await hub.hub.reconfigure()
    async with (
        hub.office.person("one@acme.example") as one,
        hub.office.person("sue@acme.example") as sue,
        hub.office.admin() as admin,
    ):
        for path in ("health", "ledger/recount"):
            assert (await one.get(path)).status == 403
        assert (await sue.post("doctor")).status == 403
        found = (await admin.get("health")).json
        loop = next(item for item in found["channels"] if item["name"] == "loop")
        assert (loop["state"], loop["signature_mode"]) == ("connected", "enforce")
        assert loop["counts"] == {"stored": 1, "failed": 1, "rejected": 1}
        assert (loop["received"], loop["undelivered"], loop["unsigned"] >= 1) == (3, 0, True)
        mail = next(item for item in found["channels"] if item["name"] == "mail")
        assert mail["token_expires_at"].startswith("2030-")
        assert mail["token_trouble"] == "invalid_grant"
        assert found["received"] == sum(found["counts"].values()) == 3
        assert (found["waiting"]["n"], found["waiting"]["queue"]) == (1, "asked")
        # whoever does not see the queue hears that there is something, and not where
        assert (await sue.get("health")).json["waiting"]["queue"] == ""
        counted = (await sue.get("ledger/recount")).json
        assert (counted["closes"], counted["differs"], counted["received"]) == (True, [], 3)
        assert (await admin.post("doctor")).json["ok"] is False
        rejected = (await sue.get("raw-events", state="rejected")).json["items"][0]
        assert rejected["reason"] == "X-Loopback: missing"
        assert rejected["url"].endswith("/in/loop?token=****")
        await hub.write(_lose)
        counted = (await sue.get("ledger/recount")).json
        assert (counted["closes"], counted["differs"]) == (False, ["stored"])


def _hide(tx: Tx, queue: int) -> None:
    """The queue is its members' alone; a mailbox's access ran into trouble."""
    tx.run("UPDATE queue SET visible_to = 'members' WHERE id = :q", q=queue)
    tx.run(
        """
        INSERT INTO channel_token (channel, sealed, expires_at, trouble)
        SELECT id, '', 1900000000000000, 'invalid_grant' FROM channel WHERE name = 'mail'
        """
    )


def _lose(tx: Tx) -> None:
    """A row goes that nothing should have taken."""
    tx.run("DELETE FROM raw_event WHERE state = 'stored'")
