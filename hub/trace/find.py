"""What a question names: a tracking code, an id of ours or of a provider, a Message-ID, an address."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from connectors import address
from connectors.fold import fold
from storage import traces

if TYPE_CHECKING:
    from storage.db import Tx
    from storage.traces import Match

LONGEST = 998  # characters: a line of a mail's header (RFC 5322 section 2.1.1)
_CODE = re.compile(r"\d{8}")
_EVENT = re.compile(r"(?:event[:\s#]*)?(\d{1,15})", re.IGNORECASE)
_REQUEST = re.compile(r"[A-Za-z0-9_.-]{8,64}")


def find(tx: Tx, asked: str, region: str) -> list[Match]:
    """Everything that is named so, what is most likely meant first; each conversation once."""
    plain = asked.strip()
    found: list[Match] = []
    code = fold(plain).strip("[]# ").replace(" ", "").replace("-", "")
    if _CODE.fullmatch(code):
        found += traces.by_code(tx, code)
    if "@" in plain:
        found += traces.by_message_id(tx, plain.strip("<>"))
    found += traces.by_provider_id(tx, plain)
    for uri in uris(plain, region):
        found += traces.by_address(tx, uri)
    if event := _EVENT.fullmatch(fold(plain)):
        found += traces.by_event(tx, int(event[1]))
    if not found and _REQUEST.fullmatch(plain):
        found += traces.by_request(tx, plain)
    return _once(found)


def uris(text: str, region: str) -> list[str]:
    """The identities that an address may stand for: as it is, as a mail, as a number."""
    found = [text] if re.match(r"[a-z]{2,20}:\S", text) else []
    for read in (address.mail, lambda given: address.phone(given, region)):
        try:
            found.append(read(text))
        except ValueError:
            continue
    return list(dict.fromkeys(found))


def _once(found: list[Match]) -> list[Match]:
    seen: set[tuple[str, int | None]] = set()
    kept = []
    for one in found:
        key = ("c", one.conversation) if one.conversation is not None else ("e", one.event)
        if key not in seen:
            seen.add(key)
            kept.append(one)
    return kept
