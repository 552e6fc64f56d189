"""Twilio's error codes: who has to act on each, and words for people.

https://www.twilio.com/docs/api/errors
"""

from __future__ import annotations

from collections.abc import Mapping

from connectors import http
from connectors.contract import (
    ChannelError,
    ConfigInvalid,
    RecipientRefused,
    Rejected,
    Unauthorized,
    Unavailable,
)

OPTED_OUT = "21610"
_WORDS_MAX = 300

_UNAUTHORIZED = frozenset({"20003", "20005", "20006", "20008"})
_BUSY = frozenset({"14107", "20429", "20500", "20503", "21611", "30001", "63038"})
_SENDER = frozenset({"21212", "21603", "21606", "21659", "21660", "21701", "21704", "21705"})
_RECIPIENT = frozenset(
    {
        *("21211", "21214", "21217", "21401", "21408", "21601", "21604", "21612", "21614"),
        *("21635", "30003", "30004", "30005", "30006", OPTED_OUT),
    }
)
_CALLBACK = "21609"

_WORDS = {
    "20003": "Twilio does not accept the account SID and auth token",
    "20429": "too many requests at once",
    "21211": "this is not a valid phone number",
    "21408": "the account may not send to this country",
    "21610": "this number has opted out",
    "21611": "too many messages are waiting at Twilio",
    "21612": "this number cannot be reached from ours",
    "21614": "this is not a mobile number",
    "21617": "the message is too long",
    "30001": "Twilio's queue is full",
    "30002": "the account is suspended",
    "30003": "the phone is switched off or out of reach",
    "30004": "the network blocks messages to this phone",
    "30005": "this number does not exist",
    "30006": "a landline, or a network that cannot be reached",
    "30007": "the network filtered the message as spam",
    "30008": "the network gave no reason",
    "30034": "the number is not registered for business messages in the US",
}


def words(code: str, said: str = "") -> str:
    """What a code means; else what Twilio said of it; else the code."""
    clean = " ".join(said.split())[:_WORDS_MAX]
    return _WORDS.get(code) or clean or f"Twilio error {code}"


def fault(
    status: int, headers: Mapping[str, str], code: str = "", said: str = ""
) -> ChannelError | None:
    """The contract's error for an answer of the API, or None for 2xx."""
    if 200 <= status < 300:
        return None
    meaning = words(code, said) if code or said else ""
    if code in _UNAUTHORIZED:
        return Unauthorized(meaning)
    if code in _BUSY:
        return Unavailable(meaning, retry_after=http.retry_after(headers))
    if code in _SENDER:
        return ConfigInvalid(f"number: {meaning}")
    if code == _CALLBACK:
        return ConfigInvalid("public_url: Twilio cannot call it for receipts")
    if code in _RECIPIENT:
        return RecipientRefused(meaning, code=code, opted_out=code == OPTED_OUT)
    found = http.fault(status, headers, meaning)
    if isinstance(found, Rejected) and code:
        return Rejected(meaning, code=code)
    return found
