"""A small schema and a few transaction functions: what the writer promises needs no hub."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any
from unittest import mock

from storage import writer
from storage.db import Database, Tx

TABLES = """
CREATE TABLE item (
  id   {id},
  name TEXT NOT NULL UNIQUE,
  n    {int} NOT NULL DEFAULT 0,
  body {bytes}
) {strict};
CREATE TABLE part (
  id   {id},
  item {int} NOT NULL REFERENCES item (id) DEFERRABLE INITIALLY DEFERRED
) {strict};
CREATE TABLE tag (
  item {int} NOT NULL REFERENCES item (id) DEFERRABLE INITIALLY DEFERRED,
  word TEXT NOT NULL,
  n    {int} NOT NULL,
  PRIMARY KEY (item, word)
) {strict};
CREATE TABLE log (seq {autoid}, what TEXT NOT NULL) {strict};
"""

Open = Callable[..., Awaitable[Database]]


class Gate:
    """A transaction function that keeps the writer until ``open`` is called."""

    def __init__(self) -> None:
        self._entered = threading.Event()
        self._open = threading.Event()

    def __call__(self, _tx: Tx) -> None:
        self._entered.set()
        assert self._open.wait(30)

    def wait(self) -> None:
        """Until the writer is inside."""
        assert self._entered.wait(30)

    def open(self) -> None:
        """Let it go on."""
        self._open.set()


def flush(tx: Tx) -> None:
    """A finisher like the event log's."""
    for what in tx.pending_events:
        tx.last_seq = tx.value("INSERT INTO log (what) VALUES (:what) RETURNING seq", what=what)


def insert(tx: Tx, name: str, n: int = 0) -> int:
    """One item, and its event."""
    tx.pending_events.append(name)
    id: int = tx.value("INSERT INTO item (name, n) VALUES (:name, :n) RETURNING id", name=name, n=n)
    return id


def names(tx: Tx) -> list[str]:
    """All items' names in order of insertion."""
    return [row["name"] for row in tx.all("SELECT name FROM item ORDER BY id")]


def logged(tx: Tx) -> list[str]:
    """What the finisher wrote."""
    return [row["what"] for row in tx.all("SELECT what FROM log ORDER BY seq")]


def boom(tx: Tx, name: str, error: BaseException) -> None:
    """Insert, then raise."""
    insert(tx, name)
    raise error


@asynccontextmanager
async def writer_held(store: Database) -> AsyncIterator[None]:
    """Keep the writer busy within; what is submitted meanwhile forms the next group."""
    gate = Gate()
    held = store.submit(gate)
    await asyncio.to_thread(gate.wait)
    try:
        yield
    finally:
        while store._submitted:  # noqa: ASYNC110 - until the loop has handed them over
            await asyncio.sleep(0)
        gate.open()
        await asyncio.wait([held])  # it may fail with its group
        held.exception()


async def together(store: Database, *calls: tuple[Any, ...]) -> list[Any]:
    """Run functions in one group, however long that takes; what each returned or raised."""
    with mock.patch.object(writer, "GROUP_SECONDS", float("inf")):
        async with writer_held(store):
            futures = [store.submit(fn, *args) for fn, *args in calls]
        return await asyncio.gather(*futures, return_exceptions=True)
