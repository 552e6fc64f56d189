"""``then``, ``plan`` and the rest of what a rule row does: read and checked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal, cast

from routing import spans
from routing.model import Mode
from routing.outcome import SECOND, Deflect, NamedPrefer, NamedStep, Sla, Then
from routing.plan import LEVELS, Need, ThenOffer
from routing.problems import Findings, Names

MAX_PRIORITY_SECONDS: Final = 86_400
MAX_STEPS: Final = 20
TIMES: Final = ("answer", "first_reply", "next_reply", "resolution")
THEN_KEYS: Final = (
    "queue", "route", "reason", "priority", "tags", "mode", "sla", "reply_template", "deflect",
    "interruptible", "weight", "plan", "overflow",
)  # fmt: skip
SLA_KEYS: Final = (*TIMES, "target", "calendar")
DEFLECT_KEYS: Final = ("to", "at", "keep_place")
STEP_KEYS: Final = ("require", "prefer", "for", "also_queues", "then_offer")
PREFER_KEYS: Final = ("last_agent", "agent", "skill")
_OF_NOBODY: Final = (
    "queue", "mode", "priority", "sla", "deflect", "interruptible", "weight", "plan", "overflow",
)  # fmt: skip
_LONGEST: Final = 3_650 * 86_400  # seconds


class ThenReader:
    """Reads actions; what is wrong goes into ``findings``."""

    def __init__(self, names: Names, findings: Findings) -> None:
        self._names = names
        self._found = findings
        self._plans: dict[str, tuple[tuple[NamedStep, ...], str | None]] = {}
        """Of the rows read so far: a row can take the plan of one before it."""

    def read(self, path: str, row: Mapping[str, object], *, stop: bool) -> Then:
        """What a row does, its ``plan`` included. Never raises."""
        then, at = row.get("then"), f"{path}.then"
        if not isinstance(then, Mapping) or not (then or "plan" in row):
            self._found.add(at, "required: a mapping with queue, or route: none")
            return Then()
        self._found.unknown_keys(at, then, THEN_KEYS)
        if "plan" in row and "plan" in then:
            self._found.add(f"{at}.plan", "is there twice, here and beside then")
        route_none = self._route(at, then, stop=stop)
        queue = self._named(at, then, "queue", self._names.queues)
        deflect = self._deflect(f"{at}.deflect", then.get("deflect"))
        if "queue" not in then and stop and not route_none and deflect is None:
            self._found.add(at, "needs a queue, or route: none")
        place, given = (f"{path}.plan", row["plan"]) if "plan" in row else (
            f"{at}.plan", then.get("plan"))  # fmt: skip
        plan, overflow = self._plan(place, given)
        self._plans[str(row.get("id"))] = plan, overflow
        own = self._named(at, then, "overflow", self._names.queues, noun="queue")
        tags, only_tags = self._tags(f"{at}.tags", then.get("tags", ()))
        return Then(
            queue=queue,
            route_none=route_none,
            reason=self._text(f"{at}.reason", then.get("reason")),
            priority=self._priority(f"{at}.priority", then.get("priority")),
            tags=tags,
            only_tags=only_tags,
            mode=self._mode(f"{at}.mode", then.get("mode")),
            sla=self._sla(f"{at}.sla", then.get("sla")),
            reply_template=self._named(
                at, then, "reply_template", self._names.templates, noun="template"
            ),
            deflect=deflect,
            interruptible=self._flag(f"{at}.interruptible", then.get("interruptible")),
            weight=self._weight(f"{at}.weight", then.get("weight")),
            plan=plan or None,
            overflow=own or overflow,
        )

    def _route(self, path: str, then: Mapping[str, object], *, stop: bool) -> bool:
        if "route" not in then:
            return False
        if then["route"] != "none":
            self._found.add(f"{path}.route", "can only be none")
        for key in _OF_NOBODY:
            if key in then:
                self._found.add(f"{path}.{key}", "has no meaning beside route: none")
        if not stop:
            self._found.add(f"{path}.route", "decides, so stop cannot be false")
        return True

    def _named(
        self, path: str, then: Mapping[str, Any], key: str, known: Any, *, noun: str = ""
    ) -> str | None:
        if then.get(key) is None:
            return None
        return self._found.name(f"{path}.{key}", noun or key, then[key], known)

    # ---- single values

    def _text(self, path: str, value: object) -> str | None:
        if value is None or isinstance(value, str):
            return value
        self._found.add(path, "must be a text")
        return None

    def _flag(self, path: str, value: object) -> bool | None:
        if value is None or isinstance(value, bool):
            return value
        self._found.add(path, "must be true or false")
        return None

    def _tags(self, path: str, value: object) -> tuple[tuple[str, ...], bool]:
        """Tags, and whether they are all that there should be."""
        added = isinstance(value, Mapping) and set(value) == {"add"}
        tags = value["add"] if added and isinstance(value, Mapping) else value
        if isinstance(tags, list | tuple) and all(isinstance(tag, str) and tag for tag in tags):
            return tuple(tags), not added and bool(tags)
        self._found.add(path, "must be a list of texts, or {add: [..]}")
        return (), False

    def _mode(self, path: str, value: object) -> Mode | None:
        if value is None or value in tuple(Mode):
            return None if value is None else Mode(str(value))
        self._found.add(path, f"must be one of {', '.join(Mode)}")
        return None

    def _weight(self, path: str, value: object) -> float | None:
        if value is None:
            return None
        if type(value) in (int, float) and 0.01 <= cast("float", value) <= 100:
            return float(cast("float", value))
        self._found.add(path, "must be a number from 0.01 to 100")
        return None

    def _priority(self, path: str, value: object) -> int | None:
        if value is None:
            return None
        try:
            seconds = int(spans.duration(str(value)).total_seconds())
        except ValueError as err:
            self._found.add(path, f"{err}: seconds of head start, such as +300s")
            return None
        if abs(seconds) > MAX_PRIORITY_SECONDS:
            self._found.add(path, "can be at most 24h")
        return seconds

    def _span(self, path: str, value: object) -> int | None:
        """Microseconds, more than none."""
        try:
            seconds = int(spans.duration(str(value)).total_seconds())
        except ValueError as err:
            self._found.add(path, str(err))
            return None
        if not 0 < seconds <= _LONGEST:
            self._found.add(path, "must be longer than nothing, and at most 3650d")
            return None
        return seconds * SECOND

    def _choice(self, path: str, value: object, choices: Sequence[str]) -> str | None:
        if value in choices:
            return str(value)
        self._found.add(path, f"must be {' or '.join(choices)}")
        return None

    # ---- promises and other ways

    def _sla(self, path: str, value: object) -> Sla | None:
        if value is None:
            return None
        if not isinstance(value, Mapping):
            name = self._found.name(path, "SLA policy", value, self._names.policies)
            return None if name is None else Sla(policy=name)
        self._found.unknown_keys(path, value, SLA_KEYS)
        times: dict[str, Any] = {
            key: self._span(f"{path}.{key}", value[key]) for key in TIMES if key in value
        }
        if not times:
            self._found.add(path, f"needs one of {', '.join(TIMES)}")
        target = value.get("target")
        if target is not None and not (type(target) is int and 1 <= target <= 100):
            self._found.add(f"{path}.target", "must be a whole number of per cent, 1 to 100")
            target = None
        calendar = self._named(path, value, "calendar", self._names.calendars)
        return Sla(**times, target=target, calendar=calendar or "")

    def _deflect(self, path: str, value: object) -> Deflect | None:
        if value is None:
            return None
        if not isinstance(value, Mapping):
            self._found.add(path, "must be a mapping with to: callback or message")
            return None
        self._found.unknown_keys(path, value, DEFLECT_KEYS)
        to = self._choice(f"{path}.to", value.get("to"), ("callback", "message"))
        at = self._choice(f"{path}.at", value["at"], ("next_open",)) if "at" in value else ""
        keep = self._flag(f"{path}.keep_place", value.get("keep_place"))
        return Deflect(
            cast('Literal["callback", "message"]', to or "message"),
            cast('Literal["", "next_open"]', at or ""),
            keep_place=keep is not False,
        )

    # ---- plans

    def _plan(self, path: str, value: object) -> tuple[tuple[NamedStep, ...], str | None]:
        """Steps and the queue after them."""
        if value is None:
            return (), None
        if isinstance(value, str):
            if value not in self._plans:
                known = [name for name, (steps, _) in self._plans.items() if steps]
                self._found.name(path, "rule before this one with the plan", value, known)
            return self._plans.get(value, ((), None))
        if not isinstance(value, list | tuple) or not value or len(value) > MAX_STEPS:
            self._found.add(path, f"must be a list of 1 to {MAX_STEPS} steps, or a rule's id")
            return (), None
        rows, overflow = list(value), None
        if isinstance(rows[-1], Mapping) and set(rows[-1]) == {"overflow"}:
            at, last = f"{path}[{len(rows) - 1}]", rows.pop()
            overflow = self._named(at, last, "overflow", self._names.queues, noun="queue")
        steps = tuple(self._step(f"{path}[{n}]", row) for n, row in enumerate(rows))
        for number, step in enumerate(steps[:-1]):
            if step.lasts is None:
                self._found.add(f"{path}[{number}]", "needs for: only the last step has no end")
        return steps, overflow

    def _step(self, path: str, row: object) -> NamedStep:
        if not isinstance(row, Mapping):
            self._found.add(path, f"must be a mapping with {', '.join(STEP_KEYS)}")
            return NamedStep()
        self._found.unknown_keys(path, row, STEP_KEYS)
        offer = row.get("then_offer")
        if offer is not None:
            offer = self._choice(f"{path}.then_offer", offer, ("callback", "message"))
        return NamedStep(
            require=tuple(self._needs(f"{path}.require", row.get("require", ()))),
            also_queues=tuple(self._queues(f"{path}.also_queues", row.get("also_queues", ()))),
            prefer=tuple(self._wishes(f"{path}.prefer", row.get("prefer", ()))),
            lasts=self._span(f"{path}.for", row["for"]) if "for" in row else None,
            then_offer=cast("ThenOffer", offer or ""),
        )

    def _rows(self, path: str, value: object) -> list[tuple[str, Any]]:
        if isinstance(value, list | tuple):
            return [(f"{path}[{number}]", one) for number, one in enumerate(value)]
        self._found.add(path, "must be a list")
        return []

    def _needs(self, path: str, value: object) -> list[Need]:
        needs = []
        for at, row in self._rows(path, value):
            if not isinstance(row, Mapping):
                self._found.add(at, "must be a mapping with skill, and min if it is more than 1")
                continue
            self._found.unknown_keys(at, row, ("skill", "min"))
            skill = self._found.name(f"{at}.skill", "skill", row.get("skill"), self._names.skills)
            level = row.get("min", 1)
            if type(level) is not int or level not in LEVELS:
                self._found.add(f"{at}.min", f"must be a level from {LEVELS[0]} to {LEVELS[-1]}")
            elif skill is not None:
                needs.append(Need(skill, level))
        return needs

    def _queues(self, path: str, value: object) -> list[str]:
        found = [
            self._found.name(at, "queue", name, self._names.queues)
            for at, name in self._rows(path, value)
        ]
        return [name for name in found if name is not None]

    def _wishes(self, path: str, value: object) -> list[NamedPrefer]:
        return [self._wish(at, row) for at, row in self._rows(path, value)]

    def _wish(self, path: str, row: object) -> NamedPrefer:
        if not isinstance(row, Mapping) or len(row) != 1 or next(iter(row)) not in PREFER_KEYS:
            self._found.add(path, f"must be exactly one of {', '.join(PREFER_KEYS)}")
            return NamedPrefer()
        ((key, value),) = row.items()
        at = f"{path}.{key}"
        if key == "last_agent":
            return NamedPrefer(last_agent=self._span(at, value))
        if key == "agent":
            return NamedPrefer(agent=self._found.name(at, "agent", value, self._names.agents))
        return NamedPrefer(skill=self._found.name(at, "skill", value, self._names.skills))
