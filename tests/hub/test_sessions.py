"""Customers' sockets, from a browser's side: real aiohttp server and client, fake hub behind."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

from connectors.contract import SessionLimits, Unavailable, Uri
from connectors.secret import Secret
from connectors.webchat import Settings, WebChat
from connectors.webchat.visitors import signature
from hub.problems import Problem
from hub.sessions import ChatEntry, SessionServer
from hub.sessions import socket as sessions_socket
from tests.fakes.chat_backend import ChatBackend, environment


@web.middleware
async def problems(request: web.Request, handler: Any) -> web.StreamResponse:
    """As the hub's own outermost middleware does."""
    try:
        response: web.StreamResponse = await handler(request)
    except Problem as err:
        response = err.response()
    return response


@dataclass
class Chat:
    """A running server, the hub behind it, and browsers that open tabs."""

    connector: WebChat
    backend: ChatBackend
    options: dict[str, Any]
    http: aiohttp.ClientSession
    server: SessionServer = field(init=False)
    web: TestServer = field(init=False)
    _runner: asyncio.Task[None] | None = None

    async def start(self) -> None:
        self.server = SessionServer(
            self.backend,
            lambda name: self.connector if name == "chat" else None,
            **self.options,
        )
        self.backend.server = self.server
        app = web.Application(middlewares=[problems])
        app.add_routes(self.server.routes())
        self.web = TestServer(app)
        await self.web.start_server()
        self._runner = asyncio.create_task(self.server.run())

    async def stop(self) -> None:
        await self.server.close()
        await self.web.close()
        if self._runner is not None:
            self._runner.cancel()
            with suppress(asyncio.CancelledError):
                await self._runner

    async def restart(self) -> None:
        await self.stop()
        await self.start()

    def url(self, path: str) -> str:
        return str(self.web.make_url(path))

    @asynccontextmanager
    async def tab(self, origin: str | None = None, **hello: Any) -> AsyncIterator[Tab]:
        """An open tab that has said hello."""
        async with self.raw_tab(origin) as tab:
            await tab.send("hello", **hello)
            tab.hello = await tab.receive("hello")
            yield tab

    @asynccontextmanager
    async def raw_tab(self, origin: str | None = None) -> AsyncIterator[Tab]:
        headers = {"Origin": origin} if origin else {}
        async with self.http.ws_connect(self.url("/chat/chat"), headers=headers) as ws:
            yield Tab(ws, self)


@dataclass
class Tab:
    ws: aiohttp.ClientWebSocketResponse
    chat: Chat
    hello: dict[str, Any] = field(default_factory=dict)

    @property
    def token(self) -> str:
        return str(self.hello["visitor"])

    @property
    def uri(self) -> Uri:
        return Uri(f"webchat:chat/{self.token.partition('.')[0]}")

    async def send(self, kind: str, **frame: Any) -> None:
        await self.ws.send_str(json.dumps({"type": kind, **frame}))

    async def receive(self, kind: str) -> dict[str, Any]:
        frame = await self.any()
        assert frame["type"] == kind, frame
        return frame

    async def any(self) -> dict[str, Any]:
        async with asyncio.timeout(30):
            message = await self.ws.receive()
        assert message.type is WSMsgType.TEXT, message
        return dict(json.loads(message.data))

    async def closed(self) -> int | None:
        async with asyncio.timeout(30):
            while not self.ws.closed:
                message = await self.ws.receive()
                if message.type is WSMsgType.CLOSE:  # the answer to it may find nobody any more
                    return int(message.data)
        return self.ws.close_code

    async def say(self, text: str, message_id: str = "") -> dict[str, Any]:
        """Send a message and take its ack."""
        message_id = message_id or uuid.uuid4().hex
        await self.send("message", id=message_id, text=text, files=[])
        ack = await self.receive("ack")
        assert ack["id"] == message_id
        return ack


Start = Callable[..., Any]


