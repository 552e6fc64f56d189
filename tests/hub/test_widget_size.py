"""The widget's one file stays small, and leaves nothing outside."""

from __future__ import annotations

import gzip

import pytest

from hub.sessions.static import WIDGET
from tests.conftest import unavailable

MOST = 15_000  # bytes, packed


@pytest.fixture
def script() -> str:
    if not WIDGET.exists():
        unavailable("widget", "not built: run make build")
    return WIDGET.read_text(encoding="utf-8")


def test_it_is_under_15_kb_packed(script: str) -> None:
    assert len(gzip.compress(script.encode(), 9)) < MOST


def test_it_is_one_classic_script_that_loads_nothing_else(script: str) -> None:
    assert script.startswith("(function(){")
    for word in ("import(", "cookie", "@import", "https://", "sessionStorage"):
        assert word not in script.replace("https?:", ""), word
