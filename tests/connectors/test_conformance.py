"""The conformance suite, over every registered connector (see ``tests/conformance.py``)."""

from __future__ import annotations

import contextlib
import dataclasses
import logging
from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from connectors import registry
from connectors.contract import (
    ChannelError,
    Connector,
    Event,
    Ignored,
    Inbound,
    Outbound,
    OutcomeUnknown,
    PayloadInvalid,
    Raw,
    Receipt,
    Receiving,
    Sent,
    Sessions,
    SignalIn,
    Unauthorized,
    Unavailable,
    Webhook,
    WebhookRejected,
)
from tests.conformance import Case, Trouble, cases, connector

URL = "https://hub.example/in/test"
ALIEN = {
    "empty": b"",
    "json": b'{"object": "page", "entry": [{"id": 1, "messaging": []}]}',
    "xml": b'<?xml version="1.0"?><Response><Message>hi</Message></Response>',
    "mail": b"From: a@b.example\r\nSubject: hi\r\n\r\nhello\r\n",
    "form": b"update_id=1&message=hello&From=&To=&text=%F0%9F%98%80",
    "broken form": b"%&=%zz&%FF=%C3&\x00=\x00",
    "html": b"<html><body>502 Bad Gateway</body></html>",
    "bytes": bytes(range(256)) * 4,
    "nested": b"[" * 50_000,
}
ERRORS: Mapping[Trouble, type[ChannelError]] = {
    "unauthorized": Unauthorized,
    "busy": Unavailable,
    "broken": Unavailable,
    "silent": OutcomeUnknown,
    "cut": OutcomeUnknown,
}
ALL = cases()
Make = Callable[[str, bytes], Raw]


def _having(*roles: str) -> Any:
    chosen = [case for case in ALL if all(getattr(case, role) is not None for role in roles)]
    return pytest.mark.parametrize("case", chosen, ids=lambda case: case.kind)


every = _having()
hooked = _having("request")
chatty = _having("hello")
provided = _having("provider")


def test_every_kind_has_a_case() -> None:
    missing = registry.KINDS.keys() - {case.kind for case in ALL}
    assert not missing, f"add a case to tests/conformance.py for {missing}"


# ---------------------------------------------------------------- all


@every
def test_settings_are_described_and_mask_their_secrets(case: Case) -> None:
    read = registry.read_settings(case.kind, case.settings)
    assert dataclasses.is_dataclass(read)
    assert read.__dataclass_params__.frozen
    schema = registry.describe(case.kind)
    assert schema["properties"].keys() >= case.settings.keys()
    assert set(schema["required"]) <= case.settings.keys()
    for secret in case.secrets:
        assert secret not in repr(read)
        assert secret not in str(schema)
    named = {
        value for name, value in case.settings.items() if name in registry.secret_names(case.kind)
    }
    assert named == set(case.secrets)


@every
def test_roles_are_those_of_the_case(case: Case) -> None:
    opened = connector(case)
    assert isinstance(opened, Connector)
    assert isinstance(opened, Webhook) is (case.request is not None)
    assert isinstance(opened, Sessions) is (case.hello is not None)
    assert isinstance(opened, Receiving)
    for secret in case.secrets:
        assert secret not in repr(opened)


@every
async def test_it_opens_and_closes_without_calling_anybody(case: Case) -> None:
    opened = connector(case)
    async with opened as entered:
        assert entered.capabilities == opened.capabilities


# ---------------------------------------------------------------- webhooks


def _webhook(case: Case) -> tuple[Any, Make]:
    assert case.request
    return connector(case), case.request


def _rejected(hook: Webhook, raw: Raw, case: Case) -> None:
    with pytest.raises(WebhookRejected) as caught:
        hook.verify(raw)
    assert not any(secret in str(caught.value) for secret in case.secrets)


def _judged(hook: Any, raw: Raw) -> list[Event]:
    """What the hub does with a request: the contract's errors and no others."""
    with contextlib.suppress(WebhookRejected):
        hook.verify(raw)
    said = ""
    try:
        events = list(hook.parse(raw))
    except PayloadInvalid as err:
        events, said = [], str(err)
    if not events:
        assert said.partition(": ")[2], "PayloadInvalid says field: reason"
        return []
    assert isinstance(hook.reply(raw, events).body, bytes)
    return events


@hooked
def test_recorded_payloads_hold_and_parse(case: Case) -> None:
    hook, request = _webhook(case)
    for name, body in case.payloads.items():
        raw = request(URL, body)
        hook.verify(raw)
        events = hook.parse(raw)
        assert events, name
        reply = hook.reply(raw, events)
        assert 200 <= reply.status < 300
        assert isinstance(reply.body, bytes)


