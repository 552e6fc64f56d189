"""One folder, one server: the lock on ``HUB_DATA``, held while a process has the store open."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType


class FolderHeld(Exception):
    """Another process has the folder; ``by`` is what it says of itself."""

    def __init__(self, folder: Path, by: str) -> None:
        super().__init__(f"{folder} is in use by {by or 'another process'}")
        self.by = by


class FolderLock:
    """An flock on ``hub.lock``: it ends with the process, however that ends."""

    def __init__(self, path: Path, *, by: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            said = os.pread(self._file, 500, 0).decode("utf-8", "replace").strip()
            os.close(self._file)
            raise FolderHeld(path.parent, said) from None
        self.say(by)

    def say(self, by: str) -> None:
        """What a second one is told: an address, once it is known."""
        os.ftruncate(self._file, 0)
        os.pwrite(self._file, by.encode() + b"\n", 0)

    def close(self) -> None:
        """Let it go."""
        os.ftruncate(self._file, 0)
        os.close(self._file)

    def __enter__(self) -> FolderLock:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()


def wait_for(path: Path, *, by: str, seconds: float) -> FolderLock:
    """The lock, waiting a little for a command that is about to end. Raises FolderHeld."""
    end = time.monotonic() + seconds
    while True:
        try:
            return FolderLock(path, by=by)
        except FolderHeld:
            if time.monotonic() >= end:
                raise
            time.sleep(0.05)


@contextmanager
def short_path(path: Path) -> Iterator[str]:
    """A name for a socket's path that fits: ``sun_path`` has room for 107 bytes."""
    if len(os.fsencode(path)) < 100:
        yield str(path)
        return
    folder = os.open(path.parent, os.O_RDONLY | os.O_DIRECTORY)
    try:
        yield f"/proc/self/fd/{folder}/{path.name}"
    finally:
        os.close(folder)
