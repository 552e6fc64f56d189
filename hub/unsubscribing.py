"""The way out of what nobody asked for: signed links in our mails (RFC 8058), and their page.

A link names one address on one channel and never runs out. Opening it shows a button, since mail
scanners open links; a POST (of the button, or of a mail client's one click) withdraws the consent
to everything but answers.
"""

from __future__ import annotations

import base64
import binascii
from html import escape
from typing import TYPE_CHECKING, Final

from storage import consents

if TYPE_CHECKING:
    from collections.abc import Mapping

    from hub.keys import Keys
    from storage.consents import Purpose
    from storage.db import Row, Tx

PURPOSE: Final = "unsubscribe"
WITHDRAWN: Final[tuple[Purpose, ...]] = ("service", "marketing")
_TAG: Final = 12  # bytes
_WORDS: Final[Mapping[str, Mapping[str, str]]] = {
    "en": {
        "title": "Stop these messages",
        "ask": "We will write no more to this address, except to answer what you ask us.",
        "button": "Stop these messages",
        "done": "Done: we will write no more to this address, except to answer what you ask us.",
    },
    "fa": {
        "title": "لغو دریافت پیام",
        "ask": "دیگر به این نشانی چیزی نمی‌فرستیم، مگر در پاسخ به پرسش شما.",
        "button": "دیگر نفرستید",
        "done": "انجام شد: دیگر به این نشانی چیزی نمی‌فرستیم، مگر در پاسخ به پرسش شما.",
    },
}
_STYLE: Final = (
    "body{font:16px/1.6 system-ui,sans-serif;max-width:32rem;margin:15vh auto;padding:0 1.5rem;"
    "color:#10242b;background:#fff}h1{font-size:1.25rem}button{font:inherit;padding:.5rem 1.25rem;"
    "border:0;border-radius:.5rem;background:#0b7285;color:#fff;cursor:pointer}"
    "@media(prefers-color-scheme:dark){body{color:#e6edf0;background:#11191c}}"
)
POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; frame-ancestors 'none'"
)


def url(keys: Keys, public_url: str, row: Row) -> str:
    """The link for the addressee of one delivery row; empty where it is an answer."""
    if row["purpose"] != "marketing":
        return ""
    return f"{public_url}/unsubscribe/{token(keys, row['identity'], row['channel'])}"


def token(keys: Keys, identity: int, channel: int) -> str:
    """What a link carries."""
    named = f"{identity:x}.{channel:x}"
    tag = keys.sign(PURPOSE, named.encode())[:_TAG]
    return f"{named}.{base64.urlsafe_b64encode(tag).decode()}"


def named(keys: Keys, given: str) -> tuple[int, int] | None:
    """(identity, channel) of a link; None if it is not ours."""
    try:
        identity, channel, tag = given.split(".", 2)
        found = int(identity[:16], 16), int(channel[:16], 16)
        signature = base64.urlsafe_b64decode(tag)
    except (ValueError, binascii.Error):
        return None
    canonical = f"{found[0]:x}.{found[1]:x}".encode()
    whole = len(signature) == _TAG and keys.verify(PURPOSE, canonical, signature)
    return found if whole else None


def withdraw(tx: Tx, identity: int, channel: int, *, proof: str, now: int) -> None:
    """Write it down, once."""
    if all(consents.withdrawn(tx, identity, channel, one) for one in WITHDRAWN):
        return
    consents.record(
        tx,
        identity,
        channel,
        "withdrawn",
        source="link",
        proof=proof,
        purposes=WITHDRAWN,
        now=now,
    )


def page(language: str, *, done: bool) -> str:
    """The page behind a link, before and after."""
    words = _WORDS["fa" if language.startswith("fa") else "en"]
    direction = "rtl" if language.startswith("fa") else "ltr"
    button = f'<form method="post"><button>{escape(words["button"])}</button></form>'
    return (
        f'<!doctype html><html lang="{"fa" if direction == "rtl" else "en"}" dir="{direction}">'
        '<head><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{escape(words['title'])}</title><style>{_STYLE}</style></head><body>"
        f"<h1>{escape(words['title'])}</h1><p>{escape(words['done' if done else 'ask'])}</p>"
        f"{'' if done else button}</body></html>"
    )
