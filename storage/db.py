"""The database: ``write`` a function, ``read`` with one, on SQLite or PostgreSQL.

A transaction is a plain function ``def f(tx, ...)`` whose only effects are SQL through ``tx``; the
time, random values and ids come in as arguments, for the writer may have to run it twice.
"""

from __future__ import annotations

import asyncio
import logging
from asyncio import AbstractEventLoop, Future
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar

from storage.connection import Connection, EngineName, Named, Row
from storage.errors import (
    CommitUnknown,
    ConstraintViolated,
    SchemaRefused,
    StatementInvalid,
    StoreBusy,
    StoreError,
    StoreTimeout,
    StoreUnavailable,
)
from storage.group import Job, WriterStats
from storage.migrate import SCHEMA, migrate
from storage.postgres import PostgresEngine
from storage.readers import Readers
from storage.sqlite import SqliteEngine
from storage.tx import Tx
from storage.writer import QUEUE, Finisher, Writer

__all__ = [
    "CommitUnknown",
    "Connection",
    "ConstraintViolated",
    "Database",
    "Named",
    "Row",
    "SchemaRefused",
    "StatementInvalid",
    "StoreBusy",
    "StoreError",
    "StoreTimeout",
    "StoreUnavailable",
    "Tx",
]

READERS = 4  # threads, each with its own connection
READ_SECONDS = 5.0
TURNS = 8  # of the loop, at most, that submitted functions wait to be handed over together

P = ParamSpec("P")
T = TypeVar("T")

_log = logging.getLogger(__name__)

Engine = SqliteEngine | PostgresEngine
Listener = Callable[[int, Sequence[Named]], None]


