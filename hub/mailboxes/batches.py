"""What became of a batch that a source fetched, written with its cursor: which mails are answered for."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from connectors.contract import Cursor, Mailbox, Raw
from storage import channels, mailboxes

if TYPE_CHECKING:
    from connectors.contract import FolderPlace
    from hub.case import Filed
    from hub.channel import Channel
    from storage.db import Tx
    from storage.mailboxes import What


@dataclass(slots=True)
class Settled:
    """The mails of one folder that a batch brought."""

    place: FolderPlace
    uids: list[int] = field(default_factory=list)
    counts: Counter[What] = field(default_factory=Counter)


def batch_of(
    channel: Channel, raws: Sequence[Raw], filed: Sequence[Sequence[Filed]], cursor: Cursor
) -> list[Settled]:
    """What is to be remembered of a batch, by folder; nothing of what has no numbers."""
    connector = channel.connector
    if not raws or not isinstance(connector, Mailbox):
        return []
    return settled(connector, raws, filed, connector.places(cursor))


def settled(
    connector: Mailbox,
    raws: Sequence[Raw],
    filed: Sequence[Sequence[Filed]],
    places: Sequence[FolderPlace],
) -> list[Settled]:
    """The same where it is known how the folders are numbered."""
    found = {place.folder: Settled(place) for place in places}
    for raw, events in zip(raws, filed, strict=True):
        located = connector.located(raw)
        batch = None if located is None else found.get(located[0])
        if located is None or batch is None:
            continue
        batch.uids.append(located[1])
        batch.counts.update(what(connector, raw, one) for one in events)
    return [one for one in found.values() if one.uids]


def what(connector: Mailbox, raw: Raw, filed: Filed) -> What:
    """Under which heading a mail is counted."""
    match filed.state:
        case "stored":
            kind = connector.filing(raw)
            return "own" if kind == "own" else "history" if kind == "history" else "stored"
        case "duplicate":
            return "known"
        case "failed":
            return "failed"
        case _:
            return "ignored"


def settle(tx: Tx, channel: int, cursor: Cursor, batch: Sequence[Settled], *, now: int) -> None:
    """The batch is filed: remember which mails it was, and where the source goes on."""
    record(tx, channel, batch, now=now)
    channels.set_cursor(tx, channel, cursor)


def record(tx: Tx, channel: int, batch: Sequence[Settled], *, now: int) -> None:
    """Remember which mails were filed."""
    for one in batch:
        place = one.place
        mailbox = mailboxes.of_folder(
            tx, channel, place.folder, place.epoch, place.validity, now=now
        )
        mailboxes.settled(tx, mailbox, one.uids, one.counts)
