"""Tracking codes: said on the phone, written in subjects, found again in what customers write.

From an address of the same person a code threads; from anybody else it is a suggestion to the
agent: whoever has seen a code must not get into a matter by it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Final

from connectors.fold import fold
from storage import conversations, moves, tracking_code
from storage.timeline import SUBJECT_CAP

if TYPE_CHECKING:
    from connectors.contract import Inbound
    from storage.db import Row, Tx

LOOKED_AT: Final = 4_000
"""Characters of a message's new words."""
MOST: Final = 3
"""Codes looked up of one message."""
_D: Final = "0-9\u0660-\u0669\u06f0-\u06f9"  # named one by one: \d takes four times as long
_MAYBE: Final = re.compile(
    rf"[{_D}](?<![{_D}.,/+-][{_D}])[{_D}]{{3}}[ -]?[{_D}]{{4}}(?![{_D}.,/-]*[{_D}])"
)
"""Eight digits that are no part of a longer number; digits are looked for before all else."""
_SUFFIX: Final = re.compile(r"(?:\s*\[(\d{8})\])+\s*$")
_LENGTH: Final = len(" [12345675]")


def with_code(subject: str, code: str) -> str:
    """A subject with the matter's code in brackets at its very end, and no other."""
    plain = without_code(subject)
    return f"{plain[: SUBJECT_CAP - _LENGTH]} [{code}]".lstrip()


def without_code(subject: str) -> str:
    """A subject without the codes at its end."""
    found = _SUFFIX.search(subject)
    if found is None or not tracking_code.is_code(fold(found[1])):
        return subject.rstrip()
    return subject[: found.start()].rstrip()


def named_in(message: Inbound) -> list[str]:
    """The codes that a message may name, those of its subject first; mostly none."""
    return list(dict.fromkeys(_codes(message)))[:MOST]


def _codes(message: Inbound) -> Iterator[str]:
    for text in (message.subject, message.text[:LOOKED_AT]):
        for found in _MAYBE.findall(text):
            code = "".join(filter(str.isdigit, fold(found)))
            if tracking_code.is_code(code):
                yield code


def matters(tx: Tx, message: Inbound) -> list[Row]:
    """The matters that a message names by code, as they are now."""
    found = []
    for code in named_in(message):
        row = conversations.by_code(tx, code)
        if row is not None and row["moved_to"] is not None:
            row = moves.present(tx, row, ())
        if row is not None:
            found.append(row)
    return found
