"""The shape of a scenario file. ``config/simulations/`` has two, explained line by line.

Durations are seconds, or a text with a unit (``90``, ``90s``, ``5m``).
"""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

import msgspec

from hub import files
from routing.model import Choice, Order
from routing.simulate.scenario import Known, Shape

HISTORY_DAYS: Final = 28
"""Of the hub's own past, where a file does not say how many."""
Positive = Annotated[float, msgspec.Meta(gt=0, le=1e9)]
NotNegative = Annotated[float, msgspec.Meta(ge=0, le=1e9)]
Agents = Annotated[int, msgspec.Meta(ge=0, le=10_000)]
Span = NotNegative | files.Duration
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
Days = list[str | list[str]]
"""Hours of one day, or a list for each: ``09:00-17:30``, up to ``24:00`` or past midnight."""
Times = list[NotNegative | list[NotNegative]]
"""The same of numbers."""


class _Strict(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A mistyped key is an error, not a default."""


class LawSpec(_Strict):
    """A duration that varies."""

    mean: Span
    shape: Shape | None = None
    """None: log-normal for work, exponential for patience."""
    cv: Positive = 1.0
    """Standard deviation over mean, of the log-normal."""


class NeedSpec(_Strict):
    """A skill that is required."""

    skill: Name
    min: Annotated[int, msgspec.Meta(ge=1, le=5)] = 1


class PreferSpec(_Strict):
    """A skill that is wished for."""

    skill: Name


class StepSpec(_Strict):
    """One stretch of the wait; the place in line is kept from one to the next."""

    require: list[NeedSpec] = []
    also_queues: list[Name] = []
    prefer: list[PreferSpec] = []
    for_: Span | None = msgspec.field(default=None, name="for")


class TypeSpec(_Strict):
    """A type of work: a queue and its customers."""

    handle: Span | LawSpec
    rate: NotNegative | None = None
    """Customers per hour."""
    arrivals: Times | None = None
    """Instead of a rate: seconds after opening, of one day or of several."""
    patience: Span | LawSpec | None = None
    """None: nobody gives up."""
    target: Span = 60.0
    weight: Positive = 1.0
    wrap_up: Span = 0.0
    kind: str = ""
    units: Annotated[int, msgspec.Meta(ge=1, le=100)] = 100
    interruptible: bool = False
    profile: list[NotNegative] = []
    plan: list[StepSpec] = []


class GroupSpec(_Strict):
    """Agents who are alike; every other key of a group is a type and a factor on its handle time."""

    agents: Agents
    primary: list[Name] | None = None
    hours: Days = []
    skills: dict[Name, Annotated[int, msgspec.Meta(ge=1, le=5)]] = {}
    capacity: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100
    limits: dict[str, Annotated[int, msgspec.Meta(ge=0, le=1000)]] = {}
    speed_sd: Annotated[float, msgspec.Meta(ge=0, le=2)] | None = None
    missed: Annotated[float, msgspec.Meta(ge=0, le=1)] = 0.0


class RuleSpec(_Strict):
    """How a queue chooses; what is left out is the hub's default."""

    choice: Choice | None = None
    order: Order | None = None
    guard: Positive | None = None
    reserve: Annotated[int, msgspec.Meta(ge=0, le=10_000)] | None = None
    demote_late: bool | None = None


class PolicySpec(RuleSpec):
    """A whole policy."""

    known: Known = Known.GROUP
    queues: dict[Name, dict[str, Any]] = {}
    """Each a ``RuleSpec``."""


class ScenarioSpec(_Strict):
    """A whole file."""

    from_: Literal["history"] | None = msgspec.field(default=None, name="from")
    zone: str = ""
    """Whose midnight parts the days of the history; else that of the settings."""
    types: dict[Name, dict[str, Any]] = {}
    """Each a ``TypeSpec``."""
    groups: dict[Name, dict[str, Any]] = {}
    """Each a ``GroupSpec``."""
    profile: Annotated[list[NotNegative], msgspec.Meta(max_length=1000)] = []
    """Factors on every rate, one a slot; empty: eight even hours."""
    slot: Span = "30m"
    opens: files.TimeOfDay = "00:00"
    load: Positive | None = None
    loads: dict[Name, Positive] = {}
    days: Annotated[int, msgspec.Meta(ge=1, le=10_000)] | None = None
    seed: int = 1
    warm_up: Span | None = None
    speed_sd: Annotated[float, msgspec.Meta(ge=0, le=2)] = 0.12
    mode: Literal["push", "ask"] = "push"
    ring: Span = 0.0
    offer: Span = 20.0
    away: Span = "5m"
    short: Span = 5.0
    policy: dict[str, Any] | None = None
    policies: dict[Name, dict[str, Any]] = {}
    """Each a ``PolicySpec``."""
    staffings: dict[Name, dict[str, Any]] = {}
    """Each group -> agents."""
