"""A hub with a mailbox behind it, on an IMAP server as strict as a real one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.fakes.imap_servers import ScriptedImap, scripted
from tests.hub.mailbox.mailroom import Mailroom


@pytest.fixture
async def server() -> AsyncIterator[ScriptedImap]:
    """An empty mailbox with a junk folder and a sent folder."""
    async with scripted() as fake:
        fake.folders.update({"Junk": {}, "Sent": {}})
        yield fake


@pytest.fixture
def mailroom(server: ScriptedImap, tmp_path: Path, sqlite_url: str) -> Mailroom:
    """Hubs over this mailbox, one after the other over the same store."""
    return Mailroom(server, tmp_path, sqlite_url)


@pytest.fixture
def each_engine(server: ScriptedImap, tmp_path: Path, db_url: str) -> Mailroom:
    """The same on each engine in turn, for what the store does with mails."""
    return Mailroom(server, tmp_path, db_url)
