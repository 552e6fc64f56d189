"""What befell a turn, and what became of each offer, a sentence each."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from routing.explain.say import Sentence, Speech, Stored, count, mapping, words

SENTENCES: Final = {
    "step": Sentence("It went on to step {n}.", "به گام {n} رفت."),
    "overflow": Sentence("It went over to the queue “{queue}”.", "به صف «{queue}» سرریز شد."),
    "stays": Sentence(
        "It was to go over to another queue once more, and stays: {n} times are enough.",
        "باید باز هم به صف دیگری می‌رفت و ماند: {n} بار بس است.",
    ),
    "requeue": Sentence("It went back into the queue.", "به صف بازگشت."),
    "moved": Sentence("It was moved to the queue “{queue}”.", "به صف «{queue}» برده شد."),
    "callback": Sentence(
        "It became a callback: the customer need not wait.",
        "به تماس از سوی ما تبدیل شد: مشتری لازم نیست منتظر بماند.",
    ),
    "message": Sentence(
        "It is answered like a message from here on: the customer need not wait.",
        "از این پس مانند پیام پاسخ داده می‌شود: مشتری لازم نیست منتظر بماند.",
    ),
    "deflect": Sentence(
        "The customer need not wait any more.", "مشتری دیگر لازم نیست منتظر بماند."
    ),
    "defer": Sentence("It was put off until {moment}.", "تا {moment} کنار گذاشته شد."),
    "put_off": Sentence("It was put off.", "کنار گذاشته شد."),
    "due": Sentence(
        "Its time came: it waits again, in its old place.",
        "زمانش رسید: در جای پیشین خود منتظر است.",
    ),
    "ahead": Sentence("It was put ahead by {span}.", "{span} جلو برده شد."),
    "behind": Sentence("It was put back by {span}.", "{span} عقب برده شد."),
    "priority": Sentence("Its place in line was changed.", "جایش در صف عوض شد."),
    "held": Sentence(
        "It was put aside for something that cannot wait.",
        "برای کاری که نمی‌شد منتظر بماند کنار گذاشته شد.",
    ),
    "resumed": Sentence("It was taken up again.", "از سر گرفته شد."),
    "wrap": Sentence("Its agent began to finish up.", "کارشناس جمع‌بندی را آغاز کرد."),
    "missed": Sentence("An offer was missed.", "یک پیشنهاد بی‌پاسخ ماند."),
    "overload": Sentence(
        "It made its agent hold more than their share.", "کارشناس با آن بیش از ظرفیتش کار دارد."
    ),
    "nobody": Sentence(
        "Nobody who is signed on could ever serve it: it went over to the queue “{queue}”.",
        "هیچ‌یک از حاضران نمی‌توانست به آن برسد: به صف «{queue}» سرریز شد.",
    ),
    "back": Sentence("The customer is back.", "مشتری برگشت."),
    "promise": Sentence(
        "{said} The promise “{policy}” was running out.",
        "{said} زمان تعهد «{policy}» رو به پایان بود.",
    ),
    "away": Sentence(
        "The customer was gone for a while: it waits as a message does.",
        "مشتری مدتی نبود: مانند پیام منتظر است.",
    ),
    "other": Sentence("{what}.", "{what}."),
    "by": Sentence("{said} By {by}.", "{said} به دست {by}."),
}
OUTCOMES: Final = {
    "pending": Sentence("{agent} may answer.", "{agent} می‌تواند پاسخ دهد."),
    "accepted": Sentence("{agent} accepted it.", "{agent} آن را پذیرفت."),
    "connected": Sentence("{agent} accepted it.", "{agent} آن را پذیرفت."),
    "failed": Sentence(
        "{agent} accepted it, but it could not be put through.", "{agent} پذیرفت، اما وصل نشد."
    ),
    "declined": Sentence("{agent} declined it.", "{agent} آن را رد کرد."),
    "declined_why": Sentence("{agent} declined it: {reason}.", "{agent} آن را رد کرد: {reason}."),
    "expired": Sentence("{agent} did not answer in time.", "{agent} به‌موقع پاسخ نداد."),
    "withdrawn": Sentence("It was taken back from {agent}.", "از {agent} پس گرفته شد."),
    "withdrawn_why": Sentence(
        "It was taken back from {agent}: {reason}.", "از {agent} پس گرفته شد: {reason}."
    ),
    "other": Sentence("{agent}: {state}.", "{agent}: {state}."),
}
DECLINED: Final = {
    "busy": Sentence("busy", "مشغول بود"),
    "skill": Sentence("somebody else knows this better", "کس دیگری بهتر می‌داند"),
    "language": Sentence("another language", "زبان دیگری بود"),
    "other": Sentence("another reason", "دلیل دیگر"),
    "agent left": Sentence("they went away", "کنار رفت"),
}
"""Reasons that have names; any other text is somebody's own words."""


BY_CAUSE: Final = {
    ("overflow", "nobody can serve it"): "nobody",
    ("deflect", "away"): "away",
    ("resumed", "back"): "back",
}
"""Sentences for why it happened, where that says more."""


def what_befell(
    what: str, data: Stored, speech: Speech, queue: Callable[[int], str] = str, by: str = ""
) -> str:
    """One line of an item's log. ``queue`` names a queue by its id. Never raises."""
    found = mapping(data)
    said = _befell(words(what), found, speech, queue)
    if found.get("cause") == "sla":
        said = speech.say(SENTENCES, "promise", said=said, policy=words(found.get("policy")))
    return speech.say(SENTENCES, "by", said=said, by=by) if by else said


def what_became(state: str, reason: str, agent: str, speech: Speech) -> str:
    """What became of an offer to this agent. Never raises."""
    key = state if state in OUTCOMES else "other"
    if reason and f"{key}_why" in OUTCOMES:
        key = f"{key}_why"
        name, colon, own = reason.partition(":")
        if name in DECLINED:
            reason = speech.say(DECLINED, name) + (f"{colon}{own}" if own.strip() else "")
    return speech.say(OUTCOMES, key, agent=agent, reason=reason.rstrip("."), state=state)


def _befell(what: str, data: Stored, speech: Speech, queue: Callable[[int], str]) -> str:
    until, seconds = count(data.get("until")), count(data.get("seconds"))
    target = count(data.get("queue"))
    key = BY_CAUSE.get((what, words(data.get("cause"))))
    if key is not None:
        return speech.say(SENTENCES, key, queue=queue(target))
    match what:
        case "step":
            return speech.say(SENTENCES, "step", n=count(data.get("step")) + 1)
        case "overflow" if data.get("stays"):
            return speech.say(SENTENCES, "stays", n=count(data.get("hops")))
        case "overflow" | "requeue" if target:
            key = "overflow" if what == "overflow" else "moved"
            return speech.say(SENTENCES, key, queue=queue(target))
        case "deflect" if data.get("to") in ("callback", "message"):
            return speech.say(SENTENCES, words(data["to"]))
        case "defer":
            key = "defer" if until else "put_off"
            return speech.say(SENTENCES, key, moment=speech.moment(until) if until else "")
        case "priority" if seconds:
            key = "ahead" if seconds > 0 else "behind"
            return speech.say(SENTENCES, key, span=speech.span(abs(seconds)))
        case "overflow":
            return speech.say(SENTENCES, "requeue")
        case "due" | "held" | "resumed" | "wrap" | "missed" | "overload" | "requeue" | "deflect":
            return speech.say(SENTENCES, what)
        case "priority":
            return speech.say(SENTENCES, what)
        case _:
            return speech.say(SENTENCES, "other", what=what)
