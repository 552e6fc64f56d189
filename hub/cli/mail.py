"""``hub receive-mail`` and ``hub inspect email`` as they are typed."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from hub.cli.run import Add, fail, read, run, say

if TYPE_CHECKING:
    from hub.settings import Settings


EX_TEMPFAIL = 75
"""sysexits.h: the mail server is to try again."""


def add(command: Add, inspect: Add) -> None:
    """What can be typed, behind ``hub inspect`` too."""
    mail = command("receive-mail", _receive_mail, "file one mail from standard input")
    mail.add_argument("channel")
    one = inspect("email", _inspect, "parse a mail")
    one.add_argument("file", help="a raw mail; - is standard input")


def _receive_mail(settings: Settings, options: argparse.Namespace) -> int:
    body = sys.stdin.buffer.read(settings.mail_bytes + 1)
    if len(body) > settings.mail_bytes:
        code = fail(f"the mail is larger than {settings.mail_bytes} bytes")
    elif not body.strip():
        code = fail("there is no mail on standard input")
    else:
        args = {"channel": options.channel}
        code = run(settings, "receive-mail", args, body, show=lambda _state: [])
    return EX_TEMPFAIL if code else 0


def _inspect(_settings: Settings, options: argparse.Namespace) -> int:
    import msgspec  # noqa: PLC0415

    from connectors.email.parse import as_json, parse  # noqa: PLC0415

    try:
        found = as_json(parse(read(options.file)))
        say(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    except OSError as err:
        return fail(f"{options.file}: {err.strerror}")
    return 0
