"""Agents as a file declares them: user, queues, capacity."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from connectors import registry
from hub.accounts import is_last_admin
from hub.declare import needs
from hub.declare.comparison import Comparison, compare, document, json
from hub.declared import AgentSpec
from hub.fields import FieldError
from storage import queues, skills, users

if TYPE_CHECKING:
    from storage.db import Row, Tx


def plan(tx: Tx, run: Comparison, names: set[str], skilled: set[str]) -> None:
    """Compare agents; ``names`` and ``skilled``: the queues and skills that are there afterwards."""
    stored = {row["email"]: row for row in queues.agents_listed(tx)}
    given = {spec.email: spec for spec in run.order.declared.agents or ()}
    for place, (email, spec) in enumerate(given.items()):
        for n, queue in enumerate(spec.queues):
            if queue not in names:
                at = f"agents[{place}].queues[{n}]"
                run.errors.append(FieldError(at, f"there is no queue {queue}"))
        for skill in sorted(spec.skills.keys() - skilled):
            at = f"agents[{place}].skills.{skill}"
            run.errors.append(FieldError(at, f"there is no skill {skill}"))
        for kind in sorted(spec.limits.keys() - registry.KINDS.keys()):
            at = f"agents[{place}].limits.{kind}"
            run.errors.append(FieldError(at, f"there is no kind of channel {kind}"))
        row = stored.get(email)
        _check_admin(tx, run, place, spec)
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
                _plan_removal(tx, run, stored[email], {*names, *given})


def _check_admin(tx: Tx, run: Comparison, place: int, spec: AgentSpec) -> None:
    """A file that makes the last admin something else is refused."""
    known = users.by_email(tx, spec.email)
    if known is not None and spec.role != "admin" and is_last_admin(tx, known):
        reason = "is the last admin: make another one first"
        run.errors.append(FieldError(f"agents[{place}].role", reason))


def _plan_removal(tx: Tx, run: Comparison, row: Row, heirs: set[str]) -> None:
    email = row["email"]
    heir = run.order.moves.get(email)
    if heir is not None and heir not in heirs:
        reason = f"--move {email}={heir}: there is no such agent or queue"
        run.errors.append(FieldError("agents", reason))
    elif heir is None and (items := needs.of_agent(tx, row["id"])):
        run.errors.append(FieldError("agents", needs.words(items, "AGENT or QUEUE", email)))
    note = run.add if heir is None else run.later
    note("remove", "agent", email, partial(retire, row=row, heir=heir, now=run.order.now))


def save_agent(tx: Tx, spec: AgentSpec, now: int) -> int:
    """Make somebody an agent; their user's id. Raises LookupError: no such queue or skill."""
    known = users.by_email(tx, spec.email)
    if known is None:
        user = users.add(tx, email=spec.email, name=spec.name, role=spec.role, now=now)
    else:
        user = int(known["id"])
        users.let_back(tx, known)
        users.set_profile(tx, user, name=spec.name, role=spec.role, now=now)
    agent = queues.save_agent(
        tx, user=user, capacity=spec.capacity, limits=json(spec.limits), now=now
    )
    queues.serve(tx, agent, spec.queues, now)
    skills.give(tx, agent, spec.skills, now=now)
    return user


def retire(tx: Tx, row: Row, heir: str | None, now: int) -> None:
    """They work here no more; what they have goes to ``heir``, an agent or a queue."""
    if heir is not None:
        needs.hand_over(tx, row["id"], heir, now=now)
    queues.retire_agent(tx, row["id"], now)
    users.switch_off(tx, row["user_id"], now=now)


def agent_document(tx: Tx, row: Row) -> dict[str, Any]:
    """A stored agent as a file says it."""
    return document(
        email=row["email"],
        name=row["name"],
        role=(row["role"], "agent"),
        queues=queues.served_by(tx, row["id"]),
        capacity=(row["capacity"], 100),
        skills=skills.of_agent(tx, row["id"]),
        limits=msgspec.json.decode(row["limits"]),
    )


def _plain(spec: AgentSpec) -> dict[str, Any]:
    """A spec in the form of the stored document."""
    return document(
        email=spec.email,
        name=spec.name,
        role=(spec.role, "agent"),
        queues=sorted(set(spec.queues)),
        capacity=(spec.capacity, 100),
        skills=spec.skills,
        limits=spec.limits,
    )
