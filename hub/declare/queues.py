"""Queues as a file declares them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from hub.declare import needs
from hub.declare.comparison import Comparison, compare, document, json
from hub.declared import QueueSpec
from hub.fields import FieldError
from routing import spans
from storage import queues

if TYPE_CHECKING:
    from storage.db import Row, Tx


def plan(tx: Tx, run: Comparison) -> set[str]:
    """Compare queues; the names that are there afterwards."""
    stored = {row["name"]: row for row in queues.listed(tx)}
    given = {spec.name: spec for spec in run.order.declared.queues or ()}
    for name, spec in given.items():
        compare(
            run,
            "queue",
            name,
            queue_document(stored[name]) if name in stored else None,
            _plain(spec),
            partial(_save_queue, spec=spec, now=run.order.now),
        )
    if not run.order.prune:
        return {*stored, *given}
    for name in sorted(stored.keys() - given.keys()):
        _plan_removal(tx, run, stored[name], given)
    if not given:
        run.errors.append(FieldError("queues", "at least one must stay"))
    return set(given)


def check_overflow(run: Comparison, names: set[str]) -> None:
    """The queues that queues overflow to must be there."""
    for place, spec in enumerate(run.order.declared.queues or ()):
        if spec.overflow and spec.overflow not in names:
            at = f"queues[{place}].overflow"
            run.errors.append(FieldError(at, f"there is no queue {spec.overflow}"))


def check_channels(run: Comparison, addresses: set[str]) -> None:
    """The channels and kinds that queues name must be there."""
    for place, spec in enumerate(run.order.declared.queues or ()):
        named = [(f"modes.{name}", name) for name in spec.modes if name != "*"]
        named += [(f"units.{name}", name) for name in spec.units if name != "*"]
        named += [(f"interruptible[{n}]", name) for n, name in enumerate(spec.interruptible)]
        run.errors += [
            FieldError(f"queues[{place}].{at}", f"there is no channel or kind {name}")
            for at, name in named
            if name not in addresses
        ]


def _plan_removal(tx: Tx, run: Comparison, row: Row, given: Mapping[str, QueueSpec]) -> None:
    name, now = row["name"], run.order.now
    other = run.order.moves.get(name)
    if other is not None and other not in given:
        run.errors.append(FieldError("queues", f"--move {name}={other}: there is no {other}"))
    elif other is None and (items := needs.of_queue(tx, row["id"])):
        run.errors.append(FieldError("queues", needs.words(items, "QUEUE", name)))
    if other is not None:
        run.later("remove", "queue", name, partial(_move, row=row, other=other, run=run))
    else:
        run.add("remove", "queue", name, partial(queues.remove, id=row["id"], now=now))


def _move(tx: Tx, row: Row, other: str, run: Comparison) -> None:
    target = queues.by_name(tx, other)
    if target is None:
        raise LookupError(other)
    modes: dict[str, str] = msgspec.json.decode(target["options"]).get("modes", {})
    now = run.order.now
    needs.move_queue(tx, row["id"], target["id"], modes, run.order.by, now=now)
    queues.remove(tx, row["id"], now)


SPANS = {"offer_for": "offer_seconds", "target": "target_seconds", "wrap_up": "wrap_up_seconds"}
"""Field of a file -> the stored option, in whole seconds."""
PLAIN = ("choice", "order", "guard", "weight", "reserve", "demote_late", "when_nobody")
"""Fields with a default that is not kept."""
NAMES = ("overflow", "calendar", "sla", "closed_template", "acknowledge")


def _options(spec: QueueSpec) -> dict[str, Any]:
    """What is stored of a queue beside its name, title and who sees it."""
    standard = QueueSpec(name=spec.name)
    found: dict[str, Any] = {"modes": spec.modes, "units": spec.units}
    found["interruptible"] = sorted(set(spec.interruptible))
    for field, option in SPANS.items():
        text = getattr(spec, field)
        found[option] = None if text is None else int(spans.duration(text).total_seconds())
    for field in PLAIN:
        value = getattr(spec, field)
        found[field] = None if value == getattr(standard, field) else value
    for field in NAMES:
        found[field] = getattr(spec, field)
    return {name: value for name, value in found.items() if value not in (None, [], {}, "")}


def _save_queue(tx: Tx, spec: QueueSpec, now: int) -> None:
    title = spec.title if isinstance(spec.title, dict) else {"": spec.title} if spec.title else {}
    queues.save(
        tx,
        name=spec.name,
        title=json(title),
        visible_to=spec.visible_to,
        options=json(_options(spec)),
        now=now,
    )


def queue_document(row: Row) -> dict[str, Any]:
    """A stored queue as a file says it."""
    titles: dict[str, str] = msgspec.json.decode(row["title"])
    return _document(
        row["name"],
        titles[""] if set(titles) == {""} else titles,
        row["visible_to"],
        msgspec.json.decode(row["options"]),
    )


def _plain(spec: QueueSpec) -> dict[str, Any]:
    """A spec in the form of the stored document."""
    return _document(spec.name, spec.title, spec.visible_to, msgspec.to_builtins(_options(spec)))


def _document(
    name: str, title: str | dict[str, str], visible_to: str, options: Mapping[str, Any]
) -> dict[str, Any]:
    found = document(
        name=name,
        title=title,
        visible_to=(visible_to, "everyone"),
        modes=options.get("modes", {}),
        units=options.get("units", {}),
        interruptible=options.get("interruptible", []),
    )
    for field, option in SPANS.items():
        if (seconds := options.get(option)) is not None:
            found[field] = spans.write_duration(timedelta(seconds=seconds))
    return found | {field: options[field] for field in (*PLAIN, *NAMES) if field in options}
