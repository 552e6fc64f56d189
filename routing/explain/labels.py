"""What fields, operators and reasons are called in sentences, in English and Persian."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from routing.explain.say import Sentence, Speech, Stored, count, words
from routing.rules import fields

FIELDS: Final[Mapping[str, tuple[str, str]]] = {
    "channel": ("the channel", "کانال"),
    "channel.kind": ("the kind of channel", "نوع کانال"),
    "address": ("the address written to", "نشانی ما"),
    "sender": ("the sender's address", "نشانی فرستنده"),
    "sender_name": ("the sender's name", "نام فرستنده"),
    "sender.blocked": ("the sender being blocked", "مسدود بودن فرستنده"),
    "sender.verified": ("the sender's address being proven", "تأیید نشانی فرستنده"),
    "subject": ("the subject", "موضوع"),
    "text": ("the message", "متن"),
    "text.script": ("the message's script", "خط متن"),
    "headers.*": ("the mail header", "سرایند"),
    "auto": ("automatic", "خودکار بودن"),
    "bounce": ("a returned mail", "برگشت نامه"),
    "spam": ("being spam", "هرزنامه بودن"),
    "consent": ("the opt-out word", "واژهٔ انصراف"),
    "attachments.count": ("the number of files", "شمار پیوست‌ها"),
    "attachments.types": ("the kind of files", "نوع پیوست‌ها"),
    "contact.known": ("the customer being known", "آشنا بودن مشتری"),
    "contact.name": ("the customer's name", "نام مشتری"),
    "contact.language": ("the customer's language", "زبان مشتری"),
    "contact.open_conversations": ("the customer's open conversations", "گفتگوهای باز مشتری"),
    "contact.last_contact": ("the time since the last contact", "زمان گذشته از آخرین تماس مشتری"),
    "contact.attributes.*": ("the customer's", "ویژگی مشتری"),
    "organization.name": ("the organization", "نام سازمان"),
    "organization.attributes.*": ("the organization's", "ویژگی سازمان"),
    "claims.*": ("what the customer gave as", "گفتهٔ مشتری"),
    "last_agent": ("the agent who answered last", "آخرین کارشناس"),
    "conversation.status": ("the conversation before", "وضعیت گفتگو"),
    "queue.calendar": ("the opening hours of the queue", "ساعت کار صف"),
    "queue.waiting": ("how many wait in the queue", "شمار منتظران صف"),
    "queue.oldest": ("the longest wait in the queue", "انتظار قدیمی‌ترین گفتگوی صف"),
    "queue.agents_available": ("the free agents of the queue", "کارشناسان آمادهٔ صف"),
    "calendar.*": ("the opening hours", "ساعت کار تقویم"),
}
OPERATORS: Final[Mapping[str, tuple[str, str]]] = {
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
    "present": ("should be there: {want}", "بودنش باید {want} باشد"),
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
FLAGS: Final[Mapping[tuple[str, str], tuple[str, str]]] = {
    ("eq", "true"): ("is not the case", "برقرار نیست"),
    ("eq", "false"): ("is the case", "برقرار است"),
    ("ne", "true"): ("is the case", "برقرار است"),
    ("ne", "false"): ("is not the case", "برقرار نیست"),
    ("present", "true"): ("is not there", "در دست نیست"),
    ("present", "false"): ("is there", "در دست هست"),
}
"""Where what is wanted is true or false, as (operator, what)."""
REASONS: Final[Mapping[str, Sentence]] = {
    "full": Sentence("{n} have no room left", "ظرفیت {n} نفر پر است", one="1 has no room left"),
    "away": Sentence("{n} are away", "{n} نفر کنار رفته‌اند", one="1 is away"),
    "offline": Sentence(
        "{n} are not signed on", "{n} نفر وارد نشده‌اند", one="1 is not signed on"
    ),
    "wrapping": Sentence(
        "{n} are finishing up the last one", "{n} نفر کار قبلی را جمع می‌کنند",
        one="1 is finishing up the last one",
    ),
    "limit": Sentence(
        "{n} have as many of this kind as they may", "{n} نفر به سقف این نوع کار رسیده‌اند",
        one="1 has as many of this kind as they may",
    ),
    "overloaded": Sentence(
        "{n} have more than their share already", "{n} نفر بیش از ظرفیت خود کار دارند",
        one="1 has more than their share already",
    ),
    "reserved": Sentence(
        "{n} are kept free for other work", "{n} نفر برای کارهای دیگر آزاد می‌مانند",
        one="1 is kept free for other work",
    ),
    "no_skill": Sentence(
        "{n} do not have the skills it needs", "{n} نفر مهارت لازم را ندارند",
        one="1 does not have the skills it needs",
    ),
    "declined": Sentence("{n} declined or missed it", "{n} نفر آن را رد کردند یا پاسخ ندادند"),
    "excluded": Sentence("{n} declined or missed it", "{n} نفر آن را رد کردند یا پاسخ ندادند"),
}  # fmt: skip
"""Why somebody could not take an item (``Standing.kept_out``), those who may soon first."""


def field_label(name: str, speech: Speech) -> str:
    """What a field is called; of made-up names also which one it is."""
    found = fields.find(name)
    if found is None or found.name not in FIELDS:
        return name
    label = FIELDS[found.name][speech.language == "fa"]
    queue = fields.queue_of(name)
    if queue is not None:
        return f"{label} {queue}"
    return f"{label} {name.rpartition('.')[2]}" if found.name.endswith("*") else label


def missed(near: Stored, speech: Speech) -> str:
    """The part of a rule's condition that did not hold, as a clause."""
    persian = speech.language == "fa"
    op, want = words(near.get("op")), words(near.get("want"))
    both = FLAGS.get((op, want.lower())) or OPERATORS.get(op, ("{want}", "{want}"))
    said = both[persian].replace("{want}", want)
    return f"{field_label(words(near.get('field')), speech)} {said}".strip()


def kept_out(counts: Stored, speech: Speech) -> list[str]:
    """Who could not take an item, counted by reason, as clauses; unknown reasons by their name."""
    known = [reason for reason in REASONS if count(counts.get(reason))]
    others = [reason for reason in counts if reason not in REASONS and count(counts[reason])]
    return [
        *(speech.say(REASONS, reason, n=count(counts[reason])) for reason in known),
        *(f"{speech.number(count(counts[reason]))} {reason}" for reason in others),
    ]