@pytest.fixture
async def start() -> AsyncIterator[Start]:
    """start(settings fields, limits=, queue_bytes=…) -> Chat."""
    chats: list[Chat] = []
    async with aiohttp.ClientSession() as http:

        async def begin(
            limits: SessionLimits | None = None,
            options: dict[str, Any] | None = None,
            **fields: Any,
        ) -> Chat:
            kind = WebChat if limits is None else _with_limits(limits)
            connector = kind(Settings(**fields), environment())
            chat = Chat(connector, ChatBackend(connector), options or {}, http)
            chats.append(chat)
            await chat.start()
            return chat

        yield begin
        for chat in chats:
            await chat.stop()


def _with_limits(given: SessionLimits) -> type[WebChat]:
    class Limited(WebChat):
        @property
        def limits(self) -> SessionLimits:
            return given

    return Limited


# ---------------------------------------------------------------- hello and messages


async def test_a_new_visitor_writes_and_is_answered(start: Start) -> None:
    chat = await start(title="Acme", prechat=("name",))
    async with chat.tab() as tab:
        assert tab.hello["entries"] == []
        assert tab.hello["chat"]["title"] == "Acme"
        assert tab.hello["chat"]["prechat"] == ["name"]
        ack = await tab.say("سلام، سفارش من کجاست؟")
        entry = chat.backend.write(tab.uri, "Let me look")
        message = await tab.receive("message")
    assert message["entry"]["id"] == entry.id > ack["entry"]
    assert message["entry"]["text"] == "Let me look"
    assert message["entry"]["direction"] == "out"
    assert message["entry"]["name"] == "Sara"
    assert message["entry"]["at"].endswith("Z")
    assert [item.text for item in chat.backend.inbound] == ["سلام، سفارش من کجاست؟"]


async def test_the_ack_comes_only_after_the_commit(start: Start) -> None:
    chat = await start()
    held: list[str] = []
    chat.backend.before_file = lambda raw: held.append(raw.key)

    def committed(raw: Any) -> None:
        assert len(chat.backend.timelines[Uri(tab.uri)]) == 1
        held.append("committed")

    chat.backend.after_file = committed
    async with chat.tab() as tab:
        await tab.say("one", "m1")
        held.append("acked")
    assert held == ["m1", "committed", "acked"]


async def test_a_message_that_was_sent_again_has_the_same_ack_and_is_stored_once(
    start: Start,
) -> None:
    chat = await start()
    async with chat.tab() as tab:
        first = await tab.say("one", "m1")
        assert await tab.say("one", "m1") == first
        token, uri = tab.token, tab.uri
    async with chat.tab(visitor=token, since=first["entry"]) as tab:
        assert await tab.say("one", "m1") == first
    assert len(chat.backend.timelines[uri]) == 1


async def test_the_same_id_of_two_visitors_is_two_messages(start: Start) -> None:
    chat = await start()
    async with chat.tab() as one, chat.tab() as two:
        assert (await one.say("mine", "m1"))["entry"] != (await two.say("mine", "m1"))["entry"]


async def test_messages_of_one_tab_keep_their_order(start: Start) -> None:
    chat = await start()
    async with chat.tab() as tab:
        for number in range(20):
            await tab.send("message", id=f"m{number}", text=str(number))
        acks = [await tab.receive("ack") for _ in range(20)]
        assert [entry.text for entry in chat.backend.timelines[tab.uri]] == [*map(str, range(20))]
    assert [ack["id"] for ack in acks] == [f"m{number}" for number in range(20)]


async def test_a_lone_surrogate_is_no_reason_to_refuse(start: Start) -> None:
    chat = await start()
    async with chat.tab() as tab:
        await tab.ws.send_str(r'{"type": "message", "id": "m1", "text": "half \ud83d"}')
        await tab.receive("ack")
    assert chat.backend.inbound[0].text == "half \ufffd"


# ---------------------------------------------------------------- resume


async def test_coming_back_has_neither_gap_nor_double(start: Start) -> None:
    chat = await start()
    async with chat.tab() as tab:
        last = (await tab.say("one"))["entry"]
        token, uri = tab.token, tab.uri
    missed = [chat.backend.write(uri, f"missed {number}") for number in range(3)]
    async with chat.tab(visitor=token, since=last) as tab:
        assert tab.token == token
        assert [entry["id"] for entry in tab.hello["entries"]] == [item.id for item in missed]
        chat.backend.write(uri, "live")
        assert (await tab.receive("message"))["entry"]["text"] == "live"


