"""The chat sockets' way into the rest of the hub: ``SessionsBackend`` over store, intake and feed."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from connectors.contract import Raw, Sessions, SignalIn, Unavailable, Uri
from hub import clock
from hub.sessions import ChatEntry, ChatFile, Filed
from hub.sessions.backend import Presence
from hub.waits import visits
from storage import attachments, conversations, receipts, views
from storage.attachments import UPLOAD
from storage.blobs import BlobTooLarge
from storage.errors import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Callable

    from hub.channel import Channel
    from hub.channels import Channels
    from hub.desk import Desk
    from hub.intake import Intake
    from hub.live import Live
    from storage.blobs import Blobs
    from storage.db import Database, Tx
    from storage.views import EntryView

Written = TypeVar("Written")


class ChatBackend:
    """What ``hub/sessions`` asks of the hub."""

    def __init__(
        self,
        db: Database,
        blobs: Blobs,
        channels: Channels,
        intake: Intake,
        live: Live,
        link: Callable[[views.AttachmentView], str],
        desk: Callable[[], Desk],
    ) -> None:
        self._db = db
        self._blobs = blobs
        self._channels = channels
        self._intake = intake
        self._live = live
        self._link = link
        self._desk = desk
        self.standing_of: Callable[[str, Uri], Mapping[str, Any] | None] = lambda *_: None

    async def begin(self) -> None:
        """The hub starts: whoever waits in a chat has to show that they are still there."""
        chats = [one.id for one in self._channels if isinstance(one.connector, Sessions)]
        await self._write(visits.unseen, chats, now=clock.now())

    async def file(self, channel: str, raw: Raw) -> Filed:
        """Commit one message through intake."""
        try:
            (filed,) = await self._intake.take(self._open(channel), raw)
        except StoreUnavailable as err:
            raise Unavailable(str(err)) from err
        return Filed(filed.entry, duplicate=filed.state == "duplicate", matter=filed.conversation)

    async def code(self, channel: str, uri: Uri) -> str:
        """The tracking code of the matter that this visitor wrote in last."""
        try:
            return await self._db.read(views.visitor_code, uri, self._open(channel).id)
        except StoreUnavailable as err:
            raise Unavailable(str(err)) from err

    async def entries(
        self, channel: str, uri: Uri, *, after: int | None, before: int | None = None, limit: int
    ) -> Sequence[ChatEntry]:
        """What this visitor may see."""
        id = self._open(channel).id
        asked = partial(views.visitor_entries, after=after, before=before, limit=limit)
        try:
            found = await self._db.read(asked, uri, id)
        except StoreUnavailable as err:
            raise Unavailable(str(err)) from err
        return [self.entry(one) for one in found]

    def entry(self, view: EntryView) -> ChatEntry:
        """An entry as the visitor sees it."""
        files = [
            ChatFile(one.name, one.type, one.size or 0, self._link(one))
            for one in view.attachments
            if one.state == "stored"
        ]
        mine = view.direction == "in"
        return ChatEntry(
            id=view.id,
            direction="in" if mine else "out",
            text=view.text,
            at=view.at,
            name="" if mine else view.actor.name,
            files=files,
            client_id=(view.provider_id or "").partition("/")[2] if mine else "",
        )

    def standing(self, channel: str, uri: Uri) -> Mapping[str, Any] | None:
        """What this visitor is told of the wait."""
        return self.standing_of(channel, uri)

    async def receipt(
        self, channel: str, uri: Uri, upto: int, state: Literal["delivered", "read"]
    ) -> None:
        """The visitor has it, or has looked at it."""
        await self._write(
            receipts.seen_by, uri, self._open(channel).id, upto, state, now=clock.now()
        )

    async def signal(self, channel: str, signal: SignalIn) -> None:
        """Typing reaches whoever looks at the conversation."""
        found = await self._db.read(_conversation_of, signal.sender, self._open(channel).id)
        if found is not None:
            self._live.signal("typing", found, {"who": "customer"})

    async def presence(self, channel: str, uri: Uri, presence: Presence) -> None:
        """Shown beside the conversation; a phone in a pocket keeps its place in the queue."""
        found = await self._db.read(_conversation_of, uri, self._open(channel).id)
        if found is None:
            return
        self._live.signal("visitor", found, {"presence": presence})
        if await self._db.read(visits.concerned, found):
            await self._write(visits.moved, found, presence, self._desk(), now=clock.now())

    async def store_file(
        self,
        channel: str,  # noqa: ARG002 - the protocol is another's
        uri: Uri,
        name: str,
        media_type: str,
        stream: AsyncIterator[bytes],
    ) -> str:
        """Keep an upload until the message that names it."""
        try:
            blob = await self._blobs.put(stream)
        except (StoreUnavailable, BlobTooLarge) as err:
            raise Unavailable(str(err)) from err
        id = await self._write(
            attachments.upload, name=name, type=media_type, blob=blob, by=uri, now=clock.now()
        )
        return f"{UPLOAD}{id}"

    def _open(self, name: str) -> Channel:
        channel = self._channels.get(name)
        if channel is None:
            raise Unavailable("this channel is not open")
        return channel

    async def _write(self, fn: Callable[..., Written], *args: object, **kwargs: object) -> Written:
        try:
            return await self._db.write(fn, *args, **kwargs)
        except StoreUnavailable as err:
            raise Unavailable(str(err)) from err


def _conversation_of(tx: Tx, uri: Uri, channel: int) -> int | None:
    contact = tx.value("SELECT contact FROM identity WHERE uri = :uri", uri=uri)
    if contact is None:
        return None
    row = conversations.latest(tx, [contact], channel)
    return None if row is None else int(row["id"])
