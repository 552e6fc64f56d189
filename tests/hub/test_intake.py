"""Intake: what becomes of what came in, on the timeline, in the ledger and in the queue."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from connectors.contract import Raw, Uri
from hub import actions, messages
from hub.compose import Refused
from storage import contacts, links, raw_events, tracking_code, views
from tests.hub.running import ALL, CUSTOMER, SECOND, letter, message, receipt

if TYPE_CHECKING:
    from storage.contacts import Who
    from tests.hub.running import Running

DAY = 24 * 3600 * SECOND


async def test_a_message_is_filed_ruled_and_queued(hub: Running) -> None:
    await hub.sms("hello there")
    found = await hub.conversation()
    assert found.status == "open"
    assert found.queue is not None
    assert found.queue.name == "general"
    assert found.address == f"tel:{CUSTOMER}"
    assert found.work_item is not None
    assert found.work_item.state == "queued"
    assert found.waiting_since == found.created_at
    assert await hub.ledger() == {"stored": 1}


async def test_the_same_event_twice_is_one_entry(hub: Running) -> None:
    fields = await hub.sms("hello")
    assert await hub.form(fields) == 200
    found = await hub.conversation()
    assert len(await hub.entries(found.id)) == 1
    assert await hub.ledger() == {"stored": 1, "duplicate": 1}
    rows = await hub.rows("SELECT body FROM raw_request ORDER BY id")
    assert [row["body"] is None for row in rows] == [False, True]  # no body is kept twice


async def test_a_body_over_64_kb_is_a_blob(hub: Running) -> None:
    text = "long " * 20_000
    assert await hub.loop(message(text)) == 200
    (row,) = await hub.rows("SELECT body, blob FROM raw_request")
    assert row["body"] is None
    assert len(await hub.hub.blobs.read(row["blob"])) > 64 * 1024
    found = await hub.conversation()
    (entry,) = await hub.entries(found.id)
    assert entry.text == text.strip() or entry.text == text


# ---------------------------------------------------------------- failed, and again


class Mistake(Exception):
    """What filing stumbles on."""


@pytest.fixture
def stumble(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Senders on whom filing raises, until they are taken out of the set."""
    senders: set[str] = set()
    resolve = messages.contacts.resolve

    def stumbling(tx: Any, uri: Uri, *args: Any, **kwargs: Any) -> Who:
        if uri in senders:
            raise Mistake("it broke")
        return resolve(tx, uri, *args, **kwargs)

    monkeypatch.setattr(messages.contacts, "resolve", stumbling)
    return senders


async def _failed(hub: Running) -> int:
    (row,) = await hub.read(raw_events.page, channel=None, state="failed", before=None, limit=10)
    return int(row["id"])


async def test_what_cannot_be_filed_is_kept_and_replayed(hub: Running, stumble: set[str]) -> None:
    stumble.add(f"tel:{CUSTOMER}")
    await hub.sms("hello")
    assert await hub.ledger() == {"failed": 1}
    assert await hub.conversations() == []
    event = await _failed(hub)

    with pytest.raises(Mistake):
        await hub.hub.intake.replay(event)
    assert await hub.ledger() == {"failed": 1}

    stumble.clear()
    (filed,) = await hub.hub.intake.replay(event)
    assert filed.state == "stored"
    assert await hub.ledger() == {"stored": 1}
    (entry,) = await hub.entries((await hub.conversation()).id)
    assert entry.text == "hello"
    with pytest.raises(LookupError):
        await hub.hub.intake.replay(event)


async def test_what_cannot_be_parsed_is_kept_and_replayed(hub: Running) -> None:
    provider = hub.provider()
    provider.mistakes.add("A")
    body = json.dumps([message("one", id="A"), message("two", id="B")]).encode()
    status, _, _ = await hub.post("loop", body, {"X-Loopback": "yes"})
    assert status == 200
    assert await hub.ledger() == {"failed": 1}
    event = await _failed(hub)
    with pytest.raises(ZeroDivisionError):
        await hub.hub.intake.replay(event)

    provider.mistakes.clear()
    filed = await hub.hub.intake.replay(event)
    assert [one.state for one in filed] == ["stored", "stored"]
    assert await hub.ledger() == {"stored": 2}
    status, _, _ = await hub.post("loop", body, {"X-Loopback": "yes"})
    assert status == 200
    assert await hub.ledger() == {"stored": 2, "duplicate": 2}


