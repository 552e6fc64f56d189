"""Why a message went to its queue, or to nobody: a stored ``Decision``."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from routing.explain.labels import missed
from routing.explain.persian import in_persian
from routing.explain.say import (
    Language,
    Sentence,
    Speech,
    Stored,
    count,
    items,
    mapping,
    texts,
    words,
)

SENTENCES: Final = {
    "rule": Sentence(
        "Rule “{rule}” sent it to queue “{queue}”.",
        "قاعدهٔ «{rule}» آن را به صف «{queue}» فرستاد.",
    ),
    "kept": Sentence(
        "It stays in queue “{kept}” with its conversation; rule “{rule}” chose queue “{queue}”.",
        "با گفتگوی خود در صف «{kept}» می‌ماند؛ قاعدهٔ «{rule}» صف «{queue}» را برگزید.",
    ),
    "none": Sentence(
        "Rule “{rule}” filed it without giving it to anybody: {reason}.",
        "قاعدهٔ «{rule}» آن را بایگانی کرد و به کسی نسپرد: {reason}.",
    ),
    "reason": Sentence("Reason: {reason}.", "دلیل: {reason}."),
    "ahead": Sentence("It goes {span} ahead of its turn.", "{span} جلوتر از نوبت خود است."),
    "behind": Sentence("It goes {span} behind its turn.", "{span} عقب‌تر از نوبت خود است."),
    "tags": Sentence("Tags: {tags}.", "برچسب‌ها: {tags}."),
    "also": Sentence("Also matched: {rules}.", "این قاعده‌ها هم صدق کردند: {rules}."),
    "near": Sentence("Rule “{rule}” did not match: {part}.", "قاعدهٔ «{rule}» صدق نکرد: {part}."),
    "unknown": Sentence("{part} (not known here)", "{part} (اینجا معلوم نیست)"),
    "note": Sentence("Note: {note}.", "یادداشت: {note}."),
    "policy": Sentence("The promise is “{policy}”.", "تعهد آن «{policy}» است."),
    "answer": Sentence("The promise is an answer within {span}.", "تعهد آن پاسخ تا {span} است."),
    "callback": Sentence(
        "The customer is called back instead of waiting.",
        "به‌جای انتظار، با مشتری تماس گرفته می‌شود.",
    ),
    "message": Sentence(
        "It is answered like a message; the customer need not wait.",
        "مانند پیام پاسخ داده می‌شود و مشتری لازم نیست منتظر بماند.",
    ),
    "template": Sentence(
        "The hub answers at once with “{name}”.", "سامانه بی‌درنگ با «{name}» پاسخ می‌دهد."
    ),
}


def why_here(decision: Stored, language: Language = "en") -> list[str]:
    """Why a message went to its queue, or to nobody. Never raises."""
    return list(_here(mapping(decision), Speech(language)))


def _here(decision: Stored, speech: Speech) -> Iterator[str]:
    yield from _placed(decision, speech)
    priority = count(decision.get("priority"))
    if priority:
        key = "ahead" if priority > 0 else "behind"
        yield speech.say(SENTENCES, key, span=speech.span(abs(priority)))
    yield from _promised(decision, speech)
    rule = _chose(decision)
    others = [hit for hit in texts(decision.get("hit")) if hit != rule]
    if others:
        yield speech.say(SENTENCES, "also", rules=speech.list(others))
    tags = texts(decision.get("tags"))
    if tags:
        yield speech.say(SENTENCES, "tags", tags=speech.list(tags))
    for near in map(mapping, items(decision.get("near"))):
        yield _near(near, speech)
    for note in texts(decision.get("notes")):
        yield speech.say(SENTENCES, "note", note=_own_words(note, speech))


def _placed(decision: Stored, speech: Speech) -> Iterator[str]:
    rule, reason = words(decision.get("rule")), _own_words(decision.get("reason"), speech)
    if decision.get("queue") is None:
        yield speech.say(SENTENCES, "none", rule=rule, reason=reason)
        return
    chose, queue, kept = _chose(decision), words(decision["queue"]), words(decision.get("kept"))
    if kept:
        yield speech.say(SENTENCES, "kept", kept=kept, rule=chose, queue=queue)
    else:
        yield speech.say(SENTENCES, "rule", rule=chose, queue=queue)
    if reason:
        yield speech.say(SENTENCES, "reason", reason=reason)


def _own_words(said: object, speech: Speech) -> str:
    """What the rules say of themselves, in the reader's language; a row's own words as they are."""
    english = words(said)
    return (in_persian(english) or english) if speech.language == "fa" else english


def _chose(decision: Stored) -> str:
    """The row that chose the queue: the last one, if no other did before it or over it."""
    return words(mapping(decision.get("by")).get("queue")) or words(decision.get("rule"))


def _promised(decision: Stored, speech: Speech) -> Iterator[str]:
    sla = decision.get("sla")
    seconds = count(mapping(sla).get("answer")) or count(mapping(sla).get("first_reply"))
    if isinstance(sla, str) and sla:
        yield speech.say(SENTENCES, "policy", policy=sla)
    elif seconds > 0:
        yield speech.say(SENTENCES, "answer", span=speech.span(seconds))
    instead = words(mapping(decision.get("deflect")).get("to"))
    if instead in ("callback", "message"):
        yield speech.say(SENTENCES, instead)
    template = words(decision.get("reply_template"))
    if template:
        yield speech.say(SENTENCES, "template", name=template)


def _near(near: Stored, speech: Speech) -> str:
    part = missed(near, speech)
    if near.get("unknown"):
        part = speech.say(SENTENCES, "unknown", part=part)
    return speech.say(SENTENCES, "near", rule=words(near.get("rule")), part=part)
