"""``hub rules``, as it is typed: tests, dry runs, versions, and the way back."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.hub.test_cli import MAIL, Shell, shell

__all__ = ["shell"]

RULES = """
rules:
- {id: bill, when: {field: subject, contains: invoice}, then: {queue: money, priority: +5m}}
- {id: rest, when: {}, then: {queue: general}}
"""
DRAFT = "queues: [{name: money}, {name: general}]\n" + RULES
TESTS = """
- name: a bill
  given: {channel: mail, from: ann@customer.example, subject: Your INVOICE}
  expect: {queue: money, rule: bill, priority: 300s}
- name: a greeting
  given: {channel: mail, subject: Hi}
  expect: {queue: QUEUE, tags: []}
"""


@pytest.fixture
def folder(shell: Shell) -> Path:
    (shell.folder / "draft.yaml").write_text(DRAFT)
    (shell.folder / "good.yaml").write_text(TESTS.replace("QUEUE", "general"))
    (shell.folder / "bad.yaml").write_text(TESTS.replace("QUEUE", "money"))
    return shell.folder


@pytest.mark.usefixtures("folder")
async def test_rules_are_tested_before_they_are_applied(shell: Shell) -> None:
    good = await shell.hub("rules", "test", "good.yaml", "--rules", "draft.yaml")
    assert (good.code, good.err) == (0, "")
    assert good.out.splitlines() == [
        "ok     a bill",
        "ok     a greeting",
        "2 passed, 0 failed",
    ]
    bad = await shell.hub("rules", "test", "bad.yaml", "--rules", "draft.yaml")
    assert bad.code == 1
    assert bad.out.splitlines() == [
        "ok     a bill",
        "FAILED a greeting",
        "         queue: expected money, got general",
        "         decided by rule rest",
        "1 passed, 1 failed",
    ]


async def test_a_wrong_file_is_refused_with_file_line_and_rule(shell: Shell, folder: Path) -> None:
    (folder / "wrong.yaml").write_text(
        "rules:\n- {id: a, when: {field: subjct, eq: x}, then: {queue: general}}\n"
        "- id: rest\n  when: {}\n  then: {queue: nowhere}\n"
    )
    refused = await shell.hub("rules", "test", "good.yaml", "--rules", "wrong.yaml")
    assert refused.code == 1
    field = "there is no field subjct; did you mean subject?"
    assert refused.err.splitlines() == [
        f"hub: wrong.yaml: rules[0].when.field: {field} (rule a) (line 2)",
        "wrong.yaml: rules[1].then.queue: there is no queue nowhere (rule rest) (line 5)",
    ]
    missing = await shell.hub("rules", "dry-run", "nothing.yaml")
    assert (missing.code, missing.err) == (1, "hub: nothing.yaml: No such file or directory\n")
    applied = await shell.hub("apply", "wrong.yaml")
    assert applied.err.splitlines() == refused.err.splitlines()


@pytest.mark.usefixtures("folder")
async def test_past_days_and_the_way_back(shell: Shell) -> None:
    assert (await shell.hub("apply", "hub.yaml")).code == 0
    letter = MAIL.replace(b"Subject: Hi", b"Subject: Invoice 7").replace(b"Hello", b"Please pay")
    assert (await shell.hub("receive-mail", "mail", stdin=letter)).code == 0
    assert (await shell.hub("receive-mail", "mail", stdin=MAIL)).code == 0
    run = await shell.hub("rules", "dry-run", "draft.yaml", "--days", "7")
    lines = run.out.splitlines()
    assert lines[0] == (
        "2 messages of 7 days, against version 1: 1 as before, 1 elsewhere, 0 undecided"
    )
    assert lines[1].strip() == "1 general -> money"
    assert "general by rest -> money by bill" in lines[2]
    as_json = json.loads((await shell.hub("rules", "dry-run", "draft.yaml", "--json")).out)
    assert (as_json["total"], as_json["changed"]) == (2, 1)
    assert (await shell.hub("apply", "draft.yaml")).code == 0
    versions = await shell.hub("rules", "versions")
    assert [line.split()[0] for line in versions.out.splitlines()] == ["2", "1"]
    back = await shell.hub("rules", "rollback", "1", "--note", "too soon")
    assert back.out == "version 1 is in force again, as version 3\n"
    assert "too soon" in (await shell.hub("rules", "versions")).out.splitlines()[0]
    tested = await shell.hub("rules", "test", "good.yaml")
    assert (tested.code, "queue: expected money, got general" in tested.out) == (1, True)
    unknown = await shell.hub("rules", "rollback", "9")
    assert (unknown.code, unknown.err) == (1, "hub: there is no version 9\n")
    assert (await shell.hub("rules", "dry-run", "draft.yaml", "--days", "31")).code == 1
