"""What the store promises, on both engines."""

from __future__ import annotations

import asyncio
import logging
from contextlib import suppress

import pytest

from storage import db as storage_db
from storage import writer
from storage.db import (
    ConstraintViolated,
    Database,
    StatementInvalid,
    StoreBusy,
    StoreTimeout,
    StoreUnavailable,
    Tx,
)
from tests.storage.small import Gate, Open, boom, insert, logged, names, together

# ---------------------------------------------------------------- writing


async def test_a_result_is_committed_when_it_is_handed_over(store: Database) -> None:
    assert await store.write(insert, "a", n=7) == 1
    row = await store.read(lambda tx: tx.one("SELECT * FROM item"))
    assert row is not None
    assert dict(row) == {"id": 1, "name": "a", "n": 7, "body": None}


async def test_functions_keep_their_order_and_share_commits(store: Database) -> None:
    wanted = [f"i{i}" for i in range(150)]
    before = store.stats.groups
    await together(store, *((insert, name) for name in wanted))
    assert await store.read(names) == wanted
    assert await store.read(logged) == wanted
    assert store.stats.groups - before < 40
    assert store.stats.alone == 0


async def test_a_function_that_raises_rolls_back_alone(store: Database) -> None:
    results = await together(
        store, (insert, "a"), (boom, "b", ValueError("no")), (insert, "a"), (insert, "c")
    )
    assert [type(result) for result in results] == [int, ValueError, ConstraintViolated, int]
    assert await store.read(names) == ["a", "c"]
    assert await store.read(logged) == ["a", "c"]
    assert store.stats.alone == 0


@pytest.mark.parametrize(
    "change",
    [
        "INSERT INTO item (name) VALUES ('x') RETURNING id",
        "  \n insert into item (name) values ('x') returning id",
        "UPDATE item SET n = 9 WHERE name = 'a' RETURNING id",
        "DELETE FROM item WHERE name = 'a' RETURNING id",
        "WITH x AS (SELECT 'x' AS name) INSERT INTO item (name) SELECT name FROM x RETURNING id",
    ],
)
async def test_whatever_changes_something_is_taken_back(store: Database, change: str) -> None:
    """A function's savepoint may be opened late, never too late."""

    def fails(tx: Tx) -> None:
        tx.all("SELECT * FROM item")
        assert tx.value(change)
        raise ValueError

    results = await together(
        store, (insert, "a"), (names,), (fails,), (names,), (fails,), (insert, "b")
    )
    assert [type(one) for one in results[2:5]] == [ValueError, list, ValueError]
    rows = await store.read(lambda tx: tx.all("SELECT name, n FROM item ORDER BY id"))
    assert [tuple(row) for row in rows] == [("a", 0), ("b", 0)]
    assert store.stats.alone == 0


async def test_counts_belong_to_the_savepoint(opened: Open, empty_url: str) -> None:
    seen: list[dict] = []
    store = await opened(empty_url, finishers=[lambda tx: seen.append(dict(tx.pending_counts))])

    def count(tx: Tx, fail: bool) -> None:
        tx.pending_counts[(1, "stored")] += 1
        if fail:
            raise ValueError

    await together(store, (count, False), (count, True), (count, False))
    assert seen[-1] == {(1, "stored"): 2}


async def test_a_swallowed_sql_error_fails_its_function_only(store: Database) -> None:
    def swallow(tx: Tx) -> str:
        insert(tx, "lost")
        with suppress(ConstraintViolated):
            tx.run("INSERT INTO item (name) VALUES (NULL)")
        return "all well"

    results = await together(store, (insert, "a"), (swallow,), (insert, "b"))
    assert isinstance(results[1], ConstraintViolated)
    assert await store.read(names) == ["a", "b"]


async def test_a_savepoint_contains_an_error(store: Database) -> None:
    def contained(tx: Tx) -> str:
        insert(tx, "kept")
        with suppress(ConstraintViolated), tx.savepoint():
            insert(tx, "dropped")
            with tx.savepoint():
                insert(tx, "dropped too")
            insert(tx, "kept")
        insert(tx, "after")
        return "all well"

    assert await store.write(contained) == "all well"
    assert await store.read(names) == ["kept", "after"]
    assert await store.read(logged) == ["kept", "after"]


class Rare(BaseException):
    """Not an Exception."""


