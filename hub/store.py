"""Opening the store with everything that belongs to it: finishers, key, check of the key."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from pathlib import Path

from hub.keys import SETTING, Keys, open_keys
from hub.settings import Settings
from storage import audit, events, last_moved, ledger_counts, search
from storage.db import Database

FINISHERS = (ledger_counts.flush_counts, last_moved.flush, search.flush, events.flush)
"""What each commit ends with; the event log last."""

log = logging.getLogger("hub.store")


@dataclass(frozen=True, slots=True)
class Store:
    """An open store and the keys to what is sealed in it."""

    db: Database
    keys: Keys
    blobs: Path
    """Folder of the blob store."""


async def open_store(settings: Settings, *, commit_delay: float = 0.0) -> Store:
    """Migrate and open. Raises KeyRefused, SchemaRefused, StoreUnavailable; hold the lock first."""
    settings.data.mkdir(parents=True, exist_ok=True)
    db = await Database.open(
        settings.database,
        finishers=FINISHERS,
        commit_delay=commit_delay,
    )
    try:
        root = await db.read(audit.setting, SETTING)
        keys, new_root = open_keys(settings, root)
        if new_root is not None:
            await db.write(audit.set_setting, SETTING, new_root)
    except BaseException:
        await db.close()
        raise
    return Store(db, keys, settings.data / "blobs")