async def test_a_large_body_that_failed_is_replayed_from_its_blob(hub: Running) -> None:
    provider = hub.provider()
    provider.mistakes.add("A")
    assert await hub.loop(message("x" * 100_000, id="A")) == 200
    provider.mistakes.clear()
    (filed,) = await hub.hub.intake.replay(await _failed(hub))
    assert filed.state == "stored"


async def test_a_second_arrival_files_what_failed_before(hub: Running, stumble: set[str]) -> None:
    stumble.add(f"tel:{CUSTOMER}")
    fields = await hub.sms("hello")
    assert await hub.form(fields) == 200  # and fails again
    assert await hub.ledger() == {"failed": 1, "duplicate": 1}
    stumble.clear()
    assert await hub.form(fields) == 200
    assert await hub.ledger() == {"stored": 1, "duplicate": 2}
    assert len(await hub.entries((await hub.conversation()).id)) == 1
    assert await hub.form(fields) == 200
    assert await hub.ledger() == {"stored": 1, "duplicate": 3}


async def test_a_request_that_cannot_be_parsed_twice(hub: Running) -> None:
    provider = hub.provider()
    provider.mistakes.add("A")
    one = message("one", id="A")
    assert await hub.loop(one) == 200
    assert await hub.loop(one) == 200
    assert await hub.ledger() == {"failed": 1, "duplicate": 1}
    provider.mistakes.clear()
    assert await hub.loop(one) == 200
    assert sum((await hub.ledger()).values()) == 3


async def test_a_poison_event_keeps_its_neighbours(hub: Running, stumble: set[str]) -> None:
    stumble.add("tel:+12025550111")
    batch = [
        message("one", id="A"),
        message("two", id="B", sender="tel:+12025550111"),
        message("three", id="C"),
        {"ignored": {"provider_id": "D", "reason": "a challenge"}},
    ]
    assert await hub.loop(*batch) == 200
    assert await hub.ledger() == {"stored": 2, "failed": 1, "ignored": 1}
    assert await hub.value("SELECT COUNT(*) FROM raw_request") == 1
    found = await hub.conversation()
    assert [one.text for one in await hub.entries(found.id)] == ["one", "three"]

    assert await hub.loop(*batch) == 200  # the provider sends it again: the poison fails again
    assert await hub.ledger() == {"stored": 2, "failed": 1, "ignored": 1, "duplicate": 4}
    stumble.clear()
    states = [one.state for one in await hub.hub.intake.replay(await _failed(hub))]
    assert states == ["stored"]
    assert await hub.ledger() == {"stored": 3, "ignored": 1, "duplicate": 4}


async def test_one_event_twice_in_one_request(hub: Running, stumble: set[str]) -> None:
    stumble.add("tel:+12025550111")
    twice = message("two", id="B", sender="tel:+12025550111")
    assert await hub.loop(twice, twice, message("one", id="A"), message("one", id="A")) == 200
    assert sum((await hub.ledger()).values()) == 4
    assert await hub.ledger() == {"stored": 1, "duplicate": 2, "failed": 1}


# ---------------------------------------------------------------- hostile text

NASTY = "a\x00b\ud800c\u202e\U0001f468\u200d\U0001f469d"


async def test_nul_and_surrogates_in_every_field_are_cleaned(hub: Running) -> None:
    party = {"uri": f"mailto:x{NASTY}@a.example", "name": NASTY}
    nasty = {
        "provider_id": NASTY,
        "sender": f"sms:{NASTY}",
        "sender_name": NASTY,
        "to": [party],
        "cc": [party],
        "reply_to": [party],
        "subject": NASTY,
        "text": NASTY,
        "full_text": NASTY + "more",
        "html": f"<p>{NASTY}</p>",
        "attachments": [
            {"name": NASTY, "type": NASTY, "size": 5, "ref": NASTY, "content_id": NASTY}
        ],
        "message_id": NASTY,
        "in_reply_to": [NASTY],
        "references": [NASTY],
        "headers": {NASTY: NASTY, "list-id": NASTY},
        "identities": [f"mailto:y{NASTY}@a.example"],
        "claims": {NASTY: NASTY, "name": NASTY},
        "stub": NASTY,
        "bounce": {
            "message_id": NASTY,
            "failed": [{"uri": NASTY, "permanent": True, "status": NASTY, "words": NASTY}],
        },
    }
    assert await hub.loop({"message": nasty}) == 200
    assert await hub.loop({"ignored": {"provider_id": NASTY, "reason": NASTY}}) == 200
    assert await hub.loop(receipt(NASTY, "failed", code=NASTY, words=NASTY)) == 200
    assert await hub.ledger() == {"stored": 2, "ignored": 1}
    (found,) = await hub.conversations()
    (entry,) = await hub.entries(found.id)
    assert entry.text.startswith("ab\ufffdc")
    json.dumps(entry.text, ensure_ascii=False).encode()
    assert await hub.loop({"message": nasty}) == 200
    assert await hub.ledger() == {"stored": 2, "ignored": 1, "duplicate": 1}


