"""What an admin sets for one number (or messaging service) at Twilio."""

from __future__ import annotations

import re
from dataclasses import dataclass

from yarl import URL

from connectors import opt_out
from connectors.contract import ConfigInvalid
from connectors.secret import Secret

NO_SECRET = Secret("")
TWILIO_API = "https://api.twilio.com"

TWILIO_STOP = ("stop", "stopall", "unsubscribe", "cancel", "end", "quit", "revoke", "optout")
TWILIO_START = ("start", "unstop")
TWILIO_HELP = ("help", "info")
"""Words that Twilio answers itself unless told otherwise. Its ``YES`` is left out of the start
words: it is how people answer questions. https://help.twilio.com/articles/223134027"""

_STOP = (
    *TWILIO_STOP,
    *("لغو", "لغو 11", "لغو11", "انصراف", "إلغاء", "توقف", "إيقاف"),  # Persian, Arabic
    *("alto", "baja", "parar", "sair", "arrêt", "désabonner", "stopp", "abmelden"),
    *("annulla", "iptal", "стоп", "отписаться", "退订", "停止"),
)
_START = (*TWILIO_START, "شروع", "فعال", "بدء", "alta", "старт")
_HELP = (*TWILIO_HELP, "راهنما", "مساعدة", "ayuda", "aide", "hilfe", "помощь")

_ACCOUNT = re.compile(r"AC[0-9A-Za-z_-]{1,62}")
_SERVICE = re.compile(r"MG[0-9A-Za-z_-]{1,62}")
_NUMBER = re.compile(r"\+?[0-9(][0-9 ().-]{1,24}")
_NAME = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 +_&-]{1,11}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of kind ``sms_twilio``. Raises ConfigInvalid (``field: reason``)."""

    account_sid: str
    """``AC…``, from the Twilio console."""
    auth_token: Secret
    """The account's auth token: signs webhooks and opens the API."""
    auth_token_previous: Secret = NO_SECRET
    """While tokens rotate: webhooks signed with this one hold too."""
    webhook_secret: Secret = NO_SECRET
    """Only where webhooks are signed with a shared key of their own."""
    number: str = ""
    """Our number with country code, short code or sender name."""
    messaging_service_sid: str = ""
    """``MG…``: Twilio picks the number to send from."""
    api_base: str = TWILIO_API
    """Where the API is: another region, or a stand-in for tests."""
    answers_stop: bool = True
    """Twilio answers its own opt-out words, so the hub does not."""
    short_codes: bool = False
    """Short codes and service lines that write to us can be answered."""
    stop_words: tuple[str, ...] = _STOP
    """A message that is nothing but one of these opts out."""
    start_words: tuple[str, ...] = _START
    """... opts in again."""
    help_words: tuple[str, ...] = _HELP
    """... asks what this is."""
    sends_per_second: float | None = None
    """Most messages a second; left out: Twilio queues them."""

    def __post_init__(self) -> None:
        _require(bool(_ACCOUNT.fullmatch(self.account_sid)), "account_sid", "is AC and letters")
        _require(bool(self.auth_token), "auth_token", "is empty")
        service = self.messaging_service_sid
        _require(bool(self.number or service), "number", "or messaging_service_sid is needed")
        _require(not self.number or _is_sender(self.number), "number", "is no number and no name")
        _require(
            not service or bool(_SERVICE.fullmatch(service)),
            "messaging_service_sid",
            "is MG and letters",
        )
        _require(_is_base(self.api_base), "api_base", "is not like https://api.twilio.com")
        rate = self.sends_per_second
        _require(rate is None or 0 < rate <= 10_000, "sends_per_second", "is from 0 to 10000")
        for name in ("stop_words", "start_words", "help_words"):
            opt_out.check(name, getattr(self, name))


def _is_sender(text: str) -> bool:
    return bool(_NUMBER.fullmatch(text.strip()) or _NAME.fullmatch(text))


def _is_base(text: str) -> bool:
    try:
        url = URL(text)
    except ValueError:
        return False
    plain = not (url.query_string or url.fragment or url.user) and not text.endswith("/")
    return url.scheme in ("http", "https") and bool(url.host) and plain


def _require(holds: bool, name: str, reason: str) -> None:
    if not holds:
        raise ConfigInvalid(f"{name}: {reason}")
