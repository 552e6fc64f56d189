"""The mail inside a forward: what its head says of it, and its words.

Gmail, Apple Mail, Outlook, Thunderbird, Yahoo and their kin print a block of headers above the
forwarded text, with a mark line above it or only a forward's subject; others attach the mail itself
(RFC 2046 section 5.2.1). Only the outermost forward is read: who it came from before is told by its
words. Nothing here proves anything; the forwarder says so.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import datetime, tzinfo

from connectors.contract import Forwarded
from connectors.email.addresses import UNKNOWN, addresses, party
from connectors.email.attribution import header_block, header_key
from connectors.email.body import Body, read_body
from connectors.email.dates import parse_date
from connectors.email.forward_date import printed_date
from connectors.email.html import html_text
from connectors.email.mime import Part, leaves, split
from connectors.email.quote_words import Key
from connectors.email.quotes import new_words
from connectors.email.words import header_text
from connectors.fold import clean

SUBJECT_CAP = 998
_BLOCK_LINES = 30
_BLANKS_ABOVE = 4  # lines between a mark and its block
_SHORT = 400  # characters of the forwarder's own words beside an attached mail
_BIDI = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_QUOTED = re.compile(r"^[ \t]*>[ \t]?")
_NOTE = re.compile(r"[*_]{1,2}")
_MAILTO = re.compile(r"\[mailto:([^\]\s]+)\]", re.IGNORECASE)
_MAILS = ("message/rfc822", "message/global")


def forwarded(
    root: Part, text: str, begins: int | None, *, forward: bool, sent_at: datetime | None
) -> Forwarded | None:
    """The message that a mail hands on; None where it hands on none that names its author.

    ``text``: all of the mail's text; ``begins``: its line at which another mail begins, if one does;
    ``forward``: the subject says that it is a forward; ``sent_at``: the forward's own date, whose
    zone a date without one is read in.
    """
    zone = sent_at.tzinfo if sent_at is not None else None
    if begins is not None:
        lines = text.split("\n")
        comment = new_words("\n".join(lines[:begins]).strip("\n"))
        found = _inline(lines[begins:], zone, comment)
        if found is not None:
            return found
    if (forward or len(text) < _SHORT) and (root.children or root.type in _MAILS):
        return _attached(root, text, forward=forward)
    return None


# ---------------------------------------------------------------- a block of headers in the text


def _inline(lines: list[str], zone: tzinfo | None, comment: str) -> Forwarded | None:
    """A forward whose mark line or header block is the first of these lines."""
    if not header_block(_shown(lines[:_BLOCK_LINES]), 0):
        lines = lines[1:]  # the mark
        while lines and not _QUOTED.sub("", lines[0]).strip():
            lines = lines[1:]
    quoted = bool(lines) and _QUOTED.match(lines[0]) is not None
    if quoted:
        lines = [_QUOTED.sub("", line) for line in lines]
    heads, used = _heads(_shown(lines[:_BLOCK_LINES]))
    authors = addresses(_MAILTO.sub(r"<\1>", heads.get(Key.FROM, "")))
    if not authors or "@" not in authors[0].address:
        return None
    sender = party(authors[0])
    return Forwarded(
        sender=sender.uri,
        sender_name="" if "@" in sender.name else sender.name,
        subject=clean(heads.get(Key.SUBJECT, ""), SUBJECT_CAP),
        sent_at=printed_date(heads[Key.SENT], zone) if Key.SENT in heads else None,
        text=new_words("\n".join(lines[used:]).strip("\n")),
        comment=comment,
    )


def _shown(lines: Sequence[str]) -> list[str]:
    """Lines as they are compared: no quote marks, stars of bold, direction controls."""
    return [_NOTE.sub("", _BIDI.sub("", _QUOTED.sub("", line))).strip() for line in lines]


def _heads(lines: Sequence[str]) -> tuple[dict[Key, str], int]:
    """(values by kind of header, how many lines the block takes)."""
    found: dict[Key, str] = {}
    last = Key.NONE
    for at, line in enumerate(lines):
        key = header_key(line)
        if not line:
            return found, at
        if key < 0:
            if last < 0:
                return found, at
            if last is not Key.OTHER:  # a value that goes on below its name
                found[last] = f"{found[last]} {line}".strip()
        elif key is not Key.OTHER and key in found:
            return found, at
        else:
            found[key] = line.replace("：", ":").partition(":")[2].strip()
            last = key
    return found, len(lines)


# ---------------------------------------------------------------- a mail as a file


def _attached(root: Part, text: str, *, forward: bool) -> Forwarded | None:
    """The one mail attached to this one. Reports and digests attach mails, too: no forwards."""
    if root.type in ("multipart/report", "multipart/digest"):
        return None
    mails = [part for part in leaves(root) if part.type in _MAILS]
    if len(mails) != 1 or not (forward or root.type in ("multipart/mixed", *_MAILS)):
        return None
    inner = split(mails[0].content())
    authors = addresses(inner.head.get("from", ""))
    sender = party(authors[0]) if authors else None
    if sender is None or sender.uri == UNKNOWN or "@" not in sender.uri:
        return None
    return Forwarded(
        sender=sender.uri,
        sender_name=sender.name,
        subject=clean(header_text(inner.head.get("subject", "")), SUBJECT_CAP),
        sent_at=parse_date(inner.head["date"]) if "date" in inner.head else None,
        text=new_words(_words(read_body(inner))),
        comment=new_words(text),
    )


def _words(body: Body) -> str:
    """The text of an attached mail."""
    out: list[str] = []
    for block in body.blocks:
        text = block.plain or ""
        if not text.strip() and block.html:
            text = html_text(block.html).text
        if text.strip():
            out.append(text.strip("\n").rstrip())
    return "\n\n".join(out)
