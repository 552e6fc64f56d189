"""Promises on a running hub: what begins, keeps, pauses and breaks them, on both engines."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from connectors.contract import Raw, Uri
from hub import actions, calendars, clock, compose, filing, frames, handling
from hub.case import Case
from hub.compose import Author, Draft
from hub.intake import parse
from hub.sla import escalation
from storage import calendars as stored
from storage import links, sla_deadlines
from storage.db import Row, Tx
from tests.hub.running import Running, letter, message

MINUTE = 60_000_000
HOUR = 60 * MINUTE
OFFICE = """
calendars:
  - name: office
    zone: Europe/Berlin
    week: {mon: &work ["09:00-12:00", "13:00-17:00"], tue: *work, wed: *work, thu: *work, fri: *work}
    holidays: [{country: DE}]
"""
ALWAYS = ", ".join(
    f'{day}: ["00:00-24:00"]' for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
)
STANDARD = (
    OFFICE
    + """
sla:
  - {name: standard, when: {}, first_reply: 8h, next_reply: 2h, resolution: 16h, calendar: office}
"""
)


def at(text: str) -> int:
    """``2026-04-02 15:30`` UTC, in microseconds."""
    moment = datetime.fromisoformat(text).replace(tzinfo=UTC)
    return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def said(micros: int | None) -> str | None:
    if micros is None:
        return None
    found = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=micros)
    return found.strftime("%m-%d %H:%M")


@dataclass(slots=True)
class Promised:
    """A hub at a moment of one's own, and what it has promised."""

    hub: Running
    moment: int = at("2026-04-02 13:30")  # a Thursday before Easter; 15:30 in Berlin

    def __post_init__(self) -> None:
        self.set(self.moment)

    def set(self, moment: int | str) -> None:
        self.moment = at(moment) if isinstance(moment, str) else moment
        inner = self.hub.hub
        inner.clock = inner.intake.now = lambda: self.moment
        inner.timers.now = lambda: 0  # the test does what is due

    async def apply(self, text: str) -> list[str]:
        lines: list[str] = await self.hub.office.run("apply", text=text)
        return lines

    async def writes(self, text: str = "hello", **more: Any) -> int:
        await self.hub.loop(message(text, **more))
        return max(one.id for one in await self.hub.conversations())

    async def rows(self, conversation: int) -> list[Row]:
        return await self.hub.rows(
            "SELECT * FROM sla_deadline WHERE conversation = :c ORDER BY id", c=conversation
        )

    async def states(self, conversation: int) -> dict[str, tuple[str, str | None]]:
        """Kind -> (state, due)."""
        rows = await self.rows(conversation)
        return {row["kind"]: (row["state"], said(row["due_at"])) for row in rows}

    async def due(self) -> None:
        """Do what is due, as the timers do."""
        for row in await self.hub.read(sla_deadlines.due, self.moment):
            await self.hub.write(escalation.fire, row["id"], self.hub.hub.desk, now=self.moment)

    async def events(self, *kinds: str) -> list[Row]:
        rows = await self.hub.rows("SELECT * FROM event WHERE kind LIKE 'sla.%' ORDER BY seq")
        return [row for row in rows if row["kind"] in kinds]


@pytest.fixture
async def office(hub: Running) -> Promised:
    found = Promised(hub)
    await found.apply(STANDARD)
    return found


# ---------------------------------------------------------------- what begins them


async def test_a_day_by_hand_over_a_holiday_and_a_weekend(office: Promised) -> None:
    """Thursday 15:30 in Berlin plus 8 h: Good Friday, a weekend and Easter Monday are closed, so
    Tuesday 16:30 (14:30 UTC). Plus 16 h: 1.5 h on Thursday, 7 h on Tuesday and on Wednesday, and
    half an hour on Thursday. The warning for the reply comes after 6.4 h: Tuesday 14:54."""
    talk = await office.writes()
    assert await office.states(talk) == {
        "first_reply": ("running", "04-07 14:30"),
        "resolution": ("running", "04-09 07:30"),
    }
    first = (await office.rows(talk))[0]
    assert said(first["warn_at"]) == "04-07 12:54"
    (view,) = [one for one in await office.hub.conversations() if one.id == talk]
    (shown, _) = view.deadlines
    assert (shown.kind, shown.state, shown.calendar, shown.policy) == (
        "first_reply",
        "running",
        "office",
        "standard",
    )
    assert shown.due_at == datetime(2026, 4, 7, 14, 30, tzinfo=UTC)
    assert not shown.warned
    assert not shown.breached


