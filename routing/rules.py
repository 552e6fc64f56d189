"""Rule rows as they stand in YAML, checked and compiled to a ``RuleSet``.

A row is ``{id, when, then, stop?, note?}``; ``when`` is ``{}``, ``all``, ``any``, ``not`` or one
field with one operator. The last row must be a catch-all with a queue. Every error is collected,
not only the first.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Final

from connectors.fold import fold
from routing import conditions, fields, spans
from routing.conditions import Check, Miss
from routing.model import Mode
from routing.ruleset import Decision, Rule, RuleSet, Then
from routing.shipped import SHIPPED_PREFIX, SHIPPED_ROWS

__all__ = [
    "SHIPPED_ROWS",
    "Decision",
    "Miss",
    "Problem",
    "RuleSet",
    "RulesInvalid",
    "compile_rules",
]

MAX_PRIORITY_SECONDS: Final = 86_400
MAX_DEPTH: Final = 20
"""``all``, ``any`` and ``not`` within each other."""
_ROW_KEYS: Final = frozenset({"id", "when", "then", "stop", "note"})
_OFF_KEYS: Final = frozenset({"id", "off", "note"})
_THEN_KEYS: Final = frozenset({"queue", "route", "reason", "priority", "tags", "mode"})


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong with the rows."""

    rule: str
    """The row's id, or empty where it has none."""
    path: str
    """Where, as ``rules[2].when.all[0].field``."""
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}" + (f" (rule {self.rule})" if self.rule else "")


