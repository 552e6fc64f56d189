"""Two hubs that answer everything by themselves, with real mail between them: it stops after one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.hub.answering import Post, answering, read
from tests.hub.running import letter

HOPS = 12
"""Mails carried at most: far more than there may be."""


class Net:
    """Carries mail from each hub's SMTP server to the other's door, as the last server on the way
    does: with the envelope's sender as Return-Path."""

    def __init__(self, *hubs: Post) -> None:
        self._hubs = hubs
        self._seen = dict.fromkeys(range(len(hubs)), 0)
        self.carried: list[tuple[str, str]] = []
        """(envelope sender, recipient) of each mail, in order."""

    async def run_dry(self) -> None:
        """Until no hub has anything more to say."""
        while True:
            for hub in self._hubs:
                await hub.quiet()
            if not await self._carry() or len(self.carried) > HOPS:
                return

    async def _carry(self) -> bool:
        moved = False
        for place, hub in enumerate(self._hubs):
            assert hub.inbox is not None
            mails = hub.inbox.mails[self._seen[place] :]
            self._seen[place] += len(mails)
            for mail in mails:
                moved = True
                sender = "" if mail.sender == "<>" else mail.sender
                self.carried.append((sender, mail.recipients[0]))
                other = self._hubs[1 - place]
                body = f"Return-Path: <{sender}>\r\n" + mail.body.decode()
                assert await other.mail(body) == 200
        return moved


@pytest.fixture
async def hubs(loopback_kind: None, tmp_path: Path) -> AsyncIterator[tuple[Post, Post]]:
    """Two of them, each on a domain of its own; all that comes in gets ``ack``, whatever it is."""
    rules = "".join(
        f"  - {{id: 'hub:{name}', off: true}}\n" for name in ("automatic", "bulk", "bounce")
    )
    rules += "  - {id: rest, when: {}, then: {queue: general, reply_template: ack}}"
    async with (
        answering(tmp_path / "a", "", domain="a.example", rules=rules) as one,
        answering(tmp_path / "b", "", domain="b.example", rules=rules) as other,
    ):
        yield one, other


async def test_an_agents_mail_to_the_other_hub_is_answered_once(hubs: tuple[Post, Post]) -> None:
    one, other = hubs
    person = letter(sender="help@b.example", return_path="<help@b.example>")
    assert await one.mail(person.replace("help@acme.example", "help@a.example")) == 200
    talk = await one.conversation()
    await one.settled()  # the first answers b's mail by itself …
    net = Net(one, other)
    await net.run_dry()
    assert net.carried == [("", "help@b.example")]  # … and that is all
    (refused,) = await other.settled()
    assert refused["refused"] in ("automatic", "no_return_path")

    await one.reply(talk.id, "Now I, a person, write to you")
    await net.run_dry()
    written = [mail for mail in net.carried if mail[0]]
    assert written == [("help@a.example", "help@b.example")]
    answers = net.carried[2:]
    assert answers == [("", "help@a.example")]  # the other's one answer to a person's mail


async def test_a_robot_that_does_not_say_so_is_answered_three_times_a_day_at_most(
    hubs: tuple[Post, Post],
) -> None:
    """The worst peer: answers everything at once, as a person would, each time a new matter."""
    one, _ = hubs
    assert one.inbox is not None
    for n in range(8):
        before = len(one.inbox.mails)
        mail = letter(
            f"Ticket {n}", sender="robot@bad.example", subject=f"Ticket {n}",
            return_path="<robot@bad.example>",
        )  # fmt: skip
        await one.mail(mail)
        await one.quiet()
        if len(one.inbox.mails) == before:
            break
    assert len(one.inbox.mails) == 3
    assert {read(mail)["Auto-Submitted"] for mail in one.inbox.mails} == {"auto-replied"}
