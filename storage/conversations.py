"""Conversations: one matter with one contact, and who takes part in it.

``open``: we owe an answer. ``pending``: the customer does. ``waiting_since`` is the first customer
message that no person has answered.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from connectors.fold import clean
from storage import events, last_moved, search, tracking_code, words
from storage.later import Table, Unique
from storage.timeline import SUBJECT_CAP

if TYPE_CHECKING:
    from storage.db import Row, Tx

_STANDING = """c.status, c.queue, c.id, c.waiting_since, c.agent, c.priority, c.identity, c.channel,
c.last_agent, c.last_at, c.tags, c.contact, c.resolved_at"""
"""What filing looks at, most of all at the first: rows of SQLite seek a name from the left, and
each column costs a microsecond."""
_COLUMNS = f"{_STANDING}, c.moved_to, c.subject, c.snoozed_until, c.follows, c.code, c.created_at"
CLOSED = ("resolved", "spam")


class ConversationRow(msgspec.Struct, frozen=True, gc=False):
    """What a row of ``conversation`` begins with; nobody owns it, nobody has answered."""

    contact: int
    identity: int
    channel: int
    status: str
    subject: str
    queue: int | None
    priority: int
    tags: str
    waiting_since: int | None
    follows: int | None
    code: str
    last_at: int
    resolved_at: int | None
    created_at: int


CONVERSATIONS: Final = Table(
    "conversation",
    ConversationRow,
    unique=(Unique(("code",), "SELECT 1 FROM conversation WHERE code = :code"),),
    rank=0,
)


class Found(msgspec.Struct, frozen=True):
    """Where a message belongs, and why."""

    row: Row | None
    evidence: str
    follows: int | None = None
    by: int | None = None
    """The entry whose Message-ID it names."""
    suggests: Row | None = None
    """Another person's matter, whose tracking code it names."""


def get(tx: Tx, id: int) -> Row | None:
    """One conversation."""
    return tx.one(f"SELECT {_COLUMNS} FROM conversation c WHERE c.id = :id", id=id)


def by_code(tx: Tx, code: str) -> Row | None:
    """The conversation with this tracking code."""
    return tx.one(f"SELECT {_COLUMNS} FROM conversation c WHERE c.code = :code", code=code)


def latest(tx: Tx, members: Sequence[int], channel: int) -> Row | None:
    """A person's newest conversation on a channel: what filing and rules look at."""
    rows = [
        row
        for contact in members
        if (row := tx.one(_LATEST, contact=contact, channel=channel)) is not None
    ]
    return max(rows, key=lambda row: int(row["id"]), default=None)


_LATEST = f"""
SELECT {_STANDING} FROM conversation c
WHERE c.contact = :contact AND c.channel = :channel AND c.status <> 'moved'
ORDER BY c.id DESC LIMIT 1
"""


def by_message_ids(
    tx: Tx, ids: Iterable[str], channel: int, identity: int, contact: int
) -> Row | None:
    """The conversation that one of these mails belongs to, with ``by_entry``: on this mailbox (or a
    copy of it came there), and with this participant."""
    for message_id in ids:
        row = tx.one(
            f"""
            SELECT {_COLUMNS}, t.id AS by_entry
            FROM timeline_entry t JOIN conversation c ON c.id = t.conversation
            WHERE t.message_id = :message_id
              AND (t.channel = :channel OR EXISTS
                (SELECT 1 FROM raw_event e WHERE e.channel = :channel AND e.kind = 'message'
                 AND e.provider_id = t.provider_id AND e.duplicate_of IS NULL))
              AND (c.contact = :contact OR EXISTS
                (SELECT 1 FROM participant p
                 WHERE p.conversation = c.id AND p.identity = :identity))
            ORDER BY t.id DESC LIMIT 1
            """,
            contact=contact,
            message_id=clean(message_id, SUBJECT_CAP),
            channel=channel,
            identity=identity,
        )
        if row is not None:
            return row
    return None


def owned(tx: Tx, agent: int) -> list[Row]:
    """Everything that an agent owns."""
    return tx.all(
        f"SELECT {_COLUMNS} FROM conversation c WHERE c.agent = :agent ORDER BY c.id", agent=agent
    )


def last_agent(tx: Tx, members: Sequence[int]) -> tuple[int | None, int | None]:
    """Who answered this person last, in whichever matter, and when that matter last moved (µs)."""
    rows = [
        row
        for contact in members
        if (
            row := tx.one_written(  # one that has just been opened has no answer
                """
                SELECT last_agent, last_at, id FROM conversation
                WHERE contact = :c AND last_agent IS NOT NULL
                ORDER BY last_at DESC, id DESC LIMIT 1
                """,
                c=contact,
            )
        )
    ]
    last = max(rows, key=lambda row: (row["last_at"], row["id"]), default=None)
    return (None, None) if last is None else (int(last["last_agent"]), int(last["last_at"]))


def remembered_in(tx: Tx, id: int, *, at: int) -> None:
    """Something of that time was filed in it that changes nothing; a matter that was history stays
    closed, at its last mail."""
    tx.run(
        """
        UPDATE conversation SET last_at = CASE WHEN last_at < :at THEN :at ELSE last_at END,
          resolved_at = CASE WHEN status = 'resolved' AND resolved_at < :at THEN :at
            ELSE resolved_at END
        WHERE id = :id
        """,
        at=at,
        id=id,
    )


def open_count(tx: Tx, members: Sequence[int]) -> int:
    """How many matters with this person are not closed."""
    return sum(
        tx.value(
            """
            SELECT COUNT(*) FROM conversation
            WHERE contact = :c AND status IN ('open', 'pending', 'snoozed')
            """,
            c=contact,
        )
        for contact in members
    )


