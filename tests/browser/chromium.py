"""Where Chromium is, and how it is started."""

from __future__ import annotations

import shutil

from playwright.async_api import Browser, Playwright

FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def find() -> str | None:
    """The system's Chromium, if there is one."""
    return shutil.which("chromium") or shutil.which("chromium-browser")


async def launch(playwright: Playwright, path: str) -> Browser:
    """Start it without a window."""
    return await playwright.chromium.launch(executable_path=path, args=FLAGS)
