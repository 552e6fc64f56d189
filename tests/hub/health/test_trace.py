"""Trace: one message's way, by everything it can be called; attempts and what the provider said."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

import pytest
from multidict import CIMultiDict

from hub import clock, deliver
from hub.trace.text import lines
from storage import exchanges
from tests.fakes import twilio as fake_twilio
from tests.fakes.twilio import Failure, status
from tests.hub.running import CUSTOMER, letter, message

if TYPE_CHECKING:
    from storage.db import Database
    from tests.fakes.twilio import FakeTwilio
    from tests.hub.running import Running

WORDS = "Xyzzy plugh: a matter of the customer"
ANSWER = "Zork answers in confidence"


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries again at once."""
    monkeypatch.setattr(deliver, "FIRST_RETRY", 0.02)


def told(trace: dict[str, Any], what: str) -> list[str]:
    return [line["words"]["en"] for line in trace["lines"] if line["what"] == what]


async def test_a_walk_from_arrival_to_receipt(hub: Running, twilio: FakeTwilio) -> None:
    came = await hub.sms(WORDS)
    conversation = await hub.conversation()
    twilio.failures.append(Failure(503, message="down for a moment", headers={"Retry-After": "0"}))
    async with hub.office.person("one@acme.example") as one:
        headers = {"X-Request-Id": "walk-of-a-test.1"}
        body = {"text": ANSWER, "client_key": "walk"}
        url = f"conversations/{conversation.id}/reply"
        written = await one.post(url, body, headers=headers)
        assert written.status in (200, 201), written.text
    await hub.until_delivered(written.json["id"], "sent")
    sid = twilio.sent[0]["Sid"]
    assert await hub.form(status(sid, "delivered")) == 200
    assert await hub.value("SELECT COUNT(*) FROM exchange") == 2  # kept together with its settling

    asked = [
        conversation.code,
        came["MessageSid"],
        sid,
        CUSTOMER,
        "(202) 555-0199",
        f"tel:{CUSTOMER}",
        "walk-of-a-test.1",
    ]
    event = await hub.value("SELECT id FROM raw_event WHERE provider_id = :p", p=came["MessageSid"])
    async with hub.office.admin() as admin:
        traces = [(await admin.post("trace", {"what": one})).json for one in [*asked, str(event)]]
    assert {trace["matter"]["id"] for trace in traces} == {conversation.id}
    kinds = [trace["found"][0]["kind"] for trace in traces]
    assert kinds == ["code", "provider_id", "provider_id", *["address"] * 3, "request", "event"]

    trace = traces[0]
    at = [datetime.fromisoformat(line["at"]) for line in trace["lines"]]
    assert at == sorted(at)
    assert told(trace, "arrived") == ["It came in on sms."]
    assert told(trace, "signature") == ["Its signature holds."]
    assert told(trace, "filed") == [f"It was filed with {conversation.contact.name}: a new matter."]
    assert told(trace, "rule") == ["Rule “rest” sent it to queue “general”."]
    assert "It became work in the queue “general”." in told(trace, "turn")
    assert told(trace, "written") == ["One answered by sms."]
    first, second = (line for line in trace["lines"] if line["what"] == "attempt")
    assert first["words"]["en"].startswith("Attempt 1: put off")
    assert second["words"]["en"].startswith("Attempt 2: sent")
    assert told(trace, "receipt") == ["The provider said: delivered."]
    marked = [line["what"] for line in traces[1]["lines"] if line["asked"]]
    assert marked == ["filed"]

    _as_the_provider_answered(first, second, twilio)
    stored = [dict(row) for row in await hub.rows("SELECT * FROM exchange")]
    for secret in (WORDS, ANSWER, "Xyzzy", "Zork", fake_twilio.TOKEN):
        assert secret not in repr(traces)
        assert secret not in repr(stored)
    looks = await hub.rows("SELECT actor, subject FROM audit WHERE action = 'trace'")
    assert [row["subject"] for row in looks] == [f"conversation:{conversation.id}"] * len(traces)
    assert all(row["actor"].startswith("token:") for row in looks)
    for language in ("en", "fa"):
        printed = "\n".join(lines(trace, language))
        assert sid in printed
        assert conversation.code in printed


