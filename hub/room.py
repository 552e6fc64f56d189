"""Whether the disks have room: below a reserve nothing is taken in, so that the database never
meets a full disk in the middle of its work."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from storage.errors import StoreUnavailable

if TYPE_CHECKING:
    from hub.settings import Settings

LOOK_EVERY = 1.0  # seconds

_log = logging.getLogger(__name__)


class DiskShort(StoreUnavailable):
    """Less room than the reserve: nothing was taken; an admin has to make room."""

    retry_after = timedelta(seconds=30)


class Room:
    """The room on the disks of ``folders``. ``reserve`` is in bytes."""

    def __init__(self, folders: Sequence[Path], reserve: int) -> None:
        self._folders = tuple(folders)
        self._reserve = reserve
        self._looked = float("-inf")
        self._short = ""
        self.free_bytes: Callable[[Path], int] = _free

    def check(self) -> None:
        """Raises DiskShort. Costs a look at the clock; the disks are asked once a second."""
        now = time.monotonic()
        if now - self._looked >= LOOK_EVERY:
            self._looked = now
            self._look()
        if self._short:
            raise DiskShort(self._short)

    def _look(self) -> None:
        words = ""
        for folder in self._folders:
            free = self.free_bytes(folder)
            if free < self._reserve:
                kept = self._reserve // 1_000_000
                words = f"{folder}: {free // 1_000_000} MB are free, {kept} MB are kept so"
                break
        if bool(words) != bool(self._short):
            if words:
                _log.error("the disk is nearly full, nothing is taken in: %s", words)
            else:
                _log.warning("the disk has room again")
        self._short = words


def of(settings: Settings) -> Room:
    """The room of a hub: where its files are, and its database if that is a file."""
    folders = [settings.data]
    if settings.database.startswith("sqlite:///"):
        folders.append(Path(settings.database.removeprefix("sqlite:///")).parent)
    return Room(folders, settings.disk_reserve)


def _free(folder: Path) -> int:
    found = os.statvfs(folder)
    return found.f_bavail * found.f_frsize
