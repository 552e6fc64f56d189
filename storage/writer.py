"""The writer: one thread, one connection, many functions a commit.

Functions that wait are run one after the other in one transaction, a savepoint each, and answered
only after COMMIT has answered. One that fails rolls back alone. If the transaction does not live
any more, or COMMIT fails, each function runs again in a transaction of its own, so that only the
guilty one fails. So a function may run twice: no effect but SQL.
"""

from __future__ import annotations

import logging
import threading
import time
from collections import deque
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue
from typing import Protocol

from storage.connection import Connection, Named
from storage.errors import CommitUnknown, StoreUnavailable, TryAgain
from storage.group import Group, Job, WriterStats
from storage.tx import Mark, Tx

QUEUE = 2_000  # functions waiting; more is refused
GROUP = 64  # functions a commit
GROUP_SECONDS = 0.020
SLOW_SECONDS = 0.100
PATIENCE_SECONDS = 5.0  # how long a function is put back for somebody else's lock

_log = logging.getLogger(__name__)
_now = time.perf_counter

Finisher = Callable[[Tx], None]


class Opener(Protocol):
    """An engine, as far as the writer needs it."""

    def writer(self) -> Connection:
        """A new connection. Raises StoreUnavailable."""


class Writer:
    """Owns the write connection and its thread. ``hand_back`` is called in that thread."""

    def __init__(
        self,
        opener: Opener,
        finishers: Sequence[Finisher],
        hand_back: Callable[[list[Job], int, Sequence[Named]], None],
        commit_delay: float = 0.0,
    ) -> None:
        self.stats = WriterStats()
        self._opener = opener
        self._finishers = finishers
        self._hand_back = hand_back
        self._commit_delay = commit_delay
        self._queue: SimpleQueue[Sequence[Job] | None] = SimpleQueue()
        self._handed = 0
        self._held: deque[Job] = deque()
        self._stopping = False
        self._seq = 0
        self._logged: list[Named] = []
        self._connection = opener.writer()
        self._tx = Tx(self._connection, later=True)
        self._thread = threading.Thread(target=self._run, name="store-writer", daemon=True)
        self._thread.start()

    @property
    def waiting(self) -> int:
        """Functions queued and not yet answered."""
        return self._handed - self.stats.functions

    def put(self, jobs: Sequence[Job]) -> None:
        """Queue functions, in order."""
        self._handed += len(jobs)
        self._queue.put(jobs)

    def stop(self) -> None:
        """Finish what is queued, end the thread, close the connection. Blocks."""
        self._queue.put(None)
        self._thread.join()
        self._connection.close()

    # ---------------------------------------------------------------- the thread

    def _run(self) -> None:
        while (first := self._take(block=True)) is not None:
            try:
                self._group(first)
            except BaseException:  # noqa: BLE001  the thread never dies; callers are answered
                _log.exception("the store's writer failed outside a function")

    def _take(self, *, block: bool) -> Job | None:
        """The next function: those put back come first. None: nothing there, or the end."""
        if self._held:
            return self._held.popleft()
        if self._stopping:
            block = False
        try:
            jobs = self._queue.get(block)
        except Empty:
            return None
        if jobs is None:
            self._stopping = True
            return self._take(block=False)
        self._held.extend(jobs)
        return self._held.popleft()

    def _group(self, first: Job) -> None:
        """Run a group and answer it, whatever happens."""
        try:
            self._start()
        except StoreUnavailable as error:
            self._refuse(first, error)
            return
        group = Group()
        try:
            self._fill(first, group)
            self._commit(group.succeeded)
        except CommitUnknown as error:
            group.fail(CommitUnknown, error)
        except _Undone:
            self._one_by_one(group)
        except BaseException as error:  # a mistake in this file: nobody waits forever
            self._connection.abandon()
            group.fail(StoreUnavailable, error)
            raise
        finally:
            self._held.extendleft(reversed(group.put_back))
            self._answer(group.done)

    def _fill(self, first: Job, group: Group) -> None:
        """Run functions until the group is full or nothing waits. Raises _Undone."""
        job: Job | None = first
        began = before = _now()
        while job is not None:
            group.done.append(job)
            wait = not group.succeeded and not self._held and self._queue.empty()
            if job.key in group.held_keys or not self._call(job, wait=wait):
                self._hold(job, group)
            elif job.error is None:
                group.succeeded += 1
            now = _now()
            if now - before > SLOW_SECONDS:
                self._slow(job, now - before)
            if len(group.done) >= GROUP or (group.succeeded and now - began > GROUP_SECONDS):
                return
            before = now
            job = self._take(block=False)

    def _call(self, job: Job, *, wait: bool) -> bool:
        """Run one function in its savepoint; False: it must be put back. Raises _Undone."""
        tx = self._tx
        connection = self._connection
        try:
            if not connection.enter(job.key, wait=wait):
                return False
        except Exception as error:
            raise _Undone(connection.translate(error)) from error
        mark = tx.mark()
        tx.origin = job.origin
        job.error = None
        try:
            job.value = job.fn(tx, *job.args, **job.kwargs)
            if tx.failure is not None or tx.try_again:  # swallowed by the function
                return self._failed(job, tx.failure or TryAgain("a lock is held elsewhere"), mark)
            connection.leave()
        except _Undone:
            raise
        except BaseException as error:  # noqa: BLE001
            return self._failed(job, error, mark)
        return True

    def _failed(self, job: Job, error: BaseException, mark: Mark) -> bool:
        """Take back what a failed function did; False: put it back. Raises _Undone."""
        tx = self._tx
        if not self._connection.living():
            raise _Undone(error)
        try:
            self._connection.undo()
        except Exception as trouble:
            raise _Undone(self._connection.translate(trouble)) from trouble
        again = tx.try_again
        tx.forget(mark)
        tx.failure = None
        tx.try_again = False
        job.error = error
        return not again

    def _commit(self, succeeded: int) -> None:
        """Run the finishers and commit. Raises _Undone, CommitUnknown."""
        connection = self._connection
        if not succeeded:
            connection.abandon()
            return
        self._finish()
        if self._commit_delay:
            time.sleep(self._commit_delay)
        try:
            connection.commit()
        except Exception as error:
            if connection.lost():
                raise CommitUnknown("the connection died during COMMIT") from error
            raise _Undone(connection.translate(error)) from error
        self._seq = max(self._seq, self._tx.last_seq)
        self._logged += self._tx.logged
        self.stats.groups += 1

    def _finish(self) -> None:
        tx = self._tx
        try:
            tx.write_later()
            if tx.pending_events or tx.pending_counts or tx.pending_words:
                self._connection.finish()
            for finisher in self._finishers:
                finisher(tx)
        except BaseException as error:
            raise _Undone(tx.failure or error) from error
        if tx.failure is not None:
            raise _Undone(tx.failure)

    def _one_by_one(self, group: Group) -> None:
        """The transaction is gone, and nothing of it is written: run each function by itself."""
        _log.info("a group of %d is run again one by one", len(group.done))
        later, group.put_back, group.held_keys = group.put_back, [], set()
        down: StoreUnavailable | None = None
        for job in group.done:
            job.error = StoreUnavailable("not run")
        for job in tuple(group.done):
            if down is not None:
                job.error = StoreUnavailable(str(down))
            elif job.key in group.held_keys:
                self._hold(job, group)
            else:
                down = self._alone(job, group)
        group.put_back += later

    def _alone(self, job: Job, group: Group) -> StoreUnavailable | None:
        """Run one function in a transaction of its own; an error only if the store is down."""
        self.stats.alone += 1
        self._connection.abandon()
        try:
            self._start()
        except StoreUnavailable as error:
            job.error = error
            return error
        again = False
        try:
            again = not self._call(job, wait=True)
            self._commit(int(job.error is None and not again))
        except CommitUnknown as error:
            job.error = error
        except _Undone as undone:
            job.error = undone.cause
            again = isinstance(undone.cause, TryAgain)
        except BaseException as error:  # noqa: BLE001
            job.error = error
        self._connection.abandon()
        if again:
            self._hold(job, group)
        return None

    def _hold(self, job: Job, group: Group) -> None:
        """Put a function back for the next group, or give up when it has waited too long."""
        now = _now()
        job.since = job.since or now
        if now - job.since > PATIENCE_SECONDS:
            job.error = StoreUnavailable("another process holds a lock that is needed")
            return
        self.stats.put_back += 1
        group.hold(job)

    def _start(self) -> None:
        """Begin a transaction, on a new connection if the old one died. Raises StoreUnavailable."""
        if self._connection.lost():
            self._connection.close()
            self._connection = self._opener.writer()
            self._tx = Tx(self._connection, later=True)
        self._tx.reset()
        try:
            self._connection.start()
        except Exception as error:
            raise StoreUnavailable(str(self._connection.translate(error))) from error

    def _refuse(self, first: Job, error: StoreUnavailable) -> None:
        """No transaction can begin: answer all that wait, or each would wait as long again."""
        _log.warning("the store cannot be written: %s", error)
        jobs = [first]
        while (job := self._take(block=False)) is not None:
            jobs.append(job)
        for job in jobs:
            job.error = StoreUnavailable(str(error))
        self._answer(jobs)

    def _answer(self, jobs: list[Job]) -> None:
        self.stats.functions += len(jobs)
        seq, self._seq = self._seq, 0
        logged, self._logged = self._logged, []
        if jobs:
            self._hand_back(jobs, seq, logged)

    def _slow(self, job: Job, seconds: float) -> None:
        self.stats.slow += 1
        name = getattr(job.fn, "__qualname__", repr(job.fn))
        _log.warning("transaction function %s took %.0f ms", name, seconds * 1000)


class _Undone(Exception):
    """The whole transaction is gone, because of ``cause``."""

    def __init__(self, cause: BaseException) -> None:
        super().__init__(str(cause))
        self.cause = cause
