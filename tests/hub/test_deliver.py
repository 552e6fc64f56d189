"""Delivery: order, retries, what is never sent twice, and what a receipt may do."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from connectors.contract import (
    OutcomeUnknown,
    RecipientRefused,
    Rejected,
    Unauthorized,
    Unavailable,
)
from hub import deliver
from hub.compose import Refused
from storage import deliveries, receipts
from storage.errors import StoreUnavailable
from tests.fakes.twilio import Failure, status
from tests.hub.running import CUSTOMER, letter, message, receipt

if TYPE_CHECKING:
    from tests.fakes.twilio import FakeTwilio
    from tests.hub.running import Running


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries again at once."""
    monkeypatch.setattr(deliver, "FIRST_RETRY", 0.02)
    monkeypatch.setattr(deliver, "RETRY", 0.02)


@pytest.fixture
async def talk(hub: Running) -> int:
    """A conversation on the loopback channel."""
    assert await hub.loop(message("hello")) == 200
    return (await hub.conversation()).id


async def _state(hub: Running, entry: int) -> list[tuple[str, str]]:
    rows = await hub.read(deliveries.of_entry, entry)
    return [(row["state"], row["code"]) for row in rows]


async def test_an_answer_leaves_by_twilio_and_its_receipts_come_back(
    hub: Running, twilio: FakeTwilio
) -> None:
    await hub.sms("hello")
    entry = await hub.reply((await hub.conversation()).id, "hi, how can I help?")
    await hub.until_delivered(entry, "sent")
    (sent,) = twilio.sent
    assert sent["To"] == CUSTOMER
    assert sent["Body"] == "hi, how can I help?"
    assert await hub.form(status(sent["Sid"], "delivered")) == 200
    await hub.until_delivered(entry, "delivered")


async def test_parts_leave_in_order_and_conversations_do_not_wait_for_each_other(
    hub: Running, talk: int
) -> None:
    provider = hub.provider()
    provider.refusals[f"tel:{CUSTOMER}"] = Unavailable("busy")
    first = await hub.reply(talk, "one " * 60)  # three parts
    second = await hub.reply(talk, "two")
    await hub.loop(message("hello", sender="tel:+12025550111"))
    other = (await hub.conversations())[-1]
    third = await hub.reply(other.id, "three")
    await hub.until_delivered(third, "sent")
    provider.refusals.clear()
    await hub.until_delivered(first, "sent", "sent", "sent")
    await hub.until_delivered(second, "sent")
    mine = [part.text for part in provider.sent if part.to[0].uri == f"tel:{CUSTOMER}"]
    assert "".join(mine[:3]).replace(" ", "") == "one" * 60
    assert mine[3] == "two"
    ids = [part.delivery_id for part in provider.sent if part.to[0].uri == f"tel:{CUSTOMER}"]
    assert ids == sorted(ids)


async def test_unavailable_is_deferred_and_then_sent_once(hub: Running, talk: int) -> None:
    provider = hub.provider()
    provider.outcomes.extend([Unavailable("busy"), Unavailable("still busy")])
    entry = await hub.reply(talk, "hi")
    (row,) = await hub.until_delivered(entry, "sent")
    assert row["attempts"] == 3
    assert provider.texts == ["hi"]


async def test_a_deferred_part_says_when_it_is_tried_again(
    hub: Running, talk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "FIRST_RETRY", 300.0)
    hub.provider().outcomes.append(Unavailable("busy"))
    entry = await hub.reply(talk, "hi")
    (row,) = await hub.until_delivered(entry, "deferred")
    assert row["retry_at"] - row["updated_at"] >= 150_000_000
    assert row["words"] == "busy"
    (view,) = [one for one in await hub.entries(talk) if one.id == entry]
    assert view.delivery is not None
    assert (view.delivery.state, view.delivery.retry_at is not None) == ("deferred", True)


async def test_retry_after_holds_for_the_whole_channel(hub: Running, talk: int) -> None:
    provider = hub.provider()
    wait = timedelta(seconds=0.3)
    provider.outcomes.append(Unavailable("slow down", retry_after=wait))
    entry = await hub.reply(talk, "hi")
    (row,) = await hub.until_delivered(entry, "deferred")
    began = asyncio.get_running_loop().time()
    await hub.loop(message("hello", sender="tel:+12025550111"))
    other = await hub.reply((await hub.conversations())[-1].id, "you too")
    await hub.until_delivered(other, "sent")
    assert asyncio.get_running_loop().time() - began > 0.2
    assert row["retry_at"] - row["updated_at"] >= 300_000
    await hub.until_delivered(entry, "sent")


