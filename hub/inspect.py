"""``hub inspect email``: what the parser makes of a mail, as JSON."""

from __future__ import annotations

import base64
from typing import Any

import msgspec

from connectors.email.parse import parse


def as_json(raw: bytes) -> str:
    """The parsed mail; the content of files as base64."""
    found = msgspec.to_builtins(parse(raw), enc_hook=_plain)
    return msgspec.json.format(msgspec.json.encode(found), indent=2).decode()


def _plain(value: Any) -> Any:
    if isinstance(value, bytes):
        return base64.b64encode(value).decode()
    return str(value)
