"""Where a connector's tokens are kept between two starts: sealed, in a row beside its channel."""

from __future__ import annotations

import logging
from datetime import datetime
from typing import TYPE_CHECKING

from connectors.contract import Unavailable
from hub import clock
from storage import tokens
from storage.errors import StoreUnavailable
from storage.views import micros

if TYPE_CHECKING:
    from hub.keys import Keys
    from storage.db import Database

_log = logging.getLogger(__name__)


class ChannelMemory:
    """``contract.Memory`` of one channel."""

    def __init__(self, db: Database, keys: Keys, channel: int) -> None:
        self._db = db
        self._keys = keys
        self._channel = channel

    async def recall(self) -> str | None:
        """The text kept last. Raises Unavailable."""
        try:
            row = await self._db.read(tokens.get, self._channel)
        except StoreUnavailable as err:
            raise Unavailable(f"the store cannot be read: {err}") from err
        return self._keys.decrypt(row["sealed"]) if row is not None and row["sealed"] else None

    async def keep(
        self, text: str, *, expires_at: datetime | None, refresh_expires_at: datetime | None
    ) -> None:
        """Keep it, sealed. Raises Unavailable."""
        try:
            await self._db.write(
                tokens.keep,
                self._channel,
                self._keys.encrypt(text),
                expires_at=_time(expires_at),
                refresh_expires_at=_time(refresh_expires_at),
                now=clock.now(),
            )
        except StoreUnavailable as err:
            raise Unavailable(f"the store cannot be written: {err}") from err

    async def trouble(self, words: str) -> None:
        """Show that it could not be renewed."""
        try:
            await self._db.write(tokens.trouble, self._channel, words, clock.now())
        except StoreUnavailable as err:
            _log.warning("trouble with a token cannot be written down: %s", err)


def _time(moment: datetime | None) -> int | None:
    return None if moment is None else micros(moment)
