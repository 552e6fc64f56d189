"""Whether the hub may answer a message by itself, and why not: what ``automatic.send`` asks first.

A person must have written it (RFC 3834), at an address that people read and that is not ours; they
have not opted out, nobody has answered meanwhile, and little was sent to them today.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, Final

import msgspec

from connectors.contract import Uri
from hub.automatic import returning
from hub.calendars import hours
from hub.replies import customer
from storage import automatic, consents, contacts, work_items

if TYPE_CHECKING:
    from hub.channel import Channel
    from hub.desk import Desk
    from storage.consents import Purpose
    from storage.db import Row, Tx

HOUR: Final = 3600 * 1_000_000
DAY: Final = 24 * HOUR
PER_CONVERSATION: Final = 1
"""A day: any 24 hours."""
PER_ADDRESS: Final = 3
_ASKED: Final[tuple[Purpose, ...]] = ("reply", "service")
"""Whoever wants neither answers nor what they did not ask for gets none of the hub's own words."""
REASONS: Final[Mapping[str, Mapping[str, str]]] = {
    "automatic": {"en": "a machine wrote it", "fa": "نوشته‌ی یک سامانه است"},
    "bulk": {"en": "it is list or bulk mail", "fa": "نامه‌ی گروهی یا انبوه است"},
    "loop": {"en": "it is our own message coming back", "fa": "پیام خود ماست که برگشته"},
    "bounce": {"en": "it is a report of failed delivery", "fa": "گزارش نرسیدن نامه است"},
    "stub": {"en": "it could not be read whole", "fa": "به‌طور کامل خوانده نشد"},
    "form": {
        "en": "it came by a form: nothing shows that the address is its writer's",
        "fa": "از راه فرم رسیده و روشن نیست که نشانی از آنِ نویسنده باشد",
    },
    "forwarded": {"en": "a colleague forwarded it", "fa": "همکاری آن را ارجاع داده است"},
    "no_return_path": {
        "en": "it names no return path", "fa": "نشانی بازگشت ندارد",
    },
    "machine": {
        "en": "nobody reads that address (daemon, no-reply, list, form)",
        "fa": "کسی این نشانی را نمی‌خواند (سامانه، بی‌پاسخ، فهرست، فرم)",
    },
    "ours": {"en": "the address is our own", "fa": "نشانی از آنِ خود ماست"},
    "blocked": {"en": "its sender is blocked", "fa": "فرستنده مسدود است"},
    "opted_out": {"en": "this person has opted out", "fa": "این شخص دریافت پیام را لغو کرده"},
    "provider_answered": {
        "en": "the provider has answered already", "fa": "ارائه‌دهنده خود پاسخ داده",
    },
    "conversation_limit": {
        "en": "one was sent in this conversation today", "fa": "امروز در این گفت‌وگو فرستاده شده",
    },
    "address_limit": {
        "en": "three were sent to this address today", "fa": "امروز سه بار به این نشانی فرستاده شده",
    },
    "attended": {"en": "an agent is at it", "fa": "همکاری در حال رسیدگی است"},
    "said": {"en": "it was said since we closed", "fa": "از زمان بسته شدن گفته شده"},
    "answered": {"en": "a person answered before", "fa": "همکاری پیش از آن پاسخ داد"},
    "too_old": {"en": "the message is older than a day", "fa": "پیام بیش از یک روز قدیمی است"},
    "empty": {"en": "a variable has no value", "fa": "یکی از متغیرها مقداری ندارد"},
    "no_template": {"en": "there is no such template", "fa": "چنین متنی وجود ندارد"},
    "channel_gone": {"en": "the channel is not open", "fa": "کانال باز نیست"},
    "unreachable": {"en": "the channel cannot write there", "fa": "کانال به آنجا نمی‌تواند بنویسد"},
    "too_long": {"en": "the text is too long for the channel", "fa": "متن برای این کانال بلند است"},
    "held": {"en": "the hub was on hold", "fa": "سامانه متوقف بود"},
    "failed": {"en": "the hub failed to write it", "fa": "ساختن آن با خطا روبه‌رو شد"},
}  # fmt: skip
"""Why one is not sent; ``empty`` has the variable behind a colon: ``empty: contact.name``."""
QUIET: Final = frozenset({"conversation_limit", "said", "answered", "attended"})
"""What goes without saying on the timeline."""
_MACHINE: Final = re.compile(
    r"mailer-?daemon|mail-?daemon|postmaster|daemon|(?:no|do[._-]?not|dont)[._-]?reply.*|"
    r"bounces?|bounces?[-+=].*|.*-bounces?|owner-.*|.*-owner|.*-request|listserv|majordomo|"
    r"root|nobody|cron|unknown|auto-?reply|auto-?responder|abuse|null|devnull|"
    r"www-data|apache|httpd|nginx|wordpress"
)


