"""Frames as they stand on the wire: JSON read from a browser, errors for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import WSMessage, WSMsgType

from connectors.contract import PayloadInvalid


def decode(message: WSMessage) -> Mapping[str, Any]:
    """The JSON object of a frame. The stdlib's reader: it takes lone surrogates, which browsers
    send and the connector cleans. Raises PayloadInvalid."""
    if message.type is not WSMsgType.TEXT:
        raise PayloadInvalid("frame: send JSON as text")
    try:
        frame = json.loads(message.data, parse_constant=_no_constant)
    except (ValueError, RecursionError) as err:
        raise PayloadInvalid(f"frame: not JSON: {str(err)[:100]}") from err
    if not isinstance(frame, dict):
        raise PayloadInvalid("frame: not a JSON object")
    return frame


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def error(code: str, words: str, frame: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """An error frame from words such as ``text: is empty``; ``frame`` is what it is about."""
    field, found, reason = words.partition(": ")
    if not found or " " in field:
        field, reason = "", words
    item = {"type": "error", "code": code, "field": field, "reason": reason}
    given = (frame or {}).get("id")
    if isinstance(given, str) and 0 < len(given) <= 64:
        item["id"] = given
    return item
