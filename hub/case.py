"""What filing one raw needs, and what became of it: passed through ``filing``, ``placing``, ``message``."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import msgspec

from connectors.contract import Raw, Uri
from storage import ledger_counts, raw_events
from storage.blobs import Blob

if TYPE_CHECKING:
    from hub.channel import Channel
    from hub.desk import Desk
    from storage.db import Tx


@dataclass(frozen=True, slots=True)
class Proof:
    """What a message is asked that holds nothing but a code."""

    hash_of: Callable[[int, str], str]
    """(claim, code) -> its keyed hash."""
    region: str


class Filed(msgspec.Struct, frozen=True):
    """What became of one event."""

    state: ledger_counts.State
    event: int
    entry: int | None = None
    conversation: int | None = None


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """What filing one raw needs beside the store: all made before the transaction."""

    channel: Channel
    desk: Desk
    raw: Raw
    now: int
    mailboxes: Mapping[Uri, int] = msgspec.field(default_factory=dict)
    """Our addresses where mails come in -> the channel's id."""
    proof: Proof | None = None
    """How a code that was sent to a claimed address is told from another one."""
    blob: Blob | None = None
    """Where the body is, if it is too large for a row."""

    def is_ours(self, uri: Uri) -> bool:
        """Whether this is an address of ours, on whichever channel mails come in."""
        return uri in self.mailboxes or self.channel.is_ours(uri)


def ignored(tx: Tx, case: Case, event: int, reason: str) -> Filed:
    raw_events.settle(tx, event, case.channel.id, "ignored", reason=reason)
    return Filed("ignored", event)
