"""Bounces: delivery reports by the standard (RFC 3464) and the older forms that are still sent.

Old forms are read by what they have in common rather than one by one: a notice that somebody could
not be reached, then the mail that came back. The notice ends where the returned mail begins; of the
addresses in it those count that stand where reports name a recipient (``<a@b>:`` of qmail and
Postfix, ``RCPT TO:``, a line of its own below "the following addresses"), else any that is neither
ours nor the reporter's. flufl.bounce (alive, Apache-2.0) was tried and left: it reads a mail about
sixty times over, and tells neither the reason nor which mail of ours came back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from connectors.address import mail
from connectors.contract import Bounce, FailedRecipient, Uri
from connectors.email.addresses import addresses
from connectors.email.bounce_words import (
    ADDRESS,
    ALONE,
    ANGLE_COLON,
    BARE_NAME,
    BLANK_LINES,
    CONTACT,
    COPY_BEGINS,
    DESCRIPTION,
    FAILED,
    FIELD,
    FINAL,
    INTRO,
    LEADING,
    MESSAGE_ID,
    NAME,
    NOT_COPY,
    OFFICE,
    REASON,
    REWRITTEN,
    SENDER,
    STATUS,
    STEMS,
    STRONG,
    SUBJECT,
    TEMPORARY,
    TO,
)
from connectors.email.charset import decode
from connectors.email.html import html_text
from connectors.email.mime import Part, leaves, split
from connectors.email.words import header_text
from connectors.fold import clean

MAX_RECIPIENTS = 500
_NOTICE_MAX = 60_000  # characters of a notice that are looked at
_WORDS_MAX = 500
_RETURNED = (
    "message/rfc822",
    "message/global",
    "message/partial",
    "text/rfc822-headers",
    "message/rfc822-headers",
    "message/global-headers",
)
_STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")


@dataclass(slots=True)
class _Found:
    """Failed recipients by address, in order; a better source is asked first."""

    recipients: dict[Uri, FailedRecipient] = field(default_factory=dict)

    def add(self, text: str, permanent: bool, status: str, words: str) -> None:
        address = text.strip().strip("<>\"'").rstrip(".").removeprefix("mailto:")
        try:
            uri = mail(address)
        except ValueError:
            return
        if uri not in self.recipients and len(self.recipients) < MAX_RECIPIENTS:
            words = clean(" ".join(words.split()), _WORDS_MAX)
            self.recipients[uri] = FailedRecipient(uri, permanent, status, words)


class Suspicion(IntEnum):
    """How much speaks for a bounce before it is read."""

    NONE = 0
    SUBJECT = 1  # people write such subjects too
    SENDER = 2


def suspicion(root: Part, sender: str, sender_name: str, subject: str) -> Suspicion:
    """Whether it is worth reading a mail as a bounce: cheap, and rather once too often."""
    head = root.head
    if (
        root.type == "multipart/report"
        or "x-failed-recipients" in head
        or head.get("return-path", "").strip() in ("<>", "<MAILER-DAEMON>")
        or SENDER.match(sender)
        or NAME.search(sender_name)
        or any(DESCRIPTION.search(one.head.get("content-description", "")) for one in root.children)
    ):
        return Suspicion.SENDER
    lowered = subject.lower()
    if lowered.isascii() and not any(stem in lowered for stem in STEMS):
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
    found = _Found()
    parts = list(leaves(root))
    for part in parts:
        if part.type in _STATUS_TYPES:
            _read_status(_part_text(part), found)
    if not found.recipients:
        parts += _passed_on(parts, found)
    reported = any(part.type in _STATUS_TYPES and "action" in _part_text(part).lower()
                   for part in parts)  # fmt: skip
    notice, copy = _notice(parts)
    if suspected is Suspicion.SUBJECT and not _has_form(parts, notice, copy):
        return None
    if not found.recipients and not reported:
        ours = {sender, *own}
        _read_failed_header(root, notice, found)
        if not found.recipients:
            _read_notice(notice, found, ours, sender.rpartition("@")[2])
        if not found.recipients and FAILED.search(notice):
            _read_returned(parts, copy, found, ours)
    if not found.recipients:
        return None
    returned = _returned_id(parts, copy) or (answers[0] if answers else "")
    return Bounce(tuple(found.recipients.values()), clean(returned))


def _passed_on(parts: Sequence[Part], found: _Found) -> list[Part]:
    """The parts of a report that somebody attached to a mail of their own."""
    for part in parts:
        if part.type in _RETURNED and b"multipart/report" in part.raw[part.start : part.end]:
            inner = list(leaves(split(part.content())))
            for one in inner:
                if one.type in _STATUS_TYPES:
                    _read_status(_part_text(one), found)
            return inner if found.recipients else []
    return []


def _part_text(part: Part) -> str:
    text = decode(part.body() if part.encoding == "8bit" else part.content(),
                  part.params.get("charset", ""))  # fmt: skip
    return text.replace("\r\n", "\n").replace("\r", "\n")[: _NOTICE_MAX * 8]


# ---------------------------------------------------------------- RFC 3464


def _read_status(text: str, found: _Found) -> None:
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
    kind, semicolon, rest = value.partition(";")
    address = (rest if semicolon else kind).strip()
    if "@" not in address:
        return ""
    match = re.search(r"<([^<>]+)>", address)
    address = (match[1] if match else address).strip(" \"'<>")
    if kind.strip().lower() in ("utf-8", "rfc822") and "+" in address and "@" not in address:
        return ""
    return address.partition(" ")[0]


# ---------------------------------------------------------------- notices


def _notice(parts: Sequence[Part]) -> tuple[str, str]:
    """(what the reporter says, the text behind it that came back)."""
    texts: list[str] = []
    for part in parts:
        if part.type in _RETURNED and texts:
            break
        if part.type in ("text/plain", "text/html") or (part.undivided and not texts):
            text = _part_text(part)
            texts.append(html_text(text).text if part.type == "text/html" else text)
    lines = "\n".join(texts)[: _NOTICE_MAX * 4].split("\n")
    size = 0
    for at, line in enumerate(lines):
        size += len(line)
        if size > _NOTICE_MAX or (_begins_copy(line) and _has_address(lines[:at])):
            return "\n".join(lines[:at]), "\n".join(lines[at:])
    return "\n".join(lines), ""


def _begins_copy(line: str) -> bool:
    return bool(COPY_BEGINS.match(line[:300])) and not NOT_COPY.search(line)


def _has_address(lines: Sequence[str]) -> bool:
    return any("@" in line for line in lines)


def _has_form(parts: Sequence[Part], notice: str, copy: str) -> bool:
    """Whether more than its subject makes this a bounce: an introduced list, or the mail itself."""
    if any(part.type in _RETURNED + _STATUS_TYPES for part in parts) or MESSAGE_ID.search(copy):
        return True
    return bool(INTRO.search(notice) and FAILED.search(notice))


def _read_failed_header(root: Part, notice: str, found: _Found) -> None:
    """``X-Failed-Recipients`` of Exim and Gmail."""
    failed = root.head.get("x-failed-recipients", "")
    for address in header_text(failed).split(",") if failed else ():
        words = _words_near(notice, address.strip())
        found.add(address, _is_permanent(notice), _status(notice), words)


def _read_notice(notice: str, found: _Found, ours: set[Uri], reporter: str) -> None:
    permanent, status = _is_permanent(notice), _status(notice)
    intro = INTRO.search(notice)
    told = notice[intro.start() :] if intro else notice
    for reader, text in (
        (_by_angle, notice), (_by_place, told), (_below, told if intro else ""),
        (_by_place, notice), (_by_mention, told), (_by_mention, notice),
    ):  # fmt: skip
        for address, words in reader(text):
            if not _is_ours(address, ours):
                found.add(address, permanent, _status(words) or status, words)
        if found.recipients:
            return
    if intro and "." in reporter:
        for name in _bare_names(told):
            found.add(f"{name}@{reporter}", permanent, status, "")


def _is_permanent(notice: str) -> bool:
    return not TEMPORARY.search(notice) or bool(FINAL.search(notice))


def _status(words: str) -> str:
    return match[1] if (match := STATUS.search(words)) else ""


def _bare_names(told: str) -> Iterable[str]:
    """Names of users without a domain, one on a line below the introduction."""
    lines = told.split("\n")[:20]
    start = next((at for at, line in enumerate(lines) if line.rstrip().endswith(":")), len(lines))
    for line in lines[start + 1 :]:
        if match := BARE_NAME.fullmatch(line):
            yield match[1]
        elif line.strip():
            return


def _is_ours(address: str, ours: set[Uri]) -> bool:
    if OFFICE.match(address):
        return True
    try:
        return mail(address.strip("<>.")) in ours
    except ValueError:
        return True


def _by_angle(notice: str) -> Iterable[tuple[str, str]]:
    """``<a@b>:`` at the beginning of a paragraph, with the reason behind and below it."""
    lines = notice.split("\n")
    for at, line in enumerate(lines):
        if "@" in line and (match := ANGLE_COLON.match(line)):
            words = " ".join([line[match.end() :], *_paragraph(lines, at + 1)])
            yield match[1], words
            if match[2]:
                yield match[2], words


def _paragraph(lines: Sequence[str], at: int) -> list[str]:
    out: list[str] = []
    for line in lines[at : at + 12]:
        if not line.strip() or ANGLE_COLON.match(line):
            break
        out.append(line)
    return out


def _by_place(notice: str) -> Iterable[tuple[str, str]]:
    """Addresses on a line of their own, in front of a reason, or behind what names a recipient."""
    lines = notice.split("\n")
    for at, line in enumerate(lines):
        if "@" not in line or len(line) > 1_000:
            continue
        alone = ALONE.fullmatch(line)
        if alone:
            yield alone[1], " ".join(_paragraph(lines, at + 1))
            continue
        leading = LEADING.match(line)
        if leading and (REASON.search(line) or STRONG.search(line)):
            yield leading[1], line[leading.end() :]
            continue
        if STRONG.search(line) and not CONTACT.search(line):
            for address in _named(line):
                yield address, line


def _below(told: str) -> Iterable[tuple[str, str]]:
    """What stands first below the introduction, up to a line that names nobody."""
    lines = told.split("\n")
    seen = False
    for at, line in enumerate(lines[1:], 1):
        if "@" in line:
            seen = True
            for address in _named(line[:1_000]):
                yield address, " ".join(_paragraph(lines, at + 1))
        elif line.strip() and (seen or at > 6):
            return


def _named(line: str) -> Iterable[str]:
    """The addresses of a line, without those that it says the mail is from."""
    for match in ADDRESS.finditer(line):
        before = line[: match.start()].rstrip(" <\"'").lower()
        if not before.endswith(("from", "from:", "by")) or before.endswith(REWRITTEN):
            yield match[0]


def _by_mention(notice: str) -> Iterable[tuple[str, str]]:
    """Any address that is not offered for questions."""
    for line in notice.split("\n"):
        if "@" in line and REASON.search(line[:1_000]) and not CONTACT.search(line[:1_000]):
            for address in _named(line[:1_000]):
                yield address, line


def _words_near(notice: str, address: str) -> str:
    at = notice.find(address) if address else -1
    return notice[at + len(address) : at + len(address) + _WORDS_MAX] if at >= 0 else ""


# ---------------------------------------------------------------- the mail that came back


def _read_returned(parts: Sequence[Part], copy: str, found: _Found, ours: set[Uri]) -> None:
    """Where the notice names nobody: the one person that the returned mail was to."""
    texts = [_part_text(part) for part in parts if part.type in _RETURNED] or [copy]
    match = TO.search(texts[0])
    people = addresses(match[1]) if match else []
    if len(people) == 1 and not _is_ours(people[0].address, ours):
        domain = people[0].address.rpartition("@")[2].lower()
        if domain not in {uri.rpartition("@")[2] for uri in ours}:
            found.add(people[0].address, True, "", "")


def _returned_id(parts: Sequence[Part], copy: str) -> str:
    """The Message-ID of the returned mail: of the part that holds it, else of the copied text."""
    for part in parts:
        if part.type in _RETURNED:
            inner = split(part.content())
            if (found := inner.head.get("message-id", "")).strip():
                return found.strip().strip("<>").strip()
            if match := MESSAGE_ID.search(_part_text(part)):
                return match[1]
    for text in (copy, *(_part_text(part) for part in parts if part.type.startswith("text/"))):
        if text and (match := MESSAGE_ID.search(text)):
            return match[1]
    return ""
