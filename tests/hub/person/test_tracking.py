"""Tracking codes: in what we send, and in what comes back."""

from __future__ import annotations

import pytest

from connectors.contract import Inbound, Uri
from hub.persons import tracking
from storage.tracking_code import is_code
from storage.tracking_code import new as new_code
from storage.views import Suggestion
from tests.hub.answering import Post, read
from tests.hub.running import letter, message
from tests.hub.visitor import visiting

GOOD, OTHER, BAD = "12345671", "00000000", "12345678"


def test_the_examples_are_what_they_say() -> None:
    assert [is_code(code) for code in (GOOD, OTHER, BAD)] == [True, True, False]


@pytest.mark.parametrize(
    ("subject", "shown"),
    [
        ("Re: Question", f"Re: Question [{GOOD}]"),
        ("", f"[{GOOD}]"),
        (f"Re: Question [{GOOD}]", f"Re: Question [{GOOD}]"),
        (f"Re: Question [{OTHER}] [{GOOD}] ", f"Re: Question [{GOOD}]"),
        (f"Order [{BAD}]", f"Order [{BAD}] [{GOOD}]"),
        ("x" * 600, "x" * 489 + f" [{GOOD}]"),
    ],
)
def test_the_code_stands_last_and_once(subject: str, shown: str) -> None:
    assert tracking.with_code(subject, GOOD) == shown


@pytest.mark.parametrize(
    ("subject", "text", "codes"),
    [
        (f"Re: it [{GOOD}]", "hello", [GOOD]),
        ("", f"my code is {GOOD}.", [GOOD]),
        ("", "کد پیگیری ۱۲۳۴۵۶۷۱ است", [GOOD]),
        ("", "1234 5671", [GOOD]),
        ("", "1234-5671", [GOOD]),
        (f"[{GOOD}]", f"{OTHER} and {GOOD}", [GOOD, OTHER]),
        ("", f"{BAD}, +{GOOD}, 1{GOOD}, {GOOD}9, {GOOD}.50, 1.{GOOD}", []),
        ("", "x" * 5_000 + GOOD, []),
    ],
)
def test_codes_are_found_and_numbers_are_not(subject: str, text: str, codes: list[str]) -> None:
    said = Inbound(sender=Uri("tel:+12025550111"), subject=subject, text=text)
    assert tracking.named_in(said) == codes


async def test_a_code_threads_for_the_same_person_and_suggests_for_others(post: Post) -> None:
    await post.mail(letter("first", sender="Ann <ann@customer.example>", id="a@x.example"))
    matter = await post.conversation()
    await post.reply(matter.id, "our answer")
    (sent,) = [read(mail) for mail in await post.mails(1)]
    assert sent["Subject"] == f"Re: Question [{matter.code}]"

    subject = f"AW: Question [{matter.code}]"
    await post.mail(letter("mine", sender="ann@customer.example", subject=subject))
    assert [entry.text for entry in await post.entries(matter.id)][-1] == "mine"
    assert (await post.entries(matter.id))[-1].data.evidence == "code"

    await post.mail(letter("not mine", sender="eve@other.example", subject=subject))
    theirs = (await post.conversations())[-1]
    assert theirs.id != matter.id
    (entry,) = await post.entries(theirs.id)
    assert entry.data.suggests == Suggestion(matter.id, matter.code)
    assert entry.text not in [one.text for one in await post.entries(matter.id)]

    # On the phone's channel: a suggestion until they are known to be one person.
    await post.loop(message(f"about {matter.code}", sender="tel:+12025550111"))
    by_phone = (await post.conversations())[-1]
    (entry,) = await post.entries(by_phone.id)
    assert entry.data.suggests == Suggestion(matter.id, matter.code)
    async with post.office.person("one@acme.example") as one:
        joined = await one.post(
            f"contacts/{matter.contact.id}/same", {"contact": by_phone.contact.id}
        )
        assert joined.status == 200
    await post.loop(message(f"again {matter.code}", sender="tel:+12025550111"))
    assert (await post.entries(matter.id))[-1].text == f"again {matter.code}"
    await post.loop(message(f"no code of ours {new_code()}", sender="tel:+12025550111"))
    assert (await post.entries(by_phone.id))[-1].data.suggests is None


async def test_the_widget_shows_the_code_of_its_own_matter(post: Post) -> None:
    async with visiting(post.base) as visitor:
        await visitor.say("hello")
        (matter,) = await post.conversations()
        told = await visitor.until(lambda frame: frame["type"] == "code")
        assert told["code"] == matter.code
    async with visiting(post.base, token=visitor.token) as again:
        told = await again.until(lambda frame: frame["type"] == "code")
        assert told["code"] == matter.code
    async with visiting(post.base) as other:
        await other.say("hi")
        told = await other.until(lambda frame: frame["type"] == "code")
        assert told["code"] not in ("", matter.code)
