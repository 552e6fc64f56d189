"""What a trace says, in English and Persian."""

from __future__ import annotations

from typing import Any, Final

from routing.explain import LANGUAGES, Speech
from routing.explain.say import Sentence, Table

SENTENCES: Final = {
    "arrived": Sentence("It came in on {channel}.", "در {channel} دریافت شد."),
    "arrived_late": Sentence(
        "It came in on {channel}, {span} after it was sent.",
        "{span} پس از فرستاده‌شدن در {channel} دریافت شد.",
    ),
    "again": Sentence(
        "It came in once more and was dropped as known.",
        "بار دیگر رسید و چون شناخته بود کنار گذاشته شد.",
    ),
    "signature_ok": Sentence("Its signature holds.", "امضایش درست است."),
    "signature_off": Sentence(
        "Its signature was not checked: the check is off for {channel}.",
        "امضایش بررسی نشد: بررسی در {channel} خاموش است.",
    ),
    "signature_report": Sentence(
        "Its signature does not hold, and it was let in all the same, for {channel} only reports: "
        "{reason}.",
        "امضایش درست نیست و با این حال پذیرفته شد، زیرا {channel} فقط گزارش می‌دهد: {reason}.",
    ),
    "signature_none": Sentence(
        "No signature is asked for at this door.", "این ورودی امضا نمی‌خواهد."
    ),
    "stored": Sentence("It was filed.", "ثبت شد."),
    "rejected": Sentence("It was refused: {reason}.", "پذیرفته نشد: {reason}."),
    "failed": Sentence(
        "It could not be filed and is kept, to be replayed: {reason}.",
        "ثبت نشد و نگه داشته شد تا دوباره خوانده شود: {reason}.",
    ),
    "ignored": Sentence("It was understood and left: {reason}.", "فهمیده و رها شد: {reason}."),
    "duplicate": Sentence(
        "It is a second arrival of event {first}.", "رسیدن دوبارهٔ رویداد {first} است."
    ),
    "filed": Sentence(
        "It was filed with {name}: {why}.", "برای {name} ثبت شد: {why}."
    ),
    "rule": Sentence("The rules decided.", "قاعده‌ها تصمیم گرفتند."),
    "queued": Sentence(
        "It became work in the queue “{queue}”.", "کاری تازه در صف «{queue}» شد."
    ),
    "offered": Sentence("It was offered to {agent}.", "به {agent} پیشنهاد شد."),
    "elsewhere": Sentence(
        "It was sent with another program, and found in the sent folder.",
        "با برنامهٔ دیگری فرستاده شد و در پوشهٔ فرستاده‌ها یافت شد.",
    ),
    "moved_here": Sentence(
        "{writer} filed {n} of its entries here, from the matter {code}.",
        "{writer} {n} مورد را از موضوع {code} به اینجا آورد.",
        one="{writer} filed an entry here, from the matter {code}.",
    ),
    "moved_away": Sentence(
        "{writer} filed {n} of its entries elsewhere, in the matter {code}.",
        "{writer} {n} مورد را به موضوع {code} برد.",
        one="{writer} filed an entry elsewhere, in the matter {code}.",
    ),
    "moved_back": Sentence("That was taken back.", "این کار پس گرفته شد."),
    "wrote": Sentence("{writer} answered by {channel}.", "{writer} با {channel} پاسخ داد."),
    "happened": Sentence("{writer}: {kind}.", "{writer}: {kind}."),
    "attempt": Sentence(
        "Attempt {number}: {outcome}, in {span}.", "تلاش {number}: {outcome}، در {span}."
    ),
    "attempt_why": Sentence(
        "Attempt {number}: {outcome}, in {span}. {words}",
        "تلاش {number}: {outcome}، در {span}. {words}",
    ),
    "attempts_gone": Sentence(
        "It was tried {n} times; what the provider answered is no longer kept, or was never written.",
        "{n} بار تلاش شد؛ پاسخ فراهم‌کننده دیگر نگه داشته نمی‌شود یا هرگز نوشته نشد.",
        one="It was tried once; what the provider answered is no longer kept, or was never written.",
    ),
    "state": Sentence("It is {state}.", "{state}."),
    "state_why": Sentence("It is {state}: {words}.", "{state}: {words}."),
    "state_part": Sentence(
        "Part {part} of {parts} is {state}.", "بخش {part} از {parts}: {state}."
    ),
    "state_part_why": Sentence(
        "Part {part} of {parts} is {state}: {words}.", "بخش {part} از {parts}: {state}: {words}."
    ),
    "receipt": Sentence(
        "The provider said: {state}.", "فراهم‌کننده گفت: {state}."
    ),
    "automatic_wanted": Sentence(
        "An automatic answer “{template}” waits to be written.",
        "پاسخ خودکار «{template}» در انتظار نوشته‌شدن است.",
    ),
    "automatic_sent": Sentence(
        "The automatic answer “{template}” was written.", "پاسخ خودکار «{template}» نوشته شد."
    ),
    "automatic_refused": Sentence(
        "The automatic answer “{template}” was not written: {reason}.",
        "پاسخ خودکار «{template}» نوشته نشد: {reason}.",
    ),
    "conversation": Sentence(
        "{name}, {channel}, code {code}", "{name}، {channel}، کد {code}"
    ),
    "event": Sentence("event {id} of the ledger", "رویداد {id} دفتر"),
    "hidden": Sentence("a matter with another team", "موضوعی نزد گروهی دیگر"),
}  # fmt: skip
STATES: Final = {
    "queued": Sentence("waiting to leave", "در صف فرستادن"),
    "sending": Sentence("leaving now", "در حال فرستادن"),
    "sent": Sentence("sent", "فرستاده شد"),
    "delivered": Sentence("delivered", "به مقصد رسید"),
    "read": Sentence("read", "خوانده شد"),
    "deferred": Sentence("put off", "به بعد ماند"),
    "failed": Sentence("failed", "فرستاده نشد"),
    "unknown": Sentence("perhaps sent, perhaps not", "شاید رفته، شاید نه"),
    "stopped": Sentence("stopped", "متوقف شد"),
}
EVIDENCE: Final = {
    "code": Sentence("it names our tracking code", "کد پیگیری ما را دارد"),
    "history": Sentence(
        "it was in the mailbox before it was connected", "پیش از اتصال در صندوق بود"
    ),
    "via": Sentence("a form sent it for them", "فرمی آن را به نام او فرستاد"),
    "forwarded": Sentence("a colleague passed it on", "همکاری آن را فرستاد"),
    "new": Sentence("a new matter", "موضوعی تازه"),
    "channel": Sentence(
        "the same person's open matter on this channel", "موضوع باز همین شخص در همین کانال"
    ),
    "token": Sentence(
        "it answers our message, by its signed token", "پاسخ پیام ماست، با نشان امضاشده"
    ),
    "token of another person": Sentence(
        "it carries the token of another person's matter, and opened one of its own",
        "نشان موضوع شخص دیگری را دارد و موضوعی جدا گشود",
    ),
    "references": Sentence("it answers a mail of this matter", "پاسخ نامه‌ای از همین موضوع است"),
    "bounce": Sentence(
        "it says that a mail of this matter came back", "خبر برگشت نامه‌ای از همین موضوع است"
    ),
    "spam": Sentence("its matter was spam", "موضوع آن هرزنامه بود"),
    "closed too long ago": Sentence(
        "its old matter was closed too long ago", "موضوع پیشین آن خیلی وقت است بسته شده"
    ),
}
HOW: Final = {
    "push": Sentence("It was given to {agent} at once.", "بی‌درنگ به {agent} سپرده شد."),
    "offer": Sentence("{agent} accepted it.", "{agent} آن را پذیرفت."),
    "take": Sentence("{agent} took it.", "{agent} آن را برداشت."),
    "owner": Sentence(
        "It went to {agent}, whose matter it is.", "به {agent} رسید که موضوع از آنِ اوست."
    ),
    "transfer": Sentence("It was passed on to {agent}.", "به {agent} واگذار شد."),
    "started": Sentence("{agent} began it.", "{agent} آن را آغاز کرد."),
    "pending": Sentence("{agent} is asked.", "از {agent} پرسیده شده است."),
}
HAPPENED: Final = {
    "note": Sentence("{writer} wrote a note.", "{writer} یادداشتی نوشت."),
    "transferred": Sentence("{writer} passed it on.", "{writer} آن را واگذار کرد."),
    "resolved": Sentence("{writer} resolved it.", "{writer} آن را حل‌شده بست."),
    "spam": Sentence("{writer} called it spam.", "{writer} آن را هرزنامه خواند."),
    "reopened": Sentence("{writer} opened it again.", "{writer} دوباره آن را گشود."),
    "snoozed": Sentence("{writer} put it off.", "{writer} آن را کنار گذاشت."),
    "woken": Sentence("Its time came: it is open again.", "زمانش رسید: دوباره باز است."),
    "started": Sentence("{writer} began it.", "{writer} آن را آغاز کرد."),
    "moved": Sentence("{writer} moved a message.", "{writer} پیامی را جابه‌جا کرد."),
    "split": Sentence("{writer} split it off.", "{writer} آن را جدا کرد."),
    "not_answered": Sentence(
        "The automatic answer was not written.", "پاسخ خودکار نوشته نشد."
    ),
}  # fmt: skip
DUE: Final = {
    "snooze": Sentence("It comes back from being put off.", "از کنار گذاشته‌شدن برمی‌گردد."),
    "owner": Sentence(
        "If its agent is still away, others get it.", "اگر کارشناسش نباشد، به دیگران می‌رسد."
    ),
    "owner_live": Sentence(
        "If its agent is still away, others get it.", "اگر کارشناسش نباشد، به دیگران می‌رسد."
    ),
    "visitor": Sentence(
        "If the visitor is still gone, it waits like a message.",
        "اگر بازدیدکننده نیاید، مانند پیام منتظر می‌ماند.",
    ),
    "again": Sentence(
        "Those who declined it may be asked again.", "از کسانی که رد کردند دوباره پرسیده می‌شود."
    ),
    "promise": Sentence("What was promised is due: {name}.", "موعد تعهد: {name}."),
    "deferred": Sentence("It waits again.", "دوباره در صف می‌ایستد."),
    "wrap": Sentence("Finishing up ends.", "جمع‌بندی پایان می‌یابد."),
    "step": Sentence("The next step of its plan begins.", "گام بعدی برنامه‌اش آغاز می‌شود."),
    "offer": Sentence("The offer to {name} ends.", "پیشنهاد به {name} پایان می‌یابد."),
    "retry": Sentence("Attempt {name} to send it.", "تلاش {name} برای فرستادن."),
    "lease": Sentence(
        "If nothing is heard of this attempt by then, its outcome is unknown.",
        "اگر تا آن زمان از این تلاش خبری نشود، سرانجامش نامعلوم است.",
    ),
}
PROMISES: Final = {
    "answer": Sentence("an answer", "پاسخ"),
    "first_reply": Sentence("the first reply", "نخستین پاسخ"),
    "next_reply": Sentence("the next reply", "پاسخ بعدی"),
    "resolution": Sentence("resolution", "حل موضوع"),
}
_SPEECH: Final = {language: Speech(language) for language in LANGUAGES}


