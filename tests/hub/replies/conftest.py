"""A hub with three mailboxes on two domains: help@acme.example, sales@acme.example, shop.example."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.fakes.twilio import FakeTwilio
from tests.hub.replies.desk import Mailboxes, opened


@pytest.fixture
async def boxes(
    loopback_kind: None, twilio: FakeTwilio, tmp_path: Path, db_url: str
) -> AsyncIterator[Mailboxes]:
    """On each engine in turn."""
    async with opened(tmp_path, db_url, twilio) as found:
        yield found


@pytest.fixture
async def lite(
    loopback_kind: None, twilio: FakeTwilio, tmp_path: Path, sqlite_url: str
) -> AsyncIterator[Mailboxes]:
    """On SQLite."""
    async with opened(tmp_path, sqlite_url, twilio) as found:
        yield found


@pytest.fixture
async def served(
    loopback_kind: None,
    twilio: FakeTwilio,
    tmp_path: Path,
    postgres_url: str,
) -> AsyncIterator[tuple[Mailboxes, Callable[[], str]]]:
    """On PostgreSQL, with the store's URL for another writer."""
    async with opened(tmp_path, postgres_url, twilio) as found:
        yield found, lambda: postgres_url
