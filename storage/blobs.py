"""Blobs: files by the SHA-256 of their content, in a local folder. Their rows are the truth.

A blob is written to ``tmp/``, fsynced, renamed, its folder fsynced; *then* the caller commits its
row (``keep``). So a row without a file is an alarm, shown as "missing" and never a crash, and a
file without a row is what a crash left behind: the sweep removes it after a day.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging
import os
import re
import tempfile
import threading
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext, suppress
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import IO, TYPE_CHECKING, Self

from storage.errors import StoreError, StoreUnavailable

if TYPE_CHECKING:
    from storage.db import Database, Tx

CHUNK = 256 * 1024  # bytes
KEEP_STRAYS = timedelta(hours=24)

_NAME = re.compile(r"[0-9a-f]{64}")
_log = logging.getLogger(__name__)


class BlobMissing(StoreError):
    """The row is there, the file is not: an alarm. Say "missing" to whoever asked."""


class BlobTooLarge(StoreError):
    """More bytes came than the caller allowed; nothing is kept."""


@dataclass(frozen=True, slots=True)
class Blob:
    """A file on disk, durable; its row is the caller's to commit."""

    sha256: str
    size: int
    """Bytes."""


def keep(tx: Tx, blob: Blob, *, type: str, now: int) -> None:
    """The row that keeps a blob's file: in the transaction that refers to it."""
    tx.run(
        """
        INSERT INTO blob (sha256, size, type, created_at) VALUES (:sha256, :size, :type, :now)
        ON CONFLICT (sha256) DO NOTHING
        """,
        sha256=blob.sha256,
        size=blob.size,
        type=type,
        now=now,
    )