class NotSent(Exception):
    """It must not be sent, or cannot be; the message is a key of ``REASONS``."""


def words_of(reason: str) -> dict[str, str]:
    """Why one is not sent, for people, in each language."""
    code, _, detail = reason.partition(": ")
    return {
        language: f"{words}: {detail}" if detail else words
        for language, words in REASONS.get(code, {}).items()
    }


def address_of(
    tx: Tx, message: Row, identity: int, channel: Channel, channels: Iterable[Channel]
) -> Uri:
    """Where it may go, if a person wrote the message. Raises NotSent."""
    facts: dict[str, Any] = msgspec.json.decode(message["data"])
    _check_written(facts)
    address = Uri(facts.get("return_path", contacts.uri(tx, identity)))
    if not address:
        raise NotSent("no_return_path")
    writer = contacts.uri(tx, identity)
    open_ones = list(channels)
    if any(returning.is_ours(one, open_ones) for one in (address, writer)):
        raise NotSent("ours")
    if any(map(is_machine, (*returning.behind(address), writer))):
        raise NotSent("machine")
    if any(customer.is_named(one, channel.options.form_mailers) for one in (address, writer)):
        raise NotSent("machine")
    if _came_back(tx, message):
        raise NotSent("loop")
    if not address.startswith(channel.capabilities.reaches or ("\0",)):
        raise NotSent("unreachable")
    return address


def _check_written(facts: Mapping[str, Any]) -> None:
    """A person wrote it and sent it to us themselves, just now. Raises NotSent."""
    if "bounce" in facts:
        raise NotSent("bounce")
    if found := {"reply": "automatic", "bulk": "bulk", "loop": "loop"}.get(facts.get("auto", "")):
        raise NotSent(found)
    for fact in ("stub", "too_old", "provider_answered"):
        if facts.get(fact):
            raise NotSent(fact)
    for fact, reason in (("via", "form"), ("forwarded", "forwarded")):
        if fact in facts:
            raise NotSent(reason)


def _came_back(tx: Tx, message: Row) -> bool:
    """Whether it carries the Message-ID of a mail of ours: a forwarder gave it back."""
    return message["message_id"] is not None and bool(
        tx.value(
            """
            SELECT 1 FROM timeline_entry WHERE message_id = :m AND direction = 'out' LIMIT 1
            """,
            m=message["message_id"],
        )
    )


def is_machine(address: Uri) -> bool:
    """Whether nobody reads what is sent there, by its name (RFC 3834 section 2, RFC 2142)."""
    scheme, _, rest = address.partition(":")
    local = rest.rpartition("@")[0].strip('"').partition("+")[0]
    return scheme == "mailto" and bool(_MACHINE.fullmatch(local.casefold()))


def check_consent(tx: Tx, identity: int, address: Uri, channel: Channel, conversation: Row) -> None:
    """Neither blocked nor opted out, as the writer and as the address. Raises NotSent."""
    there = contacts.find(tx, address)
    asked = {identity} if there is None else {identity, there.identity}
    writer = contacts.find(tx, Uri(contacts.uri(tx, identity)))
    blocked = [one for one in (there, writer) if one is not None and one.blocked]
    if blocked or conversation["status"] == "spam":
        raise NotSent("blocked")
    if any(consents.closed(tx, one, channel.id, purpose) for one in asked for purpose in _ASKED):
        raise NotSent("opted_out")


def check_time(tx: Tx, wanted: Row, desk: Desk, conversation: Row, now: int) -> None:
    """What came too late helps nobody; what was said since closing is not said again.

    Raises NotSent.
    """
    if now - wanted["wanted_at"] > DAY:
        raise NotSent("too_old")
    if automatic.answered_since(tx, conversation["id"], wanted["answers"]):
        raise NotSent("answered")
    if wanted["cause"] == "closed":
        item = work_items.live_of(tx, conversation["id"])
        if item is not None and item["state"] in ("active", "held"):
            raise NotSent("attended")
        last = automatic.last_sent(tx, conversation["id"], "closed")
        queue = conversation["queue"]
        if last is not None and hours.same_closing(desk, queue, last, wanted["wanted_at"]):
            raise NotSent("said")


def check_limits(tx: Tx, conversation: int, address: Uri, identity: int, now: int) -> None:
    """Once a conversation and three times an address a day. Raises NotSent."""
    since = now - DAY
    if automatic.sent_in(tx, conversation, since) >= PER_CONVERSATION:
        raise NotSent("conversation_limit")
    if automatic.sent_to(tx, address, identity, since) >= PER_ADDRESS:
        raise NotSent("address_limit")
