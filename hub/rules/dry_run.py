"""A dry run: what came in on past days through a draft, with nothing written.

Each message is asked about as it was then: the fields kept with its decision, its text from the
timeline. Where a rule asks for a field that was not kept, and it is open for the lack of it where
the message would have gone, it counts as undecided. Opening hours are those of today's calendars.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Final

import msgspec

from hub.rules import context
from routing.rules import RuleSet, fields
from routing.rules.decision import Decision
from routing.rules.fields import Value
from storage import past_decisions
from storage.views import Ref, time_of

if TYPE_CHECKING:
    from hub.desk import Desk
    from storage.db import Database, Row, Tx
    from storage.past_decisions import Place

DAY: Final = 86_400_000_000  # microseconds
PAGE: Final = 500  # decisions read at once
MOST: Final = 50_000  # decisions looked at in one run, the newest
SHOWN: Final = 200  # changed ones that are listed


class MoveView(msgspec.Struct, rename={"before": "from"}, kw_only=True):
    """How many messages would go elsewhere; null: to nobody."""

    before: str | None
    to: str | None
    count: int


class UnknownView(msgspec.Struct, kw_only=True):
    """A field for the lack of which messages are undecided."""

    field: str
    count: int


class ChangedView(msgspec.Struct, kw_only=True):
    """One message that would go elsewhere."""

    conversation: int
    contact: Ref
    entry: int
    at: datetime
    channel: str
    old_queue: str | None
    new_queue: str | None
    old_rule: str
    new_rule: str


class DryRunView(msgspec.Struct, kw_only=True):
    """What a draft would have done with what came in."""

    version: int
    """In force."""
    days: int
    total: int
    same: int
    changed: int
    undecided: int
    """A rule asks for a field that was not kept then."""
    cut: bool
    """There was more; only the newest were looked at."""
    moves: list[MoveView]
    unknown: list[UnknownView]
    items: list[ChangedView]
    """The newest of the changed."""


class DryRun:
    """What a draft would have done: counts, and the newest changes."""

    def __init__(self, rules: RuleSet, desk: Desk) -> None:
        self._rules = rules
        self._desk = desk
        self._calendars = context.asked(rules.needs).calendars
        self.total = self.same = self.changed = self.undecided = 0
        self.moves: Counter[tuple[str | None, str | None]] = Counter()
        self.unknown: Counter[str] = Counter()
        self.shown: list[ChangedView] = []
        self.cut = False
        """There was more than ``MOST``."""

    async def run(self, db: Database, since: int) -> None:
        """Every decision since ``since`` (µs), the newest first, a page a transaction."""
        before: Place | None = None
        while self.total < MOST:
            before = await db.read(self._page, since, before)
            if before is None:
                return
        self.cut = True

    def view(self, version: int, days: int) -> DryRunView:
        """The run as it is shown; ``version`` is the one in force."""
        return DryRunView(
            version=version,
            days=days,
            total=self.total,
            same=self.same,
            changed=self.changed,
            undecided=self.undecided,
            cut=self.cut,
            moves=[
                MoveView(before=before, to=to, count=count)
                for (before, to), count in self.moves.most_common()
            ],
            unknown=[UnknownView(field=name, count=n) for name, n in self.unknown.most_common()],
            items=self.shown,
        )

    def _page(self, tx: Tx, since: int, before: Place | None) -> Place | None:
        """Take one page in; where the next one begins, None after the last."""
        rows = past_decisions.page(tx, since, before, PAGE)
        claims = any(name.startswith("claims.") for name in self._rules.needs)
        for row in rows:
            said = past_decisions.claims(tx, row["contact"], row["entry"]) if claims else {}
            self._take(row, said)
        return (rows[-1]["at"], rows[-1]["id"]) if len(rows) == PAGE else None

    def _take(self, row: Row, said: Mapping[str, str]) -> None:
        self.total += 1
        asked, recorded = self._recalled(row, said)
        lacking: list[str] = []
        if _all_there(self._rules.needs, recorded):
            made = self._rules.decide(asked)
        else:
            made, lacking = self._rules.decide_partly(asked, recorded)
        old = past_decisions.queue_of(row)
        if lacking:
            self.undecided += 1
            self.unknown.update(lacking)
        elif made.queue == old:
            self.same += 1
        else:
            self.changed += 1
            self.moves[old, made.queue] += 1
            if len(self.shown) < SHOWN:
                self.shown.append(_changed(row, old, made))

    def _recalled(
        self, row: Row, said: Mapping[str, str]
    ) -> tuple[dict[str, Value], frozenset[str]]:
        """The context of a message as it was, and the fields that are in it if they had a value."""
        asked, recorded = context.of_inputs(row["inputs"])
        asked.setdefault("channel", row["channel"])
        asked |= {
            "text": row["text"],
            "subject": row["subject"],
            "sender": row["uri"],
            "sender_name": row["sender_name"] or None,
            "contact.name": row["contact_name"] or None,
        }
        asked |= {f"claims.{kind}": value for kind, value in said.items()}
        if self._calendars:
            for name in self._calendars:
                if name not in asked:
                    asked[name] = context.calendar_value(self._desk, name, row["at"])
            recorded |= frozenset(self._calendars)
        return asked, recorded


def _changed(row: Row, old_queue: str | None, made: Decision) -> ChangedView:
    return ChangedView(
        conversation=row["conversation"],
        contact=Ref(id=row["contact"], name=row["contact_name"]),
        entry=row["entry"],
        at=time_of(row["at"]),
        channel=row["channel"] or "",
        old_queue=old_queue,
        new_queue=made.queue,
        old_rule=past_decisions.rule_of(row),
        new_rule=made.rule_of("queue"),
    )


@lru_cache(maxsize=256)
def _all_there(needs: frozenset[str], recorded: frozenset[str]) -> bool:
    """Whether every field that rules look at was kept."""
    for name in needs - recorded - fields.QUEUE_FIELDS:
        found = fields.find(name)
        if found is None or found.name not in recorded:
            return False
    return True
