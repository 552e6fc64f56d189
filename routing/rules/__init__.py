"""Rule rows as they stand in YAML, checked and compiled to a ``RuleSet``.

A row is ``{id, when, then, order?, plan?, stop?, override?, note?}``; ``when`` is ``{}``, ``all``,
``any``, ``not`` or one field with one operator. Rows run in the order of the file, or of their
``order`` where they give one. The last must be a catch-all with a queue, so that nothing that
comes in by whichever channel and address can fall through. Every error is collected, not only the
first.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from operator import itemgetter
from typing import Final

from routing.rules.conditions import Miss
from routing.rules.decision import Decision
from routing.rules.problems import Findings, Known, Names, Problem, RulesInvalid, hint
from routing.rules.ruleset import Rule, RuleSet
from routing.rules.shipped import SHIPPED_PREFIX, SHIPPED_ROWS
from routing.rules.then import ThenReader
from routing.rules.when import WhenReader

__all__ = [
    "SHIPPED_ROWS",
    "Decision",
    "Miss",
    "Names",
    "Problem",
    "RuleSet",
    "RulesInvalid",
    "compile_rules",
]

ROW_KEYS: Final = ("id", "order", "when", "then", "plan", "stop", "override", "note")
_OFF_KEYS: Final = ("id", "off", "note")


def compile_rules(
    rows: object,
    *,
    queues: Collection[str],
    channels: Known = None,
    skills: Known = None,
    templates: Known = None,
    calendars: Known = None,
    policies: Known = None,
    agents: Known = None,
    probe: bool = True,
    path: str = "rules",
) -> RuleSet:
    """``rows`` (a list of mappings) as a rule set, the shipped rows before them.

    Names are those that exist; a kind that is not given is not checked. ``probe``: try patterns
    on hostile texts, as before publishing. ``path`` is where the rows stand in their file.
    ``{id: hub:bulk, off: true}`` switches a shipped row off. Raises RulesInvalid with every
    problem found.
    """
    if not isinstance(rows, Sequence) or isinstance(rows, str | bytes):
        raise RulesInvalid([Problem("", path, "must be a list of rules")])
    names = Names(
        queues=queues,
        channels=channels,
        skills=skills,
        templates=templates,
        calendars=calendars,
        policies=policies,
        agents=agents,
    )
    compiler = _Compiler(names, probe=probe)
    own: list[_Placed] = []
    off: set[str] = set()
    order = 0.0
    for number, row in enumerate(rows):
        at = f"{path}[{number}]"
        if isinstance(row, Mapping) and "off" in row:
            off.add(compiler.off_row(at, row))
            continue
        rule = compiler.own_row(at, row)
        order = compiler.order(at, row, before=order)
        own.append((order, at, rule))
    own.sort(key=itemgetter(0))
    compiler.check_last(path, own)
    shipped = [compiler.shipped_row(row) for row in SHIPPED_ROWS if row["id"] not in off]
    if compiler.found.problems:
        raise RulesInvalid(compiler.found.problems)
    rules = (*shipped, *(rule for _, _, rule in own))
    return RuleSet(tuple(rule for rule in rules if rule is not None))


_Placed = tuple[float, str, Rule | None]
"""Its order, where it stands, and the rule if there is nothing wrong with it."""


class _Compiler:
    """One pass over rows, collecting problems."""

    def __init__(self, names: Names, *, probe: bool) -> None:
        self.found = Findings()
        self._when = WhenReader(names, self.found, probe=probe)
        self._then = ThenReader(names, self.found)
        self._ids: set[str] = set()

    def shipped_row(self, row: Mapping[str, object]) -> Rule | None:
        self.found.rule = str(row["id"])
        return self._row("shipped", row)

    def off_row(self, path: str, row: Mapping[str, object]) -> str:
        """A row that switches a shipped one off: its id."""
        known = [str(shipped["id"]) for shipped in SHIPPED_ROWS]
        row_id = self.found.rule = str(row.get("id", ""))
        if row_id not in known:
            reason = f"there is no shipped rule {row_id}{hint(row_id, known)}"
            self.found.add(f"{path}.id", reason)
        if row["off"] is not True:
            self.found.add(f"{path}.off", "can only be true")
        self.found.unknown_keys(path, row, _OFF_KEYS)
        return row_id

    def own_row(self, path: str, row: object) -> Rule | None:
        """A row of the file: a mapping with an id of its own."""
        self.found.rule = ""
        if not isinstance(row, Mapping):
            self.found.add(path, "must be a mapping with id, when and then")
            return None
        row_id = row.get("id")
        if not isinstance(row_id, str) or not row_id.strip():
            self.found.add(f"{path}.id", "required: a text that names the rule")
            row_id = ""
        elif row_id.startswith(SHIPPED_PREFIX):
            reason = f"{SHIPPED_PREFIX} is for the hub's own rules; off: true is possible"
            self.found.add(f"{path}.id", reason)
        self.found.rule = row_id
        if row_id and row_id in self._ids:
            self.found.add(f"{path}.id", f"{row_id} is there twice")
        self._ids.add(row_id)
        self.found.unknown_keys(path, row, ROW_KEYS)
        return self._row(path, row)

    def order(self, path: str, row: object, *, before: float) -> float:
        """A row without an order of its own follows the row before it."""
        order = row.get("order") if isinstance(row, Mapping) else None
        if order is None:
            return before
        if type(order) not in (int, float):
            self.found.add(f"{path}.order", "must be a number")
            return before
        return float(order)

    def _row(self, path: str, row: Mapping[str, object]) -> Rule | None:
        before = len(self.found.problems)
        flags = {"stop": row.get("stop", True), "override": row.get("override", False)}
        for key, value in flags.items():
            if not isinstance(value, bool):
                self.found.add(f"{path}.{key}", "must be true or false")
        when = row.get("when")
        if "when" not in row:
            self.found.add(f"{path}.when", "required; {} always matches")
            when = {}
        condition, asks = self._when.read(f"{path}.when", when)
        stop = flags["stop"] is True
        then = self._then.read(path, row, stop=stop)
        if len(self.found.problems) > before:
            return None
        return Rule(
            id=self.found.rule,
            condition=condition,
            then=then,
            stop=stop,
            override=flags["override"] is True,
            asks=asks,
            unconditional=when == {},
        )

    def check_last(self, path: str, own: Sequence[_Placed]) -> None:
        """The last row is the catch-all, and no other is."""
        for _, at, rule in own[:-1]:
            if rule is not None and rule.unconditional and rule.stop:
                self.found.rule = rule.id
                self.found.add(f"{at}.when", "always matches, so no rule after it is reached")
        self.found.rule = ""
        _, at, last = own[-1] if own else (0.0, path, None)
        if last is not None:
            self.found.rule = last.id
        if not own or (
            last is not None and not (last.unconditional and last.stop and last.then.queue)
        ):
            self.found.add(at, "the last rule must be a catch-all: when: {} and a queue")