async def test_the_turn_aims_at_what_is_promised(office: Promised) -> None:
    talk = await office.writes()
    item = await office.hub.item(talk)
    assert item["target"] == at("2026-04-07 14:30") - office.moment
    assert {row["work_item"] for row in await office.rows(talk)} == {item["id"]}


async def test_more_words_before_an_answer_promise_nothing_more(office: Promised) -> None:
    talk = await office.writes()
    before = await office.states(talk)
    office.set("2026-04-07 08:00")
    await office.writes("still there?")
    assert await office.states(talk) == before


async def test_nothing_is_promised_without_a_policy_or_a_turn(office: Promised) -> None:
    quiet = await office.writes("quiet please")  # route: none
    assert await office.rows(quiet) == []
    await office.apply("sla: [{name: standard, first_reply: 8h}]")  # only where it is named
    talk = await office.writes(sender="tel:+12025550155")
    assert await office.rows(talk) == []


@pytest.mark.parametrize(
    ("row", "policy", "kinds"),
    [
        ("sla: strict", "strict", {"answer": 60 * 1_000_000}),
        ("sla: {first_reply: 4h, calendar: office}", "rule:rest", {"first_reply": 4 * HOUR}),
    ],
)
async def test_a_rule_says_it_itself(
    office: Promised, row: str, policy: str, kinds: dict[str, int]
) -> None:
    """And a move to a queue with a policy of its own does not change it."""
    await office.apply(
        "sla: [{name: strict, answer: 60s}, {name: elsewhere, when: {queue: pushed}, answer: 1h}]\n"
        f"rules: [{{id: rest, when: {{}}, then: {{queue: general, {row}}}}}]"
    )
    talk = await office.writes()
    rows = await office.rows(talk)
    assert {one["kind"]: one["target"] for one in rows} == kinds
    assert {one["policy"] for one in rows} == {policy}
    await _move(office, talk, "pushed")
    assert {one["policy"] for one in await office.rows(talk)} == {policy}


async def test_queue_channel_and_tier_choose(office: Promised) -> None:
    await office.apply(
        """
        sla:
          - {name: by-queue, when: {queue: pushed}, first_reply: 3h}
          - {name: by-channel, when: {channel: safe}, first_reply: 2h}
          - {name: gold, when: {tier: gold, channel: loopback}, first_reply: 1h}
        """
    )
    plain = await office.writes()
    pushed = await office.writes("push", sender="tel:+12025550150")
    await office.hub.loop(message(sender="tel:+12025550151"), channel="safe")
    safe = max(one.id for one in await office.hub.conversations())
    known = await office.writes(sender="tel:+12025550152")
    await _tier(office, known, "gold")
    await office.hub.do(actions.resolve, known)
    office.set(office.moment + 400 * 24 * HOUR)
    gold = await office.writes(sender="tel:+12025550152")
    assert gold != known
    taken = [(await office.rows(one))[0]["policy"] for one in (plain, pushed, safe, gold)]
    assert taken == ["standard", "by-queue", "by-channel", "gold"]


async def test_a_tier_is_the_persons_and_joining_people_moves_no_deadline(office: Promised) -> None:
    await office.apply("sla: [{name: gold, when: {tier: gold}, first_reply: 1h}]")
    first = await office.writes()
    await _tier(office, first, "gold")
    second = await office.writes(sender="tel:+12025550160")
    before = await office.states(second)
    people = [one.contact.id for one in await office.hub.conversations()]
    await office.hub.write(
        links.join, people[0], people[1], evidence="test", by="test", now=office.moment
    )
    assert await office.states(second) == before
    await office.hub.loop(message(sender="tel:+12025550160"), channel="safe")
    third = max(one.id for one in await office.hub.conversations())
    assert {row["policy"] for row in await office.rows(third)} == {"gold"}


async def _tier(office: Promised, conversation: int, tier: str) -> None:
    def set_tier(tx: Tx) -> None:
        tx.run(
            "UPDATE contact SET attributes = :a WHERE id = (SELECT contact FROM conversation"
            " WHERE id = :c)",
            a=msgspec.json.encode({"tier": tier}).decode(),
            c=conversation,
        )

    await office.hub.write(set_tier)


# ---------------------------------------------------------------- what keeps and pauses them


