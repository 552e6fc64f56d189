"""The SMTP client of the library, saying what it asked and what the server answered.

Commands carry addresses and no words of a mail; a login is named without what it proves.
"""

from __future__ import annotations

import time
from typing import Any

import aiosmtplib

from connectors import broken, exchange

_SHOWN = frozenset({b"EHLO", b"HELO", b"MAIL", b"RCPT", b"DATA", b"NOOP", b"STARTTLS"})


class SMTP(aiosmtplib.SMTP):
    """As the library's; each command is a step of the exchange."""

    async def execute_command(self, *args: bytes, **given: Any) -> aiosmtplib.SMTPResponse:
        """One command and its answer. Raises as the library does."""
        since = time.perf_counter()
        try:
            response = await super().execute_command(*args, **given)
        except (aiosmtplib.SMTPException, OSError) as err:
            exchange.note(_shown(args), broken.words(err), since=since)
            raise
        exchange.note(_shown(args), said(response), since=since)
        return response


def said(answer: aiosmtplib.SMTPResponse) -> str:
    """``250 2.1.5 Ok``, on one line."""
    text = answer.message.encode("utf-8", "replace").decode()
    return f"{answer.code} {' '.join(text.split())}"


def _shown(args: tuple[bytes, ...]) -> str:
    verb = args[0].split(b" ", 1)[0].upper() if args else b""
    if verb in _SHOWN:
        return b" ".join(args).decode("utf-8", "replace")
    if verb == b"AUTH":
        return f"AUTH {args[1].decode('ascii', 'replace') if len(args) > 1 else ''} ***".strip()
    return "***"  # what follows AUTH is a secret in base64
