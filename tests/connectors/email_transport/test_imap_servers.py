"""The IMAP source against servers that others wrote: pymap, and aioimaplib's own."""

from __future__ import annotations

import asyncio
import json
import ssl
import warnings
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from pymap.parsing.specials.flag import Seen

from connectors.contract import ConfigInvalid, Cursor, Raw, Unauthorized, Unavailable
from connectors.email import imap_compare
from connectors.email.imap import FILING_HEADER, STUB_HEADER, ImapSource
from connectors.email.settings import Settings
from connectors.secret import Secret
from tests.fakes.imap_servers import PASSWORD, USER, Pymap, pymap

BODY = b"From: a@b.example\r\nSubject: hello\r\n\r\nText.\r\n"


def source(port: int, **more: Any) -> ImapSource:
    given: dict[str, Any] = {
        "address": USER,
        "imap_host": "127.0.0.1",
        "imap_port": port,
        "imap_security": "none",
        "imap_password": Secret(PASSWORD),
    }
    return ImapSource(Settings(**given | more), "mail")


class Taker:
    """Takes mails in a task of its own, like a hub."""

    def __init__(self, source: ImapSource, cursor: Cursor | None = None) -> None:
        self.source = source
        self.cursor = cursor
        self.queue: asyncio.Queue[Raw] = asyncio.Queue()
        self.ready = asyncio.Event()

    async def run(self) -> None:
        async with aclosing(self.source.events(self.cursor)) as batches:
            async for raws, cursor in batches:
                self.cursor = cursor
                if len(json.loads(cursor)) == len(self.source._settings.folders):
                    self.ready.set()
                for raw in raws:
                    self.queue.put_nowait(raw)

    async def take(self, count: int) -> list[Raw]:
        async with asyncio.timeout(30):
            return [await self.queue.get() for _ in range(count)]


@asynccontextmanager
async def taking(source: ImapSource, cursor: Cursor | None = None) -> AsyncIterator[Taker]:
    taker = Taker(source, cursor)
    task = asyncio.create_task(taker.run())
    try:
        async with asyncio.timeout(30):
            await taker.ready.wait()
        yield taker
    finally:
        task.cancel()
        await asyncio.wait({task})


@asynccontextmanager
async def mailbox() -> AsyncIterator[Pymap]:
    """pymap with one login behind it, which makes the folders."""
    async with pymap() as server:
        await source(server.port).check()
        yield server


# ---------------------------------------------------------------- pymap


async def test_new_mail_comes_by_idle():
    async with mailbox() as server:
        await server.deliver(BODY)
        async with taking(source(server.port)) as taker:
            uid = await server.deliver(BODY)
            (raw,) = await taker.take(1)
            assert raw.key.endswith(f"/{uid}")
            assert raw.body == BODY
            for _ in range(3):
                await server.deliver(BODY)
            assert len(await taker.take(3)) == 3
            assert taker.queue.empty()


async def test_it_never_sets_a_flag():
    async with mailbox() as server:
        async with taking(source(server.port)) as taker:
            uid = await server.deliver(BODY)
            await taker.take(1)
        inbox = await server.folder()
        flags = {str(flag) for flag in inbox._messages[uid].permanent_flags}
        assert not any("Seen" in flag for flag in flags)


async def test_a_read_mail_is_new_all_the_same():
    async with mailbox() as server:
        async with taking(source(server.port)) as taker:
            cursor = taker.cursor
        uid = await server.deliver(BODY)
        inbox = await server.folder()
        inbox._messages[uid].permanent_flags = frozenset({Seen})
        async with taking(source(server.port), cursor) as taker:
            (raw,) = await taker.take(1)
            assert raw.header("FLAGS") == "\\Seen"


async def test_what_came_while_we_were_away():
    async with mailbox() as server:
        async with taking(source(server.port)) as taker:
            cursor = taker.cursor
        for _ in range(130):
            await server.deliver(BODY, at=datetime(2001, 1, 1, tzinfo=UTC))
        async with taking(source(server.port), cursor) as taker:
            raws = await taker.take(130)
            assert len({raw.key for raw in raws}) == 130


