"""One Chromium for all browser tests, and a fresh hub with an office for each test of the console."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from playwright.async_api import Browser, async_playwright, expect

from connectors import registry
from connectors.webchat import Settings, WebChat
from hub.console import DIST
from hub.sessions.static import WIDGET
from tests.browser import chromium
from tests.browser.desk import Desk, opened
from tests.browser.shop import Site
from tests.conftest import unavailable
from tests.fakes import loopback
from tests.fakes.chat_backend import ChatBackend, environment


@pytest_asyncio.fixture(scope="session", loop_scope="session")
async def browser() -> AsyncIterator[Browser]:
    """The system's Chromium, started once."""
    path = chromium.find()
    if path is None:
        unavailable("browser", "chromium is not installed")
    if not WIDGET.is_file() or not (DIST / "index.html").is_file():
        unavailable("browser", "console and widget are not built: run make build")
    expect.set_options(timeout=30_000)  # a busy machine is no failure
    async with async_playwright() as playwright:
        started = await chromium.launch(playwright, path)
        yield started
        await started.close()


@pytest_asyncio.fixture(loop_scope="session")
async def desk(
    browser: Browser, sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Desk]:
    """A running hub, and people at its screens; what they saw go wrong fails the test."""
    monkeypatch.setitem(registry.KINDS, loopback.KIND, loopback.WHERE)
    loopback.PROVIDERS.clear()
    shutil.copyfile(sqlite_template, tmp_path / "hub.db")
    async with opened(browser, tmp_path, f"sqlite:///{tmp_path / 'hub.db'}") as found:
        yield found
    found.assert_clean()


@pytest_asyncio.fixture(loop_scope="session")
async def site(browser: Browser) -> AsyncIterator[Callable[..., Any]]:
    """site(**settings) -> Site; no page of it may have thrown."""
    sites: list[Site] = []

    async def begin(**fields: Any) -> Site:
        connector = WebChat(Settings(origins=("127.0.0.1",), **fields), environment())
        made = Site(browser, connector, ChatBackend(connector))
        sites.append(made)
        await made.start()
        return made

    yield begin
    for made in sites:
        await made.stop()
        assert made.errors == []
