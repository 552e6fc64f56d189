"""How IMAP spells things, and places in folders."""

from __future__ import annotations

import imaplib
import re
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import Cursor
from connectors.email import imap_place, imap_words
from connectors.email.imap_place import Place
from connectors.email.imap_words import Facts

TEXT = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=40)


@pytest.mark.parametrize(
    ("name", "argument"),
    [
        ("INBOX", "INBOX"),
        ("INBOX/Sub.folder", "INBOX/Sub.folder"),
        ("Sent Mail", '"Sent Mail"'),
        ("[Gmail]/All", '"[Gmail]/All"'),
        ("Tom & Jerry", '"Tom &- Jerry"'),
        ("~peter/mail/台北/日本語", "~peter/mail/&U,BTFw-/&ZeVnLIqe-"),  # RFC 3501 5.1.3
        ("😀", "&2D3eAA-"),
        ('a"b\\c', '"a\\"b\\\\c"'),
        ("100%", '"100%"'),
        ("*", '"*"'),
        ("(x)", '"(x)"'),
    ],
)
def test_folder_names(name: str, argument: str):
    assert imap_words.folder_argument(name) == argument


@given(TEXT)
def test_any_folder_name_is_one_ascii_argument_and_can_be_read_back(name: str):
    argument = imap_words.folder_argument(name)
    assert argument.isascii()
    assert not any(ord(char) < 32 for char in argument)
    if argument.startswith('"'):
        argument = re.sub(r"\\(.)", r"\1", argument[1:-1])
    assert re.sub(r"&([^-]*)-", _unshifted, argument) == name


def _unshifted(match: re.Match[str]) -> str:
    if not match[1]:
        return "&"
    return f"+{match[1].replace(',', '/')}-".encode().decode("utf-7")


def test_facts_of_a_listing():
    lines = [
        (
            b'1 FETCH (UID 5 RFC822.SIZE 100 INTERNALDATE " 7-Jul-1996 02:44:25 -0700"'
            b" FLAGS (\\Seen $x))"
        ),
        b"2 FETCH (FLAGS ())",
        b"3 FETCH (UID 9)",
        b"4 FETCH (garbage",
        b"5 FETCH (UID x FLAGS (",
        b"FETCH completed",
    ]
    found = imap_words.fetched(lines)
    assert sorted(found) == [5, 9]
    assert found[5].size == 100
    assert found[5].flags == ("\\Seen", "$x")
    zone = timezone(timedelta(hours=-7))
    assert found[5].arrived_at == datetime(1996, 7, 7, 2, 44, 25, tzinfo=zone)
    assert found[9].arrived_at is None


@pytest.mark.parametrize(
    "lines",
    [
        [b"1 FETCH (UID 5 BODY[] {3}", bytearray(b"abc"), b")"],
        [b"1 FETCH (BODY[] {3}", bytearray(b"abc"), b" UID 5)"],
        [
            b"1 FETCH (FLAGS (a (b c)) BODY[] {3}",
            bytearray(b"abc"),
            b" FLAGS (\\Seen) UID 5)",
            b"OK",
        ],
        [b'1 FETCH (UID 5 BODY[] "abc")'],
        [b"1 FETCH (UID 5 BODY.PEEK[] {3}", bytearray(b"abc"), b")"],
        [b"1 FETCH (BODY[] {3}", bytearray(b"abc"), b" UID 5)", b"1 FETCH (UID 5 FLAGS (\\Seen))"],
        [b"7 EXISTS", b"1 FETCH (UID 5)", b"1 FETCH (UID 5 BODY[] {3}", bytearray(b"abc"), b")"],
    ],
)
def test_a_body_however_it_is_told(lines: list[bytes | bytearray]):
    assert imap_words.fetched(lines)[5].body == b"abc"


@pytest.mark.parametrize(
    "line", [b"1 FETCH (UID 5 BODY[] NIL)", b"1 FETCH (UID 5)", b"1 FETCH (UID 5 BODY[] (a b))"]
)
def test_no_body(line: bytes):
    assert imap_words.fetched([line])[5].body is None


