"""Calendars in the store: declared, fed from outside, shown, and closed early."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web

from hub import calendars, clock, declare, declared, files
from hub.calendars.feeds import DAY, FEED_BYTES, HOUR, Calendars
from hub.control import CommandRefused
from hub.declared import DeclarationInvalid
from hub.keys import Keys
from hub.settings import Settings
from storage import calendars as stored
from storage.db import Database
from tests.hub import office
from tests.hub.office import Office

ROOT = Path(__file__).resolve().parents[2]
YEAR = datetime.now(UTC).year + 1
ICS = f"""BEGIN:VCALENDAR\r
VERSION:2.0\r
PRODID:-//x//y//EN\r
BEGIN:VEVENT\r
UID:1@example\r
DTSTART;VALUE=DATE:{YEAR}0501\r
SUMMARY:May Day\r
END:VEVENT\r
END:VCALENDAR\r
"""
MAY = date(YEAR, 5, 1)


# ---------------------------------------------------------------- declared


class Desk:
    """A store to apply files to."""

    def __init__(self, db: Database) -> None:
        self.db = db

    async def apply(self, text: str, *, prune: bool = False) -> list[str]:
        order = declare.Order(
            declared=declared.read(files.load(text)),
            keys=Keys(["k" * 40], b"r" * 32),
            prune=prune,
            now=1_000_000,
        )
        return await self.db.write(declare.apply, order)

    async def refused(self, text: str, *, prune: bool = False) -> list[str]:
        with pytest.raises(DeclarationInvalid) as caught:
            await self.apply(text, prune=prune)
        return [str(error) for error in caught.value.errors]


@pytest.fixture
async def desk(db: Database) -> Desk:
    found = Desk(db)
    await found.apply("queues: [{name: general}]")
    return found


FULL = """
calendars:
  - name: office
    zone: Asia/Tehran
    week: {sat: ["08:00-12:00", "13:00-17:00"], thu: ["08:00-12:00"]}
    holidays: [{country: IR, language: en_US}]
    feeds: ["https://calendar.example/holidays.ics"]
    exceptions:
      - {day: 1405-01-01, until: 1405-01-04, calendar: jalali, name: Nowruz}
      - {day: 12-24, open: ["08:00-10:00"]}
sla:
  - name: gold
    when: {tier: gold, queue: general, channel: email}
    answer: 10s
    first_reply: 4h
    warn: 75%
    target: 90
    calendar: office
    on_breach: {priority: 10m, queue: general, notify: [agent, supervisors]}
