"""First connect to a mailbox of 40,000 mails with ``history: all``: rate, memory, and a kill half-way.

python -m tests.bench.bench_mailbox [MAILS]

Should show at least 500 mails/s, a memory that does not grow with the mailbox (the hub's own growth
from a tenth of the mails to all of them, in MB), and after a kill -9 half-way each mail once.
"""

from __future__ import annotations

import asyncio
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import psutil

from connectors.email.imap import ImapSource
from connectors.email.settings import Settings
from connectors.secret import Secret
from tests.bench import servers

MAILS = 40_000


@contextmanager
def mailbox(count: int) -> Iterator[int]:
    """The IMAP server, a process of its own; its port."""
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.bench.mailbox_server", str(count)],
        stdout=subprocess.PIPE,
        cwd=Path(__file__).parents[2],
    )
    try:
        assert process.stdout is not None
        yield int(process.stdout.readline())
    finally:
        process.kill()
        process.wait()


def config(port: int) -> str:
    return f"""
channels:
  - name: history
    kind: email
    settings: {{address: support@acme.example, imap_host: 127.0.0.1, imap_port: {port},
      imap_security: none, imap_password: word, history: all}}
"""


def fetched_only(port: int, count: int) -> float:
    """Mails a second that the source brings when nobody files them: the bound."""
    settings = Settings(
        address="support@acme.example",
        imap_host="127.0.0.1",
        imap_port=port,
        imap_security="none",
        imap_password=Secret("word"),
        history="all",
    )

    async def fetch() -> float:
        began, taken = time.perf_counter(), 0
        async for raws, _ in ImapSource(settings, "history").events(None):
            taken += len(raws)
            if taken >= count:
                break
        return taken / (time.perf_counter() - began)

    return asyncio.run(fetch())


def stored(data: str) -> int:
    """Mails on the timeline by now."""
    path = Path(data) / "hub.db"
    with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as db:
        return int(db.execute("SELECT COUNT(*) FROM timeline_entry").fetchone()[0])


def read(data: str, pid: int, upto: int, marks: list[tuple[int, float, float]]) -> None:
    """Wait until so many are stored; (mails, seconds, MB) along the way."""
    process = psutil.Process(pid)
    while not marks or marks[-1][0] < upto:
        time.sleep(0.2)
        marks.append((stored(data), time.perf_counter(), process.memory_info().rss / 1e6))


def main() -> None:
    """Print the figures."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else MAILS
    with mailbox(count) as port, tempfile.TemporaryDirectory() as data:
        bound = fetched_only(port, min(count, 5_000))
        env = {"HUB_BENCH_CONFIG": config(port)}
        first: list[tuple[int, float, float]] = []
        with servers.started("hub", data, env=env) as (_, pid):
            read(data, pid, count // 2, first)
            psutil.Process(pid).kill()
        again: list[tuple[int, float, float]] = []
        with servers.started("hub", data, env=env) as (_, pid):
            read(data, pid, count, again)
            time.sleep(1.0)
            total = stored(data)
        rates = [rate(marks) for marks in (first, again)]
        print(f"fetched and not filed                    {bound:7.0f}/s")
        print(
            f"history of {count:6} mails, SQLite           {rates[0]:7.0f}/s"
            f"  after the kill {rates[1]:7.0f}/s  of the bound {min(rates) / bound:.2f}"
        )
        grown = [memory(marks) for marks in (first, again)]
        print(f"memory grown from a tenth to the end     {grown[0]:5.1f} MB, {grown[1]:5.1f} MB")
        print(f"mails stored                             {total} of {count}")


def rate(marks: list[tuple[int, float, float]]) -> float:
    """Mails a second from the first that was seen to the last."""
    (n, began, _), (m, ended, _) = next(one for one in marks if one[0]), marks[-1]
    return (m - n) / max(ended - began, 0.001)


def memory(marks: list[tuple[int, float, float]]) -> float:
    """MB at the end over MB at a tenth of the way."""
    start = marks[0][0] + (marks[-1][0] - marks[0][0]) // 10
    early = next(one[2] for one in marks if one[0] >= start)
    return marks[-1][2] - early


if __name__ == "__main__":
    main()
