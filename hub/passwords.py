"""Passwords: Argon2id (RFC 9106) in a thread, few at a time, so sign-ins stay cheap."""

from __future__ import annotations

import asyncio
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from hub.problems import invalid

SHORTEST = 10  # characters
LONGEST = 1_000
_AT_ONCE = 2


@cache
def _hasher() -> PasswordHasher:
    # OWASP's password storage sheet: 19 MiB, two passes, one lane; about 20 ms here.
    return PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)


@cache
def _nobody() -> str:
    return _hasher().hash("nobody has this password")


class Passwords:
    """Hashes and checks; at most two at a time."""

    def __init__(self) -> None:
        self._slots = asyncio.Semaphore(_AT_ONCE)

    async def hash(self, password: str) -> str:
        """Argon2id in PHC form. Raises Problem: too short or too long."""
        if not SHORTEST <= len(password) <= LONGEST:
            raise invalid("password", f"must have {SHORTEST} to {LONGEST} characters")
        async with self._slots:
            return await asyncio.to_thread(_hasher().hash, password)

    async def verify(self, stored: str | None, password: str) -> bool:
        """Whether it is the password; takes as long when there is none to compare with."""
        async with self._slots:
            return await asyncio.to_thread(_verify, stored, password[: LONGEST + 1])


def _verify(stored: str | None, password: str) -> bool:
    try:
        _hasher().verify(stored or _nobody(), password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None
