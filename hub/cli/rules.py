"""``hub rules …`` as it is typed."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from hub.cli.run import Add, as_json, count, fail, file, run

if TYPE_CHECKING:
    from hub.settings import Settings


def add(rules: Add) -> None:
    """What can be typed behind ``hub rules``."""
    test = rules("test", _rules_test, "try messages in a file, and hold them to its words")
    test.add_argument("file", help="tests (YAML); - is standard input")
    test.add_argument("--rules", metavar="FILE", help="rules or configuration; else those in force")
    past = rules("dry-run", _rules_dry_run, "say what rules would have done with past days")
    past.add_argument("file", help="rules or configuration (YAML); - is standard input")
    past.add_argument("--days", type=count, default=7, metavar="N", help="at most 30")
    past.add_argument("--json", action="store_true", help="for programs")
    rules("versions", _rules_versions, "list what was published, the newest first")
    back = rules("rollback", _rules_rollback, "publish an old version again, as a new one")
    back.add_argument("version", type=count)
    back.add_argument("--note", default="", help="why")


def _rules_test(settings: Settings, options: argparse.Namespace) -> int:
    from hub.rules.text import tests  # noqa: PLC0415

    failed = 0

    def show(results: list[dict[str, Any]]) -> list[str]:
        nonlocal failed
        failed = sum(not result["ok"] for result in results)
        return tests(results)

    try:
        args = {"tests": file(options.file)}
        if options.rules is not None:
            args["rules"] = file(options.rules)
    except ValueError as err:
        return fail(str(err))
    return run(settings, "rules-test", args, show=show) or int(failed > 0)


def _rules_dry_run(settings: Settings, options: argparse.Namespace) -> int:
    from hub.rules.text import dry_run  # noqa: PLC0415

    def show(told: dict[str, Any]) -> list[str]:
        return as_json(told) if options.json else dry_run(told)

    if options.days > 30:
        return fail("--days can be at most 30")
    try:
        args = {"rules": file(options.file), "days": options.days}
    except ValueError as err:
        return fail(str(err))
    return run(settings, "rules-dry-run", args, show=show)


def _rules_versions(settings: Settings, _options: argparse.Namespace) -> int:
    from hub.rules.text import versions  # noqa: PLC0415

    return run(settings, "rules-versions", {}, show=versions)


def _rules_rollback(settings: Settings, options: argparse.Namespace) -> int:
    args = {"version": options.version, "note": options.note}
    words = f"version {options.version} is in force again, as version"
    return run(settings, "rules-rollback", args, show=lambda number: [f"{words} {number}"])