@pytest.mark.parametrize("error", [Rare(), SystemExit(3), asyncio.CancelledError(), OSError()])
async def test_whatever_a_function_raises_goes_to_its_caller(
    store: Database, error: BaseException
) -> None:
    results = await together(store, (insert, "a"), (boom, "b", error), (insert, "c"))
    assert type(results[1]) is type(error)
    assert await store.read(names) == ["a", "c"]


async def test_stop_iteration_is_wrapped(store: Database) -> None:
    with pytest.raises(RuntimeError) as caught:
        await store.write(boom, "a", StopIteration())
    assert isinstance(caught.value.__cause__, StopIteration)


async def test_a_cancelled_caller_does_not_cancel_its_function(store: Database) -> None:
    gate = Gate()
    held = store.submit(gate)
    await asyncio.to_thread(gate.wait)
    task = asyncio.ensure_future(store.write(insert, "a"))
    await asyncio.sleep(0)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    gate.open()
    await held
    await store.write(insert, "b")
    assert await store.read(names) == ["a", "b"]


async def test_a_full_queue_is_refused(store: Database) -> None:
    gate = Gate()
    held = store.submit(gate)
    await asyncio.to_thread(gate.wait)
    room = writer.QUEUE - 1  # what is being written counts
    futures = [store.submit(insert, f"i{i}") for i in range(room)]
    with pytest.raises(StoreBusy) as caught:
        await store.write(insert, "one too many")
    assert caught.value.retry_after.total_seconds() > 0
    assert store.waiting == writer.QUEUE
    gate.open()
    await asyncio.gather(held, *futures)
    assert len(await store.read(names)) == room


async def test_a_failing_commit_fails_the_guilty_one_only(store: Database) -> None:
    def orphan(tx: Tx) -> None:
        insert(tx, "orphan")
        tx.run("INSERT INTO part (item) VALUES (999)")

    results = await together(store, (insert, "a"), (orphan,), (insert, "b"))
    assert [type(result) for result in results] == [int, ConstraintViolated, int]
    assert await store.read(names) == ["a", "b"]
    assert await store.read(logged) == ["a", "b"]
    assert store.stats.alone >= 3


async def test_a_failing_finisher_is_like_a_failing_commit(opened: Open, empty_url: str) -> None:
    def picky(tx: Tx) -> None:
        for what in tx.pending_events:
            if what == "bad":
                raise KeyError(what)
            tx.run("INSERT INTO log (what) VALUES (:what)", what=what)

    store = await opened(empty_url, finishers=[picky])
    results = await together(store, (insert, "a"), (insert, "bad"), (insert, "b"))
    assert isinstance(results[1], KeyError)
    assert await store.read(names) == ["a", "b"]
    assert await store.read(logged) == ["a", "b"]


async def test_listeners_hear_the_highest_number_on_the_loop(store: Database) -> None:
    heard: list[int] = []
    loop = asyncio.get_running_loop()

    def listen(seq: int, _logged: object) -> None:
        assert asyncio.get_running_loop() is loop
        heard.append(seq)
        raise ValueError("a listener's own trouble")

    store.on_commit(listen)
    await store.write(lambda tx: tx.run("INSERT INTO item (name) VALUES ('quiet')"))
    assert heard == []
    await together(store, (insert, "a"), (insert, "b"))
    assert heard[-1] == await store.read(lambda tx: tx.value("SELECT MAX(seq) FROM log"))


async def test_slow_functions_are_named(
    store: Database, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "SLOW_SECONDS", 0.0)
    with caplog.at_level(logging.WARNING):
        await store.write(insert, "a")
    assert "transaction function insert took" in caplog.text
    assert store.stats.slow >= 1


async def test_close_writes_what_is_queued_and_then_refuses(store: Database) -> None:
    futures = [store.submit(insert, f"i{i}") for i in range(100)]
    await store.close()
    assert sorted(await asyncio.gather(*futures)) == list(range(1, 101))
    with pytest.raises(StoreUnavailable):
        await store.write(insert, "late")
    with pytest.raises(StoreUnavailable):
        await store.read(names)


