"""What a file is, by its first bytes: only four kinds of picture are ever shown in place."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

_STARTS = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


def image(start: bytes) -> str | None:
    """The media type of a PNG, JPEG, GIF or WebP; None for anything else. 12 bytes are enough."""
    if start[:4] == b"RIFF" and start[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for magic, kind in _STARTS if start.startswith(magic)), None)


async def image_file(path: Path) -> str | None:
    """``image`` of a file; None too if it cannot be read."""
    try:
        return image(await asyncio.to_thread(_start, path))
    except OSError:
        return None


def _start(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(12)


async def peeked(chunks: AsyncIterator[bytes]) -> tuple[bytes, AsyncIterator[bytes]]:
    """The first bytes of a stream, and the whole stream again."""
    first = b""
    async for chunk in chunks:
        first += chunk
        if len(first) >= 12:
            break

    async def whole() -> AsyncIterator[bytes]:
        if first:
            yield first
        async for chunk in chunks:
            yield chunk

    return first[:12], whole()
