"""What the hub's own letters say, in each language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Words:
    """One letter; ``{name}``, ``{hub}`` and ``{url}`` are filled in."""

    subject: str
    text: str


LETTERS: Mapping[str, Mapping[str, Words]] = {
    "en": {
        "invitation": Words(
            "Your account at {hub}",
            "Hello {name},\n\nyou have an account at {hub}. This link opens it once and lets you"
            " choose a password; it holds for 24 hours:\n\n{url}\n\nIf you did not expect this,"
            " leave it: nothing happens then.\n",
        ),
        "reset": Words(
            "A new password for {hub}",
            "Hello {name},\n\nsomebody, you we hope, has asked for a new password at {hub}. This"
            " link opens your account once; it holds for 24 hours:\n\n{url}\n\nIf it was not you,"
            " leave it: your password stays as it is.\n",
        ),
    },
    "fa": {
        "invitation": Words(
            "حساب شما در {hub}",
            "سلام {name}،\n\nبرای شما در {hub} حسابی ساخته شده است. با پیوند زیر یک بار وارد"
            " می‌شوید و رمزتان را انتخاب می‌کنید؛ پیوند تا ۲۴ ساعت کار می‌کند:\n\n{url}\n\nاگر منتظر"
            " این نامه نبودید، کاری نکنید؛ هیچ اتفاقی نمی‌افتد.\n",
        ),
        "reset": Words(
            "رمز تازه برای {hub}",
            "سلام {name}،\n\nکسی، که امیدواریم خودتان باشید، برای {hub} رمز تازه خواسته است. با"
            " پیوند زیر یک بار وارد حسابتان می‌شوید؛ پیوند تا ۲۴ ساعت کار می‌کند:\n\n{url}\n\nاگر"
            " شما نبودید، کاری نکنید؛ رمزتان همان که بود می‌ماند.\n",
        ),
    },
}