async def test_huge_names_and_texts_are_cut(hub: Running) -> None:
    long = "ن" * 10_000
    given = message(
        long,
        sender_name=long,
        subject=long,
        message_id=long,
        claims={long: long},
        to=[{"uri": f"mailto:{n}@a.example", "name": long[:300]} for n in range(100)],
    )
    assert await hub.loop(given) == 200
    assert await hub.ledger() == {"stored": 1}
    found = await hub.conversation()
    assert len(found.contact.name) <= contacts.NAME_CAP
    assert len(found.subject) <= 500


async def test_a_mail_of_nothing_but_noise_is_a_stub(hub: Running) -> None:
    headers = {"Content-Type": "message/rfc822", "Authorization": "Bearer mail-token-of-tests"}
    for body in (b"\x00\xff\xfe" * 100, b"From\r\n\r\n", b"Subject: =?x?q?\xff?=\r\n\r\n\x00"):
        status, _, text = await hub.post("mail", body, headers)
        assert status < 300, text
    counts = await hub.ledger()
    assert sum(counts.values()) == 3
    assert counts.get("failed", 0) == 0


# ---------------------------------------------------------------- which conversation


async def test_messages_join_the_open_conversation_and_its_turn(hub: Running) -> None:
    await hub.sms("one")
    first = await hub.conversation()
    await hub.sms("two")
    second = await hub.conversation()
    assert [one.text for one in await hub.entries(second.id)] == ["one", "two"]
    assert second.work_item == first.work_item
    assert second.waiting_since == first.waiting_since


@pytest.mark.parametrize(("later", "joins"), [(3 * DAY - SECOND, True), (3 * DAY + SECOND, False)])
async def test_the_window_in_which_a_message_reopens(hub: Running, later: int, joins: bool) -> None:
    await hub.sms("hello")
    first = await hub.conversation()
    await hub.do(actions.resolve, first.id)
    start = hub.hub.clock()
    hub.hub.intake.now = lambda: start + later
    await hub.sms("it happened again")
    found = await hub.conversations()
    if joins:
        assert [one.status for one in found] == ["open"]
        assert found[0].work_item is not None
    else:
        assert [one.status for one in found] == ["resolved", "open"]
        assert found[1].follows == first.id


async def test_an_answer_after_ours_is_a_new_turn(hub: Running) -> None:
    await hub.sms("hello")
    found = await hub.conversation()
    before = await hub.item(found.id)
    await hub.reply(found.id, "how can I help?")
    assert (await hub.conversation()).status == "pending"
    assert (await hub.item(found.id))["state"] == "completed"
    await hub.sms("like this")
    after = await hub.item(found.id)
    assert after["id"] != before["id"]
    assert after["preferred_agent"] == hub.agents["one"].id
    assert after["order_key"] > before["order_key"]


async def test_route_none_files_without_work_and_reopens_nothing(hub: Running) -> None:
    await hub.sms("quiet now")
    found = await hub.conversation()
    assert (found.status, found.work_item, found.waiting_since) == ("resolved", None, None)
    await hub.sms("hello")
    found = (await hub.conversations())[-1]
    await hub.reply(found.id, "yes?")
    await hub.sms("quiet please")
    found = (await hub.conversations())[-1]
    assert (found.status, found.work_item, found.waiting_since) == ("pending", None, None)
    await hub.do(actions.resolve, found.id)
    await hub.sms("quiet still")
    assert (await hub.conversations())[-1].status == "resolved"
    assert (await hub.conversations())[-1].id == found.id


