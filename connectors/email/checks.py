"""What a field of a mail channel's settings must be. Pure; each raises ConfigInvalid."""

from __future__ import annotations

import ipaddress
import unicodedata

from connectors import address
from connectors.contract import ConfigInvalid


def is_loopback(host: str) -> bool:
    """Whether what is sent to that host stays on this machine. By name, without asking DNS."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def mail(field: str, value: object) -> None:
    """A field that must be a mail address. Raises ConfigInvalid, as all of these."""
    text = _text(field, value)
    try:
        address.mail(text.strip())
    except ValueError as err:
        raise ConfigInvalid(f"{field}: {err}") from err


def _text(field: str, value: object) -> str:
    if not isinstance(value, str):
        raise ConfigInvalid(f"{field}: must be text")
    return value


def list_(field: str, value: object) -> None:
    """A field that must be a list."""
    if not isinstance(value, tuple):
        raise ConfigInvalid(f"{field}: must be a list")


def single_line(field: str, value: object) -> str:
    """A field that must be text without control characters; that text."""
    text = _text(field, value)
    if any(unicodedata.category(char) in {"Cc", "Cs"} for char in text):
        raise ConfigInvalid(f"{field}: control characters are not allowed")
    return text


def word(field: str, value: object) -> None:
    """A field that must be one word."""
    text = single_line(field, value)
    if not text or any(char.isspace() for char in text):
        raise ConfigInvalid(f"{field}: one word without spaces is needed")


def between(field: str, value: object, low: int, high: int) -> None:
    """A field that must be a whole number within bounds."""
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ConfigInvalid(f"{field}: must be a whole number, {low} to {high}")


def among(field: str, value: object, allowed: tuple[str, ...]) -> None:
    """A field that must be one of these."""
    if value not in allowed:
        raise ConfigInvalid(f"{field}: must be one of {', '.join(allowed)}")
