"""A matter in a queue that only its members see, with everything that can hang on one."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from hub import actions
from tests.hub.running import ALL, Running

if TYPE_CHECKING:
    from storage.db import Tx

WORDS = {
    "name": "Quibblefritz",
    "address": "hidden.example",
    "subject": "zaphodian",
    "text": "zarquonwords",
    "html": "heartofgold",
    "file": "vogonpoem",
    "file content": "beeblebroxcontent",
    "note": "magratheanote",
    "reply": "slartibartfast",
    "claim": "trillianclaim",
    "draft": "marvindraft",
}
"""Each is nowhere else: where one is shown, something of the matter is."""
TABLES = (
    "SELECT * FROM conversation WHERE id = :c",
    "SELECT id, kind, text FROM timeline_entry WHERE conversation = :c ORDER BY id",
    "SELECT id, state, queue, agent, order_key FROM work_item WHERE conversation = :c ORDER BY id",
    "SELECT id, name FROM contact WHERE id = :p",
    "SELECT id, uri, contact, blocked_at, verified FROM identity WHERE contact = :p ORDER BY id",
    "SELECT root, member, revoked_at FROM contact_link ORDER BY id",
    "SELECT id, state FROM delivery WHERE conversation = :c ORDER BY id",
    "SELECT s.id, s.state FROM consent s JOIN identity i ON i.id = s.identity WHERE i.contact = :p",
    "SELECT user_id, body FROM draft WHERE conversation = :c ORDER BY user_id",
    "SELECT user_id, entry FROM seen WHERE conversation = :c ORDER BY user_id",
)
"""All that an outsider could change."""


@dataclass(slots=True)
class Hidden:
    """What is hidden: its ids of every kind, and what gives it away."""

    hub: Running
    conversation: int
    contact: int
    ids: frozenset[int]
    markers: dict[str, str]

    async def digest(self) -> list[Any]:
        """All of it, to see whether anything has changed."""
        return [
            [tuple(row) for row in await self.hub.read(_rows, sql, self.conversation, self.contact)]
            for sql in TABLES
        ]


async def arrive(hub: Running) -> Hidden:
    """The mail comes in, is answered, noted, drafted and claimed."""
    assert await hub.mail(_mail()) == 200
    (matter,) = await hub.conversations()
    assert matter.queue is not None
    assert matter.queue.name == "secret"
    three = hub.author("three")
    now = hub.hub.clock()
    await hub.do(actions.take, matter.id, by="three")
    await hub.write(
        actions.note, matter.id, WORDS["note"], three, client_key=f"{matter.id}:n", now=now
    )
    reply = await hub.reply(matter.id, WORDS["reply"], by="three")
    await hub.until_delivered(reply, "deferred")  # the mailbox of tests sends nothing
    await hub.write(_hang_on, matter.id, matter.contact.id, hub.agents["three"].user, now)
    ids = await hub.read(_ids, matter.id, matter.contact.id)
    code = (await hub.conversation()).code
    return Hidden(hub, matter.id, matter.contact.id, ids, {**WORDS, "code": code})


def _hang_on(tx: Tx, conversation: int, contact: int, user: int, now: int) -> None:
    """What only other doors bring: a claim, a draft, a word on being written to."""
    tx.run(
        "INSERT INTO draft (user_id, conversation, body, updated_at) VALUES (:u, :c, :b, :now)",
        u=user,
        c=conversation,
        b=f'{{"text": "{WORDS["draft"]}"}}',
        now=now,
    )
    tx.run(
        """
        INSERT INTO claim (contact, conversation, kind, value, folded, source, at)
        VALUES (:p, :c, 'name', :v, :v, 'chat', :now)
        """,
        p=contact,
        c=conversation,
        v=WORDS["claim"],
        now=now,
    )


def _rows(tx: Tx, sql: str, conversation: int, contact: int) -> list[Any]:
    given = {"c": conversation, "p": contact}
    return tx.all(sql, **{name: value for name, value in given.items() if f":{name}" in sql})


def _ids(tx: Tx, conversation: int, contact: int) -> frozenset[int]:
    """Of everything that belongs to it, whatever kind: a route is asked for all of them."""
    found = {conversation, contact}
    for sql in (
        "SELECT id FROM timeline_entry WHERE conversation = :c",
        "SELECT id FROM work_item WHERE conversation = :c",
        "SELECT id FROM delivery WHERE conversation = :c",
        "SELECT id FROM decision WHERE conversation = :c",
        "SELECT id FROM identity WHERE contact = :p",
        "SELECT id FROM claim WHERE contact = :p",
        """SELECT e.id FROM raw_event e JOIN timeline_entry t ON t.id = e.entry
           WHERE t.conversation = :c""",
        """SELECT a.id FROM attachment a JOIN timeline_entry t ON t.id = a.entry
           WHERE t.conversation = :c""",
    ):
        found |= {int(row["id"]) for row in _rows(tx, sql, conversation, contact)}
    return frozenset(found)


def _mail() -> str:
    """``secret`` routes it into the hidden queue."""
    file = b64encode(WORDS["file content"].encode()).decode()
    return "\r\n".join(
        [
            f"From: Zelda {WORDS['name']} <zelda@{WORDS['address']}>",
            "To: help@acme.example",
            f"Subject: {WORDS['subject']}",
            f"Message-ID: <first@{WORDS['address']}>",
            "Date: Mon, 05 Jan 2026 10:00:00 +0000",
            "MIME-Version: 1.0",
            'Content-Type: multipart/mixed; boundary="b"',
            "",
            "--b",
            'Content-Type: multipart/alternative; boundary="a"',
            "",
            "--a",
            "Content-Type: text/plain; charset=utf-8",
            "",
            f"a secret {WORDS['text']}",
            "--a",
            "Content-Type: text/html; charset=utf-8",
            "",
            f"<p>a secret {WORDS['text']} <b>{WORDS['html']}</b></p>",
            "--a--",
            "--b",
            f'Content-Type: text/plain; name="{WORDS["file"]}.txt"',
            f'Content-Disposition: attachment; filename="{WORDS["file"]}.txt"',
            "Content-Transfer-Encoding: base64",
            "",
            file,
            "--b--",
            "",
        ]
    )


__all__ = ["ALL", "WORDS", "Hidden", "arrive"]
