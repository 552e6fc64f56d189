"""What the command line says: words a script can look for, and where a setting is wrong."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

HUB = Path(sys.executable).with_name("hub")
FILE = """
queues: [{name: general}, {name: sales}]
agents: [{email: agent1@acme.example, name: First agent, queues: [general]}]
rules: [{id: rest, when: {}, then: {queue: general}}]
"""


def _hub(folder: Path, *args: str, stdin: str = "", **env: str) -> subprocess.CompletedProcess[str]:
    environment = {"PATH": os.environ["PATH"], "HUB_DATA": str(folder / "data"), **env}
    return subprocess.run(
        [str(HUB), *args],
        env=environment,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )


def test_plan_says_add_change_and_remove_and_nothing_for_nothing(tmp_path: Path) -> None:
    assert _hub(tmp_path, "apply", "-", stdin=FILE).returncode == 0
    other = FILE.replace("First", "Best").replace(", {name: sales}", ", {name: care}")
    plan = _hub(tmp_path, "plan", "-", "--prune", stdin=other)
    assert plan.stdout.splitlines() == [
        "add queue care",
        "remove queue sales",
        "change agent agent1@acme.example (name)",
    ]
    exported = _hub(tmp_path, "export").stdout
    for command in ("plan", "apply"):
        again = _hub(tmp_path, command, "-", stdin=exported)
        assert (again.returncode, again.stdout) == (0, "")


@pytest.mark.parametrize(
    ("file", "words"),
    [
        ("queue: []", "queue: is not known here (line 1)"),
        ("queues:\n- name: a\n- {}", "queues[1].name: is missing (line 3)"),
        ("queues:\n- name: a\n  colour: red", "queues[0].colour: is not known here (line 3)"),
        ("rules:\n- {id: a, when: {field: text, contains: x}, then: {queue: general}}", "rules"),
    ],
)
def test_a_wrong_file_is_refused_with_path_and_line(tmp_path: Path, file: str, words: str) -> None:
    answer = _hub(tmp_path, "apply", "-", stdin=file)
    assert answer.returncode == 1
    assert words in answer.stderr


def test_a_folder_that_cannot_be_is_the_setting_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    answer = _hub(tmp_path, "serve", HUB_DATA=str(tmp_path / "file"), HUB_LISTEN="127.0.0.1:0")
    assert answer.returncode == 1
    assert answer.stderr.startswith("hub: hub.data: ")


@pytest.mark.parametrize("id", ["x", "0", "-1", "9" * 30])
def test_a_number_that_is_none_is_said_in_plain_words(tmp_path: Path, id: str) -> None:
    said = _hub(tmp_path, "explain", "--", id)
    assert said.returncode == 2
    assert "argument id: must be a whole number, 1 or more" in said.stderr
