"""Any order, any replays, any crashes: ledger, timeline and queue agree.

Nothing that was acknowledged is lost, nothing is there twice. A crash is one at a commit: just
before it (all of the group is gone) or just after it (it is there, and nobody was told); the
provider then sends again what nobody acknowledged, as providers do.
"""

from __future__ import annotations

import asyncio
import json
import shutil
from collections import Counter
from collections.abc import Callable, Coroutine, Iterator
from contextlib import ExitStack, contextmanager
from itertools import count
from pathlib import Path
from types import MappingProxyType
from typing import Any, TypeVar

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

from connectors.contract import Environment, Raw, Uri
from hub import actions, compose, messages
from hub.channel import Channel
from hub.compose import Author
from hub.desk import Desk
from hub.intake import Intake
from hub.queue import Queue
from hub.store import FINISHERS
from routing.model import QueuePolicy
from routing.rules import compile_rules
from storage import channels, ledger_counts, queues
from storage.blobs import Blobs
from storage.db import Database, Row, Tx
from storage.errors import StoreUnavailable
from tests import conftest
from tests.fakes import loopback
from tests.hub.running import message, receipt

T = TypeVar("T")

IDS = [f"M{number}" for number in range(8)]
SENDERS = [f"tel:+1202555011{number}" for number in range(3)]
TEXTS = ["hello", "quiet", "again", "long " * 15_000]
RULES = [
    {"id": "quiet", "when": {"field": "text", "contains": "quiet"}, "then": {"route": "none"}},
    {"id": "rest", "when": {}, "then": {"queue": "general"}},
]
EVENTS = st.one_of(
    st.builds(lambda number: _message(IDS[number]), st.integers(0, len(IDS) - 1)),
    st.builds(lambda n, state: receipt(f"OUT{n}", state), st.integers(1, 3),
              st.sampled_from(["sent", "delivered", "failed"])),
    st.builds(lambda n: {"ignored": {"provider_id": f"I{n}", "reason": "no"}}, st.integers(1, 3)),
)  # fmt: skip
BATCHES = st.lists(EVENTS, min_size=1, max_size=4)
SOME_BATCHES = st.lists(BATCHES, min_size=1, max_size=4)
AUTHOR = Author(None, "a program", "token:1", "token:1")


def _message(id: str) -> dict[str, Any]:
    """The same id is the same message."""
    number = IDS.index(id)
    text = TEXTS[number % len(TEXTS)]
    return message(f"{id} {text}", id=id, sender=SENDERS[number % len(SENDERS)])


def _ids(batch: list[dict[str, Any]]) -> list[str]:
    return [event["message"]["provider_id"] for event in batch if "message" in event]


class Crashed(BaseException):
    """The process is gone."""


class Crash:
    """Ends a store at one of its next commits; nothing is written after it."""

    def __init__(self, db: Database, commits: int, *, after: bool) -> None:
        self._left = commits
        self._after = after
        self.happened = False
        writer = db._writer
        self._commit = writer._commit
        writer._commit = self  # type: ignore[method-assign, assignment]

    def __call__(self, succeeded: int) -> None:
        if not self.happened and self._left:
            self._left -= 1
            self._commit(succeeded)
            return
        if not self.happened and self._after:
            self._commit(succeeded)
        self.happened = True
        raise Crashed


