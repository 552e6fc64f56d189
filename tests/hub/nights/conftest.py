"""Channels that exist only here."""

from __future__ import annotations

import pytest

from connectors import registry
from tests.hub.nights import held


@pytest.fixture
def kinds(loopback_kind: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """``kind: loopback`` and ``kind: fetching``."""
    monkeypatch.setitem(registry.KINDS, held.KIND, held.WHERE)
    held.Fetching.asked.clear()
