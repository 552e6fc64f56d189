"""Queues as a file declares them."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

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
        row = stored[name]
        live = queues.live_items(tx, row["id"])
        if live:
            run.errors.append(FieldError("queues", f"{name} cannot go: {live} matters are in it"))
        run.add("remove", "queue", name, partial(queues.remove, id=row["id"], now=run.order.now))
    if not given:
        run.errors.append(FieldError("queues", "at least one must stay"))
    return set(given)


def _save_queue(tx: Tx, spec: QueueSpec, now: int) -> None:
    options: dict[str, Any] = {}
    if spec.modes:
        options["modes"] = {name: mode.value for name, mode in spec.modes.items()}
    if spec.units:
        options["units"] = spec.units
    if spec.offer_for is not None:
        options["offer_seconds"] = int(spans.duration(spec.offer_for).total_seconds())
    if spec.closed_template:
        options["closed_template"] = spec.closed_template
    title = spec.title if isinstance(spec.title, dict) else {"": spec.title} if spec.title else {}
    queues.save(
        tx,
        name=spec.name,
        title=json(title),
        visible_to=spec.visible_to,
        options=json(options),
        now=now,
    )


def queue_document(row: Row) -> dict[str, Any]:
    """A stored queue as a file says it."""
    options: dict[str, Any] = msgspec.json.decode(row["options"])
    titles: dict[str, str] = msgspec.json.decode(row["title"])
    seconds = options.get("offer_seconds")
    return document(
        name=row["name"],
        title=titles[""] if set(titles) == {""} else titles,
        visible_to=(row["visible_to"], "everyone"),
        modes=options.get("modes", {}),
        units=options.get("units", {}),
        offer_for=None if seconds is None else spans.write_duration(timedelta(seconds=seconds)),
        closed_template=options.get("closed_template"),
    )


def _plain(spec: QueueSpec) -> dict[str, Any]:
    """A spec in the form of the stored document."""
    offer = None if spec.offer_for is None else spans.duration(spec.offer_for)
    return document(
        name=spec.name,
        title=spec.title,
        visible_to=(spec.visible_to, "everyone"),
        modes={name: mode.value for name, mode in spec.modes.items()},
        units=spec.units,
        offer_for=None if offer is None else spans.write_duration(offer),
        closed_template=spec.closed_template,
    )
