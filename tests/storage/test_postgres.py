"""What only PostgreSQL does: backends die, processes compete, and the SQL is rewritten."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, closing, suppress

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from storage import writer
from storage.db import CommitUnknown, Database, StoreError, StoreUnavailable, Tx
from storage.rewrite import rewrite
from tests.storage.small import Gate, Open, boom, insert, logged, names, together

# ---------------------------------------------------------------- dying connections


def kill_self(tx: Tx, name: str) -> None:
    insert(tx, name)
    tx.value("SELECT pg_terminate_backend(pg_backend_pid())")
    tx.value("SELECT 1")


DYING_COMMIT = """
CREATE FUNCTION die() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  PERFORM pg_terminate_backend(pg_backend_pid());
  RETURN NULL;
END $$;
CREATE CONSTRAINT TRIGGER dying AFTER INSERT ON item DEFERRABLE INITIALLY DEFERRED
  FOR EACH ROW WHEN (NEW.name = 'deadly') EXECUTE FUNCTION die();
"""


async def test_a_killed_backend_fails_the_guilty_one_only(post: Database) -> None:
    results = await together(post, (insert, "a"), (kill_self, "b"), (insert, "c"))
    assert [type(result) for result in results] == [int, StoreUnavailable, int]
    assert await post.read(names) == ["a", "c"]
    assert await post.read(logged) == ["a", "c"]


async def test_idle_connections_may_die(post: Database, empty_postgres_url: str) -> None:
    await post.write(insert, "a")
    await post.read(names)
    with closing(psycopg.connect(empty_postgres_url, autocommit=True)) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    assert await post.read(names) == ["a"]
    assert isinstance(await post.write(insert, "b"), int)
    assert await post.read(names) == ["a", "b"]


async def test_a_connection_dying_in_commit_leaves_it_unknown(
    post: Database, empty_postgres_url: str
) -> None:
    with closing(psycopg.connect(empty_postgres_url, autocommit=True)) as other:
        other.execute(DYING_COMMIT)
    results = await together(
        post, (insert, "a"), (boom, "b", ValueError()), (insert, "deadly"), (insert, "c")
    )
    assert [type(result) for result in results] == [
        CommitUnknown,
        ValueError,
        CommitUnknown,
        CommitUnknown,
    ]
    assert post.stats.alone == 0, "nothing may be run again"
    await post.write(insert, "d")
    assert await post.read(names) == ["d"]


async def test_an_aborted_transaction_does_not_pass_for_a_commit(post: Database) -> None:
    def behind_our_back(tx: Tx) -> None:
        insert(tx, "b")
        with suppress(psycopg.Error):
            tx._connection._raw.execute("SELECT nothing")  # type: ignore[attr-defined]

    results = await together(post, (insert, "a"), (behind_our_back,), (insert, "c"))
    assert [type(result) for result in results][::2] == [int, int]
    assert isinstance(results[1], Exception)
    assert await post.read(names) == ["a", "c"]


async def test_a_server_that_is_away_is_unavailable() -> None:
    with pytest.raises(StoreUnavailable):
        await Database.open("postgresql://nobody@127.0.0.1:1/none")


# ---------------------------------------------------------------- several processes


def count_up(tx: Tx, contact: int) -> None:
    name = f"contact{contact}"
    tx.one("SELECT n FROM item WHERE name = :name", name=name)
    tx.run("UPDATE item SET n = n + 1 WHERE name = :name", name=name)
    tx.pending_events.append(name)


def follow(tx: Tx, seq: int) -> list[int]:
    rows = tx.all("SELECT seq FROM log WHERE seq > :seq ORDER BY seq", seq=seq)
    return [row["seq"] for row in rows]


@pytest.mark.parametrize("keyed", [True, False])
async def test_two_stores_on_the_same_contacts(
    opened: Open, empty_postgres_url: str, keyed: bool
) -> None:
    """No deadlock, no lost update, and no number that appears behind a follower's back."""
    stores = [await opened(empty_postgres_url), await opened(empty_postgres_url)]
    contacts, rounds = 300, 4
    for contact in range(contacts):
        await stores[0].write(insert, f"contact{contact}")
    done = asyncio.Event()

    async def fill(store: Database, stride: int) -> None:
        order = [contact * stride % contacts for contact in range(contacts)] * rounds
        calls = [store.submit(count_up, i, key=("contact", i) if keyed else None) for i in order]
        await asyncio.gather(*calls)

    async def follower() -> list[int]:
        seen: list[int] = []
        last = False
        while not last:
            last = done.is_set()
            seen += await stores[0].read(follow, seen[-1] if seen else 0)
        return seen

    following = asyncio.ensure_future(follower())
    await asyncio.gather(fill(stores[0], 1), fill(stores[1], 299))
    done.set()
    seen = await following
    assert seen == await stores[1].read(follow, 0)
    assert len(seen) == contacts + 2 * contacts * rounds
    totals = await stores[0].read(lambda tx: tx.all("SELECT n FROM item"))
    assert {row["n"] for row in totals} == {2 * rounds}