async def test_automatic_mail_is_filed_and_nobody_is_called(hub: Running) -> None:
    assert await hub.mail(letter("I am away", auto_submitted="auto-replied")) < 300
    found = await hub.conversation()
    assert (found.status, found.work_item) == ("resolved", None)


async def test_a_blocked_sender_is_filed_without_work(hub: Running) -> None:
    await hub.sms("buy now")
    found = await hub.conversation()
    await hub.do(actions.spam, found.id)
    await hub.sms("buy more")
    for one in await hub.conversations():
        assert one.status in ("spam", "resolved")
        assert one.work_item is None
    assert await hub.ledger() == {"stored": 2}
    await hub.do(actions.reopen, found.id, desk=hub.hub.desk)
    await hub.sms("sorry")
    assert (await hub.conversations())[-1].status == "open"


async def test_every_entry_has_its_decision(hub: Running) -> None:
    await hub.sms("hello")
    await hub.sms("and more")
    await hub.sms("quiet")
    rows = await hub.rows("SELECT rule, entry FROM decision ORDER BY id")
    assert [row["rule"] for row in rows] == ["rest", "rest", "quiet"]
    assert all(row["entry"] for row in rows)


# ---------------------------------------------------------------- who


async def test_a_claim_is_never_an_identity(hub: Running) -> None:
    await hub.sms("hello", sender="+12025550111")
    await hub.loop(message("I am Bob", claims={"phone": "+12025550111", "email": "a@b.example"}))
    assert len(await hub.conversations()) == 2
    assert len({one.contact.id for one in await hub.conversations()}) == 2
    assert await hub.value("SELECT COUNT(*) FROM identity") == 2
    second = (await hub.conversations())[-1]
    view = await hub.read(views.contact, second.contact.id, ALL)
    assert {(one.kind, one.value) for one in view.claims} == {
        ("phone", "+12025550111"), ("email", "a@b.example"),
    }  # fmt: skip


async def test_linked_people_are_one_person(hub: Running) -> None:
    await hub.sms("from my phone", sender="+12025550111")
    await hub.sms("from my other phone", sender="+12025550122")
    first, second = await hub.conversations()
    await hub.write(
        links.join, first.contact.id, second.contact.id, evidence="said", by="test",
        now=hub.hub.clock(),
    )  # fmt: skip
    first, second = await hub.conversations()
    assert first.contact.id == second.contact.id
    members = await hub.read(contacts.members, second.contact.id)
    entries = await hub.read(views.timeline, members, ALL)
    assert [one.text for one in entries] == ["from my other phone", "from my phone"]
    # the person's newest conversation on the channel goes on, whichever phone they take
    await hub.sms("me again", sender="+12025550111")
    found = await hub.conversations()
    assert len(found) == 2
    assert [one.text for one in await hub.entries(second.id)] == ["from my other phone", "me again"]
    assert found[-1].address == "tel:+12025550111"
    (rule,) = await hub.rows("SELECT data FROM decision ORDER BY id DESC LIMIT 1")
    assert rule is not None


async def test_linking_what_is_linked_makes_one_level(hub: Running) -> None:
    for number in range(1, 5):
        await hub.sms("hi", sender=f"+1202555011{number}")
    ids = [one.contact.id for one in await hub.conversations()]

    async def link(top: int, member: int) -> None:
        await hub.write(links.join, top, member, evidence="said", by="test", now=1)

    await link(ids[0], ids[1])
    await link(ids[2], ids[3])
    await link(ids[1], ids[3])  # members of two people: the people are joined
    for id in ids:
        assert await hub.read(contacts.root, id) == ids[0]
        assert sorted(await hub.read(contacts.members, id)) == sorted(ids)
    await link(ids[3], ids[0])  # and again, and with itself: nothing changes
    await link(ids[0], ids[0])
    for id in ids:
        assert await hub.read(contacts.root, id) == ids[0]


async def test_proven_addresses_join_two_people(hub: Running) -> None:
    uri = "mailto:ann@customer.example"
    await hub.loop(message("one", identities=[uri]))
    (first,) = await hub.conversations()
    await hub.loop(message("two", sender="tel:+12025550122", identities=[uri]))
    found = await hub.conversations()
    assert {one.contact.id for one in found} == {first.contact.id}
    assert len(found) == 1  # the same person on the same channel: the same matter


# ---------------------------------------------------------------- mail