async def test_a_persons_reply_keeps_the_reply_and_pauses_the_resolution(office: Promised) -> None:
    """Half an hour used on Thursday; the customer answers on Wednesday at 10:00 in Berlin: 15.5 h
    are left, and two for the next reply. Pending for days has cost nothing."""
    talk = await office.writes()
    office.set("2026-04-02 14:00")
    await office.hub.reply(talk, "hi")
    assert await office.states(talk) == {
        "first_reply": ("met", "04-07 14:30"),
        "resolution": ("paused", None),
    }
    office.set("2026-04-08 08:00")
    await office.writes("one more thing")
    found = await office.states(talk)
    assert found["next_reply"] == ("running", "04-08 10:00")
    assert found["resolution"] == ("running", "04-10 09:30")
    office.set("2026-04-08 09:00")
    await office.writes("and another")
    assert (await office.states(talk))["next_reply"] == ("running", "04-08 10:00")
    await office.hub.reply(talk, "here")
    assert (await office.states(talk))["next_reply"][0] == "met"


async def test_an_answer_is_a_reply_and_not_an_agent_who_takes_it(office: Promised) -> None:
    await office.apply("sla: [{name: chat, when: {queue: general}, answer: 10s, first_reply: 1h}]")
    talk = await office.writes()
    await office.hub.do(actions.take, talk)
    assert {state for state, _ in (await office.states(talk)).values()} == {"running"}
    await office.hub.reply(talk, "hi")
    assert {state for state, _ in (await office.states(talk)).values()} == {"met"}


async def test_notes_snooze_and_programs_stop_nothing(office: Promised) -> None:
    talk = await office.writes()
    before = await office.states(talk)
    await office.hub.do(actions.note, talk, "look at this", client_key="note-1")
    await office.hub.do(actions.snooze, talk, office.moment + HOUR, office.hub.author())
    assert await office.states(talk) == before
    await office.hub.write(actions.wake, talk, office.hub.hub.desk, now=office.moment + HOUR)
    assert await office.states(talk) == before
    program = Author(None, "robot", "token:9", "token:9")
    draft = Draft(conversation=talk, text="we got it", client_key="robot-1")
    await office.hub.write(
        compose.reply, office.hub.hub.channels, draft, program, now=office.moment
    )
    assert (await office.states(talk))["first_reply"] == before["first_reply"]


async def test_a_mail_to_somebody_else_stops_nothing(office: Promised) -> None:
    await office.hub.mail(letter("Hello"))
    (talk,) = [one.id for one in await office.hub.conversations()]
    before = await office.states(talk)
    await office.hub.reply(talk, "can you help?", to=(Uri("mailto:expert@other.example"),))
    assert await office.states(talk) == before
    (shown,) = await office.hub.conversations()
    assert shown.status == "open"
    assert shown.waiting_since is not None
    await office.hub.reply(
        talk,
        "we asked",
        to=(Uri("mailto:expert@other.example"), Uri("mailto:ann@customer.example")),
    )
    assert (await office.states(talk))["first_reply"][0] == "met"


async def test_what_the_hub_sends_by_itself_stops_nothing(office: Promised) -> None:
    await office.apply(
        "templates: [{name: got-it, texts: {en: {text: We have it.}}}]\n"
        "rules: [{id: rest, when: {}, then: {queue: general, reply_template: got-it}}]"
    )
    office.set(clock.now())
    talk = await office.writes()
    before = await office.states(talk)

    async def sent() -> bool:
        return len(await office.hub.entries(talk)) == 2

    await office.hub.until(sent)
    assert await office.states(talk) == before
    assert before["first_reply"][0] == "running"


async def test_only_pending_pauses_a_resolution(office: Promised) -> None:
    talk = await office.writes()
    await office.hub.reply(talk, "hi")
    assert (await office.states(talk))["resolution"] == ("paused", None)
    await office.hub.write(
        actions.snooze,
        talk,
        at("2026-04-20 08:00"),
        office.hub.author(),
        office.hub.hub.desk,
        now=office.moment,
    )
    assert (await office.states(talk))["resolution"] == ("running", "04-09 07:30")


async def test_resolving_keeps_the_resolution_and_gives_the_reply_up(office: Promised) -> None:
    talk = await office.writes()
    await office.hub.do(actions.resolve, talk)
    states = await office.states(talk)
    assert (states["first_reply"][0], states["resolution"][0]) == ("cancelled", "met")


