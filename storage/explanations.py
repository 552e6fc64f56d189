"""What is stored of one turn's way: decision, log, offers, assignments, and the names in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from storage.db import Row, Tx

_LIVE = "('queued', 'offered', 'connecting', 'active', 'held', 'deferred', 'wrapping')"
_WITH_NAME = "JOIN agent a ON a.id = {table}.agent JOIN user_account u ON u.id = a.user_id"


def item(tx: Tx, id: int) -> Row | None:
    """One turn with its queue, its conversation's head start and its agent's name."""
    return tx.one(
        """
        SELECT w.*, c.priority, q.name AS queue_name, u.name AS agent_name
        FROM work_item w JOIN conversation c ON c.id = w.conversation
        JOIN queue q ON q.id = w.queue
        LEFT JOIN agent a ON a.id = w.agent LEFT JOIN user_account u ON u.id = a.user_id
        WHERE w.id = :id
        """,
        id=id,
    )


def newest_item(tx: Tx, conversation: int) -> int | None:
    """The newest turn of a conversation."""
    found = tx.value(
        f"""
        SELECT MAX(x.id) FROM (
          SELECT MAX(work_item) AS id FROM decision WHERE conversation = :c
          UNION ALL SELECT MAX(work_item) FROM assignment WHERE conversation = :c
          UNION ALL SELECT id FROM work_item WHERE conversation = :c AND state IN {_LIVE}) AS x
        """,
        c=conversation,
    )
    return None if found is None else int(found)


def decision(tx: Tx, item: Row) -> Row | None:
    """What the rules said when the turn began; of a turn that a person began, what they said last."""
    own = tx.one("SELECT * FROM decision WHERE work_item = :id ORDER BY id LIMIT 1", id=item["id"])
    return own or tx.one(
        """
        SELECT * FROM decision WHERE conversation = :c AND at <= :at ORDER BY id DESC LIMIT 1
        """,
        c=item["conversation"],
        at=item["entered_at"],
    )


def offers(tx: Tx, item: int) -> list[Row]:
    """To whom it was offered, in order, with names."""
    return tx.all(
        f"""
        SELECT o.*, u.name AS agent_name FROM offer o {_WITH_NAME.format(table="o")}
        WHERE o.work_item = :item ORDER BY o.id
        """,
        item=item,
    )


def assignments(tx: Tx, item: Row) -> list[Row]:
    """Who had it, in order, with names."""
    return tx.all(
        f"""
        SELECT s.*, u.name AS agent_name FROM assignment s {_WITH_NAME.format(table="s")}
        WHERE s.conversation = :c AND s.work_item = :item ORDER BY s.id
        """,
        c=item["conversation"],
        item=item["id"],
    )


def log(tx: Tx, item: int) -> list[Row]:
    """What befell it, in order; ``by_name`` is who did it, NULL for the hub."""
    return tx.all(
        """
        SELECT g.*, COALESCE(u.name, v.name) AS by_name FROM item_log g
        LEFT JOIN user_account u ON u.id =
          CASE WHEN SUBSTR(g.actor, 1, 5) = 'user:' THEN CAST(SUBSTR(g.actor, 6) AS BIGINT) END
        LEFT JOIN agent a ON a.id =
          CASE WHEN SUBSTR(g.actor, 1, 6) = 'agent:' THEN CAST(SUBSTR(g.actor, 7) AS BIGINT) END
        LEFT JOIN user_account v ON v.id = a.user_id
        WHERE g.work_item = :item ORDER BY g.id
        """,
        item=item,
    )


def again_at(tx: Tx, item: int) -> int | None:
    """When those who declined it are asked again."""
    found = tx.value("SELECT due FROM timer WHERE kind = 'again' AND subject = :id", id=item)
    return None if found is None else int(found)


def queue_names(tx: Tx) -> dict[int, tuple[str, Mapping[str, str]]]:
    """Every queue, in use or not: (name, titles by language)."""
    rows = tx.all("SELECT id, name, title FROM queue")
    return {row["id"]: (row["name"], _titles(row)) for row in rows}


def skill_titles(tx: Tx) -> dict[str, Mapping[str, str]]:
    """Every skill's titles by language, by its name."""
    return {row["name"]: _titles(row) for row in tx.all("SELECT name, title FROM skill")}


def agent_names(tx: Tx, ids: Iterable[int]) -> dict[int, str]:
    """Names of these agents."""
    found = (
        tx.one(
            "SELECT a.id, u.name FROM agent a JOIN user_account u ON u.id = a.user_id"
            " WHERE a.id = :id",
            id=id,
        )
        for id in sorted(set(ids))
    )
    return {row["id"]: row["name"] for row in found if row is not None}


def served(tx: Tx, agent: int) -> set[int]:
    """The queues that an agent serves."""
    return {
        row["queue"] for row in tx.all("SELECT queue FROM queue_agent WHERE agent = :a", a=agent)
    }


def _titles(row: Row) -> Mapping[str, str]:
    return msgspec.json.decode(row["title"], type=dict[str, str])