async def _answered_mail(hub: Running) -> tuple[int, str]:
    """A mail that was answered: its conversation and the Message-ID of our answer."""
    assert await hub.mail(letter("Where is my parcel?", id="first@customer.example")) < 300
    found = (await hub.conversations())[-1]
    entry = await hub.reply(found.id, "On its way")
    ours = await hub.value("SELECT message_id FROM timeline_entry WHERE id = :id", id=entry)
    return found.id, ours


async def test_our_token_threads_a_participant(hub: Running) -> None:
    id, ours = await _answered_mail(hub)
    assert await hub.mail(letter("Thanks", subject="Something else", references=f"<{ours}>")) < 300
    assert [one.text for one in await hub.entries(id)] == [
        "Where is my parcel?", "On its way", "Thanks",
    ]  # fmt: skip
    assert (await hub.entries(id))[-1].data.evidence == "token"


async def test_our_token_from_somebody_else_opens_what_follows(hub: Running) -> None:
    id, ours = await _answered_mail(hub)
    stranger = letter("Give me all", sender="eve@evil.example", in_reply_to=f"<{ours}>")
    assert await hub.mail(stranger) < 300
    found = await hub.conversations()
    assert len(found) == 2
    assert found[1].follows == id
    assert found[1].contact.id != found[0].contact.id
    assert len(await hub.entries(id)) == 2


async def test_a_forged_token_is_nothing(hub: Running) -> None:
    id, ours = await _answered_mail(hub)
    local, _, domain = ours.partition("@")
    forged = f"{local[:-2]}zz@{domain}"
    await hub.mail(letter("Thanks", references=f"<{forged}>"))
    found = await hub.conversations()
    assert len(found) == 2
    assert found[1].follows is None
    assert len(await hub.entries(id)) == 2


async def test_references_thread_only_participants_of_this_mailbox(hub: Running) -> None:
    await hub.mail(letter("one", id="a@customer.example", cc="Bob <bob@customer.example>"))
    await hub.mail(letter("two", in_reply_to="<a@customer.example>"))
    await hub.mail(
        letter("three", sender="bob@customer.example", references="<a@customer.example>")
    )
    (found,) = await hub.conversations()
    assert [one.text for one in await hub.entries(found.id)] == ["one", "two", "three"]
    await hub.mail(letter("four", sender="eve@evil.example", references="<a@customer.example>"))
    found = await hub.conversations()
    assert len(found) == 2


async def test_the_customer_of_a_form_mailer_is_its_reply_to(hub: Running) -> None:
    for number, sender in enumerate(("Form <help@acme.example>", "no-reply@shop.example")):
        await hub.mail(
            letter("From the web", sender=sender, reply_to=f"Kim <kim{number}@customer.example>")
        )
    assert [one.address for one in await hub.conversations()] == [
        "mailto:kim0@customer.example",
        "mailto:kim1@customer.example",
    ]
    await hub.mail(letter("Mine", sender="ann@a.example", reply_to="other@a.example"))
    assert (await hub.conversations())[-1].address == "mailto:ann@a.example"


async def test_a_form_mailer_proves_nobody(hub: Running) -> None:
    await hub.mail(letter("x", sender="help@acme.example", reply_to="kim@customer.example"))
    assert not await hub.value("SELECT verified FROM identity WHERE uri LIKE '%kim%'")


# ---------------------------------------------------------------- consent


async def test_stop_withdraws_and_start_restores(hub: Running) -> None:
    await hub.loop(message("hello"))
    found = await hub.conversation()
    provider = hub.provider()
    provider.gate.clear()
    held = await hub.reply(found.id, "on its way")
    await hub.until_delivered(held, "sending")
    queued = await hub.reply(found.id, "and more")
    await hub.loop(message("STOP", consent="stop"))
    provider.gate.set()
    await hub.until_delivered(queued, "stopped")
    await hub.until_delivered(held, "sent")
    assert provider.texts == ["on its way"]
    with pytest.raises(Refused, match="opted out"):
        await hub.reply(found.id, "hello?")
    await hub.loop(message("START", consent="start"))
    again = await hub.reply(found.id, "welcome back")
    await hub.until_delivered(again, "sent")
    assert provider.texts == ["on its way", "welcome back"]


