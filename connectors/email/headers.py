"""Message ids, and the headers that rules may ask for."""

from __future__ import annotations

import re
from collections.abc import Mapping

from connectors.email.words import header_text
from connectors.fold import clean

MAX_IDS = 500
"""Ids of one References header: the first and the last of a longer one."""
_ID_MAX = 500
_VALUE_MAX = 1_000
_ID = re.compile(r"<([^<>]{1,998})>")

USEFUL = frozenset({
    "auto-submitted", "precedence", "list-id", "list-unsubscribe", "list-post", "x-spam-flag",
    "x-spam-status", "x-spam-level", "x-spam", "x-spam-score", "return-path", "x-priority",
    "importance", "priority", "x-msmail-priority", "x-mailer", "user-agent", "delivered-to",
    "x-original-to", "x-envelope-to", "envelope-to", "x-forwarded-to", "x-forwarded-for", "sender",
    "x-auto-response-suppress", "x-autoreply", "x-autorespond", "x-loop", "x-hub-loop",
    "feedback-id", "organization", "content-language", "errors-to", "x-failed-recipients",
    "reply-to", "disposition-notification-to", "sensitivity", "keywords", "thread-topic",
    "x-original-from", "x-google-original-from", "resent-from", "resent-to", "x-github-reason",
    "x-microsoft-antispam", "x-ms-exchange-organization-scl", "x-originating-ip",
})  # fmt: skip


def message_ids(value: str) -> tuple[str, ...]:
    """The ids of Message-ID, In-Reply-To or References: without brackets, in order, each once."""
    if not value:
        return ()
    found = _ID.findall(value)
    if not found and "@" in value:
        found = [word.strip("<>,;\"'") for word in value.split() if "@" in word]
    ids = dict.fromkeys(clean("".join(one.split()), _ID_MAX) for one in found)
    ids.pop("", None)
    if len(ids) > MAX_IDS:
        listed = list(ids)
        return (*listed[: MAX_IDS // 10], *listed[-(MAX_IDS - MAX_IDS // 10) :])
    return tuple(ids)


def one_id(value: str) -> str:
    """A Message-ID however it is written; empty if there is none."""
    found = _ID.search(value)
    text = found[1] if found else value.strip().strip("<>")
    return clean("".join(text.split()), _ID_MAX)


def useful(head: Mapping[str, str]) -> dict[str, str]:
    """The headers worth ruling on, decoded."""
    return {
        name: clean(header_text(value), _VALUE_MAX)
        for name, value in head.items()
        if name in USEFUL
    }
