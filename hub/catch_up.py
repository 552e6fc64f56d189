"""What a screen that comes back has missed: events to replay, or word that it needs a new snapshot."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from hub.permissions import Permission
from storage import events, views
from storage.views import Sight

if TYPE_CHECKING:
    from hub.access.principal import Principal
    from storage.db import Row, Tx

MOST_MISSED = 5_000  # events that a resume replays; more is a new snapshot
UNCOUNTED = 5_000_000  # microseconds: how late a count may be shown, with room to spare
LOOK_BACK = 20_000  # events looked at for where a conversation was


def sight_of(tx: Tx, principal: Principal) -> tuple[Sight, set[int]]:
    """What somebody may see; where something is hidden from them, the matters that are not too."""
    sight = views.sight(tx, principal.agent, everything=principal.may(Permission.USERS))
    if not sight.hidden or sight.all:
        return sight, set()
    return sight, views.visible_ids(tx, sight)


@dataclass(frozen=True, slots=True)
class CaughtUp:
    """What a screen needs to go on from where it was."""

    sight: Sight
    known: set[int]
    missed: list[Row] = field(default_factory=list)
    uncounted: set[int] = field(default_factory=set)
    """Queues whose count it may not have been shown though it was shown what happened after that."""
    whole: bool = False
    """Whether ``missed`` is all of it; else it needs a new snapshot."""


def missed_by(tx: Tx, principal: Principal, since: int, upto: int) -> CaughtUp:
    """What a screen has missed since then; not ``whole`` where that is too much, or too long ago."""
    sight, known = sight_of(tx, principal)
    first, last = events.first_seq(tx), events.last_seq(tx)
    rows = events.since(tx, since, MOST_MISSED + 1)
    # out of range: rows older than what is kept, or a number from another store
    if since > last or (first > 1 and since < first - 1) or len(rows) > MOST_MISSED:
        return CaughtUp(sight, known)
    if sight.hidden and not sight.all:
        moved = {row["conversation"] for row in rows if row["conversation"] is not None} - known
        shown = _shown_before(tx, sight, moved, since) if moved else set()
        if shown is None:
            return CaughtUp(sight, known)
        known |= shown
    uncounted = events.queues_changed(tx, since, UNCOUNTED, MOST_MISSED)
    missed = [row for row in rows if row["seq"] <= upto]
    return CaughtUp(sight, known, missed, uncounted, whole=True)


def _shown_before(tx: Tx, sight: Sight, moved: set[int], since: int) -> set[int] | None:
    """Which of these conversations were in sight at ``since``: they must be taken away if they are
    not now. None: it is too long ago to say."""
    places = events.places(tx, since, LOOK_BACK)
    unsure = moved - places.keys()
    if unsure and events.any_older(tx, unsure, since):
        return None
    return {one for one in moved & places.keys() if sight.sees(*places[one])}
