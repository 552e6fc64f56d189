"""Acknowledgements: who gets one, in what words, and everybody who never does."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from connectors.contract import Uri
from hub.automatic import returning
from hub.channel import Channel
from tests.hub.answering import Post, answering, read
from tests.hub.outreach.conftest import QUIET
from tests.hub.running import SECOND, letter, message

DAY = 24 * 3600 * SECOND
ANN = "<ann@customer.example>"
TOLD = """
templates:
  - {name: own, texts: {en: {text: "The queue has it."}}}
channels:
  - {name: loop, kind: loopback, settings: {max_text: 200}, acknowledge: acknowledgement}
  - name: mail
    kind: email
    acknowledge: acknowledgement
    settings: {address: help@acme.example, aliases: [sales@acme.example],
      token: mail-token-of-tests, smtp_host: 127.0.0.1, smtp_port: PORT, smtp_security: none}
queues:
  - {name: general, modes: {"*": pull}}
  - {name: vip, acknowledge: own}
rules:
  - {id: vip, when: {field: text, contains: gold}, then: {queue: vip}}
  - {id: rest, when: {}, then: {queue: general}}
"""


@pytest.fixture
async def told(loopback_kind: None, tmp_path: Path, sqlite_url: str) -> AsyncIterator[Post]:
    """A hub whose channels acknowledge, and one queue with words of its own."""
    async with answering(tmp_path, sqlite_url, rules=QUIET) as found:
        assert found.inbox is not None
        await found.office.run("apply", text=TOLD.replace("PORT", str(found.inbox.port)))
        yield found


async def test_a_matter_is_acknowledged_once_with_its_number(told: Post) -> None:
    await told.mail(letter("Where is it?", return_path=ANN))
    (sent,) = await told.mails(1)
    mail = read(sent)
    talk = await told.conversation()
    body = mail.get_body(("plain",))
    assert body is not None
    assert talk.code in body.get_content()
    assert mail["Auto-Submitted"] == "auto-replied"
    assert sent.sender in ("", "<>")
    await told.mail(letter("And when?", return_path=ANN, in_reply_to=str(mail["Message-ID"])))
    await told.quiet()
    (row,) = await told.settled()  # a further message of the same matter asks for none
    assert (row["cause"], row["state"]) == ("acknowledgement", "sent")


async def test_a_queue_has_words_of_its_own_and_persian_gets_persian(told: Post) -> None:
    await told.loop(message("gold", sender="tel:+12025550111"))
    await told.loop(message("سلام، سفارش من کجاست؟", sender="tel:+12025550112"))
    await told.settled()
    await told.quiet()
    first, second = told.provider().texts
    assert first == "The queue has it."
    assert "کد پیگیری" in second


async def test_what_is_filed_without_routing_is_not_acknowledged(told: Post) -> None:
    for headers in (
        {"auto_submitted": "auto-replied"},
        {"list_id": "<news.customer.example>"},
        {"x_spam_flag": "YES"},
        {"x_spam": "Yes"},
        {"x_spam_status": "Yes, score=9"},
    ):
        assert await told.mail(letter(return_path=ANN, **headers)) == 200
    assert await told.value("SELECT COUNT(*) FROM timeline_entry") == 5
    assert await told.value("SELECT COUNT(*) FROM automatic_send") == 0
    assert await told.value("SELECT COUNT(*) FROM work_item") == 0


FORWARDED = {
    "srs": "<SRS0=abcd=QQ=acme.example=help@forwarder.example>",
    "srs twice": "<SRS1=xyz=one.example==abcd=QQ=acme.example=sales@two.example>",
    "google": "<someone+caf_=help=acme.example@gmail.com>",
    "verp": "<list-help=acme.example@lists.example>",
    "batv": "<prvs=1234abcd=help@acme.example>",
    "plus": "<help+anything@acme.example>",
}


async def test_a_loop_through_a_forwarder_is_not_fed(told: Post) -> None:
    for n, address in enumerate(FORWARDED.values()):
        await told.mail(letter(sender=f"who{n}@customer.example", return_path=address))
    rows = await told.settled()
    assert [row["refused"] for row in rows] == ["ours"] * len(FORWARDED)


async def test_our_own_mail_given_back_without_our_marks_is_not_answered(told: Post) -> None:
    await told.mail(letter(return_path=ANN))
    (sent,) = await told.mails(1)
    own = str(read(sent)["Message-ID"]).strip("<>")
    await told.mail(
        letter("Given back", sender="fwd@else.example", id=own, return_path="<f@x.example>")
    )
    rows = await told.settled()
    assert [row["refused"] for row in rows] == ["", "loop"]


@pytest.mark.parametrize(
    ("address", "behind"),
    [
        ("mailto:ann@customer.example", []),
        ("tel:+12025550199", []),
        ("mailto:a+b@c.example", ["mailto:a@c.example"]),
        ("mailto:SRS0+ab=cd=c.example=a@f.example", ["mailto:a@c.example"]),
        ("mailto:SRS1=ab=h.example==cd=ef=c.example=a@f.example", ["mailto:a@c.example"]),
        ("mailto:prvs=12=a@c.example", ["mailto:a@c.example"]),
    ],
)
def test_what_stands_behind_an_address(address: str, behind: list[str]) -> None:
    assert set(behind) <= set(returning.behind(Uri(address)))
    assert returning.behind(Uri(address))[0] == address


def test_who_only_looks_like_us_is_answered(told_channel: Channel) -> None:
    for other in ("nothelp=acme.example@x.example", "help=acme.example.org@x.example"):
        assert not returning.is_ours(Uri(f"mailto:{other}"), [told_channel])


@pytest.fixture
def told_channel() -> Channel:
    """Only its addresses are looked at."""
    channel: Channel = object.__new__(Channel)
    object.__setattr__(channel, "ours", frozenset({Uri("mailto:help@acme.example")}))
    return channel
