"""What a transaction function is given: six ways to run SQL, savepoints, and the events to come.

One ``Tx`` serves a connection for as long as it lives; the writer and the readers own both.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, NoReturn

from msgspec.structs import asdict

from storage.connection import Connection, EngineName, Named, Params, Row
from storage.errors import StoreUnavailable, TryAgain
from storage.later import Later, Place, R, Table, Unique, chunked

if TYPE_CHECKING:
    from storage.events import PendingEvent

Mark = tuple[int, dict[tuple[int, str], int], frozenset[object], int, int, Place]


class Tx:
    """A transaction, handed to plain functions ``def f(tx, ...)``. No effects but SQL through here.

    A failed statement fails the function, also if the function swallows the error, unless it
    happened inside ``tx.savepoint()``: PostgreSQL could not go on either.
    """

    __slots__ = (
        "_alert",
        "_connection",
        "_count",
        "_depth",
        "_fetch",
        "_gone",
        "_insert",
        "_later",
        "engine",
        "failure",
        "held",
        "last_seq",
        "logged",
        "origin",
        "pending_counts",
        "pending_events",
        "pending_seen",
        "pending_words",
        "try_again",
    )

    def __init__(self, connection: Connection, *, later: bool = False) -> None:
        """``later``: whoever commits calls ``write_later`` before (the writer does)."""
        self._connection = connection
        self._later = Later(connection) if later and connection.engine == "sqlite" else None
        self.engine: EngineName = connection.engine
        self.pending_events: list[PendingEvent] = []
        """Events collected by the group so far; a rolled-back savepoint drops its own."""
        self.pending_counts: Counter[tuple[int, str]] = Counter()
        """Counters to add to, likewise."""
        self.pending_words: list[tuple[str, str, int]] = []
        """Words to find something by, likewise: (kind, word, id)."""
        self.pending_seen: list[tuple[int, int]] = []
        """Conversations whose hour changes, likewise: (id, when)."""
        self.held: set[object] = set()
        """Names of row locks that the group holds till its end, likewise: no need to take them
        again."""
        self.reset()

    def reset(self) -> None:
        """Ready for the next transaction (the writer's business)."""
        self._gone = False
        """The engine has ended the transaction by itself."""
        self._plain()
        if self._later is not None:
            self._later.reset()
        self._depth = 0
        self.pending_events.clear()
        self.pending_counts.clear()
        self.pending_words.clear()
        self.pending_seen.clear()
        self.held.clear()
        self.last_seq = 0
        """Highest ``event.seq`` of the group, set by the finisher that inserts the events."""
        self.logged: Sequence[Named] = ()
        """The group's events with their numbers, where it knows them."""
        self.failure: Exception | None = None
        self.try_again = False
        self.origin = ""
        """Id of the request that asked for this function; empty: the hub itself did."""

    def all(self, sql: str, /, **params: Any) -> list[Row]:
        """Every row of a statement, fetched to the end."""
        try:
            return self._fetch(sql, params)
        except Exception as error:
            raise self._failed(error) from error

    def one(self, sql: str, /, **params: Any) -> Row | None:
        """The first row, or None."""
        try:
            rows = self._fetch(sql, params)
        except Exception as error:
            raise self._failed(error) from error
        return rows[0] if rows else None

    def value(self, sql: str, /, **params: Any) -> Any:
        """The first column of the first row, or None."""
        try:
            rows = self._fetch(sql, params)
        except Exception as error:
            raise self._failed(error) from error
        return rows[0][0] if rows else None

    def run(self, sql: str, /, **params: Any) -> int:
        """Run a statement; how many rows it changed."""
        try:
            return self._count(sql, params)
        except Exception as error:
            raise self._failed(error) from error

    def insert(self, sql: str, /, **params: Any) -> int:
        """Run an ``INSERT`` of one row into a table with an id; that id.

        Written without RETURNING, which makes SQLite step twice and keep the row on the side.
        """
        try:
            found = self._insert(sql, params)
        except Exception as error:
            raise self._failed(error) from error
        if found is None:
            raise LookupError("nothing was inserted")
        return found

    def insert_new(self, sql: str, /, **params: Any) -> int | None:
        """``insert`` with ``ON CONFLICT DO NOTHING``: None if there was one already."""
        try:
            return self._insert(sql, params)
        except Exception as error:
            raise self._failed(error) from error

    def insert_all(self, table: Table[Any], rows: Sequence[Sequence[Any]]) -> int:
        """Insert rows in order by few statements, the engine giving their ids; the last of these.

        SQLite only: its statements take values by places.
        """
        last = 0
        for size, values in chunked(rows):
            try:
                last = self._insert(table.numbered[size], values) or last
            except Exception as error:
                raise self._failed(error) from error
        return last

    def insert_later(self, table: Table[R], row: R) -> int:
        """``insert`` of a row that the group may write later; its id.

        No statement sees the difference. What the engine refuses in it may fail the group, which
        then is run again one by one.
        """
        later = self._later
        if later is None or self._gone:
            return self.insert(table.insert, **asdict(row))
        try:
            id = later.add(table, row)
        except Exception as error:
            raise self._failed(error) from error
        if not self._alert:
            self._attentive()
        return id

    def insert_new_later(self, table: Table[R], row: R) -> int | None:
        """``insert_later``; None if there is a row that has what only one may have."""
        later = self._later
        if later is None or self._gone:
            return self.insert_new(f"{table.insert} ON CONFLICT DO NOTHING", **asdict(row))
        try:
            id = later.add_new(table, row)
        except Exception as error:
            raise self._failed(error) from error
        if id is not None and not self._alert:
            self._attentive()
        return id

    def add_later(self, table: Table[R], row: R) -> None:
        """Insert a row that the group may write later, unless one with its key is there."""
        later = self._later
        if later is None or self._gone:
            self.run(table.insert, **asdict(row))
            return
        try:
            later.add_keyed(table, row)
        except Exception as error:
            raise self._failed(error) from error
        if not self._alert:
            self._attentive()

    def one_written(self, sql: str, /, **params: Any) -> Row | None:
        """``one`` where rows that the group is still to write cannot be what is asked for: they
        need not be written for it."""
        fetch = self._refuse if self._gone else self._connection.fetch
        try:
            rows = fetch(sql, params)
        except Exception as error:
            raise self._failed(error) from error
        return rows[0] if rows else None

    def taken(self, unique: Unique, key: Any) -> bool:
        """Whether there is a row that has this, which only one may have.

        ``key``: the value of its column, or the values of its columns.
        """
        if self._later is None or self._gone:
            return bool(self.all(unique.taken, **unique.params(key)))
        try:
            return self._later.taken(unique, key)
        except Exception as error:
            raise self._failed(error) from error

    def change_later(self, table: Table[R], id: int, /, **values: Any) -> None:
        """Set columns of a row, mostly of one that this function inserted a moment ago."""
        if self._later is None or not self._later.change(table, id, values):
            columns = ", ".join(f"{column} = :{column}" for column in values)
            self.run(f"UPDATE {table.name} SET {columns} WHERE id = :id", **values, id=id)

    def write_later(self) -> None:
        """Write what was inserted to be written later."""
        if self._later is not None and self._later.waiting:
            try:
                self._write_now()
            except Exception as error:
                raise self._failed(error) from error

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Roll back, alone, what the block did (events too) if it raises; the exception goes on.

        Catch it outside the block to go on without it. Nests.
        """
        name = f"s{self._depth}"
        mark = self.mark()
        self.run(f"SAVEPOINT {name}")
        self._depth += 1
        try:
            yield
            self.run(f"RELEASE SAVEPOINT {name}")
        except BaseException:
            if self._connection.living():
                self.failure = None
                self.run(f"ROLLBACK TO SAVEPOINT {name}")
                self.run(f"RELEASE SAVEPOINT {name}")
                self.forget(mark)
            raise
        finally:
            self._depth -= 1

    def mark(self) -> Mark:
        """What is pending now, to return to by ``forget``."""
        events, words, seen = self.pending_events, self.pending_words, self.pending_seen
        counts, held = dict(self.pending_counts), frozenset(self.held)
        place = (0, 0) if self._later is None else self._later.mark()
        return len(events), counts, held, len(words), len(seen), place

    def forget(self, mark: Mark) -> None:
        """Drop what became pending since ``mark``."""
        events, counts, held, words, seen, place = mark
        del self.pending_events[events:]
        del self.pending_words[words:]
        del self.pending_seen[seen:]
        self.pending_counts.clear()
        self.pending_counts.update(counts)
        self.held.intersection_update(held)
        if self._later is not None:
            self._later.forget(place)
            if self._later.waiting:
                self._attentive()

    def _plain(self) -> None:
        self._alert = False
        self._fetch = self._connection.fetch
        self._count = self._connection.count
        self._insert = self._connection.insert

    def _attentive(self) -> None:
        """From here on a statement may need the rows that are not written."""
        self._alert = True
        self._fetch = self._fetch_after
        self._count = self._count_after
        self._insert = self._insert_after

    def _write_now(self) -> None:
        if self._later is not None:
            self._later.write()
            self._plain()

    def _fetch_after(self, sql: str, params: Params) -> list[Row]:
        if self._later is not None and self._later.concerned(sql):
            self._write_now()
        return self._connection.fetch(sql, params)

    def _count_after(self, sql: str, params: Params) -> int:
        if self._later is not None and self._later.concerned(sql):
            self._write_now()
        return self._connection.count(sql, params)

    def _insert_after(self, sql: str, params: Params) -> int | None:
        if self._later is not None and self._later.concerned(sql):
            self._write_now()
        return self._connection.insert(sql, params)

    def _failed(self, error: Exception) -> Exception:
        """Remember a statement's failure, and refuse further ones if the whole transaction is gone.

        Without that, SQLite would go on in autocommit after rolling back by itself (disk full).
        """
        ours = self._connection.translate(error)
        self.failure = ours
        self.try_again = self.try_again or isinstance(ours, TryAgain)
        if not self._connection.living():
            self._gone = True
            self._fetch = self._refuse
            self._count = self._refuse
            self._insert = self._refuse
        return ours

    def _refuse(self, sql: str, params: Params) -> NoReturn:  # noqa: ARG002
        raise StoreUnavailable("the transaction is gone: an earlier statement ended it")
