"""Bounces of the old forms, read by what they have in common rather than one by one.

A notice that somebody could not be reached, then the mail that came back. The notice ends where
the returned mail begins; of the addresses in it those count that stand where reports name a
recipient (``<a@b>:`` of qmail and Postfix, ``RCPT TO:``, a line of its own below "the following
addresses"), else any that is neither ours nor the reporter's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from connectors.address import mail
from connectors.contract import FailedRecipient, Uri
from connectors.email.bounce_words import (
    ADDRESS,
    ALONE,
    ANGLE_COLON,
    BARE_NAME,
    CONTACT,
    COPY_BEGINS,
    FAILED,
    FINAL,
    INTRO,
    LEADING,
    MESSAGE_ID,
    NOT_COPY,
    OFFICE,
    REASON,
    REWRITTEN,
    STATUS,
    STRONG,
    TEMPORARY,
)
from connectors.email.charset import decode
from connectors.email.html import html_text
from connectors.email.mime import Part
from connectors.email.words import header_text
from connectors.fold import clean

MAX_RECIPIENTS = 500
"""Failed recipients of one report."""
_NOTICE_MAX = 60_000  # characters of a notice that are looked at
_WORDS_MAX = 500
RETURNED = (
    "message/rfc822",
    "message/global",
    "message/partial",
    "text/rfc822-headers",
    "message/rfc822-headers",
    "message/global-headers",
)
"""Types of the part that holds what came back."""
STATUS_TYPES = ("message/delivery-status", "message/global-delivery-status")
"""Types of the part that reports by the standard."""


@dataclass(slots=True)
class Found:
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


def part_text(part: Part) -> str:
    text = decode(part.body() if part.encoding == "8bit" else part.content(),
                  part.params.get("charset", ""))  # fmt: skip
    return text.replace("\r\n", "\n").replace("\r", "\n")[: _NOTICE_MAX * 8]


def read_parts(parts: Sequence[Part]) -> tuple[str, str]:
    """(what the reporter says, the text behind it that came back)."""
    texts: list[str] = []
    for part in parts:
        if part.type in RETURNED and texts:
            break
        if part.type in ("text/plain", "text/html") or (part.undivided and not texts):
            text = part_text(part)
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


def has_form(parts: Sequence[Part], notice: str, copy: str) -> bool:
    """Whether more than its subject makes this a bounce: an introduced list, or the mail itself."""
    if any(part.type in RETURNED + STATUS_TYPES for part in parts) or MESSAGE_ID.search(copy):
        return True
    return bool(INTRO.search(notice) and FAILED.search(notice))


def read_failed_header(root: Part, notice: str, found: Found) -> None:
    """``X-Failed-Recipients`` of Exim and Gmail."""
    failed = root.head.get("x-failed-recipients", "")
    for address in header_text(failed).split(",") if failed else ():
        words = _words_near(notice, address.strip())
        found.add(address, _is_permanent(notice), _status(notice), words)


def read_notice(notice: str, found: Found, ours: set[Uri], reporter: str) -> None:
    permanent, status = _is_permanent(notice), _status(notice)
    intro = INTRO.search(notice)
    told = notice[intro.start() :] if intro else notice
    for reader, text in (
        (_by_angle, notice), (_by_place, told), (_below, told if intro else ""),
        (_by_place, notice), (_by_mention, told), (_by_mention, notice),
    ):  # fmt: skip
        for address, words in reader(text):
            if not is_ours(address, ours):
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


def is_ours(address: str, ours: set[Uri]) -> bool:
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
