"""An agent's answer by REST, as the provider gets it and as the timeline tells it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import twilio as fake
from tests.fakes.twilio import Failure, FakeTwilio
from tests.hub import office
from tests.hub.office import Caller, Office

CONFIG = office.CONFIG.replace(
    'number: "+12025550123"',
    'number: "+12025550123", sends_per_second: 1000, api_base: "{url}"',
)


@pytest.fixture
async def twilio() -> AsyncIterator[FakeTwilio]:
    async with FakeTwilio() as running:
        yield running


@pytest.fixture
async def hub(tmp_path: Path, twilio: FakeTwilio) -> AsyncIterator[Office]:
    config = CONFIG.replace("{url}", twilio.url)
    async with office.opened(tmp_path, config=config) as found:
        yield found


async def _until(look: Callable[[], Awaitable[Any]]) -> Any:
    async with asyncio.timeout(30):
        while True:
            if found := await look():
                return found
            await asyncio.sleep(0.01)


async def _answer(one: Caller) -> dict[str, Any]:
    (matter,) = (await one.get("conversations")).json["items"]
    body = {"text": "Good day", "client_key": "k1"}
    given = await one.post(f"conversations/{matter['id']}/reply", body)
    assert given.status == 201, given.text
    entry: dict[str, Any] = given.json
    return entry


async def _state(caller: Caller, entry: dict[str, Any], state: str) -> dict[str, Any]:
    async def there() -> dict[str, Any] | None:
        found: dict[str, Any] = (await caller.get(f"entries/{entry['id']}")).json
        return found if found["delivery"]["state"] == state else None

    reached: dict[str, Any] = await _until(there)
    return reached


async def test_an_answer_on_the_timeline_has_the_providers_id(
    hub: Office, twilio: FakeTwilio
) -> None:
    await hub.customer_writes("Hello")
    async with hub.person("one@acme.example") as one:
        entry = await _answer(one)
        sent = await _state(one, entry, "sent")
        assert sent["provider_id"] == twilio.sent[0]["Sid"]
        line = (await one.get(f"contacts/{sent['contact']}/timeline")).json["items"]
        assert [item["provider_id"] for item in line if item["direction"] == "out"] == [
            twilio.sent[0]["Sid"]
        ]


async def test_refused_credentials_are_shown_and_mending_them_sends_at_once(
    hub: Office, twilio: FakeTwilio
) -> None:
    await hub.customer_writes("Hello")
    twilio.failures.append(Failure(status=401, code=20003, message="Authenticate"))

    async def channel(caller: Caller) -> dict[str, Any]:
        found: dict[str, Any] = (await caller.get("channels")).json["items"][0]
        return found

    async with hub.person("one@acme.example") as one:
        entry = await _answer(one)
        await _state(one, entry, "deferred")

        async def ill() -> bool:
            return bool((await channel(one))["state"] == "unauthorized")

        await _until(ill)
        mended = CONFIG.replace("{url}", twilio.url).replace("1000", "999")
        assert await hub.run("apply", text=mended) == ["change channel sms (settings)"]
        await _state(one, entry, "sent")
        assert (await channel(one))["state"] == "connected"
        assert [part["Body"] for part in twilio.sent] == ["Good day"]
        assert twilio.sent[0]["To"] == "+12025550199"
        assert twilio.sent[0]["From"] == fake.NUMBER


async def test_work_is_taken_from_own_queues_only(hub: Office) -> None:
    await hub.customer_writes("Hello")
    async with hub.admin() as admin:
        (matter,) = (await admin.get("conversations")).json["items"]
    file = CONFIG.replace("{url}", "https://api.twilio.com").replace(
        "name: One, queues: [general]", "name: One, queues: []"
    )
    await hub.run("apply", text=file)
    async with hub.person("one@acme.example") as one, hub.person("two@acme.example") as two:
        refused = await one.post(f"conversations/{matter['id']}/take")
        assert refused.status == 403
        assert "general" in refused.json["detail"]
        taken = await two.post(f"conversations/{matter['id']}/take")
        assert taken.json["agent"]["name"] == "Two"
