"""The contract between the hub and every connector: what comes in, what goes out, what can go wrong.

A connector speaks one kind of channel. It never sees the database, the web framework or another
connector. The hub asks ``isinstance(connector, Role)`` and never for a channel's name.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Literal, NewType, Protocol, runtime_checkable

Uri = NewType("Uri", str)
"""An identity: ``mailto:a@b``, ``tel:+1202…``, ``sms:12345`` (opaque), ``webchat:channel/visitor``."""

Cursor = NewType("Cursor", str)
"""Where a source goes on: opaque to the hub, stored in the same transaction as the batch."""


# ---------------------------------------------------------------- what comes in


@dataclass(frozen=True, slots=True)
class Raw:
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
        return next((value for key, value in self.headers if key.lower() == lowered), None)


@dataclass(frozen=True, slots=True)
class Party:
    """Somebody named by a message: an address and, perhaps, the name beside it."""

    uri: Uri
    name: str = ""


class Auto(StrEnum):
    """Whether a person wrote it (RFC 3834 section 2)."""

    NO = "no"
    REPLY = "reply"  # vacation, acknowledgement
    BULK = "bulk"  # lists, newsletters, notifications
    LOOP = "loop"  # our own words coming back


@dataclass(frozen=True, slots=True)
class Attachment:
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


@dataclass(frozen=True, slots=True)
class FailedRecipient:
    """One recipient of a delivery report (RFC 3464 section 2.3)."""

    uri: Uri
    permanent: bool
    status: str = ""
    """The enhanced code, e.g. ``5.1.1``."""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Bounce:
    """A report that a message of ours did not arrive."""

    failed: tuple[FailedRecipient, ...]
    message_id: str = ""
    """Message-ID of the mail it is about, without angle brackets; empty if it does not say."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Forwarded:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Inbound:
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
    headers: Mapping[str, str] = field(default_factory=dict)
    """Lower-case names, for rules: the few that the connector thinks worth ruling on."""
    identities: tuple[Uri, ...] = ()
    """Further addresses of the sender, proven with this message (``Visitor.identities``)."""
    claims: Mapping[str, str] = field(default_factory=dict)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What the provider later says of a part that we sent."""

    provider_id: str
    """The id that ``send`` returned in ``Sent.provider_ids``."""
    state: ReceiptState
    code: str = ""
    words: str = ""
    at: datetime | None = None
    opted_out: bool = False
    """The failure says that this recipient has opted out (Twilio 21610)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalIn:
    """Typing or read by a customer: passed on, never stored."""

    sender: Uri
    signal: Literal["typing", "delivered", "read", "here", "away", "left"]
    about: str = ""
    """For ``delivered`` and ``read``: the last entry received or seen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ignored:
    """Understood, and deliberately nothing: a challenge, our own echo, a group not served."""

    provider_id: str = ""
    reason: str


Event = Inbound | Receipt | SignalIn | Ignored
"""What ``parse`` yields. Calls and faxes join with their first connectors."""


# ---------------------------------------------------------------- what goes out


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


# ---------------------------------------------------------------- what can go wrong: the type says who acts


class ChannelError(Exception):
    """A channel could not do what was asked."""


class ConfigInvalid(ChannelError):
    """The settings cannot work (admin). Message: ``field: reason``."""


class Unauthorized(ChannelError):
    """The provider refuses our credentials (admin)."""


class Unavailable(ChannelError):
    """The provider cannot be reached or is busy (the hub tries again)."""

    def __init__(self, words: str, *, retry_after: timedelta | None = None) -> None:
        super().__init__(words)
        self.retry_after = retry_after


class Rejected(ChannelError):
    """The provider will not take this part, ever (the agent changes it)."""

    def __init__(self, words: str, *, code: str = "") -> None:
        super().__init__(words)
        self.code = code


class RecipientRefused(Rejected):
    """This recipient cannot be reached here (the agent picks another address or channel)."""

    def __init__(self, words: str, *, code: str = "", opted_out: bool = False) -> None:
        super().__init__(words, code=code)
        self.opted_out = opted_out


class OutcomeUnknown(ChannelError):
    """Perhaps sent: the connection broke after the request was out (the agent decides)."""


class WebhookRejected(ChannelError):
    """Not the provider, or not for us (the caller). Answered 401, counted, kept with the reason."""


class PayloadInvalid(ChannelError):
    """Signed, but not this provider's format (the caller). Answered 400. Message: ``field: reason``."""


