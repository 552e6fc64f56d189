"""Signed links to attachments: they carry no cookie, and run out after one to two weeks."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING
from urllib.parse import quote

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

    from hub.keys import Keys
    from storage.views import EntryView

_WEEK = 7 * 86_400 * 1_000_000
_TAG = 12  # bytes
PURPOSE = "attachment"


def attachment(keys: Keys, id: int, name: str, now: int) -> str:
    """The path of one attachment; the same for a whole week, so that pictures are cached."""
    until = now // _WEEK + 2
    tag = keys.sign(PURPOSE, f"{id}/{until}".encode())[:_TAG]
    sig = f"{until:x}.{base64.urlsafe_b64encode(tag).decode()}"
    return (
        f"{keys.base}/attachments/{id}/{quote(name.replace('/', '_') or 'file', safe='')}?sig={sig}"
    )


def holds(keys: Keys, id: int, sig: str, now: int) -> bool:
    """Whether ``sig`` is of this attachment and has not run out."""
    until_text, _, tag_text = sig.partition(".")
    try:
        until = int(until_text[:12], 16)
        tag = base64.urlsafe_b64decode(tag_text)
    except (ValueError, binascii.Error):
        return False
    if len(tag) != _TAG or now >= until * _WEEK:
        return False
    return keys.verify(PURPOSE, f"{id}/{until}".encode(), tag)


def shown(keys: Keys, entry: EntryView, now: int) -> EntryView:
    """The entry with links to its files."""
    if not entry.attachments:
        return entry
    files = [
        msgspec.structs.replace(file, url=attachment(keys, file.id, file.name, now))
        if file.state == "stored"
        else file
        for file in entry.attachments
    ]
    return msgspec.structs.replace(entry, attachments=files)


def all_shown(keys: Keys, entries: Iterable[EntryView], now: int) -> list[EntryView]:
    """``shown`` of each."""
    return [shown(keys, entry, now) for entry in entries]
