"""How a channel leaves: its proxy, as a file says it. A URL with a password stays out of files."""

from __future__ import annotations

import os
from urllib.parse import urlsplit

import msgspec

_SHAPE = "must be like socks5://proxy.lan:1080 or http://proxy.lan:3128"


class EnvRef(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """``{env: NAME}``: read when the channel starts."""

    env: str


def checked(url: str) -> str:
    """A proxy's URL. Raises ValueError with words for an admin."""
    try:
        parts = urlsplit(url.strip())
        whole = bool(parts.hostname and parts.port)
    except ValueError as err:
        raise ValueError(_SHAPE) from err
    if parts.scheme not in ("socks5", "http") or not whole:
        raise ValueError(_SHAPE)
    if parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("must have nothing behind the port")
    return url.strip()


def written(given: str | EnvRef) -> str | EnvRef:
    """What a file says, checked. Raises ValueError with words for an admin."""
    if isinstance(given, EnvRef) or not given:
        return given
    if urlsplit(checked(given)).password is not None:
        raise ValueError("has a password: put the URL into a variable and write {env: NAME}")
    return given


def read(given: str | EnvRef) -> str:
    """The proxy's URL, empty if there is none. Raises ValueError with words for an admin."""
    if not given:
        return ""
    if isinstance(given, str):
        return checked(given)
    found = os.environ.get(given.env, "")
    if not found:
        raise ValueError(f"the variable {given.env} is not set")
    return checked(found)
