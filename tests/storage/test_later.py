"""Rows that are written later: nobody can tell, on either engine, whatever happens in between."""

from __future__ import annotations

import copy
from contextlib import suppress
from itertools import count
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.db import ConstraintViolated, Database, StatementInvalid, StoreUnavailable, Tx
from storage.later import CHUNKS, Table, Unique
from tests.storage.small import names, together
from tests.storage.test_sqlite import BIG, fill_disk, limit_pages

NAME = Unique(("name",), "SELECT 1 FROM item WHERE name = :name")


class Item(msgspec.Struct):
    """A row of ``item``."""

    name: str
    n: Any = 0
    body: bytes | None = None


class Part(msgspec.Struct):
    """A row of ``part``."""

    item: int


class Tag(msgspec.Struct):
    """A row of ``tag``."""

    item: int
    word: str
    n: int


ITEMS = Table("item", Item, unique=(NAME,))
PARTS = Table("part", Part, rank=2)
TAGS = Table("tag", Tag, rank=2, keyed=True)

Op = tuple[Any, ...]
Items = dict[str, list[Any]]
"""Name -> number, count of parts, and what its tags say."""
_example = count(1)


class Oops(Exception):
    """A function's own."""


# ---------------------------------------------------------------- any mixture


def play(world: Store | Model, ops: list[Op]) -> list[Any]:
    """Do what the ops say, one after the other; what was seen of it."""
    return [seen for op, *rest in ops if (seen := getattr(world, op)(*rest)) is not None]


class Store:
    """The ops on the store, in one function."""

    def __init__(self, tx: Tx, prefix: str, ids: dict[str, int] | None = None) -> None:
        self._tx, self._prefix = tx, prefix
        self._ids = {} if ids is None else ids
        """Of what this function inserted."""

    def new(self, name: str) -> bool:
        id = self._tx.insert_new_later(ITEMS, Item(self._prefix + name, body=b"\0"))
        if id is not None:
            self._ids[name] = id
        return id is not None

    def plain(self, name: str) -> None:
        self._tx.run(
            "INSERT INTO item (name) VALUES (:name) ON CONFLICT DO NOTHING",
            name=self._prefix + name,
        )

    def put(self, name: str) -> None:
        self._ids[name] = self._tx.insert_later(ITEMS, Item(self._prefix + name))

    def set(self, name: str, n: int) -> None:
        if name in self._ids:
            self._tx.change_later(ITEMS, self._ids[name], n=n)

    def part(self, name: str) -> None:
        if name in self._ids:
            self._tx.insert_later(PARTS, Part(self._ids[name]))

    def tag(self, name: str, word: str, n: int) -> None:
        if name in self._ids:
            self._tx.add_later(TAGS, Tag(self._ids[name], word, n))

    def drop(self, name: str) -> None:
        self._ids.pop(name, None)
        self._tx.run(
            """
            DELETE FROM item WHERE name = :name
              AND NOT EXISTS (SELECT 1 FROM part p WHERE p.item = item.id)
              AND NOT EXISTS (SELECT 1 FROM tag t WHERE t.item = item.id)
            """,
            name=self._prefix + name,
        )

    def more(self, name: str) -> None:
        self._tx.run("UPDATE item SET n = n + 1 WHERE name = :name", name=self._prefix + name)

    def taken(self, name: str) -> bool:
        return self._tx.taken(NAME, self._prefix + name)

    def see(self) -> Items:
        return picture(self._tx, self._prefix)

    def inner(self, ops: list[Op], fails: bool) -> list[Any]:
        seen: list[Any] = []
        with suppress(Oops), self._tx.savepoint():
            seen = play(Store(self._tx, self._prefix, dict(self._ids)), ops)
            if fails:
                raise Oops
        return seen

    def oops(self) -> None:
        raise Oops


class Model:
    """The same on a dict."""

    def __init__(self, items: Items, own: frozenset[str] = frozenset()) -> None:
        self.items = items
        self._own = set(own)

    def new(self, name: str) -> bool:
        if name in self.items:
            return False
        self.put(name)
        return True

    def plain(self, name: str) -> None:
        self.items.setdefault(name, [0, 0, {}])

    def put(self, name: str) -> None:
        if name in self.items:
            raise ConstraintViolated(name)
        self.items[name] = [0, 0, {}]
        self._own.add(name)

    def set(self, name: str, n: int) -> None:
        if name in self._own:
            self.items[name][0] = n

    def part(self, name: str) -> None:
        if name in self._own:
            self.items[name][1] += 1

    def tag(self, name: str, word: str, n: int) -> None:
        if name in self._own:
            self.items[name][2].setdefault(word, n)

    def drop(self, name: str) -> None:
        self._own.discard(name)
        if name in self.items and not any(self.items[name][1:]):
            del self.items[name]

    def more(self, name: str) -> None:
        if name in self.items:
            self.items[name][0] += 1

    def taken(self, name: str) -> bool:
        return name in self.items

    def see(self) -> Items:
        return copy.deepcopy(self.items)

    def inner(self, ops: list[Op], fails: bool) -> list[Any]:
        inner = Model(copy.deepcopy(self.items), frozenset(self._own))
        seen = play(inner, ops)
        if not fails:
            self.items = inner.items
        return seen

    def oops(self) -> None:
        raise Oops


