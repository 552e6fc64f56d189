"""The doctor: a hub that is well, one with everything wrong, and one that cannot be asked."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import pytest

from hub import clock, doctor, observe
from hub.cli import doctor as typed
from hub.doctor import inside, machine
from hub.doctor.words import SENTENCES
from storage import health
from tests.fakes.twilio import Failure
from tests.hub.office import settings_for
from tests.hub.running import message

if TYPE_CHECKING:
    from pathlib import Path

    from storage.db import Tx
    from tests.fakes.twilio import FakeTwilio
    from tests.hub.running import Running

HOUR = 3600_000_000


def by_name(found: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {one["name"]: one for one in reversed(found["items"])}  # the worst of each


async def test_a_hub_that_is_well(hub: Running) -> None:
    observe.BROKEN.clear()  # other hubs of this process had their own troubles
    observe.SWEPT.clear()
    await hub.sms("hello")
    found = await hub.office.run("doctor")
    names = by_name(found)
    assert found["ok"], found
    assert names["channel:sms"]["words"] == {"en": "sms answers.", "fa": "sms پاسخ می‌دهد."}
    assert names["ledger"]["words"]["en"].startswith("The ledger closes: 1 event came in")
    for name in ("disk", "key", "store", "clock", "leaving", "routed", "sweep"):
        assert names[name]["state"] == "ok", names[name]
    assert names["settings"]["state"] == "warn"  # only this machine can call it
    assert "HUB_PUBLIC_URL" in names["settings"]["todo"]["en"]


async def test_everything_wrong_is_said_with_what_to_do(hub: Running, twilio: FakeTwilio) -> None:
    hub.provider().mistakes.add("M-odd")
    await hub.loop(message("An odd one", id="M-odd"))
    await hub.loop(message("ask me"))
    twilio.account_status = "suspended"
    skewed = {"Date": formatdate(clock.now() / 1e6 - 900, usegmt=True)}
    twilio.failures.append(Failure(503, headers=skewed))
    await hub.write(_spoil, clock.now())
    commands = replace(hub.hub.commands(), settings=replace(
        hub.hub.settings, disk_reserve=10**18, public_url="http://hub.acme.example"))  # fmt: skip
    (hub.hub.settings.data / "key").chmod(0o644)
    found = by_name(await doctor.command(commands, {}, b""))
    assert {name for name, one in found.items() if one["state"] == "bad"} >= {
        "channel:sms", "clock", "disk", "key", "ledger", "leaving", "token:mail",
    }  # fmt: skip
    assert {name for name, one in found.items() if one["state"] == "warn"} >= {
        "settings", "signature:loop", "failed", "routed", "unknown:safe",
    }  # fmt: skip
    assert "differs by 15 minutes" in found["clock"]["words"]["en"]
    assert found["leaving"]["words"]["en"] == "1 part waits to leave by safe, for 3 hours."
    assert "hub channel authorize mail" in found["token:mail"]["todo"]["fa"]
    assert found["ledger"]["words"]["en"].endswith("differ from its rows in ignored.")
    assert all(
        one["todo"].keys() == {"en", "fa"} for one in found.values() if one["state"] == "bad"
    )


def _spoil(tx: Tx, now: int) -> None:
    """Two answers that have not left, lost access, a counter that nobody counted."""
    safe = tx.value("SELECT id FROM channel WHERE name = 'safe'")
    row = tx.one("SELECT id, conversation, identity FROM timeline_entry ORDER BY id LIMIT 1")
    assert row is not None
    for part, state, at in ((1, "deferred", now - 3 * HOUR), (2, "unknown", now)):
        tx.run(
            """
            INSERT INTO delivery (entry, conversation, channel, identity, part, parts, body, state,
              retry_at, created_at, updated_at)
            VALUES (:entry, :conversation, :safe, :identity, :part, 2, '{"to":[]}', :state,
              :later, :at, :at)
            """,
            entry=row["id"], conversation=row["conversation"], identity=row["identity"], safe=safe,
            part=part, state=state, later=now + HOUR, at=at,
        )  # fmt: skip
    tx.run("UPDATE work_item SET queued_at = :at", at=now - HOUR)
    tx.run("UPDATE channel SET signature_mode = 'off' WHERE name = 'loop'")
    tx.run(
        """
        INSERT INTO channel_token (channel, sealed, expires_at, trouble)
        SELECT id, '', :now, 'invalid_grant' FROM channel WHERE name = 'mail'
        """,
        now=now,
    )
    tx.run("INSERT INTO ledger_count (channel, state, n) VALUES (:safe, 'ignored', 1)", safe=safe)


def test_what_cannot_be_asked_is_looked_at_from_outside(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = replace(settings_for(tmp_path), database="postgresql://nobody@127.0.0.1:1/none")
    options = argparse.Namespace(json=False, language="en")
    assert typed._doctor(settings, options) == 1
    out = capsys.readouterr().out
    assert "BAD   The store cannot be written" in out
    assert "free at" in out
    options.json = True
    assert typed._doctor(settings, options) == 1
    assert json.loads(capsys.readouterr().out)["ok"] is False
    options.json, nowhere = False, settings_for(tmp_path / "nowhere")
    assert typed._doctor(nowhere, options) == 1
    assert "BAD   There is no store of a hub at" in capsys.readouterr().out
    assert not nowhere.data.exists()


def test_settings_of_a_hub_in_the_world(tmp_path: Path) -> None:
    given = replace(settings_for(tmp_path), public_url="https://hub.acme.example")
    (found,) = machine.settings(given)
    assert found.state == "warn"
    assert "limits.proxies" in found.todo["en"]
    assert machine.size(1_540_000_000) == "1.5 GB"


def test_the_rejected_may_be_fewer_than_counted() -> None:
    counted: Any = {"stored": 2, "rejected": 5_000, "failed": 0}
    assert inside.unequal(counted, {"stored": 2, "rejected": 1_000}) == []
    assert inside.unequal(counted, {"stored": 3, "rejected": 5_001}) == ["stored", "rejected"]


async def test_lag_is_by_the_providers_own_time(hub: Running) -> None:
    sent_at = "2026-01-05T10:00:00Z"
    await hub.loop(message("late", sent_at=sent_at))
    (loop,) = [one for one in await hub.read(health.of_channels) if one.name == "loop"]
    assert loop.lag is not None
    assert loop.lag > 30 * 24 * HOUR
    assert loop.counts == {"stored": 1}


def test_every_complaint_says_what_to_do_in_both_languages() -> None:
    todo = {key.removesuffix("_todo") for key in SENTENCES if key.endswith("_todo")}
    assert todo <= SENTENCES.keys()
    for key, sentence in SENTENCES.items():
        names = {"{" + part.partition("}")[0] + "}" for part in sentence.en.split("{")[1:]}
        assert all(name in sentence.fa for name in names), key