async def test_twilios_429_is_waited_for(hub: Running, twilio: FakeTwilio) -> None:
    await hub.sms("hello")
    twilio.failures.append(Failure(status=429, code=20429, headers={"Retry-After": "1"}))
    entry = await hub.reply((await hub.conversation()).id, "hi")
    (row,) = await hub.until_delivered(entry, "deferred")
    assert row["retry_at"] - row["updated_at"] >= 1_000_000
    await hub.until_delivered(entry, "sent")
    assert len(twilio.sent) == 1


async def test_21610_fails_the_part_and_is_consent(hub: Running, twilio: FakeTwilio) -> None:
    await hub.sms("hello")
    found = await hub.conversation()
    twilio.opted_out.add(CUSTOMER)
    entry = await hub.reply(found.id, "hi")
    (row,) = await hub.until_delivered(entry, "failed")
    assert row["code"] == "21610"
    with pytest.raises(Refused, match="opted out"):
        await hub.reply(found.id, "again")


async def test_a_refused_part_stops_the_later_ones(hub: Running, talk: int) -> None:
    provider = hub.provider()
    provider.outcomes.append(Rejected("not these words", code="30007"))
    entry = await hub.reply(talk, "one " * 60)
    await hub.until_delivered(entry, "failed", "stopped", "stopped")
    assert provider.sent == []
    second = await hub.reply(talk, "shorter")  # what comes after is not held up by it
    await hub.until_delivered(second, "sent")


async def test_a_receipt_that_fails_a_part_stops_the_later_ones(hub: Running, talk: int) -> None:
    provider = hub.provider()
    entry = await hub.reply(talk, "one " * 60)

    async def first_is_out() -> bool:
        rows = await hub.read(deliveries.of_entry, entry)
        return bool(rows[0]["state"] == "sent")

    provider.outcomes.extend([])
    await hub.until(first_is_out)
    await hub.loop(receipt("OUT1", "failed", code="30005", words="no such phone"))

    async def settled() -> bool:
        states = [state for state, _ in await _state(hub, entry)]
        return states[0] == "failed" and not {"queued", "sending"} & set(states)

    await hub.until(settled)


async def test_an_unknown_outcome_is_never_sent_again(
    hub: Running, talk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "IDLE", 0.01)
    provider = hub.provider()
    provider.outcomes.append(OutcomeUnknown("the line broke"))
    entry = await hub.reply(talk, "pay now")
    (row,) = await hub.until_delivered(entry, "unknown")
    assert row["words"] == "the line broke"
    second = await hub.reply(talk, "more")
    await hub.until_delivered(second, "sent")
    assert provider.texts == ["more"]
    assert await hub.write(deliveries.retry, entry, now=hub.hub.clock()) == 1  # a person decides
    await hub.until_delivered(entry, "sent")
    assert provider.texts == ["more", "pay now"]


async def test_a_connector_that_breaks_costs_one_part(hub: Running, talk: int) -> None:
    provider = hub.provider()
    provider.outcomes.append(ZeroDivisionError("a mistake"))
    entry = await hub.reply(talk, "hi")
    await hub.until_delivered(entry, "unknown")
    second = await hub.reply(talk, "more")
    await hub.until_delivered(second, "sent")


async def test_wrong_credentials_wait_for_the_admin(hub: Running, talk: int) -> None:
    hub.provider().outcomes.append(Unauthorized("wrong token"))
    entry = await hub.reply(talk, "hi")
    (row,) = await hub.until_delivered(entry, "deferred")
    assert row["retry_at"] > hub.hub.clock() + 200_000_000


async def test_a_person_may_send_again_what_failed(hub: Running, talk: int) -> None:
    provider = hub.provider()
    provider.outcomes.append(RecipientRefused("no such number", code="21211"))
    entry = await hub.reply(talk, "one " * 60)
    await hub.until_delivered(entry, "failed", "stopped", "stopped")
    assert await hub.write(deliveries.retry, entry, now=hub.hub.clock()) == 3
    await hub.until_delivered(entry, "sent", "sent", "sent")
    assert await hub.write(deliveries.retry, entry, now=hub.hub.clock()) == 0
    assert len(provider.sent) == 3


