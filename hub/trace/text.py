"""A trace as lines for a terminal, from the JSON that the API answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, Final

from routing.explain import Language

Told = Mapping[str, Any]
_TITLES: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "nothing": "Nothing here is called so: no tracking code, event, provider's id, Message-ID, "
        "address or request.",
        "matter": "Conversation {id}, code {code}, {name}, {status}",
        "cut": "(only the newest entries are shown)",
        "due": "What is due next",
        "also": "It also names",
    },
    "fa": {
        "nothing": "چیزی با این نام نیست: نه کد پیگیری، نه رویداد، نه شناسهٔ فراهم‌کننده، نه "
        "Message-ID، نه نشانی و نه درخواست.",
        "matter": "گفتگوی {id}، کد {code}، {name}، {status}",
        "cut": "(فقط تازه‌ترین‌ها نشان داده شده‌اند)",
        "due": "آنچه در پیش است",
        "also": "این‌ها هم همین نام را دارند",
    },
}
_SHOWN: Final = ("event", "provider_id", "message_id", "address", "url", "request")


def lines(told: Told, language: Language = "en") -> list[str]:
    """Readable lines, times in UTC."""
    return list(_lines(told, language))


def _lines(told: Told, language: Language) -> Iterator[str]:
    titles, matter = _TITLES[language], told["matter"]
    if not told["found"]:
        yield titles["nothing"]
        return
    if matter is not None:
        yield titles["matter"].format(**matter)
        if told["cut"]:
            yield titles["cut"]
        yield ""
    for line in told["lines"]:
        yield from _line(line, language)
    if told["due"]:
        yield ""
        yield titles["due"]
        yield from (f"  {_time(one['at'])}  {one['words'][language]}" for one in told["due"])
    others = [one["words"][language] for one in told["found"]][1:]
    if others or (matter is None and not told["lines"]):
        yield ""
        yield titles["also"]
        yield from (f"  {one['words'][language]}" for one in told["found"] if not told["lines"])
        yield from (f"  {one}" for one in others if told["lines"])


def _line(line: Told, language: Language) -> Iterator[str]:
    mark = "→" if line["asked"] else " "
    yield f"{mark} {_time(line['at'])}  {line['words'][language]}"
    yield from (f"      {one}" for one in line["more"].get(language, ()))
    shown = [f"{name} {line['data'][name]}" for name in _SHOWN if line["data"].get(name)]
    if shown:
        yield "      " + ", ".join(shown)
    for step in line["steps"]:
        yield f"      > {step['call']}{_named(step.get('sent', {}))}"
        yield f"      < {step.get('answer', '')}{_named(step.get('got', {}))}"


def _named(values: Mapping[str, str]) -> str:
    return "".join(f"  {name}={value}" for name, value in values.items())


def _time(text: str) -> str:
    return f"{datetime.fromisoformat(text):%Y-%m-%d %H:%M:%S}"
