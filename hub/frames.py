"""From events to frames: each group of events is read once and filled in once, for all sockets.

A frame shows how its subject is now, so several events of one subject become one frame. Who may
see it is in the frame: the queue and owner of its conversation, or the one agent it is for.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import msgspec

from storage import sla_deadlines, state_log, views
from storage.views import EntryView, Sight

if TYPE_CHECKING:
    from storage.db import Named, Tx

_encode = msgspec.json.encode
Show = Callable[[EntryView], EntryView]


@dataclass(frozen=True, slots=True)
class Frame:
    """One event, encoded, and for whom it is."""

    seq: int
    kind: str
    subject: int
    body: bytes
    conversation: int | None = None
    queue: int | None = None
    owner: int | None = None
    only: int | None = None
    """The only agent who gets it (offers)."""
    places: frozenset[tuple[int | None, int | None]] | None = None
    """(queue, owner) of every matter of a person: whoever sees none of them does not see the person.
    None: it is about no person."""
    inner: frozenset[tuple[int | None, int | None]] = frozenset()
    """(queue, owner) of the hidden matters of which something is in ``whole``."""
    whole: bytes = b""
    """Instead of ``body``, for whoever sees all of ``inner``."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A batch, ready to be handed out."""

    frames: list[Frame]
    entries: list[tuple[int, EntryView]]
    """(seq, entry) of what is new: what customers' sockets show, so nothing that is withheld."""
    sights_changed: bool = False
    """Who may see what may have changed."""


def fill(
    tx: Tx, events: Sequence[Named], show: Show, counted: Collection[int] = (), seq: int = 0
) -> Filled:
    """Frames for a batch of events, in the order of each subject's last event.

    ``show`` puts the links to its files on an entry. ``counted``: queues whose count is looked at
    too, as of ``seq``.
    """
    happened = [(_key(event), event["seq"]) for event in events]
    last: dict[tuple[str, int, int | None], int] = {}
    for key, at in [*happened, *((("queue.changed", queue, None), seq) for queue in counted)]:
        last.pop(key, None)
        last[key] = at
    filler = _Filler(tx, show)
    frames = [
        frame
        for (kind, subject, place), seq in last.items()
        if (frame := filler.frame(kind, subject, seq, place))
    ]
    changed = any(event["kind"] in ("queue.changed", "agent.changed") for event in events)
    return Filled(frames, filler.entries, changed)


def _key(event: Named) -> tuple[str, int, int | None]:
    """What a frame is about, and for an entry that went elsewhere, where it was."""
    place = event["conversation"] if event["kind"] == "entry.left" else None
    return event["kind"], event["subject"], place


def changed_counts(events: Sequence[Named]) -> set[int]:
    """The queues in which another number may wait now. An item shows in its queue's count alone;
    its conversation has an event of its own (one event, one frame: a socket that breaks off between
    two frames misses nothing)."""
    changed = {event["queue"] for event in events if event["kind"] == "item.changed"}
    return changed - {None}


