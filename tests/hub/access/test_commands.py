"""``hub audit``, ``hub user off`` and ``hub user reset``, as they are typed, without a server."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from hub.__main__ import main


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, sqlite_url: str, tmp_path: Path) -> None:
    monkeypatch.setenv("HUB_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("HUB_DATABASE", sqlite_url)
    monkeypatch.delenv("HUB_CONFIG", raising=False)


@pytest.mark.usefixtures("typed")
def test_the_audit_is_printed_and_filtered(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["user", "add", "ann@acme.example", "--name", "آن"]) == 0
    assert main(["user", "reset", "ann@acme.example"]) == 0
    assert main(["user", "off", "ann@acme.example", "--back-to-queue"]) == 0
    said = capfdbinary.readouterr().out.decode()
    assert said.count("/link/") == 2
    assert "switched off; 0 open matters moved" in said
    assert main(["user", "off", "ann@acme.example"]) == 1
    assert b"there is nobody" in capfdbinary.readouterr().err
    assert main(["audit", "--days", "1"]) == 0
    lines = [json.loads(line) for line in capfdbinary.readouterr().out.splitlines()]
    assert [line["action"] for line in lines] == [
        "add-user",
        "make-link",
        "let-in-again",
        "make-link",
        "change-user",
        "export-audit",  # this one
    ]
    assert {line["subject_name"] for line in lines[:-1]} == {"آن"}
    assert main(["audit", "--format", "csv", "--action", "add-user", "--actor", "command"]) == 0
    text = capfdbinary.readouterr().out.decode("utf-8-sig")
    (row,) = csv.DictReader(io.StringIO(text))
    assert row["subject_name"] == "آن"
    assert main(["audit", "--subject", "token:"]) == 0
    assert capfdbinary.readouterr().out == b""
