"""What an admin says of one mail channel. Pure: nothing here opens a connection.

Receiving by IMAP, sending by SMTP and posting raw mails with a token are each optional.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from connectors import address, opt_out
from connectors.contract import ConfigInvalid, Uri
from connectors.email import oauth_settings
from connectors.email.checks import among, between, is_loopback, list_, mail, single_line, word
from connectors.email.oauth_settings import Flow, Provider
from connectors.secret import Secret

Security = Literal["tls", "starttls", "none"]
"""``tls``: from the first byte; ``starttls``: required, never optional; ``none``: in clear."""
Auth = Literal["password", "xoauth2"]
"""With ``xoauth2`` the token comes from ``oauth_provider``; without one, the password is a token."""
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
    sent_folder: str = ""
    """Where people's mail programs put what they send: mail from there is filed as ours."""
    junk_folder: str = ""
    """Where the server puts spam: mail from there is filed, and given to nobody."""
    poll_seconds: int = 60
    history: History = "none"
    """Of the mail that was there before us: put on the timeline, and nothing else."""
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
    oauth_provider: Provider = ""
    """Who gives the tokens of ``xoauth2``; ``other`` needs the two URLs and a scope."""
    oauth_flow: Flow = "refresh_token"
    """``refresh_token``: somebody consents once (``hub channel authorize``); ``client_credentials``:
    an admin of the organisation let this application in (Google: a service account)."""
    oauth_tenant: str = "common"
    """Microsoft 365: the organisation's tenant, by id or domain."""
    oauth_client_id: str = ""
    """The application's id; of a service account its address."""
    oauth_client_secret: Secret = NO_SECRET
    """Empty for a public application; of a service account its private key (PEM)."""
    oauth_refresh_token: Secret = NO_SECRET
    """One that was got elsewhere; else ``hub channel authorize`` gets it."""
    oauth_scope: str = ""
    """Empty: what the provider calls reading and sending mail."""
    oauth_token_url: str = ""
    oauth_authorize_url: str = ""
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
    stop_words: tuple[str, ...] = opt_out.STOP
    """A mail that says nothing but one of these asks us to write no more."""
    start_words: tuple[str, ...] = opt_out.START
    """... takes that back."""

    def __post_init__(self) -> None:
        self._check_addresses()
        self._check_imap()
        self._check_smtp()
        among("history", self.history, ("none", "30d", "all"))
        between("poll_seconds", self.poll_seconds, 1, 86_400)
        between("max_bytes", self.max_bytes, 1024, 1024 * MEGABYTE)
        oauth_settings.check(self)
        if self.ca_file and not Path(self.ca_file).is_file():
            raise ConfigInvalid("ca_file: no such file")
        single_line("name", self.name)
        list_("stop_words", self.stop_words)
        list_("start_words", self.start_words)
        opt_out.check("stop_words", self.stop_words)
        opt_out.check("start_words", self.start_words)
        list_("authserv_ids", self.authserv_ids)
        for authserv_id in self.authserv_ids:
            word("authserv_ids", authserv_id)

    def _check_addresses(self) -> None:
        mail("address", self.address)
        list_("aliases", self.aliases)
        for alias in self.aliases:
            mail("aliases", alias)

    def _check_imap(self) -> None:
        _check_server("imap", self.imap_host, self.imap_port, self.imap_security, self.imap_auth)
        list_("folders", self.folders)
        if not self.folders:
            raise ConfigInvalid("folders: at least one is needed")
        for folder in self.folders:
            if not single_line("folders", folder).strip():
                raise ConfigInvalid("folders: a name is empty")
        single_line("sent_folder", self.sent_folder)
        single_line("junk_folder", self.junk_folder)
        if len(set(self.all_folders)) != len(self.all_folders):
            raise ConfigInvalid("folders: a name is there twice")
        _check_login("imap", self.imap_host, self.imap_security, self.imap_user, self.imap_password)
        if self.imap_host and not self.imap_password and not self.uses_oauth(self.imap_auth):
            raise ConfigInvalid("imap_password: is needed to fetch mail")

    def _check_smtp(self) -> None:
        _check_server("smtp", self.smtp_host, self.smtp_port, self.smtp_security, self.smtp_auth)
        _check_login("smtp", self.smtp_host, self.smtp_security, self.smtp_user, self.smtp_password)
        if self.smtp_user and not self.smtp_password and not self.uses_oauth(self.smtp_auth):
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
    def all_folders(self) -> tuple[str, ...]:
        """Every folder that is read, the watched one first."""
        return (*self.folders, *filter(None, (self.junk_folder, self.sent_folder)))

    @property
    def order(self) -> tuple[str, ...]:
        """The folders as they are looked at: answers come after what they answer."""
        watched, *others = self.folders
        junk, sent = (filter(None, [name]) for name in (self.junk_folder, self.sent_folder))
        return (*others, *junk, watched, *sent)

    @property
    def imap_login(self) -> str:
        """Whom the mailbox is opened as."""
        return self.imap_user or self.address

    def uses_oauth(self, auth: str) -> bool:
        """Whether this login takes its token from the provider."""
        return auth == "xoauth2" and bool(self.oauth_provider)

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
        word(f"{prefix}_host", host)
        if "/" in host or "@" in host:
            raise ConfigInvalid(f"{prefix}_host: a host name or address is needed, no URL")
    between(f"{prefix}_port", port, 0, 65_535)
    among(f"{prefix}_security", security, ("tls", "starttls", "none"))
    among(f"{prefix}_auth", auth, ("password", "xoauth2"))


def _check_login(prefix: str, host: str, security: str, user: str, password: Secret) -> None:
    single_line(f"{prefix}_user", user)
    single_line(f"{prefix}_password", password.reveal())
    if host and password and security == "none" and not is_loopback(host):
        raise ConfigInvalid(f"{prefix}_security: a password is never sent without TLS")
