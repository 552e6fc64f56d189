"""From ``hub serve`` to the first healthy answer, and what it takes of memory when nothing happens."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from statistics import median

import psutil

from tests.bench import servers

ROUNDS = 5
BOUND_SECONDS, BOUND_BYTES = 2.0, 120_000_000
IDLE = 3.0  # seconds before memory is looked at


def once(data: str, port: int) -> tuple[float, int]:
    """(seconds to healthy, resident bytes when idle)."""
    environ = {**os.environ, "HUB_DATA": data, "HUB_LISTEN": f"127.0.0.1:{port}"}
    started = time.perf_counter()
    process = subprocess.Popen(
        [sys.executable, "-m", "hub", "serve"], env=environ, stdout=subprocess.DEVNULL,
        cwd=Path(__file__).parents[2],
    )  # fmt: skip
    try:
        while True:
            try:
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
                    if answer.status == 200:
                        break
            except (urllib.error.URLError, ConnectionError):
                time.sleep(0.01)
        seconds = time.perf_counter() - started
        time.sleep(IDLE)
        return seconds, psutil.Process(process.pid).memory_info().rss
    finally:
        process.terminate()
        process.wait(15)


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as data:
        with servers.started("hub", data):
            pass  # three channels, so that their connectors are part of it
        found = [once(data, servers.free_port()) for _ in range(ROUNDS)]
    seconds = median(one[0] for one in found)
    memory = median(one[1] for one in found)
    print(
        f"start to first healthy answer   {seconds:.2f} s   of bound {seconds / BOUND_SECONDS:.2f}"
    )
    print(
        f"idle memory                     {memory / 1e6:.0f} MB   of bound {memory / BOUND_BYTES:.2f}"
    )


if __name__ == "__main__":
    main()