def create(
    tx: Tx,
    *,
    contact: int,
    identity: int,
    channel: int,
    status: str,
    subject: str,
    queue: int | None,
    priority: int,
    waiting_since: int | None,
    follows: int | None,
    tags: Sequence[str] = (),
    code: str = "",
    resolved_at: int | None = None,
    now: int,
) -> int:
    """Open a new matter; its id. ``code``: its tracking code, else one is drawn till one is free."""
    while True:
        row = ConversationRow(
            contact=contact,
            identity=identity,
            channel=channel,
            status=status,
            subject=clean(subject, SUBJECT_CAP),
            queue=queue,
            priority=priority,
            tags=msgspec.json.encode(tags).decode(),
            waiting_since=waiting_since,
            follows=follows,
            code=code or tracking_code.new(),
            last_at=now,
            resolved_at=resolved_at,
            created_at=now,
        )
        found = tx.insert_new_later(CONVERSATIONS, row)
        if found is not None:
            if subject:
                search.add(tx, words.of_subject(subject), found)
            return found
        code = ""


def goes_on(
    tx: Tx,
    row: Row,
    *,
    identity: int,
    channel: int,
    queue: int | None,
    priority: int,
    waiting_since: int | None,
    now: int,
) -> None:
    """A customer's message came in: the matter is open, and what else it is now."""
    was = (row["status"], row["identity"], row["channel"], row["queue"], row["priority"])
    same = was == ("open", identity, channel, queue, priority) and row["waiting_since"]
    if same and tx.engine == "sqlite":
        # The most common, and no index or reference is looked at. Elsewhere another process may
        # have closed it since it was read.
        last_moved.note(tx, row["id"], now=now)
        return
    tx.run(
        """
        UPDATE conversation SET identity = :identity, channel = :channel, status = 'open',
          queue = :queue,
          priority = :priority, waiting_since = :waiting_since, last_at = :now,
          snoozed_until = NULL, resolved_at = NULL
        WHERE id = :id
        """,
        identity=identity,
        channel=channel,
        queue=queue,
        priority=priority,
        waiting_since=waiting_since,
        now=now,
        id=row["id"],
    )


def goes_on_at(tx: Tx, id: int, *, identity: int, channel: int) -> None:
    """Where its last message came from, or went: where the next answer goes."""
    tx.run(
        "UPDATE conversation SET identity = :identity, channel = :channel WHERE id = :id",
        identity=identity,
        channel=channel,
        id=id,
    )


def add_tags(tx: Tx, row: Row, tags: Sequence[str]) -> None:
    """Tags that a message brought: those that the conversation has not yet are added."""
    known: list[str] = msgspec.json.decode(row["tags"])
    new = [tag for tag in tags if tag not in known]
    if new:
        tx.run(
            "UPDATE conversation SET tags = :tags WHERE id = :id",
            tags=msgspec.json.encode([*known, *new]).decode(),
            id=row["id"],
        )


def answered(tx: Tx, id: int, *, agent: int | None, channel: int, identity: int, now: int) -> None:
    """A person answered: the customer owes. Whoever owned it keeps it; else it is the answerer's."""
    tx.run(
        """
        UPDATE conversation SET status = 'pending', waiting_since = NULL, snoozed_until = NULL,
          resolved_at = NULL, agent = COALESCE(agent, CAST(:agent AS BIGINT)),
          last_agent = COALESCE(CAST(:agent AS BIGINT), last_agent),
          channel = :channel, identity = :identity, last_at = :now
        WHERE id = :id
        """,
        agent=agent,
        channel=channel,
        identity=identity,
        now=now,
        id=id,
    )


def set_status(tx: Tx, id: int, status: str, *, snoozed_until: int | None = None, now: int) -> None:
    """Resolve, reopen, snooze or call it spam. A closed matter has no owner and nobody waits."""
    closed = status in CLOSED
    tx.run(
        """
        UPDATE conversation SET status = :status, snoozed_until = :snoozed_until,
          resolved_at = CASE WHEN :closed THEN :now END,
          waiting_since = CASE WHEN :closed THEN NULL ELSE waiting_since END,
          last_agent = COALESCE(agent, last_agent),
          agent = CASE WHEN :closed THEN NULL ELSE agent END
        WHERE id = :id
        """,
        status=status,
        snoozed_until=snoozed_until,
        closed=closed,
        now=now,
        id=id,
    )
    changed(tx, id, now=now)


def hand_over(tx: Tx, id: int, *, queue: int | None, agent: int | None, now: int) -> None:
    """Another queue, another owner, or none."""
    tx.run(
        """
        UPDATE conversation SET queue = COALESCE(CAST(:queue AS BIGINT), queue), agent = :agent,
          last_agent = COALESCE(CAST(:agent AS BIGINT), agent, last_agent) WHERE id = :id
        """,
        queue=queue,
        agent=agent,
        id=id,
    )
    changed(tx, id, now=now)


def set_priority(tx: Tx, id: int, seconds: int, *, now: int) -> None:
    """Its head start, for this turn and those to come."""
    tx.run("UPDATE conversation SET priority = :s WHERE id = :id", s=seconds, id=id)
    changed(tx, id, now=now)


def changed(tx: Tx, id: int, *, now: int) -> None:
    """Say that a conversation is not what it was."""
    row = tx.one("SELECT contact, queue, agent FROM conversation WHERE id = :id", id=id)
    if row is not None:
        events.append(
            tx,
            "conversation.changed",
            id,
            conversation=id,
            contact=row["contact"],
            queue=row["queue"],
            agent=row["agent"],
            now=now,
        )
