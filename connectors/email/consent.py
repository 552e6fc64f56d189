"""Opt-out words in a mail: the new words are one of them, or the mail is nothing but its subject.

That is also what mail clients send for a ``List-Unsubscribe: <mailto:...?subject=unsubscribe>``
(RFC 2369 section 3.2).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from connectors.contract import Auto, Inbound

if TYPE_CHECKING:
    from connectors.opt_out import Words


def with_consent(message: Inbound, words: Words) -> Inbound:
    """The message with the meaning of its words; bounces, lists and our own mails have none."""
    if message.bounce is not None or message.stub or message.auto in (Auto.BULK, Auto.LOOP):
        return message
    if message.attachments or message.forwarded is not None:
        return message
    said = message.text.strip()
    meaning = words.meaning(said) if said else words.meaning(message.subject)
    return replace(message, consent=meaning) if meaning else message
