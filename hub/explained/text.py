"""An explanation as lines for a terminal, from the JSON that the API answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from routing.explain import Language, Speech

Told = Mapping[str, Any]
_TITLES: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "item": "Work item {id} of conversation {conversation}: {state}, in {queue}",
        "here": "Why here (rules version {version})",
        "plan": "What it asks for",
        "step": "Step {number}, {state}: {parts}",
        "past": "done",
        "current": "now",
        "to_come": "to come",
        "anybody": "anybody of the queue",
        "overflow": "then: queue {overflow}",
        "happened": "What happened",
        "me": "Why this agent",
        "waiting": "Why it is where it is",
    },
    "fa": {
        "item": "کار {id} از گفتگوی {conversation}: {state}، در {queue}",
        "here": "چرا اینجا (نسخهٔ {version} قاعده‌ها)",
        "plan": "چه می‌خواهد",
        "step": "گام {number}، {state}: {parts}",
        "past": "گذشته",
        "current": "اکنون",
        "to_come": "در پیش",
        "anybody": "هر کسی از صف",
        "overflow": "سپس: صف {overflow}",
        "happened": "چه گذشت",
        "me": "چرا این کارشناس",
        "waiting": "چرا چنین است",
    },
}

_FA_STATES: Final = {
    "new": "تازه", "classified": "سنجیده", "queued": "در صف", "offered": "پیشنهادشده",
    "connecting": "در حال وصل", "active": "در دست", "held": "کنار گذاشته", "deferred": "به‌وقت دیگر",
    "wrapping": "جمع‌بندی", "completed": "پایان‌یافته", "abandoned": "رهاشده", "cancelled": "بسته‌شده",
}  # fmt: skip
_FA_TERMS: Final = {
    "factor": "سرعت", "flexibility": "برای کارهای دیگر", "preferred": "آشنا با مشتری",
    "skill": "مهارت", "load": "بار کاری", "busy": "مشغول",
}  # fmt: skip


def lines(told: Told, language: Language = "en") -> list[str]:
    """Readable lines; ``told`` is an ``Explanation`` or only ``{words}`` of a conversation."""
    return list(_lines(told, language))


def _lines(told: Told, language: Language) -> Iterator[str]:
    titles, words = _TITLES[language], told["words"][language]
    item = told.get("work_item")
    if item is None:
        yield from words["here"]
        return
    speech = Speech(language)
    yield titles["item"].format(
        id=speech.number(item["id"]),
        conversation=speech.number(item["conversation"]),
        state=_named(item["state"], _FA_STATES, language),
        queue=item["queue"]["name"],
    )
    version = speech.number(told["rule_set"]["version"])
    yield from _part(titles["here"].format(version=version), words["here"])
    yield from _part(titles["plan"], list(_plan(told["plan"], titles, speech)))
    yield from _part(titles["happened"], list(_happened(told, language)))
    yield from _part(titles["me"], words["me"])
    yield from _part(titles["waiting"], words["waiting"])


def _named(name: str, persian: Mapping[str, str], language: Language) -> str:
    return persian.get(name, name) if language == "fa" else name


def _part(title: str, found: list[str]) -> Iterator[str]:
    if found:
        yield ""
        yield title
        yield from (f"  {line}" for line in found)


def _plan(plan: Told, titles: Mapping[str, str], speech: Speech) -> Iterator[str]:
    for step in plan["steps"]:
        parts = [f"{need['skill']} {speech.number(need['min'])}+" for need in step["require"]]
        parts += [f"+ {queue}" for queue in step["also_queues"]]
        if step["for_seconds"] is not None:
            parts.append(speech.span(round(step["for_seconds"])))
        yield titles["step"].format(
            number=speech.number(step["number"]),
            state=titles[step["state"]],
            parts=speech.list(parts) or titles["anybody"],
        )
    if plan["overflow"]:
        yield titles["overflow"].format(overflow=plan["overflow"])


def _happened(told: Told, language: Language) -> Iterator[str]:
    """Log and offers in order of time, each with its candidates and what they would have cost."""
    log = [(line["at"], [line["words"][language]]) for line in told["log"]]
    offers = [
        (
            offer["settled_at"] or offer["at"],
            [*offer["words"][language], *_candidates(offer, language)],
        )
        for offer in told["offers"]
    ]
    for at, found in sorted([*log, *offers], key=lambda one: _time(one[0])):
        first, *rest = found
        yield f"{_time(at):%Y-%m-%d %H:%M:%S}  {first}"
        yield from (f"  {line}" for line in rest)


def _candidates(offer: Told, language: Language) -> Iterator[str]:
    for one in offer["top"]:
        terms = ", ".join(
            f"{_named(name, _FA_TERMS, language)} {value:+g}"
            for name, value in one["terms"].items()
        )
        cost = "" if one["cost"] is None else f" {one['cost']:g}"
        yield f"- {one['agent']['name']}{cost}{f' ({terms})' if terms else ''}"


def _time(text: str) -> datetime:
    return datetime.fromisoformat(text)
