"""What no person wrote leaves by ``send`` only: rule replies, closed hours, deflections,
acknowledgements.

``ask`` notes with a message that an answer is wanted; ``send`` writes it, or why not. It refuses
unless the message came from a person (RFC 3834) who has not opted out, at most one a conversation
a day and three an address a day, and goes to the Return-Path only, from nobody (``MAIL FROM:<>``).
It is no answer of ours: no deadline stops, and neither ``waiting_since`` nor status, last agent or
the turn change. Consent is read once more when a part leaves (storage/deliveries.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from connectors.contract import Uri
from connectors.split import split
from hub import compose
from hub.automatic import answerable, templates
from hub.automatic.answerable import NotSent
from hub.automatic.wording import Wording
from hub.calendars import hours
from hub.persons import tracking
from storage import automatic, conversations, deliveries, timeline
from storage.deliveries import Body
from storage.timeline import Entry

if TYPE_CHECKING:
    from hub.automatic.templates import Rendered
    from hub.channel import Channel
    from hub.channels import Channels
    from hub.desk import Desk
    from routing.rules import Decision
    from storage.db import Row, Tx


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
    channel: Channel,
    *,
    conversation: int,
    identity: int,
    entry: int,
    queue: int | None,
    begins: bool,
    now: int,
) -> None:
    """Note in the message's own transaction that it is to be answered; mostly nothing is.

    ``begins``: the message begins a matter, or one that was done again.
    """
    template, cause = _wanted(desk, decision, queue, now)
    if not template and begins and decision.routed:
        template, cause = _acknowledged(desk, channel, queue), "acknowledgement"
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


def _acknowledged(desk: Desk, channel: Channel, queue: int | None) -> str:
    """The template that says "we have it"; empty: none."""
    known = None if queue is None else desk.queues.get(queue)
    of_queue = "" if known is None else known.acknowledge
    return of_queue or channel.options.acknowledge


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


def send(tx: Tx, id: int, setting: Setting, *, now: int) -> str | None:
    """Write the answer that was wanted and put it on its way, or write down why not.

    ``sent``, or the reason; None if it was settled before. In one transaction, so that what is
    wanted is answered once whatever breaks.
    """
    wanted = automatic.begin(tx, id, now=now)
    if wanted is None:
        return None
    try:
        entry, address = _write(tx, wanted, setting, now=now)
    except NotSent as err:
        reason = str(err)
        automatic.refuse(tx, id, reason, now=now)
        if reason not in answerable.QUIET:
            _say_why(tx, wanted, reason, now=now)
        return reason
    automatic.sent(tx, id, entry=entry, address=address, now=now)
    return "sent"


def _say_why(tx: Tx, wanted: Row, reason: str, *, now: int) -> None:
    """A thin line on the timeline: agents see that the customer was not told, and why."""
    row = conversations.get(tx, wanted["conversation"])
    if row is None:
        return
    facts = {"template": wanted["template"], "reason": reason, "words": answerable.words_of(reason)}
    timeline.append(
        tx,
        Entry(
            contact=row["contact"],
            conversation=row["id"],
            kind="not_answered",
            actor="hub",
            data=facts,
        ),
        queue=row["queue"],
        agent=row["agent"],
        now=now,
    )


def _write(tx: Tx, wanted: Row, setting: Setting, *, now: int) -> tuple[int, Uri]:
    message = timeline.get(tx, wanted["answers"])
    row = conversations.get(tx, wanted["conversation"])
    if message is None or row is None or message["direction"] != "in":
        raise NotSent("failed")
    channel = setting.channels.by_id(message["channel"])
    if channel is None:
        raise NotSent("channel_gone")
    address = answerable.address_of(tx, message, wanted["identity"], channel, setting.channels)
    answerable.check_consent(tx, wanted["identity"], address, channel, row)
    answerable.check_time(tx, wanted, setting.desk, row, now)
    answerable.check_limits(tx, row["id"], address, wanted["identity"], now)
    words = _words(tx, wanted, message, row, channel, setting, now)
    return _file(tx, wanted, message, row, channel, address, words, now=now), address


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
    subject = compose.subject_of(row, channel)
    if words.subject:
        subject = tracking.with_code(words.subject, row["code"])
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
        reply_to=channel.threads.reply_to(row["id"]) if channel.threads else "",
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
        purpose="service",
        now=now,
    )
    return entry
