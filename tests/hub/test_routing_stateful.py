"""Any order of what customers, agents, time and crashes do: what must hold of the tables holds.

The invariants are those of the specification: one owner (I1), nothing lost and memory equal to the
tables (I2), capacity (I3), requirements of the step (I4), keys that never grow (I9), offers only to
who is there (I10), nothing from a router that is over (I11), counters that are the sums (I12), and
everything that entered is somewhere (I13).
"""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)

from hub import actions, handling, offering
from hub.router import routed
from routing.matching import How, Match, Standing
from storage import agents, skills, steps, work_items
from storage.db import Row, Tx
from storage.leases import StaleEpoch
from tests.hub.routing_machine import AGENTS, KINDS, OPTIONS, SECOND, SKILL, Machine, plans
from tests.hub.test_intake_stateful import _fresh

LIVE = "('queued', 'offered', 'connecting', 'active', 'held', 'deferred', 'wrapping')"
NAMES, WHO, ANY = st.sampled_from(sorted(OPTIONS)), st.integers(1, AGENTS), st.integers(0, 50)


class Desk(RuleBasedStateMachine):
    """A desk in any kind of trouble."""

    url: Callable[[], str]
    """Of a fresh store; set by the test."""

    @initialize()
    def begin(self) -> None:
        self.it = Machine(type(self).url())
        self.keys: dict[int, int] = {}
        self.offers = self.assignments = 0
        self.routed = False
        for agent in range(1, AGENTS + 1):
            self.presence(agent, "available", None)
        for number in range(3):
            self.arrive("asked", "sms", 0, number)
            self.arrive("letters", "mail", 0, number)
        self.route()

    def teardown(self) -> None:
        if hasattr(self, "it"):
            self.it.close()

    def _pick(self, rows: list[Row], number: int) -> Row | None:
        return rows[number % len(rows)] if rows else None

    def _item(self, number: int, states: str = LIVE) -> Row | None:
        found = self.it.rows(f"SELECT * FROM work_item WHERE state IN {states} ORDER BY id")
        return self._pick(found, number)

    def _offer(self, number: int) -> Row | None:
        found = self.it.rows("SELECT * FROM offer WHERE state = 'pending' ORDER BY id")
        return self._pick(found, number)

    # ---------------------------------------------------------------- customers

    @rule(name=NAMES, kind=st.sampled_from(sorted(KINDS)), plan=ANY, ago=st.integers(0, 60))
    def arrive(self, name: str, kind: str, plan: int, ago: int) -> None:
        choice = plans(self.it.desk)
        self.it.arrive(name, kind, choice[plan % len(choice)], ago=ago)

    @rule(number=ANY)
    def write_again(self, number: int) -> None:
        row = self._pick(self.it.rows("SELECT id FROM conversation ORDER BY id"), number)
        if row is not None:
            self.it.write_again(row["id"])

    @rule(number=ANY)
    def abandon(self, number: int) -> None:
        item = self._item(number, "('queued', 'offered')")
        if item is not None:
            self.it.attempt(work_items.end, item, "abandoned", now=self.it.now)

    # ---------------------------------------------------------------- agents

    @rule(agent=WHO, presence=st.sampled_from(["available", "available", "away", "offline"]),
          lease=st.sampled_from([None, 20]))  # fmt: skip
    def presence(self, agent: int, presence: str, lease: int | None) -> None:
        until = None if lease is None else self.it.now + lease * SECOND
        self.it.write(
            offering.set_presence, agent, presence, "", lease_until=until, now=self.it.now
        )

    @rule(number=ANY, how=st.sampled_from(["accept", "accept", "decline", "expire"]))
    def settle_offer(self, number: int, how: str) -> None:
        offer = self._offer(number)
        if offer is None:
            return
        if how == "accept":
            self.it.attempt(offering.accept, offer["id"], offer["agent"], now=self.it.now)
        elif how == "decline":
            self.it.attempt(offering.decline, offer["id"], offer["agent"], "busy", now=self.it.now)
        else:
            self.it.attempt(offering.expire, offer["id"], voice=False, now=self.it.now)

    @rule(number=ANY)
    def answer(self, number: int) -> None:
        item = self._item(number, "('active', 'held')")
        if item is not None:
            self.it.answer(item["conversation"], item["agent"])

    @rule(number=ANY, agent=WHO)
    def resolve(self, number: int, agent: int) -> None:
        item = self._item(number)
        if item is not None:
            author = self.it.author(item["agent"] or agent)
            self.it.attempt(
                actions.resolve, item["conversation"], author, self.it.desk, now=self.it.now
            )

    @rule(number=ANY)
    def done(self, number: int) -> None:
        item = self._item(number, "('wrapping')")
        if item is not None:
            self.it.attempt(handling.done, item["id"], self.it.desk, now=self.it.now)

    @rule(number=ANY, agent=WHO)
    def take(self, number: int, agent: int) -> None:
        item = self._item(number)
        if item is not None:
            self.it.attempt(handling.take, item["id"], self.it.author(agent), now=self.it.now)

    @rule(number=ANY, agent=WHO, queue=NAMES)
    def transfer(self, number: int, agent: int, queue: str) -> None:
        item = self._item(number)
        if item is not None:
            to = self.it.desk.names[queue]
            author = self.it.author(agent)
            self.it.attempt(handling.move, item["id"], to, author, self.it.desk, now=self.it.now)

    @rule(number=ANY, agent=WHO)
    def hand_over(self, number: int, agent: int) -> None:
        item = self._item(number, "('queued', 'offered', 'active', 'held')")
        if item is not None:
            self.it.attempt(
                actions.transfer_to_agent, item["conversation"], agent, self.it.author(agent),
                text="", now=self.it.now,
            )  # fmt: skip

    @rule(number=ANY, seconds=st.integers(1, 60))
    def defer(self, number: int, seconds: int) -> None:
        item = self._item(number, "('offered')") or self._item(number, "('queued')")
        if item is not None:
            until = self.it.now + seconds * SECOND
            self.it.attempt(steps.defer, item, until, now=self.it.now)

    @rule(agent=WHO, level=st.integers(0, 5))
    def learn(self, agent: int, level: int) -> None:
        self.it.write(skills.give, agent, {SKILL: level} if level else {}, now=self.it.now)

    # ---------------------------------------------------------------- time, routers, crashes

    @rule(seconds=st.sampled_from([1, 5, 10, 15, 20, 30]))
    def pass_time(self, seconds: int) -> None:
        self.it.pass_time(seconds)

    @rule()
    def route(self) -> None:
        self.it.route()
        self.routed = True

    @rule()
    def hear_late(self) -> None:
        self.it.hear_late()

    @rule()
    def crash(self) -> None:
        self.it.crash()

    @rule(number=ANY, agent=WHO)
    def zombie(self, number: int, agent: int) -> None:
        """I11: a claim of a router that is over changes no row."""
        item = self._item(number, "('queued')")
        if item is None or not self.it.zombies:
            return
        before = self._tables()
        found = self.it.run(self.it.db.read(_as_item, item["id"]))
        match = Match(found, agent, How.PUSH, Standing(1))
        with pytest.raises(StaleEpoch):
            self.it.write(routed.claim, self.it.zombies[-1], match, {}, 0, self.it.now)
        assert self._tables() == before

    def _tables(self) -> list[tuple[object, ...]]:
        sql = "SELECT id, state, agent FROM work_item ORDER BY id"
        rows = [*self.it.rows(sql), *self.it.rows("SELECT id, used, soft, parked FROM agent")]
        return [tuple(row) for row in rows]

    # ---------------------------------------------------------------- what must hold

    @invariant()
    def holds(self) -> None:
        if not hasattr(self, "it"):
            return
        self._one_owner()
        self._keys()
        self._capacity()
        self._only_who_is_there()
        if self.routed:
            self._memory_is_the_tables()
            self.routed = False

    def _one_owner(self) -> None:
        """I1, I2, I13."""
        it = self.it
        assert not it.rows(
            f"SELECT conversation FROM work_item WHERE state IN {LIVE} "
            "GROUP BY conversation HAVING COUNT(*) > 1"
        )
        assert not it.rows(
            "SELECT work_item FROM offer WHERE state = 'pending' "
            "GROUP BY work_item HAVING COUNT(*) > 1"
        )
        assert not it.rows(
            """
            SELECT w.id FROM work_item w
            LEFT JOIN offer o ON o.work_item = w.id AND o.state = 'pending'
            WHERE (w.state = 'offered') <> (o.id IS NOT NULL)
              OR (w.state = 'offered' AND o.agent <> w.agent)
            """
        )
        assert not it.rows(
            """
            SELECT id FROM work_item WHERE (state IN ('queued', 'deferred') AND agent IS NOT NULL)
              OR (state IN ('offered', 'active', 'held', 'wrapping') AND agent IS NULL)
              OR (state = 'deferred' AND deferred_until IS NULL)
              OR (state = 'wrapping' AND wrap_until IS NULL)
              OR (state = 'held' AND NOT interruptible)
            """
        )
        assert not it.rows(
            """
            SELECT o.id FROM offer o JOIN agent a ON a.id = o.agent
            WHERE o.state = 'pending' AND a.presence <> 'available'
            """
        )
        known = f"{LIVE[:-1]}, 'completed', 'abandoned', 'cancelled', 'dead_letter')"
        assert not it.rows(f"SELECT id FROM work_item WHERE state NOT IN {known}")
        assert not it.rows(
            f"SELECT id FROM work_item WHERE (state IN {LIVE}) <> (ended_at IS NULL)"
        )

    def _keys(self) -> None:
        """I9: whatever happens to an item, its key does not grow."""
        for row in self.it.rows("SELECT id, order_key FROM work_item"):
            assert row["order_key"] <= self.keys.setdefault(row["id"], row["order_key"])

    def _capacity(self) -> None:
        """I3, I12."""
        it = self.it
        assert it.run(it.db.read(agents.miscounted)) == []
        for row in it.rows("SELECT * FROM agent WHERE used - parked > capacity"):
            assert it.rows(
                f"""
                SELECT l.id FROM item_log l JOIN work_item w ON w.id = l.work_item
                WHERE l.what = 'overload' AND w.agent = :agent AND w.state IN {LIVE}
                """,
                agent=row["id"],
            ), f"agent {row['id']} has too much, and nobody said so"

    def _only_who_is_there(self) -> None:
        """I4, I10: of offers and pushes made since the last look, by how things stand now: they
        were made by ``route``, which changes nobody's presence or skills."""
        it = self.it
        offers = it.rows("SELECT * FROM offer WHERE id > :last ORDER BY id", last=self.offers)
        pushed = it.rows(
            "SELECT * FROM assignment WHERE id > :last AND how IN ('push', 'owner') ORDER BY id",
            last=self.assignments,
        )
        for made in (*offers, *pushed):
            (agent,) = it.rows("SELECT * FROM agent WHERE id = :id", id=made["agent"])
            assert agent["presence"] == "available"
            assert agent["lease_until"] is None or agent["lease_until"] >= it.now
            self._meets_step(made)
        self.offers = max((row["id"] for row in offers), default=self.offers)
        self.assignments = max((row["id"] for row in pushed), default=self.assignments)

    def _meets_step(self, made: Row) -> None:
        (item,) = self.it.rows("SELECT * FROM work_item WHERE id = :id", id=made["work_item"])
        own = "how" in made.keys() and made["how"] == "owner"  # noqa: SIM118 - a row
        if own or item["hops"] or item["state"] not in ("offered", "active"):
            return
        step = work_items.plan_of(item).step(item["step"])
        levels = self.it.run(self.it.db.read(skills.of_agent, made["agent"]))
        assert all(levels.get(need.skill, 0) >= need.min for need in step.require)

    def _memory_is_the_tables(self) -> None:
        """I2: once the router has heard of everything."""
        matcher = self.it.router.matcher
        waiting = self.it.run(self.it.db.read(work_items.waiting_ids))
        assert matcher.items.keys() == set(waiting)
        assert matcher.check() == []
        for row in self.it.rows("SELECT * FROM agent WHERE active"):
            held = matcher.seats[row["id"]].row
            assert (held.used, held.soft, held.parked) == (row["used"], row["soft"], row["parked"])


def _as_item(tx: Tx, id: int) -> object:
    from hub.router import picture  # noqa: PLC0415

    return picture.take(tx, [id], frozenset(), {}, 0).items[id]


@pytest.mark.parametrize(("engine", "examples"), [("sqlite", 30), ("postgres", 8)])
@pytest.mark.timeout(600)
def test_routing_in_any_order_with_any_crashes(
    request: pytest.FixtureRequest, engine: str, examples: int
) -> None:
    with _fresh(request, engine) as url:
        machine = type("Machine", (Desk,), {"url": staticmethod(url)})
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=examples,
                stateful_step_count=40,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