async def test_a_send_is_settled_whatever_can_be_kept_of_it(
    hub: Running, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(tx: Any, _attempts: Any) -> None:
        tx.run("INSERT INTO nothing_of_this_name VALUES (1)")

    monkeypatch.setattr(exchanges, "append", broken)
    await hub.sms(WORDS)
    await hub.until_delivered(await hub.reply((await hub.conversation()).id, ANSWER), "sent")
    assert await hub.value("SELECT COUNT(*) FROM exchange") == 0


def _as_the_provider_answered(
    first: dict[str, Any], second: dict[str, Any], twilio: FakeTwilio
) -> None:
    """Each attempt says what was asked and what came back, and is known at the provider by its id."""
    (step,) = second["steps"]
    assert step["call"].startswith(f"POST {twilio.url}/2010-04-01/Accounts/")
    assert step["answer"] == "201 Created"
    assert (step["sent"]["To"], step["sent"]["Body"]) == (CUSTOMER, f"({len(ANSWER)} characters)")
    assert (step["got"]["sid"], step["got"]["status"]) == (twilio.sent[0]["Sid"], "queued")
    (refused,) = first["steps"]
    assert refused["answer"] == "503 Service Unavailable"
    assert refused["got"]["message"] == "down for a moment"
    sends = [sent for method, _, sent in twilio.requests if method == "POST"]
    assert [CIMultiDict(sent)["X-Request-Id"] for sent in sends] == ["walk-of-a-test.1"] * 2
    assert second["data"]["request"] == "walk-of-a-test.1"


async def test_what_is_no_entry_is_traced_too(hub: Running) -> None:
    """Refused, failed, known already, in report mode; and what is due next."""
    hub.provider().mistakes.add("M-odd")
    assert await hub.loop(message("An odd one", id="M-odd")) == 200
    event = await hub.value("SELECT id FROM raw_event WHERE state = 'failed'")
    failed = (await hub.office.run("trace", what=f"event:{event}"))["lines"]
    assert [line["what"] for line in failed] == ["arrived", "signature", "outcome"]
    assert "is kept, to be replayed" in failed[-1]["words"]["en"]

    status, _, _ = await hub.post("loop", b"[]", {})
    assert status == 401
    event = await hub.value("SELECT id FROM raw_event WHERE state = 'rejected'")
    (rejected,) = (await hub.office.run("trace", what=f"event:{event}"))["lines"]
    assert rejected["words"]["en"] == "It was refused: X-Loopback: missing."
    assert rejected["data"]["url"].endswith("/in/loop")

    await hub.write(_mode, "loop", "report")
    await hub.hub.reconfigure()
    body = b'[{"message": {"provider_id": "M1", "sender": "tel:+12025550177", "text": "ask me"}}]'
    for headers in ({}, {"X-Loopback": "yes"}):
        assert (await hub.post("loop", body, headers))[0] == 200
    trace = await hub.office.run("trace", what="M1")
    (signature,) = told(trace, "signature")
    assert signature.endswith("only reports: X-Loopback: missing.")
    assert told(trace, "again") == ["It came in once more and was dropped as known."]

    await hub.come("one")
    item = await hub.until_item(trace["matter"]["id"], "offered")
    trace = await hub.office.run("trace", what=trace["matter"]["code"])
    assert told(trace, "offer")[0] == "It was offered to One."
    assert [one["words"]["en"] for one in trace["due"]] == ["The offer to One ends."]
    assert item["agent"] == hub.agents["one"].id
    assert (await hub.office.run("trace", what="nothing-is-called-so"))["found"] == []


def _mode(tx: Any, channel: str, mode: str) -> None:
    tx.run("UPDATE channel SET signature_mode = :m WHERE name = :c", m=mode, c=channel)


async def test_whose_address_it_is_comes_before_whom_they_are_joined_with(hub: Running) -> None:
    assert await hub.form(status("SM" + "9" * 32, "delivered")) == 200  # of nothing that we sent
    await hub.sms(WORDS)
    own = await hub.conversation()
    await hub.mail(letter(WORDS, sender="Wilma <wilma@customer.example>"))
    contacts = [row[0] for row in await hub.rows("SELECT DISTINCT contact FROM conversation")]
    async with hub.office.admin() as admin:
        same = {"contact": contacts[1], "evidence": "said so"}
        assert (await admin.post(f"contacts/{contacts[0]}/same", same)).status == 200
        found = (await admin.post("trace", {"what": CUSTOMER})).json
        assert (found["matter"]["id"], len(found["found"])) == (own.id, 2)
        number = "\u2068+1 202-555-0199\u2069"  # else its groups stand in the wrong order
        assert (
            number in next(one for one in found["lines"] if one["what"] == "filed")["words"]["fa"]
        )
        unknown = (await admin.post("trace", {"what": "SM" + "9" * 32})).json
        assert [line["what"] for line in unknown["lines"]] == ["arrived", "signature", "outcome"]


async def test_a_trace_keeps_other_teams_matters_to_themselves(hub: Running) -> None:
    assert await hub.loop(message("a secret thing", sender="tel:+12025550177")) == 200
    hidden = await hub.conversation()
    await hub.office.run("user-add", email="sue@acme.example", role="supervisor")
    async with (
        hub.office.person("sue@acme.example") as sue,
        hub.office.person("one@acme.example") as one,
    ):
        assert (await one.post("trace", {"what": hidden.code})).status == 403
        trace = (await sue.post("trace", {"what": hidden.code})).json
        assert (await sue.post("trace", {"what": ""})).status == 400
    (found,) = trace["found"]
    assert found == {
        "kind": "code",
        "again": "",
        "words": {"en": "a matter with another team", "fa": "موضوعی نزد گروهی دیگر"},
        "hidden": True,
    }
    assert trace["lines"] == []
    assert trace["matter"] is None


async def test_exchanges_are_forgotten_a_few_at_a_time(db: Database) -> None:
    now = clock.now()
    old = exchanges.Attempt(
        delivery=1, channel=1, number=1, request_id="r", outcome="sent", words="", steps=(),
        took=1, at=0,
    )  # fmt: skip
    await db.write(exchanges.append, [old, old, old, replace(old, at=now)])
    before = now - exchanges.KEEP
    assert [await db.write(exchanges.prune, before, 2) for _ in range(3)] == [2, 1, 0]
    assert [row["at"] for row in await db.read(exchanges.of_delivery, 1)] == [now]