@hooked
def test_signatures_missing_wrong_and_replayed(case: Case) -> None:
    hook, request = _webhook(case)
    first, *others = case.payloads.values()
    raw = request(URL, first)
    _rejected(hook, replace(raw, headers=(), url=URL), case)
    for name, _ in raw.headers:
        wrong = [(n, v if n != name else _changed(v)) for n, v in raw.headers]
        if name.lower().startswith(("x-", "authorization")):
            _rejected(hook, replace(raw, headers=tuple(wrong)), case)
    if case.signs_body:
        for other in others:
            _rejected(hook, replace(raw, body=other), case)
        _rejected(hook, replace(raw, body=raw.body + b"&x=1"), case)


def _changed(text: str) -> str:
    return text[:-3] + ("A" if text[-3:-2] != "A" else "B") + text[-2:]


@hooked
def test_header_names_may_be_of_any_case(case: Case) -> None:
    hook, request = _webhook(case)
    raw = request(URL, next(iter(case.payloads.values())))
    for change in (str.lower, str.upper):
        headers = tuple((change(name), value) for name, value in reversed(raw.headers))
        hook.verify(replace(raw, headers=headers))
        assert list(hook.parse(replace(raw, headers=headers))) == list(hook.parse(raw))


@hooked
def test_the_same_payload_twice_is_the_same_events(case: Case) -> None:
    hook, request = _webhook(case)
    again, _ = _webhook(case)
    for body in case.payloads.values():
        events = list(hook.parse(request(URL, body)))
        assert (
            events == list(hook.parse(request(URL, body))) == list(again.parse(request(URL, body)))
        )
        for event in events:
            assert isinstance(event, SignalIn) or event.provider_id


