"""What an admin says of one mail channel. Pure: nothing here opens a connection.

Receiving by IMAP, sending by SMTP and posting raw mails with a token are each optional.
"""

from __future__ import annotations

import ipaddress
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from connectors import address
from connectors.contract import ConfigInvalid, Uri
from connectors.secret import Secret

Security = Literal["tls", "starttls", "none"]
"""``tls``: from the first byte; ``starttls``: required, never optional; ``none``: in clear."""
Auth = Literal["password", "xoauth2"]
"""With ``xoauth2`` the password is an access token."""
History = Literal["none", "30d", "all"]
"""Which of the mails that were there before the first connect are taken."""

MEGABYTE = 1024 * 1024
NO_SECRET = Secret("")
IMAP_PORTS: dict[str, int] = {"tls": 993, "starttls": 143, "none": 143}
SMTP_PORTS: dict[str, int] = {"tls": 465, "starttls": 587, "none": 25}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Settings of kind ``email``. Raises ConfigInvalid (``field: reason``)."""

    address: str
    """Our address: the sender of replies, never a participant."""
    aliases: tuple[str, ...] = ()
    """Other addresses whose mail ends up in this mailbox."""
    name: str = ""
    """The name beside our address."""
    imap_host: str = ""
    """Empty: this channel does not fetch."""
    imap_port: int = 0
    """0: 993 for tls, else 143."""
    imap_security: Security = "tls"
    imap_user: str = ""
    """Empty: the address."""
    imap_password: Secret = NO_SECRET
    imap_auth: Auth = "password"
    folders: tuple[str, ...] = ("INBOX",)
    """Watched folders as people read them; the first is watched by IDLE, the others by polling."""
    poll_seconds: int = 60
    history: History = "none"
    smtp_host: str = ""
    """Empty: this channel does not send."""
    smtp_port: int = 0
    """0: 465 for tls, 587 for starttls, else 25."""
    smtp_security: Security = "tls"
    smtp_user: str = ""
    """Empty: the address, if there is a password."""
    smtp_password: Secret = NO_SECRET
    """Empty: no login."""
    smtp_auth: Auth = "password"
    ca_file: str = ""
    """PEM file of the authorities to trust instead of the system's, for both servers."""
    token: Secret = NO_SECRET
    """For raw mails posted to our webhook. Empty: none are taken."""
    plus_addressing: bool = False
    """``user+anything@domain`` reaches us: the reply token may stand in Reply-To."""
    max_bytes: int = 35 * MEGABYTE
    """A larger mail is kept as a stub with its header."""
    authserv_ids: tuple[str, ...] = ()
    """Names under which our own MX writes Authentication-Results (RFC 8601 section 2.2)."""

    def __post_init__(self) -> None:
        self._check_addresses()
        self._check_imap()
        self._check_smtp()
        _among("history", self.history, ("none", "30d", "all"))
        _between("poll_seconds", self.poll_seconds, 1, 86_400)
        _between("max_bytes", self.max_bytes, 1024, 1024 * MEGABYTE)
        if self.ca_file and not Path(self.ca_file).is_file():
            raise ConfigInvalid("ca_file: no such file")
        _single_line("name", self.name)
        _list("authserv_ids", self.authserv_ids)
        for authserv_id in self.authserv_ids:
            _word("authserv_ids", authserv_id)

    def _check_addresses(self) -> None:
        _mail("address", self.address)
        _list("aliases", self.aliases)
        for alias in self.aliases:
            _mail("aliases", alias)

    def _check_imap(self) -> None:
        _check_server("imap", self.imap_host, self.imap_port, self.imap_security, self.imap_auth)
        _list("folders", self.folders)
        if not self.folders:
            raise ConfigInvalid("folders: at least one is needed")
        for folder in self.folders:
            if not _single_line("folders", folder).strip():
                raise ConfigInvalid("folders: a name is empty")
        if len(set(self.folders)) != len(self.folders):
            raise ConfigInvalid("folders: a name is there twice")
        _check_login("imap", self.imap_host, self.imap_security, self.imap_user, self.imap_password)
        if self.imap_host and not self.imap_password:
            raise ConfigInvalid("imap_password: is needed to fetch mail")

    def _check_smtp(self) -> None:
        _check_server("smtp", self.smtp_host, self.smtp_port, self.smtp_security, self.smtp_auth)
        _check_login("smtp", self.smtp_host, self.smtp_security, self.smtp_user, self.smtp_password)
        if self.smtp_user and not self.smtp_password:
            raise ConfigInvalid("smtp_password: is needed with smtp_user")

    @property
    def uri(self) -> Uri:
        """Our address as an identity."""
        return address.mail(self.address.strip())

    @property
    def alias_uris(self) -> tuple[Uri, ...]:
        """The aliases as identities."""
        return tuple(address.mail(alias.strip()) for alias in self.aliases)

    @property
    def imap_endpoint(self) -> tuple[str, int]:
        """Host and port."""
        return self.imap_host.strip("[]"), self.imap_port or IMAP_PORTS[self.imap_security]

    @property
    def smtp_endpoint(self) -> tuple[str, int]:
        """Host and port."""
        return self.smtp_host.strip("[]"), self.smtp_port or SMTP_PORTS[self.smtp_security]


def _check_server(prefix: str, host: str, port: int, security: str, auth: str) -> None:
    if host:
        _word(f"{prefix}_host", host)
        if "/" in host or "@" in host:
            raise ConfigInvalid(f"{prefix}_host: a host name or address is needed, no URL")
    _between(f"{prefix}_port", port, 0, 65_535)
    _among(f"{prefix}_security", security, ("tls", "starttls", "none"))
    _among(f"{prefix}_auth", auth, ("password", "xoauth2"))


def _check_login(prefix: str, host: str, security: str, user: str, password: Secret) -> None:
    _single_line(f"{prefix}_user", user)
    _single_line(f"{prefix}_password", password.reveal())
    if host and password and security == "none" and not is_loopback(host):
        raise ConfigInvalid(f"{prefix}_security: a password is never sent without TLS")


def is_loopback(host: str) -> bool:
    """Whether what is sent to that host stays on this machine. By name, without asking DNS."""
    if host.lower().rstrip(".") == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _mail(field: str, value: object) -> None:
    text = _text(field, value)
    try:
        address.mail(text.strip())
    except ValueError as err:
        raise ConfigInvalid(f"{field}: {err}") from err


def _text(field: str, value: object) -> str:
    if not isinstance(value, str):
        raise ConfigInvalid(f"{field}: must be text")
    return value


def _list(field: str, value: object) -> None:
    if not isinstance(value, tuple):
        raise ConfigInvalid(f"{field}: must be a list")


def _single_line(field: str, value: object) -> str:
    text = _text(field, value)
    if any(unicodedata.category(char) in {"Cc", "Cs"} for char in text):
        raise ConfigInvalid(f"{field}: control characters are not allowed")
    return text


def _word(field: str, value: object) -> None:
    text = _single_line(field, value)
    if not text or any(char.isspace() for char in text):
        raise ConfigInvalid(f"{field}: one word without spaces is needed")


def _between(field: str, value: object, low: int, high: int) -> None:
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise ConfigInvalid(f"{field}: must be a whole number, {low} to {high}")


def _among(field: str, value: object, allowed: tuple[str, ...]) -> None:
    if value not in allowed:
        raise ConfigInvalid(f"{field}: must be one of {', '.join(allowed)}")