def picture(tx: Tx, prefix: str) -> Items:
    """Every item of an example."""
    rows = tx.all(
        """
        SELECT name, n, (SELECT COUNT(*) FROM part p WHERE p.item = i.id) AS parts FROM item i
        WHERE name > :prefix AND name < :prefix || 'z'
        """,
        prefix=prefix,
    )
    tags = tx.all("SELECT i.name, t.word, t.n FROM tag t JOIN item i ON i.id = t.item")
    return {
        row["name"].removeprefix(prefix): [
            row["n"],
            row["parts"],
            {tag["word"]: tag["n"] for tag in tags if tag["name"] == row["name"]},
        ]
        for row in rows
    }


def on_store(tx: Tx, ops: list[Op], prefix: str) -> list[Any]:
    """One function."""
    return play(Store(tx, prefix), ops)


_names = st.sampled_from("abc")
_inner = st.one_of(
    st.tuples(st.just("new"), _names),
    st.tuples(st.just("new"), _names),
    st.tuples(st.just("set"), _names, st.integers(1, 9)),
    st.tuples(st.just("part"), _names),
    st.tuples(st.just("tag"), _names, st.sampled_from("vw"), st.integers(1, 9)),
    st.tuples(st.just("plain"), _names),
    st.tuples(st.just("more"), _names),
    st.tuples(st.just("taken"), _names),
    st.tuples(st.just("see")),
)
_ops = st.lists(
    st.one_of(
        _inner,
        _inner,
        st.tuples(st.just("drop"), _names),
        st.tuples(st.just("put"), _names),
        st.tuples(st.just("inner"), st.lists(_inner, max_size=4), st.booleans()),
        st.tuples(st.just("oops")),
    ),
    max_size=7,
)


