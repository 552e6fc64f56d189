"""What people do with conversations: what it means for the matter, its turn and its timeline."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from hub import actions, consent
from hub.actions import NotPossible
from hub.compose import Author
from storage import consents, views
from tests.hub.running import ALL, SECOND

if TYPE_CHECKING:
    from tests.hub.running import Running

PROGRAM = Author(None, "a program", "token:1", "token:1")


@pytest.fixture
async def talk(hub: Running) -> int:
    await hub.sms("hello")
    return (await hub.conversation()).id


async def _kinds(hub: Running, talk: int) -> list[str]:
    return [one.kind for one in reversed(await hub.read(views.matter, talk, limit=100))]


async def test_a_note_changes_nothing_but_the_timeline(hub: Running, talk: int) -> None:
    before = await hub.conversation()
    first = await hub.do(actions.note, talk, "be kind", client_key="n")
    assert await hub.do(actions.note, talk, "be kind", client_key="n") == first
    after = await hub.conversation()
    assert (after.status, after.waiting_since, after.work_item, after.last_text) == (
        before.status, before.waiting_since, before.work_item, before.last_text,
    )  # fmt: skip
    assert await _kinds(hub, talk) == ["message", "note"]


async def test_resolve_ends_the_turn_and_frees_the_owner(hub: Running, talk: int) -> None:
    await hub.do(actions.take, talk)
    assert await hub.value("SELECT SUM(used) FROM agent") == 15
    await hub.do(actions.resolve, talk)
    found = await hub.conversation()
    assert (found.status, found.agent, found.work_item, found.waiting_since) == (
        "resolved", None, None, None,
    )  # fmt: skip
    assert await hub.value("SELECT SUM(used) FROM agent") == 0
    await hub.do(actions.resolve, talk)  # twice is once
    assert await _kinds(hub, talk) == ["message", "taken", "resolved"]


async def test_reopen_gives_it_to_who_reopens(hub: Running, talk: int) -> None:
    await hub.do(actions.resolve, talk)
    await hub.do(actions.reopen, talk, by="two", desk=hub.hub.desk)
    found = await hub.conversation()
    assert found.status == "open"
    assert found.agent is not None
    assert found.agent.name == "Two"
    await hub.do(actions.reopen, talk, by="one", desk=hub.hub.desk)
    assert (await hub.conversation()).agent == found.agent


async def test_what_a_program_reopens_waits_in_its_queue(hub: Running, talk: int) -> None:
    await hub.do(actions.resolve, talk)
    await hub.write(actions.reopen, talk, PROGRAM, hub.hub.desk, now=hub.hub.clock())
    found = await hub.conversation()
    assert found.agent is None
    assert found.work_item is not None
    assert found.work_item.state == "queued"


async def test_a_program_takes_nothing(hub: Running, talk: int) -> None:
    with pytest.raises(NotPossible):
        await hub.write(actions.take, talk, PROGRAM, now=1)


async def test_spam_blocks_and_reopen_unblocks(hub: Running, talk: int) -> None:
    await hub.do(actions.spam, talk)
    view = await hub.read(views.contact, (await hub.conversation()).contact.id, ALL)
    assert view.identities[0].blocked
    assert (await hub.conversation()).status == "spam"
    await hub.do(actions.reopen, talk, desk=hub.hub.desk)
    view = await hub.read(views.contact, (await hub.conversation()).contact.id, ALL)
    assert not view.identities[0].blocked


async def test_what_is_closed_cannot_be_snoozed(hub: Running, talk: int) -> None:
    await hub.do(actions.resolve, talk)
    with pytest.raises(NotPossible):
        await hub.do(actions.snooze, talk, hub.hub.clock() + SECOND)


async def test_what_is_closed_cannot_be_taken(hub: Running, talk: int) -> None:
    await hub.do(actions.resolve, talk)
    with pytest.raises(NotPossible):
        await hub.do(actions.take, talk)
    assert (await hub.conversation()).agent is None


async def test_transfers_name_what_exists(hub: Running, talk: int) -> None:
    with pytest.raises(LookupError):
        await hub.do(actions.transfer_to_agent, talk, 4711, text="")
    with pytest.raises(LookupError):
        await hub.do(actions.transfer_to_queue, 4711, 1, desk=hub.hub.desk, text="")
    await hub.do(
        actions.transfer_to_queue, talk, hub.queue("secret"), desk=hub.hub.desk, text="please"
    )
    found = await hub.conversation()
    assert found.queue is not None
    assert found.queue.name == "secret"
    (line, *_) = await hub.read(views.matter, talk)
    assert (line.kind, line.text) == ("transferred", "please")


async def test_seen_only_moves_forward(hub: Running, talk: int) -> None:
    assert (await hub.conversation()).unread
    user = hub.agents["one"].user
    (entry,) = await hub.entries(talk)
    await hub.write(actions.seen, user, talk, entry.id, now=1)
    assert not (await hub.conversation()).unread
    await hub.write(actions.seen, user, talk, entry.id - 1, now=1)
    assert not (await hub.conversation()).unread
    await hub.sms("and more")
    assert (await hub.conversation()).unread


async def test_an_agent_records_what_was_said_of_consent(hub: Running, talk: int) -> None:
    identity = await hub.value("SELECT identity FROM conversation WHERE id = :c", c=talk)
    sms = hub.hub.channels.get("sms")
    assert sms is not None
    await hub.do(consent.said, identity, "withdrawn")
    assert await hub.read(consents.withdrawn, identity, sms.id) is not None
    await hub.do(consent.said, identity, "granted", proof="said so on the phone")
    assert await hub.read(consents.withdrawn, identity, sms.id) is None
    assert len(await hub.read(consents.history, identity)) == 2 * len(consents.PURPOSES)
