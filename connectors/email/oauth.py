"""SASL strings for logins with a password or an OAuth 2 access token. Pure."""

from __future__ import annotations

from base64 import b64encode


def xoauth2(user: str, access_token: str) -> str:
    """The initial response of XOAUTH2, base64.

    https://developers.google.com/gmail/imap/xoauth2-protocol
    """
    return _encode(f"user={user}\x01auth=Bearer {access_token}\x01\x01")


def plain(user: str, password: str) -> str:
    """The only response of PLAIN, base64 (RFC 4616 section 2)."""
    return _encode(f"\0{user}\0{password}")


def _encode(text: str) -> str:
    return b64encode(text.encode()).decode("ascii")
