"""What makes two raw mails the same mail (details.md): content, not how it travelled.

Message-ID, From, Date, and the decoded bytes of every part. Received lines, refolding, line ends,
other boundaries and other transfer encodings of the same content change nothing; an equal Message-ID
with other content is another mail. What has no Message-ID is told apart by its subject and by whom
it is for as well: machines that write none say the same few words in the same second.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from connectors.email.addresses import Address, addresses
from connectors.email.dates import parse_date
from connectors.email.headers import one_id
from connectors.email.mime import Part, leaves, split

if TYPE_CHECKING:
    from hashlib import _Hash

_NESTED = ("message/rfc822", "message/global")
_DEEPEST = 5  # mails inside mails
_TELLING = ("subject", "to", "cc")


def mail_key(
    root: Part, message_id: str, authors: Sequence[Address], sent_at: datetime | None
) -> str:
    """The key of a mail as a hexadecimal SHA-256."""
    digest = hashlib.sha256()
    _header(digest, root, message_id, authors, sent_at)
    _parts(digest, root, 0)
    return digest.hexdigest()


def _header(
    digest: _Hash, root: Part, message_id: str, authors: Sequence[Address], sent_at: datetime | None
) -> None:
    date = str(int(sent_at.timestamp())) if sent_at else "".join(root.head.get("date", "").split())
    people = "".join(f"{one.address}\0{''.join(one.name.split())}\0" for one in authors)
    digest.update(f"{message_id}\0{people}\0{date}\0".encode("utf-8", "surrogateescape"))
    if not message_id:
        told = "\0".join("".join(root.head.get(name, "").split()) for name in _TELLING)
        digest.update(told.encode("utf-8", "surrogateescape"))


def _parts(digest: _Hash, root: Part, depth: int) -> None:
    for part in leaves(root):
        content = part.content()
        if part.type in _NESTED and depth < _DEEPEST:
            inner = split(content)
            if inner.pairs:
                authors = addresses(inner.head.get("from", ""))
                date = parse_date(inner.head.get("date", ""))
                _header(digest, inner, one_id(inner.head.get("message-id", "")), authors, date)
                _parts(digest, inner, depth + 1)
                continue
        if b"\r" in content:
            content = content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
        content = content.rstrip()
        digest.update(b"%d\0" % len(content))
        digest.update(content)
