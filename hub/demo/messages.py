"""What the simulated customers' phones and mailboxes hold: every SMS and mail, both ways.

Kept in ``HUB_DATA/simulator``: one JSON a line, the newest state of a message last, and a file for
each attachment. This is the customers' memory, not the hub's: it knows what the providers saw.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Literal

import msgspec

from hub.demo import pictures
from hub.demo.wire import File

MOST_SHOWN = 200  # messages of one customer


class FileRef(msgspec.Struct, frozen=True):
    """A file of a message; ``id`` opens it."""

    id: str
    name: str
    type: str
    size: int


class Story(msgspec.Struct, kw_only=True):
    """What the hub did with a message, as its live feed tells."""

    conversation: int
    queue: str = ""
    agent: str = ""
    status: str = ""
    item: str = ""
    """State of the turn that waits: queued, offered, active; empty: nothing is owed."""


class Message(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One SMS or mail, as the customer's side sees it."""

    id: int
    channel: Literal["sms", "mail"]
    customer: str
    """Their number or address."""
    direction: Literal["in", "out"]
    """As the hub sees it: ``in`` was written by the customer."""
    at: int
    """Milliseconds since 1970."""
    text: str = ""
    subject: str = ""
    sender: str = ""
    """The name beside the address it came from."""
    ours: str = ""
    """The address of the hub's side."""
    key: str = ""
    """The message's SID or Message-ID."""
    refs: list[str] = []
    """Message-IDs that a mail answers, oldest first."""
    files: list[FileRef] = []
    state: str = ""
    """``in``: sending, accepted, refused; ``out``: sent, delivered, failed."""
    words: str = ""
    took: float = 0.0
    """Milliseconds until the hub acknowledged it."""
    story: Story | None = None


Listener = Callable[[Message], None]


class Messages:
    """All messages, in memory and on disk. One process writes."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._path = folder / "messages.jsonl"
        self._all: dict[int, Message] = {}
        self._of: dict[tuple[str, str], list[Message]] = {}
        self._keys: dict[str, Message] = {}
        self._next = 1
        self.listeners: list[Listener] = []
        """Called with every message that is new or has changed."""
        (folder / "files").mkdir(parents=True, exist_ok=True)
        self._load()

    def _load(self) -> None:
        decode = msgspec.json.Decoder(Message).decode
        if not self._path.exists():
            return
        for line in self._path.read_bytes().splitlines():
            try:
                self._keep(decode(line))
            except msgspec.DecodeError:  # the last line, if a process died over it
                continue

    def _keep(self, message: Message) -> None:
        known = self._all.get(message.id)
        of = self._of.setdefault((message.channel, message.customer), [])
        if known is None:
            of.append(message)
        else:
            of[of.index(known)] = message
        self._all[message.id] = message
        if message.key:
            self._keys[message.key] = message
        self._next = max(self._next, message.id + 1)

    def add(self, message: Message) -> Message:
        """A new message; its ``id`` is given here."""
        message.id = self._next
        self._keep(message)
        self.changed(message)
        return message

    def changed(self, message: Message) -> None:
        """Write the message's state down and tell whoever looks."""
        if message.key:
            self._keys[message.key] = message
        with self._path.open("ab") as file:
            file.write(msgspec.json.encode(message) + b"\n")
        for listener in self.listeners:
            listener(message)

    def add_all(self, messages: Iterable[Message]) -> None:
        """Many new ones at once, told to nobody."""
        lines = []
        for message in messages:
            message.id = self._next
            self._keep(message)
            lines.append(msgspec.json.encode(message))
        with self._path.open("ab") as file:
            file.write(b"".join(line + b"\n" for line in lines))

    def of(self, channel: str, customer: str) -> list[Message]:
        """The newest messages of one customer, oldest first."""
        return self._of.get((channel, customer), [])[-MOST_SHOWN:]

    def by_key(self, key: str) -> Message | None:
        """The message with that SID or Message-ID."""
        return self._keys.get(key)

    def get(self, id: int) -> Message | None:
        """One message."""
        return self._all.get(id)

    def customers(self) -> dict[tuple[str, str], int]:
        """(channel, address) -> when something was last said there (ms)."""
        return {key: found[-1].at for key, found in self._of.items() if found}

    # ---------------------------------------------------------------- files

    def put(self, file: File) -> FileRef:
        """Keep a file."""
        id = hashlib.sha256(file.content).hexdigest()[:32]
        path = self._folder / "files" / id
        if not path.exists():
            path.write_bytes(file.content)
        return FileRef(id, file.name, file.type, len(file.content))

    def content(self, id: str) -> bytes | None:
        """A file's bytes."""
        path = self._folder / "files" / id
        return path.read_bytes() if id.isalnum() and path.is_file() else None


def picture(messages: Messages, kind: str, reference: str) -> FileRef:
    """A dialogue's file, kept."""
    return messages.put(pictures.file(kind, reference))
