"""Rules tried without consequence: by the API and as typed."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.hub.office import CONFIG, Office, opened

RULES = """
- id: sales
  when: {field: text, contains: offer}
  then: {queue: sales, mode: pull}
- id: rest
  when: {}
  then: {queue: general, mode: pull}
"""
DRAFT = """
- id: loud
  when: {all: [{field: channel, eq: sms}, {field: text, contains_all: [refund, now]}]}
  then: {queue: sales, priority: +300s, tags: [loud], sla: {answer: 10s, target: 90}}
  plan:
  - {prefer: [{last_agent: 30d}, {agent: two@acme.example}], for: 15s}
  - {also_queues: [general], then_offer: message, for: 1m}
  - {overflow: general}
- id: rest
  when: {}
  then: {queue: general}
"""


@pytest.fixture
async def office(tmp_path: Path, db_url: str) -> AsyncIterator[Office]:
    async with opened(tmp_path, db_url) as found:
        yield found


async def counts(office: Office) -> dict[str, int]:
    """How many rows every table has."""

    def read(tx: Any) -> dict[str, int]:
        names = [
            "contact", "identity", "conversation", "timeline_entry", "decision", "work_item",
            "event", "audit", "claim", "rule_set", "automatic_send", "sla_deadline",
        ]  # fmt: skip
        return {name: tx.value(f"SELECT COUNT(*) FROM {name}") for name in names}

    return await office.hub.db.read(read)


# ---------------------------------------------------------------- one message


async def test_a_message_is_tried_and_nothing_is_written(office: Office) -> None:
    await office.customer_writes("hello", sender="+12025550111")
    async with office.admin() as admin:
        before = await counts(office)
        given = {"channel": "sms", "from": "+1 (202) 555-0111", "text": "A REFUND, now!"}
        answer = await admin.post("rules/try", {**given, "body": DRAFT})
        assert answer.status == 200, answer.text
        tried = answer.json
        assert tried["queue"] == "sales"
        assert tried["decision"]["rule"] == "loud"
        assert tried["decision"]["sla"] == {"answer": 10, "target": 90}
        assert tried["plan"] == [
            {"prefer": [{"last_agent": 2_592_000}, {"agent": "two@acme.example"}], "for": 15},
            {"also_queues": ["general"], "for": 60, "then_offer": "message"},
        ]
        assert tried["decision"]["overflow"] == "general"
        assert tried["words"]["en"][0] == "Rule “loud” sent it to queue “sales”."
        assert tried["words"]["fa"]
        assert tried["context"]["contact.known"] is True
        assert tried["context"]["conversation.status"] == "open"
        assert tried["context"]["sender"] == "tel:+12025550111"
        published = (await admin.post("rules/try", {**given, "text": "my offer"})).json
        assert (published["queue"], published["decision"]["rule"]) == ("sales", "sales")
        stranger = (await admin.post("rules/try", {**given, "from": "+12025550177"})).json
        assert stranger["context"]["contact.known"] is False
        assert await counts(office) == before


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"channel": "pigeon"}, "channel"),
        ({"from": "nobody at all@"}, "from"),
        ({"body": "- {id: a, when: {field: zap, eq: 1}, then: {queue: general}}"}, "rules[0]"),
    ],
)
async def test_what_cannot_be_tried_says_why(
    office: Office, change: dict[str, str], field: str
) -> None:
    async with office.admin() as admin:
        given = {"channel": "sms", "from": "+12025550111", "text": "x"}
        answer = await admin.post("rules/try", {**given, **change})
        assert answer.status == 400
        assert answer.json["errors"][0]["field"].startswith(field)


async def test_only_who_may_change_rules_tries_them(office: Office) -> None:
    async with office.person("one@acme.example") as one:
        for path in ("try", "dry-run", "tests"):
            assert (await one.post(f"rules/{path}", {})).status == 403
        assert (await one.get("rules/schema")).status == 200


async def test_queues_as_they_stand_can_be_asked_for(office: Office) -> None:
    await office.customer_writes("hello", sender="+12025550111")
    busy = "- {id: busy, when: {field: queue.general.waiting, ge: 1}, then: {queue: sales}}\n"
    body = f"{busy}- {{id: rest, when: {{field: queue.calendar, eq: open}}, then: {{queue: general}}}}\n"
    body += "- {id: last, when: {}, then: {queue: general}}\n"
    async with office.admin() as admin:
        given = {"channel": "sms", "from": "+12025550111", "text": "x", "body": body}
        tried = (await admin.post("rules/try", given)).json
        assert tried["decision"]["rule"] == "busy"
        assert tried["context"]["queue.general.waiting"] == 1
        assert tried["context"]["queue.general.calendar"] == "open"
        published = await admin.post("rules/publish", {"body": body})
        assert published.status == 200, published.text
        await office.customer_writes("hello", sender="+12025550112")
        assert (await admin.get("conversations", queue="sales")).json["items"]


HOURS = """
calendars: [{name: office, zone: Europe/Berlin, week: {mon: ["09:00-17:00"]}}]
queues: [{name: general, calendar: office}, {name: sales, visible_to: members}]
"""
CLOSED = """
- id: closed
  when: {field: queue.calendar, eq: closed}
  then: {deflect: {to: callback, at: next_open}, tags: [late]}
