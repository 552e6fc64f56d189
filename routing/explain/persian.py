"""What the rules say of themselves, in Persian: notes of a decision, and what is wrong with rows.

They are made in English, where rows are read and decided, and are stored or answered so; here a
sentence is recognised by its form. One that is not is left as it was.
"""

from __future__ import annotations

import re
from functools import partial
from typing import Final

NOTES: Final = {
    "pattern on {name} timed out: {pattern}": "الگوی {name} بیش از اندازه زمان برد: {pattern}",
    "{name}: only {n} characters were looked at": "{name}: فقط {n} نویسهٔ نخست دیده شد",
    "a rule failed on this message": "قاعده‌ای در این پیام از کار افتاد",
    "over the time budget at rule {rule}": "زمان مجاز در قاعدهٔ {rule} به پایان رسید",
    "rule {rule}: queue {queue} not taken, rule {last} gives it to nobody": (
        "قاعدهٔ {rule}: صف {queue} به‌کار نرفت، زیرا قاعدهٔ {last} آن را به کسی نمی‌سپارد"
    ),
    "rule {rule}: {what} not taken, rule {last} overrides": (
        "قاعدهٔ {rule}: {what} به‌کار نرفت، زیرا قاعدهٔ {last} بر آن چیره است"
    ),
    "rule {rule}: {what} not taken, an earlier rule decided": (
        "قاعدهٔ {rule}: {what} به‌کار نرفت، زیرا قاعدهٔ پیشین تصمیم گرفته بود"
    ),
    "rule error": "خطای قاعده",
}
PARTS: Final = {
    "queue": "صف", "priority": "اولویت", "mode": "شیوه", "plan": "برنامه", "overflow": "سرریز",
    "sla": "تعهد", "reply template": "الگوی پاسخ", "deflect": "انصراف از انتظار", "reason": "دلیل",
    "interruptible": "قطع‌پذیری", "weight": "وزن",
}  # fmt: skip
"""What a row sets, as ``rule x: PART VALUE not taken`` names it."""
REFUSALS: Final = {
    "must be a list of rules": "باید فهرستی از قاعده‌ها باشد",
    "must be a mapping with id, when and then": "باید id و when و then داشته باشد",
    "required: a text that names the rule": "لازم است: متنی که قاعده را نام ببرد",
    "there is no shipped rule {name}": "قاعدهٔ همراهی با نام {name} نیست",
    "{prefix} is for the hub's own rules; off: true is possible": (
        "{prefix} برای قاعده‌های خود سامانه است؛ off: true ممکن است"
    ),
    "{name} is there twice": "{name} دو بار آمده است",
    "can only be true": "فقط true می‌پذیرد",
    "can only be none": "فقط none می‌پذیرد",
    "must be true or false": "باید true یا false باشد",
    "must be a number": "باید عدد باشد",
    "must be a number from 0.01 to 100": "باید عددی از 0.01 تا 100 باشد",
    "must be a text": "باید متن باشد",
    "must be a list": "باید فهرست باشد",
    "required; {} always matches": "لازم است؛ {} همیشه صدق می‌کند",
    "always matches, so no rule after it is reached": (
        "همیشه صدق می‌کند و نوبت به قاعدهٔ پس از آن نمی‌رسد"
    ),
    "the last rule must be a catch-all: when: {} and a queue": (
        "قاعدهٔ آخر باید همه را بگیرد: when: {} و یک صف"
    ),
    "{op} does not fit {name}, which is {kind}: use {fitting}": (
        "{op} برای {name} که {kind} است جور نیست: {fitting} را به‌کار ببرید"
    ),
    "present needs true or false": "present با true یا false می‌آید",
    "{op} needs a list of at least one value": "{op} فهرستی با دست‌کم یک مقدار می‌خواهد",
    "between needs a list of two values, the smallest and the largest": (
        "between فهرستی از دو مقدار می‌خواهد: کمترین و بیشترین"
    ),
    "between needs the smallest value first": "در between نخست کمترین مقدار می‌آید",
    "{op} needs a whole number, not {value}": "{op} عدد صحیح می‌خواهد، نه {value}",
    "{op} needs a text, not {value}: put it in quotes": (
        "{op} متن می‌خواهد، نه {value}: آن را در گیومه بگذارید"
    ),
    "{op} needs a text, not {value}": "{op} متن می‌خواهد، نه {value}",
    "{op} needs true or false, not {value}": "{op} با true یا false می‌آید، نه {value}",
    "{op} needs a text that is not empty": "{op} متنی می‌خواهد که تهی نباشد",
    "{value} is none of {choices}": "{value} هیچ‌یک از این‌ها نیست: {choices}",
    "{op} needs a duration, not {value}: {why}": "{op} مدت می‌خواهد، نه {value}: {why}",
    "a pattern has 1 to {n} characters": "الگو ۱ تا {n} نویسه دارد",
    "the pattern backtracks without bound: repeat nothing twice": (
        "الگو بی‌پایان پس‌گرد می‌کند: چیزی را دو بار تکرار نکنید"
    ),
    "not a pattern: {why}": "الگو نیست: {why}",
    "must be a list of 1 to {n} steps, or a rule's id": (
        "باید فهرستی از ۱ تا {n} گام یا شناسهٔ یک قاعده باشد"
    ),
    "must be exactly one of all, any, not, or field with an operator": (
        "باید دقیقاً یکی از all و any و not باشد یا field با یک عملگر"
    ),
    "must be a mapping: all, any, not, or field with an operator": (
        "باید all یا any یا not باشد یا field با یک عملگر"
    ),
    "must be a mapping with skill, and min if it is more than 1": (
        "باید skill داشته باشد، و اگر بیش از ۱ است min هم"
    ),
    "must be a mapping with to: callback or message": "باید to: callback یا message داشته باشد",
    "must be a mapping with {keys}": "باید این‌ها را داشته باشد: {keys}",
    "must be exactly one of {keys}": "باید دقیقاً یکی از این‌ها باشد: {keys}",
    "needs for: only the last step has no end": "for لازم است: فقط گام آخر بی‌پایان است",
    "must be a level from {low} to {high}": "باید سطحی از {low} تا {high} باشد",
    "there is no such key": "چنین کلیدی نیست",
    "there is no operator {op}": "عملگری با نام {op} نیست",
    "there is no field {name}; an attribute is {place}": (
        "فیلدی با نام {name} نیست؛ ویژگی چنین نوشته می‌شود: {place}"
    ),
    "there is no field {name}": "فیلدی با نام {name} نیست",
    "there is no queue {name}": "صفی با نام {name} نیست",
    "there is no channel {name}": "کانالی با نام {name} نیست",
    "there is no skill {name}": "مهارتی با نام {name} نیست",
    "there is no template {name}": "الگویی با نام {name} نیست",
    "there is no calendar {name}": "تقویمی با نام {name} نیست",
    "there is no agent {name}": "کارشناسی با نام {name} نیست",
    "there is no {noun} {name}": "{noun} با نام {name} نیست",
    "must be longer than nothing, and at most 3650d": "باید بیش از هیچ و حداکثر 3650d باشد",
    "must be a list of texts, or {add: [..]}": "باید فهرستی از متن‌ها باشد، یا {add: [..]}",
    "must be one of {choices}": "باید یکی از این‌ها باشد: {choices}",
    "required: a mapping with queue, or route: none": "لازم است: queue یا route: none",
    "needs a queue, or route: none": "صف لازم دارد، یا route: none",
    "is there twice, here and beside then": "دو بار آمده، اینجا و کنار then",
    "has no meaning beside route: none": "کنار route: none معنا ندارد",
    "overflow must be another queue": "سرریز باید به صف دیگری باشد",
    "decides, so stop cannot be false": "تصمیم می‌گیرد، پس stop نمی‌تواند false باشد",
    "can be at most 24h": "حداکثر 24h است",
    "needs one of {keys}": "یکی از این‌ها لازم است: {keys}",
    "must be a whole number of per cent, 1 to 100": "باید درصدی صحیح از ۱ تا ۱۰۰ باشد",
    "{why}: seconds of head start, such as +300s": "{why}: ثانیه‌های جلوتر، مانند +300s",
    "must be a list of at least one condition": "باید فهرستی با دست‌کم یک شرط باشد",
    "needs exactly one operator, has {n}": "دقیقاً یک عملگر می‌خواهد و {n} دارد",
    "is nested more than {n} deep": "بیش از {n} لایه تودرتو است",
    "is empty": "تهی است",
    "write a duration with a unit, such as 30s, 15m, 4h or 14d": (
        "مدت را با یکا بنویسید، مانند 30s، 15m، 4h یا 14d"
    ),
    "write a time of day as HH:MM": "ساعت را به شکل HH:MM بنویسید",
    "{kind}: must be longer than nothing, and a year at most": (
        "{kind}: باید بیش از هیچ و حداکثر یک سال باشد"
    ),
    "warn: write a share of the time as 80%": "warn: سهمی از زمان را مانند 80% بنویسید",
    "must be {choices}": "باید این باشد: {choices}",
}
"""Those that say more come before those that would take them in."""
_NAME = re.compile(r"\{(\w+)\}")
_HOLE = re.compile(r"\\\{(\w+)\\\}")
_TAIL = re.compile(
    r"(?P<said>.*?)(?:; did you mean (?P<meant>.+?)\?)?(?: \(rule (?P<rule>.+?)\))?"
    r"(?: \(line \d+\))?",
    re.DOTALL,
)
_PART = re.compile(rf"({'|'.join(PARTS)})(?: (.*))?", re.DOTALL)


