"""What is promised to whom, as a file declares it."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from hub.declare import channels
from hub.declare.comparison import Comparison, compare, json
from hub.declared_time import SlaSpec
from hub.fields import FieldError
from storage import sla_policies

if TYPE_CHECKING:
    from storage.db import Row, Tx


def plan(tx: Tx, run: Comparison, queues: set[str]) -> set[str]:
    """Compare policies; the names that are there afterwards. ``queues`` are those there are then."""
    stored = {row["name"]: row for row in sla_policies.listed(tx)}
    given = {spec.name: spec for spec in run.order.declared.sla or ()}
    addresses = channels.addresses(tx, run)
    for place, (name, spec) in enumerate(given.items()):
        for error in _check(spec, queues, addresses):
            run.errors.append(FieldError(f"sla[{place}].{error.field}", error.reason))
        compare(
            run,
            "sla",
            name,
            policy_document(stored[name]) if name in stored else None,
            msgspec.to_builtins(spec),
            partial(sla_policies.save, name=name, body=json(spec), now=run.order.now),
        )
    if not run.order.prune:
        return {*stored, *given}
    for name in sorted(stored.keys() - given.keys()):
        run.add(
            "remove",
            "sla",
            name,
            partial(sla_policies.remove, id=stored[name]["id"], now=run.order.now),
        )
    return set(given)


def check_used(run: Comparison, names: set[str]) -> None:
    """The policies that queues name must be there."""
    for place, spec in enumerate(run.order.declared.queues or ()):
        name = getattr(spec, "sla", None)
        if name and name not in names:
            run.errors.append(FieldError(f"queues[{place}].sla", f"there is no sla {name}"))


def _check(spec: SlaSpec, queues: set[str], addresses: set[str]) -> Iterable[FieldError]:
    named = (
        ("when.queue", spec.when and spec.when.queue),
        ("on_warn.queue", spec.on_warn and spec.on_warn.queue),
        ("on_breach.queue", spec.on_breach and spec.on_breach.queue),
    )
    for field, queue in named:
        if queue and queue not in queues:
            yield FieldError(field, f"there is no queue {queue}")
    channel = spec.when and spec.when.channel
    if channel and channel not in addresses:
        yield FieldError("when.channel", f"there is no channel or kind {channel}")


def policy_document(row: Row) -> dict[str, Any]:
    """A stored policy as a file says it."""
    found: dict[str, Any] = msgspec.json.decode(row["body"])
    return found