class RulesInvalid(ValueError):
    """Rows that cannot be published; ``problems`` has all of it, in order."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(map(str, problems)))
        self.problems = tuple(problems)


# ---------------------------------------------------------------- compiling


def compile_rules(
    rows: object,
    *,
    queues: Collection[str],
    channels: Collection[str] | None = None,
    path: str = "rules",
) -> RuleSet:
    """``rows`` (a list of mappings) as a rule set, the shipped rows before them.

    ``queues`` and, if given, ``channels`` are the names that exist; ``path`` is where the rows
    stand in their file. ``{id: hub:bulk, off: true}`` switches a shipped row off. Raises
    RulesInvalid with every problem found.
    """
    if not isinstance(rows, Sequence) or isinstance(rows, str | bytes):
        raise RulesInvalid([Problem("", path, "must be a list of rules")])
    compiler = _Compiler(queues, channels)
    own, off = [], set()
    for number, row in enumerate(rows):
        at = f"{path}[{number}]"
        if isinstance(row, Mapping) and "off" in row:
            off.add(compiler.off_row(at, row))
        else:
            own.append((at, compiler.own_row(at, row)))
    compiler.check_order(path, own)
    shipped = [compiler.shipped_row(row) for row in SHIPPED_ROWS if row["id"] not in off]
    if compiler.problems:
        raise RulesInvalid(compiler.problems)
    return RuleSet(tuple(rule for rule in (*shipped, *(r for _, r in own)) if rule is not None))


class _Compiler:
    """One pass over rows, collecting problems."""

    def __init__(self, queues: Collection[str], channels: Collection[str] | None) -> None:
        self.problems: list[Problem] = []
        self._queues = queues
        self._channels = None if channels is None else {fold(name) for name in channels}
        self._ids: set[str] = set()
        self._rule = ""

    def add(self, path: str, reason: str) -> None:
        self.problems.append(Problem(self._rule, path, reason))

    def shipped_row(self, row: Mapping[str, object]) -> Rule | None:
        self._rule = str(row["id"])
        return self._row("shipped", row)

    def off_row(self, path: str, row: Mapping[str, object]) -> str:
        """A row that switches a shipped one off: its id."""
        known = [str(shipped["id"]) for shipped in SHIPPED_ROWS]
        row_id = self._rule = str(row.get("id", ""))
        if row_id not in known:
            self.add(f"{path}.id", f"there is no shipped rule {row_id}{_hint(row_id, known)}")
        if row["off"] is not True:
            self.add(f"{path}.off", "can only be true")
        self._unknown_keys(path, row, _OFF_KEYS)
        return row_id

    def own_row(self, path: str, row: object) -> Rule | None:
        """A row of the file: a mapping with an id of its own."""
        self._rule = ""
        if not isinstance(row, Mapping):
            self.add(path, "must be a mapping with id, when and then")
            return None
        row_id = row.get("id")
        if not isinstance(row_id, str) or not row_id.strip():
            self.add(f"{path}.id", "required: a text that names the rule")
            row_id = ""
        elif row_id.startswith(SHIPPED_PREFIX):
            self.add(
                f"{path}.id", f"{SHIPPED_PREFIX} is for the hub's own rules; off: true is possible"
            )
        self._rule = row_id
        if row_id and row_id in self._ids:
            self.add(f"{path}.id", f"{row_id} is there twice")
        self._ids.add(row_id)
        self._unknown_keys(path, row, _ROW_KEYS)
        return self._row(path, row)

    def _row(self, path: str, row: Mapping[str, object]) -> Rule | None:
        before = len(self.problems)
        stop = row.get("stop", True)
        if not isinstance(stop, bool):
            self.add(f"{path}.stop", "must be true or false")
        when = row.get("when")
        if "when" not in row:
            self.add(f"{path}.when", "required; {} always matches")
            when = {}
        check = self._condition(f"{path}.when", when)
        then = self._then(f"{path}.then", row.get("then"), stop=stop is True)
        if len(self.problems) > before:
            return None
        names, miss = _channel_atom(self._rule, when)
        return Rule(
            id=self._rule,
            check=check,
            then=then,
            stop=stop is True,
            channels=names,
            channel_miss=miss,
            unconditional=when == {},
        )

    def check_order(self, path: str, own: Sequence[tuple[str, Rule | None]]) -> None:
        """The last row is the catch-all, and no other is."""
        for at, rule in own[:-1]:
            if rule is not None and rule.unconditional and rule.stop:
                self._rule = rule.id
                self.add(f"{at}.when", "always matches, so no rule after it is reached")
        self._rule = ""
        at, last = own[-1] if own else (path, None)
        if last is not None:
            self._rule = last.id
        if not own or (
            last is not None and not (last.unconditional and last.stop and last.then.queue)
        ):
            self.add(at, "the last rule must be a catch-all: when: {} and a queue")

    def _unknown_keys(self, path: str, row: Iterable[object], known: Collection[str]) -> None:
        for key in row:
            if key not in known:
                self.add(f"{path}.{key}", f"there is no such key{_hint(key, known)}")

    # ---- then

    def _then(self, path: str, then: object, *, stop: bool) -> Then:
        if not isinstance(then, Mapping) or not then:
            self.add(path, "required: a mapping with queue, or route: none")
            return Then()
        self._unknown_keys(path, then, _THEN_KEYS)
        route_none = self._route(path, then, stop=stop)
        queue = then.get("queue")
        if queue is not None and not (isinstance(queue, str) and queue in self._queues):
            self.add(f"{path}.queue", f"there is no queue {queue}{_hint(queue, self._queues)}")
        if queue is None and stop and not route_none:
            self.add(path, "needs a queue, or route: none")
        return Then(
            queue=queue if isinstance(queue, str) else None,
            route_none=route_none,
            reason=self._text(f"{path}.reason", then.get("reason", "")),
            priority=self._priority(f"{path}.priority", then.get("priority")),
            tags=self._tags(f"{path}.tags", then.get("tags", ())),
            mode=self._mode(f"{path}.mode", then.get("mode")),
        )

    def _route(self, path: str, then: Mapping[str, object], *, stop: bool) -> bool:
        if "route" not in then:
            return False
        if then["route"] != "none":
            self.add(f"{path}.route", "can only be none")
        for key in ("queue", "mode", "priority"):
            if key in then:
                self.add(f"{path}.{key}", "has no meaning beside route: none")
        if not stop:
            self.add(f"{path}.route", "decides, so stop cannot be false")
        return True

    def _text(self, path: str, value: object) -> str:
        if isinstance(value, str):
            return value
        self.add(path, "must be a text")
        return ""

    def _tags(self, path: str, value: object) -> tuple[str, ...]:
        if isinstance(value, list | tuple) and all(isinstance(tag, str) and tag for tag in value):
            return tuple(value)
        self.add(path, "must be a list of texts")
        return ()

    def _mode(self, path: str, value: object) -> Mode | None:
        if value is None or value in tuple(Mode):
            return None if value is None else Mode(str(value))
        self.add(path, f"must be one of {', '.join(Mode)}")
        return None

    def _priority(self, path: str, value: object) -> int | None:
        if value is None:
            return None
        try:
            seconds = int(spans.duration(str(value)).total_seconds())
        except ValueError as err:
            self.add(path, f"{err}: seconds of head start, such as +300s")
            return None
        if abs(seconds) > MAX_PRIORITY_SECONDS:
            self.add(path, "can be at most 24h")
        return seconds

    # ---- when

    def _condition(self, path: str, node: object, depth: int = 0) -> Check:
        if not isinstance(node, Mapping):
            self.add(path, "must be a mapping: all, any, not, or field with an operator")
        elif depth > MAX_DEPTH:
            self.add(path, f"is nested more than {MAX_DEPTH} deep")
        elif not node:
            if not depth:
                return conditions.always
            self.add(path, "is empty")
        elif "field" in node:
            return self._atom(path, node)
        elif len(node) == 1 and next(iter(node)) in ("all", "any"):
            return self._group(path, node, depth)
        elif set(node) == {"not"}:
            inner = self._condition(f"{path}.not", node["not"], depth + 1)
            return conditions.negation(self._rule, inner, _summary(node["not"]))
        else:
            self.add(path, "must be exactly one of all, any, not, or field with an operator")
        return conditions.always

    def _group(self, path: str, node: Mapping[str, object], depth: int) -> Check:
        ((key, parts),) = node.items()
        if not isinstance(parts, list | tuple) or not parts:
            self.add(f"{path}.{key}", "must be a list of at least one condition")
            return conditions.always
        checks = [
            self._condition(f"{path}.{key}[{number}]", part, depth + 1)
            for number, part in enumerate(parts)
        ]
        return conditions.every(checks) if key == "all" else conditions.some(checks)

    def _atom(self, path: str, node: Mapping[str, object]) -> Check:
        name = node["field"]
        found = fields.find(name) if isinstance(name, str) else None
        if found is None:
            self.add(f"{path}.field", f"there is no field {name}{_hint(name, fields.FIELDS)}")
        ops = [key for key in node if key != "field"]
        for op in ops:
            if op not in conditions.OPS:
                hint = _hint(op, conditions.OPS)
                self.add(f"{path}.{op}", f"there is no operator {op}{hint}")
        if len(ops) != 1:
            self.add(path, f"needs exactly one operator, has {len(ops)}")
        elif found is not None and ops[0] in conditions.OPS:
            return self._operation(path, str(name), found, ops[0], node[ops[0]])
        return conditions.always

    def _operation(self, path: str, name: str, found: fields.Field, op: str, want: object) -> Check:
        try:
            check = conditions.atom(self._rule, name, found, op, want)
        except ValueError as err:
            self.add(f"{path}.{op}", str(err))
            return conditions.always
        if name == "channel" and op in ("eq", "in", "ne", "not_in") and self._channels is not None:
            names = want if isinstance(want, list | tuple) else [want]
            for channel in names:
                if fold(str(channel)) not in self._channels:
                    hint = _hint(channel, self._channels)
                    self.add(f"{path}.{op}", f"there is no channel {channel}{hint}")
        return check


def _channel_atom(rule: str, when: object) -> tuple[frozenset[str] | None, Miss | None]:
    """The channels that ``when`` can only match on, and the miss on any other."""
    if not isinstance(when, Mapping):
        return None, None
    for node in when.get("all", [when]):
        if node.get("field") != "channel":
            continue
        for op in ("eq", "in"):
            if op in node:
                names = [node[op]] if op == "eq" else node[op]
                folded = frozenset(fold(name) for name in names)
                return folded, Miss(rule, "channel", op, ", ".join(names))
    return None, None


def _summary(node: object) -> str:
    """A condition in few words, for the trace of a ``not``."""
    if not isinstance(node, Mapping):
        return str(node)
    if "field" in node:
        op = next((key for key in node if key != "field"), "")
        return f"{node['field']} {op} {node.get(op)}"
    return ", ".join(map(str, node))


def _hint(name: object, known: Collection[str]) -> str:
    close = get_close_matches(str(name), list(known), n=1)
    return f"; did you mean {close[0]}?" if close else ""
