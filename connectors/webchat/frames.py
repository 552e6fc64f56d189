"""The frames of a chat, both ways, as types: checks, error words and the JSON Schema come of them.

A frame is a JSON object with ``type``. Unknown members are ignored, so that an older hub and a
newer widget still talk. Entry ids are integers that grow; nothing is granted by knowing one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from connectors.contract import PayloadInvalid

MAX_TEXT = 10_000
"""Characters (code points) of one message."""
MAX_FILES = 10
MAX_ID = 64

Id = Annotated[
    str,
    Meta(
        min_length=1,
        max_length=MAX_ID,
        pattern=r"^[!-~]+$",
        description="The client's own name of the message: sent again with the same id, it is "
        "stored once and acknowledged with the same entry. Printable ASCII without blanks.",
    ),
]
Cursor = Annotated[int, Meta(ge=0, le=2**53 - 1, description="An entry's id")]
Claims = Annotated[
    dict[
        Annotated[str, Meta(min_length=1, max_length=40)],
        Annotated[str, Meta(max_length=2_000)],
    ],
    Meta(max_length=20, description="What the visitor says of itself; never an identity"),
]


class Identity(msgspec.Struct):
    """Who the site says is logged in; ``hash`` proves it (see ``visitors.signature``)."""

    user_id: Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^|\x00-\x1f]+$")]
    hash: Annotated[str, Meta(max_length=128)]
    email: Annotated[str, Meta(max_length=320)] | None = None
    name: Annotated[str, Meta(max_length=200)] | None = None


class ClientFrame(msgspec.Struct, tag_field="type"):
    """What a browser sends."""


class ClientHello(ClientFrame, tag="hello"):
    """First on every socket. ``visitor`` is what the server's hello gave; without it: a new one."""

    visitor: Annotated[str, Meta(max_length=200)] | None = None
    since: Annotated[Cursor, Meta(title="The last entry seen: only later ones come")] | None = None
    name: Annotated[str, Meta(max_length=200)] | None = None
    claims: Claims | None = None
    identity: Identity | None = None


class ClientUpload(ClientFrame, tag="upload"):
    """Not sent as a frame: the hub's question who uploads, from the header of the upload."""

    visitor: Annotated[str, Meta(min_length=1, max_length=200)]


class ClientMessage(ClientFrame, tag="message"):
    """A message; acknowledged by ``ack`` once it is stored. ``files`` are ids of uploads."""

    id: Id
    text: Annotated[str, Meta(max_length=MAX_TEXT)] = ""
    files: Annotated[list[Annotated[str, Meta(max_length=2_000)]], Meta(max_length=MAX_FILES)] = []
    claims: Claims | None = None


class ClientTyping(ClientFrame, tag="typing"):
    """The visitor is writing; at most every two seconds is passed on."""


class ClientRead(ClientFrame, tag="read"):
    """The visitor has seen everything up to this entry."""

    upto: Cursor


class ClientAck(ClientFrame, tag="ack"):
    """The browser has everything up to this entry: it counts as delivered."""

    upto: Cursor


class ClientHere(ClientFrame, tag="here"):
    """The page is in front."""


class ClientAway(ClientFrame, tag="away"):
    """The page is hidden; the visitor keeps its place."""


class ClientLeft(ClientFrame, tag="left"):
    """The page is going; the visitor has left unless it is back soon."""


class File(msgspec.Struct):
    """A file, uploaded or received. ``url``: where to download it, if it can be."""

    name: str
    type: str
    size: int
    id: str = ""
    url: str = ""


class Entry(msgspec.Struct, omit_defaults=True):
    """One message of the conversation, from whichever side."""

    id: int
    direction: Literal["in", "out"]
    text: str
    at: Annotated[str, Meta(description="RFC 3339, UTC")]
    name: str = ""
    client_id: Annotated[str, Meta(description="Of the visitor's own: the id it sent")] = ""
    files: list[File] = []


class Chat(msgspec.Struct):
    """What a widget needs to know of this chat."""

    title: str
    colour: str
    ink: Annotated[str, Meta(description="The colour that reads best on ``colour``")]
    prechat: list[str]
    texts: dict[str, dict[str, str]]
    max_text: int
    max_file_bytes: int


class ServerFrame(msgspec.Struct, tag_field="type"):
    """What the hub sends."""