async def test_reopening_owes_what_was_owed(office: Promised) -> None:
    """The reply as it was: nothing but the calendar stops it. The resolution goes on from where it
    stopped: half an hour was used by Thursday 16:00, and closed time does not count."""
    talk = await office.writes()
    before = await office.states(talk)
    office.set("2026-04-02 14:00")
    await office.hub.do(actions.resolve, talk)
    office.set("2026-04-08 08:00")
    await office.hub.do(actions.reopen, talk, desk=office.hub.hub.desk)
    states = await office.states(talk)
    assert states["first_reply"] == before["first_reply"]
    assert states["resolution"] == ("running", "04-10 09:30")


async def test_a_customer_who_writes_again_reopens_the_resolution(office: Promised) -> None:
    talk = await office.writes()
    office.set("2026-04-02 14:00")
    await office.hub.reply(talk, "done")
    await office.hub.do(actions.resolve, talk)
    assert (await office.states(talk))["resolution"][0] == "met"
    office.set("2026-04-02 14:30")
    assert await office.writes("not at all") == talk
    states = await office.states(talk)
    assert states["resolution"][0] == "running"
    assert states["next_reply"] == ("running", "04-07 08:30")
    assert states["first_reply"][0] == "met"


async def test_spam_owes_nothing(office: Promised) -> None:
    talk = await office.writes()
    await office.hub.do(actions.spam, talk)
    assert {state for state, _ in (await office.states(talk)).values()} == {"cancelled"}


# ---------------------------------------------------------------- another queue


async def _move(office: Promised, talk: int, queue: str) -> None:
    await office.hub.write(
        actions.transfer_to_queue,
        talk,
        office.hub.queue(queue),
        office.hub.author(),
        office.hub.hub.desk,
        text="",
        now=office.moment,
    )


async def test_another_queue_another_policy_the_same_start(office: Promised) -> None:
    """Moved on Wednesday: the new hour counts from Thursday 15:30, so it is late already."""
    await office.apply("sla: [{name: quick, when: {queue: pushed}, first_reply: 1h, answer: 30m}]")
    talk = await office.writes()
    start = office.moment
    office.set("2026-04-08 08:00")
    await _move(office, talk, "pushed")
    rows = {row["kind"]: row for row in await office.rows(talk)}
    assert rows["first_reply"]["started_at"] == start
    assert rows["first_reply"]["due_at"] == start + HOUR
    assert rows["answer"]["due_at"] == start + HOUR // 2
    assert rows["resolution"]["state"] == "cancelled"  # the new policy does not promise it
    assert (await office.hub.item(talk))["target"] == HOUR // 2
    await _move(office, talk, "general")
    rows = {row["kind"]: row for row in await office.rows(talk)}
    assert said(rows["first_reply"]["due_at"]) == "04-07 14:30"


async def test_a_queue_without_a_policy_keeps_the_promise(office: Promised) -> None:
    await office.apply(
        "sla: [{name: standard, first_reply: 8h}, {name: quick, when: {queue: pushed}, answer: 1h}]"
    )
    talk = await office.writes("push")
    before = await office.states(talk)
    await _move(office, talk, "general")
    assert await office.states(talk) == before
    assert [row["policy"] for row in await office.rows(talk)] == ["quick"]


# ---------------------------------------------------------------- warnings and breaches


ESCALATING = """
sla:
  - name: standard
    when: {queue: general}
    first_reply: 1h
    warn: 50%
    on_warn: {priority: +600s, notify: [agent]}
    on_breach: {queue: secret, notify: [supervisors]}
"""