# ---------------------------------------------------------------- roles


@dataclass(frozen=True, slots=True)
class WebhookReply:
    """What the provider wants to hear."""

    status: int = 200
    body: bytes = b""
    content_type: str = "text/plain"


@runtime_checkable
class Connector(Protocol):
    """All connectors. Life cycle: an async context manager; never reconfigured while open."""

    @property
    def capabilities(self) -> Capabilities: ...

    async def __aenter__(self) -> Connector: ...

    async def __aexit__(self, *exc: object) -> None: ...

    async def check(self) -> None:
        """One cheap authenticated call. Raises ConfigInvalid, Unauthorized, Unavailable."""

    async def send(self, part: Outbound) -> Sent:
        """Send one part. Raises a ChannelError; never retries by itself."""


@runtime_checkable
class Receiving(Protocol):
    """Every connector that receives."""

    def parse(self, raw: Raw) -> Sequence[Event]:
        """All events of one raw, in order. Pure; called once the raw is held.

        Raises PayloadInvalid where the bytes are not this provider's format.
        """


@runtime_checkable
class Webhook(Protocol):
    """The provider calls us."""

    def verify(self, raw: Raw) -> None:
        """Raises WebhookRejected. Constant time; secrets may rotate (any of several holds)."""

    def reply(self, raw: Raw, events: Sequence[Event]) -> WebhookReply:
        """The provider's idea of a 2xx, for what was just filed."""


@runtime_checkable
class Source(Protocol):
    """We fetch: polling and IDLE alike."""

    def events(self, cursor: Cursor | None) -> AsyncGenerator[tuple[Sequence[Raw], Cursor], None]:
        """Batches with the cursor after each. Code after ``yield`` runs only after our commit.

        Raises Unavailable (the supervisor backs off), Unauthorized, ConfigInvalid (it stops).
        """


@dataclass(frozen=True, slots=True)
class FolderPlace:
    """How far a mailbox's folder was read. Numbers are UIDs and hold within one ``epoch``."""

    folder: str
    epoch: int
    """Begins anew when the numbers begin to mean other mails (RFC 3501 section 2.3.1.1)."""
    validity: int
    """The server's UIDVALIDITY."""
    upto: int
    """What came to us new was read up to this one."""
    history_left: int
    """Numbers of history that are still to be looked at; 0: all is read."""


@dataclass(frozen=True, slots=True)
class Backlog:
    """What a source would fetch of one folder if it began now."""

    folder: str
    new: int
    history: int
    left_out: int
    """Mails that are older than the history that is wanted."""


@dataclass(frozen=True, slots=True)
class Listed:
    """A mail that stands on the server."""

    uid: int
    arrived_at: datetime | None
    wanted: bool
    """Whether it should be in the store by now."""
    is_history: bool
    """Whether it lay there before us."""


@runtime_checkable
class Mailbox(Protocol):
    """A source whose mails stand in numbered folders: it can be compared with what was filed.

    All but the first three connect by themselves and raise as ``Source.events`` does.
    """

    def places(self, cursor: Cursor | None) -> Sequence[FolderPlace]:
        """How far each folder was read. Pure."""

    def located(self, raw: Raw) -> tuple[str, int] | None:
        """Folder and number of a raw of this source; None if it came by another door. Pure."""

    def filing(self, raw: Raw) -> Literal["", "history", "own"]:
        """How a raw of this source is filed: empty for what is new. Pure."""

    async def backlog(self, cursor: Cursor | None) -> Sequence[Backlog]:
        """What would be fetched if the source began at this cursor, by folder."""

    def listing(self, cursor: Cursor) -> AsyncGenerator[tuple[FolderPlace, Sequence[Listed]], None]:
        """What stands on the server now, in bounded pages of ascending numbers, folder by folder.

        Folders whose epoch has changed are left out: the source itself reads them anew.
        """

    def fetch(
        self, place: FolderPlace, mails: Sequence[Listed]
    ) -> AsyncGenerator[Sequence[Raw], None]:
        """These mails in bounded batches, marked as history where ``is_history`` says so."""


@runtime_checkable
class Threads(Protocol):
    """Messages name each other: our own ids carry a signed token of the conversation. Pure."""

    def message_id(self, conversation: int, unique: str) -> str:
        """A stable Message-ID for one outbound part, without angle brackets."""

    def reply_to(self, conversation: int) -> str:
        """An address of ours that carries the token; empty where the mailbox cannot take it."""

    def conversation_of(self, message: Inbound) -> int | None:
        """The conversation whose valid token the message carries, or None."""


