"""Where we are in each folder, and which of the mails that a server lists come next. Pure.

A folder's place is (UIDVALIDITY, last UID seen). UIDs only grow while UIDVALIDITY stays, so every
UID over the last one is new, whatever its date. Dates decide only about mails that were there when
we arrived: on the first connect by the setting ``history``, after a changed UIDVALIDITY by the
``mark``, the time up to which everything was seen.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from connectors.contract import ConfigInvalid, Cursor
from connectors.email.imap_words import Facts

BATCH_MAILS = 50
BATCH_BYTES = 5 * 1024 * 1024
UNKNOWN_SIZE = 1024 * 1024
"""What a mail is taken for whose size the server does not tell."""


@dataclass(frozen=True, slots=True)
class Place:
    """How far one folder was read. Times are seconds since 1970."""

    validity: int
    last: int
    """Every UID up to this one is settled."""
    mark: int = 0
    """What arrived before was seen."""
    floor: int = 0
    """Up to ``until``, mails that arrived before this are history and left out."""
    until: int = 0

    def wants(self, facts: Facts) -> bool:
        """Whether a listed mail is new here. Without a date it is: the store knows doubles."""
        arrived = facts.arrived_at
        return facts.uid > self.until or arrived is None or arrived.timestamp() >= self.floor

    def moved(self, last: int, arrived: Sequence[Facts], now: int) -> Place:
        """The place after that UID, having taken these mails."""
        dates = [facts.arrived_at for facts in arrived]
        latest = max((int(date.timestamp()) for date in dates if date), default=0)
        mark = max(self.mark, min(latest, now))
        floor, until = (self.floor, self.until) if last < self.until else (0, 0)
        return Place(self.validity, max(self.last, last), mark, floor, until)


def read(cursor: Cursor | None) -> dict[str, Place]:
    """Places by folder. Raises ConfigInvalid if it is no cursor of ours."""
    if not cursor:
        return {}
    try:
        return {folder: Place(*map(int, place)) for folder, place in json.loads(cursor).items()}
    except (ValueError, TypeError, AttributeError) as err:
        raise ConfigInvalid("cursor: is not one of this channel") from err


def write(places: Mapping[str, Place]) -> Cursor:
    """``{folder: [UIDVALIDITY, last UID, mark]}`` and, while history is read, floor and until."""
    return Cursor(
        json.dumps(
            {
                folder: [place.validity, place.last, place.mark]
                + ([place.floor, place.until] if place.until else [])
                for folder, place in sorted(places.items())
            },
            separators=(",", ":"),
            ensure_ascii=False,
        )
    )


def runs(
    listed: Sequence[Facts], wanted: Callable[[Facts], bool], alone: Callable[[Facts], bool]
) -> Iterator[list[Facts]]:
    """Wanted mails in order, cut so that each run is one UID range and one bounded batch.

    A mail for which ``alone`` holds is a run of its own.
    """
    run: list[Facts] = []
    size = 0
    for facts in listed:
        bytes_ = UNKNOWN_SIZE if facts.size is None else facts.size
        single = alone(facts)
        taken = wanted(facts)
        full = len(run) >= BATCH_MAILS or size + bytes_ > BATCH_BYTES
        if run and (single or not taken or full):
            yield run
            run, size = [], 0
        if taken and single:
            yield [facts]
        elif taken:
            run.append(facts)
            size += bytes_
    if run:
        yield run
