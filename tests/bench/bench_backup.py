"""A backup of a store with a million entries while webhooks come in, and what is restored from it.

Webhooks come at a fixed rate, whatever the answers do; a latency counts from when its turn was.
Asked: p99 under 100 ms while the backup runs, and a restored ledger that closes. HUB_DATABASE names
an empty PostgreSQL database to do the same there; HUB_BENCH_ENTRIES makes it smaller. What the same
webhooks need without a backup, before and after it, is what the machine's other programs cost.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

import psycopg

from storage.backup import load as filled
from tests.bench import million, servers
from tests.bench.bench_intake import sms

RATE = float(os.environ.get("HUB_BENCH_RATE", "150"))  # webhooks a second
QUIET = 10.0  # seconds without a backup
CONNECTIONS = 16
BOUND_MS = 100.0


@dataclass(slots=True)
class Seen:
    """What the providers saw."""

    latencies: list[float] = field(default_factory=list)
    failed: int = 0

    def p(self, share: float) -> float:
        """In milliseconds."""
        ordered = sorted(self.latencies)
        return ordered[min(int(len(ordered) * share), len(ordered) - 1)] * 1000


class Providers:
    """Connections that send when it is their turn."""

    def __init__(self, port: int, first: int = 0) -> None:
        self._port = port
        self._next = first
        self.acknowledged = 0

    async def send(self, until: Callable[[], bool]) -> Seen:
        """Send at the rate until that says so."""
        seen = Seen()
        began, first = time.perf_counter(), self._next
        await asyncio.gather(
            *(self._connection(seen, until, began, first) for _ in range(CONNECTIONS))
        )
        return seen

    async def _connection(
        self, seen: Seen, until: Callable[[], bool], began: float, first: int
    ) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        while not until():
            number = self._next
            self._next += 1
            due = began + (number - first) / RATE
            await asyncio.sleep(max(due - time.perf_counter(), 0.0))
            writer.write(sms(10_000_000 + number))
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            seen.latencies.append(time.perf_counter() - due)
            if head[9:12] == b"200":
                self.acknowledged += 1
            else:
                seen.failed += 1
        writer.close()


async def _typed(data: Path, *words: str, database: str = "") -> str:
    environment = {**os.environ, "HUB_DATA": str(data), "HUB_DATABASE": database}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hub", *words, env=environment, stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    out, _ = await process.communicate()
    if process.returncode:
        raise RuntimeError(f"{words[0]} failed")
    return out.decode().strip()


async def _measured(data: Path, port: int, file: Path, database: str) -> tuple[int, int]:
    """Webhooks without and with a backup; how many were acknowledged before and after it."""
    providers = Providers(port)
    end = time.perf_counter() + QUIET
    quiet = await providers.send(lambda: time.perf_counter() > end)
    before = providers.acknowledged
    made = asyncio.create_task(_typed(data, "backup", str(file), database=database))
    busy = await providers.send(made.done)
    print(await made)
    acknowledged = providers.acknowledged
    end = time.perf_counter() + QUIET
    after = await providers.send(lambda: time.perf_counter() > end)
    _show("before a backup", quiet, "")
    share = busy.p(0.99) / BOUND_MS
    _show("while it is made", busy, f"{share:.2f} of {BOUND_MS:.0f} ms (< 1) "
          + ("ok" if share < 1 else "BELOW"))  # fmt: skip
    _show("after it", after, "")
    return before, acknowledged


def _show(name: str, seen: Seen, verdict: str) -> None:
    print(
        f"{name}: {len(seen.latencies)} webhooks at {RATE:.0f}/s, {seen.failed} refused  "
        f"p50 {seen.p(0.5):.1f}  p99 {seen.p(0.99):.1f}  most {seen.p(1):.0f} ms  {verdict}",
        flush=True,
    )


def _settled(database: str) -> None:
    """What filling the store has left to do is done: a store in use is not a minute old."""
    if database:
        with closing(psycopg.connect(database, autocommit=True)) as admin:
            admin.execute("VACUUM")
            admin.execute("CHECKPOINT")
    os.sync()


def _received(store: Path) -> int:
    with closing(sqlite3.connect(store)) as raw:
        return int(raw.execute("SELECT SUM(n) FROM ledger_count").fetchone()[0])


def _closes(store: Path, base: int, low: int, high: int) -> bool:
    """The restored ledger's counts are its rows, and nothing acknowledged is missing."""
    with closing(sqlite3.connect(store)) as raw:
        counts = dict(raw.execute("SELECT state, SUM(n) FROM ledger_count GROUP BY state"))
        rows = dict(raw.execute("SELECT state, COUNT(*) FROM raw_event GROUP BY state"))
        entries = raw.execute(
            "SELECT COUNT(*) FROM timeline_entry WHERE kind = 'message'"
        ).fetchone()[0]
    whole = {state: n for state, n in counts.items() if n} == rows and entries == rows["stored"]
    new = sum(rows.values()) - base
    print(f"restored ledger: {counts}, {new} new of {low} to {high} acknowledged: ", end="")
    print("closes" if whole and low <= new <= high else "DOES NOT CLOSE")
    return whole and low <= new <= high


def main() -> int:
    """1 if the ledger does not close."""
    database = os.environ.get("HUB_DATABASE", "")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        given = os.environ.get("HUB_BENCH_STORE")
        data = Path(given) / "data" if given else million.made(folder)
        if database:
            filled.into_postgres(data / "hub.db", database)
        base = _received(data / "hub.db")
        _settled(database)
        file = folder / "backup.tar"
        with servers.started("hub", str(data), env={"HUB_DATABASE": database}) as (port, _):
            low, high = asyncio.run(_measured(data, port, file, database))
        there = folder / "there"
        print(asyncio.run(_typed(there, "restore", str(file))))
        return int(not _closes(there / "hub.db", base, low, high))


if __name__ == "__main__":
    sys.exit(main())
