"""``hub release``: what is held back is shown, decided about one by one, and only then let go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from hub import clock
from hub.control import CommandRefused
from storage import audit, automatic, hold
from storage.views import time_of

if TYPE_CHECKING:
    from hub.commands import Commands
    from storage.db import Row, Tx

PAGE = 500  # deliveries read at once
CHUNK = 50  # decided about in one transaction
MOST = 100_000  # deliveries that one answer can hold
ALL = "all"


async def held(office: Commands, _args: Mapping[str, Any], _body: bytes) -> dict[str, Any]:
    """The hold and every part that waits: ``{hold, forced, deliveries, automatic}``."""
    standing = await office.db.read(hold.state)
    rows: list[Row] = []
    while page := await office.db.read(hold.waiting, rows[-1]["id"] if rows else 0, PAGE):
        rows += page
        if len(rows) > MOST:
            raise CommandRefused(f"more than {MOST} parts wait: decide by --send all or --drop all")
    return {
        "hold": None if standing is None else _shown(standing),
        "forced": office.settings.hold,
        "deliveries": [_part(row) for row in rows],
        "automatic": len(await office.db.read(automatic.wanted, PAGE)),
    }


def _shown(held: hold.Held) -> dict[str, Any]:
    return {
        "why": held.why,
        "since": _time(held.since),
        "made_at": None if held.made_at is None else _time(held.made_at),
    }


def _part(row: Row) -> dict[str, Any]:
    return {
        "id": row["id"],
        "state": row["state"],
        "part": row["part"],
        "parts": row["parts"],
        "channel": row["channel"],
        "to": row["uri"],
        "subject": row["subject"],
        "text": row["text"],
        "written_at": _time(row["created_at"]),
        "automatic": row["actor"] == "hub",
    }


def _time(micros: int) -> str:
    return f"{time_of(micros):%F %H:%M} UTC"


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to leave and what not: ids, or all that is not named on the other side."""

    send: frozenset[int]
    drop: frozenset[int]
    rest: bool | None
    """True: whatever is not named leaves; False: it does not; None: nobody has said."""

    def of(self, id: int) -> bool | None:
        """Whether that part leaves; None: undecided."""
        if id in self.send:
            return True
        return False if id in self.drop else self.rest


def decision(args: Mapping[str, Any]) -> Decision:
    """``{send, drop}``, each ``"all"`` or ids. Raises CommandRefused: they contradict each other."""
    send, drop = args.get("send") or [], args.get("drop") or []
    if send == ALL and drop == ALL:
        raise CommandRefused("everything cannot be both sent and dropped")
    rest = True if send == ALL else False if drop == ALL else None
    named = Decision(
        frozenset() if send == ALL else frozenset(map(int, send)),
        frozenset() if drop == ALL else frozenset(map(int, drop)),
        rest,
    )
    if both := named.send & named.drop:
        raise CommandRefused(f"delivery {min(both)} cannot be both sent and dropped")
    return named


async def release(office: Commands, args: Mapping[str, Any], _body: bytes) -> dict[str, int]:
    """Decide about every part that waits, and lift the hold: ``{sent, dropped, automatic}``.

    Nothing is changed while one part is undecided or one that is named does not wait.
    """
    chosen = decision(args)
    if await office.db.read(hold.state) is None:
        raise CommandRefused("this hub is not on hold")
    if office.settings.hold:
        raise CommandRefused("HUB_HOLD is set: start the hub without it, and release it then")
    await _covered(office, chosen)
    counts = {"sent": 0, "dropped": 0, "automatic": 0}
    while n := await office.db.write(hold.drop_automatic, CHUNK, now=clock.now()):
        counts["automatic"] += n
    after: int | None = 0
    while after is not None:
        after, sent, dropped = await office.db.write(_decide, chosen, after, clock.now())
        counts["sent"] += sent
        counts["dropped"] += dropped
    await office.db.write(_lift, chosen, counts, clock.now())
    office.lifted()
    return counts


async def _covered(office: Commands, chosen: Decision) -> None:
    """Every part is decided about, and every named one waits. Raises CommandRefused."""
    undecided: list[int] = []
    named = set(chosen.send | chosen.drop)
    after = 0
    while page := await office.db.read(hold.waiting, after, PAGE):
        after = page[-1]["id"]
        ids = [int(row["id"]) for row in page]
        named.difference_update(ids)
        undecided += [id for id in ids if chosen.of(id) is None]
    if named:
        raise CommandRefused(f"delivery {min(named)} does not wait: see `hub release --list`")
    _refuse_undecided(undecided)


def _refuse_undecided(ids: list[int]) -> None:
    if ids:
        some = ", ".join(map(str, ids[:10])) + (", …" if len(ids) > 10 else "")
        raise CommandRefused(
            f"{len(ids)} undecided ({some}): say --send or --drop with their numbers, or all"
        )


def _decide(tx: Tx, chosen: Decision, after: int, now: int) -> tuple[int | None, int, int]:
    """One page of decisions; (where to go on or None, sent, dropped)."""
    page = hold.waiting(tx, after, CHUNK)
    sent = dropped = 0
    for row in page:
        leaves = chosen.of(row["id"])
        if leaves:
            sent += hold.send(tx, row["id"], now=now)
        elif leaves is not None:
            dropped += hold.drop(tx, row["id"], now=now)
    return (page[-1]["id"] if page else None), sent, dropped


def _lift(tx: Tx, chosen: Decision, counts: Mapping[str, int], now: int) -> None:
    """The end of the hold. Parts written since the last look are few, and are decided about here.

    Raises CommandRefused: nobody has said what becomes of them.
    """
    after: int | None = 0
    while after is not None:
        page = hold.waiting(tx, after, CHUNK)
        _refuse_undecided([row["id"] for row in page if chosen.of(row["id"]) is None])
        for row in page:
            if not chosen.of(row["id"]):
                hold.drop(tx, row["id"], now=now)
        after = page[-1]["id"] if page else None
    was = hold.state(tx)
    hold.lift(tx)
    data = {} if was is None else msgspec.to_builtins(was)
    audit.record(tx, "command", "hold.released", "hub", now=now, **counts, **data)
