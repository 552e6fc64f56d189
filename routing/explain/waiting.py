"""Why a turn still waits, what happens next, and when."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from routing.explain.labels import kept_out
from routing.explain.say import ENGLISH, Sentence, Speech, Stored, count, mapping

SENTENCES: Final = {
    "nobody": Sentence("Nobody works in this queue.", "کسی در این صف کار نمی‌کند."),
    "none_free": Sentence("Nobody is free: {reasons}.", "کسی آزاد نیست: {reasons}."),
    "free": Sentence(
        "{n} agents are free: it is about to be given to one of them.",
        "{n} کارشناس آزاد است و به‌زودی به یکی سپرده می‌شود.",
        one="1 agent is free: it is about to be given to them.",
    ),
    "pull": Sentence(
        "Nobody is given work of this queue: it waits until somebody takes it.",
        "کار این صف به کسی سپرده نمی‌شود: منتظر است تا کسی آن را بردارد.",
    ),
    "position": Sentence(
        "It is number {n} in the queue “{queue}”.", "در صف «{queue}» نفر {n} است."
    ),
    "closed": Sentence("The queue is closed until {moment}.", "صف تا {moment} بسته است."),
    "closed_long": Sentence(
        "The queue is closed, and no opening is planned.", "صف بسته است و زمان باز شدنش معلوم نیست."
    ),
    "again": Sentence(
        "Those who declined it are asked again from {moment}.",
        "از {moment} دوباره از کسانی که ردش کردند پرسیده می‌شود.",
    ),
    "step": Sentence("Step {n} of {of}: it asks for {what}.", "گام {n} از {of}: {what} می‌خواهد."),
    "next": Sentence(
        "If nobody has taken it by {moment}, it asks for {what}.",
        "اگر تا {moment} کسی برندارد، {what} می‌خواهد.",
    ),
    "then_callback": Sentence(
        "From then on the customer is called back instead of waiting.",
        "از آن پس به‌جای انتظار با مشتری تماس گرفته می‌شود.",
    ),
    "then_message": Sentence(
        "From then on it is answered like a message.", "از آن پس مانند پیام پاسخ داده می‌شود."
    ),
    "overflow_at": Sentence(
        "If nobody has taken it by {moment}, it goes to the queue “{queue}”.",
        "اگر تا {moment} کسی برندارد، به صف «{queue}» می‌رود.",
    ),
    "overflow": Sentence(
        "If nobody who is signed on can serve it, it goes to the queue “{queue}”.",
        "اگر هیچ‌یک از حاضران نتواند به آن برسد، به صف «{queue}» می‌رود.",
    ),
    "offered": Sentence(
        "It is offered to {agent}, who may answer until {moment}.",
        "به {agent} پیشنهاد شده است که تا {moment} می‌تواند پاسخ دهد.",
    ),
    "asked": Sentence("It is offered to {agent}.", "به {agent} پیشنهاد شده است."),
    "deferred": Sentence("It is put off until {moment}.", "تا {moment} کنار گذاشته شده است."),
    "put_off": Sentence("It is put off.", "کنار گذاشته شده است."),
    "connecting": Sentence("It is being put through to {agent}.", "در حال وصل شدن به {agent} است."),
    "active": Sentence("{agent} has it.", "در دست {agent} است."),
    "held": Sentence(
        "{agent} put it aside for something that cannot wait, and comes back to it first.",
        "{agent} آن را برای کاری که نمی‌شد منتظر بماند کنار گذاشته و پیش از همه به آن برمی‌گردد.",
    ),
    "wrapping": Sentence(
        "{agent} is finishing up; no answer is owed.",
        "{agent} کار را جمع می‌کند؛ پاسخی بدهکار نیست.",
    ),
    "completed": Sentence("It was answered.", "پاسخ داده شد."),
    "abandoned": Sentence("The customer left.", "مشتری رفت."),
    "cancelled": Sentence("It was closed without an answer.", "بی‌پاسخ بسته شد."),
    "dead_letter": Sentence(
        "It could not be given to anybody, and was given up.", "نشد به کسی سپرده شود و رها شد."
    ),
    "anybody": Sentence("anybody of the queue", "هر کسی از صف"),
    "from_level": Sentence("{skill} at level {n} or better", "{skill} از سطح {n} به بالا"),
    "also": Sentence("also in the queues {queues}", "در صف‌های {queues} هم"),
    "somebody": Sentence("somebody", "کسی"),
}
_WITH_AGENT: Final = ("connecting", "active", "held", "wrapping")
_ENDED: Final = ("completed", "abandoned", "cancelled", "dead_letter")


@dataclass(frozen=True, slots=True)
class NextStep:
    """What a step of a plan asks for, in names."""

    skills: Sequence[tuple[str, int]] = ()
    """(skill, level)."""
    also_queues: Sequence[str] = ()
    then_offer: str = ""
    """``callback`` or ``message``: what is offered to the customer when it begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """A turn as it stands; moments are microseconds."""

    state: str
    queue: str
    pull: bool = False
    position: int | None = None
    standing: Stored | None = None
    """``Standing.as_dict``; None: not known now."""
    opens_at: int | None = None
    """When its closed queue opens."""
    closed: bool = False
    step: int = 0
    steps: Sequence[NextStep] = ()
    """All of its plan."""
    step_until: int | None = None
    overflow: str | None = None
    """The queue that it goes to after the last step."""
    never: bool = True
    """Whether it goes there also as soon as nobody signed on can ever serve it."""
    agent: str = ""
    """Who has it, or to whom it is offered."""
    until: int | None = None
    """Until when: the offer, or the deferral."""
    again_at: int | None = None
    """When those who declined it are asked again."""