async def test_an_opt_out_word_calls_nobody(hub: Running) -> None:
    await hub.sms("hello")
    found = await hub.conversation()
    await hub.reply(found.id, "yes?")
    await hub.sms("stop.")
    found = await hub.conversation()
    assert (found.status, found.work_item) == ("pending", None)
    view = await hub.read(views.contact, found.contact.id, ALL)
    assert view.identities[0].opted_out


# ---------------------------------------------------------------- receipts


async def test_receipts_before_the_id_is_known_are_kept(hub: Running) -> None:
    await hub.loop(receipt("OUT1", "delivered"), receipt("OUT1", "sent"))
    assert await hub.ledger() == {"stored": 2}
    await hub.loop(message("hello"))
    entry = await hub.reply((await hub.conversation()).id, "hi")
    await hub.until_delivered(entry, "delivered")
    assert await hub.value("SELECT COUNT(*) FROM receipt_pending") == 0


@pytest.mark.parametrize(
    ("states", "last"),
    [
        (("sent", "delivered", "read"), "read"),
        (("read", "delivered", "sent"), "read"),
        (("delivered", "failed"), "delivered"),
        (("failed", "delivered"), "failed"),
    ],
)
@pytest.mark.parametrize("early", [False, True])
async def test_receipts_only_move_forward(
    hub: Running, states: tuple[str, ...], last: str, early: bool
) -> None:
    await hub.loop(message("hello"))
    if early and last == "failed":
        pytest.skip("of early ones the order is not known")
    if early:
        await hub.loop(*(receipt("OUT1", state) for state in states))
    entry = await hub.reply((await hub.conversation()).id, "hi")
    if not early:
        await hub.until_delivered(entry, "sent")
        await hub.loop(*(receipt("OUT1", state) for state in states))
    await hub.until_delivered(entry, last)


@pytest.mark.parametrize("early", [False, True])
async def test_a_receipt_that_says_opted_out_is_consent(hub: Running, early: bool) -> None:
    await hub.loop(message("hello"))
    found = await hub.conversation()
    said = receipt("OUT1", "failed", code="21610", words="unsubscribed", opted_out=True)
    if early:
        await hub.loop(said)
    entry = await hub.reply(found.id, "hi")
    if not early:
        await hub.until_delivered(entry, "sent")
        await hub.loop(said)
    await hub.until_delivered(entry, "failed")
    with pytest.raises(Refused, match="opted out"):
        await hub.reply(found.id, "hello?")


# ---------------------------------------------------------------- signals, sources


async def test_a_signal_is_passed_on_and_not_stored(hub: Running) -> None:
    seen: list[str] = []
    hub.hub.intake.on_signal = lambda _channel, signal: seen.append(signal.signal)
    assert await hub.loop({"signal": {"sender": f"tel:{CUSTOMER}", "signal": "typing"}}) == 200
    assert seen == ["typing"]
    assert await hub.ledger() == {}


async def test_a_batch_moves_the_cursor_past_what_fails(hub: Running, stumble: set[str]) -> None:
    stumble.add("tel:+12025550111")
    channel = hub.hub.channels.get("loop")
    assert channel is not None
    raws = [
        Raw("webhook", "", (), "", json.dumps([event]).encode())
        for event in (
            message("one"), message("two", sender="tel:+12025550111"), message("three"),
        )
    ]  # fmt: skip
    await hub.hub.intake.file_batch(channel, raws, "cursor-7")  # type: ignore[arg-type]
    assert await hub.ledger() == {"stored": 2, "failed": 1}
    assert await hub.value("SELECT source_cursor FROM channel WHERE name = 'loop'") == "cursor-7"


async def test_codes_are_valid_and_unique(hub: Running) -> None:
    for number in range(5):
        await hub.sms("hi", sender=f"+1202555011{number}")
    codes = [one.code for one in await hub.conversations()]
    assert len(set(codes)) == 5
    assert all(tracking_code.is_code(code) for code in codes)


async def test_spam_is_not_revived_by_another_participant(hub: Running) -> None:
    await hub.mail(letter("buy", id="a@customer.example", cc="Bob <bob@a.example>"))
    found = await hub.conversation()
    await hub.do(actions.spam, found.id)
    await hub.mail(letter("more", in_reply_to="<a@customer.example>"))
    assert [one.status for one in await hub.conversations()] == ["spam"]
    await hub.mail(letter("no, really", sender="bob@a.example", in_reply_to="<a@customer.example>"))
    assert [one.status for one in await hub.conversations()] == ["spam", "open"]
