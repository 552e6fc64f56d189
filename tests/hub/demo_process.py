"""A demo as people start it: a process of its own, for the tests that look at it from outside."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest

_COMMAND = [sys.executable, "-m", "hub", "serve", "--demo"]


@dataclass(frozen=True)
class Running:
    """A demo that somebody has started."""

    process: subprocess.Popen[str]
    folder: Path
    base: str
    links: dict[str, str]
    """First name -> one-time link."""


def start(folder: Path, *words: str) -> subprocess.Popen[str]:
    """``hub serve --demo`` on a free port."""
    environ = {**os.environ, "HUB_DATA": str(folder), "HUB_LISTEN": "127.0.0.1:0"}
    environ["HUB_LOG"] = "error"
    return subprocess.Popen(
        [*_COMMAND, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environ,
    )


def read_greeting(process: subprocess.Popen[str]) -> str:
    """What it prints until it serves."""
    assert process.stdout is not None
    lines = []
    for line in process.stdout:
        lines.append(line)
        if "Ctrl+C" in line:
            return "".join(lines)
    pytest.fail("the demo did not start:\n" + "".join(lines))


def end(process: subprocess.Popen[str]) -> tuple[int, float]:
    """SIGTERM; (exit code, seconds)."""
    began = time.monotonic()
    process.send_signal(signal.SIGTERM)
    try:
        code = process.wait(20)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        raise
    finally:
        if process.stdout is not None:
            process.stdout.close()
    return code, time.monotonic() - began


@contextmanager
def running(folder: Path) -> Iterator[Running]:
    """Started, and ended within ten seconds."""
    process = start(folder)
    try:
        said = read_greeting(process)
        base = re.search(r"Interaction hub +(\S+)", said)
        assert base is not None
        links = dict(re.findall(r"(\w+) \w+ +(?:\w+ ?)+ +(http\S+/link/\S+)", said))
        yield Running(process, folder, base[1], links)
    finally:
        code, seconds = end(process)
    assert (code, seconds < 10) == (0, True)
