"""What every hub can say by itself: used where no declared template has that name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from hub.automatic.templates import Template, Text

_TEXTS: Final[Mapping[str, Mapping[str, Text]]] = {
    "acknowledgement": {
        "en": Text(
            "Thank you, we have your message and will answer it. Its number with us is "
            "{{ conversation.code }}."
        ),
        "fa": Text(
            "سپاس از شما؛ پیام شما به دست ما رسید و به آن پاسخ می‌دهیم. کد پیگیری شما "
            "{{ conversation.code }} است."
        ),
    },
    "closed-hours": {
        "en": Text(
            "Thank you for your message. We are closed right now and will answer once we open "
            "again: {{ opens.day }} {{ opens.time }}."
        ),
        "fa": Text(
            "از پیام شما سپاسگزاریم. اکنون بسته‌ایم و پس از بازگشایی پاسخ می‌دهیم: "
            "{{ opens.day }} ساعت {{ opens.time }}."
        ),
    },
    "callback": {
        "en": Text(
            "All of us are busy right now. You keep your place: we will call you back as soon "
            "as somebody is free, you need not wait here."
        ),
        "fa": Text(
            "اکنون همه‌ی همکاران ما مشغول‌اند. جای شما در صف می‌ماند: به‌محض آزاد شدن یک همکار با "
            "شما تماس می‌گیریم و لازم نیست منتظر بمانید."
        ),
    },
    "message": {
        "en": Text(
            "All of us are busy right now. We have your message, you keep your place, and our "
            "answer will come here: you need not wait."
        ),
        "fa": Text(
            "اکنون همه‌ی همکاران ما مشغول‌اند. پیام شما رسیده و جای شما در صف می‌ماند؛ پاسخ همین‌جا "
            "می‌آید و لازم نیست منتظر بمانید."
        ),
    },
}

SHIPPED: Final[Mapping[str, Template]] = {
    name: Template(name, texts, canned=False) for name, texts in _TEXTS.items()
}