async def test_rows_behave_alike(store: Database) -> None:
    def look(tx: Tx) -> None:
        row = tx.one("SELECT 1 AS one, 'b' AS two, CAST(NULL AS BIGINT) AS three")
        assert row is not None
        assert (row["one"], row[1], row["three"]) == (1, "b", None)
        assert dict(row) == {"one": 1, "two": "b", "three": None}
        assert list(row) == [1, "b", None]
        assert list(row.keys()) == ["one", "two", "three"]
        assert len(row) == 3
        assert row == tx.one("SELECT 1 AS one, 'b' AS two, CAST(NULL AS BIGINT) AS three")
        with pytest.raises(IndexError):
            row["four"]
        assert tx.one("SELECT 1 AS x WHERE FALSE") is None
        assert tx.value("SELECT 1 AS x WHERE FALSE") is None

    await store.read(look)


async def test_row_counts(store: Database) -> None:
    def count(tx: Tx) -> list[int]:
        return [
            tx.run("INSERT INTO item (name) VALUES ('a'), ('b'), ('c')"),
            tx.run("UPDATE item SET n = n + 1 WHERE name <> 'a' RETURNING id"),
            tx.run("UPDATE item SET n = 5 WHERE name = 'z'"),
            tx.run("INSERT INTO item (name) VALUES ('a') ON CONFLICT (name) DO NOTHING"),
            tx.run(
                "WITH old AS (SELECT id FROM item WHERE n = 1)"
                " DELETE FROM item WHERE id IN (SELECT id FROM old)"
            ),
        ]

    assert await store.write(count) == [3, 2, 0, 0, 2]


async def test_big_numbers_bytes_and_null_pass(store: Database) -> None:
    def pass_through(tx: Tx) -> None:
        tx.run(
            "INSERT INTO item (name, n, body) VALUES (:name, :n, :body)",
            name="سلام %s :x",
            n=2**62,
            body=bytes(range(256)),
        )
        row = tx.one(
            "SELECT * FROM item WHERE n = :n OR CAST(:none AS BIGINT) = 1", n=2**62, none=None
        )
        assert row is not None
        assert (row["name"], row["n"], row["body"]) == ("سلام %s :x", 2**62, bytes(range(256)))

    await store.write(pass_through)


@pytest.mark.parametrize("sql", ["SELECT nothing", "SELEC 1", "SELECT :missing"])
async def test_our_own_mistakes_have_a_type(store: Database, sql: str) -> None:
    with pytest.raises(StatementInvalid):
        await store.write(lambda tx: tx.all(sql))
    with pytest.raises(StatementInvalid):
        await store.read(lambda tx: tx.all(sql))


# ---------------------------------------------------------------- reading


async def test_a_read_is_one_picture(store: Database) -> None:
    await store.write(insert, "a", 1000)
    await store.write(insert, "b", 1000)

    def move(tx: Tx, amount: int) -> None:
        tx.run("UPDATE item SET n = n - :amount WHERE name = 'a'", amount=amount)
        tx.run("UPDATE item SET n = n + :amount WHERE name = 'b'", amount=amount)

    def add(tx: Tx) -> int:
        one = tx.value("SELECT n FROM item WHERE name = 'a'")
        two = tx.value("SELECT n FROM item WHERE name = 'b'")
        return int(one + two)

    async def keep_moving() -> None:
        for amount in range(150):
            await store.write(move, amount)

    async def keep_adding() -> list[int]:
        return [await store.read(add) for _ in range(150)]

    sums = (await asyncio.gather(keep_moving(), keep_adding(), keep_adding()))[1:]
    assert {total for part in sums for total in part} == {2000}


async def test_a_read_cannot_write(store: Database) -> None:
    with pytest.raises(StoreUnavailable):
        await store.read(insert, "a")
    assert await store.read(names) == []


async def test_a_long_read_is_stopped(
    opened: Open, empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage_db, "READ_SECONDS", 0.2)
    store = await opened(empty_url)
    endless = (
        "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c WHERE x > 0)"
        " SELECT COUNT(*) FROM c"
    )
    with pytest.raises(StoreTimeout):
        await store.read(lambda tx: tx.value(endless))
    assert await store.read(names) == []


async def test_many_short_statements_are_a_long_read_too(
    opened: Open, empty_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(storage_db, "READ_SECONDS", 0.2)
    store = await opened(empty_url)
    await store.write(insert, "a")

    def forever(tx: Tx) -> None:
        while True:
            names(tx)

    with pytest.raises(StoreTimeout):
        await store.read(forever)
    assert await store.read(names) == ["a"]


@pytest.mark.parametrize("url", ["", "sqlite:///", "mysql://x", "hub.db"])
async def test_an_unknown_url_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="sqlite:///path"):
        await Database.open(url)