def _form(english: str) -> re.Pattern[str]:
    return re.compile(_HOLE.sub(r"(?P<\1>.+?)", re.escape(english)), re.DOTALL)


_KNOWN: Final = [(_form(english), fa) for english, fa in (NOTES | REFUSALS).items()]


def in_persian(english: str) -> str | None:
    """A note or a refusal in Persian, without its line; None: not one of ours."""
    tail = _TAIL.fullmatch(english)
    if tail is None:
        return None
    said = _said(tail["said"])
    if said is None:
        return None
    if tail["meant"]:
        said += f"؛ منظورتان {tail['meant']} بود؟"
    return f"{said} (قاعدهٔ {tail['rule']})" if tail["rule"] else said


def _said(english: str) -> str | None:
    for form, fa in _KNOWN:
        found = form.fullmatch(english)
        if found is not None:
            return _NAME.sub(partial(_filled, found.groupdict()), fa)
    return None


def _filled(given: dict[str, str], hole: re.Match[str]) -> str:
    return _value(hole[1], given[hole[1]]) if hole[1] in given else hole[0]


def _value(name: str, value: str) -> str:
    if name == "why":
        return _said(value) or value
    part = _PART.fullmatch(value) if name == "what" else None
    if part is not None:
        return f"{PARTS[part[1]]} {part[2] or ''}".rstrip()
    return value
