"""Moves at random, then all of them taken back in turn: everything stands as it stood."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

from hub import actions
from hub.actions import NotPossible
from hub.replies import moves
from hub.replies.moves import Place
from tests.hub.running import SECOND, letter, message

if TYPE_CHECKING:
    from tests.hub.replies.desk import Mailboxes

_STANDING = """
SELECT c.id, c.status, c.waiting_since, c.queue, c.agent, c.snoozed_until, w.state, w.order_key
FROM conversation c LEFT JOIN work_item w ON w.conversation = c.id AND w.state IN
  ('queued', 'offered', 'active', 'deferred')
WHERE c.status <> 'moved' ORDER BY c.id
"""
_PLACES = (
    "SELECT id, conversation FROM timeline_entry WHERE kind IN ('message', 'note') ORDER BY id"
)
_PARTS = "SELECT conversation, identity, role, entry FROM participant ORDER BY 1, 2, 3"


async def _all(boxes: Mailboxes) -> list[list[tuple[Any, ...]]]:
    tables = [[tuple(row) for row in await boxes.rows(sql)] for sql in (_STANDING, _PLACES, _PARTS)]
    known = {row[0] for row in tables[0]}
    return [*tables[:2], [row for row in tables[2] if row[0] in known]]


async def _check(boxes: Mailboxes) -> None:
    """Who waits has a turn and who does not has none; nothing is in what is gone."""
    for row in await boxes.rows(_STANDING):
        if row["status"] == "snoozed":
            assert row["state"] is None
            continue
        assert (row["waiting_since"] is not None) == (row["state"] is not None), dict(row)
        assert (row["status"] == "open") == (row["state"] is not None), dict(row)
    gone = "SELECT id FROM conversation WHERE status = 'moved'"
    assert not await boxes.rows(
        f"SELECT id FROM timeline_entry WHERE kind IN ('message', 'note') AND conversation IN ({gone})"
    )


async def test_moves_at_random_and_back(lite: Mailboxes) -> None:
    for n in range(3):
        await lite.to("mail", letter("Hello", id=f"m{n}@b.example", cc="bob@a.example"))
        await lite.to("mail", letter("More", in_reply_to=f"<m{n}@b.example>", cc="cy@a.example"))
        await lite.loop(
            message("one", sender=f"tel:+120255501{n}0"),
            message("two", sender=f"tel:+120255501{n}0"),
        )
    ids = [one.id for one in await lite.conversations()]
    await lite.reply(ids[1], "An answer")
    await lite.loop(message("and three", sender="tel:+12025550110"))
    await lite.do(actions.resolve, ids[2])
    await lite.do(actions.snooze, ids[3], lite.hub.clock() + 3600 * SECOND)
    await lite.do(actions.note, ids[0], "a note", client_key="n")
    await lite.write(lambda tx: tx.run("UPDATE delivery SET state = 'sent'"))
    draw = random.Random(7)
    before, undo = await _all(lite), list[int]()

    def place() -> Place:
        ours = frozenset(lite.hub.channels.mailboxes)
        return Place(desk=lite.hub.desk, ours=ours, author=lite.author(), now=lite.hub.clock())

    while len(undo) < 25:
        entries, known = await lite.rows(_PLACES), [one.id for one in await lite.conversations()]
        to = draw.choice([None, *known])
        try:
            done = await lite.write(
                moves.move, draw.choice(entries)["id"], to, place(),
                later=draw.random() < 0.3,
            )  # fmt: skip
        except NotPossible:
            continue
        undo.append(done.undo)
        await _check(lite)
    for one in reversed(undo):
        await lite.write(moves.undo, one, place())
        await _check(lite)
    assert await _all(lite) == before
