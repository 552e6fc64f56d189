"""Why this agent: what is stored with an offer or an assignment, ``how`` and a ``Standing``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Final

from routing.explain.labels import kept_out
from routing.explain.say import (
    ENGLISH,
    Sentence,
    Speech,
    Stored,
    count,
    items,
    mapping,
    number,
    words,
)

SENTENCES: Final = {
    "owner": Sentence(
        "It is a new message in {who}'s own conversation, and {who} was here.",
        "پیام تازه‌ای در گفتگوی خود {who} است که حاضر بود.",
        you="It is a new message in your own conversation, and you were here.",
        you_fa="پیام تازه‌ای در گفتگوی خود شماست و شما حاضر بودید.",
    ),
    "preferred": Sentence(
        "{who} is the first choice for this customer and was free.",
        "{who} انتخاب نخست برای این مشتری است و آزاد بود.",
        you="You are the first choice for this customer and were free.",
        you_fa="شما انتخاب نخست برای این مشتری هستید و آزاد بودید.",
    ),
    "last": Sentence(
        "{who} answered this customer last and was free.",
        "{who} آخرین بار به این مشتری پاسخ داده بود و آزاد بود.",
        you="You answered this customer last and were free.",
        you_fa="شما آخرین بار به این مشتری پاسخ داده بودید و آزاد بودید.",
    ),
    "only": Sentence(
        "{who} was the only one who was free.",
        "{who} تنها کسی بود که آزاد بود.",
        you="You were the only one who was free.",
        you_fa="شما تنها کسی بودید که آزاد بود.",
    ),
    "of": Sentence(
        "{who} was first of {n} who were free.",
        "{who} از میان {n} نفر آزاد، نخستین بود.",
        you="You were first of {n} who were free.",
        you_fa="شما از میان {n} نفر آزاد، نخستین بودید.",
    ),
    "skill": Sentence(
        "Nobody who was free knows {skills} better than {who}.",
        "از میان کسانی که آزاد بودند کسی {skills} را بهتر از {who} نمی‌داند.",
        you="Nobody who was free knows {skills} better than you.",
        you_fa="از میان کسانی که آزاد بودند کسی {skills} را بهتر از شما نمی‌داند.",
    ),
    "best": Sentence(
        "{who} knows {skills} best.",
        "{who} {skills} را از همه بهتر می‌داند.",
        you="You know {skills} best.",
        you_fa="شما {skills} را از همه بهتر می‌دانید.",
    ),
    "fast": Sentence(
        "{who} needs less time for this kind of work than others.",
        "{who} برای این کار زمان کمتری از دیگران لازم دارد.",
        you="You need less time for this kind of work than others.",
        you_fa="شما برای این کار زمان کمتری از دیگران لازم دارید.",
    ),
    "kept": Sentence(
        "Others are kept free for work that fewer people can do.",
        "دیگران برای کارهایی آزاد می‌مانند که افراد کمتری از پسشان برمی‌آیند.",
    ),
    "kept_for": Sentence(
        "Others are kept free for: {queues}.", "دیگران برای این‌ها آزاد می‌مانند: {queues}."
    ),
    "load": Sentence(
        "{who} had less to do than others.",
        "کار {who} از دیگران کمتر بود.",
        you="You had less to do than others.",
        you_fa="کار شما از دیگران کمتر بود.",
    ),
    "idle": Sentence(
        "{who} had been free for longest.",
        "{who} از همه بیشتر آزاد مانده بود.",
        you="You had been free for longest.",
        you_fa="شما از همه بیشتر آزاد مانده بودید.",
    ),
    "turn": Sentence(
        "It was {who}'s turn.", "نوبت {who} بود.", you="It was your turn.", you_fa="نوبت شما بود."
    ),
    "others": Sentence("Not in question: {reasons}.", "در شمار نبودند: {reasons}."),
    "cleared": Sentence(
        "Everybody who is here had declined it before, so all are asked again.",
        "همهٔ حاضران پیش‌تر آن را رد کرده بودند، پس دوباره از همه پرسیده می‌شود.",
    ),
    "ask": Sentence("It was offered, to accept or to decline.", "پیشنهاد شد تا پذیرفته یا رد شود."),
    "push": Sentence("It was given at once.", "بی‌درنگ سپرده شد."),
    "take": Sentence(
        "{who} took it.",
        "{who} خودش آن را برداشت.",
        you="You took it.",
        you_fa="شما آن را برداشتید.",
    ),
    "transfer": Sentence("A colleague handed it over.", "همکاری آن را واگذار کرد."),
}
_LESS: Final = 0.0005
"""Costs are stored to the third decimal."""


def why_me(
    why: Stored,
    speech: Speech = ENGLISH,
    *,
    agent: int | None = None,
    last: bool = False,
    skills: Sequence[str] = (),
    others: Sequence[str] = (),
) -> list[str]:
    """Why this agent got it. Never raises.

    ``agent``: whose place among the stored candidates is compared (else the first's). ``last``:
    they answered this customer last. ``skills``: what the item asked for. ``others``: names of
    the queues that the other candidates serve and this one does not.
    """
    return list(_me(mapping(why), speech, agent, last=last, skills=skills, others=others))


def _me(
    why: Stored,
    speech: Speech,
    agent: int | None,
    *,
    last: bool,
    skills: Sequence[str],
    others: Sequence[str],
) -> Iterator[str]:
    how, candidates = words(why.get("how")), count(why.get("candidates"))
    if how == "owner":
        yield speech.say(SENTENCES, "owner")
        return
    if why.get("preferred"):
        yield speech.say(SENTENCES, "last" if last else "preferred")
    elif candidates == 1:
        yield speech.say(SENTENCES, "only")
    elif candidates > 1:
        yield speech.say(SENTENCES, "of", n=candidates)
        yield from _compared(why, speech, agent, skills, others)
    reasons = kept_out(mapping(why.get("kept_out")), speech)
    if reasons and candidates:
        yield speech.say(SENTENCES, "others", reasons=speech.list(reasons))
    if why.get("cleared"):
        yield speech.say(SENTENCES, "cleared")
    if how in ("ask", "push", "take", "transfer"):
        yield speech.say(SENTENCES, how)


def _compared(
    why: Stored, speech: Speech, agent: int | None, skills: Sequence[str], others: Sequence[str]
) -> Iterator[str]:
    """In what this agent differed from the other candidates, the weightiest first."""
    top = [mapping(one) for one in items(why.get("top"))]
    top = [one for one in top if "cost" in one]
    mine = next((one for one in top if one.get("agent") == agent), top[0] if top else None)
    rest = [one for one in top if one is not mine]
    if mine is None or not rest:
        return
    factor, kept, load = (_term(name, mine, rest) for name in ("factor", "flexibility", "load"))
    if factor:
        key = ("best" if factor == "all" else "skill") if skills else "fast"
        yield speech.say(SENTENCES, key, skills=speech.list(skills))
    if kept:
        key = "kept_for" if others else "kept"
        yield speech.say(SENTENCES, key, queues=speech.list(others))
    if load:
        yield speech.say(SENTENCES, "load")
    alike = [one for one in rest if number(one["cost"]) - number(mine["cost"]) < _LESS]
    if alike:
        since = number(mine.get("idle_since"))
        longest = all(since <= number(one.get("idle_since")) for one in alike)
        yield speech.say(SENTENCES, "idle" if longest else "turn")


def _term(name: str, mine: Stored, rest: Sequence[Stored]) -> str:
    """Whether this part of the cost spoke for them: against ``all`` others, ``some``, or not."""
    own = number(_terms(mine).get(name))
    values = [number(_terms(one).get(name)) for one in rest]
    if own > min(values) + _LESS:
        return ""
    if own < min(values) - _LESS:
        return "all"
    return "some" if own < max(values) - _LESS else ""


def _terms(candidate: Stored) -> Mapping[str, object]:
    return mapping(candidate.get("terms"))