def say(table: Table, key: str, /, **values: Any) -> dict[str, str]:
    """A sentence in every language; a value that is a mapping of languages is said in each."""
    typed = table[key].en == table[key].fa  # a command: values as they are typed
    return {
        language: speech.say(
            table, key, **{name: _in(v, "en" if typed else language) for name, v in values.items()}
        )
        for language, speech in _SPEECH.items()
    }


def named(table: Table, key: str) -> dict[str, str]:
    """A word of a table in every language; what it does not know stands for itself."""
    if key not in table:
        return dict.fromkeys(LANGUAGES, key)
    return say(table, key)


def span(micros: int) -> dict[str, str]:
    """How long, in every language."""
    if micros >= 10_000_000:
        return {name: speech.span(micros // 1_000_000) for name, speech in _SPEECH.items()}
    ms = f"{micros // 1000}"
    return {"en": f"{ms} ms", "fa": f"{_SPEECH['fa'].number(ms)} میلی‌ثانیه"}


def about(micros: int) -> dict[str, str]:
    """How long something waits, to the second."""
    return {name: speech.span(max(micros, 0) // 1_000_000) for name, speech in _SPEECH.items()}


def evidence(stored: str) -> dict[str, str]:
    """Why it was filed where it was: each part of what is stored, in words."""
    parts = [named(EVIDENCE, part.strip()) for part in (stored or "new").split(",")]
    return {
        language: speech.list([part[language] for part in parts])
        for language, speech in _SPEECH.items()
    }


def _in(value: Any, language: str) -> Any:
    if isinstance(value, dict):
        return value[language]
    if isinstance(value, int) and not isinstance(value, bool):
        return value if language == "en" else _SPEECH["fa"].number(value)
    if language == "fa" and isinstance(value, str) and value and not value[0].isalpha():
        return f"\u2068{value}\u2069"  # a number or a path keeps its direction
    return value
