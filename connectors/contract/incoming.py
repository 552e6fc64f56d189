"""What a connector makes of what came in: messages, receipts, signals, and the raw they came as."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Literal, NewType

import msgspec

Uri = NewType("Uri", str)
"""An identity: ``mailto:a@b``, ``tel:+1202…``, ``sms:12345`` (opaque), ``webchat:channel/visitor``."""


Cursor = NewType("Cursor", str)
"""Where a source goes on: opaque to the hub, stored in the same transaction as the batch."""


class Raw(msgspec.Struct, frozen=True):
    """What came in by any door, byte for byte: what the ledger keeps and what replay feeds back."""

    kind: str
    """The door: ``webhook``, ``mail``, ``chat``."""
    key: str
    """The source's own name of it (``uidvalidity/uid``, a client message id), else empty."""
    headers: tuple[tuple[str, str], ...]
    """Transport headers in order, names as sent. For a mail by IMAP: what the server said of it."""
    url: str
    """The public URL as the provider called it, query included; empty for fetched items."""
    body: bytes
    checked: str = ""
    """What became of the signature check: ``ok``, ``off`` or, where the channel only reports,
    ``report: REASON``; empty where no signature is asked for, and in a replay."""

    def header(self, name: str) -> str | None:
        """The first header of that name, whatever its case."""
        lowered = name.lower()
        for key, value in self.headers:
            if len(key) == len(name) and key.lower() == lowered:
                return value
        return None


class Party(msgspec.Struct, frozen=True):
    """Somebody named by a message: an address and, perhaps, the name beside it."""

    uri: Uri
    name: str = ""


class Auto(StrEnum):
    """Whether a person wrote it (RFC 3834 section 2)."""

    NO = "no"
    REPLY = "reply"  # vacation, acknowledgement
    BULK = "bulk"  # lists, newsletters, notifications
    LOOP = "loop"  # our own words coming back


class Attachment(msgspec.Struct, frozen=True):
    """A file that came with a message. Exactly one of ``content`` and ``ref`` is set."""

    name: str
    type: str
    """Media type as declared, lower case; the hub types by content before it shows anything."""
    size: int | None
    """Bytes, if known before fetching."""
    content: bytes | None = None
    ref: str | None = None
    """What the connector's ``MediaSource.open`` understands: a URL, a part's path."""
    content_id: str = ""
    inline: bool = False


class FailedRecipient(msgspec.Struct, frozen=True):
    """One recipient of a delivery report (RFC 3464 section 2.3)."""

    uri: Uri
    permanent: bool
    status: str = ""
    """The enhanced code, e.g. ``5.1.1``."""
    words: str = ""


class Bounce(msgspec.Struct, frozen=True):
    """A report that a message of ours did not arrive."""

    failed: tuple[FailedRecipient, ...]
    message_id: str = ""
    """Message-ID of the mail it is about, without angle brackets; empty if it does not say."""


class Forwarded(msgspec.Struct, frozen=True, kw_only=True):
    """The message inside a forward: what its head says of it (Gmail's, Outlook's .. block of From,
    Date, Subject above the quoted body), or the header of an attached mail (RFC 2046 section 5.2.1).

    The forwarder says so; nothing proves it.
    """

    sender: Uri
    """The original author."""
    sender_name: str = ""
    subject: str = ""
    sent_at: datetime | None = None
    """Aware, where the block gives a time that can be read."""
    text: str = ""
    """The forwarded words, the head of the block and the quotes within it left out."""
    comment: str = ""
    """What the forwarder wrote above it, without the block and the forwarder's signature."""


ConsentWord = Literal["", "stop", "start", "help"]


class Inbound(msgspec.Struct, frozen=True, kw_only=True):
    """One message from a customer, in the hub's words."""

    provider_id: str = ""
    """The provider's id; empty: the hub takes the SHA-256 of the event."""
    sender: Uri
    sender_name: str = ""
    to: tuple[Party, ...] = ()
    cc: tuple[Party, ...] = ()
    reply_to: tuple[Party, ...] = ()
    subject: str = ""
    text: str = ""
    """What is new: quotes and signature trimmed."""
    full_text: str = ""
    """All of it, as text."""
    html: str = ""
    """The HTML body as sent, decoded and not sanitised."""
    attachments: tuple[Attachment, ...] = ()
    message_id: str = ""
    """Without angle brackets, as are the next two."""
    in_reply_to: tuple[str, ...] = ()
    references: tuple[str, ...] = ()
    sent_at: datetime | None = None
    """Aware; what the sender or provider claims."""
    received_at: datetime | None = None
    """Aware; when the provider took it in, where it says so: what lay there before us is old."""
    auto: Auto = Auto.NO
    return_path: Uri | None = None
    """The only address that what no person wrote may go to (mail: Return-Path); empty: there is
    none, so nothing may. None: the channel makes no difference, it is the sender's."""
    bounce: Bounce | None = None
    forwarded: Forwarded | None = None
    """Set when the message hands on somebody else's; ``text`` is of both, as read from top down."""
    consent: ConsentWord = ""
    """Set when the whole message is an opt-out, opt-in or help word, or the provider says so."""
    provider_answered: bool = False
    """The provider itself answered the opt-out word: the hub does not answer again."""
    authenticated: bool = False
    """The sender's address was proven (an aligned DMARC pass by our own MX, a signed visitor)."""
    headers: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Lower-case names, for rules: the few that the connector thinks worth ruling on."""
    identities: tuple[Uri, ...] = ()
    """Further addresses of the sender, proven with this message (``Visitor.identities``)."""
    claims: Mapping[str, str] = msgspec.field(default_factory=dict)
    """What the sender says of itself (``name``, ``email``, ``phone``, ``question`` …): never identity."""
    stub: str = ""
    """Why this is only a stub (too large, could not be parsed); empty for a whole message."""
    history: bool = False
    """It lay there before us: on the timeline, and nothing else comes of it (no rule, no work)."""
    own: bool = False
    """A person of ours wrote it in another program (the sent folder): ``to`` and ``cc`` say whom."""


class ReceiptState(StrEnum):
    """How far an outbound part came. Order matters: a receipt only moves forward."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


class Receipt(msgspec.Struct, frozen=True, kw_only=True):
    """What the provider later says of a part that we sent."""

    provider_id: str
    """The id that ``send`` returned in ``Sent.provider_ids``."""
    state: ReceiptState
    code: str = ""
    words: str = ""
    at: datetime | None = None
    opted_out: bool = False
    """The failure says that this recipient has opted out (Twilio 21610)."""


class SignalIn(msgspec.Struct, frozen=True, kw_only=True):
    """Typing or read by a customer: passed on, never stored."""

    sender: Uri
    signal: Literal["typing", "delivered", "read", "here", "away", "left"]
    about: str = ""
    """For ``delivered`` and ``read``: the last entry received or seen."""


class Ignored(msgspec.Struct, frozen=True, kw_only=True):
    """Understood, and deliberately nothing: a challenge, our own echo, a group not served."""

    provider_id: str = ""
    reason: str


Event = Inbound | Receipt | SignalIn | Ignored
"""What ``parse`` yields. Calls and faxes join with their first connectors."""
