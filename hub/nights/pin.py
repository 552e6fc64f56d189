"""Blob files that a backup is reading are not swept away: a lock beside them, across processes."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAME = "backup.lock"


@contextmanager
def pinned(data: Path) -> Iterator[None]:
    """No blob file goes meanwhile; several may pin. Waits for a sweep to end a part of its work."""
    with _opened(data) as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield


@contextmanager
def unpinned(data: Path) -> Iterator[bool]:
    """Whether blob files may go; while the block runs nobody begins a backup."""
    with _opened(data) as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            yield False
        else:
            yield True


@contextmanager
def _opened(data: Path) -> Iterator[int]:
    file = os.open(data / NAME, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        yield file
    finally:
        os.close(file)