async def test_a_warning_and_a_breach_are_said_once_and_acted_on(office: Promised) -> None:
    await office.apply(ESCALATING)
    talk = await office.writes()
    start, before = office.moment, await office.hub.item(talk)
    office.set(start + 30 * MINUTE - 1)
    await office.due()
    assert await office.events("sla.warned") == []
    office.set(start + 30 * MINUTE)
    await office.due()
    (warned,) = await office.events("sla.warned")
    assert msgspec.json.decode(warned["data"]) == {
        "what": "first_reply",
        "policy": "standard",
        "due_at": start + HOUR,
        "notify": ["agent"],
    }
    assert (warned["conversation"], warned["queue"]) == (talk, office.hub.queue("general"))
    item = await office.hub.item(talk)
    assert item["order_key"] == before["order_key"] - 600 * 1_000_000
    office.set(start + HOUR)
    await office.due()
    await office.due()
    (breached,) = await office.events("sla.breached")
    assert msgspec.json.decode(breached["data"])["notify"] == ["supervisors"]
    item = await office.hub.item(talk)
    assert (item["queue"], item["hops"]) == (office.hub.queue("secret"), 1)
    log = await office.hub.rows("SELECT what, data FROM item_log ORDER BY id")
    assert [row["what"] for row in log] == ["priority", "overflow"]
    (row,) = [one for one in await office.hub.conversations() if one.id == talk]
    assert (row.deadlines[0].warned, row.deadlines[0].breached) == (True, True)
    await office.hub.reply(talk, "sorry", by="three")  # late is still owed, and then kept
    assert (await office.states(talk))["first_reply"][0] == "met"


async def test_a_head_start_for_a_late_turn_is_for_that_turn_only(office: Promised) -> None:
    await office.apply(ESCALATING)
    talk = await office.writes()
    office.set(office.moment + 30 * MINUTE)
    await office.due()
    late = await office.hub.item(talk)
    author = office.hub.author("one")
    await office.hub.write(handling.prioritise, late["id"], 0, author, now=office.moment)
    assert (await office.hub.item(talk))["order_key"] == late["entered_at"]
    await office.hub.reply(talk, "sorry")
    await office.writes()
    following = await office.hub.item(talk)
    assert following["id"] != late["id"]
    assert following["order_key"] == following["entered_at"]


async def test_a_turn_that_was_moved_too_often_stays_and_says_so(office: Promised) -> None:
    await office.apply(ESCALATING)
    talk = await office.writes()

    def moved(tx: Tx) -> None:
        tx.run("UPDATE work_item SET hops = 5 WHERE conversation = :c", c=talk)

    await office.hub.write(moved)
    office.set(office.moment + HOUR)
    await office.due()
    assert (await office.hub.item(talk))["queue"] == office.hub.queue("general")
    log = await office.hub.rows("SELECT data FROM item_log WHERE what = 'overflow'")
    data = msgspec.json.decode(log[0]["data"])
    assert (data["stays"], data["hops"], data["policy"]) == (True, 5, "standard")


async def test_who_works_on_it_is_not_robbed_of_it(office: Promised) -> None:
    await office.apply(ESCALATING)
    talk = await office.writes()
    await office.hub.do(actions.take, talk)
    office.set(office.moment + HOUR)
    await office.due()
    item = await office.hub.item(talk)
    assert (item["state"], item["queue"]) == ("active", office.hub.queue("general"))
    assert len(await office.events("sla.breached")) == 1


async def test_a_crash_between_timer_and_event_loses_nothing(office: Promised) -> None:
    """The mark and the event are one transaction: undone together, and done after the next start."""
    talk = await office.writes()
    office.set("2026-04-07 14:30")

    def dies(tx: Tx) -> None:
        for row in sla_deadlines.due(tx, office.moment):
            escalation.fire(tx, row["id"], office.hub.hub.desk, now=office.moment)
        raise RuntimeError("killed")

    with pytest.raises(RuntimeError):
        await office.hub.write(dies)
    assert await office.events("sla.warned", "sla.breached") == []
    await office.due()
    assert [row["kind"] for row in await office.events("sla.warned", "sla.breached")] == [
        "sla.warned",
        "sla.breached",
    ]
    assert (await office.rows(talk))[0]["breached_at"] == at("2026-04-07 14:30")


async def test_a_reply_that_is_late_is_a_breach_though_no_timer_came(office: Promised) -> None:
    talk = await office.writes()
    office.set("2026-04-07 15:00")
    await office.hub.reply(talk, "sorry")
    row = (await office.rows(talk))[0]
    assert (row["state"], row["breached_at"], row["met_at"]) == (
        "met",
        at("2026-04-07 14:30"),
        office.moment,
    )
    assert len(await office.events("sla.breached")) == 1
    await office.due()
    assert len(await office.events("sla.breached")) == 1


async def test_a_clock_that_goes_back_breaks_nothing(office: Promised) -> None:
    talk = await office.writes()
    office.set("2026-04-01 08:00")
    await office.hub.reply(talk, "early")
    office.set("2026-04-01 09:00")
    await office.writes("thanks")
    states = await office.states(talk)
    assert states["first_reply"][0] == "met"
    assert states["resolution"][0] == "running"
    assert (await office.rows(talk))[1]["used"] == 0


