"""Servers that hang, leave and never end, and mailboxes that are read beside them."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

import pytest

from connectors.contract import Unavailable
from connectors.email.imap_fetch import BODY_TRIES, FILING_HEADER, STUB_HEADER
from tests.connectors.email_transport.test_imap import BODY, NOW, Watch, drained, uids, watched
from tests.fakes.imap_servers import Mail, ScriptedImap, scripted

OLD = "01-Jan-2020 08:00:00 +0000"


async def test_a_server_that_says_good_bye_in_idle_is_left_at_once():
    async with watched() as (server, watch):
        task = asyncio.ensure_future(watch.fails())
        await server.idling.wait()
        server.push("* BYE Server shutting down")  # and does not close
        _, err = await task
        assert isinstance(err, Unavailable)
        assert "good-bye: Server shutting down" in str(err)


async def test_a_server_that_says_good_bye_instead_of_an_answer():
    chatter = {"NOOP": "* BYE Autologout; idle for too long"}
    async with watched(chatter=lambda command: chatter.get(command, "")) as (_, watch):
        _, err = await watch.fails()
        assert "good-bye: Autologout" in str(err)


async def test_a_server_that_hangs_in_idle_is_polled_from_then_on():
    async with watched(hangs={"IDLE"}) as (server, _):
        watch = Watch(server, answer_seconds=0.1)
        watch.cursor = None
        for _ in range(2):
            _, err = await watch.fails()
            assert "in time" in str(err)
        server.commands.clear()
        task = asyncio.ensure_future(watch.until(1))
        await watch.polled.wait()
        server.inbox[12] = Mail(BODY)
        assert uids(await task) == [12]
        assert "IDLE" not in server.commands


async def test_a_literal_that_drips_for_ever_is_a_stub_in_the_end():
    async with watched(Mail(BODY), Mail(BODY, fate="drip"), Mail(BODY)) as (server, _):
        watch = Watch(server, fetch_seconds=0.1)
        watch.cursor = '{"INBOX":[7,10]}'
        taken, failures = await drained(watch, server)
        assert failures <= BODY_TRIES + 1
        assert uids(taken) == [11, 12, 13]
        assert [raw.header(STUB_HEADER) is None for raw in taken] == [True, False, True]


@pytest.mark.parametrize("cuts", [True, False])
async def test_a_header_of_many_megabytes_is_cut(cuts: bool):
    huge = b"X-Long: " + b"x" * 5_000_000 + b"\r\n" + BODY
    async with scripted(cuts=cuts) as server:
        watch = Watch(server, max_bytes=4_000_000)
        await watch.until(0)
        server.inbox.update({1: Mail(huge), 2: Mail(BODY)})
        taken, failures = await drained(watch, server)
        assert uids(taken) == [1, 2]
        assert failures == (0 if cuts else 1)
        assert len(taken[0].body) == (1 << 20 if cuts else 0)
        assert taken[0].header(STUB_HEADER)


async def test_an_answer_to_search_that_never_ends(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("connectors.email.imap_wire.MAX_SEARCH_LINE", 100_000)
    flood = "* SEARCH" + " 1" * 100_000

    def chatter(command: str) -> str:
        return flood if "SEARCH" in command else ""

    monkeypatch.setattr("connectors.email.imap_listing.FEW_MAILS", 0)
    async with scripted(chatter=chatter) as server:
        server.inbox[1] = Mail(BODY)
        _, err = await Watch(server, history="all").fails()
        assert "without an end" in str(err)


async def test_search_that_is_refused():
    async with scripted(refusals={}) as server:
        server.inbox[1] = Mail(BODY)
        server.refusals["UID"] = "NO [UNAVAILABLE] later"
        watch = Watch(server, history="all")
        _, err = await watch.fails()
        assert isinstance(err, Unavailable)


# ---------------------------------------------------------------- history beside what is new


@pytest.fixture
def small_windows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("connectors.email.imap_listing.WINDOW_MAILS", 10)
    monkeypatch.setattr("connectors.email.imap_place.BATCH_MAILS", 5)


def filled(server: ScriptedImap, count: int) -> None:
    server.inbox.update({uid: Mail(BODY, at=OLD) for uid in range(1, count + 1)})


async def test_new_mail_does_not_wait_for_the_end_of_history(small_windows: None):
    async with scripted() as server:
        filled(server, 100)
        watch = Watch(server, history="all")
        taken = await watch.until(5)
        server.inbox[101] = Mail(BODY)
        taken += await watch.until(96)
        at = uids(taken).index(101)
        assert at <= 15
        assert taken[at].header(FILING_HEADER) is None
        assert sorted(uids(taken)) == list(range(1, 102))
        assert [uid for uid in uids(taken) if uid != 101] == list(range(1, 101))


@pytest.mark.parametrize("at", [0, 4, 5, 12, 39])
async def test_history_goes_on_where_it_was_left(small_windows: None, at: int):
    """Each batch's cursor covers that batch and no more, wherever the connection ends."""
    async with scripted() as server:
        filled(server, 40)
        watch = Watch(server, history="all")
        taken = await watch.until(at) if at else []
        again = Watch(server, history="all")
        again.cursor = watch.cursor
        taken += await again.until(40 - len(taken))
        assert uids(taken) == list(range(1, 41))
        assert again.places["INBOX"][4:7] == [40, 0, 40] or again.places["INBOX"][6] >= 35


async def test_history_that_is_deleted_while_it_is_read(small_windows: None):
    async with scripted() as server:
        filled(server, 40)
        watch = Watch(server, history="all")
        taken = await watch.until(5)
        for uid in (7, 20, 21, 40):
            del server.inbox[uid]
        taken += await watch.until(31)
        assert uids(taken) == [uid for uid in range(1, 40) if uid not in (7, 20, 21)]
        _, failures = await drained(watch, server)
        assert failures == 0
        assert watch.places["INBOX"][6] == 40


async def test_what_is_fresh_after_a_renumbering_comes_before_history(small_windows: None):
    async with watched() as (server, _):
        server.folders["INBOX"] = {uid: Mail(BODY, at=OLD) for uid in range(1, 30)}
        late = (NOW.replace(hour=13)).strftime("%d-%b-%Y %H:%M:%S +0000")
        server.inbox[30] = Mail(BODY, at=late)
        server.anew()
        watch = Watch(server, history="all")
        watch.cursor = f'{{"INBOX":[7,10,{int(NOW.timestamp())},0,10,0,10]}}'
        raws = await watch.until(30)
        assert uids(raws)[0] == 30
        assert [raw.header(FILING_HEADER) for raw in raws] == [None] + ["history"] * 29


async def test_a_sign_of_life_comes_before_history(small_windows: None):
    async with scripted() as server:
        filled(server, 30)
        watch = Watch(server, history="all")
        async with aclosing(watch.source.events(None)) as batches:
            first = [await anext(batches) for _ in range(2)]
        assert all(raws == () for raws, _ in first)
