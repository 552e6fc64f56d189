"""What the writer moves about: functions on their way, and those of one transaction."""

from __future__ import annotations

from asyncio import Future
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from connectors.exchange import REQUEST_ID
from storage.errors import StoreError


@dataclass(slots=True)
class WriterStats:
    """Counts since start, for the metrics page."""

    functions: int = 0
    groups: int = 0
    alone: int = 0
    """Functions run again in a transaction of their own."""
    put_back: int = 0
    slow: int = 0


class Job:
    """One function on its way: what to call, and later what came of it."""

    __slots__ = ("args", "error", "fn", "future", "key", "kwargs", "origin", "since", "value")

    def __init__(
        self,
        fn: Callable[..., Any],
        args: tuple[Any, ...],
        kwargs: Mapping[str, Any],
        key: object,
        future: Future[Any],
    ) -> None:
        self.fn = fn
        self.args = args
        self.kwargs = kwargs
        self.key = key
        self.future = future
        self.origin = REQUEST_ID.get()
        self.since = 0.0
        self.value: Any = None
        self.error: BaseException | None = None


class Group:
    """The functions of one transaction."""

    __slots__ = ("done", "held_keys", "put_back", "succeeded")

    def __init__(self) -> None:
        self.done: list[Job] = []
        """To be answered with this group, in order."""
        self.put_back: list[Job] = []
        """To be run in the next one."""
        self.held_keys: set[object] = set()
        """Keys put back: what comes later with the same key must wait its turn."""
        self.succeeded = 0

    def hold(self, job: Job) -> None:
        """Leave a function for the next group."""
        self.done.remove(job)
        self.put_back.append(job)
        if job.key is not None:
            self.held_keys.add(job.key)

    def fail(self, kind: type[StoreError], cause: BaseException) -> None:
        """Every function that had succeeded fails, each with an exception of its own."""
        for job in self.done:
            if job.error is None:
                job.error = kind(str(cause))
                job.error.__cause__ = cause
