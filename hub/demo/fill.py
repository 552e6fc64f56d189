"""Makes the demo's week, once: every message goes through intake, on a virtual clock.

Steps are submitted without waiting for each other (the writer keeps their order and groups them),
so the week costs seconds even where a commit is slow. The clock is a context variable: each step's
task carries its own moment.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from connectors import address
from connectors.contract import Raw, SignalIn, Uri
from connectors.webchat import visitors
from connectors.webchat.frames import File
from hub import desk
from hub.channel import Channel
from hub.channels import Channels
from hub.demo import acts, config, folder, letters, pictures, plan, wire
from hub.demo.messages import Message, Messages
from hub.demo.people import Customer, customers
from hub.demo.plan import Step
from hub.intake import Intake
from hub.store import Store, open_store
from storage import attachments, contacts, users
from storage.blobs import Blobs

if TYPE_CHECKING:
    from connectors.webchat import WebChat
    from hub.desk import Desk
    from hub.settings import Settings
    from storage.db import Tx

AT_ONCE = 500  # steps under way
_LANGUAGES = {"reza@acme.example": "fa", "leila@acme.example": "fa", "maryam@acme.example": "fa"}
_MILLI = 1_000

_log = logging.getLogger("hub.demo")
_moment: ContextVar[int] = ContextVar("moment")


async def fill(
    settings: Settings,
    marker: folder.Marker,
    ports: config.Ports,
    now: int,
    *,
    talks: int = plan.TALKS,
) -> int:
    """Fill the empty store with the week before ``now`` (µs) and mark it; how many steps.

    ``marker``'s secrets are in the environment.

    Raises NotADemo: somebody's data is there. Raises what opening a store raises.
    """
    store = await open_store(settings)
    try:
        await _refuse_data(store)
        await store.db.write(desk.ensure_queue, now)
        await config.apply(store.db, store.keys, config.demo(ports), now)
        standing = await store.db.read(desk.load)
        intake = Intake(store.db, Blobs(store.blobs), lambda: standing)
        intake.now = _moment.get
        channels = Channels(store.db, store.keys, settings)
        try:
            async with asyncio.TaskGroup() as group:
                await channels.reload(group, intake)
            week = _Week(settings, ports, store, channels, intake, standing, now)
            done = await week.run(plan.steps(now, settings.time_zone, talks=talks))
        finally:
            await channels.close()
    finally:
        await store.db.close()
    marker.visitors = week.tokens
    marker.filled = True
    folder.write(settings, marker)
    return done


async def _refuse_data(store: Store) -> None:
    if await store.db.read(lambda tx: tx.value("SELECT 1 FROM contact LIMIT 1")):
        raise folder.NotADemo("the database holds a hub that is not a demo: give it an empty one")


@dataclass(slots=True)
class _Week:
    """Carries the steps out."""

    settings: Settings
    ports: config.Ports
    store: Store
    channels: Channels
    intake: Intake
    desk: Desk
    now: int
    """When the week is over (µs)."""
    tokens: dict[str, str] = field(default_factory=dict)
    """Customer's key -> chat token."""
    uploads: dict[tuple[int, int], str] = field(default_factory=dict)
    """(talk, turn) -> the ref of what a chat visitor put up."""
    blobs: dict[tuple[int, int], int] = field(default_factory=dict)
    """(talk, turn) -> the attachment id of what an agent put up."""
    letters: letters.Letters = field(default_factory=letters.Letters)
    staff: acts.Staff = field(init=False)
    messages: Messages = field(init=False)

    def __post_init__(self) -> None:
        self.messages = Messages(folder.simulator(self.settings))

    async def run(self, steps: Sequence[Step]) -> int:
        """All of them, then the state in which people find the hub."""
        self.staff = await self.store.db.write(acts.open_office, self.now - 7 * plan.DAY)
        for email, language in _LANGUAGES.items():
            await self.store.db.write(_speak, email, language)
        await self.store.db.write(_import, self.now - 7 * plan.DAY)
        await self._put_up(steps)
        waiting: list[asyncio.Task[None]] = []
        for step in steps:
            _moment.set(step.at)
            waiting.append(asyncio.create_task(self._do(step)))
            if len(waiting) >= AT_ONCE or step.do == "bounce":
                await self._all(waiting)
        await self._all(waiting)
        await self.store.db.write(acts.close_office, self.staff, self.now)
        self.messages.add_all(sorted(self.letters.written, key=lambda message: message.at))
        return len(steps)

    async def _all(self, waiting: list[asyncio.Task[None]]) -> None:
        await asyncio.gather(*waiting)
        waiting.clear()

    async def _put_up(self, steps: Sequence[Step]) -> None:
        """Files of chats and of agents are uploads: they are there before the message."""
        for step in steps:
            by_agent = step.do == "answers"
            if not step.files or not (by_agent or (step.do == "said" and step.channel == "chat")):
                continue
            file = pictures.file(*step.files[0])
            blob = await self.intake_blobs.put(file.content)
            by = acts.UPLOADER if by_agent else self._uri(step.customer)
            id = await self.store.db.write(
                attachments.upload, name=file.name, type=file.type, blob=blob, by=by, now=step.at
            )
            if by_agent:
                self.blobs[step.talk, step.turn] = id
            else:
                self.uploads[step.talk, step.turn] = f"{attachments.UPLOAD}{id}"

    @property
    def intake_blobs(self) -> Blobs:
        return Blobs(self.store.blobs)

    # ---------------------------------------------------------------- steps

    async def _do(self, step: Step) -> None:
        await _DO[step.do](self, step)

    def _channel(self, step: Step) -> Channel:
        channel = self.channels.get(step.channel)
        if channel is None:
            raise LookupError(f"config/demo.yaml has no channel {step.channel}")
        return channel

    def _place(self, step: Step) -> acts.Place:
        uri = self._uri(step.customer) if step.channel == "chat" else _address(step)
        about = self.letters.first(step.talk) if step.channel == "mail" else ""
        return acts.Place(self._channel(step), uri, about, step.at, f"demo-{step.talk}-{step.turn}")

    def _uri(self, customer: Customer) -> Uri:
        return Uri(f"webchat:chat/{customer.visitor}")

    async def _said(self, step: Step) -> None:
        if step.channel == "chat":
            return await self._chat(step)
        if step.channel == "mail":
            return await self._mail(step, self.letters.customer(step))
        await self._sms(step)

    async def _sms(self, step: Step) -> None:
        line = config.line(self.settings)
        sid = self.letters.sid(step)
        files = [pictures.file(*one) for one in step.files]
        media = [
            (config.media(self.ports, self.messages.put(file).id), file.type) for file in files
        ]
        fields = wire.message_form(
            line, sid=sid, sender=step.customer.phone, text=step.text, media=media
        )
        headers, body = wire.signed(line, fields)
        self._remember(step, "in", step.text, key=sid, files=files)
        raw = Raw("webhook", "", tuple(headers.items()), line.url, body)
        await self.intake.take(self._channel(step), raw)

    async def _mail(self, step: Step, letter: wire.Letter) -> None:
        self._remember(
            step,
            "in",
            letter.text,
            key=letter.message_id,
            subject=letter.subject,
            refs=letter.references,
            files=letter.files,
            ours=letter.to,
        )
        await self._post(step, wire.mail(letter))

    async def _post(self, step: Step, body: bytes) -> None:
        headers = (("Content-Type", "message/rfc822"),)
        url = f"{self.settings.public_url}/in/{step.channel}"
        await self.intake.take(self._channel(step), Raw("webhook", "", headers, url, body))

    async def _chat(self, step: Step) -> None:
        channel = self._channel(step)
        base: Any = channel.connector
        connector: WebChat = replace(base, new_id=lambda: step.customer.visitor)
        visitor = connector.open(self._hello(step.customer, connector), origin="", remote="")
        self.tokens[step.customer.key] = visitor.token
        frame: dict[str, Any] = {"type": "message", "id": f"week-{step.talk}-{step.turn}"}
        frame["text"] = step.text
        ref = self.uploads.get((step.talk, step.turn))
        if ref is not None:
            frame["files"] = [self._uploaded(connector, step, visitor.uri, ref)]
        for raw in connector.receive(visitor, frame):
            if not isinstance(raw, SignalIn):
                await self.intake.take(channel, raw)

    def _uploaded(self, connector: WebChat, step: Step, uri: Uri, ref: str) -> str:
        file = pictures.file(*step.files[0])
        facts = File(name=file.name, type=file.type, size=len(file.content))
        tokens = visitors.Tokens(connector.env.channel, connector.env.sign)
        return tokens.file_id(uri, ref, facts)

    def _hello(self, customer: Customer, connector: WebChat) -> dict[str, Any]:
        hello: dict[str, Any] = {"type": "hello"}
        if customer.user_id:
            secret = connector.settings.site_secret
            hello["identity"] = {
                "user_id": customer.user_id,
                "email": customer.email,
                "name": customer.name,
                "hash": visitors.signature(secret, customer.user_id, customer.email),
            }
        else:
            hello["claims"] = {"name": customer.name}
        return hello

    # ---------------------------------------------------------------- what agents do

    async def _takes(self, step: Step) -> None:
        await self.store.db.write(acts.take, self._place(step), self.staff)

    async def _answers(self, step: Step) -> None:
        file = self.blobs.get((step.talk, step.turn))
        answered = await self.store.db.write(
            acts.answer,
            self._place(step),
            self.staff,
            self.channels,
            self.letters.agent(step),
            files=() if file is None else (file,),
            provider_id=self.letters.sid(step),
        )
        if answered is not None and step.channel != "chat":
            self._answered(step, answered)

    def _answered(self, step: Step, answered: acts.Answered) -> None:
        self._remember(
            step,
            "out",
            answered.text,
            key=answered.message_id or self.letters.sid(step),
            subject=f"Re: {step.subject}" if step.channel == "mail" else "",
            refs=(self.letters.first(step.talk),) if step.channel == "mail" else (),
            files=[pictures.file(*one) for one in step.files],
            sender=answered.sender,
            ours=config.ADDRESS if step.channel == "mail" else "",
        )

    async def _receipt(self, step: Step) -> None:
        """Twilio says that the newest SMS of the talk has arrived; one in fifty has not."""
        line = config.line(self.settings)
        sid = self.letters.sid(replace(step, turn=step.turn - 1))
        lost = (step.talk * 7 + step.turn) % 50 == 0
        fields = wire.status_form(
            line,
            sid=sid,
            to=step.customer.phone,
            status="undelivered" if lost else "delivered",
            code="30003" if lost else "",
        )
        headers, body = wire.signed(line, fields)
        self.letters.received(sid, "failed" if lost else "delivered")
        raw = Raw("webhook", "", tuple(headers.items()), line.url, body)
        await self.intake.take(self._channel(step), raw)

    async def _seen(self, step: Step) -> None:
        await self.store.db.write(acts.seen_by_visitor, self._place(step))

    async def _notes(self, step: Step) -> None:
        await self.store.db.write(acts.note, self._place(step), self.staff, step.text)

    async def _moves(self, step: Step) -> None:
        await self.store.db.write(
            acts.move, self._place(step), self.staff, self.desk, step.queue, step.text
        )

    async def _closes(self, step: Step) -> None:
        await self.store.db.write(acts.close, self._place(step), self.staff)

    async def _snoozes(self, step: Step) -> None:
        until = self.now + 18 * plan.HOUR + step.talk % 7 * plan.HOUR
        await self.store.db.write(acts.snooze, self._place(step), self.staff, until)

    # ---------------------------------------------------------------- what no story is about

    async def _automatic(self, step: Step) -> None:
        await self._mail(step, self.letters.holiday(step))

    async def _newsletter(self, step: Step) -> None:
        await self._mail(step, self.letters.newsletter(step))

    async def _spam(self, step: Step) -> None:
        await self._mail(step, self.letters.spam(step))
        later = replace(step, at=step.at + 10 * plan.MINUTE)
        _moment.set(later.at)
        await self.store.db.write(acts.spam, self._place(later), self.staff)

    async def _bounce(self, step: Step) -> None:
        """An answer goes to an address that has just been closed."""
        await self._mail(step, self.letters.question(step))
        place = replace(
            self._place(step), now=step.at + 20 * plan.MINUTE, key=f"bounce-{step.talk}"
        )
        await self.store.db.write(acts.take, place, self.staff)
        answered = await self.store.db.write(
            acts.answer, place, self.staff, self.channels, self.letters.agent(step), provider_id=""
        )
        if answered is None:
            return
        self._answered(step, answered)
        at = datetime.fromtimestamp((place.now + 5 * plan.SECOND) / plan.SECOND, UTC)
        _moment.set(place.now + 5 * plan.SECOND)
        domain = step.customer.email.partition("@")[2]
        about = answered.message_id
        await self._post(
            step, wire.bounce(config.ADDRESS, step.customer.email, about, at, domain=domain)
        )

    async def _stop(self, step: Step) -> None:
        word = "لغو11" if step.customer.language == "fa" else "STOP"
        await self._sms(replace(step, text=word))

    # ---------------------------------------------------------------- what the customer's side saw

    def _remember(
        self,
        step: Step,
        direction: Any,
        text: str,
        *,
        key: str,
        subject: str = "",
        refs: Sequence[str] = (),
        files: Sequence[wire.File] = (),
        sender: str = "",
        ours: str = "",
    ) -> None:
        sms = step.channel == "sms"
        incoming = direction == "in"
        self.letters.written.append(
            Message(
                id=0,
                channel="sms" if sms else "mail",
                customer=step.customer.phone if sms else step.customer.email,
                direction=direction,
                at=step.at // _MILLI,
                text=text,
                subject=subject,
                sender=step.customer.name if incoming else sender,
                ours=ours,
                key=key,
                refs=list(refs),
                files=[self.messages.put(file) for file in files],
                state="accepted" if incoming else "sent",
            )
        )


