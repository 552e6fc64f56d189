"""``then``, ``plan`` and the rest of what a rule row does: read and checked."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, Literal, cast

from routing import spans
from routing.model import Mode
from routing.rules.outcome import Deflect, Sla, Then
from routing.rules.plan_rows import PlanReader
from routing.rules.problems import Findings, Names
from routing.rules.row_values import Reader

MAX_PRIORITY_SECONDS: Final = 86_400
TIMES: Final = ("answer", "first_reply", "next_reply", "resolution")
THEN_KEYS: Final = (
    "queue", "route", "reason", "priority", "tags", "mode", "sla", "reply_template", "deflect",
    "interruptible", "weight", "plan", "overflow",
)  # fmt: skip
SLA_KEYS: Final = (*TIMES, "target", "calendar")
DEFLECT_KEYS: Final = ("to", "at", "keep_place")
_OF_NOBODY: Final = (
    "queue", "mode", "priority", "sla", "deflect", "interruptible", "weight", "plan", "overflow",
)  # fmt: skip


class ThenReader(Reader):
    """Reads actions."""

    def __init__(self, names: Names, found: Findings) -> None:
        super().__init__(names, found)
        self._plans = PlanReader(names, found)

    def read(self, path: str, row: Mapping[str, object], *, stop: bool) -> Then:
        """What a row does, its ``plan`` included. Never raises."""
        then, at = row.get("then"), f"{path}.then"
        if not isinstance(then, Mapping) or not (then or "plan" in row):
            self.found.add(at, "required: a mapping with queue, or route: none")
            return Then()
        self.found.unknown_keys(at, then, THEN_KEYS)
        if "plan" in row and "plan" in then:
            self.found.add(f"{at}.plan", "is there twice, here and beside then")
        route_none = self._route(at, then, stop=stop)
        queue = self.named(at, then, "queue", self.names.queues)
        deflect = self._deflect(f"{at}.deflect", then.get("deflect"))
        if then.get("queue") is None and stop and not route_none and deflect is None:
            self.found.add(at, "needs a queue, or route: none")
        beside = "plan" in row
        if beside and route_none:
            self.found.add(f"{path}.plan", "has no meaning beside route: none")
        given = row["plan"] if beside else then.get("plan")
        place = path if beside else at
        plan, overflow = self._plans.read(f"{place}.plan", str(row.get("id")), given)
        own = self.named(at, then, "overflow", self.names.queues, noun="queue")
        if queue is not None and queue in (own, overflow):
            where = f"{at}.overflow" if queue == own else f"{place}.plan"
            self.found.add(where, "overflow must be another queue")
        tags, only_tags = self._tags(f"{at}.tags", then.get("tags", ()))
        return Then(
            queue=queue,
            route_none=route_none,
            reason=self.text(f"{at}.reason", then.get("reason")),
            priority=self._priority(f"{at}.priority", then.get("priority")),
            tags=tags,
            only_tags=only_tags,
            mode=self._mode(f"{at}.mode", then.get("mode")),
            sla=self._sla(f"{at}.sla", then.get("sla")),
            reply_template=self.named(
                at, then, "reply_template", self.names.templates, noun="template"
            ),
            deflect=deflect,
            interruptible=self.flag(f"{at}.interruptible", then.get("interruptible")),
            weight=self._weight(f"{at}.weight", then.get("weight")),
            plan=plan or None,
            overflow=own or overflow,
        )

    def _route(self, path: str, then: Mapping[str, object], *, stop: bool) -> bool:
        if "route" not in then:
            return False
        if then["route"] != "none":
            self.found.add(f"{path}.route", "can only be none")
        for key in _OF_NOBODY:
            if key in then:
                self.found.add(f"{path}.{key}", "has no meaning beside route: none")
        if not stop:
            self.found.add(f"{path}.route", "decides, so stop cannot be false")
        return True

    # ---- single values

    def _tags(self, path: str, value: object) -> tuple[tuple[str, ...], bool]:
        """Tags, and whether they are all that there should be."""
        added = isinstance(value, Mapping) and set(value) == {"add"}
        tags = value["add"] if added and isinstance(value, Mapping) else value
        if isinstance(tags, list | tuple) and all(isinstance(tag, str) and tag for tag in tags):
            return tuple(tags), not added and bool(tags)
        self.found.add(path, "must be a list of texts, or {add: [..]}")
        return (), False

    def _mode(self, path: str, value: object) -> Mode | None:
        if value is None or value in tuple(Mode):
            return None if value is None else Mode(str(value))
        self.found.add(path, f"must be one of {', '.join(Mode)}")
        return None

    def _weight(self, path: str, value: object) -> float | None:
        if value is None:
            return None
        if type(value) in (int, float) and 0.01 <= cast("float", value) <= 100:
            return float(cast("float", value))
        self.found.add(path, "must be a number from 0.01 to 100")
        return None

    def _priority(self, path: str, value: object) -> int | None:
        if value is None:
            return None
        try:
            seconds = int(spans.duration(str(value)).total_seconds())
        except ValueError as err:
            self.found.add(path, f"{err}: seconds of head start, such as +300s")
            return None
        if abs(seconds) > MAX_PRIORITY_SECONDS:
            self.found.add(path, "can be at most 24h")
        return seconds

    # ---- promises and other ways

    def _sla(self, path: str, value: object) -> Sla | None:
        if value is None:
            return None
        if not isinstance(value, Mapping):
            name = self.found.name(path, "SLA policy", value, self.names.policies)
            return None if name is None else Sla(policy=name)
        self.found.unknown_keys(path, value, SLA_KEYS)
        times: dict[str, Any] = {
            key: self.span(f"{path}.{key}", value[key]) for key in TIMES if key in value
        }
        if not times:
            self.found.add(path, f"needs one of {', '.join(TIMES)}")
        target = value.get("target")
        if target is not None and not (type(target) is int and 1 <= target <= 100):
            self.found.add(f"{path}.target", "must be a whole number of per cent, 1 to 100")
            target = None
        calendar = self.named(path, value, "calendar", self.names.calendars)
        return Sla(**times, target=target, calendar=calendar or "")

    def _deflect(self, path: str, value: object) -> Deflect | None:
        if value is None:
            return None
        if not isinstance(value, Mapping):
            self.found.add(path, "must be a mapping with to: callback or message")
            return None
        self.found.unknown_keys(path, value, DEFLECT_KEYS)
        to = self.choice(f"{path}.to", value.get("to"), ("callback", "message"))
        at = self.choice(f"{path}.at", value["at"], ("next_open",)) if "at" in value else ""
        keep = self.flag(f"{path}.keep_place", value.get("keep_place"))
        return Deflect(
            cast('Literal["callback", "message"]', to or "message"),
            cast('Literal["", "next_open"]', at or ""),
            keep_place=keep is not False,
        )
