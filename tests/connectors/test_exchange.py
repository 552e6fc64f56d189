"""What is kept of an exchange with a provider: enough to see what went wrong, no secret, no words."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors import exchange
from connectors.contract import Outbound, Party, RecipientRefused, Uri
from connectors.email.settings import Settings
from connectors.email.smtp import SmtpSender
from connectors.secret import Secret
from tests.fakes.smtp_servers import PASSWORD, USER, aiosmtpd, authenticated

WORDS = "nobody may read this"


def test_fields_of_a_form_keep_what_is_harmless() -> None:
    form = b"To=%2B12025550199&Body=nobody+may+read+this&AuthToken=abc&StatusCallback=https%3A%2F%2Fu%3Ap%40h.example%2Fin%2Fsms%3Ftoken%3Dsecret"
    assert exchange.fields(form) == {
        "To": "+12025550199",
        "Body": "(20 characters)",
        "AuthToken": "***",
        "StatusCallback": "https://h.example/in/sms?token=…",
    }


def test_fields_of_json_are_named_by_their_place() -> None:
    answer = {
        "sid": "SM1",
        "message": WORDS,
        "error": {"code": 21610, "message": "unsubscribed"},
        "ok": True,
        "parts": [{"text": WORDS, "id": 7}],
        "none": None,
    }
    kept = exchange.fields(json.dumps(answer).encode())
    assert kept["sid"] == "SM1"
    assert kept["message"] == "(20 characters)"
    assert kept["error.code"] == "21610"
    assert (kept["parts.0.id"], kept["parts.0.text"]) == ("7", "(20 characters)")
    assert (kept["ok"], kept["none"]) == ("true", "null")
    refusal = exchange.fields(json.dumps(answer).encode(), refused=True)
    assert refusal["error.message"] == "unsubscribed"


@given(st.binary(max_size=300))
def test_any_body_is_kept_as_short_texts(body: bytes) -> None:
    kept = exchange.fields(body)
    assert len(kept) <= exchange.FIELDS_MAX
    assert all(len(value) <= exchange.VALUE_MAX for value in kept.values())


def test_secrets_are_wiped_wherever_they_stand() -> None:
    step = exchange.Step(
        "POST https://api.example/bot12345:token/send", "200 OK", {"a": "12345:token"}, {}, 5
    )
    (clean,) = exchange.wiped([step], ["12345:token", "no"])
    assert clean == exchange.Step(
        "POST https://api.example/bot***/send", "200 OK", {"a": "***"}, {}, 5
    )
    assert not exchange.heard()
    exchange.note("nobody", "listens")


async def test_a_mail_is_an_exchange_of_commands_without_its_words_and_login() -> None:
    async with aiosmtpd(authenticator=authenticated) as inbox:
        inbox.refusals["bob@b.example"] = "550 5.1.1 no such user"
        settings = Settings(address=USER, smtp_host="127.0.0.1", smtp_port=inbox.port,
                            smtp_security="none", smtp_password=Secret(PASSWORD))  # fmt: skip
        to = (Party(Uri("mailto:ann@b.example")), Party(Uri("mailto:bob@b.example")))
        message = f"Subject: hi\r\n\r\n{WORDS}\r\n".encode()
        with exchange.listening() as steps:
            part = Outbound(delivery_id=1, to=to, message_id="1@acme.example")
            await SmtpSender(settings).send(part, message)
        said = [(step.call.partition(" ")[0], step.answer.partition(" ")[0]) for step in steps]
        assert [one for one in said if one[0] not in ("EHLO", "***")] == [
            ("AUTH", "235"), ("MAIL", "250"), ("RCPT", "250"), ("RCPT", "550"), ("DATA", "354"),
            ("(the", "250"),
        ]  # fmt: skip
        told = repr(steps)
        assert "RCPT TO:<bob@b.example>" in told
        for secret in (WORDS, PASSWORD, "cMOkc3N3b3Jk", "c3VwcG9ydEBhY21l"):  # also in base64
            assert secret not in told
        inbox.refusals["ann@b.example"] = "550 gone"
        with exchange.listening() as steps, pytest.raises(RecipientRefused):
            await SmtpSender(settings).send(part, message)
        assert [step.answer for step in steps if step.call.startswith("RCPT")] == [
            "550 gone", "550 5.1.1 no such user",
        ]  # fmt: skip
