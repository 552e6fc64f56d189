"""A copy beside a hub that answers: twice as much rest as work, and never long at once."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from storage import pace
from storage.pace import MOST, NO_PACE, Pace


def test_each_step_is_rested_from(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now, slept = [0.0], []
    monkeypatch.setattr(pace.time, "perf_counter", lambda: now[0])
    steady = Pace(sleep=slept.append)
    with (tmp_path / "copy").open("wb") as file:
        for worked in (0.01, 0.1, 5.0):
            file.write(os.urandom(100_000))
            file.flush()
            now[0] += worked
            steady.step(file.fileno(), again=worked < 1)
    assert slept == [pytest.approx(0.02), pytest.approx(0.2), MOST]
    assert (tmp_path / "copy").stat().st_size == 300_000


def test_nobody_to_be_held_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(NO_PACE, "_sleep", slept.append)
    with (tmp_path / "copy").open("wb") as file:
        NO_PACE.step(file.fileno())
    assert slept == [0.0]