@asynccontextmanager
async def holding(store: Database, lock: str) -> AsyncIterator[Gate]:
    """Another process's transaction, which holds a key or a row as long as the block lasts."""
    gate = Gate()

    def hold(tx: Tx) -> None:
        if lock == "row":
            tx.run("UPDATE item SET n = n + 1 WHERE name = 'contact0'")
        gate(tx)

    held = store.submit(hold, key="a" if lock == "key" else None)
    await asyncio.to_thread(gate.wait)
    try:
        yield gate
    finally:
        gate.open()
        await held


async def test_what_is_locked_elsewhere_waits_with_all_of_its_key(
    opened: Open, empty_postgres_url: str
) -> None:
    one, two = await opened(empty_postgres_url), await opened(empty_postgres_url)
    async with holding(two, "key"):
        first = one.submit(insert, "a1", key="a")
        second = one.submit(insert, "b", key="b")
        third = one.submit(insert, "a2", key="a")
        await second
        assert not first.done()
        assert not third.done()
    assert await first < await third
    assert one.stats.put_back >= 2


@pytest.mark.parametrize("swallow", [False, True])
async def test_a_locked_row_puts_the_function_back(
    opened: Open, empty_postgres_url: str, swallow: bool
) -> None:
    """Also if the function contains the error, as intake does to keep an event as failed."""

    def filing(tx: Tx) -> str:
        if not swallow:
            count_up(tx, 0)
            return "filed"
        try:
            with tx.savepoint():
                count_up(tx, 0)
        except StoreError:
            insert(tx, "kept as failed")
            return "failed"
        return "filed"

    one, two = await opened(empty_postgres_url), await opened(empty_postgres_url)
    await one.write(insert, "contact0")
    async with holding(two, "row"):
        locked = one.submit(filing)
        await one.write(insert, "b")
        assert not locked.done()
    assert await locked == "filed"
    assert sorted(await one.read(names)) == ["b", "contact0"]
    assert one.stats.put_back >= 1


async def test_patience_has_an_end(
    opened: Open, empty_postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "PATIENCE_SECONDS", 0.1)
    one, two = await opened(empty_postgres_url), await opened(empty_postgres_url)
    async with holding(two, "key"):
        with pytest.raises(StoreUnavailable):
            await one.write(insert, "a", key="a")
    await one.write(insert, "a", key="a")


# ---------------------------------------------------------------- SQL


async def test_every_integer_is_a_bigint(post: Database) -> None:
    assert await post.read(lambda tx: tx.value("SELECT pg_typeof(:x)::text", x=1)) == "bigint"


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT :a, :b_2", "SELECT %(a)s, %(b_2)s"),
        ("SELECT :a::text", "SELECT %(a)s::text"),
        ("SELECT x::int", "SELECT x::int"),
        ("SELECT ':a' || :a", "SELECT ':a' || %(a)s"),
        ("SELECT 'it''s :a' || :a", "SELECT 'it''s :a' || %(a)s"),
        ("SELECT E'\\':a' || :a", "SELECT E'\\':a' || %(a)s"),
        ('SELECT ":a" FROM t WHERE x=:a', 'SELECT ":a" FROM t WHERE x=%(a)s'),
        ("SELECT 1 -- :a's\n, :a", "SELECT 1 -- :a's\n, %(a)s"),
        ("SELECT /* :a ' */ :a", "SELECT /* :a ' */ %(a)s"),
        ("SELECT $$:a$$ || $q$:a$$:a$q$ || :a", "SELECT $$:a$$ || $q$:a$$:a$q$ || %(a)s"),
        ("SELECT 5 % 2, '%', :a", "SELECT 5 %% 2, '%%', %(a)s"),
        ("SELECT '{\"a\": 1}'", "SELECT '{\"a\": 1}'"),
    ],
)
def test_rewriting(sql: str, expected: str) -> None:
    assert rewrite(sql) == expected.encode()


_inside = st.text(st.sampled_from(":ab'\"-/*%\n$ é"), max_size=8)
_pieces = st.one_of(
    st.sampled_from([("::text", "::text"), (" % ", " %% "), (", ", ", "), ("(x)", "(x)")]),
    st.from_regex(r"[a-z_][a-z0-9_]{0,5}", fullmatch=True).map(lambda n: (f":{n}", f"%({n})s")),
    _inside.map(lambda text: "'" + text.replace("'", "''") + "'").map(lambda t: (t, t)),
    _inside.map(lambda text: '"' + text.replace('"', '""') + '"').map(lambda t: (t, t)),
    _inside.map(lambda text: "--" + text.replace("\n", "") + "\n").map(lambda t: (t, t)),
    _inside.map(lambda text: "/*" + text.replace("*", "").replace("/", "") + "*/").map(
        lambda t: (t, t)
    ),
)


@given(st.lists(_pieces))
def test_rewriting_touches_names_only(pieces: list[tuple[str, str]]) -> None:
    sql = " ".join(written for written, _ in pieces)
    expected = " ".join(
        wanted if wanted.startswith(("%(", " %% ")) else wanted.replace("%", "%%")
        for _, wanted in pieces
    )
    assert rewrite(sql).decode() == expected


@given(st.text())
def test_rewriting_takes_any_text(sql: str) -> None:
    rewrite(sql)
