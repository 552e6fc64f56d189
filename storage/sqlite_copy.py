"""A copy of an SQLite database that is in use: page by page from one snapshot, then on disk.

SQLite's own backup interface in one step (https://www.sqlite.org/backup.html): writers of a WAL go
on meanwhile. ``VACUUM INTO`` would make the file smaller, but holds its snapshot several times as
long, and so lets the WAL grow for as long.
"""

from __future__ import annotations

import os
import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path


def copy(source: sqlite3.Connection, target: Path) -> None:
    """Write what ``source`` holds now to ``target`` (0600), whole or not at all; replaces it.

    ``source`` must not be in a transaction. Raises sqlite3.Error, OSError.
    """
    number, name = tempfile.mkstemp(prefix=f"{target.name}.", suffix=".part", dir=target.parent)
    os.close(number)
    partial = Path(name)
    try:
        with closing(sqlite3.connect(partial, isolation_level=None)) as copied:
            copied.execute("PRAGMA synchronous=OFF")  # fsynced below, once
            source.backup(copied)
            copied.execute("PRAGMA journal_mode=DELETE")  # one file, without a WAL beside it
        sync(partial)
        partial.replace(target)
        sync(target.parent)
    finally:
        partial.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Have a file, or the names in a folder, on disk. Raises OSError."""
    number = os.open(path, os.O_RDONLY)
    try:
        os.fsync(number)
    finally:
        os.close(number)
