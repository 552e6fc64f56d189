"""Writing first: who owns it, where the answer goes, and every reason why it is refused."""

from __future__ import annotations

from typing import Any

from connectors.contract import Uri
from hub import actions
from tests.hub.answering import Post, read
from tests.hub.running import CUSTOMER, letter, message

ONE = "one@acme.example"
BEN = "ben@customer.example"
MAIL = {
    "channel": "mail",
    "to": f"mailto:{BEN}",
    "name": "Ben",
    "subject": "Your delivery",
    "text": "When may we come?",
    "client_key": "k1",
}


async def _start(post: Post, **body: Any) -> dict[str, Any]:
    async with post.office.person(ONE) as one:
        answer = await one.post("conversations", body)
        assert answer.status == 201, answer.text
        found: dict[str, Any] = answer.json
        return found


async def test_the_first_mail_is_ours_and_its_answer_comes_back_to_the_starter(
    either: Post,
) -> None:
    begun = await _start(either, **MAIL)
    again = await _start(either, **MAIL)
    assert again["entry"]["id"] == begun["entry"]["id"]
    async with either.office.person(ONE) as one:
        other = await one.post("conversations", {**MAIL, "text": "Another day, rather"})
        assert (other.status, other.json["entry"]) == (409, begun["entry"]["id"])
        path = f"conversations/{begun['conversation']['id']}/note"
        first, twice = [await one.post(path, {"text": t, "client_key": "n"}) for t in ("a", "a")]
        assert first.json["id"] == twice.json["id"]
        assert (await one.post(path, {"text": "b", "client_key": "n"})).status == 409
    talk = begun["conversation"]
    assert (talk["status"], talk["agent"]["name"]) == ("pending", "One")
    assert (talk["waiting_since"], talk["work_item"]) == (None, None)
    (sent,) = await either.mails(1)
    mail = read(sent)
    assert mail["To"] == f"Ben <{BEN}>"
    assert mail["Subject"].startswith("Your delivery")
    assert mail["In-Reply-To"] is None
    assert mail["Auto-Submitted"] is None
    await either.quiet()
    assert either.inbox is not None
    assert len(either.inbox.mails) == 1  # the same key is the same mail
    await either.come("one")
    await either.mail(letter("Tomorrow", sender=BEN, in_reply_to=str(mail["Message-ID"])))
    found = await either.conversation()
    assert found.id == talk["id"]
    assert found.agent is not None
    item = await either.until_item(found.id, "active")
    assert item["agent"] == either.agents["one"].id
    how = await either.value("SELECT how FROM assignment WHERE work_item = :i", i=item["id"])
    assert how == "owner"


async def test_the_answer_waits_for_a_starter_who_is_away(post: Post) -> None:
    await _start(post, channel="loop", to=CUSTOMER, text="Hello", client_key="k1")
    await post.loop(message("yes?"))
    found = await post.conversation()
    item = await post.item(found.id)
    assert (item["state"], item["preferred_agent"]) == ("queued", post.agents["one"].id)
    assert found.queue is not None
    assert found.queue.name == "general"  # as the rules say, now that there is something to ask


async def test_a_contact_is_written_to_where_the_channel_reaches_them(either: Post) -> None:
    await either.loop(message("hello"))
    contact = (await either.conversation()).contact.id
    begun = await _start(either, channel="loop", contact=contact, text="News", client_key="k2")
    assert begun["conversation"]["contact"]["id"] == contact
    assert begun["conversation"]["address"] == f"tel:{CUSTOMER}"
    async with either.office.person(ONE) as one:
        body = {"channel": "mail", "contact": contact, "subject": "s", "text": "t"}
        answer = await one.post("conversations", {**body, "client_key": "k3"})
        assert (answer.status, answer.json["errors"][0]["field"]) == (400, "channel")


