"""What the command line prints of rules: tests, dry runs, versions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

LISTED = 20  # changed messages, at most
Row = Mapping[str, Any]


def tests(results: Sequence[Row]) -> list[str]:
    """A line a test, and what differs of those that failed."""
    lines: list[str] = []
    for result in results:
        lines.append(f"{'ok    ' if result['ok'] else 'FAILED'} {result['name']}")
        if result["ok"]:
            continue
        expected, got = result["expected"], result["got"]
        lines += [
            f"         {part}: expected {_words(expected[part])}, got {_words(got.get(part))}"
            for part in expected
            if expected[part] != got.get(part)
        ]
        if "rule" not in expected:
            lines.append(f"         decided by rule {got['rule']}")
    failed = sum(not result["ok"] for result in results)
    return [*lines, f"{len(results) - failed} passed, {failed} failed"]


def dry_run(run: Row) -> list[str]:
    """Totals, moves, what was not known then, and the newest that would go elsewhere."""
    looked = "the newest " if run["cut"] else ""
    seen = f"{looked}{run['total']} messages of {run['days']} days"
    counts = f"{run['same']} as before, {run['changed']} elsewhere, {run['undecided']} undecided"
    lines = [f"{seen}, against version {run['version']}: {counts}"]
    lines += [
        f"{move['count']:6} {_queue(move['from'])} -> {_queue(move['to'])}" for move in run["moves"]
    ]
    lines += [
        f"{unknown['count']:6} could not be decided: {unknown['field']} was not recorded then"
        for unknown in run["unknown"]
    ]
    items = run["items"][:LISTED]
    lines += [
        f"  {item['at']} conversation {item['conversation']} ({item['channel']}):"
        f" {_queue(item['old_queue'])} by {item['old_rule']}"
        f" -> {_queue(item['new_queue'])} by {item['new_rule']}"
        for item in items
    ]
    left = run["changed"] - len(items)
    return [*lines, f"  and {left} more"] if left and items else lines


def versions(rows: Sequence[Row]) -> list[str]:
    """A line a version, the newest first."""
    return [
        f"{row['version']:5}  {row['at']}  {row['by']}  {row['note']}".rstrip() for row in rows
    ] or ["nobody has published any rules"]


def _queue(name: str | None) -> str:
    return "nobody" if name is None else name


def _words(value: object) -> str:
    if value is None:
        return "none"
    return ", ".join(map(_words, value)) if isinstance(value, list) else str(value)
