"""Pages by key: a cursor says where the page before ended, signed so that it cannot be made up."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar

import msgspec

from hub.keys import Keys
from hub.problems import invalid

_TAG = 8
T = TypeVar("T")
Id = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]
"""An id or an event's number: what JSON readers hold exactly, and the store too."""


class Page(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What every list takes."""

    limit: Annotated[int, msgspec.Meta(ge=1, le=1000)] = 50
    cursor: str | None = None


def encode(keys: Keys, name: str, place: Sequence[int | str]) -> str:
    """A cursor into the list ``name``: where its page ended."""
    body = msgspec.json.encode(list(place))
    tag = keys.sign(f"cursor:{name}", body)[:_TAG]
    return base64.urlsafe_b64encode(tag + body).decode().rstrip("=")


def decode(keys: Keys, name: str, cursor: str | None) -> list[Any] | None:
    """The place behind a cursor of ``encode``. Raises Problem (400)."""
    if cursor is None:
        return None
    try:
        data = base64.urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4))
    except (ValueError, binascii.Error) as err:
        raise invalid("cursor", "is not a cursor of this list") from err
    tag, body = data[:_TAG], data[_TAG:]
    if len(tag) < _TAG or not keys.verify(f"cursor:{name}", body, tag):
        raise invalid("cursor", "is not a cursor of this list")
    return list(msgspec.json.decode(body))


def page(
    keys: Keys,
    name: str,
    rows: Sequence[T],
    limit: int,
    place: Callable[[T], Sequence[int | str]],
) -> dict[str, Any]:
    """``{items, next}`` of rows that were read with ``limit + 1``."""
    items = list(rows[:limit])
    more = len(rows) > limit and bool(items)
    return {"items": items, "next": encode(keys, name, place(items[-1])) if more else None}


def cut(keys: Keys, name: str, items: Sequence[T], query: Page) -> dict[str, Any]:
    """``{items, next}`` of a short list that is at hand whole. Raises Problem (400)."""
    place = decode(keys, name, query.cursor)
    start = place[0] if place else 0
    end = start + query.limit
    return {
        "items": list(items[start:end]),
        "next": encode(keys, name, [end]) if end < len(items) else None,
    }