async def test_everybody_in_a_first_mail_takes_part(post: Post) -> None:
    to = [f"mailto:{BEN}", "mailto:eve@customer.example"]
    depot = Uri("mailto:depot@d.example")
    begun = await _start(post, **{**MAIL, "to": to, "cc": ["mailto:boss@customer.example"]})
    (sent,) = await post.mails(1)
    mail = read(sent)
    assert mail["Cc"] == "boss@customer.example"
    for sender in ("eve@customer.example", "boss@customer.example"):
        await post.mail(letter("I can", sender=sender, in_reply_to=str(mail["Message-ID"])))
    (found,) = await post.conversations()
    assert found.id == begun["conversation"]["id"]
    # what went to somebody else alone is no reason to leave the customer out
    second = await _start(post, **{**MAIL, "client_key": "k2"})
    talk = second["conversation"]["id"]
    await post.reply(talk, "Is it with you?", to=(depot,))
    async with post.office.person(ONE) as one:
        shown = (await one.get(f"conversations/{talk}")).json["recipients"]
    assert [one["uri"] for one in shown["to"]] == [f"mailto:{BEN}"]


async def test_two_people_with_the_same_key_do_not_meet(post: Post) -> None:
    first = await _start(post, **MAIL)
    async with post.office.admin() as program:
        second = await program.post("conversations", {**MAIL, "to": "mailto:joe@customer.example"})
        assert second.status == 201
        assert second.json["entry"]["id"] != first["entry"]["id"]
        assert second.json["conversation"]["agent"] is None  # a program owns nothing


WRONG: dict[str, dict[str, Any]] = {
    "subject": {"subject": " "},
    "text": {"text": " "},
    "to": {"to": []},
    "to: ours": {"to": "mailto:sales@acme.example"},
    "to[0]": {"to": "nobody"},
    "to[0]: a number": {"to": CUSTOMER},
    "cc[0]": {"cc": ["tel:+12025550100"]},
    "channel": {"channel": "pigeon"},
    "to: one at a time": {"channel": "loop", "to": [CUSTOMER, "+12025550188"], "subject": ""},
    "queue": {"queue": "nowhere"},
    "files": {"channel": "loop", "to": CUSTOMER, "subject": "", "files": [1]},
    "subject: none there": {"channel": "loop", "to": CUSTOMER},
    "to: not asked": {"purpose": "marketing"},
}
"""Refused for the field before the colon."""


async def test_what_cannot_be_begun_is_refused_by_field(post: Post) -> None:
    async with post.office.person(ONE) as one:
        for field, body in WRONG.items():
            answer = await one.post("conversations", {**MAIL, **body})
            assert answer.status == 400, (field, answer.text)
            assert answer.json["errors"][0]["field"] == field.partition(":")[0], answer.text
        gone = {**MAIL, "to": [], "contact": 4711}
        assert (await one.post("conversations", gone)).status == 404
    assert await post.conversations() == []


async def test_a_closed_way_says_why_and_the_others_stay(post: Post) -> None:
    await post.loop(message("hello"))
    talk = await post.conversation()
    await post.write(actions.spam, talk.id, post.author(), now=post.hub.clock())
    async with post.office.person(ONE) as one:
        body = {"channel": "loop", "to": CUSTOMER, "text": "t", "client_key": "k"}
        answer = await one.post("conversations", body)
        assert answer.status == 400
        assert "blocked" in answer.json["errors"][0]["reason"]
        (way,) = (await one.get("ways", to=CUSTOMER)).json["items"]
        assert (way["open"], way["why"]) == (False, "blocked")
        assert set(way["words"]) == {"en", "fa"}
        found = (await one.get("ways", contact=talk.contact.id)).json
        assert [item["channel"]["name"] for item in found["items"]] == ["loop"]
        new = (await one.get("ways", to=BEN)).json
        assert new["contact"] is None
        assert [(item["channel"]["name"], item["open"]) for item in new["items"]] == [
            ("mail", True)
        ]
        assert (await one.get("ways")).status == 400
        assert (await one.get("ways", contact=4711)).status == 404


async def test_it_may_be_put_into_a_queue_at_once(post: Post) -> None:
    begun = await _start(post, **MAIL, queue="general")
    assert begun["conversation"]["queue"]["name"] == "general"
