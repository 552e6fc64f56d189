"""To whom an answer goes: by default to everybody of the mail that it answers (RFC 5322 3.6.3).

To its writer, or where its Reply-To asks for; in copy to whom else it was written, never to us.
Who got it as a blind copy is not given away, and neither are we: where none of our addresses stands
in the mail, only its sender is answered. Who was not named in the conversation before is marked.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

import msgspec

from connectors.contract import Uri
from storage import consents, contacts, conversations, participants, timeline

if TYPE_CHECKING:
    from hub.channel import Channel
    from storage.db import Row, Tx

MOST: Final = 50
LOOK_BACK: Final = 20
Why = Literal["", "reply_to", "sender", "blind", "forwarder", "opted_out", "blocked"]


@dataclass(frozen=True, slots=True)
class Recipient:
    """Somebody an answer goes to, or could."""

    uri: Uri
    name: str
    new: bool = False
    """Nobody named them in this conversation before the mail that is answered, and it is not the
    person that it is about, by any of their addresses."""
    why: Why = ""
    """``reply_to``: answers are wanted there; ``sender``: From, where answers are wanted elsewhere;
    ``blind``: we had it as a blind copy; ``forwarder``: a colleague handed it on; ``opted_out``,
    ``blocked``: nothing may be sent there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipients:
    """Of one answer."""

    answers: int | None = None
    """The entry that it answers."""
    to: list[Recipient] = field(default_factory=list)
    cc: list[Recipient] = field(default_factory=list)
    left_out: list[Recipient] = field(default_factory=list)
    """Who belongs to the mail and is not written to unless the agent says so."""

    def has(self, uri: str) -> bool:
        """Whether it goes to this address."""
        return any(one.uri == uri for one in (*self.to, *self.cc))


def answered(tx: Tx, conversation: int, channel: Channel) -> Row | None:
    """The mail that an answer answers: the last one that a person wrote on that channel; after an
    answer of ours to its writer another one goes to the same people. Where nobody wrote to us yet,
    ours to the person it is about."""
    rows = tx.all(
        """
        SELECT * FROM timeline_entry WHERE conversation = :c AND channel = :channel
          AND kind = 'message' AND actor <> 'hub' AND identity IS NOT NULL
        ORDER BY id DESC LIMIT :most
        """,
        c=conversation,
        channel=channel.id,
        most=LOOK_BACK,
    )
    found = [(row, msgspec.json.decode(row["data"])) for row in rows]
    by_people = [(row, data) for row, data in found if not _of_a_machine(data)]
    came = next((one for one in by_people if one[0]["direction"] == "in"), None)
    if not by_people:
        return rows[0] if rows else None
    if came is None:
        return next((row for row, _ in by_people if _is_about(tx, row)), by_people[0][0])
    last, data = by_people[0]
    if last["direction"] == "in" or _goes_to(tx, data, *came):
        return last
    return came[0]


def _is_about(tx: Tx, entry: Row) -> bool:
    """Whether it went to the person on whose timeline it stands, not to a third party."""
    return any(one["id"] == entry["identity"] for one in contacts.identities(tx, entry["contact"]))


def _of_a_machine(data: dict[str, Any]) -> bool:
    return "auto" in data or "bounce" in data


def _goes_to(tx: Tx, answer: dict[str, Any], mail: Row, data: dict[str, Any]) -> bool:
    """Whether an answer of ours went to the writer of that mail, and not to somebody else alone."""
    wanted = {contacts.uri(tx, mail["identity"]), *(uri for uri, _ in data.get("reply_to", ()))}
    went = (uri for role in ("to", "cc") for uri, _ in answer.get(role, ()))
    return not wanted.isdisjoint(went)


def of(tx: Tx, entry: Row, channel: Channel, ours: Collection[Uri]) -> Recipients:
    """To whom an answer to this entry goes. ``ours``: all addresses where mails come to us."""
    data: dict[str, Any] = msgspec.json.decode(entry["data"])
    left_out = {*ours, *channel.ours, *data.get("reached", ())}
    book = _Book(tx, entry, channel)
    to_and_cc = [(uri, name) for uri, name in (*data.get("to", ()), *data.get("cc", ()))]
    if entry["direction"] == "out":
        to = [book.entry(uri, name) for uri, name in data.get("to", ())]
        cc = [book.entry(uri, name) for uri, name in data.get("cc", ())]
        return book.cleaned(Recipients(answers=entry["id"], to=to, cc=cc), left_out)
    writer = contacts.uri(tx, entry["identity"])
    to, beside = _to(book, writer, data, {uri for uri, _ in to_and_cc})
    others = [(uri, name) for uri, name in to_and_cc if uri not in left_out and uri != writer]
    if to_and_cc and not any(uri in left_out for uri, _ in to_and_cc):
        blind = [book.entry(uri, name, "blind") for uri, name in others]
        return book.cleaned(
            Recipients(answers=entry["id"], to=to, left_out=[*beside, *blind]), set()
        )
    if by := data.get("forwarded"):
        beside.append(book.entry(by["by"], by.get("name", ""), "forwarder"))
    cc = [book.entry(uri, name) for uri, name in others]
    return book.cleaned(Recipients(answers=entry["id"], to=to, cc=cc, left_out=beside), left_out)


