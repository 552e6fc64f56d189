"""A copy of an SQLite database that is in use: page by page from one snapshot, then on disk.

SQLite's own backup interface (https://www.sqlite.org/backup.html): writers of a WAL go on meanwhile.
``VACUUM INTO`` would make the file smaller, but holds its snapshot several times as long, and so
lets the WAL grow for as long.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

from storage.pace import NO_PACE, Pace

PAGES = 256  # copied at once


def copy(source: sqlite3.Connection, target: Path, pace: Pace = NO_PACE) -> None:
    """Write what ``source`` holds now to ``target`` (0600), whole or not at all; replaces it.

    ``source`` must not be in a transaction. Raises sqlite3.Error, OSError.
    """
    number, name = tempfile.mkstemp(prefix=f"{target.name}.", suffix=".part", dir=target.parent)
    partial = Path(name)
    try:
        with closing(sqlite3.connect(partial, isolation_level=None)) as copied:
            copied.execute("PRAGMA synchronous=OFF")  # done here, now and then
            copied.execute("PRAGMA journal_mode=OFF")
            _pages(source, copied, lambda *_: pace.step(number, again=True))
            copied.execute("PRAGMA journal_mode=DELETE")  # one file, without a WAL beside it
        os.fsync(number)
        partial.replace(target)
        sync(target.parent)
    finally:
        os.close(number)
        partial.unlink(missing_ok=True)


def _pages(
    source: sqlite3.Connection,
    copied: sqlite3.Connection,
    progress: Callable[[int, int, int], None],
) -> None:
    """Copy in steps. The open read transaction holds them to one snapshot: without it each write of
    another connection would begin the copy anew."""
    source.execute("BEGIN")
    try:
        source.execute("SELECT COUNT(*) FROM sqlite_schema").fetchone()
        source.backup(copied, pages=PAGES, progress=progress)
    finally:
        source.execute("ROLLBACK")


def sync(path: Path) -> None:
    """Have a file, or the names in a folder, on disk. Raises OSError."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
