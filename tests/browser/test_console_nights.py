"""A hub on hold, as people see it: a bar on every page until it is released."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from playwright.async_api import Browser, expect

from connectors import registry
from storage.hold import SETTING, Held
from tests.browser.desk import PHONE, Desk, bubble, opened, row, show, write
from tests.fakes import loopback

pytestmark = [pytest.mark.browser, pytest.mark.asyncio(loop_scope="session")]

MADE = 1_790_000_000_000_000  # microseconds


@pytest_asyncio.fixture(loop_scope="session")
async def restored(
    browser: Browser, sqlite_template: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Desk]:
    """A desk over a store as a restore leaves it."""
    monkeypatch.setitem(registry.KINDS, loopback.KIND, loopback.WHERE)
    path = tmp_path / "hub.db"
    shutil.copyfile(sqlite_template, path)
    held = msgspec.json.encode(Held("restore", MADE + 1, MADE)).decode()
    with closing(sqlite3.connect(path)) as raw:
        raw.execute("INSERT INTO setting (name, value) VALUES (?, ?)", (SETTING, held))
        raw.commit()
    async with opened(browser, tmp_path, f"sqlite:///{path}") as found:
        yield found
    found.assert_clean()


async def test_a_hub_on_hold_says_so_on_every_page_until_it_is_released(
    restored: Desk, tmp_path: Path
) -> None:
    matter = await restored.conversation("Where is my parcel?")
    page = await restored.sign_in("ada")
    bar = page.get_by_test_id("hold")
    await expect(bar).to_contain_text("On hold.")
    await expect(bar).to_contain_text("Restored from a backup of")
    await expect(bar).to_contain_text("hub release")
    await show(page, "all")
    await row(page, matter).click()
    await write(page, "It is on its way.")
    await page.keyboard.press("Control+Enter")
    await expect(bubble(page, "It is on its way.")).to_be_visible()
    assert restored.twilio.sent == []
    await page.screenshot(path=tmp_path / "hold-light.png")

    far = await restored.sign_in(
        "ada", "/admin/ledger", viewport=PHONE, settings={"language": "fa", "theme": "dark"}
    )
    await expect(far.get_by_test_id("hold")).to_contain_text("متوقف")
    await expect(far.get_by_test_id("hold")).to_contain_text("۱ پیام در انتظار تصمیم شماست")
    await expect(far.get_by_test_id("retention")).to_contain_text("۹۰ روز")
    await far.screenshot(path=tmp_path / "hold-fa.png")
    await far.get_by_test_id("retention").scroll_into_view_if_needed()
    await far.screenshot(path=tmp_path / "kept-fa.png")

    done = await restored.hub.office.run("release", send="all")
    assert done["sent"] == 1
    await page.reload()
    await expect(bubble(page, "It is on its way.")).to_be_visible()
    await expect(bar).to_have_count(0)
    await restored.hub.until(lambda: _left(restored))


async def _left(desk: Desk) -> bool:
    return len(desk.twilio.sent) == 1