def why_waiting(wait: Wait, speech: Speech = ENGLISH) -> list[str]:
    """Why it still waits, or where it is instead. Never raises."""
    return list(_waiting(wait, speech))


def _waiting(wait: Wait, speech: Speech) -> Iterator[str]:
    if wait.state == "queued":
        yield from _queued(wait, speech)
    elif wait.state == "offered":
        who = wait.agent or speech.say(SENTENCES, "somebody")
        key = "asked" if wait.until is None else "offered"
        yield speech.say(SENTENCES, key, agent=who, moment=_moment(wait.until, speech))
        yield from _steps(wait, speech)
    elif wait.state == "deferred":
        key = "put_off" if wait.until is None else "deferred"
        yield speech.say(SENTENCES, key, moment=_moment(wait.until, speech))
    elif wait.state in _WITH_AGENT:
        who = wait.agent or speech.say(SENTENCES, "somebody")
        yield speech.say(SENTENCES, wait.state, agent=who)
    elif wait.state in _ENDED:
        yield speech.say(SENTENCES, wait.state)


def _queued(wait: Wait, speech: Speech) -> Iterator[str]:
    if wait.position:
        yield speech.say(SENTENCES, "position", n=wait.position, queue=wait.queue)
    if wait.closed:
        key = "closed_long" if wait.opens_at is None else "closed"
        yield speech.say(SENTENCES, key, moment=_moment(wait.opens_at, speech))
    if wait.pull:
        yield speech.say(SENTENCES, "pull")
    elif wait.standing is not None:
        yield _standing(mapping(wait.standing), speech)
    if wait.again_at is not None:
        yield speech.say(SENTENCES, "again", moment=speech.moment(wait.again_at))
    yield from _steps(wait, speech)


def _standing(standing: Stored, speech: Speech) -> str:
    candidates = count(standing.get("candidates"))
    if candidates > 0:
        return speech.say(SENTENCES, "free", n=candidates)
    reasons = kept_out(mapping(standing.get("kept_out")), speech)
    if not reasons:
        return speech.say(SENTENCES, "nobody")
    return speech.say(SENTENCES, "none_free", reasons=speech.list(reasons))


def _steps(wait: Wait, speech: Speech) -> Iterator[str]:
    """Where it is in its plan, and what comes next."""
    total, now = len(wait.steps), min(wait.step, len(wait.steps) - 1)
    if total > 1:
        of, what = speech.number(total), _asks(wait.steps[now], speech)
        yield speech.say(SENTENCES, "step", n=now + 1, of=of, what=what)
    if wait.step_until is not None:
        moment = speech.moment(wait.step_until)
        if now + 1 < total:
            following = wait.steps[now + 1]
            yield speech.say(SENTENCES, "next", moment=moment, what=_asks(following, speech))
            if following.then_offer in ("callback", "message"):
                yield speech.say(SENTENCES, f"then_{following.then_offer}")
        elif wait.overflow:
            yield speech.say(SENTENCES, "overflow_at", moment=moment, queue=wait.overflow)
            return
    if wait.overflow and wait.never:
        yield speech.say(SENTENCES, "overflow", queue=wait.overflow)


def _asks(step: NextStep, speech: Speech) -> str:
    parts = [
        speech.say(SENTENCES, "from_level", skill=skill, n=level) if level > 1 else skill
        for skill, level in step.skills
    ] or [speech.say(SENTENCES, "anybody")]
    if step.also_queues:
        parts.append(speech.say(SENTENCES, "also", queues=speech.list(step.also_queues)))
    return speech.list(parts)


def _moment(at: int | None, speech: Speech) -> str:
    return "" if at is None else speech.moment(at)
