"""Laying a file's rules over those in force: what the file does not name stays where it was."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from hub import files

Row = Mapping[str, Any]


def rows_of(body: str) -> list[dict[str, Any]]:
    """The rows of a published or given text: a list, or a mapping with ``rules``.

    Raises FileInvalid.
    """
    loaded = files.load(body)
    value = loaded.value
    if isinstance(value, Mapping) and set(value) == {"rules"}:
        value = value["rules"]
    if not isinstance(value, list) or not all(isinstance(row, dict) for row in value):
        raise files.FileInvalid(loaded.problem("", "must be a list of rules"))
    return value


def merged(before: Sequence[Row], given: Sequence[Row]) -> list[dict[str, Any]]:
    """The file's rules in its order; each other rule right after the one that it followed before.

    There is one catch-all: if the file brings its own, the one in force gives way.
    """
    names = {row.get("id") for row in given}
    own_last = any(is_catch_all(row) for row in given)
    kept = [
        row for row in before if row.get("id") not in names and not (own_last and is_catch_all(row))
    ]
    after: dict[Any, list[Row]] = {}
    previous: Any = None
    for row in before:
        if row in kept:
            after.setdefault(previous, []).append(row)
        elif row.get("id") in names:
            previous = row.get("id")
    result = list(after.get(None, []))
    for row in given:
        result += [row, *after.get(row.get("id"), [])]
    return _catch_all_last([dict(row) for row in result])


def is_catch_all(row: Row) -> bool:
    """Whether it always matches and decides."""
    return row.get("when") == {} and row.get("stop", True) is True


def _catch_all_last(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A kept catch-all goes behind what a file without one adds."""
    last = [row for row in rows if is_catch_all(row)]
    if len(last) != 1:
        return rows  # what is wrong with them is said by compile_rules
    return [row for row in rows if not is_catch_all(row)] + last