class Blobs:
    """A folder of blobs. Disk work runs in threads; a full disk is StoreUnavailable."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._tmp = folder / "tmp"
        self._tmp.mkdir(parents=True, exist_ok=True)
        _sync_folder(folder)
        _sync_folder(folder.parent)
        self._lock = threading.Lock()  # between taking a file up again and sweeping it away
        self._alarmed: set[str] = set()
        self.room: Callable[[], None] = lambda: None
        """Raises StoreUnavailable where nothing more may be put."""
        self.may_go: Callable[[], AbstractContextManager[bool]] = lambda: nullcontext(True)
        """Whether files may be swept away, and while it is asked: nobody begins to copy them."""

    @property
    def missing(self) -> int:
        """Blobs that were asked for and whose file is gone, since start."""
        return len(self._alarmed)

    async def put(self, content: bytes | AsyncIterable[bytes], *, cap: int | None = None) -> Blob:
        """Write a blob; when this returns it is durable. ``cap`` is in bytes.

        Raises BlobTooLarge, StoreUnavailable (disk), and whatever ``content`` raises.
        """
        self.room()
        if isinstance(content, bytes):
            if cap is not None and len(content) > cap:
                raise BlobTooLarge(f"more than {cap} bytes")
            return await asyncio.to_thread(self.put_bytes, content)
        return await self._put_stream(content, cap)

    def put_bytes(self, content: bytes) -> Blob:
        """``put`` for a thread. Raises StoreUnavailable."""
        blob = Blob(hashlib.sha256(content).hexdigest(), len(content))
        with _disk():
            if not self._take_up(blob):
                with _Temporary(self._tmp) as temporary:
                    temporary.write(content)
                    self._settle(temporary, blob)
        return blob

    async def _put_stream(self, chunks: AsyncIterable[bytes], cap: int | None) -> Blob:
        size = 0
        buffer = bytearray()
        with _disk():
            temporary = _Temporary(self._tmp)
        with temporary:
            async for chunk in chunks:
                size += len(chunk)
                if cap is not None and size > cap:
                    raise BlobTooLarge(f"more than {cap} bytes")
                buffer += chunk
                if len(buffer) >= CHUNK:
                    await asyncio.to_thread(temporary.write, bytes(buffer))
                    buffer.clear()
            return await asyncio.to_thread(self._last, temporary, bytes(buffer))

    def _last(self, temporary: _Temporary, content: bytes) -> Blob:
        temporary.write(content)
        blob = temporary.blob()
        with _disk():
            self._settle(temporary, blob)
        return blob

    def path(self, sha256: str) -> Path | None:
        """The file, to be streamed out; None if it is missing (logged and counted)."""
        path = self._path(sha256)
        if path.is_file():
            return path
        self._alarm(sha256)
        return None

    async def read(self, sha256: str) -> bytes:
        """All of it. Raises BlobMissing, StoreUnavailable."""
        return await asyncio.to_thread(self.read_bytes, sha256)

    def read_bytes(self, sha256: str) -> bytes:
        """``read`` for a thread. Raises BlobMissing, StoreUnavailable."""
        with self._opened(sha256) as file:
            return _read(file, -1)

    async def stream(self, sha256: str) -> AsyncGenerator[bytes, None]:
        """Its bytes in chunks; use under ``aclosing``. Raises BlobMissing, StoreUnavailable."""
        with self._opened(sha256) as file:
            while chunk := await asyncio.to_thread(_read, file):
                yield chunk

    async def sweep(self, db: Database, *, now: int) -> int:
        """Remove files that no row keeps and nobody touched for a day; how many they were.

        ``now`` is in microseconds. A store with many blobs is read a folder (1/256) at a time.
        """
        before = now / 1_000_000 - KEEP_STRAYS.total_seconds()
        removed = await asyncio.to_thread(self._remove, _old(self._tmp, before), before)
        for number in range(256):
            prefix = f"{number:02x}"
            old = await asyncio.to_thread(_old, self._folder / prefix, before)
            if old:
                known = await db.read(_known, prefix)
                strays = [path for path in old if path.name not in known]
                removed += await asyncio.to_thread(self._remove, strays, before)
        return removed

    # ---------------------------------------------------------------- files

    def _path(self, sha256: str) -> Path:
        return path_in(self._folder, sha256)

    def _take_up(self, blob: Blob) -> bool:
        """If we have the file already, make it new again, so that no sweep takes it."""
        path = self._path(blob.sha256)
        with self._lock:
            try:
                if path.stat().st_size != blob.size:
                    return False
                os.utime(path)
            except FileNotFoundError:
                return False
        return True

    def _settle(self, temporary: _Temporary, blob: Blob) -> None:
        """Make a temporary file the blob, durably."""
        if self._take_up(blob):
            return
        path = self._path(blob.sha256)
        if not path.parent.is_dir():
            path.parent.mkdir(exist_ok=True)
            _sync_folder(self._folder)
        temporary.become(path)
        _sync_folder(path.parent)

    @contextmanager
    def _opened(self, sha256: str) -> Iterator[IO[bytes]]:
        path = self._path(sha256)
        try:
            with _disk(FileNotFoundError):
                file = path.open("rb")
        except FileNotFoundError:
            self._alarm(sha256)
            raise BlobMissing(f"the file of blob {sha256} is missing") from None
        with file:
            yield file

    def _alarm(self, sha256: str) -> None:
        if sha256 not in self._alarmed:
            self._alarmed.add(sha256)
            _log.error("blob %s has no file", sha256)

    def _remove(self, paths: list[Path], before: float) -> int:
        removed = 0
        with self.may_go() as free:
            for path in paths if free else ():
                with self._lock, suppress(FileNotFoundError):
                    if path.stat().st_mtime < before:
                        path.unlink()
                        removed += 1
        return removed


class _Temporary:
    """A file in ``tmp/``: becomes a blob, or is gone afterwards."""

    def __init__(self, folder: Path) -> None:
        number, name = tempfile.mkstemp(dir=folder)
        self._file = os.fdopen(number, "wb")
        self._path = Path(name)
        self._gone = False
        self._digest = hashlib.sha256()
        self._size = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        with suppress(OSError):
            self._file.close()
        if not self._gone:
            self._path.unlink(missing_ok=True)

    def write(self, content: bytes) -> None:
        with _disk():
            self._file.write(content)
        self._digest.update(content)
        self._size += len(content)

    def blob(self) -> Blob:
        return Blob(self._digest.hexdigest(), self._size)

    def become(self, path: Path) -> None:
        self._file.flush()
        os.fsync(self._file.fileno())
        self._path.replace(path)
        self._gone = True


def path_in(folder: Path, sha256: str) -> Path:
    """Where a blob's file is. Raises ValueError."""
    if not _NAME.fullmatch(sha256):
        raise ValueError("not a SHA-256 in hexadecimal")
    return folder / sha256[:2] / sha256


def _read(file: IO[bytes], size: int = CHUNK) -> bytes:
    with _disk():
        return file.read(size)


def _known(tx: Tx, prefix: str) -> set[str]:
    rows = tx.all(
        "SELECT sha256 FROM blob WHERE sha256 >= :low AND sha256 <= :high",
        low=prefix,
        high=prefix + "g",  # after every hexadecimal digit
    )
    return {row["sha256"] for row in rows}


def _old(folder: Path, before: float) -> list[Path]:
    """The folder's files that were not touched since ``before`` (seconds since 1970)."""
    try:
        with os.scandir(folder) as entries:
            return [Path(entry.path) for entry in entries if entry.stat().st_mtime < before]
    except FileNotFoundError:
        return []


def _sync_folder(folder: Path) -> None:
    number = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(number)
    finally:
        os.close(number)


@contextmanager
def _disk(*but: type[OSError]) -> Iterator[None]:
    """A disk that is full or broken is a store that is not available."""
    try:
        yield
    except but:
        raise
    except OSError as error:
        raise StoreUnavailable(f"blobs: {error.strerror}") from error