async def test_the_hubs_own_timers_do_it(hub: Running) -> None:
    """No virtual clock: a second's promise is warned of and broken by the loop itself."""
    await hub.office.run("apply", text="sla: [{name: now, when: {}, answer: 1s, warn: 50%}]")
    await hub.loop(message())

    async def said_both() -> bool:
        rows = await hub.rows("SELECT kind FROM event WHERE kind IN ('sla.warned', 'sla.breached')")
        return {row["kind"] for row in rows} == {"sla.warned", "sla.breached"}

    await hub.until(said_both)


# ---------------------------------------------------------------- another calendar


async def test_a_changed_calendar_moves_open_deadlines_and_says_how_many(office: Promised) -> None:
    one = await office.writes()
    two = await office.writes(sender="tel:+12025550170")
    done = await office.writes(sender="tel:+12025550171")
    await office.hub.do(actions.resolve, done)
    closed = OFFICE.split("week:", maxsplit=1)[0] + (
        'week: {tue: ["13:00-17:00"], wed: ["09:00-17:00"], thu: ["09:00-17:00"]}\n'
    )
    lines = await office.apply(closed)
    assert lines == [
        "change calendar office (week, holidays)",
        "calendar office: 4 open deadlines worked out again",
    ]
    # 1.5 h on Thursday, 4 h on Tuesday, 2.5 h on Wednesday
    for talk in (one, two):
        assert (await office.states(talk))["first_reply"] == ("running", "04-08 09:30")
    assert (await office.states(done))["first_reply"] == ("cancelled", "04-07 14:30")


async def test_closed_today_moves_deadlines_as_soon_as_it_is_said(office: Promised) -> None:
    """By the API, and so by the real clock: two hours of a calendar that is always open."""
    await office.apply(
        f"calendars: [{{name: always, zone: Asia/Tehran, week: {{{ALWAYS}}}}}]\n"
        "sla: [{name: standard, when: {}, first_reply: 1h, calendar: always}]"
    )
    office.set(clock.now())
    start = office.moment
    talk = await office.writes()
    until = datetime.now(UTC).replace(microsecond=0) + timedelta(hours=3)
    from_ = until - timedelta(hours=2, minutes=30)
    async with office.hub.office.caller(
        await office.hub.office.run("token", role="supervisor")
    ) as boss:
        body = {"from": from_.isoformat(), "until": until.isoformat(), "reason": "power cut"}
        answer = await boss.post("calendars/always/closed", body)
        assert (answer.status, answer.json) == (200, {"recomputed": 1})
        assert (await office.rows(talk))[0]["due_at"] == start + HOUR + 150 * MINUTE
        assert (await office.hub.item(talk))["target"] == HOUR + 150 * MINUTE  # it aims at that
        always = (await boss.get("calendars")).json["items"][0]
        assert [one["reason"] for one in always["closures"]] == ["power cut"]
        gone = await boss.call("DELETE", "calendars/always/closed")
        assert (gone.status, gone.json) == (200, {"recomputed": 1})
        assert (await office.rows(talk))[0]["due_at"] == start + HOUR
        assert (await office.hub.item(talk))["target"] == HOUR
    async with office.hub.office.caller(
        await office.hub.office.run("token", role="agent")
    ) as agent:
        assert (await agent.post("calendars/always/closed", body)).status == 403


async def test_a_breach_that_a_closed_day_undoes_is_taken_back(office: Promised) -> None:
    """Late since 16:30 in Berlin; at 17:00 somebody says that all of Tuesday was closed."""
    talk = await office.writes()
    office.set("2026-04-07 15:00")
    await office.due()
    assert (await office.rows(talk))[0]["breached_at"] is not None

    def closed(tx: Tx) -> int:
        row = stored.by_name(tx, "office")
        assert row is not None
        from_, until = at("2026-04-06 22:00"), at("2026-04-07 22:00")
        stored.close(tx, row["id"], from_, until, reason="", by="test", now=office.moment)
        return len(calendars.recompute_some(tx, calendars.load(tx)["office"], office.moment))

    assert await office.hub.write(closed) == 2
    row = (await office.rows(talk))[0]
    assert (said(row["due_at"]), row["breached_at"], row["warned_at"]) == (
        "04-08 14:30",
        None,
        None,
    )
    office.set("2026-04-08 14:30")
    await office.due()
    assert len(await office.events("sla.breached")) == 2


