"""``make bench``: every figure, one file after the other, each in a process of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path


def come_first() -> bool:
    """Let bound and hub run before whatever else the machine does; False: not allowed here.

    A shared machine gave a p99 of 21 to 234 ms for the same code. Children inherit it.
    """
    try:
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
    except (AttributeError, OSError):
        return False
    return True


def main() -> int:
    """Run every ``bench_*.py``; 1 if one of them failed."""
    print("ahead of other programs" if come_first() else "SHARED with other programs", flush=True)
    failed = []
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        print(f"\n== {path.stem.removeprefix('bench_')}", flush=True)
        name = f"tests.bench.{path.stem}"
        if subprocess.run([sys.executable, "-m", name], check=False).returncode:
            failed.append(path.stem)
    if failed:
        print(f"\nfailed: {', '.join(failed)}")
    return int(bool(failed))


if __name__ == "__main__":
    sys.exit(main())
