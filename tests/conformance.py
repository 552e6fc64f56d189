"""What every connector must hold, whatever its channel. The tests are in
``tests/connectors/test_conformance.py``; here is what a connector brings along for them.

A new connector adds one module with a ``CASE`` and one line to ``CASES``, nothing else. The suite
adds by itself what nobody writes: missing, wrong and replayed signatures; truncated, oversized and
alien bodies; the same payload twice; a provider that refuses, throttles, breaks, hangs or cuts; and
it looks for the secrets in every log record, error and ``repr``.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any, Literal, Protocol

import pytest

from connectors import registry
from connectors.contract import Connector, Environment, Outbound, Raw

CASES = (
    "tests.connectors.cases.email",
    "tests.connectors.cases.sms_twilio",
    "tests.connectors.cases.webchat",
)
"""Modules with a ``CASE``."""

Trouble = Literal["unauthorized", "busy", "broken", "silent", "cut"]
"""401 · 429 with ``Retry-After: 7`` · 500 · no answer · cut after the request was out."""


class Provider(Protocol):
    """A loopback provider, running."""

    @property
    def settings(self) -> Mapping[str, Any]:
        """Settings that lead to it."""

    def fail(self, how: Trouble) -> None:
        """The next request goes wrong like this."""


@dataclass(frozen=True, kw_only=True)
class Case:
    """One connector. What does not apply to a role is left out, and its tests are not made."""

    kind: str
    settings: Mapping[str, Any]
    """As in the applied file; with them the connector opens (no provider needed)."""
    secrets: tuple[str, ...] = ()
    """Texts that must never be seen: those of ``settings``."""

    # Webhook
    payloads: Mapping[str, bytes] = field(default_factory=dict)
    """Name -> body, as the provider posts them."""
    request: Callable[[str, bytes], Raw] | None = None
    """``request(url, body)``: signed as the provider does; None: no webhook."""
    signs_body: bool = True
    """False where the request carries a token only, so that another body may come with it."""

    # Sessions
    hello: Mapping[str, Any] | None = None
    frames: Sequence[Mapping[str, Any]] = ()
    """A first frame that opens, and frames that are taken after it."""

    # sending
    provider: Callable[[], AbstractAsyncContextManager[Provider]] | None = None
    part: Outbound | None = None
    troubles: tuple[Trouble, ...] = ("unauthorized", "busy", "broken", "silent", "cut")
    tells_when: bool = True
    """Whether ``busy`` says when to come back."""
    hurry: Callable[[pytest.MonkeyPatch], None] = lambda _: None
    """Makes the connector's own time-out short."""


def cases() -> list[Case]:
    """All of them, imported by name."""
    return [import_module(name).CASE for name in CASES]


def environment(case: Case) -> Environment:
    """What the hub would lend."""

    def sign(purpose: str, data: bytes) -> bytes:
        return hmac.digest(b"the hub's key: " + purpose.encode(), data, hashlib.sha256)

    return Environment(
        channel="test",
        region="US",
        public_url="https://hub.example/in/test",
        user_agent="hub/test",
        sign=sign,
    )


def connector(case: Case, **settings: Any) -> Connector:
    """Opened, not entered."""
    given = registry.read_settings(case.kind, {**case.settings, **settings})
    return registry.open(case.kind, given, environment(case))
