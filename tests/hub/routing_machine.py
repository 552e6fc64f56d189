"""Routing over a real store, step by step on a virtual clock: what ``test_routing_stateful`` drives.

The router is the production one without its loop: it is told the events and takes its steps when
the machine says so, so that any crash and any order of events can happen in between.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from types import MappingProxyType
from typing import Any, TypeVar

import msgspec

from hub import actions, queue
from hub.compose import Author
from hub.desk import Desk
from hub.router import Router
from hub.router.picture import EVERYBODY
from hub.store import FINISHERS
from hub.timers import World, due_acts
from routing.plan import Need, Plan, Step
from routing.rules import compile_rules
from storage import agents, conversations, events, queues, skills, work_items
from storage.db import Database, Row, Tx
from storage.errors import ClaimLost
from storage.work_items import Turn

T = TypeVar("T")
SECOND = 1_000_000
OPTIONS: dict[str, dict[str, Any]] = {
    "asked": {"modes": {"*": "ask"}, "offer_seconds": 20},
    "pushed": {"modes": {"*": "push"}, "wrap_up_seconds": 15, "when_nobody": "overflow",
               "overflow": "pulled"},
    "pulled": {"modes": {"*": "pull"}},
    "letters": {"modes": {"*": "push"}, "interruptible": ["mail"]},
}  # fmt: skip
KINDS = {"sms": 30, "mail": 40, "call": 100}
AGENTS = 4
SKILL = "french"


class Machine:
    """A store, its router, its timers, and short words for what happens."""

    def __init__(self, url: str) -> None:
        self.runner = asyncio.Runner()
        self.url = url
        self.now = 1_000_000 * SECOND
        self.number = 0
        self.seq = 0
        self.run(self._open())
        self.router = self._router()
        self.zombies: list[int] = []
        """Epochs that are over."""
        self.run(self.router._take_over())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    async def _open(self) -> None:
        self.db = await Database.open(self.url, finishers=FINISHERS)
        await self.db.write(_furnish, self.now)
        self.desk = await self.db.read(_desk)
        self.seq = await self.db.read(events.last_seq)

    def _router(self) -> Router:
        router = Router(self.db, lambda: self.desk, "machine")
        router.now = lambda: self.now
        return router

    def close(self) -> None:
        self.run(self.db.close())
        self.runner.close()

    # ---------------------------------------------------------------- acting

    def write(self, fn: Callable[..., T], *args: Any, **kwargs: Any) -> T:
        return self.run(self.db.write(fn, *args, **kwargs))

    def attempt(self, fn: Callable[..., Any], *args: Any, **kwargs: Any) -> bool:
        """Do it; False if it was not possible any more, and then nothing has happened."""
        try:
            self.write(fn, *args, **kwargs)
        except (ClaimLost, actions.NotPossible):
            return False
        return True

    def rows(self, sql: str, **params: Any) -> list[Row]:
        return self.run(self.db.read(lambda tx: tx.all(sql, **params)))

    def arrive(self, name: str, kind: str, plan: Plan, *, ago: int) -> None:
        """A new customer writes."""
        self.number += 1
        self.write(
            _arrive, self.desk, name, kind, plan, self.number, self.now - ago * SECOND, now=self.now
        )

    def write_again(self, conversation: int) -> None:
        """A customer writes once more: a new turn, unless one is under way."""
        self.write(_write_again, self.desk, conversation, now=self.now)

    def answer(self, conversation: int, agent: int) -> None:
        """An agent replies."""
        self.write(_answer, conversation, agent, now=self.now)

    def author(self, agent: int) -> Author:
        return Author(agent, f"agent {agent}", f"agent:{agent}", f"user:{agent}")

    def pass_time(self, seconds: int) -> None:
        """Time passes, and what is due is done."""
        self.now += seconds * SECOND
        for act in self.run(self.db.read(due_acts, self._world())):
            self.attempt(act)

    def _world(self) -> World:
        channels = [row["id"] for row in self.rows("SELECT id FROM channel")]
        live = {True: frozenset(channels), False: frozenset[int]()}
        return World(self.desk, live, frozenset(), self.now)

    # ---------------------------------------------------------------- the router

    def route(self) -> None:
        """The router hears of all that was committed, and acts until nothing is left to do."""
        self.run(self._route())

    async def _route(self) -> None:
        busy = True
        while busy:
            batch = await self.db.read(events.since, self.seq)
            busy = await self._hear(batch)

    async def _hear(self, batch: list[Row]) -> bool:
        """Tell the router of these events and let it act; whether that was anything."""
        router = self.router
        if batch:
            self.seq = batch[-1]["seq"]
            router.listen(batch)
        busy = bool(batch) or not router.idle
        await router._step()
        while router._flying:
            busy = True
            await router._wake.wait()
            router._wake.clear()
        return busy

    def hear_late(self) -> None:
        """One step with only a part of what happened heard of."""

        async def part() -> None:
            await self._hear((await self.db.read(events.since, self.seq))[:3])

        self.run(part())

    def crash(self) -> None:
        """The router dies, with claims on their way; the next one begins from the tables."""

        async def die() -> None:
            batch = await self.db.read(events.since, self.seq)
            self.router.listen(batch)
            await self.router._step()  # its claims are submitted, and nobody hears of them

        self.run(die())
        self.zombies.append(self.router.epoch)
        self.router = self._router()
        self.seq = self.run(self.db.read(events.last_seq))
        assert self.run(self.router._take_over())
        self.router._agents.add(EVERYBODY)


def _furnish(tx: Tx, now: int) -> None:
    for kind in KINDS:
        tx.run("INSERT INTO channel (name, kind, created_at) VALUES (:kind, :kind, 0)", kind=kind)
    names = {
        name: queues.save(
            tx, name=name, title="{}", visible_to="everyone",
            options=msgspec.json.encode(options).decode(), now=now,
        )
        for name, options in OPTIONS.items()
    }  # fmt: skip
    skills.save(tx, name=SKILL, title="{}", now=now)
    for number in range(1, AGENTS + 1):
        email = f"a{number}@acme.example"
        user = tx.insert(
            "INSERT INTO user_account (email, name, role, created_at) VALUES (:e, :e, 'agent', 0)",
            e=email,
        )
        limits = '{"sms": 2}' if number == 1 else "{}"
        agent = queues.save_agent(tx, user=user, capacity=100, limits=limits, now=now)
        serves = [name for n, name in enumerate(names) if (n + number) % 3]
        queues.serve(tx, agent, serves, now)
        if number % 2:
            skills.give(tx, agent, {SKILL: number + 1}, now=now)


def _desk(tx: Tx) -> Desk:
    rows = queues.listed(tx)
    names = {row["name"]: row["id"] for row in rows}
    rest = [{"id": "rest", "when": {}, "then": {"queue": "pulled"}}]
    return Desk(
        1,
        compile_rules(rest, queues=names),
        MappingProxyType({row["id"]: queue.read(row) for row in rows}),
        MappingProxyType(names),
    )


def plans(desk: Desk) -> list[Plan]:
    """Some ways to wait."""
    return [
        Plan(),
        Plan((Step(require=(Need(SKILL, 4),), lasts=10 * SECOND), Step(require=(Need(SKILL),)))),
        Plan((Step(lasts=10 * SECOND),), overflow=desk.names["letters"]),
        Plan((Step(require=(Need(SKILL, 5),)),), overflow=desk.names["asked"]),
        Plan((Step(lasts=5 * SECOND), Step(also_queues=(desk.names["letters"],)))),
    ]


def _arrive(
    tx: Tx, desk: Desk, name: str, kind: str, plan: Plan, number: int, since: int, *, now: int
) -> None:
    channel = tx.value("SELECT id FROM channel WHERE name = :name", name=kind)
    contact = tx.insert("INSERT INTO contact (name, folded, created_at) VALUES ('x', 'x', 0)")
    identity = tx.insert(
        "INSERT INTO identity (uri, contact, source, created_at) VALUES (:uri, :c, 'api', 0)",
        uri=f"tel:+{number}",
        c=contact,
    )
    conversation = conversations.create(
        tx, contact=contact, identity=identity, channel=channel, status="open", subject="",
        queue=desk.names[name], priority=0, waiting_since=since, follows=None,
        code=f"{number:08d}", now=now,
    )  # fmt: skip
    row = conversations.get(tx, conversation)
    assert row is not None
    _wait(tx, desk, row, plan, since, now=now)


def _wait(tx: Tx, desk: Desk, row: Row, plan: Plan, since: int, *, now: int) -> None:
    known = desk.queues[row["queue"]]
    kind = tx.value("SELECT kind FROM channel WHERE id = :id", id=row["channel"])
    turn = Turn(
        conversation=row["id"], channel=row["channel"], queue=known.id, mode=known.modes["*"],
        units=KINDS[kind], order_key=since, rule_version=1,
        preferred_agent=row["agent"] or row["last_agent"],
        plan=msgspec.json.encode(plan.as_json()).decode(), step_until=plan.ends_at(0, now),
        interruptible=kind in known.interruptible, target=45 * SECOND,
    )  # fmt: skip
    work_items.enqueue(tx, turn, now=now)


def _write_again(tx: Tx, desk: Desk, conversation: int, *, now: int) -> None:
    row = conversations.get(tx, conversation)
    if row is None or row["status"] == "resolved":
        return
    since = row["waiting_since"] or now
    tx.run(
        "UPDATE conversation SET status = 'open', waiting_since = :s WHERE id = :id",
        s=since, id=conversation,
    )  # fmt: skip
    _wait(tx, desk, row, Plan(), since, now=now)


def _answer(tx: Tx, conversation: int, agent: int, *, now: int) -> None:
    row = conversations.get(tx, conversation)
    if row is None or row["status"] == "resolved":
        return
    item = work_items.live_of(tx, conversation)
    if item is not None:
        work_items.end(tx, item, "completed", answered=True, now=now)
    conversations.answered(
        tx, conversation, agent=agent, channel=row["channel"], identity=row["identity"], now=now
    )
    agents.answered(tx, agent)
