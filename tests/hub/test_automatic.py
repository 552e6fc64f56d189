"""What no person wrote: to whom it goes, how it looks, how often, and everything that stops it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import Uri
from hub import automatic
from hub.automatic import answerable
from hub.store import FINISHERS
from storage import automatic as stored
from storage import consents
from storage import templates as storage_templates
from storage.db import Database
from tests.hub.answering import Post, answering, read
from tests.hub.running import CUSTOMER, SECOND, letter, message

DAY = 24 * 3600 * SECOND
ANN = "<ann@customer.example>"


@pytest.fixture
async def post(loopback_kind: None, tmp_path: Path, sqlite_url: str) -> AsyncIterator[Post]:
    async with answering(tmp_path, sqlite_url) as found:
        yield found


@pytest.fixture
async def either(loopback_kind: None, tmp_path: Path, db_url: str) -> AsyncIterator[Post]:
    """The same, on each engine in turn."""
    async with answering(tmp_path, db_url) as found:
        yield found


async def test_a_mail_is_answered_from_nobody_to_its_return_path(either: Post) -> None:
    mail = letter("Where is my order?", subject="Order 7", id="m1@customer.example",
                  return_path="<ann+bounce@customer.example>")  # fmt: skip
    assert await either.mail(mail) == 200
    (sent,) = await either.mails(1)
    assert sent.sender in ("", "<>")
    assert sent.recipients == ["ann+bounce@customer.example"]
    found = read(sent)
    assert found["To"] == "ann+bounce@customer.example"
    assert found["Auto-Submitted"] == "auto-replied"
    assert found["In-Reply-To"] == "<m1@customer.example>"
    assert "<m1@customer.example>" in found["References"]
    code = (await either.conversation()).code
    assert found["Subject"] == f"Received: Order 7 [{code}]"
    body = found.get_body(("plain",))
    assert body is not None
    assert body.get_content().strip() == f"We have it, your code is {code}."
    html = found.get_body(("html",))
    assert html is not None
    assert "<b>Order 7</b>" in html.get_content()


async def test_it_changes_nothing_but_the_timeline(either: Post) -> None:
    await either.mail(letter(return_path=ANN))
    before = await either.conversation()
    await either.settled()
    await either.quiet()
    found = await either.conversation()
    assert (found.status, found.waiting_since) == ("open", before.waiting_since)
    assert found.agent is None
    assert found.work_item is not None
    assert found.work_item.state == "queued"
    assert await either.value("SELECT last_agent FROM conversation") is None
    asked, answer = await either.entries(found.id)
    assert answer.actor.kind == "hub"
    assert answer.data.automatic == "rule"
    (settled,) = await either.listed(found.id)
    assert (settled["entry"], settled["answers"]) == (answer.id, asked.id)


async def test_it_stops_no_clock(loopback_kind: None, tmp_path: Path, sqlite_url: str) -> None:
    more = "sla:\n  - {name: fast, answer: 5m, first_reply: 1h, next_reply: 1h, resolution: 1d}\n"
    rules = "  - {id: rest, when: {}, then: {queue: general, sla: fast, reply_template: ack}}"
    async with answering(tmp_path, sqlite_url, more=more, rules=rules) as post:
        await post.loop(message("hello"))
        await post.settled()
        await post.quiet()
        rows = await post.rows("SELECT kind, state, met_at FROM sla_deadline ORDER BY kind")
        assert {row["state"] for row in rows} == {"running"}
        assert {row["kind"] for row in rows} >= {"answer", "first_reply", "resolution"}
        assert all(row["met_at"] is None for row in rows)


async def test_a_visitor_is_answered_in_the_language_of_the_page(post: Post) -> None:
    await post.loop(message("hi", claims={"language": "fa-IR"}))
    await post.settled()
    await post.quiet()
    (sent,) = post.provider().sent
    assert sent.text.startswith("پیام شما رسید")


async def test_who_answers_after_it_is_not_told_of_news(post: Post) -> None:
    await post.mail(letter(return_path=ANN))
    talk = await post.conversation()
    (asked,) = await post.entries(talk.id)
    await post.settled()
    await post.reply(talk.id, "Hello", seen=asked.id)  # would raise WroteSince


async def test_other_channels_get_it_as_they_write(post: Post) -> None:
    await post.loop(message("سلام، سفارش من کجاست؟"))
    talk = await post.conversation()
    await post.settled()
    await post.quiet()
    (sent,) = post.provider().sent
    assert sent.auto
    assert sent.to[0].uri == f"tel:{CUSTOMER}"
    assert sent.text == f"پیام شما رسید. کد پیگیری {talk.code}"  # the script of their words
    assert sent.subject == ""


# ---------------------------------------------------------------- refused


LETTERS: dict[str, dict[str, str]] = {
    "automatic": {"auto_submitted": "auto-replied", "return_path": ANN},
    "bulk: generated": {"auto_submitted": "auto-generated", "return_path": ANN},
    "automatic: report": {"return_path": "<>"},
    "bulk": {"list_id": "<news.customer.example>", "return_path": ANN},
    "bulk: precedence": {"precedence": "bulk", "return_path": ANN},
    "bulk: suppress": {"x_auto_response_suppress": "All", "return_path": ANN},
    "no_return_path": {},
    "machine": {"return_path": "<MAILER-DAEMON@customer.example>"},
    "machine: no reply": {"return_path": "<no-reply@customer.example>"},
    "machine: list": {"return_path": "<owner-things@customer.example>"},
    "machine: a form that asks for answers to us": {
        "sender": "site@forms.example", "reply_to": "help@acme.example",
        "return_path": "<site@forms.example>",
    },
    "machine: nobody reads From": {"sender": "no-reply@shop.example", "return_path": "<x1@m.example>"},
    "form": {"sender": "site@forms.example", "reply_to": ANN, "return_path": "<x1@m.example>"},
    "form: of ours": {
        "sender": "help@acme.example", "reply_to": ANN, "return_path": "<x1@m.example>",
    },
    "ours": {"return_path": "<sales@acme.example>"},
    "loop": {"x_hub_loop": "acme.example", "return_path": ANN},
}  # fmt: skip
"""Refused for the word before the colon."""


@pytest.mark.parametrize("case", LETTERS)
async def test_what_no_person_wrote_is_not_answered(
    loopback_kind: None, tmp_path: Path, sqlite_url: str, case: str
) -> None:
    """Even where an admin has switched the shipped rules off."""
    off = "".join(
        f"  - {{id: 'hub:{name}', off: true}}\n" for name in ("automatic", "bulk", "bounce")
    )
    rules = off + "  - {id: rest, when: {}, then: {queue: general, reply_template: ack}}"
    async with answering(tmp_path, sqlite_url, rules=rules) as post:
        await post.mail(letter(**LETTERS[case]))
        (row,) = await post.settled()
        assert (row["state"], row["refused"]) == ("refused", case.partition(":")[0])
        assert row["entry"] is None
        assert post.inbox is not None
        assert post.inbox.mails == []


async def test_with_the_shipped_rules_a_machine_reaches_no_template(post: Post) -> None:
    await post.mail(letter(auto_submitted="auto-replied", return_path=ANN))
    await post.mail(letter(return_path=ANN))
    assert [row["state"] for row in await post.settled()] == ["sent"]


EVENTS: dict[str, dict[str, Any]] = {
    "automatic": {"auto": "reply"},
    "bulk": {"auto": "bulk"},
    "loop": {"auto": "loop"},
    "stub": {"stub": "too large"},
    "provider_answered": {"provider_answered": True},
    "too_old": {"received_at": "2020-01-01T00:00:00Z"},
    "no_return_path": {"return_path": ""},
    "unreachable": {"return_path": "mailto:ann@customer.example"},
    "ours": {"return_path": "tel:+12025550100"},
    "bounce": {"bounce": {"failed": []}},
}


@pytest.mark.parametrize("reason", EVENTS)
async def test_every_reason_to_refuse(
    loopback_kind: None, tmp_path: Path, sqlite_url: str, reason: str
) -> None:
    off = "".join(
        f"  - {{id: 'hub:{name}', off: true}}\n" for name in ("automatic", "bulk", "bounce")
    )
    rules = off + "  - {id: rest, when: {}, then: {queue: general, reply_template: ack}}"
    async with answering(tmp_path, sqlite_url, rules=rules) as post:
        await post.loop(message(**EVENTS[reason]))
        (row,) = await post.settled()
        assert (row["state"], row["refused"]) == ("refused", reason)
        assert post.provider().sent == []


async def test_who_has_opted_out_gets_none(post: Post) -> None:
    await post.loop(message("hello"))
    await post.settled()
    identity = await post.value("SELECT identity FROM conversation")
    await post.write(consents.record, identity, None, "withdrawn", source="test", now=1)
    await post.write(_forget_sends)
    await post.loop(message("hello again"))
    assert [row["refused"] for row in await post.settled()] == ["opted_out"]


async def test_consent_is_read_again_when_it_leaves(post: Post) -> None:
    """Between writing and sending there may be a STOP."""
    post.provider().gate.clear()
    await post.loop(message("hello", sender="tel:+12025550111"))  # holds up the lane
    await post.loop(message("hello"))
    await post.settled()
    row = (await post.rows("SELECT * FROM automatic_send ORDER BY id"))[1]
    await post.write(consents.record, row["identity"], None, "withdrawn", source="test", now=1)
    post.provider().gate.set()
    await post.until_delivered(row["entry"], "stopped")


async def test_blocked_senders_and_spam_get_none(post: Post) -> None:
    rules = "UPDATE identity SET blocked_at = 1"
    await post.loop(message("hello"))
    await post.settled()
    await post.write(_forget_sends)
    await post.write(lambda tx: tx.run(rules))
    await post.write(_want_again)
    assert [row["refused"] for row in await post.settled()] == ["blocked"]


def _forget_sends(tx: Any) -> None:
    tx.run("DELETE FROM automatic_send")


def _want_again(tx: Any, template: str = "ack", now: int | None = None) -> int | None:
    row = tx.one("SELECT * FROM timeline_entry WHERE direction = 'in' ORDER BY id DESC LIMIT 1")
    return stored.want(
        tx,
        conversation=row["conversation"],
        identity=row["identity"],
        answers=row["id"],
        template=template,
        cause="rule",
        now=now or row["recorded_at"],
    )


@pytest.mark.parametrize(
    ("template", "reason"),
    [
        ("nowhere", "no_template"),
        ("greet", "empty: contact.name"),
        ("away", "empty: opens.day"),  # nothing is closed
        ("long", "too_long"),
    ],
)
async def test_a_template_that_cannot_be_sent(
    loopback_kind: None, tmp_path: Path, sqlite_url: str, template: str, reason: str
) -> None:
    long = f"  - {{name: long, texts: {{en: {{text: {'many words ' * 50}}}}}}}"
    quiet = "  - {id: rest, when: {}, then: {queue: general}}"
    async with answering(tmp_path, sqlite_url, rules=quiet, more=long) as post:
        await post.loop(message("hello"))
        await post.write(_want_again, template)
        (row,) = await post.settled()
        assert row["refused"] == reason
        code = reason.partition(":")[0]
        assert set(answerable.REASONS[code]) == {"en", "fa"}


async def test_what_is_known_of_the_customer(post: Post) -> None:
    await post.loop(message("hello", sender_name="Ann", claims={"order": "4711"}))
    await post.settled()

    def know(tx: Any) -> None:
        organization = tx.value(
            "INSERT INTO organization (name, folded, attributes, created_at) "
            """VALUES ('Acme', 'acme', '{"plan": 3}', 0) RETURNING id"""
        )
        tx.run(
            """UPDATE contact SET attributes = '{"tier": "gold"}', organization = :o""",
            o=organization,
        )
        tx.run("UPDATE automatic_send SET at = 0")
        storage_templates.save(
            tx,
            name="all",
            body="""{"en": {"text": "{{ contact.name }} {{ contact.attributes.tier }}"""
            """ {{ organization.name }} {{ organization.attributes.plan }} {{ claims.order }}"}}""",
            now=1,
        )

    await post.write(know)
    await post.hub.reconfigure()
    await post.write(_want_again, "all")
    await post.settled()
    await post.quiet()
    assert post.provider().sent[-1].text == "Ann gold Acme 3 4711"


async def test_a_forged_name_is_not_repeated(post: Post) -> None:
    await post.loop(message("hello", sender_name="Cheap pills at http://evil.example"))
    await post.settled()
    await post.write(_forget_sends)
    await post.write(_want_again, "greet")
    assert [row["refused"] for row in await post.settled()] == ["empty: contact.name"]


async def test_what_was_wanted_before_a_person_answered_comes_too_late(post: Post) -> None:
    await post.loop(message("hello"))
    await post.settled()
    talk = await post.conversation()
    await post.reply(talk.id, "I am here")
    await post.write(_want_again, "greet")
    assert [row["refused"] for row in await post.settled()] == ["", "answered"]


async def test_what_waited_for_more_than_a_day_is_not_sent(post: Post) -> None:
    await post.loop(message("hello"))
    await post.settled()
    await post.write(_forget_sends)
    await post.write(_want_again, "ack", now=post.hub.clock() - DAY - SECOND)
    assert [row["refused"] for row in await post.settled()] == ["too_old"]


# ---------------------------------------------------------------- how often


async def test_one_a_conversation_a_day(either: Post) -> None:
    for text in ("hello", "anybody there?"):
        await either.loop(message(text))
    rows = await either.settled()
    assert [row["refused"] for row in rows] == ["", "conversation_limit"]
    yesterday = either.hub.clock() - DAY - SECOND
    await either.write(lambda tx: tx.run("UPDATE automatic_send SET at = :at", at=yesterday))
    await either.loop(message("and now?"))
    assert [row["refused"] for row in await either.settled()] == ["", "conversation_limit", ""]


async def test_three_an_address_a_day(either: Post) -> None:
    for n in range(5):  # mails of their own: five conversations
        await either.mail(letter(subject=f"Matter {n}", return_path=ANN))
    assert [row["refused"] for row in await either.settled()] == [
        "", "", "", "address_limit", "address_limit",
    ]  # fmt: skip
    await either.mail(letter(sender="bo@customer.example", return_path="<bo@customer.example>"))
    assert (await either.settled())[-1]["refused"] == ""
    for n in range(3):  # another return path each time is the same writer
        bo = {"sender": "bo@customer.example", "return_path": f"<bo+{n}@customer.example>"}
        await either.mail(letter(subject=f"Ticket {n}", **bo))
    assert [row["refused"] for row in await either.settled()][-3:] == ["", "", "address_limit"]


# ---------------------------------------------------------------- never lost, never doubled


async def test_a_replayed_mail_is_not_answered_again(either: Post) -> None:
    mail = letter(id="same@customer.example", return_path=ANN)
    for _ in range(3):
        assert await either.mail(mail) == 200
    assert len(await either.settled()) == 1
    await either.quiet()
    assert either.inbox is not None
    assert len(either.inbox.mails) == 1


async def test_what_was_wanted_when_the_hub_died_is_sent_at_the_next_start(
    loopback_kind: None, tmp_path: Path, db_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patched:
        patched.setattr("hub.automatic.answerer.Answerer.listen", lambda *_: None)
        async with answering(tmp_path, db_url) as post:
            await post.loop(message("hello"))
            assert [row["state"] for row in await post.rows("SELECT * FROM automatic_send")] == [
                "wanted"
            ]
    async with answering(tmp_path, db_url) as post:
        assert [row["state"] for row in await post.settled()] == ["sent"]
        await post.quiet()
        assert len(post.provider().sent) == 1


async def test_two_processes_write_it_once(
    loopback_kind: None, tmp_path: Path, postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hub.automatic.answerer.Answerer.listen", lambda *_: None)
    async with answering(tmp_path, postgres_url) as post:
        other = await Database.open(postgres_url, finishers=FINISHERS)
        try:
            for n in range(10):
                await post.loop(message("hello", sender=f"tel:+120255502{n:02}"))
            setting, now = post.hub.saying(), post.hub.clock()
            outcomes = await asyncio.gather(
                *(
                    store.write(automatic.send, id, setting, now=now)
                    for id in range(1, 11)
                    for store in (post.hub.db, other)
                )
            )
        finally:
            await other.close()
        assert sorted(map(str, outcomes)) == ["None"] * 10 + ["sent"] * 10
        post.hub.feed._wake.set()  # what the other one wrote last wakes nobody here for half a minute
        await post.quiet()
        assert len(post.provider().sent) == 10


async def test_one_that_cannot_be_written_does_not_hold_up_the_others(
    post: Post, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject_of = automatic.compose.subject_of

    def stumbling(row: Any, channel: Any) -> str:
        if row["id"] == 1:
            raise ZeroDivisionError
        return subject_of(row, channel)

    monkeypatch.setattr(automatic.compose, "subject_of", stumbling)
    await post.loop(message("hello", sender="tel:+12025550111"))
    await post.loop(message("hello"))
    assert [row["refused"] for row in await post.settled()] == ["failed", ""]


async def test_refusals_are_shown(post: Post) -> None:
    await post.mail(letter())
    await post.settled()
    talk = await post.conversation()
    async with post.office.admin() as admin:
        answer = await admin.get(f"conversations/{talk.id}/automatic")
        (item,) = answer.json["items"]
        assert (item["state"], item["refused"]) == ("refused", "no_return_path")
        assert set(item["words"]) == {"en", "fa"}
        assert (await admin.get("conversations/999/automatic")).status == 404


@pytest.mark.parametrize(
    ("address", "machine"),
    [
        ("mailto:ann@customer.example", False),
        ("mailto:reply@customer.example", False),
        ("mailto:rootbeer@customer.example", False),
        ("mailto:mailer-daemon@x.example", True),
        ("mailto:postmaster@x.example", True),
        ("mailto:noreply-orders@x.example", True),
        ("mailto:do_not_reply@x.example", True),
        ("mailto:bounce-17=ann=y.example@x.example", True),
        ("mailto:things-request@x.example", True),
        ("mailto:no-reply+x@x.example", True),
        ("tel:+12025550199", False),
    ],
)
def test_addresses_that_nobody_reads(address: str, machine: bool) -> None:
    assert answerable.is_machine(Uri(address)) is machine