async def test_what_comes_between_reading_history_and_hello_is_not_lost(start: Start) -> None:
    chat = await start()
    async with chat.tab() as tab:
        token, uri = tab.token, tab.uri
        first = chat.backend.write(uri, "first")
    written: list[ChatEntry] = []

    def race() -> None:  # after the rows were read, before they are answered
        if not written:
            written.append(chat.backend.write(uri, "in between"))

    chat.backend.before_entries = race
    async with chat.tab(visitor=token, since=0) as tab:
        assert [entry["id"] for entry in tab.hello["entries"]] == [first.id]
        assert (await tab.receive("message"))["entry"]["id"] == written[0].id
        last = chat.backend.write(uri, "last")
        assert (await tab.receive("message"))["entry"]["id"] == last.id


async def test_a_long_absence_comes_in_pages_in_order(start: Start) -> None:
    chat = await start()
    async with chat.tab() as tab:
        token, uri = tab.token, tab.uri
    ids = [chat.backend.write(uri, "x" * 100).id for _ in range(sessions_socket.PAGE * 3 + 7)]
    async with chat.tab(visitor=token, since=0) as tab:
        seen = [entry["id"] for entry in tab.hello["entries"]]
        while len(seen) < len(ids):
            seen.append((await tab.receive("message"))["entry"]["id"])
    assert seen == ids


async def test_without_a_cursor_the_newest_entries_come(start: Start) -> None:
    chat = await start(history=5)
    async with chat.tab() as tab:
        token, uri = tab.token, tab.uri
    ids = [chat.backend.write(uri, "x").id for _ in range(9)]
    async with chat.tab(visitor=token) as tab:
        assert [entry["id"] for entry in tab.hello["entries"]] == ids[-5:]


async def test_a_restarted_hub_knows_its_visitors(start: Start) -> None:
    chat = await start()
    async with chat.tab() as tab:
        ack = await tab.say("one", "m1")
        token = tab.token
        closing = asyncio.create_task(tab.closed())
        await chat.restart()
        assert await closing == 1012
    async with chat.tab(visitor=token, since=0) as tab:
        (entry,) = tab.hello["entries"]
        assert (entry["id"], entry["client_id"]) == (ack["entry"], "m1")
        assert (await tab.say("one", "m1"))["entry"] == ack["entry"]


async def test_a_message_whose_ack_was_lost_is_acked_again(start: Start) -> None:
    chat = await start()
    async with chat.tab() as tab:
        token, uri = tab.token, tab.uri

        def cut(_raw: Any) -> None:
            tab.ws._writer.transport.abort()

        chat.backend.after_file = cut
        await tab.send("message", id="m1", text="one")
        await tab.closed()
    chat.backend.after_file = None
    async with chat.tab(visitor=token, since=0) as tab:
        (entry,) = tab.hello["entries"]
        assert (await tab.say("one", "m1"))["entry"] == entry["id"]
    assert len(chat.backend.timelines[uri]) == 1


async def test_other_tabs_see_what_one_tab_wrote_and_it_does_not(start: Start) -> None:
    chat = await start()
    async with chat.tab() as one, chat.tab(visitor=one.token) as two:
        ack = await one.say("from one", "m1")
        echo = await two.receive("message")
        assert (echo["entry"]["id"], echo["entry"]["client_id"]) == (ack["entry"], "m1")
        chat.backend.write(one.uri, "to both")
        for tab in (one, two):
            assert (await tab.receive("message"))["entry"]["text"] == "to both"


async def test_a_visitor_sees_the_history_of_its_own_token_only(start: Start) -> None:
    chat = await start()
    async with chat.tab() as one, chat.tab() as two:
        await one.say("secret")
        chat.backend.write(one.uri, "for one")
        await one.receive("message")
        await two.say("mine")  # answered next: nothing else came before it
        token = two.token
    async with chat.tab(visitor=token, since=0) as two:
        assert [entry["text"] for entry in two.hello["entries"]] == ["mine"]