class ServerHello(ServerFrame, tag="hello"):
    """``visitor`` is to be kept and sent back. More entries may follow at once as ``message``."""

    visitor: str
    entries: list[Entry]
    chat: Chat
    more: Annotated[bool, Meta(description="There are earlier entries than these")] = False


class ServerAck(ServerFrame, tag="ack"):
    """The message with this id is stored, for good. ``entry`` is null while it is looked into."""

    id: str
    entry: int | None


class ServerMessage(ServerFrame, tag="message"):
    """A new entry: by an agent, or by this visitor in another tab."""

    entry: Entry


class ServerEarlier(ServerFrame, tag="earlier"):
    """Not sent as a frame: the answer of GET /chat/{channel}/entries?before=ENTRY."""

    entries: list[Entry]
    more: bool


class ServerReceipt(ServerFrame, tag="receipt"):
    """An agent has seen the visitor's messages up to this one."""

    upto: int
    state: Literal["delivered", "read"]


class ServerTyping(ServerFrame, tag="typing"):
    """An agent is writing; over after six seconds without another."""

    name: str = ""


class ServerQueue(ServerFrame, tag="queue", omit_defaults=True):
    """What there is to say of the wait; without a member: nothing any more."""

    position: Annotated[int, Meta(ge=1, description="In line; 1 is next. Never rises.")] | None = (
        None
    )
    low_seconds: Annotated[int, Meta(ge=0)] | None = None
    high_seconds: Annotated[int, Meta(ge=0, description="Of ten, nine wait no longer.")] | None = (
        None
    )
    closed: bool = False
    opens_at: Annotated[str, Meta(description="RFC 3339, UTC; null: not known")] | None = None


class ServerCode(ServerFrame, tag="code"):
    """The tracking code of this visitor's matter: to be shown, and said on the phone."""

    code: str


class ServerError(ServerFrame, tag="error", omit_defaults=True):
    """Something sent was not taken. ``id``: the message's, if it was one: it is not stored."""

    code: Literal["invalid", "refused", "rate_limited", "busy", "failed"]
    field: str
    reason: str
    id: str = ""
    retry_after: Annotated[float, Meta(description="Seconds")] = 0.0

    def __post_init__(self) -> None:
        self.reason = self.reason or self.code


Client = (
    ClientHello | ClientMessage | ClientTyping | ClientRead | ClientAck
    | ClientHere | ClientAway | ClientLeft
)  # fmt: skip
Server = (
    ServerHello | ServerAck | ServerMessage | ServerEarlier | ServerReceipt | ServerTyping
    | ServerQueue | ServerCode | ServerError
)  # fmt: skip


def json_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of all frames; ``Client`` and ``Server`` under ``$defs``."""
    (client, server), parts = msgspec.json.schema_components(
        (Client, Server), ref_template="#/$defs/{name}"
    )
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Chat frames",
        "description": "JSON text frames on WS /chat/{channel}; the client says hello first.",
        "anyOf": [{"$ref": "#/$defs/Client"}, {"$ref": "#/$defs/Server"}],
        "$defs": {"Client": client, "Server": server, **parts},
    }


def read(frame: Mapping[str, Any], kind: Any) -> Any:
    """A frame as ``kind`` (one of the types above, or a union). Raises PayloadInvalid."""
    try:
        return msgspec.convert(dict(frame), kind)
    except (msgspec.ValidationError, RecursionError) as err:
        raise PayloadInvalid(_words(str(err))) from err


_AT = re.compile(r"^(?P<reason>.*?)(?: - at `(?:key in )?\$?\.?(?P<path>[^`]*)`)?$", re.DOTALL)
_MISSING = re.compile(r"^Object missing required field `(\w+)`$")


def _words(error: str) -> str:
    """msgspec's words (``Expected `str`, got `int` - at `$.text```) as ``field: reason``."""
    found = _AT.match(error)
    reason, path = (found["reason"], found["path"] or "") if found else (error, "")
    if missing := _MISSING.match(reason):
        path, reason = f"{path}.{missing[1]}".lstrip("."), "is missing"
    elif reason.startswith("Invalid value"):
        reason = "is not known here"
    return f"{path or 'frame'}: {reason[:1].lower() + reason[1:]}".replace("`", "")
