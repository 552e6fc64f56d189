"""What a rule may ask about: the typed catalogue of context fields.

A context is a flat mapping from field name to text, number, flag, tuple of texts or None. None
and an absent name both mean "not known", which is neither true nor false (see ``conditions``);
an empty text is known to be empty.
"""

from __future__ import annotations

import unicodedata
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, partial
from itertools import islice
from typing import Final

Value = str | int | bool | tuple[str, ...] | None
Context = Mapping[str, Value]


class Kind(StrEnum):
    """What a field holds; decides which operators fit."""

    TEXT = "text"
    ADDRESS = "address"
    NUMBER = "number"
    FLAG = "flag"
    SPAN = "span"  # seconds; rules write 30s, 4h, 14d
    ANSWER = "answer"  # a text that people type: compared as text, or as a number where it is one


@dataclass(frozen=True, slots=True)
class Field:
    """One field: a name, or ``prefix.*`` for names that customers and providers make up."""

    name: str
    kind: Kind
    words: str
    choices: tuple[str, ...] = ()
    """The only values it can have; empty: any."""


_T, _A, _N, _F = Kind.TEXT, Kind.ADDRESS, Kind.NUMBER, Kind.FLAG
_S, _X = Kind.SPAN, Kind.ANSWER
_OPEN: Final = ("open", "closed")
FIELDS: Final[Mapping[str, Field]] = {
    field.name: field
    for field in (
        Field("channel", _T, "name of the channel it came by"),
        Field("channel.kind", _T, "kind of that channel"),
        Field("address", _A, "our address that was written to"),
        Field("sender", _A, "the customer's address"),
        Field("sender_name", _T, "the name beside the address"),
        Field("sender.blocked", _F, "the address is blocked"),
        Field("sender.verified", _F, "the address was proven to be theirs"),
        Field("subject", _T, "subject line"),
        Field("text", _T, "what is new in the message"),
        Field(
            "text.script",
            _T,
            "script of most letters in the message",
            ("arabic", "cyrillic", "greek", "han", "hebrew", "kana", "latin", "other"),
        ),
        Field("headers.*", _T, "a mail header, by its lower-case name"),
        Field("auto", _T, "whether a person wrote it", ("no", "reply", "bulk", "loop")),
        Field("bounce", _F, "it reports that a message of ours did not arrive"),
        Field("spam", _F, "a filter on the way called it spam"),
        Field("consent", _T, "an opt-out, opt-in or help word", ("stop", "start", "help")),
        Field("attachments.count", _N, "number of files"),
        Field("attachments.types", _T, "media types of the files"),
        Field("contact.known", _F, "they wrote before"),
        Field("contact.name", _T, "the contact's name"),
        Field("contact.language", _T, "the contact's language, as a two-letter code"),
        Field("contact.open_conversations", _N, "conversations of theirs that are open now"),
        Field("contact.last_contact", _S, "how long ago the last message from or to them was"),
        Field("contact.attributes.*", _X, "an attribute of the contact"),
        Field("organization.name", _T, "the name of the contact's organization"),
        Field("organization.attributes.*", _X, "an attribute of the contact's organization"),
        Field("claims.*", _X, "what they say of themselves: name, email, phone, question"),
        Field("last_agent", _T, "e-mail of the agent who last answered them"),
        Field(
            "conversation.status",
            _T,
            "the conversation that it continues, as it was before; new: none",
            ("new", "open", "pending", "snoozed", "resolved", "spam"),
        ),
        Field("queue.calendar", _T, "the queue's business hours, now", _OPEN),
        Field("queue.waiting", _N, "conversations that wait in the queue"),
        Field("queue.oldest", _S, "how long the first of them has waited"),
        Field("queue.agents_available", _N, "agents of the queue who are available"),
        Field("calendar.*", _T, "a calendar's business hours, now", _OPEN),
    )
}

ALIASES: Final[Mapping[str, str]] = {
    "to.address": "address",
    "from.address": "sender",
    "language": "contact.language",
    "contact.tier": "contact.attributes.tier",
    "contact.value": "contact.attributes.value",
    "organization.tier": "organization.attributes.tier",
    "organization.value": "organization.attributes.value",
}
"""Other names of fields: shorter, or as other systems call them."""
QUEUE_FIELDS: Final = frozenset(name for name in FIELDS if name.startswith("queue."))
"""Of "the queue": the one that rules before have chosen, else the catch-all's. ``queue.NAME.x`` asks
of the queue NAME."""

_SCRIPTS: Final = {
    "ARABIC": "arabic",
    "CYRILLIC": "cyrillic",
    "GREEK": "greek",
    "CJK": "han",
    "HEBREW": "hebrew",
    "HIRAGANA": "kana",
    "KATAKANA": "kana",
    "LATIN": "latin",
}
_SCRIPT_LETTERS: Final = 200


def find(name: str) -> Field | None:
    """The field of that name, made-up names under a ``.*`` included; None if there is none."""
    name = ALIASES.get(name, name)
    if name in FIELDS:
        return FIELDS[name] if not name.endswith(".*") else None
    prefix, dot, rest = name.partition(".")
    if prefix == "queue":
        _, dot, what = rest.rpartition(".")
        return FIELDS.get(f"queue.{what}") if dot else None
    if prefix in ("contact", "organization"):
        second, dot, rest = rest.partition(".")
        prefix = f"{prefix}.{second}"
    return FIELDS.get(f"{prefix}.*") if dot and rest else None


def queue_of(name: str) -> str | None:
    """NAME of ``queue.NAME.waiting``; None: not about a named queue."""
    if name in QUEUE_FIELDS or not name.startswith("queue."):
        return None
    return name.removeprefix("queue.").rpartition(".")[0]


def script(text: str) -> str | None:
    """The script of most of the first letters of ``text``; None without letters."""
    if text.isascii():
        return "latin" if any(map(str.isalpha, text)) else None
    letters = islice(filter(str.isalpha, text), _SCRIPT_LETTERS)
    counts = Counter(map(_script_of, letters))
    return max(counts, key=lambda name: (counts[name], name)) if counts else None


@cache
def _script_of(letter: str) -> str:
    return _SCRIPTS.get(unicodedata.name(letter, "").partition(" ")[0], "other")


def _context_script(context: Context, _queue: str) -> Value:
    text, subject = context.get("text"), context.get("subject")
    found = script(text) if isinstance(text, str) else None
    return found or (script(subject) if isinstance(subject, str) else None)


def _of_queue(what: str, context: Context, queue: str) -> Value:
    return context.get(f"queue.{queue}.{what}")


DERIVED: Final[Mapping[str, Callable[[Context, str], Value]]] = {
    "text.script": _context_script,
    **{name: partial(_of_queue, name.removeprefix("queue.")) for name in QUEUE_FIELDS},
}
"""Fields worked out of others and of the queue so far, only when a rule asks."""
