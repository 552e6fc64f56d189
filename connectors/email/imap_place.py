"""Where we are in each folder, and which of the mails that a server lists come next. Pure.

A folder is read by two walks. The *new* one follows the numbers (UIDs) upwards: they only grow
while UIDVALIDITY stays, so every number over the last one is new, whatever its date. The *history*
one goes, beside it and only as far as the setting says, through what was there when we came.

After a changed UIDVALIDITY, or in a mailbox that was moved, all numbers mean other mails. What
arrived after the ``mark``, the time up to which everything was seen, is then new, and what is older
is gone through as history; the store knows most of it by its content and takes nothing twice.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from zlib import crc32

from connectors.contract import ConfigInvalid, Cursor, FolderPlace
from connectors.email.imap_words import Facts

BATCH_MAILS = 50
BATCH_BYTES = 5 * 1024 * 1024
UNKNOWN_SIZE = 1024 * 1024
"""What a mail is taken for whose size the server does not tell."""
DAY = 86_400  # seconds
SLACK = 600
"""Seconds that a server's clock may be behind ours: what arrived so shortly before the mark and is
not in the store is new all the same."""
RESTLESS = 3
"""Changes of UIDVALIDITY, each within a day of the one before, after which a server is known not to
keep it: from then on only the last day is gone through again at each change."""


@dataclass(frozen=True, slots=True)
class Place:
    """How far one folder was read. Times are seconds since 1970."""

    validity: int
    last: int
    """The new walk: every number up to this one is settled."""
    mark: int = 0
    """What arrived before was seen."""
    floor: int = 0
    """Of what was there when we first came, mails that arrived before this are left out."""
    until: int = 0
    """The highest number when we came (or came anew): up to it dates decide."""
    fresh: int = 0
    """Up to ``until``, what arrived from here on is new; 0: none of it, this is the first time."""
    done: int = 0
    """The history walk: every number up to this one is settled; it ends at ``until``."""
    epoch: int = 1
    origin: int = 0
    """Which server and login the numbers are of; 0: not known."""
    changed: int = 0
    """When the numbers last began to mean other mails."""
    changes: int = 0
    """How often they did, each time within a day of the time before."""
    skip: int = 0
    """What arrived before was gone through under earlier numbers, and is not again."""

    def is_new(self, facts: Facts) -> bool:
        """Whether a listed mail belongs to the new walk. One without a date does, if in doubt: the
        store knows doubles."""
        if facts.uid > self.until:
            return True
        arrived = facts.arrived_at
        return self.fresh > 0 and (arrived is None or arrived.timestamp() >= self.fresh)

    def is_history(self, facts: Facts) -> bool:
        """Whether a listed mail belongs to the history walk."""
        if facts.uid > self.until or self.is_new(facts):
            return False
        arrived = facts.arrived_at
        return arrived is None or arrived.timestamp() >= max(self.floor, self.skip)

    def wants(self, facts: Facts) -> bool:
        """Whether a mail should be in the store by now."""
        if self.is_new(facts):
            return facts.uid <= self.last
        return facts.uid <= self.done and self.is_history(facts)

    def moved(self, last: int, arrived: Sequence[Facts], now: int) -> Place:
        """The place after the new walk took these mails and settled everything up to ``last``."""
        dates = [facts.arrived_at for facts in arrived]
        latest = max((int(date.timestamp()) for date in dates if date), default=0)
        mark = max(self.mark, min(latest, now))
        return replace(self, last=max(self.last, last), mark=mark)

    def remembered(self, upto: int) -> Place:
        """The place after the history walk settled everything up to there."""
        return replace(self, done=min(max(self.done, upto), self.until))

    @property
    def has_history(self) -> bool:
        """Whether the history walk is not at its end."""
        return self.done < self.until

    def anew(self, validity: int, highest: int, now: int, origin: int) -> Place:
        """The place in the same folder whose numbers mean other mails now."""
        is_restless = self.changed > 0 and now - self.changed < DAY
        changes = self.changes + 1 if is_restless else 1
        # what was new before and had not been reached yet is new still
        fresh = self.fresh if self.fresh and self.last < self.until else self.mark - SLACK
        fresh = max(fresh, self.floor, 1)
        return Place(
            validity, 0, self.mark, self.floor, highest, fresh, 0, self.epoch + 1, origin, now,
            changes, fresh - DAY if changes >= RESTLESS else 0,
        )  # fmt: skip

    def reaching(self, floor: int) -> Place:
        """The place when more history is wanted than before: its walk begins again."""
        if floor >= self.floor or not self.until:
            return self
        return replace(self, floor=floor, done=0)


def first(validity: int, highest: int, now: int, origin: int, floor: int) -> Place:
    """The place in a folder that we have never seen: what is there is history, if anything."""
    done = highest if floor >= now else 0
    return Place(validity, highest, now, floor, highest, 0, done, 1, origin)


def origin_of(host: str, user: str) -> int:
    """A number for a server and login: numbers of mails are compared only within one."""
    return crc32(f"{host.lower()}\0{user.lower()}".encode()) or 1


def read(cursor: Cursor | None) -> dict[str, Place]:
    """Places by folder. Raises ConfigInvalid if it is no cursor of ours."""
    if not cursor:
        return {}
    try:
        return {folder: _place(list(map(int, row))) for folder, row in json.loads(cursor).items()}
    except (ValueError, TypeError, AttributeError) as err:
        raise ConfigInvalid("cursor: is not one of this channel") from err


def _place(numbers: list[int]) -> Place:
    if len(numbers) > 5:
        return Place(*numbers)
    validity, last, *rest = numbers
    mark, floor, until = (*rest, 0, 0, 0)[:3]
    # written before there were two walks: one, upwards, from the floor on
    return Place(validity, last, mark, floor or mark, until, floor if until else 0, until)


def write(places: Mapping[str, Place]) -> Cursor:
    """``{folder: [UIDVALIDITY, last number, mark, …]}``, the fields of ``Place`` in order."""
    return Cursor(
        json.dumps(
            {folder: _numbers(place) for folder, place in sorted(places.items())},
            separators=(",", ":"),
            ensure_ascii=False,
        )
    )


def _numbers(place: Place) -> list[int]:
    return [getattr(place, name) for name in Place.__slots__]


def shown(folder: str, place: Place) -> FolderPlace:
    """A place, as the hub knows it."""
    left = place.until - place.done
    return FolderPlace(folder, place.epoch, place.validity, place.last, left)


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
