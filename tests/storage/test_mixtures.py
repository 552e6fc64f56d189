"""Any mixture of functions in a group: what was answered is what is stored, in order, once."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from itertools import count
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from storage.db import ConstraintViolated, Database, StoreError, Tx
from tests.storage.small import insert, logged, names, together

_unique = count(1)


def well(tx: Tx, name: str) -> str:
    insert(tx, name)
    return name


def contained(tx: Tx, name: str) -> str:
    insert(tx, name)
    with suppress(ConstraintViolated), tx.savepoint():
        insert(tx, name + " dropped")
        insert(tx, name)
    return name


def raises(tx: Tx, name: str) -> str:
    insert(tx, name)
    raise ValueError(name)


def doubled(tx: Tx, name: str) -> str:
    insert(tx, name)
    insert(tx, name)
    return name


def swallows(tx: Tx, name: str) -> str:
    with suppress(StoreError):
        doubled(tx, name)
    with suppress(StoreError):
        insert(tx, name + " too")
    return name


def fails_at_commit(tx: Tx, name: str) -> str:
    insert(tx, name)
    tx.run("INSERT INTO part (item) VALUES (999999)")
    return name


KINDS: list[Callable[[Tx, str], str]] = [
    well,
    contained,
    raises,
    doubled,
    swallows,
    fails_at_commit,
]


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(kinds=st.lists(st.sampled_from(KINDS), max_size=12))
async def test_any_mixture(store: Database, kinds: list[Callable[[Tx, str], str]]) -> None:
    """The store lives on from example to example: each looks at its own names."""
    example = next(_unique)
    calls = [(kind, f"{example}/{i}") for i, kind in enumerate(kinds)]
    results = await together(store, *calls)
    good = [name for kind, name in calls if kind in (well, contained)]
    assert [result for result in results if isinstance(result, str)] == good
    assert ours(await store.read(names), example) == good
    assert ours(await store.read(logged), example) == good


def ours(found: list[Any], example: int) -> list[str]:
    """What belongs to one example."""
    return [name for name in found if name.startswith(f"{example}/")]
