"""Templates: what the hub itself says, and what people say often; per language, with variables.

``{{ contact.name }}`` is replaced by a value; there is no code, no condition and no filter. A
variable that nobody knows is refused when a template is saved; one without a value when it is to be
sent stops the send: what no person wrote is not sent, and whoever uses a canned reply is asked.
Values are plain text: escaped in HTML, one line everywhere.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from connectors.contract import Capabilities
from hub.fields import FieldError

VARIABLE: Final = re.compile(r"\{\{\s*([a-z][a-z0-9_.]*)\s*\}\}")
_BRACES: Final = re.compile(r"\{\{|\}\}")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
TEXT_CAP: Final = 10_000
HTML_CAP: Final = 100_000
SUBJECT_CAP: Final = 300

VARIABLES: Final[Mapping[str, Mapping[str, str]]] = {
    "contact.name": {"en": "the customer's name", "fa": "نام مشتری"},
    "contact.attributes.*": {"en": "an attribute of the customer", "fa": "یک ویژگی مشتری"},
    "organization.name": {"en": "their organization's name", "fa": "نام سازمان مشتری"},
    "organization.attributes.*": {
        "en": "an attribute of their organization", "fa": "یک ویژگی سازمان مشتری",
    },
    "claims.*": {"en": "what they say of themselves", "fa": "آنچه از خود گفته‌اند"},
    "conversation.code": {"en": "the tracking code", "fa": "کد پیگیری"},
    "conversation.subject": {"en": "the subject", "fa": "موضوع"},
    "channel.title": {"en": "the channel's title", "fa": "عنوان کانال"},
    "queue.title": {"en": "the queue's title", "fa": "عنوان صف"},
    "hub.name": {"en": "the hub's name", "fa": "نام مرکز"},
    "agent.name": {"en": "the name of who writes", "fa": "نام پاسخ‌دهنده"},
    "opens.day": {"en": "the day we open again", "fa": "روز بازگشایی"},
    "opens.time": {"en": "the time we open again", "fa": "ساعت بازگشایی"},
    "wait.position": {"en": "the place in line", "fa": "جایگاه در صف"},
    "wait.low": {"en": "the shorter end of the expected wait", "fa": "کمترین انتظار"},
    "wait.high": {"en": "the longer end of the expected wait", "fa": "بیشترین انتظار"},
}  # fmt: skip
"""What a template may name; ``*`` stands for a name that people made up."""
Kind = Literal["text", "code", "number", "day", "time", "length"]
KINDS: Final[Mapping[str, Kind]] = {
    "conversation.code": "code",
    "opens.day": "day",
    "opens.time": "time",
    "wait.position": "number",
    "wait.low": "length",
    "wait.high": "length",
}
"""What the others are not: text. Each is written as its language writes it (``spoken``)."""
_INSIDE_A_TAG: Final = re.compile(r"<[^<>]*\{\{[^<>]*>")


class Text(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A template in one language."""

    text: str
    subject: str = ""
    """Empty: as the message that is answered, where the channel has subjects."""
    html: str = ""
    """Empty: the text says it all."""


