"""A running hub for the tests of its parts, on both engines."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from connectors import registry
from tests.fakes import loopback
from tests.fakes.twilio import FakeTwilio
from tests.hub.running import Running, running


@pytest.fixture
def loopback_kind(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make ``kind: loopback`` known, with nothing sent yet."""
    monkeypatch.setitem(registry.KINDS, loopback.KIND, loopback.WHERE)
    loopback.PROVIDERS.clear()


@pytest.fixture
async def twilio() -> AsyncIterator[FakeTwilio]:
    """Twilio on loopback."""
    async with FakeTwilio() as fake:
        yield fake


@pytest.fixture
async def hub(
    loopback_kind: None, twilio: FakeTwilio, tmp_path: Path, db_url: str
) -> AsyncIterator[Running]:
    """A hub that runs, with the channels, queues and agents of ``running.config``."""
    async with running(tmp_path, db_url, twilio) as office:
        yield office