# ---------------------------------------------------------------- what is refused


@pytest.mark.parametrize(
    ("frame", "field", "words"),
    [
        ("not json", "frame", "not JSON"),
        ("[1]", "frame", "not a JSON object"),
        ('{"type": "message", "id": "m", "text": NaN}', "frame", "not JSON"),
        ("[" * 30_000, "frame", "not JSON"),
        ('{"text": "x"}', "type", "is missing"),
        ('{"type": "shout"}', "type", "not known"),
        ('{"type": "message", "text": "x"}', "id", "is missing"),
        ('{"type": "message", "id": "", "text": "x"}', "id", "length"),
        ('{"type": "message", "id": "a b", "text": "x"}', "id", "regex"),
        (json.dumps({"type": "message", "id": "i" * 65, "text": "x"}), "id", "length"),
        ('{"type": "message", "id": "m", "text": 7}', "text", "expected str"),
        ('{"type": "message", "id": "m", "text": " "}', "text", "empty"),
        (json.dumps({"type": "message", "id": "m", "text": "x" * 10_001}), "text", "length"),
        ('{"type": "message", "id": "m", "text": "x", "files": "f"}', "files", "expected array"),
        ('{"type": "message", "id": "m", "files": ["f"]}', "files[0]", "not a file"),
        ('{"type": "read", "upto": "7"}', "upto", "expected int"),
        ('{"type": "read", "upto": -1}', "upto", ">= 0"),
        ('{"type": "hello"}', "type", "once"),
    ],
)
async def test_a_bad_frame_is_answered_and_the_socket_stays(
    start: Start, frame: str, field: str, words: str
) -> None:
    chat = await start()
    async with chat.tab() as tab:
        await tab.ws.send_str(frame)
        error = await tab.receive("error")
        assert (error["code"], error["field"]) == ("invalid", field)
        assert words in error["reason"]
        await tab.say("still here")
    assert len(chat.backend.inbound) == 1


async def test_binary_frames_are_refused(start: Start) -> None:
    chat = await start()
    async with chat.tab() as tab:
        await tab.ws.send_bytes(b'{"type": "typing"}')
        assert (await tab.receive("error"))["field"] == "frame"


async def test_an_error_names_the_message_it_is_about(start: Start) -> None:
    chat = await start()
    async with chat.tab() as tab:
        await tab.send("message", id="m9", text="")
        assert (await tab.receive("error"))["id"] == "m9"


async def test_too_many_bad_frames_close_the_socket(start: Start) -> None:
    chat = await start()
    async with chat.raw_tab() as tab:
        for _ in range(sessions_socket.BAD_FRAMES):
            await tab.ws.send_str("?")
        assert await tab.closed() == 1008


async def test_hello_comes_first(start: Start) -> None:
    chat = await start()
    async with chat.raw_tab() as tab:
        await tab.send("message", id="m", text="x")
        assert (await tab.receive("error"))["field"] == "type"
        await tab.send("hello", since="yesterday")
        assert (await tab.receive("error"))["field"] == "since"
        await tab.send("hello", visitor=None, since=None)
        await tab.receive("hello")


async def test_who_says_nothing_is_closed(start: Start, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sessions_socket, "HELLO_WITHIN", 0.01)
    chat = await start()
    async with chat.raw_tab() as tab:
        assert await tab.closed() == 1008


async def test_an_oversized_frame_closes_the_socket_and_nothing_else(start: Start) -> None:
    chat = await start()
    async with chat.tab() as big, chat.tab() as other:
        await big.send("message", id="m", text="x" * 300_000)
        assert await big.closed() == 1009
        await other.say("fine")


async def test_the_longest_text_fits_however_it_is_escaped(start: Start) -> None:
    chat = await start()
    text = "\U0001f642" * 10_000
    async with chat.tab() as tab:
        await tab.ws.send_str(json.dumps({"type": "message", "id": "m", "text": text}))
        await tab.receive("ack")
    assert chat.backend.inbound[0].text == text


