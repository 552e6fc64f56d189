"""``when`` of a rule row: all, any, not, or one field with one operator; read and compiled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from connectors.fold import fold
from routing.rules import conditions, fields
from routing.rules.conditions import ALWAYS, Condition
from routing.rules.operators import EQUAL_OPS
from routing.rules.problems import Findings, Names, hint

MAX_DEPTH: Final = 20
"""``all``, ``any`` and ``not`` within each other."""


ENOUGH = 5
"""Patterns that were refused: the rest is tried when these are mended, or it takes minutes."""


class WhenReader:
    """Reads conditions; what is wrong goes into ``findings``."""

    def __init__(self, names: Names, findings: Findings, *, probe: bool = True) -> None:
        self._names = names
        self._found = findings
        self._channels = None if names.channels is None else {fold(one) for one in names.channels}
        self._asks: set[str] = set()
        self._probe = probe
        self._refused = 0

    def read(self, path: str, when: object) -> tuple[Condition, frozenset[str]]:
        """The condition, and the names of the fields that it looks at."""
        self._asks = set()
        condition = self._node(path, when, 0)
        return condition, frozenset(self._asks)

    def _node(self, path: str, node: object, depth: int) -> Condition:
        if not isinstance(node, Mapping):
            self._found.add(path, "must be a mapping: all, any, not, or field with an operator")
        elif depth > MAX_DEPTH:
            self._found.add(path, f"is nested more than {MAX_DEPTH} deep")
        elif not node:
            if depth:
                self._found.add(path, "is empty")
        elif "field" in node:
            return self._atom(path, node)
        elif len(node) == 1 and next(iter(node)) in ("all", "any"):
            return self._group(path, node, depth)
        elif set(node) == {"not"}:
            inner = self._node(f"{path}.not", node["not"], depth + 1)
            return conditions.negation(self._found.rule, inner, _summary(node["not"]))
        else:
            reason = "must be exactly one of all, any, not, or field with an operator"
            self._found.add(path, reason)
        return ALWAYS

    def _group(self, path: str, node: Mapping[str, object], depth: int) -> Condition:
        ((key, parts),) = node.items()
        if not isinstance(parts, list | tuple) or not parts:
            self._found.add(f"{path}.{key}", "must be a list of at least one condition")
            return ALWAYS
        read = [
            self._node(f"{path}.{key}[{number}]", part, depth + 1)
            for number, part in enumerate(parts)
        ]
        return conditions.every(read) if key == "all" else conditions.some(read)

    def _atom(self, path: str, node: Mapping[str, object]) -> Condition:
        name = self._field(f"{path}.field", node["field"])
        ops = [key for key in node if key != "field"]
        for op in ops:
            if op not in conditions.OPS:
                self._found.add(
                    f"{path}.{op}", f"there is no operator {op}{hint(op, conditions.OPS)}"
                )
        if len(ops) != 1:
            self._found.add(path, f"needs exactly one operator, has {len(ops)}")
        elif name is not None and ops[0] in conditions.OPS:
            return self._operation(path, name, ops[0], node[ops[0]])
        return ALWAYS

    def _field(self, path: str, name: object) -> str | None:
        """The field's own name; None if there is none such."""
        if not isinstance(name, str) or fields.find(name) is None:
            self._found.add(path, f"there is no field {name}{_field_hint(str(name))}")
            return None
        name = fields.ALIASES.get(name, name)
        if (queue := fields.queue_of(name)) is not None:
            self._found.name(path, "queue", queue, self._names.queues)
        if name.startswith("calendar."):
            calendar = name.removeprefix("calendar.")
            self._found.name(path, "calendar", calendar, self._names.calendars)
        self._asks.add(name)
        return name

    def _operation(self, path: str, name: str, op: str, want: object) -> Condition:
        field = fields.find(name)
        if field is None:  # _field has said so
            return ALWAYS
        try:
            probe = self._probe and self._refused < ENOUGH
            condition = conditions.atom(self._found.rule, name, field, op, want, probe=probe)
        except ValueError as err:
            self._refused += op == "matches"
            self._found.add(f"{path}.{op}", str(err))
            return ALWAYS
        if op in EQUAL_OPS:
            self._names_in(f"{path}.{op}", name, want)
        return condition

    def _names_in(self, path: str, field: str, want: object) -> None:
        """The channels and agents that a rule names must exist."""
        nouns = {"channel": self._channels, "last_agent": self._names.agents}
        known = nouns.get(field)
        if known is None:
            return
        for value in want if isinstance(want, list | tuple) else [want]:
            if fold(str(value)) not in known:
                self._found.name(path, field.replace("last_", ""), value, known)


def _field_hint(name: str) -> str:
    close = hint(name, [*fields.FIELDS, *fields.ALIASES])
    noun, _, rest = name.partition(".")
    if noun in ("contact", "organization") and rest:
        return f"{close}; an attribute is {noun}.attributes.{rest}"
    return close


def _summary(node: Any) -> str:
    """A condition in few words, for the trace of a ``not``."""
    if not isinstance(node, Mapping):
        return str(node)
    if "field" in node:
        op = next((key for key in node if key != "field"), "")
        return f"{node['field']} {op} {node.get(op)}"
    return ", ".join(map(str, node))