@given(st.lists(st.binary(max_size=60) | st.binary(max_size=20).map(bytearray), max_size=8))
def test_no_answer_breaks_the_reader(lines: list[bytes | bytearray]):
    imap_words.fetched([b"1 FETCH (UID 5 ", *lines])
    imap_words.selected(lines)


def test_a_hostile_line_is_read_in_linear_time():
    imap_words.fetched([b"1 FETCH (UID 5 " + b'"\\' * 30_000])
    imap_words.fetched([b"1 FETCH (UID 5 " + b"(" * 60_000])


def test_what_select_tells():
    lines = [b"3 EXISTS", b"OK [UIDVALIDITY 7] x", b"OK [UIDNEXT 12]", b"[READ-WRITE] done"]
    mailbox = imap_words.selected(lines)
    assert mailbox is not None
    assert (mailbox.validity, mailbox.uid_next, mailbox.exists) == (7, 12, 3)
    assert imap_words.selected([b"3 EXISTS"]) is None


@given(st.integers(0, 2**32))
def test_dates_of_imaplib(seconds: int):
    date = datetime.fromtimestamp(seconds, UTC)
    text = imaplib.Time2Internaldate(date).strip('"')
    assert Facts(uid=1, internal_date=text).arrived_at == date


@pytest.mark.parametrize("text", ["", "x", "99-Foo-2026 00:00:00 +0000", "1-Jan-99999 0:0:0 +9999"])
def test_no_date(text: str):
    assert Facts(uid=1, internal_date=text).arrived_at is None


# ---------------------------------------------------------------- places

PLACES = st.builds(
    Place,
    validity=st.integers(0, 2**32),
    last=st.integers(0, 2**32),
    mark=st.integers(0, 2**40),
)


@given(st.dictionaries(TEXT, PLACES))
def test_a_cursor_is_read_as_it_was_written(places: dict[str, Place]):
    assert imap_place.read(imap_place.write(places)) == places


def test_a_cursor_is_stable():
    one, two = Place(1, 2, 3), Place(*range(4, 16))
    text = imap_place.write({"b": two, "a": one})
    assert text == imap_place.write({"a": one, "b": two})
    assert text == ('{"a":[1,2,3,0,0,0,0,1,0,0,0,0],"b":[4,5,6,7,8,9,10,11,12,13,14,15]}')


def test_a_cursor_of_a_single_walk_goes_on_where_it_was():
    places = imap_place.read(Cursor('{"a":[1,2,3],"b":[4,5,600,300,80],"c":[4,5]}'))
    assert places["a"] == Place(1, 2, 3, floor=3)
    assert places["b"] == Place(4, 5, 600, floor=300, until=80, fresh=300, done=80)
    assert places["c"] == Place(4, 5)
    old, new = facts_at(7, 200), facts_at(8, 400)
    assert [places["b"].is_new(one) for one in (old, new)] == [False, True]
    assert not places["b"].has_history


def facts_at(uid: int, seconds: int) -> Facts:
    date = datetime.fromtimestamp(seconds, UTC).strftime("%d-%b-%Y %H:%M:%S +0000")
    return Facts(uid=uid, internal_date=date)


@given(
    st.lists(st.tuples(st.integers(0, 3_000_000), st.booleans(), st.booleans()), max_size=200),
)
def test_runs_are_ranges_of_wanted_mails_in_order(mails: list[tuple[int, bool, bool]]):
    listed = [Facts(uid=uid, size=size) for uid, (size, _, _) in enumerate(mails, start=1)]
    wanted = {uid for uid, (_, wants, _) in enumerate(mails, start=1) if wants}
    alone = {uid for uid, (_, _, single) in enumerate(mails, start=1) if single}
    runs = list(imap_place.runs(listed, lambda f: f.uid in wanted, lambda f: f.uid in alone))
    assert [facts.uid for run in runs for facts in run] == sorted(wanted)
    for run in runs:
        assert [facts.uid for facts in run] == list(range(run[0].uid, run[-1].uid + 1))
        assert len(run) <= imap_place.BATCH_MAILS
        if len(run) > 1:
            assert not alone & {facts.uid for facts in run}
            assert sum(facts.size or 0 for facts in run) <= imap_place.BATCH_BYTES
