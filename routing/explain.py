"""Stored decisions as sentences, in English and Persian: why here, why me, why still waiting.

Reads the JSON that ``Decision.as_dict`` and ``Standing.as_dict`` made, also of older versions: a
part that is missing is not told. Texts of customers are not in there, so they are not in here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final, Literal

from routing import fields

Language = Literal["en", "fa"]
Stored = Mapping[str, Any]

_FA_DIGITS: Final = str.maketrans("0123456789", "۰۱۲۳۴۵۶۷۸۹")
_SENTENCES: Final[Mapping[str, tuple[str, str]]] = {
    "rule": (
        "Rule “{rule}” sent it to queue “{queue}”.",
        "قاعدهٔ «{rule}» آن را به صف «{queue}» فرستاد.",
    ),
    "none": (
        "Rule “{rule}” filed it without giving it to anybody: {reason}.",
        "قاعدهٔ «{rule}» آن را بایگانی کرد و به کسی نسپرد: {reason}.",
    ),
    "reason": ("Reason: {reason}.", "دلیل: {reason}."),
    "ahead": ("It goes {n} seconds ahead of its turn.", "{n} ثانیه جلوتر از نوبت خود است."),
    "behind": ("It goes {n} seconds behind its turn.", "{n} ثانیه عقب‌تر از نوبت خود است."),
    "tags": ("Tags: {tags}.", "برچسب‌ها: {tags}."),
    "also": ("Also matched: {rules}.", "این قاعده‌ها هم صدق کردند: {rules}."),
    "near": (
        "Rule “{rule}” did not match: {part}.",
        "قاعدهٔ «{rule}» صدق نکرد: {part}.",
    ),
    "unknown": ("{part} (not known here)", "{part} (اینجا معلوم نیست)"),
    "note": ("Note: {note}.", "یادداشت: {note}."),
    "owner": (
        "It is a new turn of the agent's own conversation, and the agent was present.",
        "ادامهٔ گفتگوی خود کارشناس است و کارشناس حاضر بود.",
    ),
    "preferred": (
        "The agent answered this customer last and was free.",
        "این کارشناس آخرین بار به این مشتری پاسخ داده بود و آزاد بود.",
    ),
    "idle": (
        "The agent was first in line of {n} who were free.",
        "این کارشناس از میان {n} کارشناس آزاد، نفر اول صف بود.",
    ),
    "only": (
        "The agent was the only one who was free.",
        "این کارشناس تنها کسی بود که آزاد بود.",
    ),
    "cleared": (
        "Everybody available had declined it before, so all were asked again.",
        "همهٔ حاضران پیش‌تر آن را رد کرده بودند، پس دوباره از همه پرسیده شد.",
    ),
    "ask": ("It was offered, to accept or to decline.", "پیشنهاد شد تا پذیرفته یا رد شود."),
    "push": ("It was assigned at once.", "بی‌درنگ سپرده شد."),
    "take": ("The agent took it.", "کارشناس خودش آن را برداشت."),
    "transfer": ("A colleague handed it over.", "همکاری آن را واگذار کرد."),
    "nobody": ("Nobody works in this queue.", "کسی در این صف کار نمی‌کند."),
    "free": (
        "Agents who are free: {n}; it is about to be given to one of them.",
        "{n} کارشناس آزاد است و به‌زودی به یکی سپرده می‌شود.",
    ),
    "pull": (
        "Nobody is assigned here: it waits until an agent takes it.",
        "در این صف به کسی سپرده نمی‌شود: منتظر است تا کارشناسی آن را بردارد.",
    ),
    "full": ("Agents without capacity left: {n}.", "ظرفیت {n} کارشناس پر است."),
    "away": ("Agents who are away: {n}.", "{n} کارشناس کنار رفته‌اند."),
    "offline": ("Agents who are not signed on: {n}.", "{n} کارشناس وارد نشده‌اند."),
    "excluded": (
        "Agents who declined or missed it: {n}.",
        "{n} کارشناس آن را رد کردند یا پاسخ ندادند.",
    ),
}
_FA_FIELDS: Final[Mapping[str, str]] = {
    "channel": "کانال",
    "channel.kind": "نوع کانال",
    "address": "نشانی ما",
    "sender": "نشانی فرستنده",
    "sender_name": "نام فرستنده",
    "sender.blocked": "مسدود بودن فرستنده",
    "sender.verified": "تأیید نشانی فرستنده",
    "subject": "موضوع",
    "text": "متن",
    "text.script": "خط متن",
    "headers.*": "سرایند",
    "auto": "خودکار بودن",
    "bounce": "برگشت نامه",
    "spam": "هرزنامه بودن",
    "consent": "واژهٔ انصراف",
    "attachments.count": "شمار پیوست‌ها",
    "attachments.types": "نوع پیوست‌ها",
    "contact.known": "آشنا بودن مشتری",
    "contact.name": "نام مشتری",
    "contact.language": "زبان مشتری",
    "contact.open_conversations": "گفتگوهای باز مشتری",
    "contact.last_contact": "زمان گذشته از آخرین تماس مشتری",
    "contact.attributes.*": "ویژگی مشتری",
    "organization.name": "نام سازمان",
    "organization.attributes.*": "ویژگی سازمان",
    "claims.*": "گفتهٔ مشتری",
    "last_agent": "آخرین کارشناس",
    "conversation.status": "وضعیت گفتگو",
    "queue.calendar": "ساعت کار صف",
    "queue.waiting": "شمار منتظران صف",
    "queue.oldest": "انتظار قدیمی‌ترین گفتگوی صف",
    "queue.agents_available": "کارشناسان آمادهٔ صف",
    "calendar.*": "ساعت کار تقویم",
}
_OPS: Final[Mapping[str, tuple[str, str]]] = {
    "eq": ("is not {want}", "برابر {want} نیست"),
    "ne": ("is {want}", "برابر {want} است"),
    "in": ("is none of {want}", "هیچ‌یک از {want} نیست"),
    "not_in": ("is one of {want}", "یکی از {want} است"),
    "contains": ("does not contain {want}", "{want} را در بر ندارد"),
    "contains_any": ("contains none of {want}", "هیچ‌یک از {want} را در بر ندارد"),
    "contains_all": ("does not contain all of {want}", "همهٔ {want} را در بر ندارد"),
    "starts_with": ("does not start with {want}", "با {want} آغاز نمی‌شود"),
    "ends_with": ("does not end with {want}", "به {want} پایان نمی‌یابد"),
    "matches": ("does not match {want}", "با الگوی {want} نمی‌خواند"),
    "present": ("present should be {want}", "بودنش باید {want} باشد"),
    "gt": ("is not above {want}", "بیشتر از {want} نیست"),
    "lt": ("is not below {want}", "کمتر از {want} نیست"),
    "ge": ("is below {want}", "کمتر از {want} است"),
    "gte": ("is below {want}", "کمتر از {want} است"),
    "lte": ("is above {want}", "بیشتر از {want} است"),
    "le": ("is above {want}", "بیشتر از {want} است"),
    "between": ("is not between {want}", "میان {want} نیست"),
    "within": ("is not within {want}", "در {want} نیست"),
    "not": ("this holds: {want}", "این برقرار است: {want}"),
}
_HOW: Final = ("ask", "push", "take", "transfer")
_KEPT_OUT: Final = ("full", "away", "offline", "excluded")


def why_here(decision: Stored, language: Language = "en") -> list[str]:
    """Why a message went to its queue, or to nobody: a stored ``Decision``."""
    return list(_here(decision, language))


def why_me(why: Stored, language: Language = "en") -> list[str]:
    """Why this agent: what is stored with an offer or an assignment (``how`` and a standing)."""
    return list(_me(why, language))


def why_waiting(standing: Stored, language: Language = "en", *, pull: bool = False) -> list[str]:
    """Why an item still waits: a ``Standing`` of now; ``pull``: nobody is assigned in its queue."""
    return list(_waiting(standing, language, pull=pull))


def _here(decision: Stored, language: Language) -> Iterator[str]:
    rule, reason = decision.get("rule", ""), decision.get("reason", "")
    if decision.get("queue") is None:
        yield _say("none", language, rule=rule, reason=reason)
    else:
        yield _say("rule", language, rule=rule, queue=decision["queue"])
        if reason:
            yield _say("reason", language, reason=reason)
    priority = decision.get("priority") or 0
    if priority:
        yield _say("ahead" if priority > 0 else "behind", language, n=abs(priority))
    others = [hit for hit in decision.get("hit", ()) if hit != rule]
    if others:
        yield _say("also", language, rules=_list(others, language))
    if decision.get("tags"):
        yield _say("tags", language, tags=_list(decision["tags"], language))
    for near in decision.get("near", ()):
        yield _say("near", language, rule=near["rule"], part=_part(near, language))
    for note in decision.get("notes", ()):
        yield _say("note", language, note=note)


def _me(why: Stored, language: Language) -> Iterator[str]:
    how = why.get("how", "")
    if how == "owner":
        yield _say("owner", language)
        return
    candidates = why.get("candidates", 0)
    if why.get("preferred"):
        yield _say("preferred", language)
    elif candidates == 1:
        yield _say("only", language)
    elif candidates:
        yield _say("idle", language, n=candidates)
    if why.get("cleared"):
        yield _say("cleared", language)
    if how in _HOW:
        yield _say(how, language)


def _waiting(standing: Stored, language: Language, *, pull: bool) -> Iterator[str]:
    if pull:
        yield _say("pull", language)
        return
    candidates, kept_out = standing.get("candidates", 0), standing.get("kept_out", {})
    if candidates:
        yield _say("free", language, n=candidates)
    elif not kept_out:
        yield _say("nobody", language)
    for reason in _KEPT_OUT:
        if kept_out.get(reason):
            yield _say(reason, language, n=kept_out[reason])


def _say(key: str, language: Language, **values: object) -> str:
    if language == "fa" and "n" in values:
        values["n"] = str(values["n"]).translate(_FA_DIGITS)
    return _SENTENCES[key][language == "fa"].format(**values)


def _part(near: Stored, language: Language) -> str:
    words = _OPS.get(near.get("op", ""), ("{want}", "{want}"))[language == "fa"]
    part = f"{_field(near.get('field', ''), language)} {words.format(want=near.get('want', ''))}"
    part = part.strip()
    return _say("unknown", language, part=part) if near.get("unknown") else part


def _field(name: str, language: Language) -> str:
    if language == "en":
        return name
    found = fields.find(name)
    label = _FA_FIELDS.get(found.name, name) if found else name
    return f"{label} {name.rpartition('.')[2]}" if found and found.name.endswith("*") else label


def _list(words: Sequence[str], language: Language) -> str:
    return ("، " if language == "fa" else ", ").join(words)
