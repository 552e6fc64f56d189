"""The log of what is not taken: bounded in rows and in rate, and the counts hold all the same."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from hub import intake
from tests.hub.nights.held import CONFIG, running


async def test_a_flood_of_forged_requests_is_counted_and_hardly_logged(
    kinds: None, tmp_path: Path, db_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "REJECTIONS", 5)
    monkeypatch.setattr(intake, "REJECTIONS_PER_SECOND", 0.0001)
    async with running(tmp_path, db_url, CONFIG) as hub:
        answers = await asyncio.gather(*(hub.post("loop", b"[]", {}) for _ in range(30)))
        assert {status for status, _, _ in answers} == {401}
        mail, _, _ = await hub.post("mail", b"x", {"Content-Type": "message/rfc822"})
        assert mail == 401
        assert await hub.ledger() == {"rejected": 31}
        rows = await hub.rows("SELECT channel FROM raw_event WHERE state = 'rejected'")
        assert len(rows) == 5 + 1  # the other channel's log is its own
        assert await hub.value("SELECT COUNT(*) FROM raw_request") == 6
