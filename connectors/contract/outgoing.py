"""What leaves by a connector, and what a channel can do."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from connectors.contract.incoming import FailedRecipient, Party, Uri


@dataclass(frozen=True, slots=True)
class OutFile:
    """A file to send; ``open`` streams it from the blob store."""

    name: str
    type: str
    size: int
    content: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Outbound:
    """One part on its way: what ``send`` gets. One delivery row each."""

    delivery_id: int
    to: tuple[Party, ...]
    cc: tuple[Party, ...] = ()
    subject: str = ""
    text: str = ""
    html: str = ""
    files: tuple[OutFile, ...] = ()
    message_id: str = ""
    """Made before the first try and stable over retries; without angle brackets."""
    in_reply_to: str = ""
    references: tuple[str, ...] = ()
    reply_to: str = ""
    unsubscribe: str = ""
    """A link that ends such messages with one POST (RFC 8058); empty: somebody asked for it."""
    auto: bool = False
    """No person wrote it: ``Auto-Submitted: auto-replied``, empty envelope sender."""
    sender_name: str = ""
    """The agent's or the organisation's name to show, where a channel can."""
    callback_url: str = ""
    """Where receipts for this channel come in; empty if unknown."""


@dataclass(frozen=True, slots=True)
class Sent:
    """The provider has it."""

    provider_ids: tuple[str, ...] = ()
    refused: tuple[FailedRecipient, ...] = ()
    """Recipients refused for good while the others were taken: shown like a bounce, never resent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What this channel instance can do: data that composer, splitter and deliverer obey."""

    sends: bool = True
    """Whether it sends at all: a mailbox without SMTP only receives."""
    max_text: int | None = None
    """UTF-16 units of one part; None: unlimited."""
    part_sizes: tuple[int, ...] = ()
    """(single, one of many) for each alphabet: GSM-7 then UCS-2 septets/units, see ``split``."""
    max_parts: int = 1
    attachments: bool = False
    max_attachment_bytes: int = 0
    html: bool = False
    subject: bool = False
    threads: bool = False
    many_recipients: bool = False
    receipts: bool = False
    signals: frozenset[str] = frozenset()
    sends_per_second: float | None = None
    send_timeout: timedelta = timedelta(seconds=35)
    """How long one send may take; after that its outcome is unknown. At most five minutes."""
    answers_stop: bool = False
    """The provider answers STOP itself."""
    opt_out_words: bool = False
    """Whether opt-out words mean anything here."""
    idempotent: bool = False
    """Sending the same part twice does no harm: a crash in mid-send is simply tried again."""
    live: bool = False
    """Customers wait in front of a screen: the default mode is ``ask``."""
    units: int = 15
    """Default capacity units of one conversation, of 100."""
    reopen_within: timedelta = timedelta(days=3)
    """A resolved conversation is reopened by a message within this time."""
    reaches: tuple[str, ...] = ()
    """What an identity's URI begins with if this channel can write to it: ``mailto:``, ``tel:``."""
    address: Uri | None = None
    """The channel's own address, if it has one; with ``aliases`` it is never a participant."""
    aliases: tuple[Uri, ...] = ()
