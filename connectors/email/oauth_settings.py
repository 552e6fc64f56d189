"""Whose tokens open a mailbox, and where they are to be had (RFC 6749). Pure.

Google: https://developers.google.com/gmail/imap/xoauth2-protocol,
https://developers.google.com/identity/protocols/oauth2/native-app and
https://developers.google.com/identity/protocols/oauth2/service-account (RFC 7523).
Microsoft 365: https://learn.microsoft.com/exchange/client-developer/legacy-protocols/
how-to-authenticate-an-imap-pop-smtp-application-by-using-oauth
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal
from urllib.parse import urlsplit

from connectors.contract import ConfigInvalid
from connectors.email.checks import among, is_loopback, single_line

if TYPE_CHECKING:
    from connectors.email.settings import Settings

Provider = Literal["", "google", "microsoft", "other"]
Flow = Literal["refresh_token", "client_credentials"]

_MICROSOFT = "https://login.microsoftonline.com/{tenant}/oauth2/v2.0"
_TENANT = re.compile(r"[A-Za-z0-9.-]{1,100}")
_SHARED_TENANTS = frozenset({"common", "organizations", "consumers"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Endpoints:
    """Where a channel's tokens come from."""

    token: str
    authorize: str
    scope: str
    asks_with: Mapping[str, str]
    """What the page of consent wants to be told besides."""


def endpoints(settings: Settings) -> Endpoints:
    """The provider's addresses; what the settings say goes before what is known."""
    is_program = settings.oauth_flow == "client_credentials"
    match settings.oauth_provider:
        case "google":
            known = Endpoints(
                token="https://oauth2.googleapis.com/token",  # noqa: S106 - an address
                authorize="https://accounts.google.com/o/oauth2/v2/auth",
                scope="https://mail.google.com/",
                # without these there is no refresh token
                asks_with={"access_type": "offline", "prompt": "consent"},
            )
        case "microsoft":
            base = _MICROSOFT.format(tenant=settings.oauth_tenant)
            office = "https://outlook.office.com"
            known = Endpoints(
                token=f"{base}/token",
                authorize=f"{base}/authorize",
                scope="https://outlook.office365.com/.default"
                if is_program
                else f"{office}/IMAP.AccessAsUser.All {office}/SMTP.Send offline_access",
                asks_with={"prompt": "select_account"},
            )
        case _:
            known = Endpoints(token="", authorize="", scope="", asks_with={})
    return Endpoints(
        token=settings.oauth_token_url or known.token,
        authorize=settings.oauth_authorize_url or known.authorize,
        scope=settings.oauth_scope or known.scope,
        asks_with=known.asks_with,
    )


def check(settings: Settings) -> None:
    """Whether these can work together. Raises ConfigInvalid."""
    among("oauth_provider", settings.oauth_provider, ("", "google", "microsoft", "other"))
    among("oauth_flow", settings.oauth_flow, ("refresh_token", "client_credentials"))
    for name in ("oauth_client_id", "oauth_scope"):
        single_line(name, getattr(settings, name))
    if not _TENANT.fullmatch(single_line("oauth_tenant", settings.oauth_tenant)):
        raise ConfigInvalid("oauth_tenant: must be a tenant's id or domain")
    for name in ("oauth_token_url", "oauth_authorize_url"):
        _url(name, getattr(settings, name))
    if not settings.oauth_provider:
        return
    if "xoauth2" not in (settings.imap_auth, settings.smtp_auth):
        raise ConfigInvalid("oauth_provider: needs imap_auth or smtp_auth: xoauth2")
    if not settings.oauth_client_id:
        raise ConfigInvalid("oauth_client_id: is needed with oauth_provider")
    if settings.oauth_provider == "other" and not settings.oauth_token_url:
        raise ConfigInvalid("oauth_token_url: is needed with another provider")
    if settings.oauth_flow == "client_credentials":
        _check_program(settings)


def _check_program(settings: Settings) -> None:
    if not settings.oauth_client_secret:
        raise ConfigInvalid("oauth_client_secret: is needed for client_credentials")
    is_shared = settings.oauth_tenant.lower() in _SHARED_TENANTS
    if settings.oauth_provider == "microsoft" and is_shared and not settings.oauth_token_url:
        raise ConfigInvalid("oauth_tenant: client_credentials need the organisation's own tenant")


def _url(field: str, value: str) -> None:
    if not single_line(field, value):
        return
    try:
        parts = urlsplit(value)
        host = parts.hostname or ""
    except ValueError:
        raise ConfigInvalid(f"{field}: is no URL") from None
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(host))
    if not host or not is_safe or parts.username:
        raise ConfigInvalid(f"{field}: must be an https:// URL")
