"""What the week's agents do, as transactions: the same functions as the API calls, on a virtual clock."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.contract import Uri
from hub import actions, compose
from hub.compose import Author, Draft
from storage import (
    agents,
    claims,
    contacts,
    conversations,
    deliveries,
    receipts,
    timeline,
    work_items,
)

if TYPE_CHECKING:
    from hub.channel import Channel
    from hub.channels import Channels
    from hub.desk import Desk
    from storage.db import Row, Tx

UPLOADER = "demo"
"""Who put up the files of answers, until it is known which agent writes."""
_LEASE = 60_000_000
_ALWAYS = 2**53 - 1


@dataclass(frozen=True, slots=True)
class Place:
    """Where an act happens: a person's newest matter on a channel, or the one of a mail."""

    channel: Channel
    uri: Uri
    message_id: str
    """Of the mail that opened it; empty on other channels."""
    now: int
    key: str
    """Client key of what is written."""


@dataclass(frozen=True, slots=True)
class Member:
    """An agent at work."""

    agent: int
    user: int
    name: str
    queues: frozenset[int]

    @property
    def author(self) -> Author:
        return Author(self.agent, self.name, f"agent:{self.agent}", UPLOADER)


Staff = dict[int, Member]


@dataclass(frozen=True, slots=True)
class Answered:
    """What left, and as whom."""

    text: str
    sender: str
    message_id: str


def open_office(tx: Tx, now: int) -> Staff:
    """Everybody is here, all week long."""
    staff: Staff = {}
    for row in agents.everyone(tx):
        agents.set_presence(tx, row["id"], "available", "", lease_until=None, now=now)
        served = agents.queues_of_one(tx, row["id"])
        staff[row["id"]] = Member(row["id"], row["user_id"], row["name"], served)
    return staff


def close_office(tx: Tx, staff: Staff, now: int) -> None:
    """Everybody has gone home: whoever signs in begins by coming."""
    for agent in staff:
        agents.set_presence(tx, agent, "offline", "", lease_until=None, now=now)


def take(tx: Tx, place: Place, staff: Staff) -> None:
    """The turn that waits goes to its owner, to who answered last, or to the longest idle."""
    row = _conversation(tx, place)
    item = None if row is None else work_items.live_of(tx, row["id"])
    if row is None or item is None or item["state"] != "queued":
        return
    chosen, candidates = _choose(tx, row, item, staff)
    if chosen is None:
        return
    owner = row["agent"] == chosen
    why = {
        "how": "owner" if owner else "push",
        "candidates": len(candidates),
        "top": [
            {"agent": one["id"], "cost": 0.0, "terms": {}, "idle_since": one["idle_since"]}
            for one in candidates[:5]
        ],
        "kept_out": {},
        "preferred": item["preferred_agent"] == chosen,
        "cleared": False,
    }
    how = "owner" if owner else "push"
    claims.assign(tx, item["id"], chosen, how=how, overload=True, why=why, now=place.now)


def _choose(tx: Tx, row: Row, item: Row, staff: Staff) -> tuple[int | None, list[Row]]:
    serving = [one for one in agents.everyone(tx) if item["queue"] in staff[one["id"]].queues]
    serving.sort(key=lambda one: (one["used"] + item["units"] > one["capacity"], one["idle_since"]))
    here = {one["id"] for one in serving}
    for wanted in (row["agent"], item["preferred_agent"]):
        if wanted is not None and (wanted in here or wanted == row["agent"]):
            return wanted, serving
    return (serving[0]["id"] if serving else None), serving


def answer(
    tx: Tx,
    place: Place,
    staff: Staff,
    channels: Channels,
    text: Callable[[str], str],
    *,
    files: Sequence[int] = (),
    provider_id: str,
) -> Answered | None:
    """The owner writes, and the provider takes it. None: nobody has it, or they opted out."""
    row = _conversation(tx, place)
    if row is None or (owner := row["agent"] or row["last_agent"]) is None:
        return None
    member = staff[owner]
    written = text(member.name)
    draft = Draft(
        conversation=row["id"],
        text=written,
        channel=place.channel,
        files=tuple(files),
        client_key=place.key,
    )
    try:
        entry = compose.reply(tx, channels, draft, member.author, now=place.now)
    except compose.Refused:
        return None
    _leave(tx, place, provider_id)
    actions.seen(tx, member.user, row["id"], entry, now=place.now)
    stored = timeline.get(tx, entry)
    message_id = "" if stored is None else stored["message_id"] or ""
    return Answered(written, place.channel.options.sender_name or member.name, message_id)


def _leave(tx: Tx, place: Place, provider_id: str) -> None:
    """Hand every part to the provider."""
    channel = place.channel.id
    while True:
        row = deliveries.claim(tx, channel, lease_until=place.now + _LEASE, now=place.now)
        if row is None:
            return
        ids = (provider_id,) if provider_id and row["part"] == 1 else ()
        receipts.sent(tx, row, ids, now=place.now)


def seen_by_visitor(tx: Tx, place: Place) -> None:
    """The visitor's screen shows it all."""
    receipts.seen_by(tx, place.uri, place.channel.id, _ALWAYS, "read", now=place.now)


def note(tx: Tx, place: Place, staff: Staff, text: str) -> None:
    """Words for colleagues."""
    row = _conversation(tx, place)
    if row is not None and row["agent"] is not None:
        author = staff[row["agent"]].author
        actions.note(tx, row["id"], text, author, client_key=place.key, now=place.now)


def move(tx: Tx, place: Place, staff: Staff, desk: Desk, queue: str, text: str) -> None:
    """To another queue, unless it is there."""
    row = _conversation(tx, place)
    to = desk.queue_id(queue)
    if row is None or row["agent"] is None or to is None or row["queue"] == to:
        return
    author = staff[row["agent"]].author
    actions.transfer_to_queue(tx, row["id"], to, author, desk, text=text, now=place.now)


def close(tx: Tx, place: Place, staff: Staff) -> None:
    """The matter is done; somebody has read its last words."""
    row = _conversation(tx, place)
    member = _hand(row, staff)
    if row is None or member is None or row["status"] in conversations.CLOSED:
        return
    actions.resolve(tx, row["id"], member.author, now=place.now)
    last = timeline.last_id(tx, row["id"])
    actions.seen(tx, member.user, row["id"], last, now=place.now)


def snooze(tx: Tx, place: Place, staff: Staff, until: int) -> None:
    """Out of sight until tomorrow."""
    row = _conversation(tx, place)
    member = _hand(row, staff)
    if row is not None and member is not None and row["status"] not in conversations.CLOSED:
        actions.snooze(tx, row["id"], until, member.author, now=place.now)


def spam(tx: Tx, place: Place, staff: Staff) -> None:
    """Nothing to answer; its sender is blocked."""
    row = _conversation(tx, place)
    if row is not None:
        served = [one for one in staff.values() if row["queue"] in one.queues]
        author = (served or list(staff.values()))[0].author
        actions.spam(tx, row["id"], author, now=place.now)


def _hand(row: Row | None, staff: Staff) -> Member | None:
    """Who has it, or had it last."""
    who = None if row is None else row["agent"] or row["last_agent"]
    return None if who is None else staff.get(who)


def _conversation(tx: Tx, place: Place) -> Row | None:
    who = contacts.find(tx, place.uri)
    if who is None:
        return None
    if place.message_id:
        ids = [place.message_id]
        return conversations.by_message_ids(tx, ids, place.channel.id, who.identity, who.contact)
    return conversations.latest(tx, contacts.members(tx, who.root), place.channel.id)
