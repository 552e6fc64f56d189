"""The file of a backup: a tar (POSIX pax) that any ``tar`` lists and unpacks.

Members, in this order::

    about.json     format, schema version, engine, time: what may be read before all is checked
    spool/NAME     requests that were acknowledged and not filed yet
    store.db       an SQLite database with the hub's schema, whatever engine it came from
    key            the hub's key, only where it was asked for
    blobs/SHA256   by name; each name is its checksum
    manifest.json  sizes and SHA-256 of the others, rows by table, number and bytes of the blobs

The manifest is the last, so a file that was cut off has none. Nothing is held whole in memory.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import tarfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import IO, Self

import msgspec

from storage.pace import NO_PACE, STEP, Pace

FORMAT = 1
ABOUT, STORE, KEY, MANIFEST = "about.json", "store.db", "key", "manifest.json"
SPOOL, BLOBS = "spool/", "blobs/"
CHUNK = 1024 * 1024  # bytes
SMALL = 16 * CHUNK  # bytes of a member that is read whole
MISSING_NAMED = 1_000


class ArchiveInvalid(Exception):
    """This file is no backup, or not a whole one. The message says what is wrong."""


class About(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup is of."""

    format: int
    program: str
    schema: int
    engine: str
    made_at: int
    """µs: everything committed before is in it."""
    hub: str = ""
    """The hub's name."""


