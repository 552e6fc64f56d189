"""What no person wrote leaves by ``send`` only: rule replies, closed hours, deflections.

``ask`` notes with a message that an answer is wanted; ``send`` writes it, or why not. It refuses
unless the message came from a person (RFC 3834) who has not opted out, at most one a conversation
a day and three an address a day, and goes to the Return-Path only, from nobody (``MAIL FROM:<>``).
It is no answer of ours: no deadline stops, and neither ``waiting_since`` nor status, last agent or
the turn change. Consent is read once more when a part leaves (storage/deliveries.py).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

import msgspec

from connectors.contract import Uri
from connectors.split import split
from hub import compose, hours, observe, templates
from hub.wording import Wording
from storage import automatic, consents, contacts, conversations, deliveries, timeline
from storage.deliveries import Body
from storage.timeline import Entry

if TYPE_CHECKING:
    from hub.channel import Channel
    from hub.channels import Channels
    from hub.desk import Desk
    from hub.templates import Rendered
    from routing.rules import Decision
    from storage.db import Row, Tx

HOUR: Final = 3600 * 1_000_000
DAY: Final = 24 * HOUR
PER_CONVERSATION: Final = 1
"""A day: any 24 hours."""
PER_ADDRESS: Final = 3
REASONS: Final[Mapping[str, Mapping[str, str]]] = {
    "automatic": {"en": "a machine wrote it", "fa": "نوشته‌ی یک سامانه است"},
    "bulk": {"en": "it is list or bulk mail", "fa": "نامه‌ی گروهی یا انبوه است"},
    "loop": {"en": "it is our own message coming back", "fa": "پیام خود ماست که برگشته"},
    "bounce": {"en": "it is a report of failed delivery", "fa": "گزارش نرسیدن نامه است"},
    "stub": {"en": "it could not be read whole", "fa": "به‌طور کامل خوانده نشد"},
    "no_return_path": {
        "en": "it names no return path", "fa": "نشانی بازگشت ندارد",
    },
    "machine": {
        "en": "nobody reads that address (daemon, no-reply, list)",
        "fa": "کسی این نشانی را نمی‌خواند (سامانه، بی‌پاسخ، فهرست)",
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
    "said": {"en": "it was said since we closed", "fa": "از زمان بسته شدن گفته شده"},
    "answered": {"en": "a person answered before", "fa": "همکاری پیش از آن پاسخ داد"},
    "too_old": {"en": "the message is older than a day", "fa": "پیام بیش از یک روز قدیمی است"},
    "empty": {"en": "a variable has no value", "fa": "یکی از متغیرها مقداری ندارد"},
    "no_template": {"en": "there is no such template", "fa": "چنین متنی وجود ندارد"},
    "channel_gone": {"en": "the channel is not open", "fa": "کانال باز نیست"},
    "unreachable": {"en": "the channel cannot write there", "fa": "کانال به آنجا نمی‌تواند بنویسد"},
    "too_long": {"en": "the text is too long for the channel", "fa": "متن برای این کانال بلند است"},
    "failed": {"en": "the hub failed to write it", "fa": "ساختن آن با خطا روبه‌رو شد"},
}  # fmt: skip
"""Why one is not sent; ``empty`` has the variable behind a colon: ``empty: contact.name``."""
_MACHINE: Final = re.compile(
    r"mailer-?daemon|mail-?daemon|postmaster|daemon|(?:no|do[._-]?not|dont)[._-]?reply.*|"
    r"bounces?|bounces?[-+=].*|.*-bounces?|owner-.*|.*-owner|.*-request|listserv|majordomo|"
    r"root|nobody|cron|unknown|auto-?reply|auto-?responder|abuse|null|devnull"
)


class NotSent(Exception):
    """It must not be sent, or cannot be; the message is a key of ``REASONS``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What sending needs beside the store: one immutable picture."""

    desk: Desk
    channels: Channels
    language: str
    """The hub's own."""
    name: str
    """The hub's own."""


# ---------------------------------------------------------------- wanted, with the message


