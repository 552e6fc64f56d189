"""A hub with mail, chat and a loopback channel that answers nothing by itself unless told."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.hub.answering import Post, answering

QUIET = "  - {id: rest, when: {}, then: {queue: general}}"
CHANNELS = "  - {name: chat, kind: webchat}"


@pytest.fixture
async def post(loopback_kind: None, tmp_path: Path, sqlite_url: str) -> AsyncIterator[Post]:
    """On SQLite."""
    async with answering(tmp_path, sqlite_url, channels=CHANNELS, rules=QUIET) as found:
        yield found


@pytest.fixture
async def either(loopback_kind: None, tmp_path: Path, db_url: str) -> AsyncIterator[Post]:
    """On each engine in turn."""
    async with answering(tmp_path, db_url, channels=CHANNELS, rules=QUIET) as found:
        yield found
