"""The IMAP source against a server that does to us what servers do, and what they must not."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from contextlib import aclosing, asynccontextmanager
from datetime import UTC, datetime, timedelta

import pytest

from connectors.contract import ConfigInvalid, Cursor, Raw, Unauthorized, Unavailable
from connectors.email.imap import ImapSource
from connectors.email.imap_fetch import (
    BODY_TRIES,
    FILING_HEADER,
    HEADER_TRIES,
    STUB_HEADER,
)
from connectors.email.settings import Settings
from connectors.secret import Secret
from hub import sources
from tests.fakes.imap_servers import USER, Mail, ScriptedImap, scripted

ALIEN_CURSORS = ["x", "[]", '{"INBOX":1}', '{"INBOX":["a","b"]}', '{"INBOX":[]}']
NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
BODY = b"From: a@b.example\r\nSubject: hello\r\n\r\nText.\r\n"


def settings(server: ScriptedImap, **more: object) -> Settings:
    return Settings(
        address=USER,
        imap_host="127.0.0.1",
        imap_port=server.port,
        imap_security="none",
        imap_password=Secret("secret-word"),
        **more,
    )


class Watch:
    """A source and what it yielded; the cursor is what a hub would have committed."""

    def __init__(self, server: ScriptedImap, **more: object) -> None:
        self.slept: list[float] = []
        self.polled = asyncio.Event()
        self.answer_seconds = 5.0
        options = {"idle_seconds": 60.0, "answer_seconds": 5.0, "fetch_seconds": 60.0}
        options |= {name: more.pop(name) for name in list(more) if name in options}
        self.source = ImapSource(
            settings(server, **more), "mail", sleep=self.sleep, now=lambda: NOW, **options
        )
        self.cursor: Cursor | None = None

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.polled.set()
        await asyncio.sleep(0)

    async def until(self, count: int) -> list[Raw]:
        """Connect, take mails until there are so many, and leave."""
        taken: list[Raw] = []
        async with asyncio.timeout(30), aclosing(self.source.events(self.cursor)) as batches:
            async for raws, cursor in batches:
                taken += raws
                self.cursor = cursor
                if len(taken) >= count:
                    break
        return taken

    async def fails(self) -> tuple[list[Raw], Exception]:
        """Connect and take mails until it breaks."""
        taken: list[Raw] = []
        try:
            async with asyncio.timeout(30), aclosing(self.source.events(self.cursor)) as batches:
                async for raws, cursor in batches:
                    taken += raws
                    self.cursor = cursor
        except (ConfigInvalid, Unauthorized, Unavailable) as err:
            return taken, err
        raise AssertionError("it ended")

    @property
    def places(self) -> dict[str, list[int]]:
        return json.loads(self.cursor)


def uids(raws: list[Raw]) -> list[int]:
    return [int(raw.key.rpartition("/")[2]) for raw in raws]


@asynccontextmanager
async def watched(*mails: Mail, **bent: object) -> AsyncIterator[tuple[ScriptedImap, Watch]]:
    """Mails 11, 12 … that came while we were away, after a first connect at UID 10."""
    async with scripted(**bent) as server:
        server.inbox[10] = Mail(BODY)
        watch = Watch(server)
        await watch.until(0)
        assert watch.places["INBOX"][:2] == [7, 10]
        server.commands.clear()
        server.inbox.update(enumerate(mails, start=11))
        yield server, watch


# ---------------------------------------------------------------- what is new


async def test_the_first_connect_takes_nothing_that_was_there():
    async with scripted() as server:
        server.inbox.update({3: Mail(BODY), 9: Mail(BODY)})
        watch = Watch(server)
        assert await watch.until(0) == []
        now = int(NOW.timestamp())
        assert watch.places["INBOX"][:7] == [7, 9, now, now, 9, 0, 9]


@pytest.mark.parametrize("tells_uid_next", [True, False])
async def test_an_empty_mailbox_has_a_place_too(tells_uid_next: bool):
    async with scripted(tells_uid_next=tells_uid_next) as server:
        watch = Watch(server)
        await watch.until(0)
        assert watch.places["INBOX"][:2] == [7, 0]
        server.inbox[1] = Mail(BODY)
        assert uids(await watch.until(1)) == [1]


async def test_without_uidnext_the_last_mail_is_asked_for():
    async with scripted(tells_uid_next=False) as server:
        server.inbox.update({3: Mail(BODY), 9: Mail(BODY)})
        watch = Watch(server)
        await watch.until(0)
        assert watch.places["INBOX"][:2] == [7, 9]


async def test_every_later_uid_is_new_whatever_its_date_and_flags():
    old = Mail(BODY, at="01-Jan-1999 00:00:00 +0000", flags="\\Seen \\Answered")
    async with watched(Mail(BODY), old) as (server, watch):
        raws = await watch.until(2)
        assert [raw.key for raw in raws] == ["INBOX/7/11", "INBOX/7/12"]
        assert raws[1].header("INTERNALDATE") == "01-Jan-1999 00:00:00 +0000"
        assert raws[1].header("FLAGS") == "\\Seen \\Answered"
        assert {raw.kind for raw in raws} == {"mail"}
        assert {raw.body for raw in raws} == {BODY}
        assert watch.places["INBOX"][:2] == [7, 12]
        assert not any("STORE" in command for command in server.commands)
        assert all("BODY[" not in command for command in server.commands)


async def test_the_last_mail_that_a_server_always_lists_is_not_taken_twice():
    async with watched(Mail(BODY)) as (server, watch):
        assert uids(await watch.until(1)) == [11]
        async with aclosing(watch.source.events(watch.cursor)) as batches:
            raws, cursor = await anext(batches)
        assert raws == ()
        assert cursor == watch.cursor
        assert server.fetched() == ["11"]


async def test_mails_come_in_bounded_batches_of_one_range_each():
    async with watched(*[Mail(BODY) for _ in range(120)]) as (server, watch):
        assert uids(await watch.until(120)) == list(range(11, 131))
        assert server.fetched() == ["11:60", "61:110", "111:130"]


async def test_a_batch_is_bounded_in_bytes():
    big = b"A: b\r\n\r\n" + b"x" * 2_400_000
    async with watched(Mail(BODY), Mail(big), Mail(big), Mail(big)) as (server, watch):
        raws = await watch.until(4)
        assert [len(raw.body) for raw in raws] == [len(BODY), len(big), len(big), len(big)]
        assert server.fetched() == ["11:13", "14"]


async def test_the_cursor_of_each_batch_covers_that_batch_and_no_more():
    async with watched(*[Mail(BODY) for _ in range(60)]) as (_, watch):
        async with aclosing(watch.source.events(watch.cursor)) as batches:
            raws, cursor = await anext(batches)
        assert json.loads(cursor)["INBOX"][1] == uids(list(raws))[-1] == 60
        watch.cursor = cursor
        assert uids(await watch.until(10)) == list(range(61, 71))


async def test_every_octet_survives():
    body = bytes(range(256)) + b"\r\n)\r\nA1 OK fooled\r\n* 9 EXISTS\r\n{5}\r\n((\r\n" + bytes(256)
    async with watched(Mail(body), Mail(b""), Mail(BODY)) as (_, watch):
        assert [raw.body for raw in await watch.until(3)] == [body, b"", BODY]


async def test_uids_as_large_as_they_get():
    async with scripted() as server:
        server.inbox[4_294_967_290] = Mail(BODY)
        watch = Watch(server)
        await watch.until(0)
        server.inbox[4_294_967_295] = Mail(BODY)
        assert uids(await watch.until(1)) == [4_294_967_295]


@pytest.mark.parametrize(
    ("history", "expected"), [("none", []), ("30d", [2, 4]), ("all", [1, 2, 3, 4])]
)
async def test_history(history: str, expected: list[int]):
    async with scripted() as server:
        for uid, at in {
            1: "01-Jan-2020",
            2: "20-Feb-2026",
            3: "29-Jan-2026",
            4: "01-Mar-2026",
        }.items():
            server.inbox[uid] = Mail(BODY, at=f"{at} 08:00:00 +0000")
        watch = Watch(server, history=history)
        raws = await watch.until(len(expected))
        assert uids(raws) == expected
        server.inbox[5] = Mail(BODY, at="01-Jan-1980 00:00:00 +0000")
        assert uids(await watch.until(1)) == [5]
        assert [raw.header(FILING_HEADER) for raw in raws] == ["history"] * len(expected)


async def test_a_large_mailbox_is_listed_in_windows_of_what_there_is(
    monkeypatch: pytest.MonkeyPatch,
):
    monkeypatch.setattr("connectors.email.imap_listing.WINDOW_MAILS", 10)
    monkeypatch.setattr("connectors.email.imap_listing.FEW_MAILS", 10)
    numbers = [*range(1, 10), 35, *range(50, 55), 4_000_000_000]
    async with scripted() as server:
        server.inbox.update({uid: Mail(BODY) for uid in numbers})
        watch = Watch(server, history="all")
        assert uids(await watch.until(16)) == numbers
        assert "UID FETCH 1:35 (UID RFC822.SIZE INTERNALDATE FLAGS)" in server.commands
        assert server.commands.count("UID SEARCH UID 1:4000000000") == 1
        late = range(4_000_000_001, 4_000_000_031)
        server.inbox.update({uid: Mail(BODY) for uid in late})
        assert uids(await watch.until(30)) == [*late]
        assert server.fetched()[-2:] == ["4000000011:4000000020", "4000000021:4000000030"]


# ---------------------------------------------------------------- UIDVALIDITY


async def test_a_changed_uidvalidity_reads_what_arrived_since():
    late = Mail(BODY, at="01-Mar-2026 12:00:05 +0000")
    async with watched() as (server, watch):
        server.anew()
        server.inbox.clear()
        server.inbox.update(
            {1: Mail(BODY), 2: late, 3: Mail(BODY, at="28-Feb-2026 00:00:00 +0000")}
        )
        assert [raw.key for raw in await watch.until(1)] == ["INBOX/8/2"]
        await watch.until(0)
        assert watch.places["INBOX"][:2] == [8, 3]
        server.inbox[4] = Mail(BODY, at="01-Jan-1980 00:00:00 +0000")
        assert uids(await watch.until(1)) == [4]


async def test_after_a_changed_uidvalidity_a_mail_without_a_date_is_new():
    async with watched() as (server, watch):
        server.anew()
        server.inbox[10] = Mail(BODY, at="")
        assert uids(await watch.until(1)) == [10]


async def test_uidvalidity_may_change_again_while_we_catch_up():
    late = [Mail(BODY, at=f"01-Mar-2026 13:00:{second:02} +0000") for second in range(60)]
    async with watched() as (server, watch):
        server.anew()
        server.folders["INBOX"] = dict(enumerate(late, start=1))
        assert len(await watch.until(1)) == 50
        server.anew()
        assert len(await watch.until(60)) == 60


async def test_a_cursor_without_a_mark_is_understood():
    async with scripted() as server:
        server.inbox[4] = Mail(BODY)
        watch = Watch(server)
        watch.cursor = Cursor('{"INBOX":[7,3]}')
        assert uids(await watch.until(1)) == [4]


@pytest.mark.parametrize(
    "cursor", ["x", "[]", '{"INBOX":1}', '{"INBOX":["a","b"]}', '{"INBOX":[]}']
)
async def test_an_alien_cursor_is_refused(cursor: str):
    async with scripted() as server:
        watch = Watch(server)
        watch.cursor = Cursor(cursor)
        _, err = await watch.fails()
        assert isinstance(err, ConfigInvalid)


# ---------------------------------------------------------------- mails that make trouble


async def test_a_mail_over_the_cap_is_a_stub_with_its_header():
    large = Mail(BODY + b"x" * 5000)
    async with scripted() as server:
        watch = Watch(server, max_bytes=1024)
        await watch.until(0)
        server.inbox.update({1: Mail(BODY), 2: large, 3: Mail(BODY)})
        raws = await watch.until(3)
        assert [bool(raw.header(STUB_HEADER)) for raw in raws] == [False, True, False]
        assert raws[1].body == BODY.partition(b"Text")[0]
        assert raws[1].header("RFC822.SIZE") == str(len(large.body))
        assert server.fetched() == ["1", "3"]


@pytest.mark.parametrize("tells_size", [True, False])
async def test_a_mail_larger_than_announced_is_a_stub_too(tells_size: bool):
    async with scripted(tells_size=tells_size) as server:
        watch = Watch(server, max_bytes=1024)
        await watch.until(0)
        server.inbox.update({1: Mail(BODY + b"x" * 3_000_000, size=100), 2: Mail(BODY)})
        taken, failures = await drained(watch, server)
        assert uids(taken) == [1, 2]
        assert [raw.header(STUB_HEADER) is None for raw in taken] == [False, True]
        assert failures == 1


@pytest.mark.parametrize("fate", ["no", "missing"])
async def test_a_mail_that_the_server_cannot_give_is_a_stub_at_once(fate: str):
    async with watched(Mail(BODY), Mail(BODY, fate=fate), Mail(BODY)) as (server, watch):
        raws = await watch.until(3)
        assert uids(raws) == [11, 12, 13]
        assert [raw.header(STUB_HEADER) is None for raw in raws] == [True, False, True]
        assert raws[1].body == BODY.partition(b"Text")[0]
        assert server.fetched().count("12") >= 2


async def test_a_refused_mail_without_even_a_header_holds_the_others_up_only_for_a_while():
    poison = Mail(BODY, fate="no", header_fate="no")
    async with watched(poison, Mail(BODY)) as (_, watch):
        for _ in range(BODY_TRIES):
            taken, err = await watch.fails()
            assert taken == []
            assert isinstance(err, Unavailable)
        raws = await watch.until(2)
        assert uids(raws) == [11, 12]
        assert raws[0].body == b""
        assert raws[0].header(STUB_HEADER)


@pytest.mark.parametrize("fate", ["drop", "garbage", "endless"])
async def test_a_mail_that_breaks_the_connection_is_tried_alone_and_then_a_stub(fate: str):
    mails = Mail(BODY), Mail(BODY, fate=fate), Mail(BODY)
    async with watched(*mails) as (server, watch):
        taken, failures = await drained(watch, server)
        assert failures <= BODY_TRIES + 1
        assert uids(taken) == [11, 12, 13]
        assert [raw.header(STUB_HEADER) is None for raw in taken] == [True, False, True]
        assert taken[1].body.startswith(b"From: a@b.example")


async def drained(watch: Watch, server: ScriptedImap) -> tuple[list[Raw], int]:
    """All mails until the source waits for more, and how often it had to connect again."""
    taken: list[Raw] = []

    async def take() -> None:
        async with aclosing(watch.source.events(watch.cursor)) as batches:
            async for raws, cursor in batches:
                taken.extend(raws)
                watch.cursor = cursor

    for failures in range(20):
        server.idling.clear()
        taking, idle = asyncio.ensure_future(take()), asyncio.ensure_future(server.idling.wait())
        await asyncio.wait({taking, idle}, return_when=asyncio.FIRST_COMPLETED, timeout=10)
        idle.cancel()
        taking.cancel()
        await asyncio.wait({taking, idle})
        if taking.cancelled():
            return taken, failures
        assert isinstance(taking.exception(), Unavailable)
    raise AssertionError("it never comes to rest")


async def test_a_mail_that_kills_every_connection_is_an_empty_stub_in_the_end():
    poison = Mail(BODY, fate="drop", header_fate="drop")
    async with watched(poison, Mail(BODY)) as (server, watch):
        taken, failures = await drained(watch, server)
        assert failures <= HEADER_TRIES + 1
        assert uids(taken) == [11, 12]
        assert taken[0].body == b""


async def test_a_silent_server_is_given_up():
    async with watched(Mail(BODY, fate="silent")) as (server, _):
        watch = Watch(server, answer_seconds=0.1)
        watch.cursor = Cursor('{"INBOX":[7,10]}')
        _, err = await watch.fails()
        assert isinstance(err, Unavailable)
        assert "in time" in str(err)


async def test_a_mail_deleted_meanwhile_is_left_out():
    async with watched(Mail(BODY), Mail(BODY, fate="gone"), Mail(BODY)) as (_, watch):
        raws = await watch.until(2)
        assert uids(raws) == [11, 13]


async def test_a_busy_server_makes_no_stubs():
    async with watched(Mail(BODY), refusals={}) as (server, watch):
        server.refusals["UID"] = "NO [UNAVAILABLE] later"
        for _ in range(HEADER_TRIES + 2):
            taken, err = await watch.fails()
            assert taken == []
            assert isinstance(err, Unavailable)
        server.refusals.clear()
        raws = await watch.until(1)
        assert raws[0].header(STUB_HEADER) is None


# ---------------------------------------------------------------- waiting


async def test_a_push_wakes_it():
    async with watched() as (server, watch):
        task = asyncio.ensure_future(watch.until(1))
        await server.idling.wait()
        server.inbox[11] = Mail(BODY)
        server.push("* 2 EXISTS")
        assert uids(await task) == [11]


async def test_what_was_not_pushed_is_found_when_idle_ends():
    async with watched() as (server, _):
        watch = Watch(server, idle_seconds=0.05)
        watch.cursor = Cursor('{"INBOX":[7,10]}')
        task = asyncio.ensure_future(watch.until(1))
        await server.idling.wait()
        server.inbox[11] = Mail(BODY)
        assert uids(await task) == [11]


async def test_a_dead_connection_wakes_an_idle():
    async with watched() as (server, watch):
        task = asyncio.ensure_future(watch.fails())
        await server.idling.wait()
        server.writers[-1].transport.abort()
        _, err = await task
        assert isinstance(err, Unavailable)
        assert "broke" in str(err)


async def test_a_half_open_connection_ends_with_the_idle():
    async with watched(idle_done=False) as (server, _):
        watch = Watch(server, idle_seconds=0.05, answer_seconds=0.1)
        watch.cursor = Cursor('{"INBOX":[7,10]}')
        _, err = await watch.fails()
        assert isinstance(err, Unavailable)


@pytest.mark.parametrize(
    "bent",
    [
        {"capabilities": "IMAP4rev1"},
        {"refusals": {"IDLE": "BAD unknown command"}},
        {"refusals": {"IDLE": "OK already done"}},
    ],
)
async def test_without_a_working_idle_it_polls(bent: dict[str, object]):
    async with scripted(**bent) as server:
        watch = Watch(server, poll_seconds=17)
        await watch.until(0)
        task = asyncio.ensure_future(watch.until(1))
        await watch.polled.wait()
        server.inbox[1] = Mail(BODY)
        assert uids(await task) == [1]
        assert set(watch.slept) == {17}


async def test_a_flood_of_untagged_lines_does_no_harm():
    flood = "\n".join("* 1 EXPUNGE" for _ in range(5000))
    async with watched(Mail(BODY), chatter=lambda _: flood) as (_, watch):
        assert uids(await watch.until(1)) == [11]


async def test_flag_changes_in_between_do_no_harm():
    chatter = "* 1 FETCH (FLAGS (\\Seen))\n* 2 EXISTS\n* OK still here {5}\n* 3 RECENT"
    async with watched(Mail(BODY), chatter=lambda _: chatter) as (_, watch):
        raws = await watch.until(1)
        assert raws[0].body == BODY


async def test_several_folders_on_one_connection():
    names = ("INBOX", "Spam & Co", "Entwürfe/日本語")
    folders: dict[str, dict[int, Mail]] = {
        "INBOX": {},
        "Spam &- Co": {},
        "Entw&APw-rfe/&ZeVnLIqe-": {},
    }
    async with scripted(folders=folders) as server:
        watch = Watch(server, folders=names)
        watch.cursor = Cursor(json.dumps({name: [7, 0] for name in names}))
        for mails in folders.values():
            mails[1] = Mail(BODY)
        raws = await watch.until(3)
        assert sorted(raw.key for raw in raws) == sorted(f"{name}/7/1" for name in names)
        assert len(server.writers) == 1
        assert sum("IDLE" in command for command in server.commands) == 0


async def test_a_folder_that_was_added_starts_at_its_end():
    async with scripted(folders={"INBOX": {1: Mail(BODY)}, "Junk": {5: Mail(BODY)}}) as server:
        watch = Watch(server, folders=("INBOX", "Junk"))
        watch.cursor = Cursor('{"INBOX":[7,0]}')
        assert [raw.key for raw in await watch.until(1)] == ["INBOX/7/1"]
        assert watch.places["Junk"][:2] == [7, 5]


# ---------------------------------------------------------------- errors


async def error_of_check(server: ScriptedImap, **more: object) -> Exception:
    with pytest.raises((ConfigInvalid, Unauthorized, Unavailable)) as caught:
        await Watch(server, **more).source.check()
    return caught.value


async def test_check_logs_in_and_opens_every_folder():
    async with scripted(folders={"INBOX": {}, "Junk": {}}) as server:
        await Watch(server, folders=("INBOX", "Junk")).source.check()
        assert [c for c in server.commands if c.startswith("SELECT")] == [
            "SELECT INBOX",
            "SELECT Junk",
        ]


@pytest.mark.parametrize(
    ("bent", "kind", "words"),
    [
        ({"login": "NO [AUTHENTICATIONFAILED] wrong"}, Unauthorized, "AUTHENTICATIONFAILED"),
        ({"login": "NO go away"}, Unauthorized, "go away"),
        ({"login": "NO [UNAVAILABLE] backend down"}, Unavailable, "backend"),
        ({"login": "NO Too many simultaneous connections"}, Unavailable, "Too many"),
        ({"greeting": "* BYE overloaded"}, Unavailable, "overloaded"),
        ({"greeting": "HTTP/1.1 400 Bad Request"}, Unavailable, "HTTP"),
        ({"capabilities": "IMAP4rev1 LOGINDISABLED"}, ConfigInvalid, "imap_security"),
        ({"folders": {}}, ConfigInvalid, "folders: INBOX"),
        ({"refusals": {"SELECT": "NO [INUSE] wait"}}, Unavailable, "wait"),
        ({"refusals": {"SELECT": "NO [SERVERBUG] does not exist?"}}, Unavailable, "exist"),
        ({"refusals": {"SELECT": "OK and nothing else"}}, Unavailable, "UIDVALIDITY"),
        ({"refusals": {"CAPABILITY": "BAD what?"}}, Unavailable, "capabilities"),
    ],
)
async def test_what_goes_wrong_says_who_acts(bent: dict[str, object], kind: type, words: str):
    async with scripted(**bent) as server:
        err = await error_of_check(server)
        assert type(err) is kind
        assert words in str(err)


async def test_no_server_is_unavailable():
    async with scripted() as server:
        pass
    assert isinstance(await error_of_check(server), Unavailable)


async def test_no_such_host_is_unavailable():
    source = ImapSource(
        Settings(address=USER, imap_host="no-such-host.invalid", imap_password=Secret("x")), "mail"
    )
    with pytest.raises(Unavailable):
        await source.check()


async def test_a_silent_greeting_is_unavailable():
    async with scripted(greeting="* OK") as server:
        server.serve = silence
        err = await error_of_check(server, answer_seconds=0.1)
        assert "in time" in str(err)


async def silence(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    await reader.read()
    writer.transport.abort()


# ---------------------------------------------------------------- logins


async def test_a_password_is_quoted():
    async with scripted() as server:
        await ImapSource(settings(server, imap_user='a "b'), "mail").check()
        assert server.secrets == ['LOGIN "a \\"b" secret-word']


async def test_a_password_that_is_not_ascii_goes_by_sasl():
    async with scripted() as server:
        wide = Settings(
            address=USER,
            imap_host="127.0.0.1",
            imap_port=server.port,
            imap_security="none",
            imap_password=Secret("pässwörd"),
        )
        await ImapSource(wide, "mail").check()
        assert server.secrets == [f"\0{USER}\0pässwörd"]


async def test_xoauth2():
    async with scripted() as server:
        await Watch(server, imap_auth="xoauth2").source.check()
        assert server.secrets == [f"user={USER}\x01auth=Bearer secret-word\x01\x01"]


async def test_a_refused_token_is_unauthorized_at_once():
    async with scripted(login="NO [AUTHENTICATIONFAILED] token expired") as server:
        err = await error_of_check(server, imap_auth="xoauth2")
        assert isinstance(err, Unauthorized)


async def test_a_server_that_knows_us_already_is_not_told_a_password():
    async with scripted(greeting="* PREAUTH hello") as server:
        await Watch(server).source.check()
        assert server.secrets == []


async def test_no_secret_in_the_log(caplog: pytest.LogCaptureFixture):
    caplog.set_level(0)
    async with watched(Mail(b"Subject: x\r\n\r\nvery private\r\n")) as (_, watch):
        await watch.until(1)
    async with scripted(login="NO wrong") as server:
        err = await error_of_check(server)
        token = await error_of_check(server, imap_auth="xoauth2")
    for text in (caplog.text, str(err), repr(err.__context__), str(token)):
        assert "secret-word" not in text
        assert "private" not in text
        assert "c2VjcmV0" not in text


# ---------------------------------------------------------------- TLS


async def test_starttls(certificate):
    context, pem = certificate
    async with scripted(context=context) as server:
        encrypted = Settings(
            address=USER,
            imap_host="127.0.0.1",
            imap_port=server.port,
            imap_security="starttls",
            imap_password=Secret("secret-word"),
            ca_file=str(pem),
        )
        await ImapSource(encrypted, "mail").check()
        assert server.commands[:2] == ["CAPABILITY", "STARTTLS"]
        assert server.secrets


async def test_without_starttls_no_password_is_sent(certificate):
    _, pem = certificate
    async with scripted() as server:
        encrypted = Settings(
            address=USER,
            imap_host="127.0.0.1",
            imap_port=server.port,
            imap_security="starttls",
            imap_password=Secret("secret-word"),
            ca_file=str(pem),
        )
        with pytest.raises(ConfigInvalid, match="imap_security"):
            await ImapSource(encrypted, "mail").check()
        assert server.secrets == []


async def test_an_untrusted_certificate_is_refused(certificate):
    context, _ = certificate
    async with scripted(context=context) as server:
        encrypted = Settings(
            address=USER,
            imap_host="127.0.0.1",
            imap_port=server.port,
            imap_security="starttls",
            imap_password=Secret("secret-word"),
        )
        with pytest.raises(Unavailable, match="certificate"):
            await ImapSource(encrypted, "mail").check()
        assert server.secrets == []


async def test_a_date_in_the_future_does_not_move_the_mark_past_now():
    at = (NOW + timedelta(days=365)).strftime("%d-%b-%Y %H:%M:%S +0000")
    async with watched(Mail(BODY, at="01-Mar-2026 11:00:00 +0000"), Mail(BODY, at=at)) as (
        _,
        watch,
    ):
        await watch.until(2)
        assert watch.places["INBOX"][2] == int(NOW.timestamp())


# ---------------------------------------------------------------- under the hub's supervisor


async def test_supervised_a_mailbox_full_of_trouble_comes_in_whole():
    mails = [Mail(BODY) for _ in range(200)]
    for uid, fate in {12: "drop", 40: "no", 41: "missing", 99: "garbage", 150: "endless"}.items():
        mails[uid - 11].fate = fate
    async with watched(*mails) as (server, watch):
        taken: dict[str, Raw] = {}
        states: list[str] = []

        async def file_batch(raws: Sequence[Raw], cursor: Cursor) -> None:
            taken.update((raw.key, raw) for raw in raws)

        async def health(state: str, detail: str) -> None:
            states.append(state)

        async def sleep(seconds: float) -> None:
            await asyncio.sleep(0)

        run = sources.run("mail", watch.source, watch.cursor, file_batch, health, sleep=sleep)
        task = asyncio.create_task(run)
        async with asyncio.timeout(20):
            await server.idling.wait()
        task.cancel()
        await asyncio.wait({task})
        assert uids(list(taken.values())) == list(range(11, 211))
        stubs = [raw for raw in taken.values() if raw.header(STUB_HEADER)]
        assert uids(stubs) == [12, 40, 41, 99, 150]
        assert states[0] == "starting"
        assert {"connected", "unavailable"} <= set(states)