@pytest.mark.parametrize("token", ["x", "a.b", "0" * 32 + ".AAAA", "\u0000", "é.é"])
async def test_a_forged_token_is_refused_and_closed(start: Start, token: str) -> None:
    chat = await start()
    async with chat.raw_tab() as tab:
        await tab.send("hello", visitor=token)
        error = await tab.receive("error")
        assert (error["code"], error["field"]) == ("refused", "visitor")
        assert await tab.closed() == 4401


async def test_the_rate_of_a_visitor_is_limited_over_all_its_tabs(start: Start) -> None:
    chat = await start(burst=3, messages_per_second=0.5)
    async with chat.tab() as one, chat.tab(visitor=one.token) as two, chat.tab() as other:
        await one.say("1")
        await two.receive("message")
        await two.say("2")
        await one.receive("message")
        await one.say("3")
        await two.receive("message")
        await two.send("message", id="m4", text="4")
        error = await two.receive("error")
        assert (error["code"], error["id"]) == ("rate_limited", "m4")
        assert 0 < error["retry_after"] <= 2
        await other.say("not me")
    assert len(chat.backend.inbound) == 4


async def test_a_busy_store_says_when_to_try_again(start: Start) -> None:
    chat = await start()

    def busy(_raw: Any) -> None:
        raise Unavailable("the store is busy", retry_after=timedelta(seconds=3))

    chat.backend.before_file = busy
    async with chat.tab() as tab:
        await tab.send("message", id="m1", text="x")
        error = await tab.receive("error")
        assert (error["code"], error["id"], error["retry_after"]) == ("busy", "m1", 3.0)
        chat.backend.before_file = None
        await tab.say("x", "m1")


