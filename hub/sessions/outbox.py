"""The frames waiting for one browser: bounded, so that a slow one cannot fill the hub."""

from __future__ import annotations

import asyncio
from collections import deque

FRAMES = 1_000
BYTES = 1_000_000


class Outbox:
    """A queue of encoded frames for one writer."""

    def __init__(self, frames: int = FRAMES, size: int = BYTES) -> None:
        self._most_frames = frames
        self._most_bytes = size
        self._frames: deque[bytes] = deque()
        self._bytes = 0
        self._filled = asyncio.Event()
        self._roomy = asyncio.Event()
        self._roomy.set()

    def put(self, frame: bytes) -> bool:
        """False: it is full, and this frame was not taken."""
        if len(self._frames) >= self._most_frames:
            return False
        if self._frames and self._bytes + len(frame) > self._most_bytes:
            return False
        self._frames.append(frame)
        self._bytes += len(frame)
        self._filled.set()
        if self.crowded:
            self._roomy.clear()
        return True

    @property
    def crowded(self) -> bool:
        """A quarter full: what can be left out is, and what can wait does."""
        return len(self._frames) * 4 > self._most_frames or self._bytes * 4 > self._most_bytes

    async def room(self) -> None:
        """Wait until it is no longer crowded."""
        await self._roomy.wait()

    async def get(self) -> bytes:
        """The next frame. One reader only."""
        while not self._frames:
            self._filled.clear()
            await self._filled.wait()
        frame = self._frames.popleft()
        self._bytes -= len(frame)
        if not self.crowded:
            self._roomy.set()
        return frame