class Database:
    """An open store. Belongs to the event loop that opened it."""

    def __init__(
        self,
        engine: Engine,
        loop: AbstractEventLoop,
        finishers: Sequence[Finisher],
        commit_delay: float,
    ) -> None:
        self.engine: EngineName = engine.name
        self._loop = loop
        self._listeners: list[Listener] = []
        self._submitted: list[Job] = []
        self._readers = Readers(engine, READERS, READ_SECONDS)
        self._writer = Writer(engine, finishers, self._hand_back, commit_delay)
        self._closed = False

    @classmethod
    async def open(
        cls,
        url: str,
        *,
        finishers: Sequence[Finisher] = (),
        schema_dir: Path = SCHEMA,
        commit_delay: float = 0.0,
    ) -> Database:
        """Migrate the store at ``sqlite:///path`` or ``postgresql://…`` and open it.

        ``finishers`` run once at the very end of each group, before its commit (the event log).
        ``commit_delay`` is in seconds, added to each commit: a slower disk, for measuring.
        Raises SchemaRefused, StoreUnavailable, ValueError (the URL).
        """
        engine = engine_of(url)
        loop = asyncio.get_running_loop()

        def start() -> Database:
            with engine.migrating() as migration:
                migrate(migration, schema_dir)
            return cls(engine, loop, finishers, commit_delay)

        return await asyncio.to_thread(start)

    async def write(
        self, fn: Callable[..., T], /, *args: Any, key: object = None, **kwargs: Any
    ) -> T:
        """Run ``fn(tx, *args, **kwargs)`` in a transaction; its result once that is committed.

        ``key`` names what the function is about (an identity, a conversation, an agent): on
        PostgreSQL, processes take turns on it. Cancelling the caller does not stop the function.
        Raises what ``fn`` raised (nothing is written then), StoreBusy, StoreUnavailable, or
        CommitUnknown.
        """
        return await self.submit(fn, *args, key=key, **kwargs)

    def submit(
        self, fn: Callable[..., T], /, *args: Any, key: object = None, **kwargs: Any
    ) -> Future[T]:
        """``write`` without waiting: functions run in the order of submission.

        (On PostgreSQL one whose key is locked by another process waits, with all of its key.)
        Raises StoreBusy, and StoreUnavailable after ``close``; the rest comes by the future.
        """
        if self._closed:
            raise StoreUnavailable("the store is closed")
        hash(key)  # a key that cannot be compared is the caller's mistake, and only theirs
        if self.waiting >= QUEUE:
            raise StoreBusy(f"{QUEUE} transactions are waiting already")
        future: Future[T] = self._loop.create_future()
        self._submitted.append(Job(fn, args, kwargs, key, future))
        if len(self._submitted) == 1:
            self._loop.call_soon(self._hand_over, 1, 0)
        return future

    def _hand_over(self, seen: int, turns: int) -> None:
        """Give the writer what the loop brought, once a turn of it has brought nothing more."""
        if len(self._submitted) > seen and turns < TURNS:
            self._loop.call_soon(self._hand_over, len(self._submitted), turns + 1)
            return
        jobs, self._submitted = self._submitted, []
        if jobs:  # else: close() was faster
            self._writer.put(jobs)

    async def read(
        self, fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Run ``fn(tx, ...)`` in one read transaction of at most 5 s: one consistent picture.

        Raises what ``fn`` raised, StoreTimeout, StoreUnavailable.
        """
        if self._closed:
            raise StoreUnavailable("the store is closed")
        return await self._loop.run_in_executor(
            self._readers.threads, lambda: self._readers.run(fn, *args, **kwargs)
        )

    def on_commit(self, listener: Listener) -> None:
        """Call ``listener(seq, logged)`` on the event loop after each group that appended events.

        ``seq`` is the highest number; ``logged`` are these events in order, or nothing where only
        the log knows.
        """
        self._listeners.append(listener)

    @property
    def closed(self) -> bool:
        """Whether it takes nothing any more."""
        return self._closed

    @property
    def waiting(self) -> int:
        """Functions submitted and not yet answered."""
        return len(self._submitted) + self._writer.waiting

    @property
    def stats(self) -> WriterStats:
        """What the writer has done since start."""
        return self._writer.stats

    async def close(self) -> None:
        """Write what is queued, then close every connection. Further calls do nothing."""
        if self._closed:
            return
        self._closed = True
        if self._submitted:
            self._hand_over(0, TURNS)
        await asyncio.to_thread(self._writer.stop)
        await asyncio.to_thread(self._readers.close)

    def _hand_back(self, jobs: list[Job], seq: int, logged: Sequence[Named]) -> None:
        """In the writer's thread: one call to the loop a group."""
        try:
            self._loop.call_soon_threadsafe(self._settle, jobs, seq, logged)
        except RuntimeError:  # the loop is closed: nobody is left to answer
            _log.warning("%d transactions ended after their event loop", len(jobs))

    def _settle(self, jobs: list[Job], seq: int, logged: Sequence[Named]) -> None:
        for job in jobs:
            future = job.future
            if future.done():  # cancelled
                continue
            error = job.error
            if error is None:
                future.set_result(job.value)
            else:
                future.set_exception(_holdable(error))
        if seq:
            self._tell(seq, logged)

    def _tell(self, seq: int, logged: Sequence[Named]) -> None:
        for listener in self._listeners:
            try:
                listener(seq, logged)
            except Exception:  # noqa: BLE001
                _log.exception("a commit listener failed")


def engine_of(url: str) -> Engine:
    """The engine for a URL. Raises ValueError (unknown), SchemaRefused (SQLite too old)."""
    if url.startswith("sqlite:///") and url != "sqlite:///":
        return SqliteEngine(Path(url.removeprefix("sqlite:///")))
    if url.startswith(("postgresql://", "postgres://")):
        return PostgresEngine(url)
    raise ValueError("database: must be sqlite:///path or postgresql://…")


def _holdable(error: BaseException) -> BaseException:
    """A future cannot hold a StopIteration."""
    if not isinstance(error, StopIteration):
        return error
    wrapped = RuntimeError("a transaction function raised StopIteration")
    wrapped.__cause__ = error
    return wrapped