async def test_orphans_of_a_crash_are_unknown_or_again(hub: Running) -> None:
    entries = {}
    for name in ("loop", "safe"):
        await hub.loop(message("hello", sender=f"tel:+1202555011{len(entries)}"), channel=name)
        found = (await hub.conversations())[-1]
        provider = hub.provider(name)
        provider.gate.clear()
        entries[name] = await hub.reply(found.id, "hi")
        await hub.until_delivered(entries[name], "sending")
    (lanes,) = [task for task in asyncio.all_tasks() if task.get_name() == "deliverer"]
    lanes.cancel()
    await asyncio.wait([lanes])
    assert await _state(hub, entries["loop"]) == [("sending", "")]  # as after a crash
    for name in entries:
        hub.provider(name).gate.set()
    again = asyncio.create_task(hub.hub.deliverer.run())
    await hub.until_delivered(entries["loop"], "unknown")
    await hub.until_delivered(entries["safe"], "sent")
    assert hub.provider("loop").texts == []
    assert hub.provider("safe").texts == ["hi"]
    again.cancel()
    await asyncio.wait([again])


async def test_an_outcome_is_written_down_when_the_store_can_again(
    hub: Running, talk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent, tries = receipts.sent, 0

    def full(*args: Any, **kwargs: Any) -> None:
        nonlocal tries
        tries += 1
        if tries < 4:
            raise StoreUnavailable("disk full")
        sent(*args, **kwargs)

    monkeypatch.setattr(receipts, "sent", full)
    entry = await hub.reply(talk, "hi")
    await hub.until_delivered(entry, "sent")
    assert hub.provider().texts == ["hi"]
    assert tries == 4


async def test_a_store_that_cannot_be_read_makes_nothing_unknown(
    hub: Running, talk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    outbound, tries = deliver.Deliverer._outbound, 0

    async def busy(*args: Any) -> Any:
        nonlocal tries
        tries += 1
        if tries < 3:
            raise StoreUnavailable("busy")
        return await outbound(*args)

    monkeypatch.setattr(deliver.Deliverer, "_outbound", busy)
    entry = await hub.reply(talk, "hi")
    await hub.until_delivered(entry, "sent")
    assert hub.provider().texts == ["hi"]


async def test_it_gives_up_in_the_end(hub: Running, talk: int) -> None:
    hub.provider().outcomes.append(Unavailable("busy"))
    start = hub.hub.clock()
    hub.hub.deliverer.now = lambda: start + deliver.GIVE_UP + 60_000_000
    entry = await hub.reply(talk, "hi")
    (row,) = await hub.until_delivered(entry, "failed")
    assert row["code"] == "gave_up"


async def test_a_lane_sleeps_until_its_own_next_part(
    hub: Running, talk: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "FIRST_RETRY", 300.0)
    hub.provider().outcomes.append(Unavailable("busy"))
    first = await hub.reply(talk, "one")
    (row,) = await hub.until_delivered(first, "deferred")
    await hub.reply(talk, "two")  # waits behind it, and wakes nobody
    for channel in hub.hub.channels:
        due = await hub.read(deliveries.next_due, channel.id)
        assert due == (row["retry_at"] if channel.name == "loop" else None)


async def test_a_mails_parts_are_threaded(hub: Running) -> None:
    """What a reply fixes before the first try: Message-ID, In-Reply-To, References."""
    await hub.mail(letter("one", id="a@customer.example"))
    found = await hub.conversation()
    first = await hub.reply(found.id, "two", key="k")
    (row,) = await hub.read(deliveries.of_entry, first)
    body = deliveries.body(row)
    assert body.in_reply_to == "a@customer.example"
    assert body.references == ["a@customer.example"]
    assert body.message_id
    assert body.subject == f"Re: Question [{found.code}]"
    await hub.mail(letter("three", id="b@customer.example", in_reply_to=f"<{body.message_id}>"))
    second = await hub.reply(found.id, "four")
    (row,) = await hub.read(deliveries.of_entry, second)
    references = deliveries.body(row).references
    assert references == ["a@customer.example", body.message_id, "b@customer.example"]


async def test_another_channel_does_not_wait_for_one_that_is_down(hub: Running, talk: int) -> None:
    provider = hub.provider()
    provider.refusals[f"tel:{CUSTOMER}"] = Unavailable("down")
    first = await hub.reply(talk, "one")
    other = hub.hub.channels.get("safe")
    second = await hub.reply(talk, "then this way", channel=other)
    await hub.until_delivered(second, "sent")
    assert hub.provider("safe").texts == ["then this way"]
    assert [state for state, _ in await _state(hub, first)] != ["sent"]
