"""Twilio for the conformance suite."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

import pytest

from connectors import http
from connectors.contract import Outbound, Party, Raw, Uri
from tests.conformance import Case, Trouble
from tests.fakes.twilio import ACCOUNT, NUMBER, TOKEN, Failure, FakeTwilio, signed

_PAYLOADS = (Path(__file__).parents[2] / "payloads/sms_twilio").glob("*.json")
_FAILURES = {
    "unauthorized": Failure(401, 20003, "Authenticate"),
    "busy": Failure(429, 20429, "Too Many Requests", {"Retry-After": "7"}),
    "broken": Failure(500, 20500, "Internal Server Error"),
    "silent": Failure(hang=True),
    "cut": Failure(cut=True),
}


class _Provider:
    def __init__(self, fake: FakeTwilio) -> None:
        self._fake = fake

    @property
    def settings(self) -> Mapping[str, Any]:
        return {"api_base": self._fake.url}

    def fail(self, how: Trouble) -> None:
        self._fake.failures.append(_FAILURES[how])


@asynccontextmanager
async def _provider() -> AsyncIterator[_Provider]:
    async with FakeTwilio() as fake:
        yield _Provider(fake)


def _request(url: str, body: bytes) -> Raw:
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, errors="strict")
    except ValueError:
        fields = []
    headers, _ = signed(url, fields)
    return Raw("webhook", "", tuple(headers.items()), url, body)


def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(http, "TIMEOUT", timedelta(seconds=0.1))


CASE = Case(
    kind="sms_twilio",
    settings={
        "account_sid": ACCOUNT,
        "auth_token": TOKEN,
        "auth_token_previous": "the token before this one",
        "number": NUMBER,
    },
    secrets=(TOKEN, "the token before this one"),
    payloads={path.stem: json.loads(path.read_text())["form"].encode() for path in _PAYLOADS},
    request=_request,
    provider=_provider,
    part=Outbound(delivery_id=1, to=(Party(Uri("tel:+12025550199")),), text="Hello"),
    hurry=_hurry,
)
