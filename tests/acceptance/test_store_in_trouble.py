"""A store that cannot be written: everybody hears it and tries again; nothing is half done."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from hub.api import health
from tests.fakes import twilio
from tests.hub import office
from tests.hub.office import Office


@pytest.fixture
async def hub(tmp_path: Path) -> AsyncIterator[Office]:
    config = office.CONFIG.replace("queues:", "  - {name: chat, kind: webchat}\nqueues:", 1)
    async with office.opened(tmp_path, config=config) as found:
        yield found


@contextmanager
def _locked(hub: Office) -> Iterator[None]:
    """Another process that holds the database."""
    path = hub.hub.settings.data / "hub.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")


async def test_a_locked_database_is_not_healthy(
    hub: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "WRITABLE_SECONDS", 0.2)
    async with hub.caller() as anybody:
        assert (await anybody.get("/healthz")).status == 200
        with _locked(hub):
            assert (await anybody.get("/healthz")).status == 503
        monkeypatch.undo()
        assert (await anybody.get("/healthz")).status == 200


async def test_what_comes_to_a_locked_database_is_kept_or_told_to_come_again(hub: Office) -> None:
    fields = twilio.sms("Hello")
    headers, body = twilio.signed(f"{hub.hub.settings.public_url}/in/sms", fields)
    async with hub.caller() as provider:
        socket = await provider.session.ws_connect(f"{hub.base}/chat/chat")
        await socket.send_json({"type": "hello"})
        assert (await socket.receive_json())["type"] == "hello"
        with _locked(hub):
            await socket.send_json({"type": "message", "id": "m1", "text": "Hi"})
            answer = await provider.call("POST", "/in/sms", data=body, headers=headers)
            assert answer.status == 200  # in the spool: this provider tries once
            error = await socket.receive_json()
        assert {**error, "retry_after": 0} == {
            "type": "error",
            "code": "busy",
            "field": "",
            "reason": "the hub cannot take it now, send it again soon",
            "id": "m1",
            "retry_after": 0,
        }
        await socket.send_json({"type": "message", "id": "m1", "text": "Hi"})
        assert (await socket.receive_json())["type"] == "ack"
        await socket.close()
        while hub.hub.spool.waiting:  # noqa: ASYNC110 - filed by itself
            await asyncio.sleep(0.02)
    async with hub.admin() as admin:
        counts = (await admin.get("ledger")).json
        assert {state: n for state, n in counts.items() if n} == {"stored": 2}
