"""One conversation with everything that an answer needs: ways to reach the person, draft, why."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from connectors.fold import clean
from hub import compose
from hub.api.access import seen
from hub.api.moves import RecipientsView, of_conversation
from hub.explained.given import moment
from hub.paging import Id
from routing.explain.persian import in_persian
from storage import conversations, decisions, drafts, events, participants
from storage.views import ChannelRef, ConversationView, when

if TYPE_CHECKING:
    from connectors.contract import Capabilities
    from hub.access.principal import Principal
    from hub.app import Hub
    from storage.db import Row, Tx


class Participant(msgspec.Struct):
    """Somebody who takes part; ``new``: named only by the newest mail."""

    role: str
    uri: str
    name: str
    new: bool


class CapabilitiesView(msgspec.Struct, kw_only=True):
    """What a channel can carry."""

    max_text: int | None
    part_sizes: list[int]
    max_parts: int
    attachments: bool
    max_attachment_bytes: int
    html: bool
    subject: bool
    many_recipients: bool
    receipts: bool
    live: bool


class ReplyOption(msgspec.Struct):
    """One way to answer."""

    channel: ChannelRef
    to: str
    open: bool
    why: str
    """Why it is not open: a code, such as ``opted_out``."""
    capabilities: CapabilitiesView


class DraftView(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What somebody has typed and not sent."""

    text: str = ""
    mode: Literal["reply", "note"] = "reply"
    channel: Id | None = None


class ConversationDetail(ConversationView, kw_only=True):
    """One conversation, to work on."""

    participants: list[Participant]
    channels: list[ReplyOption]
    recipients: RecipientsView | None
    """To whom the next answer goes on the conversation's own channel, where it has recipients."""
    draft: DraftView | None
    seen_seq: int
    """Give it back with a reply: 409 if somebody wrote since."""
    decision: dict[str, Any] | None


def detail(tx: Tx, hub: Hub, id: int, who: Principal) -> ConversationDetail:
    """Inside one read transaction. Raises Problem (404)."""
    found = seen(tx, id, who)
    row = conversations.get(tx, id)
    options = [] if row is None else compose.options(tx, hub.channels, row)
    return ConversationDetail(
        **msgspec.structs.asdict(found),
        participants=_participants(tx, id),
        channels=[_option(option) for option in options],
        recipients=None if row is None else of_conversation(tx, hub, row),
        draft=None if who.user is None else load_draft(tx, who.user, id),
        seen_seq=events.last_seq(tx),
        decision=decision(tx, id),
    )


def _participants(tx: Tx, id: int) -> list[Participant]:
    rows = participants.of(tx, id)
    entries = [row["entry"] for row in rows if row["entry"] is not None]
    newest, oldest = max(entries, default=0), min(entries, default=0)
    return [
        Participant(
            row["role"], row["uri"], row["name"], newest > oldest and row["entry"] == newest
        )
        for row in rows
    ]


def _option(option: compose.Option) -> ReplyOption:
    channel = option.channel
    return ReplyOption(
        ChannelRef(id=channel.id, name=channel.name, kind=channel.kind),
        option.uri,
        not option.closed,
        option.closed,
        capabilities_view(channel.capabilities),
    )


def capabilities_view(has: Capabilities) -> CapabilitiesView:
    """What a channel can carry, as screens need it."""
    return CapabilitiesView(
        max_text=has.max_text,
        part_sizes=list(has.part_sizes),
        max_parts=has.max_parts,
        attachments=has.attachments,
        max_attachment_bytes=has.max_attachment_bytes,
        html=has.html,
        subject=has.subject,
        many_recipients=has.many_recipients,
        receipts=has.receipts,
        live=has.live,
    )


def load_draft(tx: Tx, user: int, conversation: int) -> DraftView | None:
    """What this person has typed there."""
    body = drafts.load(tx, user, conversation)
    return None if body is None else msgspec.json.decode(body, type=DraftView)


def save_draft(tx: Tx, user: int, conversation: int, draft: DraftView, now: int) -> None:
    """Keep it; an empty one is forgotten."""
    if not draft.text.strip():
        drafts.forget(tx, user, conversation)
        return
    draft.text = clean(draft.text)
    drafts.save(tx, user, conversation, msgspec.json.encode(draft).decode(), now)


# ---------------------------------------------------------------- why


def decision(tx: Tx, id: int) -> dict[str, Any] | None:
    """The rules' newest decision on it."""
    row = decisions.latest(tx, id)
    return None if row is None else _decision(row)


def _decision(row: Row) -> dict[str, Any]:
    data: dict[str, Any] = msgspec.json.decode(row["data"])
    return {
        **data,
        "rule": row["rule"],
        "version": row["rule_version"],
        "entry": row["entry"],
        "at": when(row["at"]),
        "fa": _persian(data),
    }


def _persian(data: Mapping[str, Any]) -> dict[str, Any]:
    """What the rules say of themselves, for who reads Persian; a row's own words as they are."""
    notes = [str(one) for one in data.get("notes") or ()]
    reason = str(data.get("reason") or "")
    return {
        "reason": in_persian(reason) or reason,
        "notes": [in_persian(note) or note for note in notes],
    }


def explained(tx: Tx, id: int, who: Principal) -> dict[str, Any]:
    """Every decision, turn, offer and assignment of a conversation. Raises Problem (404)."""
    seen(tx, id, who)
    return {
        "decisions": [_decision(row) for row in decisions.listed(tx, id)],
        "turns": [_turn(tx, row) for row in decisions.turns(tx, id)],
        "assignments": [
            {
                "agent": {"id": row["agent"], "name": row["agent_name"]},
                "how": row["how"],
                "reason": _reasons(row["reason"]),
                "at": when(row["started_at"]),
            }
            for row in decisions.assignments(tx, id)
        ],
    }


def _reasons(kept: str) -> dict[str, Any]:
    """What was weighed, its times as everywhere."""
    found: dict[str, Any] = msgspec.json.decode(kept)
    for one in found.get("top", ()):
        if isinstance(one, dict) and "idle_since" in one:
            one["idle_since"] = moment(one["idle_since"])
    return found


def _turn(tx: Tx, row: Row) -> dict[str, Any]:
    agent = row["agent"]
    return {
        "id": row["id"],
        "queue": {"id": row["queue"], "name": row["queue_name"]},
        "mode": row["mode"],
        "state": row["state"],
        "units": row["units"],
        "agent": None if agent is None else {"id": agent, "name": row["agent_name"]},
        "entered_at": when(row["entered_at"]),
        "assigned_at": when(row["assigned_at"]),
        "ended_at": when(row["ended_at"]),
        "why": _reasons(row["why"]),
        "offers": [
            {
                "agent": {"id": offer["agent"], "name": offer["agent_name"]},
                "state": offer["state"],
                "reason": offer["reason"],
                "made_at": when(offer["made_at"]),
                "settled_at": when(offer["settled_at"]),
            }
            for offer in decisions.offers(tx, row["id"])
        ],
    }
