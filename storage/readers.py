"""Read transactions: a small pool of threads, each read on a connection of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from queue import Empty, LifoQueue
from typing import Concatenate, ParamSpec, Protocol, TypeVar

from storage.connection import Connection
from storage.tx import Tx

P = ParamSpec("P")
T = TypeVar("T")


class Opener(Protocol):
    """An engine, as far as readers need it."""

    def reader(self, seconds: float) -> Connection:
        """A read-only connection, each transaction cut at ``seconds``. Raises StoreUnavailable."""


class Readers:
    """Connections are opened when first needed and kept."""

    def __init__(self, opener: Opener, threads: int, seconds: float) -> None:
        self.threads = ThreadPoolExecutor(threads, thread_name_prefix="store-reader")
        self._opener = opener
        self._seconds = seconds
        self._idle: LifoQueue[Connection] = LifoQueue()

    def run(self, fn: Callable[Concatenate[Tx, P], T], /, *args: P.args, **kwargs: P.kwargs) -> T:
        """Run ``fn`` in a read transaction, in one of ``threads``.

        A connection that died while idle is replaced once: a read may be repeated.
        """
        connection = self._take()
        try:
            result = _read(connection, fn, *args, **kwargs)
        except Exception:
            if not connection.lost():
                self._idle.put(connection)
                raise
        else:
            self._idle.put(connection)
            return result
        connection.close()
        connection = self._opener.reader(self._seconds)
        try:
            return _read(connection, fn, *args, **kwargs)
        finally:
            self._idle.put(connection)

    def close(self) -> None:
        """Let running reads end, then close the connections. Blocks."""
        self.threads.shutdown()
        while not self._idle.empty():
            self._idle.get_nowait().close()

    def _take(self) -> Connection:
        try:
            return self._idle.get_nowait()
        except Empty:
            return self._opener.reader(self._seconds)


def _read(
    connection: Connection,
    fn: Callable[Concatenate[Tx, P], T],
    /,
    *args: P.args,
    **kwargs: P.kwargs,
) -> T:
    try:
        try:
            connection.start()
        except Exception as error:
            raise connection.translate(error) from error
        return fn(Tx(connection), *args, **kwargs)
    finally:
        connection.abandon()
