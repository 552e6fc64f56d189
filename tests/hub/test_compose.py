"""Answers: by which way, to whom, in how many parts, and what is refused before anything leaves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from connectors.contract import Uri
from hub import actions, compose
from hub.compose import Refused, WroteSince
from storage import attachments, conversations, deliveries, links
from storage.timeline import KeyUsed
from tests.hub.running import CUSTOMER, letter, message

if TYPE_CHECKING:
    from hub.channel import Channel
    from storage.deliveries import Body
    from tests.hub.running import Running


def _channel(hub: Running, name: str) -> Channel:
    found = hub.hub.channels.get(name)
    assert found is not None
    return found


async def _talk(hub: Running, **more: Any) -> int:
    assert await hub.loop(message("hello", **more)) == 200
    return (await hub.conversations())[-1].id


async def _body(hub: Running, entry: int) -> Body:
    rows = await hub.read(deliveries.of_entry, entry)
    return deliveries.body(rows[0])


async def test_the_same_key_is_the_same_answer(hub: Running) -> None:
    talk = await _talk(hub)
    first = await hub.reply(talk, "hi", key="k")
    assert await hub.reply(talk, "hi", key="k") == first
    with pytest.raises(KeyUsed):
        await hub.reply(talk, "hi again", key="k")
    assert [one.text for one in await hub.entries(talk)] == ["hello", "hi"]
    await hub.until_delivered(first, "sent")
    assert hub.provider().texts == ["hi"]


async def test_an_answer_moves_conversation_item_and_units(hub: Running) -> None:
    await hub.come("one")
    await hub.sms("push")
    talk = (await hub.conversation()).id
    await hub.until_item(talk, "active")
    await hub.reply(talk, "hi")
    found = await hub.conversation()
    assert (found.status, found.waiting_since, found.work_item) == ("pending", None, None)
    assert found.agent is not None
    assert (await hub.item(talk))["state"] == "completed"
    assert await hub.value("SELECT SUM(used) FROM agent") == 0


async def test_whoever_answers_what_nobody_owns_owns_it(hub: Running) -> None:
    talk = await _talk(hub)
    await hub.reply(talk, "hi", by="two")
    found = await hub.conversation()
    assert found.agent is not None
    assert found.agent.name == "Two"
    await hub.reply(talk, "me too", by="one")  # a colleague's word changes no owner
    found = await hub.conversation()
    assert found.agent is not None
    assert found.agent.name == "Two"


@pytest.mark.parametrize("writer", ["customer", "colleague"])
async def test_somebody_wrote_since_you_looked(hub: Running, writer: str) -> None:
    talk = await _talk(hub)
    (first,) = await hub.entries(talk)
    if writer == "customer":
        await hub.loop(message("and one more thing"))
    else:
        await hub.reply(talk, "I am at it", by="two")
    newest = (await hub.entries(talk))[-1]
    with pytest.raises(WroteSince) as caught:
        await hub.reply(talk, "hi", seen=first.id)
    assert caught.value.entries == (newest.id,)
    assert len(await hub.entries(talk)) == 2
    await hub.reply(talk, "hi", seen=newest.id)


async def test_my_own_words_are_not_news(hub: Running) -> None:
    talk = await _talk(hub)
    (first,) = await hub.entries(talk)
    await hub.reply(talk, "one", seen=first.id)
    await hub.reply(talk, "two", seen=first.id)


@pytest.mark.parametrize(
    ("draft", "field"),
    [
        ({"text": "  "}, "text"),
        ({"text": "long " * 100}, "text"),
        ({"text": "hi", "to": (Uri("tel:+12025550122"),)}, "to"),
    ],
)
async def test_what_cannot_be_sent_is_refused_with_its_field(
    hub: Running, draft: dict[str, Any], field: str
) -> None:
    talk = await _talk(hub)
    with pytest.raises(Refused) as caught:
        await hub.reply(talk, **draft)
    assert caught.value.field == field
    assert len(await hub.entries(talk)) == 1
    assert (await hub.conversation()).status == "open"
    assert await hub.rows("SELECT * FROM delivery") == []


async def test_files_on_sms_are_refused(hub: Running) -> None:
    await hub.sms("hello")
    found = await hub.conversation()
    upload = await _upload(hub, b"x")
    with pytest.raises(Refused) as caught:
        await hub.reply(found.id, "see here", files=(upload,))
    assert caught.value.field == "files"


async def _upload(hub: Running, content: bytes, *, by: str = "one") -> int:
    blob = await hub.hub.blobs.put(content)
    id: int = await hub.write(
        attachments.upload, name="a.txt", type="text/plain", blob=blob, by=hub.author(by).by, now=1
    )
    return id


async def test_files_go_with_the_first_part_and_only_the_uploaders(hub: Running) -> None:
    talk = await _talk(hub)
    mine, theirs = await _upload(hub, b"mine"), await _upload(hub, b"theirs", by="two")
    with pytest.raises(LookupError):
        await hub.reply(talk, "see here", files=(theirs,))
    assert len(await hub.entries(talk)) == 1
    entry = await hub.reply(talk, "one " * 60, files=(mine,))
    await hub.until_delivered(entry, "sent", "sent", "sent")
    assert [[file.content for file in part.files] for part in hub.provider().sent] == [
        [b"mine"], [], [],
    ]  # fmt: skip
    with pytest.raises(LookupError):  # a file goes with one answer
        await hub.reply(talk, "again", files=(mine,))


async def test_too_much_of_files_is_refused(hub: Running) -> None:
    talk = await _talk(hub)
    big = await _upload(hub, b"x" * 1_000_001)
    with pytest.raises(Refused, match="larger"):
        await hub.reply(talk, "see here", files=(big,))
    assert await hub.value("SELECT entry FROM attachment WHERE id = :i", i=big) is None


async def test_another_channel_of_the_same_person(hub: Running) -> None:
    talk = await _talk(hub)
    entry = await hub.reply(talk, "by the other way", channel=_channel(hub, "safe"))
    await hub.until_delivered(entry, "sent")
    assert hub.provider("safe").texts == ["by the other way"]
    assert (await hub.conversation()).channel.name == "safe"
    with pytest.raises(Refused, match="no address"):
        await hub.reply(talk, "by mail", channel=_channel(hub, "mail"))


async def test_who_opted_out_here_is_not_written_to_elsewhere(hub: Running) -> None:
    first = await _talk(hub)
    second = await _talk(hub, sender="tel:+12025550122")
    one, two = await hub.conversations()
    await hub.write(links.join, one.contact.id, two.contact.id, evidence="x", by="t", now=1)
    await hub.loop(message("STOP", consent="stop"))
    with pytest.raises(Refused, match="opted out"):
        await hub.reply(first, "hello?")
    await hub.reply(first, "you said this number is fine", to=(Uri("tel:+12025550122"),))
    await hub.reply(second, "hello")


async def test_the_options_begin_with_where_they_last_wrote(hub: Running) -> None:
    talk = await _talk(hub)
    row = await hub.read(conversations.get, talk)
    options = await hub.read(compose.options, hub.hub.channels, row)
    assert (options[0].channel.name, options[0].uri) == ("loop", f"tel:{CUSTOMER}")
    assert {option.channel.name for option in options} == {"loop", "safe", "sms"}


# ---------------------------------------------------------------- mail


async def test_reply_all_is_who_wrote_and_who_they_wrote_to(hub: Running) -> None:
    await hub.mail(
        letter(
            "Hello", to="help@acme.example, Bob <bob@a.example>",
            cc="Cy <cy@a.example>, HELP@acme.example, ann@customer.example",
        )
    )  # fmt: skip
    found = await hub.conversation()
    body = await _body(hub, await hub.reply(found.id, "hi all"))
    assert [uri for uri, _ in body.to] == ["mailto:ann@customer.example"]
    assert [tuple(one) for one in body.cc] == [
        ("mailto:bob@a.example", "Bob"), ("mailto:cy@a.example", "Cy"),
    ]  # fmt: skip
    body = await _body(hub, await hub.reply(found.id, "only you", cc=()))
    assert body.cc == []


async def test_the_answer_goes_to_whoever_wrote_last(hub: Running) -> None:
    await hub.mail(letter("Hello", id="a@customer.example", cc="Bob <bob@a.example>"))
    await hub.mail(
        letter(
            "I can say more", sender="Bob <bob@a.example>", cc="Ann <ann@customer.example>",
            in_reply_to="<a@customer.example>",
        )
    )  # fmt: skip
    found = await hub.conversation()
    entry = await hub.reply(found.id, "thank you both")
    body = await _body(hub, entry)
    assert [uri for uri, _ in body.to] == ["mailto:bob@a.example"]
    assert [uri for uri, _ in body.cc] == ["mailto:ann@customer.example"]
    (contact,) = await hub.rows("SELECT contact FROM timeline_entry WHERE id = :i", i=entry)
    assert contact[0] == found.contact.id  # it is still about Ann


async def test_mail_may_go_to_somebody_new_and_stays_about_the_person(hub: Running) -> None:
    await hub.mail(letter("Hello"))
    found = await hub.conversation()
    new = Uri("mailto:expert@other.example")
    entry = await hub.reply(found.id, "can you help?", to=(new,))
    body = await _body(hub, entry)
    assert [uri for uri, _ in body.to] == [new]
    after = await hub.conversation()
    assert (after.address, after.contact) == (found.address, found.contact)
    assert entry in [one.id for one in await hub.entries(found.id)]
    (contact,) = await hub.rows("SELECT contact FROM timeline_entry WHERE id = :i", i=entry)
    assert contact[0] == found.contact.id


@pytest.mark.parametrize("field", ["to", "cc"])
async def test_mail_goes_only_to_mail_addresses(hub: Running, field: str) -> None:
    await hub.mail(letter("Hello"))
    found = await hub.conversation()
    with pytest.raises(Refused) as caught:
        await hub.reply(found.id, "hi", **{field: (Uri("tel:+12025550111"),)})
    assert caught.value.field == f"{field}[0]"
    assert await hub.value("SELECT COUNT(*) FROM identity WHERE uri LIKE 'tel:%'") == 0


async def test_an_answer_reopens_what_was_resolved(hub: Running) -> None:
    talk = await _talk(hub)
    await hub.do(actions.resolve, talk)
    await hub.reply(talk, "one more thing")
    assert (await hub.conversation()).status == "pending"


async def test_no_such_conversation(hub: Running) -> None:
    with pytest.raises(LookupError):
        await hub.reply(4711, "hi")