@hooked
def test_truncated_bodies(case: Case) -> None:
    hook, request = _webhook(case)
    for body in case.payloads.values():
        for end in range(0, len(body), max(1, len(body) // 40)):
            _judged(hook, request(URL, body[:end]))
            if case.signs_body:
                whole = request(URL, body)
                _rejected(hook, replace(whole, body=body[:end]), case)


@hooked
@pytest.mark.parametrize("name", ALIEN)
def test_alien_bodies(case: Case, name: str) -> None:
    hook, request = _webhook(case)
    raw = request(URL, ALIEN[name])
    _judged(hook, raw)
    for kind in ("application/json", "text/xml", "multipart/form-data; boundary=x", "é", ""):
        headers = [(n, kind if n.lower() == "content-type" else v) for n, v in raw.headers]
        _judged(hook, replace(raw, headers=tuple(headers)))


@hooked
def test_oversized_bodies(case: Case) -> None:
    hook, request = _webhook(case)
    body = next(iter(case.payloads.values()))
    for filler in (b"&" * 2_000_000, b"x" * 2_000_000, b"&a=b" * 500_000, b"%20" * 500_000):
        _judged(hook, request(URL, body + filler))


@hooked
@settings(suppress_health_check=[HealthCheck.too_slow], max_examples=60, deadline=None)
@given(data=st.data())
def test_changed_bodies(case: Case, data: st.DataObject) -> None:
    hook, request = _webhook(case)
    body = bytearray(data.draw(st.sampled_from(sorted(case.payloads.values()))))
    for _ in range(data.draw(st.integers(1, 5))):
        at = data.draw(st.integers(0, max(0, len(body) - 1)))
        body[at : at + data.draw(st.integers(0, 8))] = data.draw(st.binary(max_size=8))
    _judged(hook, request(URL, bytes(body)))


# ---------------------------------------------------------------- customers' sockets


def _session(case: Case) -> tuple[Any, Any]:
    opened: Any = connector(case)
    return opened, opened.open(case.hello, origin="", remote="192.0.2.1")


@chatty
def test_frames_are_taken_and_parse_twice_alike(case: Case) -> None:
    chat, visitor = _session(case)
    kinds = set()
    for frame in case.frames:
        for item in chat.receive(visitor, frame):
            kinds.add(type(item))
            if isinstance(item, Raw):
                events = list(chat.parse(item))
                assert events == list(chat.parse(item))
                assert all(event.provider_id for event in events)
    assert Raw in kinds


@chatty
def test_alien_frames(case: Case) -> None:
    chat, visitor = _session(case)
    alien: list[Any] = [{}, {"type": 1}, {"type": "nothing"}, {"type": None}, {"x": [[]] * 99}]
    for frame in (case.hello or {}, *case.frames):
        alien += [
            {**frame, name: wrong}
            for name in frame
            for wrong in (None, 7, [], {}, "\0", "x" * 99_999)
        ]
        alien += [{n: v for n, v in frame.items() if n != name} for name in frame]
    for frame in alien:
        for call in (
            lambda frame=frame: chat.receive(visitor, frame),
            lambda frame=frame: chat.open(frame, origin="https://x", remote=""),
        ):
            with contextlib.suppress(PayloadInvalid, WebhookRejected):
                call()


@chatty
def test_a_kept_raw_that_was_changed(case: Case) -> None:
    chat, visitor = _session(case)
    raws = [
        raw for frame in case.frames for raw in chat.receive(visitor, frame) if isinstance(raw, Raw)
    ]
    for raw in raws:
        for body in (*ALIEN.values(), *(raw.body[:end] for end in range(0, len(raw.body), 7))):
            with pytest.raises(PayloadInvalid):
                chat.parse(replace(raw, body=body))


# ---------------------------------------------------------------- sending


def _part(case: Case) -> Outbound:
    assert case.part
    return case.part


@provided
async def test_a_part_is_sent(case: Case) -> None:
    assert case.provider
    async with case.provider() as provider, connector(case, **provider.settings) as opened:
        await opened.check()
        sent = await opened.send(_part(case))
        assert isinstance(sent, Sent)
        assert bool(sent.provider_ids) or not opened.capabilities.receipts


@provided
@pytest.mark.parametrize("trouble", ERRORS)
async def test_trouble_on_sending(
    case: Case, trouble: Trouble, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    if trouble not in case.troubles:
        pytest.skip(f"{case.kind} has no {trouble}")
    assert case.provider
    caplog.set_level(logging.DEBUG)
    case.hurry(monkeypatch)
    async with case.provider() as provider, connector(case, **provider.settings) as opened:
        provider.fail(trouble)
        with pytest.raises(ChannelError) as caught:
            await opened.send(_part(case))
        error = caught.value
        assert type(error) is ERRORS[trouble]
        assert str(error)
        if isinstance(error, Unavailable) and trouble == "busy" and case.tells_when:
            assert error.retry_after == timedelta(seconds=7)
        await opened.send(_part(case))
    _unseen(case, [str(error), repr(error), caplog.text])


@provided
async def test_nobody_there(case: Case) -> None:
    assert case.provider
    async with case.provider() as provider:
        gone = dict(provider.settings)
    async with connector(case, **gone) as opened:
        for call in (opened.send(_part(case)), opened.check()):
            with pytest.raises(Unavailable):
                await call


@every
async def test_no_secret_in_the_log(case: Case, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    seen: list[str] = []
    if case.request:
        hook, request = _webhook(case)
        for body in (*case.payloads.values(), *ALIEN.values()):
            raw = request(URL, body)
            for given_raw in (raw, replace(raw, headers=())):
                seen += _said(lambda raw=given_raw: hook.verify(raw))
                seen += _said(lambda raw=given_raw: hook.parse(raw))
    if case.provider:
        async with case.provider() as provider, connector(case, **provider.settings) as opened:
            await opened.check()
            await opened.send(_part(case))
    seen += [record.getMessage() + repr(record.args) for record in caplog.records]
    _unseen(case, seen)


def _said(call: Callable[[], Any]) -> Iterable[str]:
    try:
        return [repr(call())]
    except ChannelError as err:
        return [str(err)]


def _unseen(case: Case, texts: Iterable[str]) -> None:
    for text in texts:
        assert not any(secret in text for secret in case.secrets)


# ---------------------------------------------------------------- capabilities


def _events(case: Case) -> list[Event]:
    opened: Any = connector(case)
    if case.request:
        return [
            event
            for body in case.payloads.values()
            for event in opened.parse(case.request(URL, body))
        ]
    visitor = opened.open(case.hello, origin="", remote="")
    items = [item for frame in case.frames for item in opened.receive(visitor, frame)]
    return [event for item in items if isinstance(item, Raw) for event in opened.parse(item)]


@every
def test_capabilities_are_honest(case: Case) -> None:
    can = connector(case).capabilities
    events = _events(case)
    inbound = [event for event in events if isinstance(event, Inbound)]
    assert inbound
    assert can.reaches or not case.part
    assert can.subject or not any(event.subject for event in inbound)
    assert can.html or not any(event.html for event in inbound)
    assert can.threads or not any(event.message_id or event.in_reply_to for event in inbound)
    assert can.opt_out_words is any(event.consent for event in inbound)
    assert can.answers_stop or not any(event.provider_answered for event in inbound)
    if case.request and not can.threads:
        assert can.receipts is any(isinstance(event, Receipt) for event in events)
    for event in events:
        if isinstance(event, Ignored):
            assert event.reason
        elif isinstance(event, Inbound):
            assert event.full_text.startswith(event.text) or event.text in event.full_text
            assert all((a.content is None) != (a.ref is None) for a in event.attachments)
            assert event.sent_at is None or event.sent_at.tzinfo


@every
def test_what_reaches_says_can_be_written_to(case: Case) -> None:
    can = connector(case).capabilities
    for uri in [party.uri for party in _part(case).to] if case.part else []:
        assert uri.startswith(can.reaches)
    assert can.max_parts >= 1
    assert len(can.part_sizes) in (0, 4)