- {id: office, when: {field: calendar.office, eq: open}, then: {queue: sales}}
- {id: rest, when: {}, then: {queue: general}}
"""


async def test_opening_hours_are_those_of_the_moment(office: Office) -> None:
    await office.run("apply", text=HOURS)
    async with office.admin() as admin:
        given = {"channel": "sms", "from": "+12025550111", "text": "x", "body": CLOSED}
        monday = {**given, "at": "2026-11-23T10:00:00+01:00"}
        tried = (await admin.post("rules/try", monday)).json
        assert (tried["decision"]["rule"], tried["queue"]) == ("office", "sales")
        sunday = {**given, "at": "2026-11-22T10:00:00+01:00"}
        tried = (await admin.post("rules/try", sunday)).json
        assert (tried["decision"]["rule"], tried["queue"]) == ("closed", "general")
        assert tried["decision"]["deflect"] == {
            "to": "callback",
            "at": "next_open",
            "keep_place": True,
        }
        tests = """
- name: on Monday
  given: {channel: sms, at: "2026-11-23T10:00:00+01:00"}
  expect: {queue: sales}
- name: on Sunday
  given: {channel: sms, at: "2026-11-22T10:00:00+01:00"}
  expect: {rule: closed, deflect: {to: callback, at: next_open}}
