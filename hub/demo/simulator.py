"""The customers' side: what they write goes to the hub's doors, what the hub sends ends up here.

Also the parent's web application: the simulated Twilio's API, and what the simulator page asks for
(behind a secret that only the hub's child has).
"""

from __future__ import annotations

import asyncio
import hmac
import logging
import re
import secrets
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any

import msgspec
from aiohttp import web

from connectors.contract import ChannelError
from connectors.secret import Secret
from connectors.webchat import visitors
from hub import clock, sniff
from hub.demo import asked, config, mailbox, wire
from hub.demo.broadcast import Broadcast
from hub.demo.door import timed
from hub.demo.messages import Message, Messages
from hub.demo.people import Customer, customers
from hub.demo.twilio import Twilio
from hub.demo.watch import Watch

if TYPE_CHECKING:
    from hub.demo.parent import Demo

_log = logging.getLogger("hub.demo")
_STOP, _START = ("stop", "unsubscribe", "لغو", "لغو11"), ("start", "unstop")


class Simulator:
    """Phones, mailboxes and browsers of the demo's customers."""

    def __init__(self, demo: Demo, messages: Messages) -> None:
        self.broadcast = Broadcast()
        self._demo = demo
        self._door = demo.door
        self._line = demo.line
        self._messages = messages
        self._tasks: set[asyncio.Task[Any]] = set()
        self._twilio = Twilio(demo.line, demo.door, messages, self._spawn)
        self._watch = Watch(demo.door, messages, lambda story: self.broadcast.say("chat", story))
        self._new: list[Customer] = []
        messages.listeners.append(lambda message: self.broadcast.say("message", message))
        self._note_consents()

    def application(self) -> web.Application:
        """The parent's web application."""
        app = web.Application(middlewares=[self._gate], client_max_size=40_000_000)
        app.add_routes(self._twilio.routes())
        app.router.add_get("/simulator/events", self._events)
        app.router.add_get("/simulator/customers", self._people)
        app.router.add_post("/simulator/customers", self._newcomer)
        app.router.add_get("/simulator/messages", self._thread)
        app.router.add_get("/simulator/files/{id}", self._file)
        app.router.add_post("/simulator/sms", self._sms)
        app.router.add_post("/simulator/mail", self._mail)
        app.router.add_post("/simulator/drill", self._red_button)
        return app

    def watch(self) -> None:
        """Follow the hub's live feed from now on."""
        self._spawn(self._watch.run())

    async def close(self) -> None:
        """Let the pages go and end what is under way."""
        self.broadcast.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _spawn(self, work: Coroutine[Any, Any, Any]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (err := task.exception()) is not None:
            _log.error("a part of the simulator has failed", exc_info=err)

    @web.middleware
    async def _gate(self, request: web.Request, handler: Any) -> web.StreamResponse:
        if request.path.startswith("/simulator/"):
            given = request.headers.get("X-Demo-Secret", "").encode()
            if not hmac.compare_digest(given, self._demo.secret.encode()):
                raise web.HTTPForbidden
        try:
            response: web.StreamResponse = await handler(request)
        except (asked.Wrong, msgspec.ValidationError, msgspec.DecodeError) as err:
            return web.json_response({"detail": str(err)}, status=400)
        return response

    # ---------------------------------------------------------------- what the page reads

    async def _events(self, request: web.Request) -> web.StreamResponse:
        return await self.broadcast.serve(
            request, lambda: {**self._demo.status(), "chats": self._watch.chats}
        )

    async def _simulated(self) -> list[str]:
        """Names of the channels that may be written to here."""
        try:
            rows = (await self._door.api("GET", "/channels", limit=1000))["items"]
        except ChannelError as err:
            raise web.HTTPServiceUnavailable from err
        return [row["name"] for row in rows if row["simulated"] and row["enabled"]]

    async def _check(self, channel: str) -> None:
        if channel not in await self._simulated():
            raise asked.Wrong(f"channel: {channel} is not simulated")

    async def _people(self, _request: web.Request) -> web.Response:
        spoken = self._messages.customers()
        simulated = await self._simulated()
        found = [self._person(one) for one in (*self._new, *customers())]
        return _json(
            {
                "items": found,
                "channels": simulated,
                "addresses": config.ADDRESSES,
                "number": self._line.number,
                "last": {f"{channel}:{who}": at for (channel, who), at in spoken.items()},
            }
        )

    def _person(self, one: Customer) -> dict[str, Any]:
        chat: dict[str, Any] | None = None
        if one.chats:
            chat = {
                "visitor": self._demo.marker.visitors.get(one.key, ""),
                "identity": self._identity(one),
            }
        return {
            "key": one.key,
            "name": one.name,
            "language": one.language,
            "phone": one.phone,
            "email": one.email,
            "chat": chat,
        }

    def _identity(self, one: Customer) -> dict[str, str] | None:
        """What the shop's server would say of who is logged in."""
        if not one.user_id:
            return None
        secret = Secret(self._demo.marker.chat_secret)
        signature = visitors.signature(secret, one.user_id, one.email)
        return {"user_id": one.user_id, "email": one.email, "name": one.name, "hash": signature}

    async def _newcomer(self, request: web.Request) -> web.Response:
        wanted = msgspec.json.decode(await request.read(), type=asked.NewCustomer)
        number = f"+1202555{secrets.randbelow(10_000):04d}"
        key = f"new-{secrets.token_hex(4)}"
        person = Customer(
            key=key,
            name=wanted.name,
            language="fa" if re.search(r"[\u0600-\u06ff]", wanted.name) else "en",
            phone=asked.number(wanted.address or number) if wanted.channel == "sms" else "",
            email=asked.mailbox(wanted.address or f"{key}@mail.example")
            if wanted.channel == "mail"
            else "",
            chats=wanted.channel == "chat",
        )
        self._new.insert(0, person)
        return _json(self._person(person))

    async def _thread(self, request: web.Request) -> web.Response:
        query = request.query
        found = self._messages.of(query.get("channel", ""), query.get("customer", ""))
        return _json({"items": found})

    async def _file(self, request: web.Request) -> web.Response:
        content = self._messages.content(request.match_info["id"])
        if content is None:
            raise web.HTTPNotFound
        kind = sniff.image(content[:16])
        headers = {
            "Content-Security-Policy": "default-src 'none'; sandbox",
            "Cache-Control": "private",
        }
        if kind is None:
            headers["Content-Disposition"] = "attachment"
        kind = kind or "application/octet-stream"
        return web.Response(body=content, content_type=kind, headers=headers)

    # ---------------------------------------------------------------- what customers write

    async def _sms(self, request: web.Request) -> web.Response:
        given = msgspec.json.decode(await request.read(), type=asked.Text)
        await self._check("sms")
        number = asked.number(given.sender)
        files = [asked.upload(one) for one in given.files]
        if not given.text.strip() and not files:
            raise asked.Wrong("text: is empty")
        refs = [self._messages.put(file) for file in files]
        message = self._messages.add(
            Message(
                id=0,
                channel="sms",
                customer=number,
                direction="in",
                at=clock.now() // 1000,
                text=given.text,
                ours=self._line.number,
                key="SM" + secrets.token_hex(16),
                files=refs,
                state="sending",
            )
        )
        fields = wire.message_form(
            self._line,
            sid=message.key,
            sender=number,
            text=given.text,
            media=[(config.media(self._demo.ports, ref.id), ref.type) for ref in refs],
        )
        self._note_consent(number, given.text)
        await self._sent(message, lambda: self._door.webhook(self._line, fields))
        return _json(message)

    async def _mail(self, request: web.Request) -> web.Response:
        given = msgspec.json.decode(await request.read(), type=asked.MailText)
        await self._check("mail")
        sender = asked.mailbox(given.sender)
        files = tuple(asked.upload(one) for one in given.files)
        if not (given.text.strip() or given.subject.strip() or files):
            raise asked.Wrong("text: is empty")
        before = None if given.answers is None else self._messages.get(given.answers)
        refs = [] if before is None else [*before.refs, before.key]
        message = self._messages.add(
            Message(
                id=0,
                channel="mail",
                customer=sender,
                direction="in",
                at=clock.now() // 1000,
                text=given.text,
                subject=given.subject,
                sender=given.name,
                ours=asked.mailbox(given.to),
                key=f"{secrets.token_hex(10)}@{sender.rpartition('@')[2]}",
                refs=refs,
                files=[self._messages.put(file) for file in files],
                state="sending",
            )
        )
        try:
            body = wire.mail(mailbox.letter(message, before, files))
        except ValueError as err:
            raise asked.Wrong(f"from: {err}") from err
        await self._sent(message, lambda: self._door.mail(self._demo.marker.mail_token, body))
        return _json(message)

    async def _sent(self, message: Message, send: Callable[[], Coroutine[Any, Any, Any]]) -> None:
        """Hand it to the hub, and say how that went; while the hub is down, again."""
        for _ in range(20):
            try:
                async with timed() as took:
                    reply = await send()
            except ChannelError as err:
                message.words = str(err)
                await asyncio.sleep(0.5)
                continue
            message.took = round(took[0], 1)
            taken = 200 <= reply.status < 300
            message.state = "accepted" if taken else "refused"
            message.words = "" if taken else f"{reply.status}: {reply.text[:200]}"
            break
        else:
            message.state = "refused"
        self._messages.changed(message)

    def _note_consents(self) -> None:
        """Who has sent STOP so far."""
        for channel, number in self._messages.customers():
            if channel == "sms":
                for message in self._messages.of("sms", number):
                    if message.direction == "in":
                        self._note_consent(number, message.text)

    def _note_consent(self, number: str, text: str) -> None:
        word = text.strip().casefold().replace(" ", "")
        if word in _STOP:
            self._twilio.opted_out.add(number)
        elif word in _START:
            self._twilio.opted_out.discard(number)

    # ---------------------------------------------------------------- what the hub sends

    def take_mail(self, recipients: list[str], body: bytes) -> None:
        """A mail has come: into each recipient's mailbox."""
        for message in mailbox.received(self._messages, recipients, body):
            self._messages.add(message)

    # ---------------------------------------------------------------- the red button

    async def _red_button(self, request: web.Request) -> web.Response:
        wanted = msgspec.json.decode(await request.read())
        seconds = min(max(float(wanted.get("seconds", 8)), 2.0), 30.0)
        if not self._demo.start_drill(seconds):
            return web.json_response({"detail": "it is under way already"}, status=409)
        return web.json_response({"started": True}, status=202)


def _json(value: Any) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), content_type="application/json")