def ask(
    tx: Tx,
    desk: Desk,
    decision: Decision,
    *,
    conversation: int,
    identity: int,
    entry: int,
    queue: int | None,
    now: int,
) -> None:
    """Note in the message's own transaction that it is to be answered; mostly nothing is."""
    template, cause = _wanted(desk, decision, queue, now)
    if template:
        automatic.want(
            tx,
            conversation=conversation,
            identity=identity,
            answers=entry,
            template=template,
            cause=cause,
            now=now,
        )


def _wanted(
    desk: Desk, decision: Decision, queue: int | None, now: int
) -> tuple[str, automatic.Cause]:
    if decision.reply_template:
        return decision.reply_template, "rule"
    if to := _other_way(decision):
        return to, "deflect"
    found = None if queue is None else desk.queues.get(queue)
    if found is not None and found.closed_template and hours.closed(desk, found.id, now):
        return found.closed_template, "closed"
    return "", "rule"


def _other_way(decision: Decision) -> str:
    """What the contact becomes at once: ``callback``, ``message``, or empty."""
    if decision.deflect is not None:
        return decision.deflect.to
    return decision.plan[0].then_offer if decision.plan else ""


def deflected(tx: Tx, conversation: int, to: str, *, now: int) -> None:
    """The turn has become a ``callback`` or a ``message``: the customer is told, on their last
    message's channel."""
    last = automatic.newest_inbound(tx, conversation)
    if last is not None and last["identity"] is not None:
        automatic.want(
            tx,
            conversation=conversation,
            identity=last["identity"],
            answers=last["id"],
            template=to,
            cause="deflect",
            now=now,
        )


# ---------------------------------------------------------------- sent, or not


def send(tx: Tx, id: int, setting: Setting, *, now: int) -> str:
    """Write the answer that was wanted and put it on its way, or write down why not.

    The reason, empty if it is on its way or was settled before. In one transaction, so that what
    is wanted is answered once whatever breaks.
    """
    wanted = automatic.get(tx, id)
    if wanted is None or wanted["state"] != "wanted":
        return ""
    try:
        entry, address = _write(tx, wanted, setting, now=now)
    except NotSent as err:
        reason = str(err)
        automatic.refuse(tx, id, reason, now=now)
        observe.AUTOMATIC.labels(reason.partition(":")[0]).inc()
        return reason
    automatic.sent(tx, id, entry=entry, address=address, now=now)
    observe.AUTOMATIC.labels("sent").inc()
    return ""


def _write(tx: Tx, wanted: Row, setting: Setting, *, now: int) -> tuple[int, Uri]:
    message = timeline.get(tx, wanted["answers"])
    row = conversations.get(tx, wanted["conversation"])
    if message is None or row is None or message["direction"] != "in":
        raise NotSent("failed")
    channel = setting.channels.by_id(message["channel"])
    if channel is None:
        raise NotSent("channel_gone")
    address = _address(tx, message, wanted["identity"], channel, setting.channels)
    _check_consent(tx, wanted["identity"], address, channel, row)
    _check_time(tx, wanted, setting.desk, row, now)
    _check_limits(tx, row["id"], address, now)
    words = _words(tx, wanted, message, row, channel, setting, now)
    return _file(tx, wanted, message, row, channel, address, words, now=now), address


# ---------------------------------------------------------------- whether


def _address(tx: Tx, message: Row, identity: int, channel: Channel, channels: Channels) -> Uri:
    """Where it may go, if a person wrote the message. Raises NotSent."""
    facts: dict[str, Any] = msgspec.json.decode(message["data"])
    if "bounce" in facts:
        raise NotSent("bounce")
    if found := {"reply": "automatic", "bulk": "bulk", "loop": "loop"}.get(facts.get("auto", "")):
        raise NotSent(found)
    for fact in ("stub", "too_old", "provider_answered"):
        if facts.get(fact):
            raise NotSent(fact)
    address = Uri(facts.get("return_path", contacts.uri(tx, identity)))
    if not address:
        raise NotSent("no_return_path")
    if any(one.is_ours(address) for one in channels):
        raise NotSent("ours")
    if is_machine(address):
        raise NotSent("machine")
    if not address.startswith(channel.capabilities.reaches or ("\0",)):
        raise NotSent("unreachable")
    return address


