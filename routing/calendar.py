"""Business time: when a calendar is open, and how much open time lies between two moments.

Everything is in microseconds since 1970 UTC, and business time is real elapsed time: a shift of
22:00-06:00 has nine hours on the night on which clocks go back and seven when they go forward.
A time of day means the first moment at which the clock of the zone shows it or has passed it, so
that spans that touch on the clock touch in time, on every night of the year.

The open spans are worked out per block of days, at the first question about it, and kept: a
question costs two binary searches. Nothing here looks at a clock.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import accumulate
from typing import Final, Literal
from zoneinfo import ZoneInfo

from routing.days import DAY, Day, Days, Source, Span

SECOND: Final = 1_000_000
MINUTE: Final = 60 * SECOND
_DAY_MICROS: Final = DAY * MINUTE
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY: Final = date(1970, 1, 1).toordinal()
_LENGTH: Final = 64
"""Days in a block."""
_FIRST: Final = date(1800, 1, 1).toordinal() // _LENGTH
_LAST: Final = date(2400, 1, 1).toordinal() // _LENGTH
"""Blocks: before and after these years it is closed."""
_PATIENCE: Final = 12
"""Blocks without any open time after which it never opens: two years."""
_MOST: Final = 230
"""Blocks that ``add`` looks at: forty years; what is due later is never due."""
Period = tuple[int, int]
"""Microseconds UTC, the end exclusive."""


@dataclass(frozen=True, slots=True)
class Closure:
    """Closed for this stretch of time, whatever else is said."""

    starts_at: int
    ends_at: int
    reason: str = ""


@dataclass(frozen=True, slots=True)
class DayView:
    """A day, for people: what is left of its hours, and where that comes from."""

    day: date
    name: str
    intervals: tuple[Span, ...]
    source: Source | Literal["today"]
    """``today``: a closure takes some of its hours."""


class Calendar:
    """When somebody is there. Immutable but for what it remembers; safe to share among threads."""

    def __init__(
        self,
        name: str,
        zone: ZoneInfo,
        days: Days,
        closures: Iterable[Closure] = (),
        *,
        version: int = 0,
    ) -> None:
        self.name = name
        self.zone = zone
        self.days = days
        self.closures = tuple(sorted(closures, key=lambda one: one.starts_at))
        self.version = version
        """Of what it was made from: deadlines remember by which one they were worked out."""
        self._blocks: dict[int, _Block] = {}

    def __repr__(self) -> str:
        return f"Calendar({self.name!r}, {self.zone.key}, version {self.version})"

    # ------------------------------------------------------------ questions

    def open_at(self, at: int) -> bool:
        """Whether it is open at this moment. A span has its start and not its end."""
        block = self._around(at)
        place = bisect_right(block.starts, at) - 1
        return place >= 0 and at < block.ends[place]

    def next_open(self, at: int) -> int | None:
        """The first moment from ``at`` on at which it is open; None: not within two years."""
        block = self._around(at)
        for _ in range(_PATIENCE):
            place = bisect_right(block.ends, at)
            if place < len(block.starts):
                return max(at, block.starts[place])
            if block.number >= _LAST:
                return None
            block = self._block(block.number + 1)
        return None

    def next_close(self, at: int) -> int | None:
        """The first moment from ``at`` on at which it is closed; None: not within two years."""
        block = self._around(at)
        for _ in range(_PATIENCE):
            place = bisect_right(block.starts, at) - 1
            if place < 0 or at >= block.ends[place]:
                return at
            at = block.ends[place]
            if at < block.end:
                return at
            if block.number >= _LAST:
                return None
            block = self._block(block.number + 1)
        return None

    def add(self, start: int, amount: int) -> int | None:
        """The first moment at which ``amount`` of open time has passed since ``start``.

        None where it never opens long enough: nothing within two years, or not within forty.
        """
        if amount <= 0:
            return start
        block = self._around(start)
        wanted = block.before(start) + amount
        empty = 0
        for _ in range(_MOST):
            if wanted <= block.total:
                return block.reached(wanted)
            empty = 0 if block.total else empty + 1
            if empty >= _PATIENCE or block.number >= _LAST:
                return None
            wanted -= block.total
            block = self._block(block.number + 1)
        return None

    def between(self, start: int, end: int) -> int:
        """The open time from ``start`` to ``end``; 0 where the end is not after the start."""
        if end <= start:
            return 0
        first, last = self._around(start), self._around(end)
        whole = sum(self._block(number).total for number in range(first.number, last.number))
        return whole - first.before(start) + last.before(end)

    def view(self, day: date) -> DayView:
        """One day with its closures."""
        usual = self.days.of(day)
        left, reason = self._left(day, usual)
        if left == usual.spans:
            return DayView(day, usual.name, usual.spans, usual.source)
        return DayView(day, reason or usual.name, left, "today")

    def date_of(self, at: int) -> date:
        """The day that the zone's clock shows at a moment."""
        return (_EPOCH + timedelta(microseconds=at)).astimezone(self.zone).date()

    def midnight(self, day: date) -> int:
        """The first moment of a day."""
        return instant(self.zone, day.toordinal(), 0)

    def warm(self, at: int) -> None:
        """Work out what will be asked about ``at`` and the months after it, now."""
        block = self._around(at)
        if block.number < _LAST:
            self._block(block.number + 1)

    # ------------------------------------------------------------ blocks

    def _around(self, at: int) -> _Block:
        guess = (at // _DAY_MICROS + _EPOCH_DAY) // _LENGTH
        block = self._block(min(max(guess, _FIRST), _LAST))
        while at < block.start and block.number > _FIRST:
            block = self._block(block.number - 1)
        while at >= block.end and block.number < _LAST:
            block = self._block(block.number + 1)
        return block

    def _block(self, number: int) -> _Block:
        known = self._blocks.get(number)
        if known is None:
            known = self._blocks[number] = self._made(number)
        return known

    def _made(self, number: int) -> _Block:
        first = number * _LENGTH
        start, end = (instant(self.zone, day, 0) for day in (first, first + _LENGTH))
        found = [
            self._moments(ordinal, one)
            for ordinal in range(first - 1, first + _LENGTH)  # last night's shift as well
            for one in self.days.of(date.fromordinal(ordinal)).spans
        ]
        return _Block(number, start, end, _without(_merged(found), self.closures))

    def _moments(self, ordinal: int, one: Span) -> Period:
        return instant(self.zone, ordinal, one[0]), instant(self.zone, ordinal, one[1])

    def _left(self, day: date, usual: Day) -> tuple[tuple[Span, ...], str]:
        """What closures leave of a day's hours, in minutes of its clock; the reason of the first."""
        left: list[Span] = []
        reasons: list[str] = []
        for one in usual.spans:
            period = self._moments(day.toordinal(), one)
            hit = [c for c in self.closures if c.starts_at < period[1] and period[0] < c.ends_at]
            reasons += [closure.reason for closure in hit]
            if not hit:
                left.append(one)
            else:
                left += [self._minutes(day, part) for part in _without([period], hit)]
        return tuple(left), next(iter(reasons), "")

    def _minutes(self, day: date, period: Period) -> Span:
        first, last = ((_EPOCH + timedelta(microseconds=at)).astimezone(self.zone) for at in period)
        return _clock(day, first), _clock(day, last)


def _clock(day: date, at: datetime) -> int:
    return (at.date().toordinal() - day.toordinal()) * DAY + at.hour * 60 + at.minute


class _Block:
    """Some days' open spans, none of them touching, cut off at its ends."""

    __slots__ = ("end", "ends", "number", "passed", "start", "starts", "total")

    def __init__(self, number: int, start: int, end: int, spans: Iterable[Period]) -> None:
        self.number = number
        self.start = start
        self.end = end
        kept = [(max(a, start), min(b, end)) for a, b in spans if a < end and b > start]
        self.starts = [a for a, _ in kept]
        self.ends = [b for _, b in kept]
        self.passed = list(accumulate((b - a for a, b in kept), initial=0))
        """Open time before each span, and after the last."""
        self.total = self.passed[-1]

    def before(self, at: int) -> int:
        """Open time from the block's start to ``at``."""
        place = bisect_right(self.starts, at)
        if place == 0:
            return 0
        return self.passed[place] - max(self.ends[place - 1] - at, 0)

    def reached(self, amount: int) -> int:
        """When this much open time has passed since the block's start; 0 < amount <= total."""
        place = bisect_left(self.passed, amount) - 1
        return self.starts[place] + amount - self.passed[place]


def instant(zone: ZoneInfo, ordinal: int, minute: int) -> int:
    """The first moment at which the zone's clock shows this minute of this day, or has passed it.

    ``minute`` may reach into the next day. In the hour that is left out in spring that is the
    moment of the change; of the hour that comes twice in autumn, its first coming (PEP 495).
    """
    days, minute = divmod(minute, DAY)
    clock = datetime.fromordinal(ordinal + days).replace(
        hour=minute // 60, minute=minute % 60, tzinfo=zone
    )
    wall = (ordinal + days - _EPOCH_DAY) * _DAY_MICROS + minute * MINUTE
    before, after = _offset(clock), _offset(clock.replace(fold=1))
    if after <= before:
        return wall - before
    return _change(zone, wall - after, wall - before)


def _offset(clock: datetime) -> int:
    found = clock.utcoffset()
    return 0 if found is None else found // timedelta(microseconds=1)


def _change(zone: ZoneInfo, low: int, high: int) -> int:
    """The moment in (low, high] at which the zone's clock jumps forward."""
    old = _offset_at(zone, low)
    while high - low > 1:
        middle = (low + high) // 2
        if _offset_at(zone, middle) == old:
            low = middle
        else:
            high = middle
    return high


def _offset_at(zone: ZoneInfo, at: int) -> int:
    return _offset((_EPOCH + timedelta(microseconds=at)).astimezone(zone))


def _merged(periods: list[Period]) -> list[Period]:
    """In order; what overlaps or touches is one."""
    found: list[Period] = []
    for start, end in sorted(periods):
        if start >= end:
            continue
        if found and start <= found[-1][1]:
            found[-1] = (found[-1][0], max(found[-1][1], end))
        else:
            found.append((start, end))
    return found


def _without(periods: Iterable[Period], closures: Sequence[Closure]) -> list[Period]:
    """What closures leave of open time."""
    left = list(periods)
    for closure in closures:
        left = [
            part
            for start, end in left
            for part in (
                ((start, end),)
                if closure.ends_at <= start or end <= closure.starts_at
                else ((start, closure.starts_at), (closure.ends_at, end))
            )
            if part[0] < part[1]
        ]
    return left


def always() -> Calendar:
    """A calendar that never closes, for promises that name none."""
    return Calendar("", ZoneInfo("UTC"), Days(week=(((0, DAY),),) * 7))
