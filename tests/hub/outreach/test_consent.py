"""Consent on every channel: words, links and agents' acts; proof, history, and what it stops."""

from __future__ import annotations

from typing import Any

from hub import actions, compose, unsubscribing
from hub.compose import Draft
from storage import consents, conversations, links
from storage.db import Tx
from tests.fakes.loopback import PROVIDERS
from tests.hub.answering import Post, read
from tests.hub.running import CUSTOMER, letter, message
from tests.hub.visitor import visiting

ONE = "one@acme.example"


async def _identity(post: Post) -> int:
    found = await post.value("SELECT identity FROM conversation ORDER BY id DESC LIMIT 1")
    assert isinstance(found, int)
    return found


async def _history(post: Post, contact: int) -> list[dict[str, Any]]:
    async with post.office.person(ONE) as one:
        items: list[dict[str, Any]] = (await one.get(f"contacts/{contact}/consents")).json["items"]
        return items


async def test_a_mail_that_says_stop_is_heard_with_its_proof(either: Post) -> None:
    await either.mail(letter("Hello", sender="ann@customer.example"))
    talk = await either.conversation()
    await either.mail(letter("Unsubscribe.", sender="ann@customer.example"))
    (said,) = await _history(either, talk.contact.id)
    assert (said["state"], said["source"], said["proof"]) == (
        "withdrawn",
        "customer",
        "Unsubscribe.",
    )
    assert said["channel"]["name"] == "mail"
    assert said["purposes"] == ["reply", "service", "marketing"]
    assert said["conversation"] is not None
    async with either.office.person(ONE) as one:
        path = f"conversations/{talk.id}"
        (way,) = (await one.get(path)).json["channels"]
        assert (way["open"], way["why"]) == (False, "opted_out")
        refused = await one.post(f"{path}/reply", {"text": "Hi", "client_key": "k"})
        assert (refused.status, refused.json["errors"][0]["field"]) == (400, "to")
    await either.mail(letter("start", sender="ann@customer.example"))
    states = [item["state"] for item in await _history(either, talk.contact.id)]
    assert states == ["granted", "withdrawn"]
    await either.reply(talk.id, "Hello again")
    assert (
        await either.value("SELECT status FROM conversation WHERE id = :c", c=talk.id) == "pending"
    )


async def test_a_visitor_who_says_stop_is_heard(post: Post) -> None:
    async with visiting(post.base) as visitor:
        await visitor.say("Hello")
        await visitor.say("لغو عضویت")
    talk = await post.conversation()
    async with post.office.person(ONE) as one:
        (way,) = (await one.get(f"conversations/{talk.id}")).json["channels"]
        assert way["why"] == "opted_out"


async def test_what_is_queued_stops_too(either: Post) -> None:
    await either.loop(message("hello"))
    talk = await either.conversation()
    provider = PROVIDERS["loop"]
    provider.gate.clear()
    first = await either.reply(talk.id, "one")
    second = await either.reply(talk.id, "two")
    await either.until_delivered(first, "sending")
    await either.loop(message("STOP", consent="stop"))
    provider.gate.set()
    await either.until_delivered(first, "sent")  # it was on its way
    (row,) = await either.until_delivered(second, "stopped")
    assert row["code"] == "opted_out"


async def test_who_stands_in_copy_and_wants_no_more_is_left_out(either: Post) -> None:
    cc = "Boss <boss@customer.example>, Joe <joe@customer.example>"
    await either.mail(letter("All of us", sender="ann@customer.example", cc=cc))
    talk = await either.conversation()
    boss = await either.value("SELECT id FROM identity WHERE uri = 'mailto:boss@customer.example'")
    draft = Draft(conversation=talk.id, text="Hello all", client_key="k")

    def written_then_stopped(tx: Tx) -> int:
        entry = compose.reply(tx, either.hub.channels, draft, either.author(), now=1)
        consents.record(tx, boss, None, "withdrawn", source="t", now=1)
        return entry

    entry = await either.write(written_then_stopped)
    (sent,) = await either.mails(1)
    assert sorted(sent.recipients) == ["ann@customer.example", "joe@customer.example"]
    assert "boss" not in str(read(sent)["Cc"])
    (row,) = await either.until_delivered(entry, "sent")
    assert "mailto:boss@customer.example: left out" in row["words"]


async def test_words_from_a_matter_of_another_team_are_not_shown(post: Post) -> None:
    more = "queues: [{name: hidden, visible_to: members}]\nagents: [{email: two@acme.example}]"
    await post.office.run("apply", text=more)
    await post.loop(message("hello"))
    await post.mail(letter(sender="ann@customer.example"))
    mine, theirs = await post.conversations()
    await post.write(links.join, mine.contact.id, theirs.contact.id, evidence="t", by="t", now=1)
    await post.mail(letter("Remove me", sender="ann@customer.example"))
    hidden = await post.value("SELECT id FROM queue WHERE name = 'hidden'")
    for talk in await post.conversations():
        if talk.channel.name == "mail":
            await post.write(conversations.hand_over, talk.id, queue=hidden, agent=None, now=1)
    (said,) = await _history(post, mine.contact.id)
    assert (said["state"], said["proof"], said["entry"]) == ("withdrawn", "", None)
    async with post.office.admin() as admin:
        (said,) = (await admin.get(f"contacts/{mine.contact.id}/consents")).json["items"]
        assert said["proof"] == "Remove me"


