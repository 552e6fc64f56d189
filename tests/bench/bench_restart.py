"""``kill -9`` of a hub with a million entries under webhooks, then the time until it serves again.

Asked: healthy under 1.5 s, of which the hub's own work (from its first line after the imports to the
first request it can answer) under 0.5 s. HUB_BENCH_ENTRIES makes the store smaller, HUB_BENCH_STORE
names one that is there; HUB_DATABASE an empty PostgreSQL database to do it on.
"""

from __future__ import annotations

import asyncio
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from statistics import median

from storage.backup import load as filled
from tests.bench import million, servers
from tests.bench.bench_backup import Providers

ROUNDS = 5
TRAFFIC = 2.0  # seconds before each kill
BOUND, BOUND_OWN = 1.5, 0.5  # seconds
PUBLIC = servers.PUBLIC


def _start(data: Path, port: int) -> subprocess.Popen[bytes]:
    environ = {
        **os.environ, "HUB_DATA": str(data), "HUB_LISTEN": f"127.0.0.1:{port}",
        "HUB_PUBLIC_URL": PUBLIC, "HUB_LOG": "error",
    }  # fmt: skip
    command = [sys.executable, "-m", "hub", "serve"]
    root = Path(__file__).parents[2]
    return subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL, cwd=root)


def _healthy(port: int) -> None:
    while True:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
                if answer.status == 200:
                    return
        except (urllib.error.URLError, ConnectionError):
            time.sleep(0.01)


def _own(port: int) -> float:
    """Seconds of the hub's own work, as it counts them."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics") as answer:
        found = re.search(rb"^hub_start_seconds (\S+)", answer.read(), re.MULTILINE)
    return float(found[1]) if found else float("nan")


async def _traffic(port: int, first: int) -> None:
    providers = Providers(port, first)
    end = time.perf_counter() + TRAFFIC
    await providers.send(lambda: time.perf_counter() > end)


def once(data: Path, round: int) -> tuple[float, float]:
    """Traffic, ``kill -9`` in it, and up again: (seconds to healthy, of them the hub's own)."""
    port = servers.free_port()
    process = _start(data, port)
    _healthy(port)
    asyncio.run(_traffic(port, round * 1_000_000))
    process.kill()
    process.wait()
    port = servers.free_port()
    began = time.perf_counter()
    process = _start(data, port)
    try:
        _healthy(port)
        return time.perf_counter() - began, _own(port)
    finally:
        process.terminate()
        process.wait(15)


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as name:
        given = os.environ.get("HUB_BENCH_STORE")
        data = Path(given) / "data" if given else million.made(Path(name))
        if database := os.environ.get("HUB_DATABASE"):
            filled.into_postgres(data / "hub.db", database)
        found = [once(data, round) for round in range(1, ROUNDS + 1)]
    seconds, own = (median(one[place] for one in found) for place in (0, 1))
    worst = max(one[0] for one in found)
    for words, value, bound in (("serving again", seconds, BOUND), ("own work", own, BOUND_OWN)):
        print(f"{words:14} {value:.2f} s  (< {bound} s) {'ok' if value < bound else 'BELOW'}")
    print(f"worst of {ROUNDS}: {worst:.2f} s, {million.ENTRIES} entries")


if __name__ == "__main__":
    main()
