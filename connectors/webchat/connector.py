"""The connector: visitors in, their messages as raws, frames out. Pure; no socket, no clock."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import lru_cache
from typing import Any

import msgspec

from connectors import opt_out
from connectors.contract import (
    Attachment,
    Capabilities,
    Connector,
    Environment,
    Event,
    Inbound,
    Outbound,
    PayloadInvalid,
    Raw,
    Sent,
    SessionLimits,
    SignalIn,
    Uri,
    Visitor,
    WebhookRejected,
)
from connectors.fold import clean
from connectors.webchat import visitors
from connectors.webchat.frames import (
    MAX_TEXT,
    Chat,
    Client,
    ClientAck,
    ClientAway,
    ClientHello,
    ClientHere,
    ClientLeft,
    ClientMessage,
    ClientRead,
    ClientTyping,
    ClientUpload,
    File,
    Server,
    read,
)
from connectors.webchat.settings import Settings, allowed, ink

_SIGNALS: dict[type, str] = {
    ClientTyping: "typing",
    ClientHere: "here",
    ClientAway: "away",
    ClientLeft: "left",
}


class Held(msgspec.Struct):
    """The body of a raw: one message with what the hub knew of its sender when it came."""

    visitor: str
    id: str
    text: str
    files: list[File]
    claims: dict[str, str]
    name: str = ""
    authenticated: bool = False
    identities: list[str] = []


@dataclass(frozen=True, slots=True)
class WebChat:
    """One web chat: Connector, Receiving and Sessions."""

    settings: Settings
    env: Environment
    new_id: Callable[[], str] = field(default=visitors.new_id)
    """Makes visitor ids: 128 random bits."""

    @property
    def capabilities(self) -> Capabilities:
        return Capabilities(
            attachments=True,
            max_attachment_bytes=self.settings.max_file_bytes,
            receipts=True,
            signals=frozenset({"typing", "read"}),
            live=True,
            units=30,
            reopen_within=timedelta(days=1),
            idempotent=True,
            opt_out_words=True,
            reaches=(f"webchat:{self.env.channel}/",),
        )

    @property
    def limits(self) -> SessionLimits:
        return SessionLimits(
            messages_per_second=self.settings.messages_per_second,
            burst=self.settings.burst,
            history=self.settings.history,
        )

    async def __aenter__(self) -> Connector:
        return self

    async def __aexit__(self, *exc: object) -> None:
        return None

    async def check(self) -> None:
        """Nothing is called: what can be wrong, the settings have refused."""

    async def send(self, part: Outbound) -> Sent:
        """The commit was the sending: sockets show it at once, and the visitor's ack delivers."""
        return Sent((str(part.delivery_id),))

    # ------------------------------------------------------------ Sessions

    def open(self, hello: Mapping[str, Any], *, origin: str, remote: str) -> Visitor:
        """Who says hello. ``remote`` is not used: an address proves nothing of a visitor."""
        del remote
        if not allowed(origin, self.settings.origins, self.env.public_url):
            raise WebhookRejected(f"origin: {origin[:200]} may not open this chat")
        said: ClientHello | ClientUpload = read(hello, ClientHello | ClientUpload)
        if isinstance(said, ClientUpload):
            visitor, _ = self._tokens.visitor(said.visitor)
            return Visitor(self._tokens.uri(visitor), said.visitor)
        return self._visitor(said)

    def _visitor(self, said: ClientHello) -> Visitor:
        user = visitors.user(said.identity, self.settings.site_secret) if said.identity else None
        user_id = user.id if user else None
        known = self._tokens.returning(said.visitor, user_id) if said.visitor else None
        visitor = known or self.new_id()
        claims = _claims(said.claims, said.name)
        identities: tuple[Uri, ...] = ()
        if user is not None:
            identities = (self._tokens.user_uri(user.id), *filter(None, [user.email]))
        if said.identity and said.identity.email and user and user.email is None:
            claims.setdefault("email", clean(said.identity.email))
        return Visitor(
            uri=self._tokens.uri(visitor),
            token=self._tokens.make(visitor, user_id),
            name=clean(user.name) if user else "",
            authenticated=user is not None,
            identities=identities,
            claims=claims,
        )

    def receive(self, visitor: Visitor, frame: Mapping[str, Any]) -> Sequence[Raw | SignalIn]:
        said = read(frame, Client)
        match said:
            case ClientMessage():
                return [self._raw(visitor, said)]
            case ClientRead():
                return [SignalIn(sender=visitor.uri, signal="read", about=str(said.upto))]
            case ClientAck():
                return [SignalIn(sender=visitor.uri, signal="delivered", about=str(said.upto))]
            case ClientTyping():
                return [SignalIn(sender=visitor.uri, signal="typing")]
            case ClientHere():
                return [SignalIn(sender=visitor.uri, signal="here")]
            case ClientAway():
                return [SignalIn(sender=visitor.uri, signal="away")]
            case ClientLeft():
                return [SignalIn(sender=visitor.uri, signal="left")]
            case _:
                raise PayloadInvalid("type: hello is said once, at first")

    def _raw(self, visitor: Visitor, said: ClientMessage) -> Raw:
        text = clean(said.text, MAX_TEXT)
        if not text.strip() and not said.files:
            raise PayloadInvalid("text: is empty, and no file is with it")
        held = Held(
            visitor=visitor.uri,
            id=said.id,
            text=text,
            files=[self._file(visitor, index, given) for index, given in enumerate(said.files)],
            claims={**visitor.claims, **_claims(said.claims)},
            name=visitor.name,
            authenticated=visitor.authenticated,
            identities=list(visitor.identities),
        )
        return Raw("chat", said.id, (), "", msgspec.json.encode(held))

    def _file(self, visitor: Visitor, index: int, given: str) -> File:
        try:
            return self._tokens.file(visitor.uri, given)
        except ValueError as err:
            raise PayloadInvalid(f"files[{index}]: not a file that you uploaded here") from err

    def frame(self, item: Mapping[str, Any]) -> bytes:
        """Beside the server's frames: ``{"type": "chat"}`` is what a widget needs before it says
        hello, ``{"type": "file", "visitor": URI, "id": the
        store's, name, media_type, size}`` the answer to an upload: its id is signed for this
        visitor."""
        match item["type"]:
            case "chat":
                return msgspec.json.encode(self._chat())
            case "file":
                return msgspec.json.encode(self._uploaded(item))
            case "hello":
                item = {**item, "chat": msgspec.to_builtins(self._chat())}
            case _:
                pass
        return msgspec.json.encode(msgspec.convert(item, Server))

    def _chat(self) -> Chat:
        settings = self.settings
        return Chat(
            title=settings.title,
            colour=settings.colour,
            ink=ink(settings.colour),
            prechat=list(settings.prechat),
            texts={language: dict(words) for language, words in settings.texts.items()},
            max_text=MAX_TEXT,
            max_file_bytes=settings.max_file_bytes,
        )

    def _uploaded(self, item: Mapping[str, Any]) -> File:
        file = File(name=item["name"], type=item["media_type"], size=item["size"])
        file.id = self._tokens.file_id(item["visitor"], item["id"], file)
        return file

    @property
    def _words(self) -> opt_out.Words:
        return _words(self.settings.stop_words, self.settings.start_words)

    @property
    def _tokens(self) -> visitors.Tokens:
        return visitors.Tokens(self.env.channel, self.env.sign)

    # ------------------------------------------------------------ Receiving

    def parse(self, raw: Raw) -> Sequence[Event]:
        try:
            held = msgspec.json.decode(raw.body, type=Held)
        except (msgspec.DecodeError, UnicodeError, RecursionError) as err:
            raise PayloadInvalid(f"body: not a chat message: {err}") from err
        prefix = self._tokens.uri("")
        if not held.visitor.startswith(prefix):
            raise PayloadInvalid("visitor: of another channel")
        return [
            Inbound(
                provider_id=f"{held.visitor.removeprefix(prefix)}/{held.id}",
                sender=Uri(held.visitor),
                sender_name=held.name,
                text=held.text,
                full_text=held.text,
                attachments=tuple(
                    Attachment(name=file.name, type=file.type, size=file.size, ref=file.id)
                    for file in held.files
                ),
                consent=self._words.meaning("" if held.files else held.text),
                authenticated=held.authenticated,
                identities=tuple(map(Uri, held.identities)),
                claims=held.claims,
            )
        ]


@lru_cache(maxsize=64)
def _words(stop: tuple[str, ...], start: tuple[str, ...]) -> opt_out.Words:
    return opt_out.Words(stop, start)


def _claims(given: Mapping[str, str] | None, name: str | None = None) -> dict[str, str]:
    claims = {clean(key): clean(value).strip() for key, value in (given or {}).items()}
    if name:
        claims.setdefault("name", clean(name).strip())
    return {key: value for key, value in claims.items() if key and value}


def connect(settings: Settings, env: Environment) -> WebChat:
    """The connector of one channel."""
    return WebChat(settings, env)