async def test_purposes_are_asked_for_one_by_one(post: Post) -> None:
    await post.mail(letter(sender="ann@customer.example"))
    talk, identity = await post.conversation(), await _identity(post)
    channel = talk.channel.id
    await post.write(
        consents.record, identity, channel, "withdrawn", source="t", purposes=("service",), now=1
    )
    closed = [await post.read(consents.closed, identity, channel, one) for one in consents.PURPOSES]
    assert closed == ["", "opted_out", "not_asked"]
    await post.reply(talk.id, "an answer still goes")
    async with post.office.person(ONE) as one:
        body = {"channel": "mail", "contact": talk.contact.id, "subject": "s", "text": "t"}
        refused = await one.post("conversations", {**body, "client_key": "k"})
        assert (refused.status, refused.json["errors"][0]["field"]) == (400, "to")


async def test_an_agent_records_it_with_proof_and_it_is_audited(either: Post) -> None:
    await either.loop(message("STOP", consent="stop"))
    identity = await _identity(either)
    path = f"identities/{identity}"
    async with either.office.person(ONE) as one:
        bare = await one.post(f"{path}/consent", {"state": "granted"})
        assert (bare.status, bare.json["errors"][0]["field"]) == (400, "proof")
        body = {"state": "granted", "proof": "asked for it on the phone", "purposes": ["reply"]}
        assert (await one.post(f"{path}/consent", body)).json["opted_out"] is False
        contact = (await either.conversation()).contact.id
        last, first = await _history(either, contact)
        assert (last["by"], last["proof"], last["purposes"]) == ("One", body["proof"], ["reply"])
        assert first["source"] == "customer"
        assert (await one.post("identities/4711/consent", {"state": "withdrawn"})).status == 404
        assert (await one.post(f"{path}/block")).json["blocked"] is True
        assert (await one.post(f"{path}/unblock")).json["blocked"] is False
    acts = await either.rows("SELECT action, actor FROM audit WHERE subject = :s ORDER BY id",
                             s=f"identity:{identity}")  # fmt: skip
    assert [row["action"] for row in acts] == [
        "consent.granted",
        "identity.block",
        "identity.unblock",
    ]
    assert all(row["actor"].startswith("user:") for row in acts)


async def test_what_blocked_senders_write_is_filed_and_given_to_nobody(post: Post) -> None:
    await post.loop(message("hello"))
    async with post.office.person(ONE) as one:
        await one.post(f"identities/{await _identity(post)}/block")
        talk = await post.conversation()
        await one.post(f"conversations/{talk.id}/resolve")
    await post.loop(message("again"))
    found = await post.conversation()
    assert (found.status, found.work_item) == ("resolved", None)
    assert len(await post.entries(found.id)) == 2
    rule = await post.value("SELECT rule FROM decision ORDER BY id DESC LIMIT 1")
    assert rule == "hub:blocked"


# ---------------------------------------------------------------- spam


async def test_spam_resolves_blocks_and_stops_what_is_on_its_way(post: Post) -> None:
    await post.come("one")
    await post.loop(message("buy pills"))
    talk = await post.conversation()
    provider = PROVIDERS["loop"]
    provider.gate.clear()
    first = await post.reply(talk.id, "first", key="a")
    await post.until_delivered(first, "sending")
    queued = await post.reply(talk.id, "second", key="b")
    async with post.office.person(ONE) as one:
        found = (await one.post(f"conversations/{talk.id}/spam")).json
        assert (found["status"], found["agent"], found["work_item"]) == ("spam", None, None)
    provider.gate.set()
    (row,) = await post.until_delivered(queued, "stopped")
    assert row["code"] == "blocked"
    view = (await post.rows("SELECT blocked_at, blocked_for FROM identity WHERE uri = :u",
                              u=f"tel:{CUSTOMER}"))[0]  # fmt: skip
    assert view["blocked_at"] is not None
    assert view["blocked_for"] == talk.id


async def test_undone_it_is_as_it_was(either: Post) -> None:
    await either.come("one")
    for sender in ("tel:+12025550111", "tel:+12025550112"):
        await either.loop(message("is this spam?", sender=sender))
    owned, waiting = await either.conversations()
    await either.do(actions.take, owned.id)
    before = await either.conversations()
    async with either.office.person(ONE) as one:
        for talk in (owned, waiting):
            await one.post(f"conversations/{talk.id}/spam")
            after = (await one.post(f"conversations/{talk.id}/reopen")).json
            assert after["status"] == "open"
    for was, found in zip(before, await either.conversations(), strict=True):
        assert (found.waiting_since, found.agent) == (was.waiting_since, was.agent)
        assert found.work_item is not None
        assert was.work_item is not None
        assert found.work_item.order_key == was.work_item.order_key
        assert found.work_item.state == was.work_item.state
    assert await either.value("SELECT COUNT(*) FROM identity WHERE blocked_at IS NOT NULL") == 0


