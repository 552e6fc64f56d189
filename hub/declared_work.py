"""What an applied file may say of work: queues, who does it, and what they can."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Annotated, Literal

import msgspec

from connectors import address
from hub import files
from hub.fields import FieldError
from routing import spans
from routing.model import Choice, Mode, Order

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9_-]{0,62}$")]
Units = Annotated[int, msgspec.Meta(ge=1, le=100)]
Level = Annotated[int, msgspec.Meta(ge=1, le=5)]
AtOnce = Annotated[int, msgspec.Meta(ge=0, le=1000)]


class QueueSpec(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Where conversations wait."""

    name: Name
    title: dict[str, str] | str = ""
    visible_to: Literal["everyone", "members"] = "everyone"
    modes: dict[str, Mode] = {}
    """Channel name or kind, or ``*`` -> how its items reach an agent."""
    units: dict[str, Units] = {}
    """Channel name or kind, or ``*`` -> capacity units of one conversation."""
    offer_for: files.Duration | None = None
    """How long an offer stands."""
    choice: Choice = Choice.BEST
    """Whom of those who are free."""
    order: Order = Order.SCORE
    """What first of that which waits."""
    target: files.Duration | None = None
    """The wait to aim at; else as the medium is used to."""
    guard: Annotated[float, msgspec.Meta(ge=1, le=1000)] = 6.0
    """Times the target: who waited longer goes first, oldest first."""
    weight: Annotated[float, msgspec.Meta(gt=0, le=100)] = 1.0
    """How much a wait here counts against one elsewhere."""
    reserve: Annotated[int, msgspec.Meta(ge=0, le=1000)] = 0
    """Idle agents kept free for other work."""
    demote_late: bool = False
    """What is past its target goes after what can still make it."""
    wrap_up: files.Duration | None = None
    """How long an agent may write up what they have resolved."""
    overflow: Name | None = None
    """The queue that takes what outlives its plan, and what nobody here can serve."""
    when_nobody: Literal["hold", "overflow", "message"] = "hold"
    """What happens to work that nobody logged on can ever serve."""
    interruptible: list[Name] = []
    """Channel kinds or names whose work makes way for what cannot wait."""
    calendar: Name | None = None
    sla: Name | None = None
    closed_template: Name | None = None
    """Sent, once a closing, to who writes while the queue's calendar is closed."""
    acknowledge: Name | None = None
    """The template sent to who begins a matter here; else the channel's."""


class SkillSpec(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What work may ask for, and agents have at a level of 1 to 5."""

    name: Name
    title: dict[str, str] | str = ""


class AgentSpec(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Somebody who works."""

    email: Annotated[str, msgspec.Meta(max_length=254)]
    name: Annotated[str, msgspec.Meta(max_length=200)] = ""
    role: Literal["agent", "supervisor", "admin"] = "agent"
    queues: list[Name] = []
    capacity: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 100
    skills: dict[Name, Level] = {}
    """1 is just so, 5 is best."""
    limits: dict[Name, AtOnce] = {}
    """Channel kind -> the most at once, whatever the capacity allows."""


def check(
    queues: Sequence[QueueSpec], agents: Sequence[AgentSpec], skills: Sequence[SkillSpec]
) -> Iterable[FieldError]:
    """What is wrong with them, as far as it can be seen without the store."""
    yield from doubled("queues", [item.name for item in queues])
    yield from doubled("skills", [item.name for item in skills])
    yield from _check_agents(agents)
    for n, queue in enumerate(queues):
        yield from _check_queue(f"queues[{n}]", queue)


def _check_queue(at: str, queue: QueueSpec) -> Iterable[FieldError]:
    for name in ("offer_for", "target", "wrap_up"):
        text = getattr(queue, name)
        if text is not None:
            yield from longer_than_nothing(f"{at}.{name}", text)
    if queue.overflow == queue.name:
        yield FieldError(f"{at}.overflow", "must be another queue")
    if queue.when_nobody == "overflow" and queue.overflow is None:
        yield FieldError(f"{at}.when_nobody", "say where to, with overflow")


def _check_agents(agents: Sequence[AgentSpec]) -> Iterable[FieldError]:
    for place, agent in enumerate(agents):
        try:
            agent.email = mail_address(agent.email)
        except ValueError as err:
            yield FieldError(f"agents[{place}].email", str(err))
        agent.name = agent.name or agent.email.partition("@")[0]
    yield from doubled("agents", [item.email for item in agents], "email")


def longer_than_nothing(field: str, text: str) -> Iterable[FieldError]:
    """A duration that is none is a mistake."""
    if spans.duration(text) <= timedelta():
        yield FieldError(field, "must be longer than nothing")


def doubled(noun: str, names: Sequence[str], key: str = "name") -> Iterable[FieldError]:
    """Names that are there twice."""
    for place, name in enumerate(names):
        if name in names[:place]:
            yield FieldError(f"{noun}[{place}].{key}", f"{name} is there twice")


def mail_address(text: str) -> str:
    """An address in the form in which people sign in. Raises ValueError."""
    return address.value(address.mail(text)).casefold()