async def test_a_crash_before_the_deadlines_were_moved_is_made_good(office: Promised) -> None:
    """The calendar is changed and nothing else: whoever looks next finds them by its version."""
    talk = await office.writes()

    def changed(tx: Tx) -> None:
        row = stored.by_name(tx, "office")
        assert row is not None
        body = msgspec.json.decode(row["body"])
        del body["holidays"]
        tx.run(
            "UPDATE calendar SET body = :b, version = version + 1 WHERE id = :i",
            b=msgspec.json.encode(body).decode(),
            i=row["id"],
        )

    await office.hub.write(changed)
    assert await calendars.recompute(office.hub.hub.db) == {"office": 2}
    assert (await office.states(talk))["first_reply"] == ("running", "04-03 14:30")
    assert await calendars.recompute(office.hub.hub.db) == {}


async def test_a_queues_own_calendar_counts_where_the_policy_names_none(office: Promised) -> None:
    await office.apply(
        "queues: [{name: general, modes: {'*': pull}, calendar: office}]\n"
        "sla: [{name: standard, when: {}, first_reply: 8h}]"
    )
    talk = await office.writes()
    assert (await office.states(talk))["first_reply"] == ("running", "04-07 14:30")
    pushed = await office.writes("push", sender="tel:+12025550172")
    assert (await office.states(pushed))["first_reply"] == ("running", "04-02 21:30")


async def test_nobody_promises_what_cannot_be(office: Promised) -> None:
    """A calendar that never opens: nothing is due, and nothing is in the way of the message."""
    await office.apply(
        "calendars: [{name: never, zone: UTC}]\n"
        "sla: [{name: standard, when: {}, first_reply: 8h, calendar: never}]"
    )
    talk = await office.writes()
    assert (await office.states(talk))["first_reply"] == ("running", None)
    assert (await office.hub.item(talk))["state"] == "queued"


async def test_screens_are_told(office: Promised) -> None:
    """Who sees the conversation gets a frame of its own; whom it is for stands in it."""
    await office.apply(ESCALATING)
    talk = await office.writes()
    office.set(office.moment + HOUR)
    await office.due()
    events = await office.hub.rows("SELECT * FROM event WHERE kind LIKE 'sla.%' ORDER BY seq")
    filled = await office.hub.read(frames.fill, events, lambda entry: entry)
    told = [msgspec.json.decode(frame.body) for frame in filled.frames]
    assert [(one["kind"], one["data"]["notify"]) for one in told] == [
        ("sla.warned", ["agent"]),
        ("sla.breached", ["supervisors"]),
    ]
    assert told[0]["data"]["conversation"] == talk
    assert told[0]["data"]["due_at"] == "2026-04-02T14:30:00Z"
    assert {frame.conversation for frame in filled.frames} == {talk}


class _Recorder:
    """A transaction that notes what touches promises."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self.said: list[str] = []

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._tx, name)
        if name not in ("one", "all", "value", "run", "insert", "insert_new"):
            return found

        def noted(sql: str, /, **params: Any) -> Any:
            if "sla" in sql or "calendar" in sql:
                self.said.append(sql.split(maxsplit=1)[0])
            return found(sql, **params)

        return noted


async def _statements(hub: Running, *given: dict[str, Any]) -> list[str]:
    """What filing these messages, one after the other, asks the store about promises."""
    channel = hub.hub.channels.get("loop")
    assert channel is not None

    def filed(tx: Tx) -> list[str]:
        recorder = _Recorder(tx)
        for one in given:
            raw = Raw("webhook", "", (), "", json.dumps([one]).encode())
            case = Case(
                channel=channel,
                desk=hub.hub.desk,
                raw=raw,
                now=at("2026-04-02 13:30"),
            )
            filing.file_raw(recorder, case, parse(channel, raw))
        return recorder.said

    found: list[str] = await hub.write(filed)
    return found


async def test_a_message_costs_one_insert_where_something_is_promised(hub: Running) -> None:
    """And nothing where nothing is; a second message of the same turn costs nothing either."""
    assert await _statements(hub, message()) == []
    await Promised(hub).apply(STANDARD)
    both = (message(sender="tel:+12025550181"), message(sender="tel:+12025550181"))
    assert await _statements(hub, *both) == ["INSERT"]
