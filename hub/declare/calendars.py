"""Calendars as a file declares them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from hub.declare.comparison import Comparison, compare, json
from hub.declared_time import CalendarSpec
from hub.fields import FieldError
from storage import calendars

if TYPE_CHECKING:
    from storage.db import Row, Tx


def plan(tx: Tx, run: Comparison) -> set[str]:
    """Compare calendars; the names that are there afterwards."""
    stored = {row["name"]: row for row in calendars.listed(tx)}
    given = {spec.name: spec for spec in run.order.declared.calendars or ()}
    for name, spec in given.items():
        compare(
            run,
            "calendar",
            name,
            calendar_document(stored[name]) if name in stored else None,
            msgspec.to_builtins(spec),
            partial(_save, spec=spec, now=run.order.now),
        )
    if not run.order.prune:
        return {*stored, *given}
    for name in sorted(stored.keys() - given.keys()):
        run.add(
            "remove",
            "calendar",
            name,
            partial(calendars.remove, id=stored[name]["id"], now=run.order.now),
        )
    return set(given)


def check_used(run: Comparison, names: set[str]) -> None:
    """The calendars that queues and policies name must be there."""
    users = (("queues", run.order.declared.queues), ("sla", run.order.declared.sla))
    for noun, specs in users:
        for place, spec in enumerate(specs or ()):
            name = getattr(spec, "calendar", None)
            if name and name not in names:
                at = f"{noun}[{place}].calendar"
                run.errors.append(FieldError(at, f"there is no calendar {name}"))


def _save(tx: Tx, spec: CalendarSpec, now: int) -> None:
    id = calendars.save(tx, spec.name, json(spec), now)
    calendars.drop_feeds(tx, id, set(spec.feeds))


def calendar_document(row: Row) -> dict[str, Any]:
    """A stored calendar as a file says it."""
    found: dict[str, Any] = msgspec.json.decode(row["body"])
    return found
