"""Bounces: delivery reports by the standard (RFC 3464), and which mail of ours came back.

Forms older than the standard are read in ``bounce_notice``. flufl.bounce (alive, Apache-2.0) knows
as many, but walks a mail once for each of its sixty patterns and tells neither the reason nor which
mail of ours came back; its samples are what this is measured on (112 of 113).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from enum import IntEnum

from connectors.contract import Bounce, Uri
from connectors.email.addresses import addresses
from connectors.email.bounce_notice import (
    RETURNED,
    STATUS_TYPES,
    Found,
    has_form,
    is_ours,
    part_text,
    read_failed_header,
    read_notice,
    read_parts,
)
from connectors.email.bounce_words import (
    BLANK_LINES,
    DESCRIPTION,
    FAILED,
    FIELD,
    MESSAGE_ID,
    NAME,
    SENDER,
    STATUS,
    STEMS,
    SUBJECT,
    TO,
)
from connectors.email.mime import Part, leaves, split
from connectors.fold import clean

_BRACKETS = re.compile(r"<([^<>]+)>")
_XTEXT = re.compile(r"\+([0-9A-F]{2})")


class Suspicion(IntEnum):
    """How much speaks for a bounce before it is read."""

    NONE = 0
    SUBJECT = 1  # people write such subjects too
    SENDER = 2


def suspicion(root: Part, sender: str, sender_name: str, subject: str) -> Suspicion:
    """Whether it is worth reading a mail as a bounce: cheap, and rather once too often."""
    head = root.head
    if root.params.get("report-type", "").lower() == "feedback-report":
        return Suspicion.NONE  # somebody complains about a mail that did arrive (RFC 5965)
    if (
        root.type == "multipart/report"
        or "x-failed-recipients" in head
        or SENDER.match(sender)
        or NAME.search(sender_name)
        or any(DESCRIPTION.search(one.head.get("content-description", "")) for one in root.children)
    ):
        return Suspicion.SENDER
    if head.get("return-path", "").strip() in ("<>", "<MAILER-DAEMON>"):
        return Suspicion.SUBJECT  # so do vacation replies (RFC 3834 section 3.3)
    lowered = subject.lower()
    if lowered.isascii() and not any(map(lowered.__contains__, STEMS)):
        return Suspicion.NONE
    return Suspicion.SUBJECT if SUBJECT.search(lowered) else Suspicion.NONE


def read_bounce(
    root: Part, suspected: Suspicion, sender: Uri, own: Iterable[Uri], answers: Sequence[str]
) -> Bounce | None:
    """The bounce that a mail is, or None.

    Where only the subject speaks for it, it takes the form of one: a list introduced as one of
    people who were not reached, or our mail below. ``own``: the addresses the mail was sent to;
    ``answers``: its In-Reply-To and References.
    """
    found = Found()
    parts = list(leaves(root))
    for part in parts:
        if part.type in STATUS_TYPES:
            _read_status(part_text(part), found)
    if not found.recipients:
        parts += _passed_on(parts, found)
    reported = any(part.type in STATUS_TYPES and "action" in part_text(part).lower()
                   for part in parts)  # fmt: skip
    notice, copy = read_parts(parts)
    if suspected is Suspicion.SUBJECT and not has_form(parts, notice, copy):
        return None
    if not found.recipients and not reported:
        ours = {sender, *own}
        read_failed_header(root, notice, found)
        if not found.recipients:
            read_notice(notice, found, ours, sender.rpartition("@")[2])
        if not found.recipients and FAILED.search(notice):
            _read_returned(parts, copy, found, ours)
    if not found.recipients:
        return None
    returned = _returned_id(parts, copy) or (answers[0] if answers else "")
    return Bounce(tuple(found.recipients.values()), clean(returned))


def _passed_on(parts: Sequence[Part], found: Found) -> list[Part]:
    """The parts of a report that somebody attached to a mail of their own."""
    for part in parts:
        if part.type in RETURNED and b"multipart/report" in part.raw[part.start : part.end]:
            inner = list(leaves(split(part.content())))
            for one in inner:
                if one.type in STATUS_TYPES:
                    _read_status(part_text(one), found)
            return inner if found.recipients else []
    return []


# ---------------------------------------------------------------- RFC 3464


def _read_status(text: str, found: Found) -> None:
    for block in BLANK_LINES.split(text):
        fields: dict[str, str] = {}
        for name, value in FIELD.findall(block):
            fields.setdefault(name.lower(), " ".join(value.split()))
        action = fields.get("action", "").lower()
        status = match[1] if (match := STATUS.search(fields.get("status", ""))) else ""
        if not action and not status:
            continue
        if action.startswith(("deliver", "relay", "expand")) or status.startswith("2."):
            continue
        permanent = not action.startswith("delay") and (bool(action) or status.startswith("5"))
        words = fields.get("diagnostic-code", "") or fields.get("x-notes", "")
        kind, semicolon, rest = words.partition(";")
        words = rest if semicolon and len(kind) < 40 else words
        for name in ("original-recipient", "final-recipient", "x-actual-recipient"):
            if address := _recipient(fields.get(name, "")):
                before = len(found.recipients)
                found.add(address, permanent, status, words)
                if len(found.recipients) > before:
                    break


def _recipient(value: str) -> str:
    """The address of ``rfc822; a@b``, whatever is wrong with it; empty if there is none."""
    kind, semicolon, rest = value.partition(";")
    address = (rest if semicolon else kind).strip()
    if "@" not in address:  # RFC 3461's xtext
        address = _XTEXT.sub(lambda code: chr(int(code[1], 16)), address)
    match = _BRACKETS.search(address)
    address = (match[1] if match else address).strip(" \"'<>").partition(" ")[0]
    return address if "@" in address else ""


# ---------------------------------------------------------------- the mail that came back


def _read_returned(parts: Sequence[Part], copy: str, found: Found, ours: set[Uri]) -> None:
    """Where the notice names nobody: the one person that the returned mail was to."""
    texts = [part_text(part) for part in parts if part.type in RETURNED] or [copy]
    match = TO.search(texts[0])
    people = addresses(match[1]) if match else []
    if len(people) == 1 and not is_ours(people[0].address, ours):
        domain = people[0].address.rpartition("@")[2].lower()
        if domain not in {uri.rpartition("@")[2] for uri in ours}:
            found.add(people[0].address, True, "", "")


def _returned_id(parts: Sequence[Part], copy: str) -> str:
    """The Message-ID of the returned mail: of the part that holds it, else of the copied text."""
    for part in parts:
        if part.type in RETURNED:
            inner = split(part.content())
            if (found := inner.head.get("message-id", "")).strip():
                return found.strip().strip("<>").strip()
            if match := MESSAGE_ID.search(part_text(part)):
                return match[1]
    for text in (copy, *(part_text(part) for part in parts if part.type.startswith("text/"))):
        if text and (match := MESSAGE_ID.search(text)):
            return match[1]
    return ""
