"""The week before the demo: who wrote what and when, and what agents did. Pure, the same by seed.

Times are µs since 1970. ``fill`` carries the steps out, in their order.
"""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Literal
from zoneinfo import ZoneInfo

from hub.demo.dialogues import Channel, Dialogue, Turn, dialogues, words
from hub.demo.people import STRANGERS, Customer, customers

SECOND = 1_000_000
MINUTE = 60 * SECOND
HOUR = 60 * MINUTE
DAY = 24 * HOUR
TALKS = 520
WAITING = 8
"""Matters of the last half hour that nobody has answered: few enough that who becomes available can
still take what a newcomer writes."""
TAKEN = 7
"""Matters of the last half hour that an agent has in hand."""
SEED = 20_250_320
_HOURS = (1, 1, 0, 0, 0, 1, 2, 4, 8, 12, 13, 12, 10, 10, 11, 11, 10, 9, 8, 7, 6, 5, 3, 2)
"""How busy each hour of the day is."""
_OPEN, _CLOSED = 8, 21

Do = Literal[
    "said", "takes", "answers", "receipt", "notes", "moves", "closes", "spam", "snoozes",
    "seen", "automatic", "newsletter", "bounce", "stop",
]  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One thing that happens."""

    at: int
    do: Do
    talk: int
    """Which matter it belongs to."""
    turn: int
    channel: Channel
    customer: Customer
    subject: str = ""
    text: str = ""
    files: tuple[tuple[str, str], ...] = ()
    """(picture, reference)."""
    queue: str = ""


@dataclass(slots=True)
class _Pace:
    """Seconds from..to of one channel."""

    take: tuple[int, int]
    write: tuple[int, int]
    think: tuple[int, int]


_PACES: dict[Channel, _Pace] = {
    "chat": _Pace((4, 25), (15, 70), (12, 80)),
    "sms": _Pace((20, 240), (40, 420), (45, 2_400)),
    "mail": _Pace((60, 1_500), (120, 2_700), (900, 14_000)),
}
_TRANSFERS = {
    "en": (
        ("billing", "This is about money, please have a look."),
        ("support", "Better with you."),
    ),
    "fa": (("billing", "موضوع مالی است، لطفاً ببینید."), ("persian", "پیش شما بهتر است.")),
}
_MORE = {
    "en": ("One more thing: the order number is {order}.", "PS: I am best reached in the morning."),
    "fa": ("یک چیز دیگر: شماره سفارش {order} است.", "صبح‌ها راحت‌تر جواب می‌دم."),
}


@dataclass(slots=True)
class _Week:
    """What is being planned."""

    now: int
    zone: ZoneInfo
    rng: random.Random
    busy: dict[tuple[str, str], int] = field(default_factory=dict)
    """(customer, channel) -> when their last matter there is over."""
    numbers: Iterator[int] = field(default_factory=itertools.count)

    def moment(self, days_ago: int) -> int:
        """Some time on that day, busy hours more likely."""
        local = datetime.fromtimestamp(self.now / SECOND, UTC).astimezone(self.zone)
        day = local.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=days_ago)
        hour = self.rng.choices(range(24), _HOURS)[0]
        return int(day.timestamp()) * SECOND + hour * HOUR + self.rng.randrange(HOUR)

    def working(self, at: int) -> int:
        """The same moment, or the next morning: agents sleep."""
        local = datetime.fromtimestamp(at / SECOND, UTC).astimezone(self.zone)
        if _OPEN <= local.hour < _CLOSED:
            return at
        morning = local.replace(hour=_OPEN, minute=0, second=0, microsecond=0)
        if local.hour >= _CLOSED:
            morning += timedelta(days=1)
        return int(morning.timestamp()) * SECOND + self.rng.randrange(40 * MINUTE)

    def after(self, at: int, seconds: tuple[int, int]) -> int:
        return at + self.rng.randrange(seconds[0] * SECOND, seconds[1] * SECOND)


def steps(now: int, time_zone: str = "UTC", *, talks: int = TALKS) -> list[Step]:
    """Everything that happened in the seven days before ``now``, in order."""
    week = _Week(now, ZoneInfo(time_zone), random.Random(SEED))  # noqa: S311  stories
    starts = sorted(week.moment(week.rng.randrange(8)) for _ in range(talks))
    inside = [start for start in starts if now - 7 * DAY <= start < now - HOUR]
    found = [_talk(week, start, "whole") for start in inside]
    for n in range(WAITING + TAKEN):
        start = now - week.rng.randrange(MINUTE, 30 * MINUTE)
        found.append(_talk(week, start, "waiting" if n < WAITING else "taken"))
    found += _specials(week)
    every = sorted(itertools.chain.from_iterable(found), key=lambda step: step.at)
    return [step for step in every if step.at < now]


# ---------------------------------------------------------------- one matter


def _talk(week: _Week, start: int, ending: Literal["whole", "waiting", "taken"]) -> list[Step]:
    chosen = _choose(week, start)
    if chosen is None:
        return []
    customer, channel, dialogue = chosen
    filled = words(week.rng, customer.language)
    writer = _Writer(week, start, next(week.numbers), customer, channel, dialogue, filled)
    writer.write(ending)
    week.busy[customer.key, channel] = writer.at + 2 * HOUR
    return writer.steps


def _choose(week: _Week, start: int) -> tuple[Customer, Channel, Dialogue] | None:
    """Somebody who has nothing under way there, and what they write about."""
    for _ in range(60):
        customer = week.rng.choice(customers())
        ways: list[Channel] = []
        if customer.phone:
            ways.append("sms")
        if customer.email:
            ways.append("mail")
        hour = datetime.fromtimestamp(start / SECOND, UTC).astimezone(week.zone).hour
        if customer.chats and (_OPEN < hour < _CLOSED - 1 or start > week.now - HOUR):
            ways += ["chat", "chat"]
        if not ways:
            continue
        channel = week.rng.choice(ways)
        if week.busy.get((customer.key, channel), 0) > start:
            continue
        fitting = [
            one
            for one in dialogues()
            if one.language == customer.language and channel in one.channels
        ]
        return customer, channel, week.rng.choice(fitting)
    return None


@dataclass(slots=True)
class _Writer:
    """Writes the steps of one matter."""

    week: _Week
    at: int
    talk: int
    customer: Customer
    channel: Channel
    dialogue: Dialogue
    filled: dict[str, str]
    steps: list[Step] = field(default_factory=list)
    turn: int = 0
    taken: bool = False

    def write(self, ending: Literal["whole", "waiting", "taken"]) -> None:
        """All turns, and how it ends."""
        pace = _PACES[self.channel]
        rng = self.week.rng
        if ending != "whole":
            self._said(self.dialogue.turns[0])
            if ending == "taken":
                self._takes(pace)
            elif rng.random() < 0.3 and self.channel != "mail":
                self.at = self.week.after(self.at, (10, 50))
                self._said(Turn(said=rng.choice(_MORE[self.customer.language])))
            return
        moved = rng.random() < 0.12
        for turn in self.dialogue.turns:
            self._turn(turn, pace)
            if moved and self.taken:
                moved = False
                queue, why = rng.choice(_TRANSFERS[self.customer.language])
                self._move(queue, why, pace)
        self._end(pace)

    def _turn(self, turn: Turn, pace: _Pace) -> None:
        if turn.said:
            if self.steps:
                self.at = self.week.after(self.at, pace.think)
            self._said(turn)
            return
        if not self.taken:
            self._takes(pace)
        if turn.note:
            self.at = self.week.after(self.at, (10, 60))
            self._add("notes", text=turn.note)
        elif turn.transfer:
            self._move(turn.transfer, "", pace)
        else:
            self.at = self.week.working(self.week.after(self.at, pace.write))
            self._add("answers", text=turn.out, files=self._files(turn))
            self._receipts()
            self.taken = False

    def _said(self, turn: Turn) -> None:
        self._add("said", text=turn.said, files=self._files(turn))
        self.taken = False

    def _takes(self, pace: _Pace) -> None:
        self.at = self.week.working(self.week.after(self.at, pace.take))
        self._add("takes")
        self.taken = True

    def _move(self, queue: str, why: str, pace: _Pace) -> None:
        self.at = self.week.after(self.at, (15, 90))
        self._add("moves", text=why, queue=queue)
        self._takes(pace)

    def _receipts(self) -> None:
        if self.channel == "sms" and self.week.rng.random() < 0.93:
            self._add("receipt", later=self.week.rng.randrange(2, 9))
        elif self.channel == "chat":
            self._add("seen", later=2)

    def _end(self, pace: _Pace) -> None:
        """Most matters are closed, a few wait for the customer, one in forty sleeps."""
        chance = self.week.rng.random() * (0.86 if self.steps[-1].do == "said" else 1.0)
        self.at = self.week.working(self.week.after(self.at, pace.write))
        if chance < 0.86:
            self._add("closes")
        elif chance < 0.885:
            self._add("snoozes")

    def _files(self, turn: Turn) -> tuple[tuple[str, str], ...]:
        if turn.file is None or (self.channel == "sms" and turn.out):
            return ()
        return ((turn.file, str(20_410 + self.talk % 12)),)

    def _add(
        self,
        do: Do,
        *,
        text: str = "",
        files: tuple[tuple[str, str], ...] = (),
        queue: str = "",
        later: int = 0,
    ) -> None:
        self.turn += 1
        self.steps.append(
            Step(
                at=self.at + later * SECOND,
                do=do,
                talk=self.talk,
                turn=self.turn,
                channel=self.channel,
                customer=self.customer,
                subject=self.dialogue.subject.format_map(self.filled),
                text=text.format_map(self.filled),
                files=files,
                queue=queue,
            )
        )


# ---------------------------------------------------------------- what no story is about


def _specials(week: _Week) -> list[list[Step]]:
    """Holiday answers, newsletters, a bounce, somebody who wants no more messages, spam."""
    news, ranks = STRANGERS
    mailers = [one for one in customers() if one.email and not one.phone]
    phones = [one for one in customers() if one.phone and not one.email]
    found: list[list[Step]] = []
    plan: tuple[tuple[Do, Channel, list[Customer], int], ...] = (
        ("automatic", "mail", mailers, 5),
        ("newsletter", "mail", [news] * 4, 4),
        ("bounce", "mail", mailers, 1),
        ("spam", "mail", [ranks], 1),
        ("stop", "sms", phones, 2),
    )
    for do, channel, people, n in plan:
        for _ in range(n):
            customer = people.pop(week.rng.randrange(len(people)))
            at = week.now - week.rng.randrange(2 * HOUR, 6 * DAY)
            talk = next(week.numbers)
            found.append(
                [Step(at=at, do=do, talk=talk, turn=1, channel=channel, customer=customer)]
            )
    return found