"""


async def test_a_file_is_applied_and_exported_and_applied(desk: Desk) -> None:
    assert await desk.apply(FULL) == ["add calendar office", "add sla gold"]
    assert await desk.apply(FULL) == []
    exported = await desk.db.read(declare.export)
    assert await desk.apply(exported) == []
    assert await desk.apply(exported, prune=True) == []
    given = files.load(FULL).value
    document = files.load(exported).value
    assert (document["calendars"], document["sla"]) == (given["calendars"], given["sla"])
    changed = FULL.replace("answer: 10s", "answer: 20s").replace("Asia/Tehran", "Asia/Kabul")
    assert await desk.apply(changed) == [
        "change calendar office (zone)",
        "change sla gold (answer)",
    ]
    assert await desk.apply("queues: [{name: general}]", prune=True) == [
        "remove calendar office",
        "remove sla gold",
    ]


@pytest.mark.parametrize(
    ("text", "errors"),
    [
        ("calendars: [{name: a, zone: Mars/Base}]", ["calendars[0].zone: there is no time zone Mars/Base"]),
        (
            "calendars: [{name: a, zone: UTC, week: {mon: ['09:00-12:00', '11:00-13:00']}}]",
            ["calendars[0].week.mon: 11:00-13:00 overlaps 09:00-12:00"],
        ),
        (
            "calendars: [{name: a, zone: UTC, holidays: [{country: DE, subdivision: XX}]}]",
            ["calendars[0].holidays[0].subdivision: DE has no XX"],
        ),
        (
            "calendars: [{name: a, zone: UTC, exceptions: [{day: 1404-12-30, calendar: jalali}]}]",
            ["calendars[0].exceptions[0].day: there is no such day in the jalali calendar: 1404-12-30"],
        ),
        (
            "calendars: [{name: a, zone: UTC, feeds: ['file:///etc/passwd']}]",
            ["calendars[0].feeds[0]: is not a web address: it begins with https://"],
        ),
        ("calendars: [{name: a, zone: UTC}, {name: a, zone: UTC}]", ["calendars[1].name: a is there twice"]),
        (
            "sla: [{name: a, calendar: nope, answer: 4h}]",
            ["sla[0].calendar: there is no calendar nope"],
        ),
        (
            "sla: [{name: a, when: {queue: nope, channel: pigeon}, answer: 4h, on_warn: {queue: no}}]",
            [
                "sla[0].when.queue: there is no queue nope",
                "sla[0].on_warn.queue: there is no queue no",
                "sla[0].when.channel: there is no channel or kind pigeon",
            ],
        ),
        (
            "sla: [{name: a}]",
            ["sla[0].name: a promises nothing: answer, first_reply, next_reply, resolution"],
        ),
        ("sla: [{name: a, answer: 4h, on_breach: {}}]", ["sla[0].on_breach: does nothing: priority, queue, notify"]),
        ("queues: [{name: general, calendar: nope}]", ["queues[0].calendar: there is no calendar nope"]),
        ("queues: [{name: general, sla: nope}]", ["queues[0].sla: there is no sla nope"]),
    ],
)  # fmt: skip
async def test_what_cannot_work_is_named_and_changes_nothing(
    desk: Desk, text: str, errors: list[str]
) -> None:
    before = await desk.db.read(declare.export)
    assert await desk.refused(text) == errors
    assert await desk.db.read(declare.export) == before


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("calendars: [{name: a, zone: UTC, week: {mon: ['09:00-12:00', 9-5]}}]", "calendars[0].week.mon[1]: write hours as 09:00-17:00"),
        ("calendars: [{name: a, zone: UTC, week: {monday: []}}]", "calendars[0].week.monday: is not known here"),
        ("calendars: [{name: a, zone: UTC, exceptions: [{day: 24.12.2026}]}]", "calendars[0].exceptions[0].day: write a day as YYYY-MM-DD"),
        ("sla: [{name: a, answer: soon}]", "sla[0].answer: write a duration with a unit"),
        ("sla: [{name: a, answer: 4h, warn: 80}]", "sla[0].warn: expected str, got int: put it in quotes"),
        ("sla: [{name: a, answer: 4h, warn: 0%}]", "sla[0].warn: write a share of the time as 80%"),
    ],
)  # fmt: skip
def test_a_wrong_file_is_refused_by_path(text: str, words: str) -> None:
    with pytest.raises(files.FileInvalid) as refused:
        declared.read(files.load(text))
    assert str(refused.value).startswith(words)


async def test_a_calendar_that_a_queue_keeps_is_not_removed(desk: Desk) -> None:
    await desk.apply(FULL)
    kept = "queues: [{name: general, calendar: office, sla: gold}]"
    assert await desk.apply(kept) == ["change queue general (calendar, sla)"]
    assert await desk.refused(kept, prune=True) == [
        "queues[0].calendar: there is no calendar office",
        "queues[0].sla: there is no sla gold",
    ]


@pytest.mark.parametrize("name", ["ir", "de", "us"])
async def test_the_calendars_that_come_along_can_be_applied(desk: Desk, name: str) -> None:
    text = (ROOT / "config" / "calendars" / f"{name}.yaml").read_text()
    assert await desk.apply(text)
    found = (await desk.db.read(calendars.load))[name]
    week = [bool(found.days.week[day]) for day in range(7)]
    assert week == ([True] * 4 + [False, True, True] if name == "ir" else [True] * 5 + [False] * 2)
    assert found.next_open(clock.now()) is not None


async def test_iran_works_from_saturday_and_half_of_thursday(desk: Desk) -> None:
    """Nowruz of 1405 is 21 March 2026, a Saturday; Sizdah Bedar (13 Farvardin) is 2 April."""
    await desk.apply((ROOT / "config" / "calendars" / "ir.yaml").read_text())
    iran = (await desk.db.read(calendars.load))["ir"]
    thursday, friday, saturday = (iran.view(date(2026, 5, day)) for day in (7, 8, 9))
    assert thursday.intervals < saturday.intervals
    assert friday.intervals == ()
    for day in (date(2026, 3, 21), date(2026, 4, 2)):
        assert iran.view(day).intervals == ()


# ---------------------------------------------------------------- fed from outside


@dataclass(slots=True)
class Provider:
    """A web server with one feed."""

    url: str = ""
    body: bytes = ICS.encode()
    status: int = 200
    asked: list[dict[str, str]] = field(default_factory=list)

    async def serve(self, request: web.Request) -> web.Response:
        self.asked.append(dict(request.headers))
        if self.status != 200:
            return web.Response(status=self.status)
        if request.headers.get("If-None-Match") == '"1"':
            return web.Response(status=304)
        return web.Response(body=self.body, headers={"ETag": '"1"'})

    async def moved(self, _request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/holidays.ics"})

    async def lost(self, _request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "http://169.254.169.254/latest"})

    async def loop(self, _request: web.Request) -> web.Response:
        return web.Response(status=302, headers={"Location": "/loop"})


@asynccontextmanager
async def serving() -> AsyncIterator[Provider]:
    provider = Provider()
    app = web.Application()
    app.router.add_get("/holidays.ics", provider.serve)
    app.router.add_get("/moved", provider.moved)
    app.router.add_get("/lost", provider.lost)
    app.router.add_get("/loop", provider.loop)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        host, port = runner.addresses[0][:2]
        provider.url = f"http://{host}:{port}"
        yield provider
    finally:
        await runner.cleanup()


class Fed:
    """A store, a provider, and the loop that asks it, on a clock of its own."""

    def __init__(self, desk: Desk, provider: Provider, settings: Settings) -> None:
        self.desk = desk
        self.provider = provider
        host = provider.url.removeprefix("http://")
        self.keeper = Calendars(desk.db, replace(settings, allow_hosts=frozenset({host})))
        # one day in thirty is for reading anew what has not changed
        self.now = clock.now() // (30 * DAY) * 30 * DAY + DAY
        self.keeper.now = lambda: self.now

    async def declare(self, path: str = "/holidays.ics") -> None:
        await self.desk.apply(
            "calendars: [{name: office, zone: UTC, week: {sat: ['09:00-17:00'], sun: ['09:00-17:00'],"
            " mon: ['09:00-17:00'], tue: ['09:00-17:00'], wed: ['09:00-17:00'],"
            f" thu: ['09:00-17:00'], fri: ['09:00-17:00']}}, feeds: ['{self.provider.url}{path}']}}]"
        )

    async def day(self, day: date = MAY) -> tuple[str, str]:
        found = (await self.desk.db.read(calendars.load))["office"].view(day)
        return found.source, found.name

    async def error(self) -> str:
        (row,) = await self.desk.db.read(stored.feeds)
        return str(row["error"])


@pytest.fixture
async def fed(desk: Desk, tmp_path: Path) -> AsyncIterator[Fed]:
    async with serving() as provider:
        yield Fed(desk, provider, office.settings_for(tmp_path))


async def test_a_feed_is_fetched_daily_and_asked_for_what_is_new(fed: Fed) -> None:
    await fed.declare()
    assert await fed.day() == ("week", "")
    await fed.keeper.fetch()
    assert await fed.day() == ("feed", "May Day")
    await fed.keeper.fetch()
    assert len(fed.provider.asked) == 1
    version = (await fed.desk.db.read(stored.by_name, "office") or {})["version"]
    fed.now += DAY
    await fed.keeper.fetch()
    assert fed.provider.asked[1]["If-None-Match"] == '"1"'
    assert await fed.day() == ("feed", "May Day")
    assert (await fed.desk.db.read(stored.by_name, "office") or {})["version"] == version
    fed.now += 28 * DAY  # read anew, so that what recurs goes on
    await fed.keeper.fetch()
    assert "If-None-Match" not in fed.provider.asked[2]


@pytest.mark.parametrize(
    ("status", "body", "words"),
    [
        (500, b"", "500"),
        (404, b"", "404"),
        (200, b"<html>sign in</html>", "is not an iCalendar file"),
        (200, b"x" * (FEED_BYTES + 1), "is larger than"),
        (200, ICS.replace("SUMMARY", "RRULE:FREQ=SECONDLY\r\nSUMMARY").encode(), "more often"),
    ],
)
async def test_old_days_stay_where_a_feed_fails_and_the_error_is_kept(
    fed: Fed, status: int, body: bytes, words: str
) -> None:
    await fed.declare()
    await fed.keeper.fetch()
    fed.now += 29 * DAY
    fed.provider.status, fed.provider.body = status, body
    await fed.keeper.fetch()
    assert words in await fed.error()
    assert await fed.day() == ("feed", "May Day")
    asked = len(fed.provider.asked)
    await fed.keeper.fetch()
    assert len(fed.provider.asked) == asked  # not at once
    fed.now += HOUR
    fed.provider.status, fed.provider.body = 200, ICS.replace("May Day", "Labour Day").encode()
    fed.now += 29 * DAY - HOUR + DAY
    await fed.keeper.fetch()
    assert (await fed.error(), await fed.day()) == ("", ("feed", "Labour Day"))


async def test_an_hour_after_a_failure_it_is_tried_again(fed: Fed) -> None:
    await fed.declare()
    fed.provider.status = 503
    await fed.keeper.fetch()
    fed.now += HOUR
    fed.provider.status = 200
    await fed.keeper.fetch()
    assert (await fed.error(), await fed.day()) == ("", ("feed", "May Day"))


async def test_redirects_are_followed_and_guarded(fed: Fed) -> None:
    await fed.declare("/moved")
    await fed.keeper.fetch()
    assert await fed.day() == ("feed", "May Day")
    await fed.declare("/lost")
    await fed.keeper.fetch()
    assert await fed.error() == "169.254.169.254 is not a public address"
    assert await fed.day() == ("week", "")  # the days went with the address that is no longer named
    await fed.declare("/loop")
    await fed.keeper.fetch()
    assert await fed.error() == "too many redirects"


async def test_a_feed_inside_is_refused_unless_allowed(fed: Fed, tmp_path: Path) -> None:
    await fed.declare()
    keeper = Calendars(fed.desk.db, office.settings_for(tmp_path))
    await keeper.fetch()
    assert await fed.error() == "127.0.0.1 is not a public address"
    assert fed.provider.asked == []


# ---------------------------------------------------------------- shown, and closed early


TODAY = datetime.now(UTC).isoformat()
CONFIG = """
queues: [{name: general}]
agents: [{email: one@acme.example, queues: [general]}, {email: boss@acme.example, role: supervisor}]
calendars:
  - name: always
    zone: Asia/Tehran
    week: {mon: &d ["00:00-24:00"], tue: *d, wed: *d, thu: *d, fri: *d, sat: *d, sun: *d}
    feeds: ["https://127.0.0.1:9/none.ics"]
  - {name: never, zone: UTC}
