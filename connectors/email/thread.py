"""Our reply token: which conversation a mail answers, in a form that nobody else can make.

It is ``CONVERSATION-MAC`` with 80 bits of HMAC, in our Message-IDs (hence in the References of
answers) and, where the mail server knows plus addresses, in Reply-To. Only digits, lower-case
letters and a dash, since some programs change the case of what they copy. The token says which
conversation; whether the writer may add to it is the hub's to decide.
"""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Iterable

Sign = Callable[[str, bytes], bytes]
"""``Environment.sign``: HMAC under a key of the hub for a purpose, at least 16 bytes."""

PURPOSE = "mail reply token"
_MAC_CHARS = 20  # hexadecimal: 80 bits
_MOST_IDS = 2_000
_TOKEN = re.compile(rf"(?:^|[.+<])([1-9]\d{{0,18}})-([0-9a-f]{{{_MAC_CHARS}}})(?=[.@>]|$)")
_UNSAFE = re.compile(r"[^A-Za-z0-9-]+")


def token(conversation: int, sign: Sign) -> str:
    """The reply token of a conversation."""
    return f"{conversation}-{_mac(conversation, sign)}"


def message_id(conversation: int, unique: str, sign: Sign, domain: str) -> str:
    """A Message-ID without angle brackets that carries the token. ``unique`` makes it one of a kind."""
    return f"{_UNSAFE.sub('-', unique)[:64] or 'm'}.{token(conversation, sign)}@{domain}"


def plus_address(address: str, conversation: int, sign: Sign) -> str:
    """``support+TOKEN@domain`` for Reply-To. Raises ValueError if ``address`` has no ``@``."""
    local, at, domain = address.rpartition("@")
    if not at or not local:
        raise ValueError("not an e-mail address")
    return f"{local}+{token(conversation, sign)}@{domain}"


def conversation_of(message_ids: Iterable[str], sign: Sign) -> int | None:
    """The conversation of the first valid token in these Message-IDs or plus addresses.

    Macs are compared in constant time, and each of them, whether one was already found or not.
    """
    found: int | None = None
    for number, text in enumerate(message_ids):
        if number >= _MOST_IDS:
            break
        for match in _TOKEN.finditer(text[:1_000].lower()):
            conversation = int(match[1])
            good = hmac.compare_digest(_mac(conversation, sign), match[2])
            if good and found is None and conversation < 1 << 63:
                found = conversation
    return found


def _mac(conversation: int, sign: Sign) -> str:
    digest = sign(PURPOSE, b"conversation %d" % conversation)
    return digest.hex()[:_MAC_CHARS]
