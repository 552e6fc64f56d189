"""A disk that is nearly full: nothing is taken in, and what is here goes on."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub import room
from hub.control import CommandRefused
from tests.hub.nights.held import CONFIG, running
from tests.hub.running import message

MAIL = b"From: ann@customer.example\r\nTo: help@acme.example\r\nSubject: Hi\r\n\r\nHello\r\n"


async def test_less_room_than_the_reserve_takes_nothing_in_and_loses_nothing(
    kinds: None, tmp_path: Path, db_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(room, "LOOK_EVERY", 0.0)
    free = [10_000_000_000]
    async with running(tmp_path, db_url, CONFIG, disk_reserve=1_000_000_000) as hub:
        hub.hub.room.free_bytes = lambda _folder: free[0]
        assert await hub.loop(message("hello", id="M1")) == 200
        free[0] = 999_000_000
        status, headers, text = await hub.post("loop", b"[]", {"X-Loopback": "yes"})
        assert (status, headers["Retry-After"]) == (503, "30")
        assert "nothing was done" in text
        async with hub.office.admin() as admin:
            assert (await admin.get("/healthz")).status == 503
            put = await admin.call("POST", "uploads?name=a.txt", data=b"text")
            assert put.status == 503
        with pytest.raises(CommandRefused, match="999 MB are free, 1000 MB are kept so"):
            await hub.office.run("receive-mail", MAIL, channel="mail")
        assert not (hub.hub.settings.data / "spool").exists()
        entry = await hub.reply((await hub.conversation()).id, "work goes on")
        await hub.until_delivered(entry, "sent")
        free[0] = 2_000_000_000
        assert await hub.loop(message("again", id="M2")) == 200
        assert await hub.ledger() == {"stored": 2}


def test_the_room_of_a_disk_is_asked_for_once_a_second(tmp_path: Path) -> None:
    asked: list[Path] = []

    def free(folder: Path) -> int:
        asked.append(folder)
        return 0

    found = room.Room([tmp_path], 1)
    found.free_bytes = free
    for _ in range(50):
        with pytest.raises(room.DiskShort, match="0 MB are free"):
            found.check()
    assert len(asked) == 1
    room.Room([tmp_path], 1).check()  # of a real one