"""
        run = (await admin.post("rules/tests", {"tests": tests, "body": CLOSED})).json
        assert (run["passed"], run["failed"]) == (2, 0), run
        await office.customer_writes("hello", sender="+12025550111")
        run = (await admin.post("rules/dry-run", {"body": CLOSED})).json
        assert (run["total"], run["undecided"]) == (1, 0)  # today's calendars answer for then


# ---------------------------------------------------------------- past days


async def test_the_rules_that_chose_are_named_and_not_the_last_that_matched(
    office: Office,
) -> None:
    early = "- {id: early, when: {field: text, contains: two}, then: {queue: sales}, stop: false}\n"
    rest = "- {id: rest, when: {}, then: {queue: general}}"
    async with office.admin() as admin:
        assert (await admin.post("rules/publish", {"body": early + rest})).status == 200
        await office.customer_writes("two", sender="+12025550111")
        run = (await admin.post("rules/dry-run", {"body": rest})).json
    (item,) = run["items"]
    assert (item["old_queue"], item["old_rule"]) == ("sales", "early")
    assert (item["new_queue"], item["new_rule"]) == ("general", "rest")


async def test_past_messages_are_run_through_a_draft(office: Office) -> None:
    await office.customer_writes("refund now", sender="+12025550111")
    await office.customer_writes("refund", sender="+12025550112")
    await office.customer_writes("an offer", sender="+12025550113")
    async with office.admin() as admin:
        before = await counts(office)
        answer = await admin.post("rules/dry-run", {"body": DRAFT, "days": 7})
        assert answer.status == 200, answer.text
        run = answer.json
        assert await counts(office) == before
    assert (run["version"], run["total"], run["same"], run["changed"]) == (1, 3, 1, 2)
    assert run["undecided"] == 0
    assert not run["cut"]
    moves = {(move["from"], move["to"]): move["count"] for move in run["moves"]}
    assert moves == {("general", "sales"): 1, ("sales", "general"): 1}
    newest = run["items"][0]
    assert (newest["old_rule"], newest["new_rule"]) == ("sales", "rest")
    assert newest["channel"] == "sms"
    assert newest["contact"]["id"]


async def test_what_was_not_kept_then_leaves_it_undecided(office: Office) -> None:
    await office.customer_writes("refund now", sender="+12025550111")
    await office.customer_writes("hello", sender="+12025550111")
    vip = "- {id: vip, when: {all: [{field: text, contains: refund}, {field: contact.tier, eq: vip}]}, then: {queue: sales}}\n"
    body = vip + "- {id: rest, when: {}, then: {queue: general}}\n"
    async with office.admin() as admin:
        run = (await admin.post("rules/dry-run", {"body": body, "days": 1})).json
        assert (run["total"], run["same"], run["undecided"]) == (2, 1, 1)
        assert run["unknown"] == [{"field": "contact.attributes.tier", "count": 1}]
        await admin.post("rules/publish", {"body": body})
        await office.customer_writes("refund please", sender="+12025550111")
        run = (await admin.post("rules/dry-run", {"body": body, "days": 1})).json
        assert (run["total"], run["same"], run["undecided"]) == (3, 2, 1)


async def test_what_was_asked_is_kept_without_what_was_written(office: Office) -> None:
    await office.customer_writes("a secret refund", sender="+12025550111")

    def kept(tx: Any) -> str:
        return str(tx.value("SELECT inputs FROM decision ORDER BY id DESC LIMIT 1"))

    stored = await office.hub.db.read(kept)
    assert '"channel":"sms"' in stored
    assert "secret" not in stored
    assert "2025550111" not in stored


async def test_what_people_said_of_themselves_is_taken_from_then(office: Office) -> None:
    await office.customer_writes("hello", sender="+12025550111")
    said = """
        INSERT INTO claim (contact, conversation, entry, kind, value, folded, source, at)
        SELECT contact, conversation, id + :later, 'seats', :seats, :seats, 'test', 1
        FROM timeline_entry
    """
    await office.hub.db.write(lambda tx: tx.run(said, later=0, seats="12"))
    await office.hub.db.write(lambda tx: tx.run(said, later=1, seats="3"))
    body = "- {id: many, when: {field: claims.seats, ge: 10}, then: {queue: sales}}\n"
    body += "- {id: rest, when: {}, then: {queue: general}}\n"
    async with office.admin() as admin:
        run = (await admin.post("rules/dry-run", {"body": body})).json
    assert (run["changed"], run["items"][0]["new_rule"]) == (1, "many")


async def test_decisions_from_before_anything_was_kept_are_open(office: Office) -> None:
    await office.customer_writes("refund now", sender="+12025550111")
    await office.hub.db.write(lambda tx: tx.run("UPDATE decision SET inputs = '{}'"))
    async with office.admin() as admin:
        run = (await admin.post("rules/dry-run", {"body": DRAFT})).json
    assert (run["total"], run["undecided"]) == (1, 1)
    assert {"auto", "bounce"} <= {unknown["field"] for unknown in run["unknown"]}


async def test_the_dry_run_agrees_with_intake(office: Office) -> None:
    for number, text in enumerate(["offer", "OFFER!", "off er", "پیشنهاد", ""]):
        await office.customer_writes(text or "?", sender=f"+1202555012{number}")
    async with office.admin() as admin:
        run = (await admin.post("rules/dry-run", {"body": RULES, "days": 1})).json
    assert (run["total"], run["same"]) == (5, 5)


# ---------------------------------------------------------------- tests of rules

TESTS = """
- name: loud
  given: {channel: sms, from: "+12025550111", text: "a refund NOW"}
  expect:
    queue: sales
    rule: loud
    priority: 5m
    tags: [loud]
    sla: {answer: 10s, target: 90}
    plan:
    - {prefer: [{last_agent: 30d}, {agent: two@acme.example}], for: 15s}
    - {also_queues: [general], then_offer: message, for: 60s}
    overflow: general