sla:
  - {name: all, when: {}, first_reply: 4h, warn: 75%, target: 90, on_breach: {notify: [supervisors]}}
"""


@pytest.fixture
async def opened(tmp_path: Path, db_url: str) -> AsyncIterator[Office]:
    async with office.opened(tmp_path, db_url, CONFIG) as found:
        yield found


async def test_calendars_are_shown(opened: Office) -> None:
    async with opened.person("one@acme.example") as agent:
        answer = await agent.get("calendars")
        always, never = answer.json["items"]
        assert (always["name"], always["zone"], always["open_now"]) == (
            "always",
            "Asia/Tehran",
            True,
        )
        assert always["next_change_at"] is None
        assert len(always["days"]) == 60
        today = datetime.now(UTC).astimezone(ZoneInfo("Asia/Tehran")).date()
        assert always["days"][0] == {
            "day": today.isoformat(),
            "name": "",
            "closed": False,
            "intervals": ["00:00-24:00"],
            "source": "week",
        }
        assert (never["open_now"], never["next_change_at"]) == (False, None)
        policies = (await agent.get("sla-policies")).json["items"]
        assert [(one["name"], one["first_reply"], one["warn"]) for one in policies] == [
            ("all", "4h", "75%")
        ]
        denied = await agent.post("calendars/always/closed", {"from": "2026-01-01T00:00:00Z"})
        assert denied.status == 403


async def test_closed_today_from_now_to_the_end_of_the_day(opened: Office) -> None:
    now = datetime.now(UTC)
    async with opened.person("boss@acme.example") as boss:
        answer = await boss.post(
            "calendars/always/closed", {"from": now.isoformat(), "reason": "power cut"}
        )
        assert (answer.status, answer.json) == (200, {"recomputed": 0})
        always = (await boss.get("calendars")).json["items"][0]
        assert always["open_now"] is False
        (closure,) = always["closures"]
        assert closure["reason"] == "power cut"
        assert always["next_change_at"] == closure["ends_at"]
        end = datetime.fromisoformat(closure["ends_at"])
        assert now < end <= now + timedelta(days=1)
        today = always["days"][0]
        assert (today["source"], today["name"]) == ("today", "power cut")
        assert not opened.hub.desk.calendars["always"].open_at(clock.now())
        later = {"from": (now + timedelta(seconds=1)).isoformat(), "reason": "power cut, again"}
        again = await boss.post("calendars/always/closed", later)
        assert (again.status, again.json) == (200, {"recomputed": 0})
        row = await opened.hub.db.read(stored.by_name, "always")
        (closure,) = await opened.hub.db.read(stored.closures, row["id"])
        assert closure["reason"] == "power cut, again"
        assert (await boss.call("DELETE", "calendars/always/closed")).status == 200
        again = (await boss.get("calendars")).json["items"][0]
        assert (again["open_now"], again["closures"]) == (True, [])


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "from"),
        ({"from": "2026-01-01T00:00:00"}, "from"),
        ({"from": "soon"}, "from"),
        ({"from": "0001-01-01T00:00:00Z"}, "from"),
        ({"from": "9999-12-31T23:59:59Z"}, "from"),
        ({"from": TODAY, "until": "2026-01-01T00:00:00Z"}, "until"),
        ({"from": TODAY, "until": "9029-01-01T00:00:00Z"}, "until"),
        ({"from": TODAY, "until": "2026-01-03T00:00:00"}, "until"),
    ],
)
async def test_a_closure_that_makes_no_sense(
    opened: Office, body: dict[str, Any], field: str
) -> None:
    async with opened.person("boss@acme.example") as boss:
        answer = await boss.post("calendars/always/closed", body)
        assert answer.status == 400
        assert answer.json["errors"][0]["field"] == field


async def test_no_such_calendar(opened: Office) -> None:
    async with opened.person("boss@acme.example") as boss:
        answer = await boss.post("calendars/nope/closed", {"from": TODAY})
        assert answer.status == 404
        assert (await boss.call("DELETE", "calendars/nope/closed")).status == 404


async def test_a_running_hub_asks_its_feeds_and_shows_what_is_wrong(opened: Office) -> None:
    async with opened.person("boss@acme.example") as boss, opened.admin() as admin:
        while not (feeds := (await boss.get("calendars")).json["items"][0]["feeds"])[0]["error"]:
            pass
        whole = (await admin.get("calendars")).json["items"][0]["feeds"]
    error = "127.0.0.1 is not a public address"
    assert feeds == [{"url": "127.0.0.1", "fetched_at": None, "error": error}]  # may be a secret
    assert whole == [{**feeds[0], "url": "https://127.0.0.1:9/none.ics"}]


async def test_the_command_line_closes_and_reopens(opened: Office) -> None:
    assert await opened.run("calendars") == ["always: open (Asia/Tehran)", "never: closed (UTC)"]
    words = await opened.run("calendar-close", name="always", reason="power cut")
    assert words == "0 open deadlines worked out again"
    (line, _) = await opened.run("calendars")
    assert line.startswith("always: closed until ")
    assert not opened.hub.desk.calendars["always"].open_at(clock.now())
    assert await opened.run("calendar-reopen", name="always") == words
    assert (await opened.run("calendars"))[0] == "always: open (Asia/Tehran)"
    later = await opened.run("calendar-close", name="always", **{"from": "23:58", "until": "23:59"})
    assert later == words


@pytest.mark.parametrize(
    ("args", "said"),
    [
        ({"name": "nope"}, "there is no calendar nope"),
        ({"name": "always", "from": "9 am"}, "from: write 14:00 for today"),
        ({"name": "always", "from": "14:00", "until": "13:00"}, "until: is not after from"),
    ],
)
async def test_a_command_that_makes_no_sense(
    opened: Office, args: dict[str, str], said: str
) -> None:
    with pytest.raises(CommandRefused, match=said):
        await opened.run("calendar-close", **args)
