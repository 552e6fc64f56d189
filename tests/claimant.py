"""A process that claims work against others: for the test and the bench of competing claims.

    python -m tests.claimant URL FIRST LAST SEED

Every process wants every item, about when the others want it (the order differs within windows of
``WINDOW``), each for an agent of its own choice. Whoever finds an agent full finishes something of
theirs. Prints ``won lost full``.
"""

from __future__ import annotations

import asyncio
import logging
import random
import sys
from collections import Counter
from collections.abc import Iterator

from hub import clock
from hub.store import FINISHERS
from storage import claims, work_items
from storage.db import Database, Row, Tx
from storage.errors import ClaimLost

IN_FLIGHT = 16
WINDOW = 256
TRIES = 20  # agents that may be full before an item is left to others
AGENTS, QUEUES, UNITS, CAPACITY = 200, 4, 15, 100


def furnish(tx: Tx, items: int, now: int = 1_000) -> int:
    """A store with queues, agents who serve all of them, and waiting items; the first one's id."""
    tx.insert("INSERT INTO channel (name, kind, created_at) VALUES ('c', 'sms', 0)")
    for n in range(QUEUES):
        tx.run("INSERT INTO queue (name, created_at) VALUES (:n, 0)", n=f"q{n}")
    for n in range(AGENTS):
        email = f"a{n}@acme.example"
        user = tx.insert(
            "INSERT INTO user_account (email, name, role, created_at) VALUES (:e, :e, 'agent', 0)",
            e=email,
        )
        tx.run(
            """
            INSERT INTO agent (user_id, presence, capacity, created_at)
            VALUES (:user, 'available', :capacity, 0)
            """,
            user=user,
            capacity=CAPACITY,
        )
    tx.run("INSERT INTO queue_agent (queue, agent) SELECT q.id, a.id FROM queue q, agent a")
    return more(tx, items, now)


def more(tx: Tx, items: int, now: int = 1_000) -> int:
    """Further waiting items; the first id."""
    channel = tx.value("SELECT id FROM channel")
    there = tx.value("SELECT COUNT(*) FROM work_item")
    contact = tx.insert("INSERT INTO contact (name, folded, created_at) VALUES ('x', 'x', 0)")
    identity = tx.insert(
        "INSERT INTO identity (uri, contact, source, created_at) VALUES (:uri, :c, 'api', 0)",
        uri=f"tel:+{there}",
        c=contact,
    )
    ids: list[int] = []
    for n in range(there, there + items):
        conversation = tx.insert(
            """
            INSERT INTO conversation (contact, identity, channel, status, queue, code, last_at,
              created_at)
            VALUES (:contact, :identity, :channel, 'open', :queue, :code, 0, 0)
            """,
            contact=contact,
            identity=identity,
            channel=channel,
            queue=1 + n % QUEUES,
            code=f"{n:08d}",
        )
        ids.append(
            tx.insert(
                """
                INSERT INTO work_item (conversation, channel, queue, mode, state, order_key, units,
                  rule_version, entered_at, queued_at)
                VALUES (:conversation, :channel, :queue, 'push', 'queued', :n, :units, 1, :now, :now)
                """,
                conversation=conversation,
                channel=channel,
                queue=1 + n % QUEUES,
                n=n,
                units=UNITS,
                now=now,
            )
        )
    return ids[0]


def finish_one(tx: Tx, agent: int, now: int) -> None:
    """The agent answers what they have had longest."""
    row: Row | None = tx.one(
        """
        SELECT * FROM work_item WHERE agent = :agent AND state = 'active'
          AND state IN ('offered', 'connecting', 'active', 'held', 'wrapping') ORDER BY id LIMIT 1
        """,
        agent=agent,
    )
    if row is not None:
        work_items.end(tx, row, "completed", answered=True, now=now)


def claim(tx: Tx, item: int, agent: int, now: int) -> None:
    """Push it, and see that nobody has more than they can."""
    claims.assign(tx, item, agent, how="push", overload=False, why={}, now=now)
    used = tx.value("SELECT used FROM agent WHERE id = :id", id=agent)
    if used > CAPACITY:
        raise SystemExit(f"agent {agent} has {used} of {CAPACITY} units")


async def compete(db: Database, first: int, last: int, seed: int) -> Counter[str]:
    """Claim every item that others leave."""
    dice, found = random.Random(seed), Counter[str]()
    left = iter(_shuffled(dice, first, last))

    async def claimant() -> None:
        for item in left:
            for _ in range(TRIES):
                agent = dice.randrange(1, AGENTS + 1)
                try:
                    await db.write(claim, item, agent, clock.now(), key=("agent", agent))
                except ClaimLost as lost:
                    if "room" not in str(lost):
                        found["lost"] += 1
                        break
                    found["full"] += 1
                    try:
                        await db.write(finish_one, agent, clock.now(), key=("agent", agent))
                    except ClaimLost:
                        continue
                else:
                    found["won"] += 1
                    break

    await asyncio.gather(*(claimant() for _ in range(IN_FLIGHT)))
    return found


def _shuffled(dice: random.Random, first: int, last: int) -> Iterator[int]:
    for start in range(first, last + 1, WINDOW):
        window = list(range(start, min(start + WINDOW, last + 1)))
        dice.shuffle(window)
        yield from window


async def opened(url: str, *, delay: float = 0.0) -> Database:
    """The store, with the hub's event log; ``delay``: seconds added to every commit."""
    return await Database.open(url, finishers=FINISHERS, commit_delay=delay)


async def _main(url: str, first: int, last: int, seed: int) -> None:
    db = await opened(url)
    try:
        found = await compete(db, first, last, seed)
    finally:
        await db.close()
    print(found["won"], found["lost"], found["full"])


if __name__ == "__main__":
    logging.disable()
    asyncio.run(_main(sys.argv[1], *(int(arg) for arg in sys.argv[2:5])))