- name: wrong
  given: {channel: sms, text: hello}
  expect: {queue: sales, route: none}
- name: automatic
  given: {channel: sms, headers: {Auto-Submitted: auto-replied}, contact: {tier: vip}}
  expect: {route: none, rule: hub:automatic, queue: null}
"""


async def test_tests_of_rules_pass_and_fail(office: Office) -> None:
    async with office.admin() as admin:
        answer = await admin.post("rules/tests", {"tests": TESTS, "body": DRAFT})
        assert answer.status == 200, answer.text
        run = answer.json
        assert (run["passed"], run["failed"]) == (2, 1)
        wrong = run["results"][1]
        assert wrong == {
            "name": "wrong",
            "ok": False,
            "expected": {"queue": "sales", "route": "none"},
            "got": {"queue": "general", "route": "some", "rule": "rest"},
        }


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("- {name: a, given: {channel: sms}}", "expect"),
        (
            "- {name: a, given: {channel: sms, contact: {shoe: 3}}, expect: {rule: r}}",
            "contact.shoe",
        ),
        (
            "- {name: a, given: {channel: sms, fields: {queue.q.oldest: 5}}, expect: {rule: r}}",
            "duration",
        ),
        ("- {name: a, given: {channel: sms}, expect: {priority: 5}}", "(line 1)"),
        ("- {name: a, given: {channel: sms}, expect: {sla: {anser: 5s}}}", "did you mean answer"),
        (
            "- {name: a, given: {channel: sms, at: 2026-01-01T00:00:00}, expect: {rule: r}}",
            "(line 1)",
        ),
        (
            "- {name: a, given: {channel: fax}, expect: {rule: r}}",
            "given.channel: there is no channel fax",
        ),
        ("- {name: a, given: {channel: sms}, expect: {}}", "expect: says nothing"),
        ("", "there is no test in it"),
        ("tests: []", "there is no test in it"),
    ],
)
async def test_wrong_tests_are_refused(office: Office, text: str, words: str) -> None:
    async with office.admin() as admin:
        answer = await admin.post("rules/tests", {"tests": text})
        assert answer.status == 400
        assert words in answer.json["errors"][0]["reason"]


# ---------------------------------------------------------------- versions


async def test_nobody_publishes_over_somebody_else(office: Office) -> None:
    async with office.admin() as admin:
        one = await admin.post("rules/publish", {"body": DRAFT, "base": 1, "note": "mine"})
        assert one.json["version"] == 2
        late = await admin.post("rules/publish", {"body": RULES, "base": 1})
        assert (late.status, late.json["version"]) == (409, 2)
        again = await admin.post("rules/versions/1/publish", {"note": "back"})
        assert (again.json["version"], again.json["note"]) == (3, "back")
        first = (await admin.get("rules/versions/1")).json
        assert first["body"] == again.json["body"]
        assert (await admin.get("rules/versions/9")).status == 404
        assert (await admin.post("rules/versions/9/publish", {})).status == 404


async def test_an_old_version_must_still_hold(office: Office) -> None:
    config = CONFIG.split("rules:")[0].replace("- {name: sales, visible_to: members}", "")
    config = config.replace("queues: [general, sales]", "queues: [general]")
    async with office.admin() as admin:
        await admin.post(
            "rules/publish", {"body": "- {id: rest, when: {}, then: {queue: general}}"}
        )
        await office.run("apply", text=config, prune=True)
        refused = await admin.post("rules/versions/1/publish", {})
        assert refused.status == 400
        assert "there is no queue sales" in refused.json["errors"][0]["reason"]
        assert "(rule sales)" in refused.json["errors"][0]["reason"]


async def test_the_schema_has_what_an_editor_completes(office: Office) -> None:
    async with office.admin() as admin:
        schema = (await admin.get("rules/schema")).json
    assert {"general", "sales"} == set(schema["queues"])
    assert schema["channels"] == ["sms"]
    fields = {field["name"]: field for field in schema["fields"]}
    assert fields["queue.calendar"]["choices"] == ["open", "closed"]
    assert fields["contact.tier"]["words"]["fa"]
    assert "within" in schema["operators"]["address"]
    assert schema["schema"]["$defs"]["Rule"]
