"""Agents as a file declares them: user, queues, capacity."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from hub.declare.comparison import Comparison, compare, document
from hub.declared import AgentSpec
from hub.fields import FieldError
from storage import queues, users

if TYPE_CHECKING:
    from storage.db import Row, Tx


def plan(tx: Tx, run: Comparison, names: set[str]) -> None:
    """Compare agents; ``names`` are the queues that are there afterwards."""
    stored = {row["email"]: row for row in queues.agents_listed(tx)}
    given = {spec.email: spec for spec in run.order.declared.agents or ()}
    for place, (email, spec) in enumerate(given.items()):
        for n, queue in enumerate(spec.queues):
            if queue not in names:
                at = f"agents[{place}].queues[{n}]"
                run.errors.append(FieldError(at, f"there is no queue {queue}"))
        row = stored.get(email)
        compare(
            run,
            "agent",
            email,
            None if row is None else agent_document(tx, row),
            _plain(spec),
            partial(save_agent, spec=spec, now=run.order.now),
        )
    if run.order.prune:
        for email in sorted(stored.keys() - given.keys()):
            if stored[email]["role"] != "admin":  # nobody locks themselves out by a file
                run.add(
                    "remove",
                    "agent",
                    email,
                    partial(_retire, row=stored[email], now=run.order.now),
                )


def save_agent(tx: Tx, spec: AgentSpec, now: int) -> int:
    """Make somebody an agent; their user's id. Raises LookupError: no such queue."""
    known = users.by_email(tx, spec.email)
    if known is None:
        user = users.add(tx, email=spec.email, name=spec.name, role=spec.role, now=now)
    else:
        user = int(known["id"])
        users.set_profile(tx, user, name=spec.name, role=spec.role)
    agent = queues.save_agent(tx, user=user, capacity=spec.capacity, now=now)
    queues.serve(tx, agent, spec.queues, now)
    return user


def _retire(tx: Tx, row: Row, now: int) -> None:
    queues.retire_agent(tx, row["id"], now)
    users.switch_off(tx, row["user_id"])


def agent_document(tx: Tx, row: Row) -> dict[str, Any]:
    """A stored agent as a file says it."""
    return document(
        email=row["email"],
        name=row["name"],
        role=(row["role"], "agent"),
        queues=queues.served_by(tx, row["id"]),
        capacity=(row["capacity"], 100),
    )


def _plain(spec: AgentSpec) -> dict[str, Any]:
    """A spec in the form of the stored document."""
    return document(
        email=spec.email,
        name=spec.name,
        role=(spec.role, "agent"),
        queues=sorted(set(spec.queues)),
        capacity=(spec.capacity, 100),
    )