async def test_a_mailbox_made_anew_under_the_same_name():
    async with mailbox() as server:
        async with taking(source(server.port)) as taker:
            cursor = taker.cursor
        inbox = await server.folder()
        inbox._uid_validity += 1
        inbox._messages.clear()
        inbox._max_uid = 0
        now = datetime.now(UTC)
        await server.deliver(BODY, at=now - timedelta(days=2))
        await server.deliver(BODY, at=now + timedelta(seconds=2))
        async with taking(source(server.port), cursor) as taker:
            (raw,) = await taker.take(1)
            assert raw.key == f"INBOX/{inbox._uid_validity}/2"


async def test_history_and_what_is_sent_and_junk(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("connectors.email.imap_listing.WINDOW_MAILS", 7)
    monkeypatch.setattr("connectors.email.imap_listing.FEW_MAILS", 7)
    places = {"sent_folder": "Sent", "junk_folder": "Junk E-mail"}
    async with mailbox() as server:
        for name in places.values():
            await server.folder(name)
        for _ in range(20):
            await server.deliver(BODY, at=datetime(2001, 1, 1, tzinfo=UTC))
        await server.deliver(BODY, folder="Sent", at=datetime(2001, 1, 1, tzinfo=UTC))
        ours = source(server.port, history="all", poll_seconds=1, **places)
        settings = ours._settings
        counted = await imap_compare.backlog(ours, settings, None)
        assert [(one.folder, one.new, one.history) for one in counted] == [
            ("Junk E-mail", 0, 0),
            ("INBOX", 0, 20),
            ("Sent", 0, 1),
        ]
        async with taking(ours) as taker:
            raws = await taker.take(21)
            assert {raw.header(FILING_HEADER) for raw in raws} == {"history", "history own"}
            await server.deliver(BODY, folder="Junk E-mail")
            (junk,) = await taker.take(1)
            assert junk.header(FILING_HEADER) == "junk"
            await server.deliver(BODY, folder="Sent")
            (sent,) = await taker.take(1)
            assert sent.header(FILING_HEADER) == "own"
            cursor = taker.cursor
        pages = [page async for page in imap_compare.listing(ours, settings, cursor)]
        listed = [(place.folder, mail) for place, mails in pages for mail in mails]
        assert len(listed) == 23
        assert all(mail.wanted for _, mail in listed)
        inbox = next(place for place, _ in pages if place.folder == "INBOX")
        chosen = [mail for folder, mail in listed if folder == "INBOX" and mail.uid % 3 == 0]
        fetched = [raw async for raws in imap_compare.fetch(ours, inbox, chosen) for raw in raws]
        assert [int(raw.key.rpartition("/")[2]) for raw in fetched] == [m.uid for m in chosen]
        assert {raw.header(FILING_HEADER) for raw in fetched} == {"history"}


async def test_large_and_odd_mails_come_whole():
    odd = b"Subject: =?x?\r\n\r\n" + bytes(range(256)) * 40_000 + b"\r\n.\r\n)\r\n"
    async with mailbox() as server, taking(source(server.port)) as taker:
        await server.deliver(odd)
        await server.deliver(b"no header at all")
        assert [raw.body for raw in await taker.take(2)] == [odd, b"no header at all"]


async def test_over_the_cap_the_header_is_kept():
    async with mailbox() as server, taking(source(server.port, max_bytes=2048)) as taker:
        await server.deliver(BODY + b"x" * 4096)
        await server.deliver(BODY)
        stub, whole = await taker.take(2)
        assert stub.header(STUB_HEADER)
        assert stub.body.startswith(b"From: a@b.example\r\nSubject: hello\r\n")
        assert b"xxx" not in stub.body
        assert whole.body == BODY


async def test_folders_with_spaces_and_other_scripts():
    names = ("Sent Mail", "Entwürfe & Co", "پشتیبانی", 'with "quotes" \\', "INBOX")
    async with mailbox() as server:
        for name in names:
            await server.folder(name)
        async with taking(source(server.port, folders=names, poll_seconds=1)) as taker:
            for name in names:
                await server.deliver(BODY, folder=name)
            raws = await taker.take(len(names))
            assert sorted(raw.key.rsplit("/", 2)[0] for raw in raws) == sorted(names)


async def test_many_mailboxes_at_once():
    async with mailbox() as server:
        takers = [taking(source(server.port)) for _ in range(8)]
        opened = [await taker.__aenter__() for taker in takers]
        await server.deliver(BODY)
        for taker in opened:
            assert len(await taker.take(1)) == 1
        for taker in takers:
            await taker.__aexit__(None, None, None)


async def test_a_missing_folder():
    async with mailbox() as server:
        with pytest.raises(ConfigInvalid, match="folders: Nowhere"):
            await source(server.port, folders=("Nowhere",)).check()


async def test_a_folder_that_goes_holds_up_no_other():
    async with mailbox() as server:
        await server.folder("Else")
        reader = source(server.port, folders=("INBOX", "Else"))
        async with taking(reader) as taker:
            cursor = taker.cursor
        await server.remove("Else")
        await server.deliver(BODY)
        taker = Taker(reader, cursor)
        with pytest.raises(Unavailable, match=r"^folders: Else: .* The other folders are read\.$"):
            await taker.run()
        assert len(await taker.take(1)) == 1
        pages = imap_compare.listing(reader, reader._settings, taker.cursor)
        listed = [page async for page in pages]
        assert {place.folder for place, _ in listed} == {"INBOX"}
        await server.folder("Else")
        await server.deliver(BODY, folder="Else")
        async with taking(reader, taker.cursor) as again:
            await again.take(1)


async def test_a_wrong_password():
    async with pymap() as server:
        with pytest.raises(Unauthorized):
            await source(server.port, imap_password=Secret("wrong")).check()


async def test_tls_from_the_first_byte(certificate: tuple[ssl.SSLContext, Path]):
    context, pem = certificate
    async with pymap(context) as server:
        secure = source(server.port, imap_security="tls", ca_file=str(pem))
        await secure.check()
        async with taking(secure) as taker:
            await server.deliver(BODY)
            assert len(await taker.take(1)) == 1
        by_name = source(server.port, imap_host="localhost", imap_security="tls", ca_file=str(pem))
        await by_name.check()
        with pytest.raises(Unavailable, match="certificate"):
            await source(server.port, imap_security="tls").check()


# ---------------------------------------------------------------- aioimaplib's testing server


@asynccontextmanager
async def mock_server(**options: Any) -> AsyncIterator[tuple[Any, int]]:
    with warnings.catch_warnings():
        # it asks for an event loop while it is imported
        warnings.filterwarnings("ignore", category=DeprecationWarning)
        from aioimaplib import imap_testing_server as testing  # noqa: PLC0415
    mock = testing.MockImapServer(loop=asyncio.get_running_loop(), **options)
    server = await mock.run_server(host="127.0.0.1", port=0)
    try:
        yield mock, server.sockets[0].getsockname()[1]
    finally:
        mock.reset()
        for connection in mock._connections:
            connection.transport.abort()
        server.close()
        await server.wait_closed()


def letter(subject: str) -> Any:
    from aioimaplib.imap_testing_server import Mail  # noqa: PLC0415

    return Mail.create([USER], mail_from="a@b.example", subject=subject, content="text")


async def test_the_server_of_aioimaplib():
    async with mock_server() as (mock, port):
        mock.receive(letter("old"))
        plain = source(port, imap_password=Secret("word"))
        async with taking(plain) as taker:
            await mock.wait_state("IDLE", USER)
            mock.receive(letter("new"))
            (raw,) = await taker.take(1)
            assert raw.body.endswith(b"Subject: =?utf-8?q?new?=\n\ndGV4dA==\n")
            assert json.loads(taker.cursor)["INBOX"][1] == 2
            await mock.wait_state("IDLE", USER)
            mock.receive(letter("one"))
            mock.receive(letter("two"))
            assert len(await taker.take(2)) == 2


async def test_history_at_the_server_of_aioimaplib():
    async with mock_server() as (mock, port):
        for n in range(3):
            mock.receive(letter(f"old {n}"))
        plain = source(port, imap_password=Secret("word"), history="all")
        async with taking(plain) as taker:
            raws = await taker.take(3)
            assert {raw.header(FILING_HEADER) for raw in raws} == {"history"}
            mock.receive(letter("new"))
            (raw,) = await taker.take(1)
            assert raw.header(FILING_HEADER) is None


async def test_the_server_of_aioimaplib_without_idle():
    async with mock_server(capabilities="UIDPLUS") as (mock, port):
        polling = source(port, imap_password=Secret("word"), poll_seconds=1)
        async with taking(polling) as taker:
            mock.receive(letter("new"))
            assert len(await taker.take(1)) == 1


async def test_xoauth2_at_the_server_of_aioimaplib():
    async with mock_server() as (_, port):
        await source(port, imap_password=Secret("token"), imap_auth="xoauth2").check()