async def test_a_fault_behind_is_told_and_costs_nobody_the_socket(
    start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    chat = await start()

    def fault(_raw: Any) -> None:
        raise RuntimeError("no")

    chat.backend.before_file = fault
    async with chat.tab() as tab:
        await tab.send("message", id="m1", text="words of a customer")
        error = await tab.receive("error")
        assert (error["code"], error["id"]) == ("failed", "m1")
        chat.backend.before_file = None
        await tab.say("x", "m1")
    assert "words of a customer" not in caplog.text


async def test_a_page_of_a_foreign_site_is_refused(start: Start) -> None:
    chat = await start(origins=("shop.example",))
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with chat.raw_tab("https://evil.example"):
            pass
    assert refused.value.status == 403
    async with chat.tab("https://shop.example") as tab:
        await tab.say("hello")


async def test_an_unknown_chat_is_404(start: Start) -> None:
    chat = await start()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with chat.http.ws_connect(chat.url("/chat/none")):
            pass
    assert refused.value.status == 404


async def test_a_slow_browser_is_closed_and_resumes(start: Start) -> None:
    chat = await start(options={"queue_frames": 50, "queue_bytes": 1_000_000})
    async with chat.tab() as tab:
        ids = [chat.backend.write(tab.uri, "x" * 60_000).id for _ in range(400)]
        seen = []
        with suppress(AssertionError):
            while True:
                seen.append((await tab.any())["entry"]["id"])
        assert tab.ws.close_code == 4408
        assert seen == ids[: len(seen)]
        token = tab.token
    async with chat.tab(visitor=token, since=seen[-1] if seen else 0) as tab:
        again = [entry["id"] for entry in tab.hello["entries"]]
        while len(seen) + len(again) < len(ids):
            again.append((await tab.receive("message"))["entry"]["id"])
    assert seen + again == ids


async def test_a_browser_that_never_reads_is_cut_off(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sessions_socket, "CLOSE_WITHIN", 0.05)
    chat = await start(options={"queue_frames": 5})
    async with chat.tab() as tab:
        for _ in range(400):
            chat.backend.write(tab.uri, "x" * 60_000)
        await chat.backend.until(lambda: (tab.uri, "away") in chat.backend.presences)
        assert await tab.closed() in (1006, 4408)


# ---------------------------------------------------------------- receipts, typing, presence


async def test_ack_and_read_become_receipts_that_go_forward_and_not_beyond(start: Start) -> None:
    chat = await start()
    async with chat.tab() as tab:
        first = chat.backend.write(tab.uri, "one")
        second = chat.backend.write(tab.uri, "two")
        await tab.receive("message")
        await tab.receive("message")
        await tab.send("ack", upto=first.id)
        await tab.send("ack", upto=first.id)
        await tab.send("ack", upto=2**50)
        await tab.send("read", upto=second.id)
        await tab.say("after")
        assert chat.backend.receipts == [
            (tab.uri, first.id, "delivered"),
            (tab.uri, second.id, "delivered"),
            (tab.uri, second.id, "read"),
        ]
        token, uri = tab.token, tab.uri
    chat.backend.receipts.clear()
    async with chat.tab(visitor=token, since=second.id + 1) as tab:
        await tab.say("x")
        assert chat.backend.receipts == [(uri, second.id + 1, "delivered")]


async def test_typing_goes_both_ways_and_is_thinned(start: Start) -> None:
    chat = await start()
    async with chat.tab() as tab:
        for _ in range(5):
            await tab.send("typing")
        await tab.say("done")
        assert [signal.signal for signal in chat.backend.signals] == ["typing"]
        chat.server.typing("chat", tab.uri, "Sara")
        assert (await tab.receive("typing"))["name"] == "Sara"


async def test_an_agent_who_has_read_is_told_to_the_visitor(start: Start) -> None:
    chat = await start()
    async with chat.tab() as tab:
        ack = await tab.say("hello")
        chat.server.receipt("chat", tab.uri, ack["entry"])
        receipt = await tab.receive("receipt")
    assert receipt == {"type": "receipt", "upto": ack["entry"], "state": "read"}


def _short(**more: timedelta) -> SessionLimits:
    quick = timedelta(seconds=0.02)
    return SessionLimits(**{"left_after": quick, "away_for": timedelta(hours=1), **more})


async def test_a_closed_tab_is_away_and_then_left(start: Start) -> None:
    chat = await start(limits=_short())
    async with chat.tab() as tab:
        uri = tab.uri
        await tab.ws.close()
        await chat.backend.until(lambda: (uri, "left") in chat.backend.presences)
    assert chat.backend.presences[0] == (uri, "here")
    assert chat.backend.presences[-1] == (uri, "left")
    assert chat.server.presence("chat", uri) == "left"


async def test_a_hidden_page_is_away_and_keeps_its_place_without_a_socket(start: Start) -> None:
    chat = await start(limits=_short(left_after=timedelta(0)))
    async with chat.tab() as tab:
        uri, token = tab.uri, tab.token
        await tab.send("away")
        await chat.backend.until(lambda: (uri, "away") in chat.backend.presences)
        tab.ws._writer.transport.abort()
    async with chat.tab(visitor=token) as tab:
        await tab.say("back")
    assert [state for _, state in chat.backend.presences if state == "left"] == []
    assert chat.backend.presences[-1] == (uri, "here") or chat.server.presence("chat", uri)


async def test_a_place_kept_too_long_is_given_up(start: Start) -> None:
    chat = await start(limits=_short(away_for=timedelta(seconds=0.02)))
    async with chat.tab() as tab:
        uri = tab.uri
        tab.ws._writer.transport.abort()
        await chat.backend.until(lambda: (uri, "left") in chat.backend.presences)


async def test_another_tab_in_front_is_here(start: Start) -> None:
    chat = await start(limits=_short())
    async with chat.tab() as one, chat.tab(visitor=one.token) as two:
        await chat.backend.until(lambda: (one.uri, "here") in chat.backend.presences)
        await one.send("away")
        await one.say("in order")
        await two.receive("message")
        assert chat.server.presence("chat", one.uri) == "here"
        await two.send("away")
        await chat.backend.until(lambda: chat.server.presence("chat", one.uri) == "away")


async def test_a_page_that_says_left_and_is_back_in_time_never_left(start: Start) -> None:
    chat = await start(limits=_short(left_after=timedelta(hours=1)))
    async with chat.tab() as tab:
        uri, token = tab.uri, tab.token
        await tab.send("left")
    async with chat.tab(visitor=token) as tab:
        await tab.say("next page")
        assert chat.server.presence("chat", uri) == "here"


# ---------------------------------------------------------------- files


async def _upload(chat: Chat, token: str, body: Any, **more: Any) -> aiohttp.ClientResponse:
    more.setdefault("params", {"name": "photo.png"})
    headers = {"X-Visitor": token, "Content-Type": "image/png", **more.pop("headers", {})}
    return await chat.http.post(chat.url("/chat/chat/files"), data=body, headers=headers, **more)


async def test_a_file_is_uploaded_and_sent_with_a_message(start: Start) -> None:
    chat = await start()
    async with chat.tab() as tab:
        async with await _upload(chat, tab.token, b"\x89PNG...") as response:
            assert response.status == 201
            file = await response.json()
        assert (file["name"], file["type"], file["size"]) == ("photo.png", "image/png", 7)
        await tab.send("message", id="m1", text="", files=[file["id"]])
        await tab.receive("ack")
    (message,) = chat.backend.inbound
    (attachment,) = message.attachments
    assert attachment.ref is not None
    assert chat.backend.files[attachment.ref] == b"\x89PNG..."
    assert (attachment.name, attachment.type, attachment.size) == ("photo.png", "image/png", 7)


async def test_a_form_with_a_file_does_as_well(start: Start) -> None:
    chat = await start()
    async with chat.tab() as tab:
        form = aiohttp.FormData(quote_fields=False)
        form.add_field("file", b"hello", filename="../../a b.txt", content_type="text/plain")
        headers = {"Authorization": f"Bearer {tab.token}"}
        url = chat.url("/chat/chat/files")
        async with chat.http.post(url, data=form, headers=headers) as response:
            file = await response.json()
    assert (response.status, file["name"], file["type"]) == (201, "a b.txt", "text/plain")


async def test_another_visitors_file_cannot_be_sent(start: Start) -> None:
    chat = await start()
    async with chat.tab() as one, chat.tab() as two:
        async with await _upload(chat, one.token, b"mine") as response:
            file = await response.json()
        await two.send("message", id="m1", text="look", files=[file["id"]])
        assert (await two.receive("error"))["field"] == "files[0]"


async def test_a_file_over_the_cap_is_refused_while_it_is_read(start: Start) -> None:
    chat = await start(max_file_bytes=1_000)
    read = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal read
        while True:
            read += 1_000
            yield b"x" * 1_000
            await asyncio.sleep(0)

    async with chat.tab() as tab:
        async with await _upload(chat, tab.token, b"x" * 100_000) as response:
            assert response.status == 413
            assert response.content_type == "application/problem+json"
        with suppress(aiohttp.ClientError):  # cut off while sending is as good
            async with await _upload(chat, tab.token, endless()) as response:
                assert response.status == 413
    assert chat.backend.files == {}
    assert read < 50_000_000


@pytest.mark.parametrize(
    ("token", "params", "body", "status"),
    [
        ("", {"name": "a"}, b"x", 401),
        ("forged.AAAA", {"name": "a"}, b"x", 401),
        (None, {"name": ""}, b"x", 400),
        (None, {"name": "a/"}, b"x", 400),
        (None, {"name": "a"}, b"", 400),
    ],
)
async def test_bad_uploads(
    start: Start, token: str | None, params: dict[str, str], body: bytes, status: int
) -> None:
    chat = await start()
    async with chat.tab() as tab:
        given = tab.token if token is None else token
        async with await _upload(chat, given, body, params=params) as response:
            assert response.status == status


async def test_a_broken_form_is_400(start: Start) -> None:
    chat = await start()
    async with chat.tab() as tab:
        for kind in ("multipart/form-data", "multipart/form-data; boundary=x"):
            headers = {"Content-Type": kind}
            async with await _upload(chat, tab.token, b"garbage", headers=headers) as response:
                assert response.status == 400


async def test_uploads_count_against_the_visitors_rate(start: Start) -> None:
    chat = await start(burst=1, messages_per_second=0.1)
    async with chat.tab() as tab:
        async with await _upload(chat, tab.token, b"x") as response:
            assert response.status == 201
        async with await _upload(chat, tab.token, b"x") as response:
            assert response.status == 429
            assert int(response.headers["Retry-After"]) > 0


async def test_a_chat_without_files_says_so(start: Start) -> None:
    chat = await start(max_file_bytes=0)
    async with chat.tab() as tab, await _upload(chat, tab.token, b"x") as response:
        assert response.status == 403


async def test_a_signed_in_visitor_uploads_too(start: Start) -> None:
    chat = await start(site_secret=Secret("s3cret"))
    identity = {"user_id": "42", "hash": signature(Secret("s3cret"), "42")}
    async with (
        chat.tab(identity=identity) as tab,
        await _upload(chat, tab.token, b"x") as response,
    ):
        file = await response.json()
        await tab.send("message", id="m1", files=[file["id"]])
        await tab.receive("ack")
    assert chat.backend.inbound[0].authenticated


# ---------------------------------------------------------------- other sites, script, schema


async def test_a_site_may_ask_and_upload_across_origins(start: Start) -> None:
    chat = await start(origins=("https://shop.example",), title="Shop")
    origin = {"Origin": "https://shop.example"}
    async with chat.http.options(chat.url("/chat/chat/files"), headers=origin) as response:
        assert response.status == 204
        assert "X-Visitor" in response.headers["Access-Control-Allow-Headers"]
    async with chat.http.get(chat.url("/chat/chat"), headers=origin) as response:
        assert (await response.json())["title"] == "Shop"
        assert response.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    async with await _upload(chat, "forged.x", b"x", headers=origin) as response:
        assert response.status == 401
        assert response.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    evil = {"Origin": "https://evil.example"}
    async with chat.http.get(chat.url("/chat/chat"), headers=evil) as response:
        assert response.status == 403
        assert "Access-Control-Allow-Origin" not in response.headers


async def test_the_schema_names_every_frame(start: Start) -> None:
    chat = await start()
    async with chat.http.get(chat.url("/chat/schema.json")) as response:
        schema = await response.json(content_type=None)
    kinds = {
        kind: schema["$defs"][side]["discriminator"]["mapping"].keys()
        for side, kind in (("Client", "client"), ("Server", "server"))
    }
    assert kinds["client"] >= {"hello", "message", "typing", "read", "ack", "here", "away", "left"}
    assert kinds["server"] == {
        "hello",
        "ack",
        "message",
        "earlier",
        "receipt",
        "typing",
        "queue",
        "code",
        "error",
    }


async def test_the_script_is_served_packed_and_cached(start: Start, tmp_path: Path) -> None:
    script = tmp_path / "widget.js"
    chat = await start(options={"widget": script})
    url = chat.url("/widget.js")
    async with chat.http.get(url) as response:
        assert response.status == 404
    script.write_text("1" * 5_000)
    async with chat.http.get(url) as response:
        assert response.headers["Content-Encoding"] == "gzip"
        assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
        assert await response.text() == "1" * 5_000
        etag = response.headers["ETag"]
    async with chat.http.get(url, headers={"If-None-Match": etag}) as response:
        assert response.status == 304


# ---------------------------------------------------------------- a channel that changes


async def test_tabs_of_a_channel_that_was_changed_come_back_to_the_new_one(start: Start) -> None:
    chat = await start(title="Old")
    async with chat.tab() as tab:
        chat.connector = WebChat(Settings(title="New"), chat.connector.env)
        async with chat.tab(visitor=tab.token) as again:
            assert again.hello["chat"]["title"] == "New"
            assert again.uri == tab.uri
            assert await tab.closed() == 1012
            await again.say("hello")


async def test_a_closing_hub_takes_no_new_sockets(start: Start) -> None:
    chat = await start()
    await chat.server.close()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with chat.raw_tab():
            pass
    assert refused.value.status == 503