class _Filler:
    def __init__(self, tx: Tx, show: Show) -> None:
        self._tx = tx
        self._show = show
        self._conversations: dict[int, views.ConversationView | None] = {}
        self.entries: list[tuple[int, EntryView]] = []

    def frame(self, kind: str, subject: int, seq: int, place: int | None) -> Frame | None:
        if kind == "entry.left":
            return self._entry_left(kind, subject, seq, place)
        make = getattr(self, "_" + kind.replace(".", "_"), None)
        found: Frame | None = make(kind, subject, seq) if make is not None else None
        return found

    def _conversation(self, id: int | None) -> views.ConversationView | None:
        if id is None:
            return None
        if id not in self._conversations:
            self._conversations[id] = views.conversation(self._tx, id)
        return self._conversations[id]

    def _entry_added(self, kind: str, subject: int, seq: int) -> Frame | None:
        entry = views.entry(self._tx, subject)
        if entry is None:
            return None
        if entry.direction != "out" or not views.withheld(self._tx, entry.id):
            self.entries.append((seq, entry))
        conversation = self._conversation(entry.conversation)
        data = {"entry": self._show(entry), "conversation": conversation}
        return _frame(seq, kind, subject, data, conversation)

    def _entry_changed(self, kind: str, subject: int, seq: int) -> Frame | None:
        entry = views.entry(self._tx, subject)
        if entry is None:
            return None
        return _frame(
            seq, kind, subject, {"entry": self._show(entry)}, self._conversation(entry.conversation)
        )

    def _entry_left(self, kind: str, subject: int, seq: int, place: int | None) -> Frame | None:
        """An entry is no longer in that conversation, for those who saw it there: not where it is."""
        conversation = self._conversation(place)
        return _frame(seq, kind, subject, {"left": place}, conversation)

    def _entry_moved(self, kind: str, subject: int, seq: int) -> Frame | None:
        """An entry came from another conversation; not new to customers."""
        entry = views.entry(self._tx, subject)
        if entry is None:
            return None
        conversation = self._conversation(entry.conversation)
        data = {"entry": self._show(entry), "conversation": conversation}
        return _frame(seq, kind, subject, data, conversation)

    def _conversation_changed(self, kind: str, subject: int, seq: int) -> Frame | None:
        conversation = self._conversation(subject)
        if conversation is None:
            return None
        found = _frame(seq, kind, subject, {"conversation": conversation}, conversation)
        if conversation.status != "moved":
            return found
        gone = {"type": "removed", "seq": seq, "subject": subject}
        return replace(found, body=_encode(gone))

    def _offer_made(self, kind: str, subject: int, seq: int) -> Frame | None:
        offer = views.offer(self._tx, subject)
        if offer is None:
            return None
        return _frame(seq, kind, subject, {"offer": offer}, only=offer.agent)

    _offer_ended = _offer_made
    _offer_changed = _offer_made

    def _agent_changed(self, kind: str, subject: int, seq: int) -> Frame | None:
        found = views.agents(self._tx, subject)
        return _frame(seq, kind, subject, {"agent": found[0] if found else None})

    def _agent_forced(self, kind: str, subject: int, seq: int) -> Frame | None:
        """A supervisor has set where an agent stands: for that agent alone."""
        row = state_log.latest(self._tx, subject)
        if row is None:
            return None
        said = {name: row[name] for name in ("presence", "reason")}
        by = row["by_name"] or row["actor"]
        return _frame(seq, kind, subject, {**said, "by": by}, only=subject)

    def _queue_changed(self, kind: str, subject: int, seq: int) -> Frame | None:
        found = views.queues(self._tx, subject)
        return _frame(seq, kind, subject, {"queue": found[0] if found else None}, queue=subject)

    def _contact_changed(self, kind: str, subject: int, seq: int) -> Frame | None:
        outside = self._outside
        contact = views.contact(self._tx, subject, outside)
        found = _frame(seq, kind, subject, {"contact": contact})
        if contact is None or not outside.hidden:
            return found
        said = views.said_in(self._tx, contact.id)
        inner = frozenset(place for place in said if not outside.sees(*place))
        found = replace(found, places=views.places(self._tx, contact.id), inner=inner)
        if not inner:
            return found
        everything = views.contact(self._tx, subject, Sight(all=True))
        return replace(found, whole=_frame(seq, kind, subject, {"contact": everything}).body)

    @cached_property
    def _outside(self) -> Sight:
        """What somebody sees who is in no queue."""
        return views.sight(self._tx, None, everything=False)

    def _sla_warned(self, kind: str, subject: int, seq: int) -> Frame | None:
        """A promise is nearly or no longer kept: for whom, ``notify`` says (agent, supervisors)."""
        row = sla_deadlines.get(self._tx, subject)
        conversation = None if row is None else self._conversation(row["conversation"])
        if row is None or conversation is None:
            return None
        act = msgspec.json.decode(row["acts"]).get("warn" if kind == "sla.warned" else "breach", {})
        data = {
            "conversation": row["conversation"],
            "kind": row["kind"],
            "policy": row["policy"],
            "due_at": views.when(row["due_at"]),
            "notify": act.get("notify", []),
        }
        return _frame(seq, kind, subject, data, conversation)

    _sla_breached = _sla_warned

    def _channel_changed(self, kind: str, subject: int, seq: int) -> Frame | None:
        found = views.channels(self._tx, subject)
        return _frame(seq, kind, subject, {"channel": found[0] if found else None})


def _frame(
    seq: int,
    kind: str,
    subject: int,
    data: dict[str, Any],
    conversation: views.ConversationView | None = None,
    *,
    queue: int | None = None,
    only: int | None = None,
) -> Frame:
    body = _encode({"type": "event", "seq": seq, "kind": kind, "subject": subject, "data": data})
    if conversation is None:
        return Frame(seq, kind, subject, body, None, queue, None, only)
    owner = conversation.agent.id if conversation.agent else None
    in_queue = conversation.queue.id if conversation.queue else None
    return Frame(seq, kind, subject, body, conversation.id, in_queue, owner, only)