_DO: Mapping[str, Callable[[_Week, Step], Awaitable[None]]] = {
    "said": _Week._said,
    "takes": _Week._takes,
    "answers": _Week._answers,
    "receipt": _Week._receipt,
    "seen": _Week._seen,
    "notes": _Week._notes,
    "moves": _Week._moves,
    "closes": _Week._closes,
    "snoozes": _Week._snoozes,
    "automatic": _Week._automatic,
    "newsletter": _Week._newsletter,
    "spam": _Week._spam,
    "bounce": _Week._bounce,
    "stop": _Week._stop,
}


def _address(step: Step) -> Uri:
    if step.channel == "sms":
        return address.phone(step.customer.phone, "US")
    return address.mail(step.customer.email)


def _speak(tx: Tx, email: str, language: str) -> None:
    row = users.by_email(tx, email)
    if row is not None:
        users.set_settings(tx, row["id"], {"language": language})


def _import(tx: Tx, now: int) -> None:
    """Whom the shop knew before: people with several ways to write, and most of those with one."""
    for n, one in enumerate(customers()):
        uris = [address.phone(one.phone, "US")] if one.phone else []
        uris += [address.mail(one.email)] if one.email else []
        if not uris or (len(uris) == 1 and n % 3 == 0):
            continue
        signed = bool(one.user_id)
        who = contacts.resolve(tx, uris[0], one.name, source="import", verified=signed, now=now)
        for uri in uris[1:]:
            contacts.add_identity(
                tx, who.contact, uri, one.name, source="import", verified=signed, now=now
            )
