"""Why a turn still waits, in words: queue, calendar, plan and the matcher's standing by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from hub.automatic import spoken
from hub.calendars import hours
from routing.explain import LANGUAGES, Language, NextStep, Speech, Wait, why_waiting
from routing.model import SECOND, Mode
from routing.plan import Plan, Step
from storage import explanations

if TYPE_CHECKING:
    from hub.explained.names import Names
    from hub.explained.turn import Now
    from storage.db import Row, Tx

PLAIN: Final[Mapping[Language, Speech]] = {language: Speech(language) for language in LANGUAGES}
SOON: Final = 10 * 60 * SECOND
"""Within these a moment is said to the second."""


def speech(now: Now, language: Language) -> Speech:
    """How moments are said: by the hub's own clock."""
    return Speech(language, partial(moment, now=now, language=language))


def moment(at: int, *, now: Now, language: Language) -> str:
    """``10:31``, ``10:31:05`` where it is soon, ``Monday 09:00`` where it is not today."""
    try:
        time = spoken.time(at, now.zone, language)
        day = spoken.day(at, now.now, now.zone, language)
        today = spoken.day(now.now, now.now, now.zone, language)
    except (OverflowError, ValueError, OSError):  # no such year
        return ""
    if abs(at - now.now) < SOON:
        return f"{time}:{spoken.digits(f'{at // SECOND % 60:02}', language)}"
    return time if day == today and abs(at - now.now) < 24 * 3600 * SECOND else f"{day} {time}"


def sentences(
    tx: Tx,
    row: Row,
    plan: Plan,
    standing: Mapping[str, Any] | None,
    position: int,
    offers: Sequence[Row],
    names: Names,
    now: Now,
) -> dict[Language, list[str]]:
    """By language."""
    pending = next((offer for offer in offers if offer["state"] == "pending"), None)
    queue = now.desk.queues.get(row["queue"])
    queued = row["state"] == "queued"
    closed = queued and hours.closed(now.desk, row["queue"], now.now)
    to = plan.overflow if plan.overflow is not None else now.desk.overflow_of(row["queue"])
    never = plan.overflow is not None or (queue is not None and queue.when_nobody == "overflow")
    until = row["deferred_until"] if pending is None else pending["expires_at"]
    again = explanations.again_at(tx, row["id"]) if queued else None

    def told(language: Language) -> list[str]:
        wait = Wait(
            state=row["state"],
            queue=names.queue(row["queue"], language),
            pull=row["mode"] == Mode.PULL,
            position=position or None,
            standing=standing,
            closed=closed,
            opens_at=hours.opens_at(now.desk, row["queue"], now.now) if closed else None,
            step=row["step"],
            steps=[_step(step, names, language) for step in plan.steps],
            step_until=row["step_until"],
            overflow=None if to is None else names.queue(to, language),
            never=never,
            agent=row["agent_name"] or "",
            until=until,
            again_at=again,
        )
        return why_waiting(wait, speech(now, language))

    return {language: told(language) for language in LANGUAGES}


def _step(step: Step, names: Names, language: Language) -> NextStep:
    return NextStep(
        skills=[(names.skill(need.skill, language), need.min) for need in step.require],
        also_queues=[names.queue(queue, language) for queue in step.also_queues],
        then_offer=step.then_offer,
    )
