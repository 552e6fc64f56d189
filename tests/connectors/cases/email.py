"""Mail for the conformance suite: posted to the channel's door, sent by SMTP."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import Outbound, Party, Raw, Uri
from connectors.email.smtp import SmtpSender
from tests.conformance import Case, Trouble
from tests.fakes.smtp_servers import PASSWORD, USER, ScriptedSmtp, scripted

_MAILS = (Path(__file__).parents[2] / "payloads/email").glob("*.eml")
_TOKEN = "t0ken-of-the-channel"
_ANSWERS: dict[Trouble, tuple[str, str]] = {
    "unauthorized": ("AUTH", "535 5.7.8 no"),
    "busy": ("MAIL", "451 4.7.1 later"),
    "broken": ("GREETING", "421 4.3.0 broken"),
    "silent": ("END", "silent"),
    "cut": ("END", "cut"),
}


class _Once(dict[str, str]):
    """Answers that are given one time."""

    def get(self, name: str, usual: Any = None) -> Any:
        return self.pop(name, usual)


class _Provider:
    def __init__(self, server: ScriptedSmtp) -> None:
        self._server = server
        server.answers = _Once()

    @property
    def settings(self) -> Mapping[str, Any]:
        return {"smtp_port": self._server.port}

    def fail(self, how: Trouble) -> None:
        name, answer = _ANSWERS[how]
        self._server.answers[name] = answer


@asynccontextmanager
async def _provider() -> AsyncIterator[_Provider]:
    async with scripted() as server:
        yield _Provider(server)


def _request(url: str, body: bytes) -> Raw:
    headers = (("Content-Type", "message/rfc822"), ("Authorization", f"Bearer {_TOKEN}"))
    return Raw("webhook", "", headers, url, body)


def _hurry(monkeypatch: pytest.MonkeyPatch) -> None:
    defaults = SmtpSender.__init__.__kwdefaults__
    monkeypatch.setitem(defaults, "accept_seconds", 0.1)


CASE = Case(
    kind="email",
    settings={
        "address": "support@acme.example",
        "token": _TOKEN,
        "smtp_host": "127.0.0.1",
        "smtp_port": 25,
        "smtp_security": "none",
        "smtp_user": USER,
        "smtp_password": PASSWORD,
    },
    secrets=(_TOKEN, PASSWORD),
    payloads={
        path.stem: mail for path in sorted(_MAILS)[:25] if (mail := path.read_bytes()).strip()
    },
    request=_request,
    signs_body=False,
    provider=_provider,
    part=Outbound(
        delivery_id=1,
        to=(Party(Uri("mailto:ann@b.example")),),
        subject="Re: parcel",
        text="Hello",
        message_id="1.abc@acme.example",
    ),
    tells_when=False,
    hurry=_hurry,
)