@dataclass(frozen=True, slots=True)
class Template:
    """One template: language -> what it says."""

    name: str
    texts: Mapping[str, Text]
    canned: bool = True
    """Offered to whoever writes an answer."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """What is sent."""

    language: str
    subject: str
    text: str
    html: str


class Empty(Exception):
    """A variable has no value here; the message is its name."""


Values = Callable[[str, str], str]
"""(variable, language) -> its words, empty for none."""


def check(texts: Mapping[str, Text]) -> Iterator[FieldError]:
    """What is wrong with a template, by field (``en.text``)."""
    if not texts:
        yield FieldError("", "at least one language is needed")
    for language, given in texts.items():
        if not _LANGUAGE.fullmatch(language):
            yield FieldError(language, "is not a language, as en or fa")
        if not given.text.strip():
            yield FieldError(f"{language}.text", "is empty")
        for part, cap in (("text", TEXT_CAP), ("subject", SUBJECT_CAP), ("html", HTML_CAP)):
            words = getattr(given, part)
            if len(words) > cap:
                yield FieldError(f"{language}.{part}", f"at most {cap} characters")
            for reason in _wrong(words):
                yield FieldError(f"{language}.{part}", reason)
        if _INSIDE_A_TAG.search(given.html):
            yield FieldError(f"{language}.html", "no variable can stand inside a tag")


def is_known(name: str) -> bool:
    """Whether there is such a variable."""
    if name in VARIABLES:
        return not name.endswith("*")
    prefix = next(
        (one[:-1] for one in VARIABLES if one[-1] == "*" and name.startswith(one[:-1])), ""
    )
    return bool(prefix) and bool(name.removeprefix(prefix).strip("."))


def _wrong(words: str) -> Iterator[str]:
    for name in VARIABLE.findall(words):
        if not is_known(name):
            yield f"there is no variable {name}; known are {', '.join(VARIABLES)}"
    if _BRACES.search(VARIABLE.sub("", words)):
        yield "braces that are no variable: write {{ contact.name }}"


def render(template: Template, language: str, values: Values, channel: Capabilities) -> Rendered:
    """The words in that language (one of the template's), as far as the channel carries them.

    Raises Empty.
    """
    given = template.texts[language]
    base = language.partition("-")[0]

    def plain(match: re.Match[str]) -> str:
        words = " ".join(values(match[1], base).split())
        if not words:
            raise Empty(match[1])
        return words

    def escaped(match: re.Match[str]) -> str:
        return html.escape(plain(match))

    return Rendered(
        language,
        VARIABLE.sub(plain, given.subject) if channel.subject else "",
        VARIABLE.sub(plain, given.text),
        VARIABLE.sub(escaped, given.html) if channel.html else "",
    )


def unfilled(*texts: str) -> list[str]:
    """The variables of the catalogue that still stand in what somebody is about to send."""
    named = [name for words in texts for name in VARIABLE.findall(words) if is_known(name)]
    return list(dict.fromkeys(named))


def fill(
    template: Template, language: str, values: Values, channel: Capabilities
) -> tuple[Rendered, list[str]]:
    """As ``render``, for a person to go on with: variables without a value stay as they are, and
    are named."""

    def kept(name: str, base: str) -> str:
        return values(name, base).strip() or f"{{{{ {name} }}}}"

    found = render(template, language, kept, channel)
    return found, unfilled(found.subject, found.text, found.html)


# ---------------------------------------------------------------- which language

_SCRIPTS: Final = (
    ("arabic", re.compile(r"[\u0600-\u06ff\u0750-\u077f\ufb50-\ufdff\ufe70-\ufeff]")),
    ("hebrew", re.compile(r"[\u0590-\u05ff]")),
    ("cyrillic", re.compile(r"[\u0400-\u052f]")),
    ("greek", re.compile(r"[\u0370-\u03ff]")),
    ("kana", re.compile(r"[\u3040-\u30ff]")),
    ("hangul", re.compile(r"[\uac00-\ud7af]")),
    ("han", re.compile(r"[\u4e00-\u9fff]")),
    ("latin", re.compile(r"[A-Za-z\u00c0-\u024f]")),
)
_WRITTEN: Final = {
    "fa": "arabic", "ar": "arabic", "ur": "arabic", "ps": "arabic", "ckb": "arabic", "ug": "arabic",
    "he": "hebrew", "yi": "hebrew", "ru": "cyrillic", "uk": "cyrillic", "bg": "cyrillic",
    "sr": "cyrillic", "el": "greek", "ja": "kana", "ko": "hangul", "zh": "han",
}  # fmt: skip
_PERSIAN_LETTERS: Final = re.compile("[پچژگیک]")
_ARABIC_LETTERS: Final = re.compile("[يكةىأإ]")


def choose(template: Template, *, known: str, words: str, ours: str) -> str:
    """The language to answer in: the contact's (``known``), else one written in the script of
    their ``words``, else the hub's, else whichever there is."""
    languages = list(template.texts)
    by_base = {language.partition("-")[0]: language for language in reversed(languages)}
    if known and (known in template.texts or known.partition("-")[0] in by_base):
        return known if known in template.texts else by_base[known.partition("-")[0]]
    script = script_of(words)
    same = [base for base in by_base if _WRITTEN.get(base, "latin") == script]
    if same:
        return by_base[_likeliest(same, words, ours)]
    return by_base.get(ours) or by_base.get("en") or languages[0]


def script_of(words: str) -> str:
    """The script that most letters are of; empty for none."""
    counts = {name: len(letters.findall(words[:TEXT_CAP])) for name, letters in _SCRIPTS}
    best = max(counts, key=lambda name: counts[name])
    return best if counts[best] else ""


def _likeliest(bases: list[str], words: str, ours: str) -> str:
    """Of languages in one script: Persian and Arabic by their own letters, else the hub's."""
    persian, arabic = len(_PERSIAN_LETTERS.findall(words)), len(_ARABIC_LETTERS.findall(words))
    if persian > arabic and "fa" in bases:
        return "fa"
    if arabic > persian and "ar" in bases:
        return "ar"
    return next((base for base in (ours, "en") if base in bases), bases[0])