def _to(
    book: _Book, writer: Uri, data: dict[str, Any], named: set[str]
) -> tuple[list[Recipient], list[Recipient]]:
    """(To, who stands beside it): the Reply-To where there is one, but for a list's: where answers
    are wanted where the mail went anyway, its writer is answered and the list has its copy."""
    wanted = [(uri, name) for uri, name in data.get("reply_to", ())]
    if not wanted or all(uri in named for uri, _ in wanted):
        return [book.entry(writer, "")], []
    to = [book.entry(uri, name, "reply_to" if uri != writer else "") for uri, name in wanted]
    beside = [] if any(uri == writer for uri, _ in wanted) else [book.entry(writer, "", "sender")]
    return to, beside


class _Book:
    """What is known of those whom a conversation names."""

    def __init__(self, tx: Tx, entry: Row, channel: Channel) -> None:
        self._tx = tx
        self._channel = channel
        rows = participants.of(tx, entry["conversation"])
        self._names = {row["uri"]: row["name"] for row in rows if row["name"]}
        self._first: dict[str, int] = {}
        for row in rows:
            seen = row["entry"] or 0
            self._first[row["uri"]] = min(seen, self._first.get(row["uri"], seen))
        matter = conversations.get(tx, entry["conversation"])
        own = [] if matter is None else contacts.identities(tx, matter["contact"])
        self._own = {one["uri"] for one in own}
        begun = participants.began(tx, entry["conversation"])
        self._since = entry["id"] if entry["direction"] == "in" and begun < entry["id"] else None

    def entry(self, uri: str, name: str, why: Why = "") -> Recipient:
        """Somebody, with the name that is known of them."""
        seen = uri in self._own or self._first.get(uri) != self._since
        new = self._since is not None and not seen
        return Recipient(Uri(uri), name or self._names.get(uri, ""), new, why)

    def cleaned(self, found: Recipients, left_out: set[Uri]) -> Recipients:
        """Each address once, none of ours, whoever has opted out apart."""
        seen: set[str] = set(left_out)
        beside: list[Recipient] = []
        to, cc = (self._once(part, seen, beside) for part in (found.to, found.cc))
        kept = [one for one in found.left_out if one.uri not in seen]
        return Recipients(answers=found.answers, to=to, cc=cc, left_out=[*kept, *beside])

    def _once(
        self, given: list[Recipient], seen: set[str], beside: list[Recipient]
    ) -> list[Recipient]:
        kept = []
        for one in given:
            if one.uri in seen:
                continue
            seen.add(one.uri)
            if why := closed(self._tx, one.uri, self._channel):
                beside.append(Recipient(one.uri, one.name, one.new, why))
            else:
                kept.append(one)
        return kept[:MOST]


def closed(tx: Tx, uri: str, channel: Channel) -> Literal["", "opted_out", "blocked"]:
    """Why nothing may be sent there on this channel; empty if it may."""
    who = contacts.find(tx, Uri(uri))
    why = "" if who is None else consents.closed(tx, who.identity, channel.id, "reply")
    return "" if why == "not_asked" else why


def join(
    tx: Tx,
    conversation: int,
    entry: int,
    written_to: Collection[tuple[str, tuple[str, str]]],
    *,
    now: int,
) -> None:
    """Whom we write to takes part: their answers come back here. ``written_to``: (role, (address,
    name))."""
    for role, (uri, name) in written_to:
        who = contacts.resolve(tx, Uri(uri), name, source="agent", now=now)
        participants.join(tx, conversation, who.identity, role, entry, now=now)


def entry_of(tx: Tx, id: int, conversation: int) -> Row:
    """The entry that an agent wants to answer. Raises LookupError."""
    row = timeline.get(tx, id)
    if row is None or row["conversation"] != conversation or row["kind"] != "message":
        raise LookupError("answers: is not a message of this conversation")
    if row["channel"] is None or row["identity"] is None or row["actor"] == "hub":
        raise LookupError("answers: nobody wrote it")
    return row