class Office(RuleBasedStateMachine):
    """A store, its intake, and a provider that sends again what nobody acknowledged."""

    url: Callable[[], str]
    """Of a fresh store; set by the test."""
    folder: Path
    broken: set[str]
    """Senders on whom filing stumbles."""

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.where = type(self).url()
        self.acknowledged: set[str] = set()
        self.received = 0
        self.uncertain = 0
        self.now = 1_000_000
        self.db: Database
        self.broken.clear()
        loopback.PROVIDERS.clear()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.runner.run(work)

    @initialize()
    def begin(self) -> None:
        self.run(self._open())
        self.queue, self.channel_id = self.run(self.db.write(_furnish))
        self._build()

    async def _open(self) -> None:
        self.db = await Database.open(self.where, finishers=FINISHERS)

    def _build(self) -> None:
        environment = Environment(
            channel="loop", region="US", public_url="http://hub", user_agent="test",
            sign=lambda *_: b"", data_dir=str(self.folder), allow_hosts=frozenset(),
        )  # fmt: skip
        connector = loopback.connect(loopback.Settings(), environment)
        self.channel = Channel(
            id=self.channel_id, name="loop", kind="loopback", title="Loop", connector=connector,
            capabilities=connector.capabilities, receiving=connector,
        )  # fmt: skip
        names = {"general": self.queue}
        queue = Queue(self.queue, "general", QueuePolicy(self.queue), {"*": "pull"})
        desk = Desk(
            1,
            compile_rules(RULES, queues=names),
            MappingProxyType({self.queue: queue}),
            MappingProxyType(names),
        )
        self.intake = Intake(self.db, Blobs(self.folder / "blobs"), lambda: desk)
        self.intake.channel_of = lambda _id: self.channel
        self.intake.now = self._tick
        self.desk = desk

    def _tick(self) -> int:
        self.now += 1_000_000
        return self.now

    # ---------------------------------------------------------------- what happens

    @rule(batches=SOME_BATCHES)
    def post(self, batches: list[list[dict[str, Any]]]) -> None:
        """Some requests at once."""
        left = self.run(self._post(batches))
        assert left == []

    async def _post(self, batches: list[list[dict[str, Any]]]) -> list[list[dict[str, Any]]]:
        """Post them together; those that were not acknowledged."""
        results = await asyncio.gather(
            *(self.intake.take(self.channel, _raw(batch)) for batch in batches),
            return_exceptions=True,
        )
        left = []
        for batch, result in zip(batches, results, strict=True):
            if isinstance(result, BaseException):
                assert isinstance(result, StoreUnavailable), result
                self.uncertain += len(batch)
                left.append(batch)
            else:
                self.acknowledged |= set(_ids(batch))
                self.received += len(result)
        return left

    @rule(batches=SOME_BATCHES, commits=st.integers(0, 4), after=st.booleans())
    def crash(self, batches: list[list[dict[str, Any]]], commits: int, *, after: bool) -> None:
        """Die at a commit while requests come in; start again; the provider sends again."""
        Crash(self.db, commits, after=after)
        left = self.run(self._post(batches))
        self.reopen()
        assert self.run(self._post(left)) == []

    @rule()
    def reopen(self) -> None:
        self.run(self.db.close())
        self.run(self._open())
        self._build()

    @rule(sender=st.sampled_from(SENDERS))
    def filing_breaks(self, sender: str) -> None:
        self.broken.add(sender)

    @rule(id=st.sampled_from(IDS))
    def parser_breaks(self, id: str) -> None:
        loopback.PROVIDERS["loop"].mistakes.add(id)

    @rule()
    def fixed(self) -> None:
        self.broken.clear()
        loopback.PROVIDERS["loop"].mistakes.clear()

    @rule()
    def replay(self) -> None:
        """Everything that failed is tried again; what is still broken stays failed."""
        for row in self.run(self.db.read(_failed)):
            before = self.received
            try:
                filed = self.run(self.intake.replay(row["id"]))
            except (ZeroDivisionError, LookupError):
                assert self.received == before
                continue
            self.received += len(filed) - 1  # what was one failed event is these now

    @rule(text=st.sampled_from(["fine", "thank you"]))
    def answer(self, text: str) -> None:
        """A program answers the oldest open matter."""
        rows = self.run(self.db.read(_open_matters))
        if rows:
            self.run(self.db.write(_end_turn, rows[0]["id"], now=self._tick()))
            self.run(
                self.db.write(
                    actions.note, rows[0]["id"], text, AUTHOR, client_key=f"n{self._tick()}",
                    now=self.now,
                )
            )  # fmt: skip

    @rule()
    def resolve(self) -> None:
        rows = self.run(self.db.read(_open_matters))
        if rows:
            self.run(self.db.write(actions.resolve, rows[-1]["id"], AUTHOR, now=self._tick()))

    @rule()
    def long_after(self) -> None:
        self.now += 4 * 24 * 3600 * 1_000_000

    # ---------------------------------------------------------------- what holds

    @invariant()
    def all_agree(self) -> None:
        if hasattr(self, "db"):
            self.run(self.db.read(self._check))

    def _check(self, tx: Tx) -> None:
        counts = ledger_counts.counts(tx)
        rows = Counter(row["state"] for row in tx.all("SELECT state FROM raw_event"))
        assert {state: n for state, n in counts.items() if n} == dict(rows)
        assert self.received <= sum(counts.values()) <= self.received + self.uncertain
        entries = _entries(tx)
        assert len(entries) == len(set(entries)), "doubled"
        if not counts["failed"]:
            assert self.acknowledged <= set(entries), "lost"
        for query in _DISAGREEMENTS:
            assert tx.all(query) == [], query

    def teardown(self) -> None:
        try:
            if hasattr(self, "db"):
                self.fixed()
                self.replay()
                assert self.run(self.db.read(_failed)) == []
                assert self.acknowledged <= set(self.run(self.db.read(_entries)))
                self.run(self.db.close())
        finally:
            self.runner.close()


