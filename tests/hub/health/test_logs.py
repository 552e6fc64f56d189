"""The logs of a whole walk: every step is there, and nobody's address or words are."""

from __future__ import annotations

import io
import json
import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest

from hub import deliver, logs, settings
from tests.fakes.twilio import TOKEN, Failure, status
from tests.hub.running import CUSTOMER, letter, message

if TYPE_CHECKING:
    from tests.fakes.twilio import FakeTwilio
    from tests.hub.running import Running

WORDS = "Xyzzy plugh"
ANSWER = "Zork frotz"
MAIL = "wilma.flint@customer.example"
HIDDEN = (WORDS, ANSWER, "Xyzzy", "Zork", MAIL, "wilma", CUSTOMER, CUSTOMER[1:], "one@acme", TOKEN)


@contextmanager
def written() -> Iterator[dict[logs.Form, io.StringIO]]:
    """Everything that is logged meanwhile, as it would stand in a file of either form."""
    forms: dict[logs.Form, logging.Formatter] = {"json": logs.Lines(), "readable": logs.Readable()}
    texts = {form: io.StringIO() for form in forms}
    handlers = [logging.StreamHandler(text) for text in texts.values()]
    root = logging.getLogger()
    before = root.level
    for handler, formatter in zip(handlers, forms.values(), strict=True):
        handler.setFormatter(formatter)
        root.addHandler(handler)
    root.setLevel(logging.DEBUG)
    try:
        yield texts
    finally:
        for handler in handlers:
            root.removeHandler(handler)
        root.setLevel(before)


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tries again at once."""
    monkeypatch.setattr(deliver, "FIRST_RETRY", 0.02)


async def _walk(hub: Running, twilio: FakeTwilio) -> None:
    """In, out, again, back; refused, misunderstood; found, and asked for in a wrong way."""
    await hub.sms(WORDS)
    conversation = await hub.conversation()
    twilio.failures.append(Failure(400, 21211, f"{CUSTOMER} is not a number for {ANSWER}"))
    async with hub.office.person("one@acme.example") as one:
        headers = {"X-Request-Id": "walk-of-a-test.2"}
        url = f"conversations/{conversation.id}/reply"
        body = {"text": ANSWER, "client_key": "walk"}
        entry = (await one.post(url, body, headers=headers)).json["id"]
        await hub.until_delivered(entry, "failed")
        assert (await one.post(f"entries/{entry}/retry")).status < 300
        retried = "SELECT actor, subject FROM audit WHERE action = 'entry.retried'"
        (by,) = await hub.rows(retried)
        assert tuple(by) == (f"user:{hub.agents['one'].user}", f"entry:{entry}")
        await hub.until_delivered(entry, "sent")
        await one.get("contacts", q=MAIL)
        await one.post("conversations/999999/note", {"text": WORDS, "client_key": "x"})
    assert await hub.form(status(twilio.sent[0]["Sid"], "delivered")) == 200
    assert await hub.mail(letter(WORDS, sender=f"Wilma <{MAIL}>", subject=WORDS)) == 200
    await hub.post("sms", b"Body=" + WORDS.encode(), {"X-Twilio-Signature": "wrong"})
    hub.provider().mistakes.add(f"id of {WORDS}")
    await hub.loop(message(WORDS, id=f"id of {WORDS}", sender=f"tel:{CUSTOMER}"))
    hub.provider().outcomes.append(RuntimeError(f"could not send '{ANSWER}' to {CUSTOMER}"))
    entry = await hub.reply(conversation.id, ANSWER, channel=hub.hub.channels.get("loop"))
    await hub.until_delivered(entry, "unknown")
    await hub.office.run("trace", what=CUSTOMER)


async def test_the_logs_of_a_walk_name_no_address_and_quote_nobody(
    hub: Running, twilio: FakeTwilio
) -> None:
    with written() as texts:
        await _walk(hub, twilio)
    for text in texts.values():
        said = text.getvalue()
        for words in HIDDEN:
            assert words not in said, [line for line in said.splitlines() if words in line]
        assert re.search(r"[\w.]+@\w+\.\w+", said) is None
        tried = [line for line in said.splitlines() if "a part was tried" in line]
        assert len(tried) >= 3
        assert any("walk-of-a-test.2" in line for line in tried)
        assert any("POST /in/{channel}" in line for line in said.splitlines())
    lines = [json.loads(line) for line in texts["json"].getvalue().splitlines()]
    assert all(line.keys() >= {"at", "level", "logger", "message"} for line in lines)
    sent = next(line for line in lines if line.get("outcome") == "sent")
    assert (sent["channel"], sent["attempt"]) == ("sms", 2)
    broken = next(line for line in lines if line["message"].endswith("send failed"))
    assert broken["error"][0]["words"] == "could not send … to +…"
    assert any(at.startswith("tests/fakes/loopback.py:") for at in broken["error"][0]["at"])


def test_masks() -> None:
    for text, masked in (
        ("550 5.1.1 <ann@b.example> unknown", "550 5.1.1 <…@…> unknown"),
        ("to +1 (202) 555-0199, 12025550199", "to +…, …"),
        ("webchat:chat/0123456789abcdef left", "webchat:… left"),
        ("Authorization: Bearer abcdef123456", "Authorization: Bearer …"),
        ("https://h/in/mail?token=abc&x=1", "https://h/in/mail?token=…&x=1"),
        ("نامه‌ای از علی@نمونه.ایران آمد", "نامه‌ای از …@… آمد"),
        ("event 123456789 at 1760000000000000", "event 123456789 at 1760000000000000"),
        ("hub.listen: 127.0.0.1:8080: in use", "hub.listen: 127.0.0.1:8080: in use"),
        ("no\n2026-01-01 ERROR forged\x1b[2J\u202e", "no 2026-01-01 ERROR forged [2J "),
    ):
        assert logs.masked(text) == masked
    assert logs.words(ValueError("invalid literal for int() with base 10: 'Ann'")).endswith("10: …")
    assert logs.words(AttributeError("'Row' object has no attribute 'x'")).startswith("'Row'")


def test_a_chain_of_errors_is_told_without_end(capsys: pytest.CaptureFixture[str]) -> None:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        logs.begin("info", "json")
        try:
            try:
                raise KeyError(MAIL)
            except KeyError as err:
                raise RuntimeError(f"for {MAIL}") from err
        except RuntimeError:
            logging.getLogger("hub.test").exception("it broke")
    finally:
        root.handlers[:] = handlers
        root.setLevel(level)
    line = json.loads(capsys.readouterr().err)
    assert [one["type"] for one in line["error"]] == ["RuntimeError", "KeyError"]
    assert [one["words"] for one in line["error"]] == ["for …@…", "…"]
    assert line["error"][0]["at"][0].startswith("tests/hub/health/test_logs.py:")


def test_the_form_is_a_setting() -> None:
    assert settings.load(None, {}).log_format == "readable"
    assert settings.load(None, {"HUB_LOG_FORMAT": "json"}).log_format == "json"
    with pytest.raises(settings.SettingsInvalid, match=r"hub\.log_format.*from HUB_LOG_FORMAT"):
        settings.load(None, {"HUB_LOG_FORMAT": "xml"})
