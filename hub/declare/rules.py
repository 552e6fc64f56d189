"""Rules as a file declares them: laid over those in force, published as one version."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hub import files
from hub.declare.comparison import Comparison, differing
from hub.fields import FieldError
from hub.rules import rows as rule_rows
from routing.rules import RulesInvalid, compile_rules
from storage import facts, rules

if TYPE_CHECKING:
    from storage.db import Tx


_PLACE = re.compile(r"rules\[(?P<number>\d+)\](?P<rest>.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Afterwards:
    """Names that are there once the file is applied."""

    queues: set[str]
    templates: set[str]
    calendars: set[str]
    policies: set[str]
    skills: set[str]


def plan(tx: Tx, run: Comparison, there: Afterwards) -> None:
    """Compare rules with those in force."""
    published = rules.current(tx)
    before: list[dict[str, Any]] = [] if published is None else rule_rows.rows_of(published["body"])
    given = run.order.declared.rules
    after = before
    if given is not None:
        after = list(given) if run.order.prune else rule_rows.merged(before, given)
    if after or before:
        _check_rules(tx, run, after, there)
    if run.errors or after == before:
        return
    old = {row["id"]: row for row in before}
    new = {row["id"]: row for row in after}
    publish = _once(
        lambda tx: rules.publish(
            tx, files.write(after), note=run.order.note, by=run.order.by, now=run.order.now
        )
    )
    for name, row in new.items():
        if name not in old:
            run.add("add", "rule", name, publish)
        elif old[name] != row:
            run.add("change", "rule", name, publish, differing(old[name], row))
    for name in [name for name in old if name not in new]:
        run.add("remove", "rule", name, publish)
    if not run.changes or run.changes[-1].noun != "rule":
        run.add("change", "rules", "order", publish)


def _once(do: Callable[[Tx], object]) -> Callable[[Tx], object]:
    done: list[Tx] = []

    def first(tx: Tx) -> None:
        if not done:
            done.append(tx)
            do(tx)

    return first


def _check_rules(
    tx: Tx, run: Comparison, rows: Sequence[Mapping[str, Any]], there: Afterwards
) -> None:
    """Also those that stay: what they name may be about to go."""
    declared = run.order.declared
    channels = {spec.name for spec in declared.channels or ()}
    agents = {spec.email for spec in declared.agents or ()}
    known = facts.names(tx)
    try:
        compile_rules(
            rows,
            queues=there.queues,
            channels=channels if run.order.prune else known["channels"] | channels,
            skills=there.skills,
            templates=there.templates,
            calendars=there.calendars,
            policies=there.policies,
            agents=known["agents"] | agents,  # a wish for somebody who is gone is left out
        )
    except RulesInvalid as err:
        for item in err.problems:
            path = _in_file(item.path, rows, declared.rules or ())
            run.errors.append(FieldError(path, item.reason, item.rule))


def _in_file(
    path: str, rows: Sequence[Mapping[str, Any]], given: Sequence[Mapping[str, Any]]
) -> str:
    """Where the file has what is wrong; ``rules`` for a row in force that it does not name."""
    found = _PLACE.match(path)
    if found is None:
        return path
    row = rows[int(found["number"])]
    return f"rules[{given.index(row)}]{found['rest']}" if row in given else "rules"
