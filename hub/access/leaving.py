"""Somebody works here no more: in one transaction they are signed out, what was proposed to them is
withdrawn, and what is theirs goes where somebody said: to a colleague, a queue, or back to its own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hub import actions, offering, sla
from hub.accounts import AccountRefused, keep_an_admin
from hub.declare import needs
from hub.problems import Problem, conflict, invalid
from storage import audit, conversations, queues, users

if TYPE_CHECKING:
    from hub.desk import Desk
    from storage.db import Row, Tx

SHOWN = 200  # matters named in a refusal


@dataclass(frozen=True, slots=True)
class Heir:
    """Where the open matters of somebody who goes are to be."""

    to: str | None = None
    """A colleague's address, or a queue's name."""
    back: bool = False
    """Each to the queue that it came from."""

    @property
    def named(self) -> bool:
        return self.back or self.to is not None


def let_go(tx: Tx, row: Row, heir: Heir, desk: Desk, now: int) -> int:
    """Take an agent's work from them, and the agent out of work; how many matters moved.

    ``row``: of ``users.get``. Raises Problem: 409 with the open matters where ``heir`` names nobody,
    400 where it names nobody who is there.
    """
    agent = int(row["agent"])
    matters = open_matters(tx, agent)
    if matters and not heir.named:
        raise _asks(matters)
    if heir.back and heir.to is not None:
        raise invalid("hand_to", "give either hand_to or back_to_queue")
    if heir.to is not None:
        try:
            needs.hand_over(tx, agent, heir.to, now=now)
        except LookupError as err:
            raise invalid("hand_to", f"there is no agent or queue {heir.to}") from err
    else:
        needs.move_agent(tx, agent, None, None, now=now)
    for matter in matters:
        _promised_there(tx, matter, desk, now)
    _wait_again(tx, matters, desk, now)
    offering.withdraw_offers(tx, agent, now=now)
    queues.retire_agent(tx, agent, now)
    return len(matters)


def open_matters(tx: Tx, agent: int) -> list[Row]:
    """What this agent owns and what is in their hands, each conversation once."""
    owned = {row["id"]: row for row in conversations.owned(tx, agent)}
    for item in needs.of_agent(tx, agent):
        row = conversations.get(tx, item["conversation"])
        if row is not None:
            owned.setdefault(row["id"], row)
    return [owned[id] for id in sorted(owned)]


def _asks(matters: list[Row]) -> Problem:
    waiting = sum(row["status"] == "open" for row in matters)
    found: dict[str, Any] = {
        "conversations": [row["id"] for row in matters[:SHOWN]],
        "matters": len(matters),
        "waiting": waiting,
    }
    return conflict(
        "matters are in their hands: say who gets them with hand_to, or back_to_queue", **found
    )


def _promised_there(tx: Tx, matter: Row, desk: Desk, now: int) -> None:
    """What another queue promises holds from the same start."""
    row = conversations.get(tx, matter["id"])
    if row is not None and row["queue"] != matter["queue"] and row["queue"] in desk.queues:
        sla.on_queue(tx, desk, matter, row["queue"], now)


def _wait_again(tx: Tx, matters: list[Row], desk: Desk, now: int) -> None:
    """A customer who waits and has lost the one who owned it waits in the queue."""
    for matter in matters:
        row = conversations.get(tx, matter["id"])
        alone = row is not None and row["status"] == "open" and row["agent"] is None
        if row is not None and alone and row["queue"] in desk.queues:
            actions.wait(tx, row, row["queue"], desk, now=now)


def switch_off(tx: Tx, email: str, heir: Heir, desk: Desk, *, by: str, now: int) -> int:
    """Switch somebody off by their address; how many matters moved. Raises Problem, AccountRefused."""
    row = users.by_email(tx, email)
    if row is None or not row["active"]:
        raise AccountRefused("email", f"there is nobody with the address {email}")
    keep_an_admin(tx, row)
    moved = 0 if row["agent"] is None else let_go(tx, row, heir, desk, now)
    users.switch_off(tx, row["id"], now=now)
    audit.record(tx, by, "change-user", f"user:{row['id']}", now=now, active=False, moved=moved)
    return moved


def in_words(err: Problem) -> str:
    """A refusal, for whoever types commands."""
    matters = err.extra.get("matters")
    if matters is None:
        return err.detail
    return (
        f"{matters} open matters are in their hands: say who gets them with --hand-to, or"
        " --back-to-queue"
    )
