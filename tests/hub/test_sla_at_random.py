"""Whatever people do, in whatever order: what must always hold of promises, on both engines."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from typing import Any

import pytest

from hub import actions, calendars, compose
from hub.compose import Author, Draft
from storage import calendars as stored
from storage.db import Row, Tx
from tests.hub.running import Running
from tests.hub.test_sla import HOUR, MINUTE, OFFICE, Promised, at

POLICY = """
sla:
  - {name: all, when: {}, answer: 1h, first_reply: 8h, next_reply: 2h, resolution: 30h, calendar: office}
"""
OPEN = ("running", "paused")
STEPS = 40
ACTS = ("writes", "replies", "program", "note", "resolves", "reopens", "snoozes", "wakes", "closes")


@dataclass(slots=True)
class Walk:
    """One matter, somebody at the dice, and the plainest account of its time."""

    office: Promised
    dice: random.Random
    talk: int = 0
    status: str = ""
    since: int = 0
    worked: int = 0
    """Business time while it was ours to resolve, up to ``since``."""
    number: int = field(default=0)

    async def begin(self) -> None:
        self.talk = await self.office.writes()
        self.status, self.since = "open", self.office.moment

    async def step(self) -> None:
        self.office.set(self.office.moment + self.dice.randrange(8 * HOUR // MINUTE) * MINUTE)
        await self.office.due()
        self.number += 1
        act = self.dice.choice(ACTS)
        await getattr(self, act)()
        await self.check(act)

    # ------------------------------------------------------------ acts

    async def writes(self) -> None:
        assert await self.office.writes(f"word {self.number}") == self.talk

    async def replies(self) -> None:
        await self.office.hub.reply(self.talk, "hi", key=f"reply-{self.number}")

    async def program(self) -> None:
        robot = Author(None, "robot", "token:1", "token:1")
        draft = Draft(conversation=self.talk, text="beep", client_key=f"robot-{self.number}")
        await self.office.hub.write(
            compose.reply, self.office.hub.hub.channels, draft, robot, now=self.office.moment
        )

    async def note(self) -> None:
        await self.act(actions.note, "look", client_key=f"note-{self.number}")

    async def resolves(self) -> None:
        await self.act(actions.resolve)

    async def reopens(self) -> None:
        await self.act(actions.reopen, desk=self.office.hub.hub.desk)

    async def snoozes(self) -> None:
        if self.status not in ("resolved", "spam"):
            await self.office.hub.write(
                actions.snooze,
                self.talk,
                self.office.moment + 1000 * HOUR,
                self.office.hub.author(),
                self.office.hub.hub.desk,
                now=self.office.moment,
            )

    async def wakes(self) -> None:
        await self.office.hub.write(
            actions.wake, self.talk, self.office.hub.hub.desk, now=self.office.moment
        )

    async def closes(self) -> None:
        """From some time to come on: what has been stays as it was."""
        first = self.office.moment + self.dice.randrange(1, 20) * HOUR
        last = first + self.dice.randrange(1, 10) * HOUR

        def close(tx: Tx) -> None:
            row = stored.by_name(tx, "office")
            assert row is not None
            stored.close(tx, row["id"], first, last, reason="", by="t", now=self.office.moment)
            calendars.recompute_some(tx, calendars.load(tx)["office"], self.office.moment)

        await self.office.hub.write(close)
        await self.office.hub.hub.reconfigure()

    async def act(self, act: Any, *args: Any, **more: Any) -> None:
        await self.office.hub.do(act, self.talk, *args, **more)

    # ------------------------------------------------------------ what must hold

    async def check(self, act: str) -> None:
        calendar = (await self.office.hub.read(calendars.load))["office"]
        now = self.office.moment
        if self.status in ("open", "snoozed"):
            self.worked += calendar.between(self.since, now)
        self.since = now
        (row,) = await self.office.hub.rows("SELECT * FROM conversation WHERE id = :c", c=self.talk)
        self.status = row["status"]
        rows = await self.office.rows(self.talk)
        replies = [one for one in rows if one["kind"] != "resolution"]
        owed = {one["kind"] for one in replies if one["state"] in OPEN}
        assert len(owed) == sum(one["state"] in OPEN for one in replies), act
        (resolution,) = [one for one in rows if one["kind"] == "resolution"]
        expected = {"open": "running", "snoozed": "running", "pending": "paused"}
        assert resolution["state"] == expected.get(self.status, "met"), act
        if self.status == "resolved":
            assert owed == set(), act
        if act == "replies":
            assert owed == set()
        if row["waiting_since"] is not None and self.status != "pending":
            assert owed, act
        if "next_reply" in owed:
            started = [one["started_at"] for one in replies if one["state"] in OPEN]
            assert row["waiting_since"] is None or min(started) <= row["waiting_since"]
        used = resolution["used"]
        if self.status in ("open", "snoozed"):
            used += calendar.between(resolution["started_at"], now)
        else:
            stopped = resolution["paused_at"] or resolution["met_at"]
            used += calendar.between(resolution["started_at"], stopped)
        assert used == self.worked, act
        self._due(rows, calendar)

    def _due(self, rows: list[Row], calendar: Any) -> None:
        for one in rows:
            if one["state"] == "running":
                left = max(one["target"] - one["used"], 0)
                assert one["due_at"] == calendar.add(one["started_at"], left)
                if one["due_at"] > self.office.moment:
                    assert one["breached_at"] is None or one["used"]


@pytest.mark.parametrize("seed", range(6))
async def test_promises_hold_whatever_happens(hub: Running, seed: int) -> None:
    office = Promised(hub)
    await office.apply(OFFICE + POLICY)
    office.set(at("2026-03-25 08:00"))
    walk = Walk(office, random.Random(seed))
    await walk.begin()
    for _ in range(STEPS):
        await walk.step()