async def test_what_they_wrote_meanwhile_is_owed_once_it_is_undone(either: Post) -> None:
    await either.come("one")
    await either.loop(message("is this spam?"))
    talk = await either.conversation()
    await either.do(actions.take, talk.id)
    await either.reply(talk.id, "we think so", key="a")
    async with either.office.person(ONE) as one:
        await one.post(f"conversations/{talk.id}/spam")
        await either.loop(message("it is not, my order is late"))
        missed = await either.conversation()
        assert (missed.status, missed.waiting_since) == ("spam", None)
        found = (await one.post(f"conversations/{talk.id}/reopen")).json
    assert found["status"] == "open"
    back = await either.conversation()
    assert back.waiting_since is not None
    assert back.work_item is not None
    assert back.agent is not None


async def test_what_they_began_meanwhile_is_owed_too(post: Post) -> None:
    await post.mail(letter("Buy now", sender="ann@customer.example"))
    talk = await post.conversation()
    async with post.office.person(ONE) as one:
        await one.post(f"conversations/{talk.id}/spam")
        await post.mail(letter("My order is late", sender="ann@customer.example"))
        await post.mail(letter("On holiday", sender="ann@customer.example",
                               auto_submitted="auto-replied"))  # fmt: skip
        before = [found.status for found in await post.conversations()]
        await one.post(f"conversations/{talk.id}/reopen")
    assert before == ["spam", "resolved", "resolved"]
    _, late, holiday = await post.conversations()
    assert (late.status, late.waiting_since) == ("open", late.created_at)
    assert late.work_item is not None
    assert holiday.status == "resolved"


async def test_who_was_blocked_by_hand_stays_blocked(post: Post) -> None:
    await post.loop(message("hello"))
    talk = await post.conversation()
    async with post.office.person(ONE) as one:
        await one.post(f"identities/{await _identity(post)}/block")
        await one.post(f"conversations/{talk.id}/spam")
        await one.post(f"conversations/{talk.id}/reopen")
    assert await post.value("SELECT COUNT(*) FROM identity WHERE blocked_at IS NOT NULL") == 1


# ---------------------------------------------------------------- links


async def test_what_nobody_asked_for_needs_a_yes_and_has_a_way_out(post: Post) -> None:
    await post.mail(letter(sender="ann@customer.example"))
    talk, identity = await post.conversation(), await _identity(post)
    body = {"channel": "mail", "contact": talk.contact.id, "subject": "News", "text": "t",
            "purpose": "marketing"}  # fmt: skip
    async with post.office.person(ONE) as one:
        assert (await one.post("conversations", {**body, "client_key": "a"})).status == 400
        yes = {
            "state": "granted",
            "proof": "ticked the box at check-out",
            "purposes": ["marketing"],
        }
        await one.post(f"identities/{identity}/consent", yes)
        assert (await one.post("conversations", {**body, "client_key": "b"})).status == 201
        (sent,) = await post.mails(1)
        mail = read(sent)
        link, mailto = str(mail["List-Unsubscribe"]).split(",")
        assert mailto.strip() == "<mailto:help@acme.example?subject=unsubscribe>"
        assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
        path = link.strip(" <>").removeprefix(post.hub.settings.public_url)
        await _opened(post, path, identity)
        assert (await one.post("conversations", {**body, "client_key": "c"})).status == 400
        await post.reply(talk.id, "an answer goes all the same")


async def _opened(post: Post, path: str, identity: int) -> None:
    """Opening it asks, a POST withdraws once, a forged one is unknown."""
    headers = {"Accept-Language": "fa"}
    async with post.http.get(post.base + path, headers=headers) as answer:
        assert answer.status == 200
        assert 'dir="rtl"' in await answer.text()
    assert await post.value("SELECT COUNT(*) FROM consent WHERE state = 'withdrawn'") == 0
    for _ in range(2):
        data = {"List-Unsubscribe": "One-Click"}
        async with post.http.post(post.base + path, data=data) as answer:
            assert answer.status == 200
    rows = await post.rows("SELECT * FROM consent WHERE state = 'withdrawn'")
    assert {(row["identity"], row["purpose"], row["source"]) for row in rows} == {
        (identity, "service", "link"),
        (identity, "marketing", "link"),
    }
    assert len(rows) == 2
    forged = path.replace(f"/{identity:x}.", f"/{identity + 1:x}.")
    async with post.http.post(post.base + forged) as answer:
        assert answer.status == 404


async def test_what_is_no_link_of_ours_is_none(post: Post) -> None:
    keys = post.hub.keys
    for text in ("", "1", "1.2", "x.y.z", "1.2.AAAAAAAAAAAAAAAA", "1.2.%%%"):
        assert unsubscribing.named(keys, text) is None
    assert unsubscribing.named(keys, unsubscribing.token(keys, 26, 3)) == (26, 3)


def test_the_page_speaks_both_languages() -> None:
    assert 'lang="fa"' in unsubscribing.page("fa-ir", done=False)
    assert "<form" in unsubscribing.page("en", done=False)
    assert "<form" not in unsubscribing.page("en", done=True)
