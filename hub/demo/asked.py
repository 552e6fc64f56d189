"""What the simulator page may ask for, checked; and addresses as customers type them."""

from __future__ import annotations

import base64
import binascii
import re
from typing import Annotated

import msgspec

from connectors import address
from hub import sniff
from hub.demo import config, wire

MOST_FILES = 5
FILE_BYTES = 5_000_000
_PHONE = re.compile(r"\+[1-9]\d{6,14}")

Words = Annotated[str, msgspec.Meta(max_length=200_000)]


class Upload(msgspec.Struct, forbid_unknown_fields=True):
    """A file, as base64."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
    type: Annotated[str, msgspec.Meta(max_length=100, pattern=r"^[\w.+-]+/[\w.+-]+$|^$")]
    data: str


class Text(msgspec.Struct, forbid_unknown_fields=True):
    """An SMS that a customer sends."""

    sender: str = msgspec.field(name="from")
    text: Annotated[str, msgspec.Meta(max_length=1_600)] = ""
    files: Annotated[list[Upload], msgspec.Meta(max_length=MOST_FILES)] = []


class MailText(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """A mail that a customer sends."""

    sender: str = msgspec.field(name="from")
    name: Annotated[str, msgspec.Meta(max_length=200)] = ""
    to: str = config.ADDRESS
    subject: Annotated[str, msgspec.Meta(max_length=500)] = ""
    text: Words = ""
    answers: int | None = None
    """The message that it answers."""
    files: Annotated[list[Upload], msgspec.Meta(max_length=MOST_FILES)] = []


class NewCustomer(msgspec.Struct, forbid_unknown_fields=True):
    """Somebody new."""

    name: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    channel: str
    address: Annotated[str, msgspec.Meta(max_length=200)] = ""


class Wrong(Exception):
    """What the page asked for cannot be done: ``field: reason``."""


def number(text: str) -> str:
    """A phone number in E.164. Raises Wrong."""
    found = re.sub(r"[\s().-]", "", text)
    if not _PHONE.fullmatch(found):
        raise Wrong("from: a number with country code is needed, like +12025550123")
    return found


def mailbox(text: str) -> str:
    """A mail address. Raises Wrong."""
    try:
        return address.value(address.mail(text.strip()))
    except ValueError as err:
        raise Wrong(f"address: {err}") from err


def upload(given: Upload) -> wire.File:
    """A file that was chosen. Raises Wrong."""
    try:
        content = base64.b64decode(given.data, validate=True)
    except (binascii.Error, ValueError) as err:
        raise Wrong("files: not base64") from err
    if not content or len(content) > FILE_BYTES:
        raise Wrong(f"files: {given.name} is empty or larger than {FILE_BYTES // 1_000_000} MB")
    kind = sniff.image(content[:16]) or given.type or "application/octet-stream"
    return wire.File(given.name, kind, content)
