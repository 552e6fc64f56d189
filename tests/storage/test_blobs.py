"""Blobs: durable before their row, one file a content, a missing one never a crash."""

from __future__ import annotations

import asyncio
import hashlib
import os
import time
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing
from pathlib import Path

import pytest

from storage import blobs
from storage.blobs import BlobMissing, Blobs, BlobTooLarge
from storage.db import Database, StoreUnavailable

CONTENT = bytes(range(256)) * 4096  # 1 MB
NAME = hashlib.sha256(CONTENT).hexdigest()
DAY = 24 * 3600


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where the blobs are."""
    return tmp_path / "blobs"


@pytest.fixture
def store(folder: Path) -> Blobs:
    """An empty blob store."""
    return Blobs(folder)


async def stream(chunks: Iterable[bytes], error: Exception | None = None) -> AsyncIterator[bytes]:
    """Chunks as they come from a network."""
    for chunk in chunks:
        yield chunk
    if error is not None:
        raise error


def files(folder: Path) -> set[str]:
    """Every file under the folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def make_old(folder: Path) -> None:
    """As if written two days ago."""
    then = time.time() - 2 * DAY
    for name in files(folder):
        os.utime(folder / name, (then, then))


async def test_what_is_put_can_be_read(store: Blobs, folder: Path) -> None:
    blob = await store.put(CONTENT)
    assert (blob.sha256, blob.size) == (NAME, len(CONTENT))
    assert files(folder) == {f"{NAME[:2]}/{NAME}"}
    assert await store.read(NAME) == CONTENT
    assert store.path(NAME) == folder / NAME[:2] / NAME
    async with aclosing(store.stream(NAME)) as chunks:
        assert b"".join([chunk async for chunk in chunks]) == CONTENT


@pytest.mark.parametrize("size", [1, 1000, len(CONTENT)])
async def test_a_stream_becomes_the_same_blob(store: Blobs, folder: Path, size: int) -> None:
    parts = [CONTENT[i : i + size] for i in range(0, len(CONTENT), size)][:3000]
    blob = await store.put(stream(parts))
    whole = b"".join(parts)
    assert (blob.sha256, blob.size) == (hashlib.sha256(whole).hexdigest(), len(whole))
    assert await store.read(blob.sha256) == whole
    assert len(files(folder)) == 1


async def test_nothing_is_a_blob_too(store: Blobs) -> None:
    blob = await store.put(stream([]))
    assert blob == await store.put(b"")
    assert await store.read(blob.sha256) == b""


async def test_the_same_content_is_one_file(store: Blobs, folder: Path) -> None:
    await asyncio.gather(
        *(store.put(CONTENT) for _ in range(5)), *(store.put(stream([CONTENT])) for _ in range(5))
    )
    assert files(folder) == {f"{NAME[:2]}/{NAME}"}


async def test_a_cut_file_is_written_again(store: Blobs, folder: Path) -> None:
    await store.put(CONTENT)
    (folder / NAME[:2] / NAME).write_bytes(b"half")
    await store.put(CONTENT)
    assert await store.read(NAME) == CONTENT


async def test_too_much_is_refused_while_it_comes(store: Blobs, folder: Path) -> None:
    with pytest.raises(BlobTooLarge):
        await store.put(CONTENT, cap=len(CONTENT) - 1)

    async def endless() -> AsyncIterator[bytes]:
        while True:
            yield bytes(1000)

    with pytest.raises(BlobTooLarge):
        await store.put(endless(), cap=100_000)
    assert (await store.put(stream([CONTENT]), cap=len(CONTENT))).size == len(CONTENT)
    assert len(files(folder)) == 1


async def test_a_cut_stream_leaves_nothing(store: Blobs, folder: Path) -> None:
    with pytest.raises(ConnectionResetError):
        await store.put(stream([CONTENT], ConnectionResetError()))
    assert files(folder) == set()


async def test_a_missing_file_is_an_alarm_and_no_crash(
    store: Blobs, caplog: pytest.LogCaptureFixture
) -> None:
    assert store.path(NAME) is None
    with pytest.raises(BlobMissing):
        await store.read(NAME)
    with pytest.raises(BlobMissing):
        async with aclosing(store.stream(NAME)) as chunks:
            await anext(chunks)
    assert store.missing == 1
    assert caplog.text.count("has no file") == 1


@pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, NAME + "\n", NAME[:63]])
def test_only_a_digest_is_a_name(store: Blobs, name: str) -> None:
    with pytest.raises(ValueError, match="SHA-256"):
        store.path(name)


async def test_a_broken_disk_is_unavailable(
    store: Blobs, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(StoreUnavailable, match="No space left"):
        await store.put(CONTENT)
    with pytest.raises(StoreUnavailable, match="No space left"):
        await store.put(stream([CONTENT]))
    assert files(folder) == set()


async def test_the_file_is_durable_before_it_has_its_name(
    store: Blobs, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    steps: list[str] = []
    fsync, replace = os.fsync, Path.replace

    def sync(number: int) -> None:
        path = Path(os.readlink(f"/proc/self/fd/{number}"))
        steps.append("sync " + ("file" if path.is_file() else str(path.relative_to(folder))))
        fsync(number)

    def rename(path: Path, target: Path) -> Path:
        steps.append("rename")
        return replace(path, target)

    monkeypatch.setattr(os, "fsync", sync)
    monkeypatch.setattr(Path, "replace", rename)
    await store.put(CONTENT)
    assert steps == ["sync .", "sync file", "rename", f"sync {NAME[:2]}"]


async def test_the_sweep_removes_old_strays_only(db: Database, store: Blobs, folder: Path) -> None:
    now = time.time_ns() // 1000
    kept = await store.put(b"kept")
    await db.write(blobs.keep, kept, type="text/plain", now=now)
    await db.write(blobs.keep, kept, type="text/plain", now=now)
    await store.put(b"stray")
    taken_up = await store.put(b"taken up again")
    (folder / "tmp" / "left").write_bytes(b"by a crash")
    assert await store.sweep(db, now=now) == 0
    make_old(folder)
    await store.put(b"young")
    assert await store.put(b"taken up again") == taken_up
    assert await store.sweep(db, now=now) == 2
    assert await store.read(kept.sha256) == b"kept"
    assert await store.read(taken_up.sha256) == b"taken up again"
    assert len(files(folder)) == 3
