"""Who may see what: the one predicate for lists, timelines, live, find, export and explain."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from storage.db import Tx


class Sight(msgspec.Struct, frozen=True):
    """What one person may see: everything, or what their queues and their own hands hold.

    The one predicate for lists, timelines, live, find and explain (``sees``, ``VISIBLE``).
    """

    all: bool
    agent: int | None = None
    queues: frozenset[int] = frozenset()
    hidden: frozenset[int] = frozenset()
    """Queues that only members see and this person is not a member of."""

    def sees(self, queue: int | None, agent: int | None) -> bool:
        """Whether a conversation in this queue, with this owner, is theirs to see."""
        if self.all or queue is None or queue not in self.hidden:
            return True
        return agent is not None and agent == self.agent


def sight(tx: Tx, agent: int | None, *, everything: bool) -> Sight:
    """What this agent may see; ``everything`` for admins."""
    rows = tx.all("SELECT queue FROM queue_agent WHERE agent = :a", a=agent)
    member = frozenset(int(row["queue"]) for row in rows)
    closed = tx.all("SELECT id FROM queue WHERE visible_to = 'members'")
    hidden = frozenset(int(row["id"]) for row in closed) - member
    return Sight(everything, agent, member, hidden)


def memberships(tx: Tx) -> frozenset[tuple[int, int | None]]:
    """(queue, member) of all queues that only members see: while it is the same, so is each sight."""
    rows = tx.all(
        """
        SELECT q.id, qa.agent FROM queue q LEFT JOIN queue_agent qa ON qa.queue = q.id
        WHERE q.visible_to = 'members'
        """
    )
    return frozenset((row["id"], row["agent"]) for row in rows)


def places(tx: Tx, root: int) -> frozenset[tuple[int | None, int | None]]:
    """(queue, owner) of every matter of a person, each pair once: what ``Sight.sees`` is asked."""
    rows = tx.all(
        """
        SELECT DISTINCT c.queue, c.agent FROM conversation c WHERE c.contact = :root OR c.contact IN
          (SELECT member FROM contact_link WHERE root = :root AND revoked_at IS NULL)
        """,
        root=root,
    )
    return frozenset((row["queue"], row["agent"]) for row in rows)


def elsewhere(tx: Tx, root: int, sight: Sight) -> bool:
    """Whether a person has an open matter that is not to be seen: that much is said, no more."""
    if sight.all or not sight.hidden:
        return False
    rows = tx.all(
        """
        SELECT DISTINCT c.queue, c.agent FROM conversation c
        WHERE c.status IN ('open', 'pending', 'snoozed') AND (c.contact = :root OR c.contact IN
          (SELECT member FROM contact_link WHERE root = :root AND revoked_at IS NULL))
        """,
        root=root,
    )
    return any(not sight.sees(row["queue"], row["agent"]) for row in rows)


VISIBLE = """
(:all OR c.queue IS NULL OR (CAST(:agent AS BIGINT) IS NOT NULL AND c.agent = :agent)
 OR EXISTS (SELECT 1 FROM queue qv WHERE qv.id = c.queue AND (qv.visible_to = 'everyone'
   OR EXISTS (SELECT 1 FROM queue_agent qa WHERE qa.queue = qv.id AND qa.agent = :agent))))
"""
