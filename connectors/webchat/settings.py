"""What an admin sets for one web chat, and what of it the widget is told."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from connectors import opt_out
from connectors.contract import ConfigInvalid
from connectors.secret import Secret

PRECHAT = ("name", "email", "phone", "question")
"""What may be asked before the first message. The answers are claims: they identify nobody."""
TEXTS = (
    "title", "greeting", "expect", "placeholder",
    "ask_name", "ask_email", "ask_phone", "ask_question",
)  # fmt: skip
"""Texts of the widget that a channel may word itself, per language."""
_COLOUR = re.compile(r"#[0-9a-fA-F]{6}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_HOST = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?(:\d{1,5})?|\[[0-9a-f:]+\](:\d{1,5})?")
_MOST_TEXT = 500
_NO_SECRET = Secret("")


@dataclass(frozen=True, slots=True)
class Settings:
    """One chat. A field that cannot work raises ConfigInvalid with its name."""

    title: str = ""
    """Shown at the head of the panel; empty: the widget's own words."""
    origins: tuple[str, ...] = ()
    """Sites whose pages may open this chat. ``https://shop.example`` is exactly that origin,
    ``shop.example`` the host with any scheme and port, ``*.shop.example`` every host below it (not
    itself), ``*`` everybody. Empty: only pages of the hub itself. Clients that send no Origin are
    no browsers and are not held by this (they could send any)."""
    site_secret: Secret = _NO_SECRET
    """Key with which the site's server signs who is logged in: ``hash`` is the hex HMAC-SHA256 of
    ``user_id``, or of ``user_id|email`` to vouch for the address too. Empty: nobody is."""
    prechat: tuple[str, ...] = ()
    """Of name, email, phone and question: asked in this order before the first message; each may
    be skipped."""
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Language (``en``, ``fa`` …) -> text (title, greeting, expect, placeholder, ask_name,
    ask_email, ask_phone, ask_question) -> words."""
    colour: str = "#0b7285"
    """``#rrggbb``: launcher, header and the visitor's own messages."""
    messages_per_second: float = 2.0
    """How fast one visitor may write in the long run."""
    burst: int = 30
    """How many messages of one visitor may come at once."""
    max_file_bytes: int = 10_000_000
    """Largest file a visitor may send; 0: none."""
    history: int = 50
    """Newest entries shown to a visitor who comes back; 1 to 500."""

    stop_words: tuple[str, ...] = opt_out.STOP
    """A message that is nothing but one of these asks us to write no more."""
    start_words: tuple[str, ...] = opt_out.START
    """... takes that back."""

    def __post_init__(self) -> None:
        _require(len(self.title) <= 100, "title", "at most 100 characters")
        for index, origin in enumerate(self.origins):
            _require(_is_origin(origin), f"origins[{index}]", "not an origin, a host or *.host")
        for index, name in enumerate(self.prechat):
            _require(name in PRECHAT, f"prechat[{index}]", f"one of {', '.join(PRECHAT)}")
        _require(len(set(self.prechat)) == len(self.prechat), "prechat", "asks the same twice")
        _check_texts(self.texts)
        _require(bool(_COLOUR.fullmatch(self.colour)), "colour", "not #rrggbb")
        _require(0 < self.messages_per_second <= 1_000, "messages_per_second", "0 to 1000")
        _require(1 <= self.burst <= 10_000, "burst", "1 to 10000")
        _require(0 <= self.max_file_bytes <= 100_000_000, "max_file_bytes", "0 to 100000000")
        _require(1 <= self.history <= 500, "history", "1 to 500")
        opt_out.check("stop_words", self.stop_words)
        opt_out.check("start_words", self.start_words)


def _require(holds: bool, name: str, reason: str) -> None:
    if not holds:
        raise ConfigInvalid(f"{name}: {reason}")


def _is_origin(text: str) -> bool:
    if text == "*":
        return True
    scheme, found, rest = text.lower().partition("://")
    if not found:
        return bool(_HOST.fullmatch(scheme))
    return scheme in ("http", "https") and bool(_HOST.fullmatch(rest)) and "*" not in rest


def _check_texts(texts: Mapping[str, Mapping[str, str]]) -> None:
    for language, words in texts.items():
        _require(bool(_LANGUAGE.fullmatch(language)), f"texts.{language}", "not a language")
        for name, text in words.items():
            where = f"texts.{language}.{name}"
            _require(name in TEXTS, where, f"one of {', '.join(TEXTS)}")
            _require(len(text) <= _MOST_TEXT, where, f"at most {_MOST_TEXT} characters")


def ink(colour: str) -> str:
    """What reads best on ``#rrggbb``: white, or a dark grey where white has less contrast (WCAG
    relative luminance)."""
    red, green, blue = ((int(colour[at : at + 2], 16) / 255) ** 2.2 for at in (1, 3, 5))
    return "#10242b" if 0.2126 * red + 0.7152 * green + 0.0722 * blue > 0.4 else "#ffffff"


def allowed(origin: str, origins: Iterable[str], public_url: str) -> bool:
    """Whether a page of ``origin`` (the request's header; empty: none sent) may open the chat."""
    if not origin:
        return True
    origin, entries = origin.lower(), [entry.lower() for entry in origins]
    if "*" in entries:
        return True
    try:
        page = urlsplit(origin)
        if page.scheme not in ("http", "https") or not page.hostname or page.path:
            return False
        page.port  # noqa: B018  raises on a port that is none
    except ValueError:
        return False
    return _is_ours(origin, public_url) or any(_covers(entry, origin) for entry in entries)


def _is_ours(origin: str, public_url: str) -> bool:
    page, own = urlsplit(origin), urlsplit(public_url.lower())
    if page.scheme != own.scheme or _port(origin) != _port(public_url.lower()):
        return False
    return page.hostname == own.hostname or (_loopback(page.hostname) and _loopback(own.hostname))


def _port(url: str) -> int | None:
    return urlsplit(url).port or {"http": 80, "https": 443}.get(urlsplit(url).scheme)


def _loopback(host: str | None) -> bool:
    return host in ("localhost", "127.0.0.1", "::1", "0.0.0.0")  # noqa: S104  compared, not bound


def _covers(entry: str, origin: str) -> bool:
    if "://" in entry:
        return entry == origin
    netloc = urlsplit(origin).netloc
    if ":" not in entry.rpartition("]")[2]:
        netloc = re.sub(r":\d+$", "", netloc)
    if entry.startswith("*."):
        return netloc.endswith(entry[1:]) and len(netloc) > len(entry) - 1
    return netloc == entry
