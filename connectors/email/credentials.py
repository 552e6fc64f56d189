"""What a mailbox is opened with: a password or token that stands in the settings, or one that is
renewed (``oauth_tokens``)."""

from __future__ import annotations

from typing import Protocol

from connectors.secret import Secret


class Credentials(Protocol):
    """Where a login takes its password or access token from."""

    async def secret(self, refused: str = "") -> str:
        """The password or token to use now. ``refused``: one that the server did not take.

        After a refusal the same text may come again: there is no other. Raises Unauthorized,
        Unavailable.
        """


class Fixed:
    """What stands in the settings."""

    def __init__(self, secret: Secret) -> None:
        self._secret = secret

    async def secret(self, refused: str = "") -> str:
        """It, whatever the server thought of it."""
        del refused
        return self._secret.reveal()
