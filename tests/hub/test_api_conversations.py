"""The API about conversations: find, read, answer, hand over; who may see and do what."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.hub.office import Caller, Office, opened


@pytest.fixture
async def office(tmp_path: Path, db_url: str) -> AsyncIterator[Office]:
    async with opened(tmp_path, db_url) as found:
        yield found


async def _conversation(caller: Caller, **params: Any) -> dict[str, Any]:
    items = (await caller.get("conversations", **params)).json["items"]
    assert items
    found: dict[str, Any] = items[0]
    return found


async def test_a_message_is_on_the_timeline_of_its_sender(office: Office) -> None:
    fields = await office.customer_writes("Hello, is anybody there?")
    async with office.admin() as admin:
        found = (await admin.get("contacts", identity="tel:+12025550199")).json
        assert found["next"] is None
        (contact,) = found["items"]
        assert contact["identities"][0]["uri"] == "tel:+12025550199"
        assert len(contact["conversations"]) == 1
        timeline = (await admin.get(f"contacts/{contact['id']}/timeline")).json["items"]
        entry = timeline[-1]
        assert entry["kind"] == "message"
        assert entry["direction"] == "in"
        assert entry["channel"] == "sms"
        assert entry["provider_id"] == fields["MessageSid"]
        assert entry["text"] == "Hello, is anybody there?"
        assert entry["at"].endswith("Z")
        ledger = (await admin.get("ledger")).json
        assert ledger == {"stored": 1, "duplicate": 0, "rejected": 0, "failed": 0, "ignored": 0}
        (raw,) = (await admin.get("raw-events", channel="sms", state="stored")).json["items"]
        assert raw["provider_id"] == fields["MessageSid"]
        detail = (await admin.get(f"raw-events/{raw['id']}")).json
        assert "Body=Hello" in detail["body"]
        shown = [value for name, value in detail["headers"] if name == "X-Twilio-Signature"]
        assert shown == ["****"]
        (queue,) = [
            one for one in (await admin.get("queues")).json["items"] if one["name"] == "general"
        ]
        assert queue["waiting"] == 1
        assert queue["oldest"].endswith("Z")


@pytest.mark.parametrize(
    ("header", "shown"),
    [
        ("X-Hub-Signature-256", "****"),
        ("X-Telegram-Bot-Api-Secret-Token", "****"),
        ("I-Twilio-Idempotency-Token", "****"),
        ("User-Agent", "proof"),
    ],
)
async def test_what_proves_who_a_provider_is_is_not_shown(
    office: Office, header: str, shown: str
) -> None:
    await office.customer_writes("Hello")
    headers = json.dumps([[header, "proof"]])
    await office.hub.db.write(lambda tx: tx.run("UPDATE raw_request SET headers = :h", h=headers))
    async with office.admin() as admin:
        (raw,) = (await admin.get("raw-events", channel="sms")).json["items"]
        assert (await admin.get(f"raw-events/{raw['id']}")).json["headers"] == [[header, shown]]


async def test_an_answer_with_the_same_key_is_the_same_answer(office: Office) -> None:
    await office.customer_writes("Hello")
    async with office.person("one@acme.example") as one:
        matter = await _conversation(one)
        path = f"conversations/{matter['id']}"
        assert (await one.post(f"{path}/take")).json["agent"]["name"] == "One"
        body = {"text": "Hi", "client_key": "k1"}
        first = await one.post(f"{path}/reply", body)
        again = await one.post(f"{path}/reply", body)
        assert first.status == again.status == 201
        assert first.json["id"] == again.json["id"]
        assert first.json["delivery"]["state"] in {"queued", "sending", "deferred"}
        assert first.json["actor"] == {"kind": "agent", "id": matter["id"], "name": "One"} | {
            "id": first.json["actor"]["id"]
        }
        after = (await one.get(path)).json
        assert after["status"] == "pending"
        assert after["waiting_since"] is None


async def test_a_program_answers_too(office: Office) -> None:
    await office.customer_writes("Hello")
    async with office.admin() as admin:
        matter = await _conversation(admin)
        path = f"conversations/{matter['id']}"
        answer = await admin.post(f"{path}/reply", {"text": "Hi", "client_key": "k1"})
        assert answer.status == 201, answer.text
        assert answer.json["actor"]["kind"] == "hub"
        note = await admin.post(f"{path}/note", {"text": "note", "client_key": "k2"})
        assert note.json["kind"] == "note"
        assert (await admin.post(f"{path}/transfer", {"queue": "sales"})).status == 200
        assert (await admin.post(f"{path}/resolve")).json["status"] == "resolved"
        assert (await admin.post(f"{path}/reopen")).json["status"] == "open"
        assert (await admin.post(f"{path}/take")).status == 403


async def test_a_reply_says_who_wrote_meanwhile(office: Office) -> None:
    await office.customer_writes("Hello")
    async with office.person("one@acme.example") as one:
        matter = await _conversation(one)
        path = f"conversations/{matter['id']}"
        seen = (await one.get(path)).json["seen_seq"]
        await office.customer_writes("One more thing")
        body = {"text": "Hi", "client_key": "k1", "seen_seq": seen}
        stopped = await one.post(f"{path}/reply", body)
        assert stopped.status == 409
        assert [entry["text"] for entry in stopped.json["new"]] == ["One more thing"]
        body["seen_seq"] = (await one.get(path)).json["seen_seq"]
        assert (await one.post(f"{path}/reply", body)).status == 201
        # what I wrote myself stops nobody
        more = {"text": "And", "client_key": "k2", "seen_seq": body["seen_seq"]}
        assert (await one.post(f"{path}/reply", more)).status == 201


async def test_what_cannot_be_sent_is_said_by_field(office: Office) -> None:
    await office.customer_writes("Hello")
    async with office.person("one@acme.example") as one:
        path = f"conversations/{(await _conversation(one))['id']}"
        for body, field in (
            ({"text": " ", "client_key": "k"}, "text"),
            ({"text": "x"}, "client_key"),
            ({"text": "x", "client_key": "k", "channel": "nope"}, "channel"),
            ({"text": "x", "client_key": "k", "to": ["mailto:nope"]}, "to[0]"),
            ({"text": "x", "client_key": "k", "files": [99]}, "files"),
            ({"text": "x", "client_key": "k", "zap": 1}, "zap"),
            ({"text": 3, "client_key": "k"}, "text"),
            ({"text": "x", "client_key": "k", "seen_seq": 2**70}, "seen_seq"),
        ):
            answer = await one.post(f"{path}/reply", body)
            assert answer.status == 400, (body, answer.text)
            assert answer.json["errors"][0]["field"] == field
            assert answer.headers["Content-Type"].startswith("application/problem+json")


async def test_a_queue_of_its_members_is_hidden_from_others(office: Office) -> None:
    await office.customer_writes("I want an offer")
    async with (
        office.person("one@acme.example") as one,
        office.person("two@acme.example") as two,
    ):
        matter = await _conversation(two, view="waiting")
        assert matter["queue"]["name"] == "sales"
        path = f"conversations/{matter['id']}"
        (entry,) = (await two.get(f"{path}/entries")).json["items"][-1:]
        assert (await one.get("conversations")).json["items"] == []
        for method, at in (
            ("GET", path),
            ("GET", f"{path}/entries"),
            ("GET", f"{path}/explain"),
            ("GET", f"entries/{entry['id']}"),
            ("POST", f"{path}/take"),
            ("POST", f"{path}/resolve"),
            ("POST", f"{path}/seen"),
        ):
            body = {"entry": entry["id"]} if at.endswith("seen") else {}
            assert (await one.call(method, at, json=body)).status == 404, at
        contact = matter["contact"]["id"]
        assert (await one.get(f"contacts/{contact}/timeline")).status == 404
        assert (await two.get(f"contacts/{contact}/timeline")).json["items"]


async def test_a_colleagues_matter_is_moved_by_supervisors_only(office: Office) -> None:
    await office.customer_writes("Hello")
    await office.run("user-add", email="boss@acme.example", role="supervisor")
    async with (
        office.person("one@acme.example") as one,
        office.person("two@acme.example") as two,
        office.person("boss@acme.example") as boss,
    ):
        path = f"conversations/{(await _conversation(one))['id']}"
        assert (await one.post(f"{path}/take")).status == 200
        assert (await two.post(f"{path}/take")).status == 409
        assert (await two.post(f"{path}/resolve")).status == 403
        me = (await two.get("me")).json["agent"]["id"]
        moved = await boss.post(f"{path}/transfer", {"agent": me, "note": "yours"})
        assert moved.json["agent"]["name"] == "Two"
        assert (await two.get("conversations", view="mine")).json["items"][0]["agent"]["id"] == me
        for body in ({}, {"queue": "general", "agent": me}, {"queue": "nope"}, {"agent": 99}):
            assert (await boss.post(f"{path}/transfer", body)).status == 400


async def test_drafts_and_what_i_have_read(office: Office) -> None:
    await office.customer_writes("Hello")
    async with office.person("one@acme.example") as one:
        matter = await _conversation(one)
        path = f"conversations/{matter['id']}"
        assert matter["unread"] is True
        draft = {"text": "Dear", "mode": "note", "channel": None}
        assert (await one.call("PUT", f"{path}/draft", json=draft)).status == 204
        assert (await one.get(path)).json["draft"] == draft
        last = (await one.get(f"{path}/entries")).json["items"][0]["id"]
        assert (await one.post(f"{path}/seen", {"entry": last})).status == 204
        assert (await _conversation(one))["unread"] is False
        assert (await one.post(f"{path}/seen", {"entry": 999})).status == 400
        await one.post(f"{path}/reply", {"text": "Hi", "client_key": "k"})
        assert (await one.get(path)).json["draft"] is None
        assert (await one.post(f"{path}/typing")).status == 204


async def test_snoozing_needs_a_time_to_come(office: Office) -> None:
    await office.customer_writes("Hello")
    async with office.person("one@acme.example") as one:
        path = f"conversations/{(await _conversation(one))['id']}"
        for until in ("2020-01-01T00:00:00Z", "2099-01-01T00:00:00", "tomorrow"):
            answer = await one.post(f"{path}/snooze", {"until": until})
            assert answer.status == 400, until
            assert answer.json["errors"][0]["field"] == "until"
        snoozed = await one.post(f"{path}/snooze", {"until": "2099-01-01T00:00:00+03:30"})
        assert snoozed.json["snoozed_until"] == "2098-12-31T20:30:00Z"


async def test_pages_go_on_where_they_ended(office: Office) -> None:
    await asyncio.gather(
        *(office.customer_writes("Hello", sender=f"+1202555{n:04}") for n in range(100, 107))
    )
    async with office.admin() as admin:
        for path in ("conversations", "contacts", "raw-events"):
            seen: list[int] = []
            cursor: str | None = None
            while True:
                params = {"limit": 3} | ({"cursor": cursor} if cursor else {})
                page = (await admin.get(path, **params)).json
                seen += [item["id"] for item in page["items"]]
                cursor = page["next"]
                if cursor is None:
                    break
            assert len(seen) == len(set(seen)) == 7, path
            other = "raw-events" if path != "raw-events" else "contacts"
            page = (await admin.get(path, limit=3)).json
            assert (await admin.get(other, cursor=page["next"])).status == 400


async def test_why_it_went_there(office: Office) -> None:
    await office.customer_writes("I want an offer")
    async with office.person("two@acme.example") as two:
        path = f"conversations/{(await _conversation(two))['id']}"
        await two.post(f"{path}/take")
        why = (await two.get(f"{path}/explain")).json
        assert why["decisions"][0]["rule"] == "sales"
        assert why["turns"][0]["state"] == "active"
        assert why["assignments"][0]["agent"]["name"] == "Two"
        assert (await two.get(path)).json["decision"]["rule"] == "sales"


async def test_a_person_is_found_by_name_in_any_script(office: Office) -> None:
    await office.customer_writes("Hello")
    async with office.person("one@acme.example") as one:
        contact = (await _conversation(one))["contact"]["id"]
        named = await one.call("PATCH", f"contacts/{contact}", json={"name": "علی كريمي 100%"})
        assert named.json["name"] == "علی كريمي 100%"
        for words in ("کریمی", "علي", "100%", "2025550199"):
            found = (await one.get("contacts", q=words)).json["items"]
            assert [item["id"] for item in found] == [contact], words
        assert (await one.get("contacts", q="1_0")).json["items"] == []
        assert (await one.get("contacts", q="a", identity="tel:+1")).status == 400


@pytest.mark.parametrize("view", ["mine", "queue", "all", "waiting"])
async def test_every_view_works_for_everybody(office: Office, view: str) -> None:
    await office.customer_writes("Hello")
    async with office.admin() as admin, office.person("one@acme.example") as one:
        for caller in (admin, one):
            for params in ({}, {"queue": "general"}, {"status": "open"}):
                answer = await caller.get("conversations", view=view, **params)
                assert answer.status == 200
                expected = 0 if view == "mine" else 1
                assert len(answer.json["items"]) == expected
        assert (await admin.get("conversations", queue="nope")).status == 400
