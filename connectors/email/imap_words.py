"""How IMAP spells things: folder names, and what a server says of mails. Pure (RFC 3501)."""

from __future__ import annotations

import re
from array import array
from base64 import b64encode
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

Line = bytes | bytearray
"""``bytes`` for a line, ``bytearray`` for the literal that follows it."""

_ATOM = re.compile(r"[!#$&'+,./0-9:;<=>?@A-Z\[^_`a-z|~-]+")
_WIDE = re.compile(r"[^\x20-\x7e]+|&")
_RECORD = re.compile(rb"\d+ FETCH \(")
_TOKEN = re.compile(rb'[()]|"(?:[^"\\]|\\.?)*+"?|[^\s()"]+', re.DOTALL)
_MARKER = re.compile(rb"\{\d+\+?\}$")
_CODE = re.compile(r"\[([A-Za-z0-9-]+)(?: ([^\]]*))?\]")
_EXISTS = re.compile(r"(\d+) EXISTS\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What a server said of one mail in a FETCH response; None where it said nothing."""

    uid: int
    size: int | None = None
    """RFC822.SIZE, bytes."""
    internal_date: str = ""
    """As sent, ``17-Jul-1996 02:44:25 -0700``."""
    flags: tuple[str, ...] = ()
    body: bytes | None = None
    """The one body section that was asked for."""

    @property
    def arrived_at(self) -> datetime | None:
        """INTERNALDATE, aware; None if it is missing or no date."""
        try:
            date = parsedate_to_datetime(self.internal_date.strip().replace("-", " ", 2))
        except (ValueError, TypeError, IndexError, OverflowError):
            return None
        return date if date.tzinfo else date.replace(tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """What a server said of a folder when it was selected."""

    validity: int
    uid_next: int | None
    exists: int


def quoted(text: str) -> str:
    """A quoted string, or the text itself where an atom will do."""
    if _ATOM.fullmatch(text):
        return text
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def folder_argument(name: str) -> str:
    """A folder's name as people read it, in modified UTF-7 (section 5.1.3), quoted if needed."""
    return quoted(_WIDE.sub(_shifted, name))


def _shifted(match: re.Match[str]) -> str:
    if match[0] == "&":
        return "&-"
    encoded = b64encode(match[0].encode("utf-16-be")).decode("ascii")
    return "&" + encoded.rstrip("=").replace("/", ",") + "-"


def code(text: str) -> str:
    """The response code of a status text: ``AUTHENTICATIONFAILED`` (RFC 5530), or empty."""
    found = _CODE.match(text)
    return found[1].upper() if found else ""


def selected(lines: Sequence[Line]) -> Mailbox | None:
    """The answer to SELECT; None if the server told no UIDVALIDITY."""
    numbers: dict[str, int] = {}
    for line in lines:
        text = bytes(line).decode("utf-8", "replace")
        if exists := _EXISTS.match(text):
            numbers["EXISTS"] = int(exists[1])
        for found in _CODE.finditer(text):
            if found[2] and found[2].isascii() and found[2].isdigit():
                numbers[found[1].upper()] = int(found[2])
    if "UIDVALIDITY" not in numbers:
        return None
    return Mailbox(
        validity=numbers["UIDVALIDITY"],
        uid_next=numbers.get("UIDNEXT"),
        exists=numbers.get("EXISTS", 0),
    )


def fetched(lines: Sequence[Line]) -> dict[int, Facts]:
    """The answer to UID FETCH by UID. What cannot be read is left out."""
    found: dict[int, Facts] = {}
    for record in _records(lines):
        items = _items(record)
        uid = _number(items.get("UID"))
        if uid is not None:
            facts = _facts(uid, items)
            found[uid] = _merged(found[uid], facts) if uid in found else facts
    return found


def searched(lines: Sequence[Line], first: int, last: int) -> array[int]:
    """The answer to UID SEARCH: numbers within two, each once, ascending, four bytes each."""
    words = (word for line in lines for word in bytes(line).split())
    found = {int(word) for word in words if word.isdigit() and len(word) <= 10}
    return array("I", sorted(number for number in found if first <= number <= last))


def _records(lines: Sequence[Line]) -> Iterator[list[Line]]:
    record: list[Line] = []
    for line in lines:
        if isinstance(line, bytes) and _RECORD.match(line):
            if record:
                yield record
            record = [line]
        elif record:
            record.append(line)
    if record:
        yield record


def _items(record: Sequence[Line]) -> dict[str, bytes | list[bytes]]:
    """``NAME value`` pairs of one response; a list keeps only its flat members."""
    items: dict[str, bytes | list[bytes]] = {}
    name = ""
    depth = 0
    for is_syntax, token in _tokens(record):
        if is_syntax:
            depth += 1 if token == b"(" else -1
            if depth == 2 and token == b"(":
                items[name] = []
            elif depth == 1 and token == b")":
                name = ""
            if depth == 0:
                break
        elif depth > 1:
            members = items[name]
            if isinstance(members, list):
                members.append(token)
        elif not name:
            name = token.decode("utf-8", "replace").upper()
        else:
            items[name] = token
            name = ""
    return items


def _tokens(record: Sequence[Line]) -> Iterator[tuple[bool, bytes]]:
    """(is a bracket, token) after the opening ``n FETCH``; literals and strings are unwrapped."""
    for index, piece in enumerate(record):
        if isinstance(piece, bytearray):
            yield False, bytes(piece)
            continue
        line = piece.partition(b" FETCH ")[2] if index == 0 else piece
        for match in _TOKEN.finditer(_MARKER.sub(b"", line)):
            token = match[0]
            if token.startswith(b'"'):
                yield False, re.sub(rb"\\(.)", rb"\1", token[1:-1])
            else:
                yield token in (b"(", b")"), token


def _facts(uid: int, items: Mapping[str, bytes | list[bytes]]) -> Facts:
    flags = items.get("FLAGS", [])
    date = items.get("INTERNALDATE", b"")
    body = next((value for name, value in items.items() if name.startswith("BODY")), None)
    return Facts(
        uid=uid,
        size=_number(items.get("RFC822.SIZE")),
        internal_date=date.decode("ascii", "replace") if isinstance(date, bytes) else "",
        flags=tuple(flag.decode("utf-8", "replace") for flag in flags)
        if isinstance(flags, list)
        else (),
        body=body if isinstance(body, bytes) and body != b"NIL" else None,
    )


def _merged(first: Facts, later: Facts) -> Facts:
    """A server may send one mail's items in several responses, or a flag change in between."""
    return Facts(
        uid=first.uid,
        size=first.size if later.size is None else later.size,
        internal_date=later.internal_date or first.internal_date,
        flags=later.flags or first.flags,
        body=first.body if later.body is None else later.body,
    )


def _number(value: bytes | list[bytes] | None) -> int | None:
    """A number of at most 63 bits (RFC 9051 section 9, ``number64``)."""
    if not isinstance(value, bytes) or not value.isdigit() or len(value) > 18:
        return None
    return int(value)