def is_machine(address: Uri) -> bool:
    """Whether nobody reads what is sent there, by its name (RFC 3834 section 2, RFC 2142)."""
    scheme, _, rest = address.partition(":")
    local = rest.rpartition("@")[0].strip('"').partition("+")[0]
    return scheme == "mailto" and bool(_MACHINE.fullmatch(local.casefold()))


def _check_consent(
    tx: Tx, identity: int, address: Uri, channel: Channel, conversation: Row
) -> None:
    there = contacts.find(tx, address)
    asked = {identity} if there is None else {identity, there.identity}
    writer = contacts.find(tx, Uri(contacts.uri(tx, identity)))
    blocked = [one for one in (there, writer) if one is not None and one.blocked]
    if blocked or conversation["status"] == "spam":
        raise NotSent("blocked")
    if any(consents.withdrawn(tx, one, channel.id) is not None for one in asked):
        raise NotSent("opted_out")


def _check_time(tx: Tx, wanted: Row, desk: Desk, conversation: Row, now: int) -> None:
    """What came too late helps nobody; what was said since closing is not said again."""
    if now - wanted["wanted_at"] > DAY:
        raise NotSent("too_old")
    if automatic.answered_since(tx, conversation["id"], wanted["answers"]):
        raise NotSent("answered")
    if wanted["cause"] == "closed":
        last = automatic.last_sent(tx, conversation["id"], "closed")
        queue = conversation["queue"]
        if last is not None and hours.same_closing(desk, queue, last, wanted["wanted_at"]):
            raise NotSent("said")


def _check_limits(tx: Tx, conversation: int, address: Uri, now: int) -> None:
    since = now - DAY
    if automatic.sent_in(tx, conversation, since) >= PER_CONVERSATION:
        raise NotSent("conversation_limit")
    if automatic.sent_to(tx, address, since) >= PER_ADDRESS:
        raise NotSent("address_limit")


# ---------------------------------------------------------------- what


def _words(
    tx: Tx,
    wanted: Row,
    message: Row,
    conversation: Row,
    channel: Channel,
    setting: Setting,
    now: int,
) -> Rendered:
    template = setting.desk.templates.get(wanted["template"])
    if template is None:
        raise NotSent("no_template")
    wording = Wording(
        tx, setting.desk, conversation, channel.title, wanted["identity"], setting.name, now
    )
    language = templates.choose(
        template,
        known=wording.language,
        words=f"{message['subject']} {message['text']}",
        ours=setting.language,
    )
    try:
        return templates.render(template, language, wording.value, channel.capabilities)
    except templates.Empty as err:
        raise NotSent(f"empty: {err}") from err


def _file(
    tx: Tx,
    wanted: Row,
    message: Row,
    row: Row,
    channel: Channel,
    address: Uri,
    words: Rendered,
    *,
    now: int,
) -> int:
    """The entry on the timeline, and its parts on their way."""
    parts = split(words.text, channel.capabilities) or [""]
    if len(parts) > channel.capabilities.max_parts:
        raise NotSent("too_long")
    subject = words.subject or compose.subject_of(row, channel)
    key = f"{row['id']}:automatic-{wanted['answers']}-{wanted['template']}"
    message_id = compose.message_id_of(channel, row["id"], key)
    to = [(str(address), "")]
    entry = timeline.append(
        tx,
        Entry(
            contact=message["contact"],
            identity=wanted["identity"],
            conversation=row["id"],
            kind="message",
            channel=channel.id,
            direction="out",
            actor="hub",
            subject=subject,
            text=words.text,
            html=words.html or None,
            data={"to": to, "automatic": wanted["cause"], "template": wanted["template"]},
            message_id=message_id or None,
            client_key=key,
        ),
        queue=row["queue"],
        agent=row["agent"],
        now=now,
    )
    first = Body(
        to=to,
        subject=subject,
        text=parts[0],
        html=words.html,
        message_id=message_id,
        in_reply_to=message["message_id"] or "",
        references=compose.references_of(tx, row["id"], channel, entry),
        auto=True,
        sender_name=channel.options.sender_name,
    )
    deliveries.create(
        tx,
        entry=entry,
        conversation=row["id"],
        channel=channel.id,
        identity=wanted["identity"],
        parts=[first, *(Body(to=to, text=part, auto=True) for part in parts[1:])],
        now=now,
    )
    return entry
