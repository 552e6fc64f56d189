"""Addressing an answer: on which channel, to which address of the person, and who else gets it.

Nothing here writes but one thing: an address that the agent typed becomes somebody's.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connectors.contract import Uri
from hub.replies import recipients
from hub.replies.recipients import Recipients
from storage import consents, contacts

if TYPE_CHECKING:
    from hub.channel import Channel
    from hub.channels import Channels
    from storage.db import Row, Tx

MOST_RECIPIENTS = 50
WHY_CLOSED = {
    "opted_out": "this person has opted out of messages here",
    "blocked": "this sender is blocked: unblock them first",
    "not_asked": "nobody has agreed to advertising here",
}


class Refused(Exception):
    """This answer cannot be sent as it is. Message: what to change; ``field`` says where."""

    def __init__(self, field: str, reason: str) -> None:
        super().__init__(f"{field}: {reason}")
        self.field = field
        self.reason = reason


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What an agent wants to send."""

    conversation: int
    text: str
    html: str = ""
    channel: Channel | None = None
    """None: the channel the conversation is on."""
    to: tuple[Uri, ...] = ()
    """Empty: whoever wrote last (and, for mail, everybody they wrote to)."""
    cc: tuple[Uri, ...] | None = None
    files: tuple[int, ...] = ()
    client_key: str
    answers: int | None = None
    """The entry that it answers; None: the last one that a person wrote."""
    seen: int | None = None
    """The newest entry the writer has seen; None: do not check."""
    first: bool = False
    """We write first: the subject is no answer's."""


@dataclass(frozen=True, slots=True)
class Option:
    """One way to answer: a channel and an address of the person."""

    channel: Channel
    identity: int
    uri: Uri
    closed: str = ""
    """Why it cannot be used now: ``opted_out``, ``blocked``."""
    other: bool = False
    """Somebody else than the person that the conversation is about."""


@dataclass(frozen=True, slots=True)
class Envelope:
    """To whom an answer goes."""

    identity: int
    to: list[tuple[str, str]]
    cc: list[tuple[str, str]] = field(default_factory=list)
    answers: Row | None = None
    """The mail that it answers."""


def options(tx: Tx, channels: Channels, conversation: Row) -> list[Option]:
    """Every way to answer, the one they last wrote on first: by whoever wrote last, who may be
    another participant than the person it is about."""
    own = contacts.identities(tx, conversation["contact"])
    found = [
        option
        for identity in own
        for channel in channels
        if (option := _way(tx, channel, identity["id"], identity["uri"])) is not None
    ]
    writer = conversation["identity"]
    channel = channels.by_id(conversation["channel"])
    if channel is not None and all(identity["id"] != writer for identity in own):
        option = _way(tx, channel, writer, contacts.uri(tx, writer), other=True)
        found += [option] if option is not None else []
    last = (conversation["channel"], writer)
    return sorted(found, key=lambda option: (option.channel.id, option.identity) != last)


def _way(
    tx: Tx, channel: Channel, identity: int, uri: Uri, *, other: bool = False
) -> Option | None:
    if not uri.startswith(channel.capabilities.reaches or ("\0",)):
        return None
    return Option(channel, identity, uri, consents.closed(tx, identity, channel.id), other)


def choose(tx: Tx, channels: Channels, row: Row, draft: Draft) -> Option:
    ways = options(tx, channels, row)
    if draft.answers is not None and not draft.to:
        ways = _ways_back(tx, channels, row, draft.answers, ways)
    if draft.channel is not None:
        ways = [way for way in ways if way.channel.id == draft.channel.id]
    if draft.to:
        ways = [way for way in ways if way.uri in draft.to]
        ways = ways or _new_address(tx, channels, row, draft)
    elif draft.answers is None:
        ways = [way for way in ways if way.channel.id == row["channel"]] or ways
    if not ways:
        name = draft.channel.name if draft.channel else "channel"
        raise Refused("channel", f"{name} has no address of this person to write to")
    if ways[0].closed:  # never another address instead, unless the agent says so
        raise Refused("to", WHY_CLOSED[ways[0].closed])
    return ways[0]


def _ways_back(
    tx: Tx, channels: Channels, row: Row, answers: int, ways: list[Option]
) -> list[Option]:
    """How to answer this entry: on its channel, whoever wrote it."""
    entry = recipients.entry_of(tx, answers, row["id"])
    channel = channels.by_id(entry["channel"])
    if channel is None:
        raise Refused("answers", "its channel is not open")
    found = [way for way in ways if (way.channel, way.identity) == (channel, entry["identity"])]
    if not found:
        uri = contacts.uri(tx, entry["identity"])
        other = _way(tx, channel, entry["identity"], uri, other=True)
        found = [] if other is None else [other]
    return found


def _new_address(tx: Tx, channels: Channels, row: Row, draft: Draft) -> list[Option]:
    """Mail may go to somebody new: the conversation's person stays the one that it is about."""
    channel = draft.channel or channels.by_id(row["channel"])
    if channel is None or not channel.capabilities.many_recipients:
        raise Refused("to", "not an address of this person")
    check_reached(channel, "to", draft.to[:1])
    who = contacts.resolve(tx, draft.to[0], "", source="agent", now=row["last_at"])
    way = _way(tx, channel, who.identity, draft.to[0], other=True)
    return [] if way is None else [way]


def check_reached(channel: Channel, field: str, uris: Sequence[Uri]) -> None:
    """Raises Refused where the channel cannot write to one of them."""
    for place, uri in enumerate(uris):
        if not uri.startswith(channel.capabilities.reaches or ("\0",)):
            raise Refused(f"{field}[{place}]", f"{channel.title} cannot write there")


def envelope(tx: Tx, channels: Channels, row: Row, option: Option, draft: Draft) -> Envelope:
    channel = option.channel
    if not channel.capabilities.many_recipients:
        return Envelope(option.identity, [(option.uri, "")])
    check_reached(channel, "to", draft.to)
    check_reached(channel, "cc", draft.cc or ())
    answers = _answered(tx, row, channel, draft)
    found = Recipients()
    if answers is not None:
        found = recipients.of(tx, answers, channel, channels.mailboxes)
    names = {one.uri: one.name for one in (*found.to, *found.cc, *found.left_out)}
    _check_open(tx, channel, "to", draft.to)
    _check_open(tx, channel, "cc", draft.cc or ())
    to = list(draft.to) or [one.uri for one in found.to] or [option.uri]
    given = (one.uri for one in found.cc) if draft.cc is None and not draft.to else draft.cc or ()
    cc = [uri for uri in dict.fromkeys(given) if uri not in to]
    return Envelope(option.identity, _named(to, names), _named(cc, names), answers)


def _answered(tx: Tx, row: Row, channel: Channel, draft: Draft) -> Row | None:
    if draft.answers is not None:
        return recipients.entry_of(tx, draft.answers, row["id"])
    return recipients.answered(tx, row["id"], channel)


def _check_open(tx: Tx, channel: Channel, field: str, uris: Sequence[Uri]) -> None:
    """Raises Refused for somebody who must not be written to."""
    for place, uri in enumerate(uris):
        if why := recipients.closed(tx, uri, channel):
            raise Refused(f"{field}[{place}]", WHY_CLOSED[why])


def _named(uris: Sequence[Uri], names: Mapping[Uri, str]) -> list[tuple[str, str]]:
    return [(uri, names.get(uri, "")) for uri in uris[:MOST_RECIPIENTS]]
