"""A small desk in the tables, written row by row: two queues (one for members), two agents."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from storage import events
from storage.db import Database, Tx

MINUTE = 60_000_000


@dataclass(slots=True)
class Desk:
    """The store and the ids of what is in it."""

    db: Database
    channel: int = 0
    queues: dict[str, int] = field(default_factory=dict)
    agents: dict[str, int] = field(default_factory=dict)

    @classmethod
    async def made(cls, db: Database) -> Desk:
        desk = cls(db)
        await db.write(desk._make)
        return desk

    def _make(self, tx: Tx) -> None:
        self.channel = tx.value(
            "INSERT INTO channel (name, kind, created_at) VALUES ('chat', 'webchat', 0) RETURNING id"
        )
        for name, visible in (("sales", "everyone"), ("secret", "members")):
            self.queues[name] = tx.value(
                "INSERT INTO queue (name, visible_to, created_at) VALUES (:n, :v, 0) RETURNING id",
                n=name,
                v=visible,
            )
        for name, served in (("Ann", ("sales", "secret")), ("Bo", ("sales",))):
            user = tx.value(
                """
                INSERT INTO user_account (email, name, role, created_at)
                VALUES (:email, :name, 'agent', 0) RETURNING id
                """,
                email=f"{name}@acme.example",
                name=name,
            )
            self.agents[name] = tx.value(
                "INSERT INTO agent (user_id, created_at) VALUES (:u, 0) RETURNING id", u=user
            )
            for queue in served:
                tx.run(
                    "INSERT INTO queue_agent (queue, agent) VALUES (:q, :a)",
                    q=self.queues[queue],
                    a=self.agents[name],
                )

    async def turn(
        self,
        queue: str,
        *,
        at: int,
        state: str,
        agent: str | None = None,
        ended: int | None = None,
        answered: int | None = None,
        assigned: int | None = None,
    ) -> int:
        """A work item that began at ``at``; ``ended`` and the others count from there."""
        given: dict[str, Any] = {
            "queue": self.queues[queue],
            "state": state,
            "agent": None if agent is None else self.agents[agent],
            "at": at,
            "ended": None if ended is None else at + ended,
            "answered": None if answered is None else at + answered,
            "assigned": None if assigned is None else at + assigned,
        }
        found: int = await self.db.write(self._turn, given)
        return found

    def _turn(self, tx: Tx, given: dict[str, Any]) -> int:
        conversation = self.conversation(tx, given["queue"], given["at"])
        id = tx.value(
            """
            INSERT INTO work_item (conversation, channel, queue, mode, state, order_key, units,
              agent, rule_version, entered_at, queued_at, ended_at, answered_at, assigned_at)
            VALUES (:conversation, :channel, :queue, 'push', :state, :at, 30, :agent, 1, :at, :at,
              :ended, :answered, :assigned) RETURNING id
            """,
            conversation=conversation,
            channel=self.channel,
            **given,
        )
        events.append(tx, "item.changed", id, queue=given["queue"], now=given["at"])
        return int(id)

    def conversation(self, tx: Tx, queue: int, at: int) -> int:
        """A conversation with a person of its own."""
        number = (tx.value("SELECT MAX(id) FROM conversation") or 0) + 1
        contact = tx.value(
            "INSERT INTO contact (name, folded, created_at) VALUES ('C', 'c', 0) RETURNING id"
        )
        identity = tx.value(
            """
            INSERT INTO identity (uri, contact, source, created_at)
            VALUES (:uri, :contact, 'channel:chat', 0) RETURNING id
            """,
            uri=f"webchat:chat/{number}",
            contact=contact,
        )
        found: int = tx.value(
            """
            INSERT INTO conversation (contact, identity, channel, status, queue, code, last_at,
              created_at)
            VALUES (:contact, :identity, :channel, 'open', :queue, :code, :at, :at) RETURNING id
            """,
            contact=contact,
            identity=identity,
            channel=self.channel,
            queue=queue,
            code=f"{number:08}",
            at=at,
        )
        return found
