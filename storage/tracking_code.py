"""Tracking codes of conversations: said on the phone, so their last digit checks the others."""

from __future__ import annotations

import random

_random = random.Random()  # noqa: S311 - a name, not a secret: whoever knows it gains nothing
DIGITS = 8

_DAMM = (
    (0, 3, 1, 7, 5, 9, 8, 6, 4, 2),
    (7, 0, 9, 2, 1, 5, 4, 8, 6, 3),
    (4, 2, 0, 6, 8, 7, 1, 3, 5, 9),
    (1, 7, 5, 0, 9, 8, 3, 4, 2, 6),
    (6, 1, 2, 3, 0, 4, 5, 9, 7, 8),
    (3, 6, 7, 4, 2, 0, 9, 5, 8, 1),
    (5, 8, 6, 9, 7, 2, 0, 1, 3, 4),
    (8, 9, 4, 5, 3, 6, 2, 0, 1, 7),
    (9, 4, 3, 8, 6, 1, 7, 2, 0, 5),
    (2, 5, 8, 1, 4, 3, 6, 7, 9, 0),
)  # H. M. Damm, 2004: finds every single wrong digit and every swapped pair


def new() -> str:
    """A tracking code: 7 random digits and a check digit."""
    digits = f"{int(_random.random() * 10**7):07d}"
    return digits + str(_damm(digits))


def is_code(text: str) -> bool:
    """Whether these digits could be a tracking code of ours."""
    return len(text) == DIGITS and text.isascii() and text.isdigit() and _damm(text) == 0


def _damm(digits: str) -> int:
    state = 0
    for digit in digits.encode():
        state = _DAMM[state][digit - 48]
    return state