_DISAGREEMENTS = (
    # ledger and timeline
    """SELECT e.id FROM raw_event e LEFT JOIN timeline_entry t ON t.id = e.entry
       WHERE e.kind = 'message' AND e.state = 'stored'
         AND (t.id IS NULL OR t.provider_id <> e.provider_id OR t.raw_event <> e.id)""",
    """SELECT t.id FROM timeline_entry t LEFT JOIN raw_event e ON e.id = t.raw_event
       WHERE t.direction = 'in' AND (e.id IS NULL OR e.state <> 'stored')""",
    """SELECT e.id FROM raw_event e LEFT JOIN raw_event f ON f.id = e.duplicate_of
       WHERE e.state = 'duplicate' AND e.kind <> 'request' AND f.id IS NULL""",
    """SELECT e.id FROM raw_event e JOIN raw_request r ON r.id = e.request
       WHERE e.state IN ('stored', 'failed') AND r.body IS NULL AND r.blob IS NULL""",
    # timeline and conversation
    """SELECT t.id FROM timeline_entry t JOIN conversation c ON c.id = t.conversation
       WHERE t.contact <> c.contact""",
    """SELECT t.id FROM timeline_entry t WHERE t.direction = 'in'
         AND (SELECT COUNT(*) FROM decision d WHERE d.entry = t.id) <> 1""",
    """SELECT t.id FROM timeline_entry t
       WHERE (SELECT COUNT(*) FROM event v WHERE v.kind = 'entry.added' AND v.subject = t.id) <> 1
    """,
    # conversation and queue
    """SELECT c.id FROM conversation c
       WHERE (c.status = 'open') <> (c.waiting_since IS NOT NULL)""",
    """SELECT c.id FROM conversation c WHERE (c.status = 'open') <>
         (1 = (SELECT COUNT(*) FROM work_item w WHERE w.conversation = c.id
               AND w.state = 'queued'))""",
    """SELECT w.id FROM work_item w JOIN conversation c ON c.id = w.conversation
       WHERE w.state = 'queued' AND (w.queue <> c.queue OR w.order_key <> c.waiting_since)""",
)


def _furnish(tx: Tx) -> tuple[int, int]:
    queue = queues.save(tx, name="general", title="{}", visible_to="everyone", options="{}", now=1)
    channel = channels.save(tx, channels.Definition(name="loop", kind="loopback"), 1)
    return queue, channel


def _raw(batch: list[dict[str, Any]]) -> Raw:
    return Raw("webhook", "", (("X-Loopback", "yes"),), "http://hub", json.dumps(batch).encode())


def _entries(tx: Tx) -> list[str]:
    return [
        row["provider_id"]
        for row in tx.all("SELECT provider_id FROM timeline_entry WHERE direction = 'in'")
    ]


def _failed(tx: Tx) -> list[Row]:
    return tx.all("SELECT id FROM raw_event WHERE state = 'failed' ORDER BY id")


def _open_matters(tx: Tx) -> list[Row]:
    return tx.all("SELECT id FROM conversation WHERE status = 'open' ORDER BY id")


def _end_turn(tx: Tx, id: int, *, now: int) -> None:
    (row,) = tx.all("SELECT * FROM conversation WHERE id = :id", id=id)
    compose.end_turn(tx, row, None, row["channel"], row["identity"], now=now)


@contextmanager
def _fresh(request: pytest.FixtureRequest, engine: str) -> Iterator[Callable[[], str]]:
    """Makes a fresh store each time it is called."""
    folder: Path = request.getfixturevalue("tmp_path")
    numbers = count(1)
    with ExitStack() as stack:

        def sqlite() -> str:
            path = folder / f"{next(numbers)}.db"
            shutil.copyfile(request.getfixturevalue("sqlite_template"), path)
            return f"sqlite:///{path}"

        def postgres() -> str:
            server = request.getfixturevalue("postgres_server")
            template = request.getfixturevalue("postgres_template")
            made = contextmanager(conftest._fresh)(server, template)
            return stack.enter_context(made)

        yield sqlite if engine == "sqlite" else postgres


@pytest.fixture
def broken(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Senders on whom filing stumbles."""
    senders: set[str] = set()
    resolve = messages.contacts.resolve

    def stumbling(tx: Tx, uri: Uri, *args: Any, **kwargs: Any) -> Any:
        if uri in senders:
            raise ZeroDivisionError("a mistake in filing")
        return resolve(tx, uri, *args, **kwargs)

    monkeypatch.setattr(messages.contacts, "resolve", stumbling)
    return senders


@pytest.mark.parametrize(("engine", "examples"), [("sqlite", 40), ("postgres", 12)])
@pytest.mark.timeout(300)
def test_intake_in_any_order_with_any_crashes(
    request: pytest.FixtureRequest, broken: set[str], tmp_path: Path, engine: str, examples: int
) -> None:
    with _fresh(request, engine) as url:
        machine = type(
            "Machine",
            (Office,),
            {"url": staticmethod(url), "folder": tmp_path, "broken": broken},
        )
        run_state_machine_as_test(
            machine,
            settings=settings(
                max_examples=examples,
                stateful_step_count=15,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
