"""What tests of routing do to a running hub: time, settling, and what must hold of the tables."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from storage import agents, views

if TYPE_CHECKING:
    from storage.db import Row
    from storage.views import OfferView
    from tests.hub.running import Running


async def sound(hub: Running) -> None:
    """What must hold whenever no claim is in flight (routing.md 4)."""
    assert await hub.read(agents.miscounted) == []  # I12
    assert not await hub.rows("SELECT id FROM agent WHERE used < 0 OR soft < 0 OR parked < 0")
    assert not await hub.rows(
        """
        SELECT conversation FROM work_item WHERE state IN
          ('queued', 'offered', 'connecting', 'active', 'held', 'deferred', 'wrapping')
        GROUP BY conversation HAVING COUNT(*) > 1
        """
    )
    assert not await hub.rows(
        """
        SELECT id FROM work_item WHERE agent IS NULL
          AND state IN ('offered', 'connecting', 'active', 'held', 'wrapping')
        """
    )
    assert not await hub.rows(
        "SELECT id FROM work_item WHERE state IN ('queued', 'deferred') AND agent IS NOT NULL"
    )
    assert not await hub.rows(
        """
        SELECT w.id FROM work_item w JOIN conversation c ON c.id = w.conversation
        WHERE w.state IN ('active', 'held') AND (c.agent IS NULL OR c.agent <> w.agent)
        """
    )
    pending = await hub.value("SELECT COUNT(*) FROM offer WHERE state = 'pending'")
    assert pending == await hub.value("SELECT COUNT(*) FROM work_item WHERE state = 'offered'")
    assert hub.hub.router.matcher.check() == []


async def settled(hub: Running) -> None:
    """Wait until the router has nothing more to do with what is committed."""
    seq = await hub.value("SELECT MAX(seq) FROM event")

    async def still() -> bool:
        return bool(hub.hub.feed.seq >= (seq or 0)) and hub.hub.router.idle

    await hub.until(still)


async def at(hub: Running, moment: int) -> None:
    """Do what is due at a (virtual) time."""
    for part in (hub.hub.timers, hub.hub.router):
        part.now = lambda: moment
    hub.hub.clock = lambda: moment
    await hub.hub.timers._due()


async def offer(hub: Running, *names: str) -> OfferView:
    """Wait for an offer to one of these agents."""

    async def there() -> OfferView | None:
        for name in names or ("one", "two"):
            if found := await hub.read(views.offers, hub.agents[name].id):
                return found[0]
        return None

    found: OfferView = await hub.until(there)
    return found


async def log(hub: Running, item: int, what: str = "") -> list[dict[str, Any]]:
    """What befell a turn, oldest first; of one kind if ``what`` says so."""
    rows: list[Row] = await hub.rows(
        "SELECT * FROM item_log WHERE work_item = :item ORDER BY id", item=item
    )
    return [
        {"what": row["what"], **msgspec.json.decode(row["data"])}
        for row in rows
        if what in ("", row["what"])
    ]


async def row_of(hub: Running, name: str) -> Row:
    """An agent's row."""
    (row,) = await hub.rows("SELECT * FROM agent WHERE id = :id", id=hub.agents[name].id)
    return row


async def work_item(hub: Running, id: int) -> Row:
    """A work item's row."""
    (row,) = await hub.rows("SELECT * FROM work_item WHERE id = :id", id=id)
    return row


async def apply(hub: Running, text: str) -> None:
    """Lay a file over the configuration, and wait until the router knows."""
    await hub.office.run("apply", text=text)
    for agent in await hub.read(views.agents):
        hub.agents[agent.email.partition("@")[0]] = agent
    await settled(hub)