class Sum(msgspec.Struct, frozen=True):
    """What a member must be."""

    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a whole backup holds."""

    about: About
    members: dict[str, Sum]
    """All but the blobs."""
    tables: dict[str, int]
    """Rows."""
    blobs: int
    blob_bytes: int
    blob_names: str
    """SHA-256 of their names, a line each."""
    missing: int = 0
    """Blobs whose files were gone when it was made."""
    missing_named: list[str] = []


class Tally:
    """Blobs as they go by: how many, how large, and one sum over their names."""

    def __init__(self) -> None:
        self.blobs = self.blob_bytes = 0
        self._names = hashlib.sha256()

    def add(self, sha256: str, size: int) -> None:
        """One more, in the order of the file."""
        self.blobs += 1
        self.blob_bytes += size
        self._names.update(f"{sha256}\n".encode())

    @property
    def names(self) -> str:
        """SHA-256 of the names, a line each."""
        return self._names.hexdigest()


class _Tar(tarfile.TarFile):
    """Remembers each member it has seen; we let it forget them, or a million blobs would stay."""

    members: list[tarfile.TarInfo]


# ---------------------------------------------------------------- writing


class Writer:
    """Writes ``path`` (0600), which exists only once it is whole and on disk. A context manager.

    Beside it stands ``path`` + ``.part``, locked as long as somebody writes it. Raises
    FileExistsError, BlockingIOError (another one is writing it), OSError.
    """

    def __init__(self, path: Path) -> None:
        if path.exists():
            raise FileExistsError(f"{path} exists already")
        self._path = path
        self._partial = path.with_name(path.name + ".part")
        self._file = os.fdopen(_taken(self._partial), "wb")
        self._tar = _Tar(fileobj=self._file, mode="w", format=tarfile.PAX_FORMAT)
        self.pace: Pace = NO_PACE
        self.members: dict[str, Sum] = {}
        self._tally = Tally()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._partial.unlink(missing_ok=True)  # first: whoever locks it then sees that it is gone
        self._file.close()

    def add(self, name: str, content: bytes) -> None:
        """A small member."""
        self.members[name] = self._put(name, _Bytes(content), len(content))
        self._file.flush()  # what is left of a killed one can be told from other people's files

    def add_file(self, name: str, path: Path) -> None:
        """A member from a file that nobody changes. Raises OSError."""
        with path.open("rb") as file:
            self.members[name] = self._put(name, file, os.fstat(file.fileno()).st_size)

    def add_blob(self, sha256: str, path: Path) -> bool:
        """A blob; False, and nothing is added: its file holds something else. Raises OSError."""
        before = self._tar.offset
        with path.open("rb") as file:
            found = self._put(BLOBS + sha256, file, os.fstat(file.fileno()).st_size)
        if found.sha256 != sha256:
            self._back_to(before)
            return False
        self._tally.add(sha256, found.size)
        return True

    def _back_to(self, offset: int) -> None:
        self._file.flush()
        self._file.seek(offset)
        self._file.truncate()
        self._tar.offset = offset

    def finish(
        self, about: About, tables: dict[str, int], missing: int, named: list[str]
    ) -> Manifest:
        """The manifest, and the name it was made under. Raises OSError."""
        manifest = Manifest(
            about=about,
            members=dict(self.members),
            tables=tables,
            blobs=self._tally.blobs,
            blob_bytes=self._tally.blob_bytes,
            blob_names=self._tally.names,
            missing=missing,
            missing_named=named[:MISSING_NAMED],
        )
        content = msgspec.json.encode(manifest)
        self._put(MANIFEST, _Bytes(content), len(content))
        self._tar.close()
        self._file.flush()
        os.fsync(self._file.fileno())
        self._become()
        folder = os.open(self._path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return manifest

    def _become(self) -> None:
        try:
            os.link(self._partial, self._path)  # never over one that came meanwhile
        except FileExistsError:
            raise
        except OSError:  # a file system without links
            self._partial.rename(self._path)

    def _put(self, name: str, file: IO[bytes] | _Bytes, size: int) -> Sum:
        info = tarfile.TarInfo(name)
        info.size = size
        info.mode = 0o600
        info.mtime = int(time.time())
        summed = _Summed(file, self._step)
        self._tar.addfile(info, summed)
        self._tar.members.clear()
        return Sum(size, summed.digest.hexdigest())

    def _step(self) -> None:
        self._file.flush()
        self.pace.step(self._file.fileno())


def _taken(path: Path) -> int:
    """An empty file of ours alone; what a killed backup left there goes. Raises BlockingIOError."""
    while True:
        number = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
            with suppress(FileNotFoundError):
                if os.path.samestat(path.stat(), os.fstat(number)):
                    os.truncate(number, 0)
                    return number
        except BaseException:
            os.close(number)
            raise
        os.close(number)  # its owner has just removed it


def abandoned(partial: Path) -> bool:
    """Whether this is what a killed backup has left: it begins as ours do, and nobody writes it."""
    with suppress(OSError), partial.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        return file.read(len(ABOUT) + 1) == f"{ABOUT}\0".encode()
    return False


class _Bytes:
    """Bytes to be read once."""

    def __init__(self, content: bytes) -> None:
        self._rest = memoryview(content)

    def read(self, size: int = -1) -> bytes:
        end = len(self._rest) if size < 0 else size
        found, self._rest = self._rest[:end], self._rest[end:]
        return bytes(found)


class _Summed:
    """A file that sums up what is read of it, and calls ``step`` now and then."""

    def __init__(self, file: IO[bytes] | _Bytes, step: Callable[[], None]) -> None:
        self._file = file
        self._step = step
        self._since = 0
        self.digest = hashlib.sha256()

    def read(self, size: int = -1) -> bytes:
        found = self._file.read(size)
        self.digest.update(found)
        self._since += len(found)
        if self._since >= STEP:
            self._since = 0
            self._step()
        return found


# ---------------------------------------------------------------- reading


class Member:
    """One member while it is at hand."""

    def __init__(self, name: str, size: int, file: IO[bytes]) -> None:
        self.name = name
        self.size = size
        self._file = file
        self._digest = hashlib.sha256()
        self._read = 0

    def chunks(self) -> Iterator[bytes]:
        """Its bytes. Raises ArchiveInvalid: there are fewer than the file says."""
        while self._read < self.size:
            try:
                chunk = self._file.read(min(CHUNK, self.size - self._read))
            except tarfile.ReadError:
                chunk = b""
            if not chunk:
                raise ArchiveInvalid(f"the file ends within {self.name}: it was cut off")
            self._digest.update(chunk)
            self._read += len(chunk)
            yield chunk

    def content(self) -> bytes:
        """All of a small one. Raises ArchiveInvalid."""
        if self.size > SMALL:
            raise ArchiveInvalid(f"{self.name} has {self.size} bytes: this is no backup")
        return b"".join(self.chunks())

    def sum(self) -> Sum:
        """Of what was read."""
        return Sum(self._read, self._digest.hexdigest())


def members(file: IO[bytes]) -> Iterator[Member]:
    """The members in their order, each to be read before the next. Raises ArchiveInvalid, OSError."""
    try:
        with _Tar(fileobj=file, mode="r") as tar:
            while (info := tar.next()) is not None:
                tar.members.clear()
                if not info.isreg():
                    raise ArchiveInvalid(f"{info.name} is not a plain file: this is no backup")
                opened = tar.extractfile(info)
                if opened is not None:  # of a plain file it never is
                    yield Member(info.name, info.size, opened)
    except tarfile.TarError as err:
        raise ArchiveInvalid(f"this is no backup, or it was cut off: {err}") from err


def read_about(member: Member) -> About:
    """What the first member says. Raises ArchiveInvalid."""
    if member.name != ABOUT:
        raise ArchiveInvalid("this is no backup: it does not begin with about.json")
    try:
        found = msgspec.json.decode(member.content(), type=About)
    except msgspec.DecodeError as err:
        raise ArchiveInvalid(f"about.json cannot be read: {err}") from err
    if found.format > FORMAT:
        raise ArchiveInvalid(
            f"the backup has format {found.format}, this program knows formats up to {FORMAT}: "
            "restore it with the newer program that wrote it"
        )
    return found


def read_manifest(member: Member) -> Manifest:
    """What the last member says. Raises ArchiveInvalid."""
    try:
        return msgspec.json.decode(member.content(), type=Manifest)
    except msgspec.DecodeError as err:
        raise ArchiveInvalid(f"manifest.json cannot be read: {err}") from err
