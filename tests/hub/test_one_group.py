"""What is filed in one group of the writer sees what was filed before it, as if each were alone."""

from __future__ import annotations

import asyncio
import json
import threading
from datetime import UTC, datetime
from typing import Any

import pytest
from msgspec.structs import replace

from connectors.contract import Event, Raw
from hub import actions, filing, intake, messages
from hub.case import Case
from hub.patience import Patience
from hub.store import FINISHERS
from storage.db import Database
from tests.hub.running import Running, letter, message
from tests.storage.small import Gate

DAY = 24 * 3600 * 1_000_000


def _mail(hub: Running, text: str, id: str, now: int) -> tuple[Case, list[Event]]:
    channel = hub.hub.channels.get("mail")
    assert channel is not None
    assert channel.receiving is not None
    body = letter(text, id=id, in_reply_to="<one@c.example>").encode()
    raw = Raw("webhook", "", (("Content-Type", "message/rfc822"),), "", body)
    case = Case(
        channel=channel, desk=hub.hub.desk, raw=raw, now=now, mailboxes=hub.hub.channels.mailboxes
    )
    return case, list(channel.receiving.parse(raw))


async def test_history_does_not_join_what_moved_on_in_its_own_group(hub: Running) -> None:
    assert await hub.mail(letter("one", id="one@c.example")) == 200
    now = hub.hub.clock() + 4 * DAY
    new = _mail(hub, "now", "two@c.example", now)
    case, (event,) = _mail(hub, "older", "three@c.example", now)
    when = datetime.fromtimestamp((now - 2 * DAY) / 1e6, UTC)
    older: Any = replace(event, history=True, received_at=when)

    def both(tx: Any) -> None:
        filing.file_raw(tx, *new)
        filing.file_raw(tx, case, [older])

    await hub.write(both)
    rows = await hub.rows("SELECT DISTINCT conversation FROM timeline_entry WHERE kind = 'message'")
    assert len(rows) == 2


async def _rule_on_silence(hub: Running) -> None:
    rule = (
        "rules: [{id: silent, when: {field: contact.last_contact, gt: 1d}, then: {tags: [silent]},"
    )
    rule += " stop: false}, {id: rest, when: {}, then: {queue: general}}]"
    await hub.hub.commands().run("apply", {"text": rule}, b"")


async def test_a_rule_sees_that_somebody_wrote_a_moment_ago_in_its_own_group(
    hub: Running,
) -> None:
    await _rule_on_silence(hub)
    assert await hub.loop(message("first")) == 200
    now = hub.hub.clock() + 3 * DAY
    hub.hub.intake.now = lambda: now
    gate = Gate()
    kept = hub.hub.db.submit(gate)
    await asyncio.to_thread(gate.wait)
    two = [asyncio.create_task(hub.loop(message(text))) for text in ("second", "third")]

    async def wait_together() -> bool:
        return hub.hub.db.waiting == 3

    await hub.until(wait_together)
    gate.open()
    assert await asyncio.gather(*two) == [200, 200]
    await kept
    rows = await hub.rows("SELECT inputs FROM decision ORDER BY id")
    said = [json.loads(row["inputs"]).get("contact.last_contact") for row in rows]
    assert said == [None, 3 * DAY // 1_000_000, 0]


async def test_the_second_try_of_a_filing_is_given_up_in_time_too(
    hub: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its provider hangs up after a while and sends it again; nobody waits for a writer that
    hangs."""
    gate = Gate()

    def broken(*_given: Any) -> Any:
        raise KeyError("ours")

    def then_hangs(*given: Any) -> Any:
        hub.hub.db.submit(gate)
        return ledger_key(*given)

    ledger_key = intake.ledger_key
    monkeypatch.setattr(messages, "file_message", broken)
    monkeypatch.setattr(intake, "ledger_key", then_hangs)
    monkeypatch.setattr(hub.hub.intake, "_patience", Patience(0.3))
    try:
        async with asyncio.timeout(30):
            assert await hub.loop(message("one", id="ONE")) == 200  # it is in the spool
    finally:
        gate.open()

    async def failed() -> bool:
        return await hub.ledger() == {"failed": 1}

    monkeypatch.setattr(intake, "ledger_key", ledger_key)
    await hub.until(failed)


async def test_a_matter_that_another_process_closes_meanwhile_is_open_again(
    hub: Running, monkeypatch: pytest.MonkeyPatch, db_url: str
) -> None:
    if hub.hub.db.engine == "sqlite":
        pytest.skip("one process writes")
    assert await hub.loop(message("one")) == 200
    talk = await hub.conversation()
    other = await Database.open(db_url, finishers=FINISHERS)
    inside, go = threading.Event(), threading.Event()
    rule_on = messages.rule_on

    def slow(*given: Any) -> Any:
        found = rule_on(*given)
        inside.set()
        assert go.wait(4)
        return found

    monkeypatch.setattr(messages, "rule_on", slow)
    task = asyncio.create_task(hub.loop(message("two")))
    await asyncio.to_thread(inside.wait)
    await other.write(actions.resolve, talk.id, hub.author("one"), now=hub.hub.clock())
    go.set()
    assert await task == 200
    await other.close()
    assert await hub.value("SELECT status FROM conversation") == "open"


async def test_a_row_that_the_engine_refuses_fails_alone_out_of_the_spool(
    hub: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    entry_of = messages.entry_of

    def bad(*given: Any, **more: Any) -> Any:
        entry = entry_of(*given, **more)
        return replace(entry, provider_time=2**70) if "bad" in entry.text else entry

    monkeypatch.setattr(messages, "entry_of", bad)
    channel = hub.hub.channels.get("loop")
    assert channel is not None
    body = json.dumps([message("good", id="G"), message("bad", id="B")]).encode()
    await hub.hub.spool.put(channel, Raw("webhook", "", (("X-Loopback", "yes"),), "", body))

    async def filed() -> bool:
        return await hub.ledger() == {"stored": 1, "failed": 1}

    await hub.until(filed)
