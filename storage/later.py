"""Rows that a group writes by few statements at its end instead of by one each.

A statement costs more than its work: on SQLite each one gives the interpreter's lock away and waits
for it beside the busy loop. So the rows that every message brings are kept, with their ids, and
written before the first statement that names their table or one that refers to it (nobody sees that
they were not there), or before the commit. An SMS took 148 microseconds of the writer, and takes 115.

Only on SQLite, where one writer holds the whole file and can count ids itself, as the engine does:
the highest and one. PostgreSQL gives them by sequences, and writes each row at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from itertools import chain, islice
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Final, Generic, TypeVar

import msgspec
from msgspec.structs import asdict, astuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from storage.connection import Connection

_Key = Any
"""The values of some columns: of one column the value itself, of several a tuple."""

CHUNKS: Final = (32, 8, 1)
"""Rows a statement: few lengths, so that each is compiled once."""
Place = tuple[int, int]
"""How many rows there are, and how many of them are written."""
R = TypeVar("R", bound=msgspec.Struct)


@dataclass(frozen=True, slots=True)
class Unique:
    """What only one row may have: the columns, and ``SELECT 1`` of the row that does."""

    columns: tuple[str, ...]
    taken: str
    """The columns are its parameters, by their names."""

    def params(self, key: _Key) -> dict[str, Any]:
        """The parameters of ``taken``."""
        values = key if len(self.columns) > 1 else (key,)
        return dict(zip(self.columns, values, strict=True))


@dataclass(frozen=True, slots=True)
class Table(Generic[R]):
    """A table whose rows may be written later."""

    name: str
    row: type[R]
    """Its fields are the columns without the id, in their order."""
    unique: tuple[Unique, ...] = ()
    """What ``insert_new_later`` looks for."""
    rank: int = 1
    """Rows of a lower one are written first: others refer to them."""
    keyed: bool = False
    """It has no ids: a row whose key is there already is left as it is."""
    columns: tuple[str, ...] = field(init=False)
    keys: tuple[tuple[Unique, Callable[[Sequence[Any]], _Key]], ...] = field(
        init=False, compare=False
    )
    """Each ``unique``, and how its key is read from the id and the values."""
    insert: str = field(init=False)
    """One row, by names."""
    any_taken: str = field(init=False)
    """``SELECT 1`` if some row has what only one may have; the columns are its parameters."""
    chunks: dict[int, str] = field(init=False, compare=False)
    """How many rows -> their INSERT, by places, the id first if there are ids."""
    numbered: dict[int, str] = field(init=False, compare=False)
    """The same, the engine giving the ids."""

    def __post_init__(self) -> None:
        columns = self.row.__struct_fields__
        names = ", ".join(columns)
        values = ", ".join(f":{column}" for column in columns)
        keys = tuple((one, itemgetter(*map(self.place, one.columns))) for one in self.unique)
        object.__setattr__(self, "columns", columns)
        object.__setattr__(self, "keys", keys)
        taken = " OR ".join(f"EXISTS ({one.taken})" for one in self.unique)
        known = " ON CONFLICT DO NOTHING" if self.keyed else ""
        insert = f"INSERT INTO {self.name} ({names}) VALUES ({values}){known}"
        object.__setattr__(self, "insert", insert)
        object.__setattr__(self, "any_taken", f"SELECT 1 WHERE {taken}")
        first = columns if self.keyed else ("id", *columns)
        for attribute, given in (("chunks", first), ("numbered", columns)):
            row = f"({', '.join('?' * len(given))})"
            head = f"INSERT INTO {self.name} ({', '.join(given)}) VALUES "
            many = {n: head + ", ".join([row] * n) + known for n in CHUNKS}
            object.__setattr__(self, attribute, many)

    def place(self, column: str) -> int:
        """Where a column stands, after the id."""
        return self.row.__struct_fields__.index(column) + 1


_Row = tuple[Table[Any], list[Any]]


class Later:
    """The rows of one group."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._near: dict[str, frozenset[str]] = {}
        self.reset()

    def reset(self) -> None:
        """Ready for the next group."""
        self._rows: list[_Row] = []
        self._written = 0
        """So many of the rows are in the store."""
        self._own = 0
        """Rows from here on are of the function that runs."""
        self._ids: dict[str, int] = {}
        """Table -> its highest id; known while some row is not written."""
        self._keys: set[tuple[str, _Key]] = set()
        """What the rows that are not written have alone."""
        self._watched: set[str] = set()
        """Tables that no statement may name before the rows are written."""

    @property
    def waiting(self) -> bool:
        """Whether some row is not written."""
        return len(self._rows) > self._written

    def add(self, table: Table[R], row: R) -> int:
        """Keep a row; its id."""
        return self._add(table, [0, *astuple(row)])

    def add_new(self, table: Table[R], row: R) -> int | None:
        """``add``; None if another row, kept or stored, has what only one may have."""
        values = [0, *astuple(row)]
        for unique, key_of in table.keys:
            if (unique.taken, key_of(values)) in self._keys:
                return None
        if self._connection.fetch(table.any_taken, asdict(row)):
            return None
        return self._add(table, values)

    def add_keyed(self, table: Table[R], row: R) -> None:
        """Keep a row of a table without ids."""
        if table.name not in self._ids:
            self._ids[table.name] = 0
            self._watched |= self._touching(table)
        self._rows.append((table, list(astuple(row))))

    def _add(self, table: Table[Any], values: list[Any]) -> int:
        ids, name = self._ids, table.name
        values[0] = ids[name] = id = (ids.get(name) or self._first(table)) + 1
        self._keys.update(_keys(table, values))
        self._rows.append((table, values))
        return id

    def taken(self, unique: Unique, key: _Key) -> bool:
        """Whether a row has it, kept or stored. What is NULL is never taken."""
        if _is_null(key):
            return False
        if (unique.taken, key) in self._keys:
            return True
        return bool(self._connection.fetch(unique.taken, unique.params(key)))

    def change(self, table: Table[R], id: int, values: dict[str, Any]) -> bool:
        """Change a kept row of the function that runs; False: it has none with this id.

        Not in what only one row may have.
        """
        for owner, row in reversed(self._rows[max(self._own, self._written) :]):
            if owner is table and row[0] == id:
                for column, value in values.items():
                    row[table.place(column)] = value
                return True
        return False

    def concerned(self, sql: str) -> bool:
        """Whether a statement could see that rows are not written, or needs them to be."""
        return not self._watched.isdisjoint(_words(sql))

    def write(self) -> None:
        """Write what is kept. Raises what the engine raises; then nothing counts as written."""
        tables: dict[str, Table[Any]] = {}
        rows: dict[str, list[list[Any]]] = {}
        for table, row in islice(self._rows, self._written, None):
            if (of := rows.get(table.name)) is None:
                tables[table.name], rows[table.name] = table, [row]
            else:
                of.append(row)
        for table in sorted(tables.values(), key=_rank):
            self._write(table, rows[table.name])
        self._written = len(self._rows)
        self._ids.clear()
        self._keys.clear()
        self._watched.clear()

    def mark(self) -> Place:
        """Where a function, or a savepoint in it, begins."""
        self._own = len(self._rows)
        return self._own, self._written

    def forget(self, place: Place) -> None:
        """Go back with the engine's savepoint: rows of others that were written since are not."""
        count, self._written = place
        del self._rows[count:]
        self._ids.clear()
        self._keys.clear()
        self._watched.clear()
        for table, row in self._rows[self._written :]:
            self._keys.update(_keys(table, row))
            self._watched |= self._touching(table)

    def _write(self, table: Table[Any], rows: Sequence[Sequence[Any]]) -> None:
        for size, values in chunked(rows):
            self._connection.count(table.chunks[size], values)

    def _first(self, table: Table[Any]) -> int:
        """Watch a table from now on; its highest id: of a row that is stored or kept."""
        self._watched |= self._touching(table)
        stored = self._connection.fetch(f"SELECT MAX(id) FROM {table.name}", {})[0][0] or 0
        kept = (row[0] for owner, row in self._rows[self._written :] if owner is table)
        return int(max(stored, *kept, 0))

    def _touching(self, table: Table[Any]) -> frozenset[str]:
        """A table and those that refer to it."""
        near = self._near.get(table.name)
        if near is None:
            rows = self._connection.fetch(_REFER, {"name": table.name})
            near = self._near[table.name] = frozenset([table.name, *(row[0] for row in rows)])
        return near


_REFER: Final = """
SELECT DISTINCT m.name FROM sqlite_master m, pragma_foreign_key_list(m.name) f
WHERE m.type = 'table' AND f."table" = :name
"""


def chunked(rows: Sequence[Sequence[Any]]) -> Iterator[tuple[int, list[Any]]]:
    """Rows in order, so many at once as there are statements for: (how many, their values)."""
    place = 0
    for size in CHUNKS:
        while len(rows) - place >= size:
            yield size, list(chain.from_iterable(rows[place : place + size]))
            place += size


def _keys(table: Table[Any], row: Sequence[Any]) -> Iterator[tuple[str, _Key]]:
    """What this row has alone; what is NULL is nobody's."""
    for unique, key_of in table.keys:
        key = key_of(row)
        if not _is_null(key):
            yield unique.taken, key


def _is_null(key: _Key) -> bool:
    return key is None or (type(key) is tuple and None in key)


def _rank(table: Table[Any]) -> int:
    return table.rank


@lru_cache(maxsize=4096)
def _words(sql: str) -> frozenset[str]:
    """The names in a statement; ours are in small letters."""
    return frozenset(re.findall(r"[a-z_]+", sql))
