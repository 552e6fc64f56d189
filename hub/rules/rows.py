"""Rule rows as texts: read, checked against what the hub has, and laid over those in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from hub import files
from hub.automatic.shipped import SHIPPED
from hub.fields import FieldError
from routing.rules import RuleSet, RulesInvalid, compile_rules
from storage import facts

if TYPE_CHECKING:
    from storage.db import Tx

Row = Mapping[str, Any]
Names = Mapping[str, set[str]]
_ITEM_NAMES = {
    "queues": ("queues", "name"),
    "channels": ("channels", "name"),
    "skills": ("skills", "name"),
    "templates": ("templates", "name"),
    "calendars": ("calendars", "name"),
    "policies": ("sla", "name"),
    "agents": ("agents", "email"),
}
"""What rules may name -> the section of a configuration file that has it, and its key there."""


class RulesRefused(Exception):
    """Rows that cannot be used; ``errors`` has all that is wrong, with lines where there are any."""

    def __init__(self, errors: Sequence[FieldError]) -> None:
        super().__init__("\n".join(map(str, errors)))
        self.errors = tuple(errors)


def names(tx: Tx) -> dict[str, set[str]]:
    """Everything that a rule may name, by its noun (the parameters of ``compile_rules``)."""
    found = facts.names(tx)
    found["templates"] |= SHIPPED.keys()
    return found


def compiled(body: str, known: Names, *, whole: bool = False) -> RuleSet:
    """A text of rows, checked against the names in ``known``. Raises RulesRefused.

    ``whole``: it may be a configuration file; what else it declares counts as known.
    """
    within = False
    try:
        loaded = files.load(body)
        within = isinstance(loaded.value, Mapping) and "rules" in loaded.value
        rows = loaded.value["rules"] if whole and within else rows_of(body)
        known = {noun: names | _of_file(loaded.value, noun) for noun, names in known.items()}
        return _compile(rows, known)
    except files.FileInvalid as err:
        problems = [FieldError(one.path, _words(one.reason, "", one.line)) for one in err.problems]
        raise RulesRefused(problems) from err
    except RulesInvalid as err:
        prefix = "rules" if within else ""
        lines = [loaded.line(prefix + one.path.removeprefix("rules")) for one in err.problems]
        raise RulesRefused(
            [
                FieldError(one.path, _words(one.reason, one.rule, line), one.rule)
                for one, line in zip(err.problems, lines, strict=True)
            ]
        ) from err


def channels_of(body: str | None, known: Mapping[str, str]) -> dict[str, str]:
    """Channel name -> its kind: those that are known, and those that a configuration declares."""
    try:
        value = None if body is None else files.load(body).value
    except files.FileInvalid:  # whoever compiles it says what is wrong
        value = None
    items = value.get("channels") if isinstance(value, Mapping) else None
    rows = [row for row in items if isinstance(row, Mapping)] if isinstance(items, list) else []
    return {**known, **{str(row["name"]): str(row.get("kind")) for row in rows if "name" in row}}


def _compile(rows: object, known: Names) -> RuleSet:
    return compile_rules(
        rows,
        queues=known["queues"],
        channels=known["channels"],
        skills=known["skills"],
        templates=known["templates"],
        calendars=known["calendars"],
        policies=known["policies"],
        agents=known["agents"],
    )


def _words(reason: str, rule: str, line: int | None) -> str:
    said = f"{reason} (rule {rule})" if rule else reason
    return f"{said} (line {line})" if line else said


def _of_file(value: Any, noun: str) -> set[str]:
    section, key = _ITEM_NAMES[noun]
    items = value.get(section) if isinstance(value, Mapping) else None
    rows = items if isinstance(items, list) else []
    return {str(row[key]) for row in rows if isinstance(row, Mapping) and key in row}


def rows_of(body: str) -> list[dict[str, Any]]:
    """The rows of a published or given text: a list, or a mapping with ``rules``.

    A ``version`` beside them is the writer's own; the hub numbers what is published. Raises
    FileInvalid.
    """
    loaded = files.load(body)
    value = loaded.value
    if isinstance(value, Mapping) and "rules" in value and set(value) <= {"rules", "version"}:
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