@settings(
    max_examples=200, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(groups=st.lists(st.lists(_ops, min_size=1, max_size=6), min_size=1, max_size=3))
async def test_nobody_can_tell(store: Database, groups: list[list[list[Op]]]) -> None:
    """Group after group: each function sees and leaves what it would if rows were written at once,
    and one that fails does so alone."""
    prefix = f"{next(_example)}/"
    items: Items = {}
    for group in groups:
        results = await together(store, *((on_store, ops, prefix) for ops in group))
        for ops, result in zip(group, results, strict=True):
            after = Model(copy.deepcopy(items))
            try:
                expected = play(after, ops)
            except (Oops, ConstraintViolated):
                assert isinstance(result, Oops | ConstraintViolated), ops
                continue
            assert result == expected, ops
            items = after.items
        assert await store.read(picture, prefix) == items


# ---------------------------------------------------------------- one by one


def add(tx: Tx, name: str, n: Any = 0) -> int:
    """One item, later."""
    return tx.insert_later(ITEMS, Item(name, n))


async def test_rows_go_out_by_few_statements_in_their_order(lite: Database) -> None:
    many = [f"{n}" for n in range(sum(CHUNKS) * 2 + 1)]
    ids = [await lite.write(add, "before"), *await together(lite, *((add, name) for name in many))]
    assert await lite.read(names) == ["before", *many]
    assert ids == list(range(1, len(many) + 2))


class Tight(msgspec.Struct):
    """A row of ``tight``."""

    whole: int


TIGHT = Table("tight", Tight, rank=2)


@pytest.fixture
async def tight(lite: Database) -> Database:
    """With a reference that is looked at as soon as it is written."""
    await lite.write(
        lambda tx: tx.run("CREATE TABLE tight (id INTEGER PRIMARY KEY, whole REFERENCES item (id))")
    )
    return lite


async def test_a_row_waits_for_the_rows_that_it_refers_to(tight: Database) -> None:
    def alone(tx: Tx, item: int) -> None:
        tx.insert_later(TIGHT, Tight(item))

    def both(tx: Tx) -> None:
        alone(tx, add(tx, "b"))

    assert await together(tight, (add, "a"), (alone, 1), (both,)) == [1, None, None]
    assert tight.stats.alone == 0
    rows = await tight.read(lambda tx: [row[0] for row in tx.all("SELECT whole FROM tight")])
    assert rows == [1, 2]


async def test_ids_go_on_after_a_row_that_was_written_at_once(lite: Database) -> None:
    def mixed(tx: Tx) -> list[int]:
        ids = [add(tx, "a"), tx.insert("INSERT INTO item (name) VALUES (:n)", n="b"), add(tx, "c")]
        tx.run("DELETE FROM item WHERE name = 'c'")
        return [*ids, add(tx, "d")]

    assert await lite.write(mixed) == [1, 2, 3, 3]
    assert await lite.read(names) == ["a", "b", "d"]


async def test_a_change_goes_with_its_savepoint(store: Database) -> None:
    def changed(tx: Tx) -> None:
        id = add(tx, "a")
        with suppress(Oops), tx.savepoint():
            tx.change_later(ITEMS, id, n=1)
            raise Oops

    await store.write(changed)
    assert await store.read(lambda tx: tx.value("SELECT n FROM item")) == 0


async def test_what_refers_to_a_row_by_a_statement_finds_it(tight: Database) -> None:
    def refer(tx: Tx) -> None:
        tx.run("INSERT INTO tight (whole) VALUES (:id)", id=add(tx, "a"))

    await tight.write(refer)
    assert await tight.read(names) == ["a"]


@pytest.mark.parametrize(
    ("wrong", "error"), [("no number", ConstraintViolated), ("\udc80", Exception)]
)
async def test_a_row_that_the_engine_refuses_fails_its_function_alone(
    store: Database, wrong: str, error: type[Exception]
) -> None:
    """It is refused after its function has returned, where the whole group is at stake."""
    good, bad, late = await together(store, (add, "a"), (add, "b", wrong), (add, "c"))
    assert isinstance(good, int)
    assert isinstance(late, int)
    assert isinstance(bad, (error, StatementInvalid, UnicodeEncodeError))
    assert await store.read(names) == ["a", "c"]


async def test_what_a_failing_function_had_written_of_others_is_written_again(
    lite: Database,
) -> None:

    def fails(tx: Tx) -> None:
        assert names(tx) == ["a"]
        raise Oops

    a, failed, b = await together(lite, (add, "a"), (fails,), (add, "b"))
    assert isinstance(failed, Oops)
    assert (a, b) == (1, 2)
    assert await lite.read(names) == ["a", "b"]


async def test_a_swallowed_full_disk_does_not_go_on_in_autocommit(lite: Database) -> None:
    def stubborn(tx: Tx) -> None:
        add(tx, "before")
        with suppress(StoreUnavailable):
            fill_disk(tx, "big")
        with suppress(StoreUnavailable):
            add(tx, "after")
        with suppress(StoreUnavailable):
            names(tx)

    await lite.write(limit_pages, 100)
    good, failed, late = await together(lite, (add, "a"), (stubborn,), (add, "b"))
    assert (type(good), type(failed), type(late)) == (int, StoreUnavailable, int)
    assert await lite.read(names) == ["a", "b"]


async def test_a_disk_that_is_full_when_rows_are_written_fails_the_guilty_one_only(
    lite: Database,
) -> None:
    def big(tx: Tx) -> None:
        tx.insert_later(ITEMS, Item("big", body=BIG))

    await lite.write(limit_pages, 100)
    good, failed, late = await together(lite, (add, "a"), (big,), (add, "b"))
    assert (type(good), type(failed), type(late)) == (int, StoreUnavailable, int)
    assert await lite.read(names) == ["a", "b"]
    assert lite.stats.alone >= 3, "the whole group was run again"


async def test_null_is_never_taken(store: Database) -> None:
    body = Unique(("body",), "SELECT 1 FROM item WHERE body = :body")
    table = Table("item", Item, unique=(NAME, body))

    def twice(tx: Tx) -> list[int | None]:
        return [tx.insert_new_later(table, Item(name)) for name in ("a", "b", "b")]

    first, second, third = await store.write(twice)
    assert first != second
    assert third is None


async def test_what_is_written_may_be_asked_without_writing_the_rest(lite: Database) -> None:
    def asked(tx: Tx) -> list[Any]:
        add(tx, "b")
        count = "SELECT COUNT(*) FROM item"
        found = tx.one_written(count)
        return [found and found[0], tx.value(count)]

    await lite.write(add, "a")
    assert await lite.write(asked) == [1, 2]


async def test_no_question_goes_on_after_the_transaction_is_gone(lite: Database) -> None:
    def stubborn(tx: Tx) -> None:
        with suppress(StoreUnavailable):
            fill_disk(tx, "big")
        with pytest.raises(StoreUnavailable, match="gone"):
            tx.one_written("SELECT 1")

    await lite.write(limit_pages, 100)
    failed, late = await together(lite, (stubborn,), (add, "b"))
    assert (type(failed), type(late)) == (StoreUnavailable, int)


async def test_a_row_without_an_id_is_seen_and_stays_as_it_first_was(store: Database) -> None:
    def tagged(tx: Tx) -> list[Any]:
        id = add(tx, "a")
        assert names(tx) == ["a"]  # and from here on nothing of it waits
        tx.add_later(TAGS, Tag(id, "v", 1))
        tx.add_later(TAGS, Tag(id, "v", 2))
        return [tx.value("SELECT n FROM tag"), tx.value("SELECT COUNT(*) FROM tag")]

    assert await store.write(tagged) == [1, 1]
    assert await store.read(lambda tx: tx.value("SELECT n FROM tag")) == 1