@runtime_checkable
class Consenting(Protocol):
    """A provider's tokens open the channel. All raise ConfigInvalid where the settings name none."""

    @property
    def asks_person(self) -> bool:
        """Whether somebody must consent in a browser once; else ``renew`` is enough."""

    def consent_url(self, redirect_uri: str, state: str, verifier: str) -> str:
        """The provider's page; it sends the browser to ``redirect_uri?code=…&state=…``."""

    async def accept(self, code: str, redirect_uri: str, verifier: str) -> None:
        """Get and keep tokens for that code. Raises Unauthorized, Unavailable."""

    async def renew(self) -> None:
        """Get and keep a new token. Raises Unauthorized, Unavailable."""


@runtime_checkable
class Signaller(Protocol):
    """Typing and read signals to the customer: fire and forget."""

    async def signal(self, signal: str, to: Uri, about: str) -> None: ...


@runtime_checkable
class Parts(Protocol):
    """Attachments are inside the raw itself, and are cut out when somebody wants them."""

    def part(self, raw: Raw, ref: str) -> bytes:
        """The bytes of one attachment of ``raw``. Raises LookupError. Pure."""


@runtime_checkable
class MediaSource(Protocol):
    """Attachments that are fetched after the commit."""

    def open(self, ref: str) -> AbstractAsyncContextManager[AsyncIterator[bytes]]:
        """Stream one attachment. Raises Unavailable (try again) or Rejected (gone for good)."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is behind a customer's socket."""

    uri: Uri
    token: str
    """What the browser keeps to come back as the same visitor."""
    name: str = ""
    authenticated: bool = False
    """Signed by the site (HMAC): its identities are verified."""
    identities: tuple[Uri, ...] = ()
    """Verified addresses that the site vouches for."""
    claims: Mapping[str, str] = field(default_factory=dict)
    """What the visitor says of itself: never identity."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionLimits:
    """What ``hub/sessions.py`` holds the visitors of one channel to."""

    messages_per_second: float = 2.0
    burst: int = 30
    history: int = 50
    """Entries shown to a visitor who comes back without a cursor."""
    left_after: timedelta = timedelta(seconds=30)
    """A closed tab is left after this time (a page change is back before)."""
    away_for: timedelta = timedelta(minutes=30)
    """A hidden page or a lost connection is left after this time; long before, the hub lets its
    turn wait as a message does."""


@runtime_checkable
class Sessions(Protocol):
    """Customers' sockets come to us. ``hub/sessions.py`` owns the socket, cursor and rate limit."""

    @property
    def limits(self) -> SessionLimits: ...

    def open(self, hello: Mapping[str, Any], *, origin: str, remote: str) -> Visitor:
        """Who says hello. Raises WebhookRejected (origin, forged token), PayloadInvalid."""

    def receive(self, visitor: Visitor, frame: Mapping[str, Any]) -> Sequence[Raw | SignalIn]:
        """A frame from the browser. Raises PayloadInvalid (``field: reason``)."""

    def frame(self, item: Mapping[str, Any]) -> bytes:
        """An entry, receipt or signal for the browser, encoded."""


class Memory(Protocol):
    """What a connector keeps between two starts: encrypted at rest, never exported or logged."""

    async def recall(self) -> str | None:
        """The text kept last. Raises Unavailable."""

    async def keep(
        self, text: str, *, expires_at: datetime | None, refresh_expires_at: datetime | None
    ) -> None:
        """Keep it, and show when it expires. Raises Unavailable."""

    async def trouble(self, words: str) -> None:
        """Show that it could not be renewed. Never raises."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """What the hub lends a connector when it is opened."""

    channel: str
    """The channel's name: part of its webhook URL and its identities."""
    region: str
    """Two-letter region for numbers without a country code."""
    public_url: str
    """The channel's own webhook URL as the provider calls it, ``https://…/in/NAME``."""
    user_agent: str
    sign: Any
    """``sign(purpose, data: bytes) -> bytes``: HMAC under a key of the hub for that purpose."""
    data_dir: str = ""
    allow_hosts: frozenset[str] = frozenset()
    """Hosts that may be private addresses (from file or command line only)."""
    proxy: str = ""
    """The proxy by which this channel leaves, ``socks5://…`` or ``http://…`` (likewise)."""
    memory: Memory | None = None
    """Where tokens are kept between two starts; None: nothing is kept."""
