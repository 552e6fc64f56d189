from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from msgspec.structs import asdict

from connectors import registry
from connectors.contract import (
    ChannelError,
    ConfigInvalid,
    Environment,
    Inbound,
    Outbound,
    OutcomeUnknown,
    OutFile,
    Party,
    PayloadInvalid,
    Raw,
    Receipt,
    RecipientRefused,
    Rejected,
    Unauthorized,
    Unavailable,
    Uri,
    WebhookRejected,
)
from connectors.sms_twilio import TwilioSms
from tests.fakes.twilio import (
    ACCOUNT,
    MEDIA,
    NUMBER,
    TOKEN,
    Failure,
    FakeTwilio,
    signed,
    sms,
    status,
)

PAYLOADS = sorted((Path(__file__).parents[1] / "payloads/sms_twilio").glob("*.json"))
URL = "https://hub.example/in/sms"
ANN = Uri("tel:+12025550199")


def connector(url: str = URL, **settings: Any) -> TwilioSms:
    given = {"account_sid": ACCOUNT, "auth_token": TOKEN, "number": NUMBER} | settings
    env = Environment(channel="sms", region="US", public_url=url, user_agent="hub/test", sign=None)
    opened = registry.open("sms_twilio", registry.read_settings("sms_twilio", given), env)
    assert isinstance(opened, TwilioSms)
    return opened


def raw(fields: Any, *, url: str = URL, token: str = TOKEN, **headers: str) -> Raw:
    given, body = signed(url, fields, token)
    return Raw("webhook", "", tuple((given | headers).items()), url, body)


def form(body: bytes | str, kind: str = "application/x-www-form-urlencoded") -> Raw:
    data = body.encode() if isinstance(body, str) else body
    return Raw("webhook", "", (("Content-Type", kind),), URL, data)


# ---------------------------------------------------------------- in


@pytest.mark.parametrize("path", PAYLOADS, ids=lambda path: path.stem)
def test_recorded_payloads(path: Path) -> None:
    payload = json.loads(path.read_text())
    (event,) = connector().parse(form(payload["form"]))
    expected = payload["event"]
    assert type(event).__name__ == expected.pop("type")
    seen = asdict(event)
    if isinstance(event, Inbound):
        seen["to"] = [party.uri for party in event.to]
        seen["attachments"] = [[a.name, a.type, a.ref] for a in event.attachments]
        assert event.full_text == event.text
        assert event.headers == event.claims == {}
    assert {name: seen[name] for name in expected} == expected


@pytest.mark.parametrize("status", ["received", "Receiving", ""])
def test_a_message_with_a_status_of_its_own_is_a_message(status: str) -> None:
    given = {"MessageSid": "SM1", "From": "+12025550199", "To": "+12025550123", "Body": "hi"}
    (event,) = connector().parse(form(urlencode({**given, "MessageStatus": status})))
    assert isinstance(event, Inbound)
    assert event.text == "hi"


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("", "MessageSid: missing"),
        ("MessageSid=", "MessageSid: missing"),
        ("From=%2B1&To=%2B1&Body=x", "MessageSid: missing"),
        ("MessageSid=SM1&To=%2B12025550123&Body=x", "From: missing"),
        ("MessageSid=SM1&From=%2B12025550199&Body=x", "To: missing"),
        ("MessageSid=SM1&From=%2B12025550199&To=%2B12025550123", "Body: missing"),
        ("MessageSid=SM1&MessageSid=SM2&From=1&To=2&Body=x", "MessageSid: given twice"),
        ("MessageSid=SM1&From=1&From=2&To=2&Body=x", "From: given twice"),
        ("MessageSid=SM1&From=%E2%80%8B&To=2&Body=x", "From: the number is empty"),
        ("MessageSid=SM1&From=" + "1" * 200 + "&To=2&Body=x", "From: too long"),
        ("MessageSid=" + "S" * 200, "MessageSid: too long"),
        ("MessageSid=SM1&From=1234&To=12345&NumMedia=x", "NumMedia: not a small number"),
        ("MessageSid=SM1&From=1234&To=12345&NumMedia=-1", "NumMedia: not a small number"),
        ("MessageSid=SM1&From=1234&To=12345&NumMedia=1e9", "NumMedia: not a small number"),
        ("MessageSid=SM1&From=1234&To=12345&NumMedia=99999", "NumMedia: not a small number"),
        (
            "MessageSid=SM1&From=1234&To=12345&NumMedia=" + "0" * 5_000,
            "NumMedia: not a small number",
        ),
        ("MessageSid=SM1&From=1234&To=12345&NumMedia=1", "MediaUrl0: not a web address"),
        ("MessageSid=SM1&From=1&To=2&NumMedia=1&MediaUrl0=file:///x", "MediaUrl0: not a web"),
        ("MessageSid=SM1&From=1&To=2&NumMedia=1&MediaUrl0=http://[", "MediaUrl: not a web"),
        ("MessageSid=SM1&MessageStatus=", "MessageStatus: missing"),
        ("MessageSid=SM1&MessageStatus=%3Cb%3E", "MessageStatus: not a status"),
        ("Body=%FF", "body: "),
        (b"\xff\xfe", "body: "),
        ("a&" * 1_000, "body: the form has too many fields"),
    ],
)
def test_what_is_no_payload_of_twilio(body: bytes | str, message: str) -> None:
    with pytest.raises(PayloadInvalid, match=f"^{message}"):
        connector().parse(form(body))


def test_other_bodies_are_refused_by_type() -> None:
    with pytest.raises(PayloadInvalid, match="Content-Type: is not a form"):
        connector().parse(form("{}", "application/json"))


def test_doubled_fields_of_one_value_are_one() -> None:
    fields = sms("hi")
    (event,) = connector().parse(raw([*fields.items(), ("From", fields["From"])]))
    assert isinstance(event, Inbound)


def test_words_are_the_channels_and_without_twilios_answer() -> None:
    twilio = connector(stop_words=["Genug"], answers_stop=False)
    (event,) = twilio.parse(raw(sms("genug!")))
    assert isinstance(event, Inbound)
    assert (event.consent, event.provider_answered) == ("stop", False)
    (event,) = twilio.parse(raw(sms("STOP")))
    assert isinstance(event, Inbound)
    assert event.consent == ""
    assert not twilio.capabilities.answers_stop


def test_reply_is_empty_twiml() -> None:
    given = raw(sms("hi"))
    reply = connector().reply(given, connector().parse(given))
    assert (reply.status, reply.content_type) == (200, "text/xml")
    assert reply.body.endswith(b"<Response/>")


# ---------------------------------------------------------------- verify


def test_signed_requests_hold() -> None:
    connector().verify(raw(sms("سلام + & = %")))
    connector().verify(raw(status("SM1", "sent"), url=URL + "?a=%20b&c"))
    connector("https://hub.example:8443/in/sms").verify(raw(sms("port signed or not")))


def test_the_public_url_counts_not_where_it_came_in() -> None:
    given = raw(sms("hi"))
    inside = Raw("webhook", "", given.headers, "http://10.0.0.1:8080/in/sms", given.body)
    connector().verify(inside)
    with pytest.raises(WebhookRejected):
        connector("https://other.example/in/sms").verify(given)


def test_tokens_rotate() -> None:
    rotating = connector(auth_token="new", auth_token_previous=TOKEN, webhook_secret="key")
    for token in ("new", TOKEN, "key"):
        rotating.verify(raw(sms("hi"), token=token))
    with pytest.raises(WebhookRejected, match="does not match"):
        rotating.verify(raw(sms("hi"), token="older"))


def test_another_account_is_refused() -> None:
    with pytest.raises(WebhookRejected, match="AccountSid: another account"):
        connector().verify(raw(sms("hi", AccountSid="AC" + "f" * 32)))


def test_a_signature_does_not_fit_another_body() -> None:
    first, second = raw(sms("one")), raw(sms("two"))
    with pytest.raises(WebhookRejected, match="does not match"):
        connector().verify(Raw("webhook", "", first.headers, URL, second.body))
    with pytest.raises(WebhookRejected, match="missing"):
        connector().verify(Raw("webhook", "", (), URL, first.body))


# ---------------------------------------------------------------- out


@pytest.fixture
async def twilio() -> AsyncIterator[FakeTwilio]:
    async with FakeTwilio() as fake:
        yield fake


def part(text: str = "Hello", to: str = ANN, **fields: Any) -> Outbound:
    return Outbound(delivery_id=1, to=(Party(Uri(to)),), text=text, **fields)


async def test_a_message_is_sent_and_its_receipt_fits(twilio: FakeTwilio) -> None:
    async with connector(api_base=twilio.url) as channel:
        sent = await channel.send(part("سلام 😀 & +", callback_url="http://127.0.0.1:1/in/sms"))
        (message,) = twilio.sent
        assert message == {
            "To": "+12025550199",
            "From": NUMBER,
            "Body": "سلام 😀 & +",
            "StatusCallback": "http://127.0.0.1:1/in/sms",
            "Sid": sent.provider_ids[0],
        }
        (receipt,) = channel.parse(raw(status(sent.provider_ids[0], "delivered")))
        assert isinstance(receipt, Receipt)
        assert receipt.provider_id == sent.provider_ids[0]


async def test_a_messaging_service_sends(twilio: FakeTwilio) -> None:
    settings = {"number": "", "messaging_service_sid": "MG1", "api_base": twilio.url}
    async with connector(**settings) as channel:
        await channel.send(part())
    (message,) = twilio.sent
    assert message["MessagingServiceSid"] == "MG1"
    assert "From" not in message
    assert "StatusCallback" not in message
    assert channel.capabilities.address is None


async def test_the_longest_part_is_taken(twilio: FakeTwilio) -> None:
    async with connector(api_base=twilio.url) as channel:
        await channel.send(part("x" * (channel.capabilities.max_text or 0)))


@pytest.mark.parametrize(
    ("failure", "error", "words"),
    [
        (Failure(401, 20003), Unauthorized, "account SID"),
        (Failure(403, 0), Unauthorized, "403"),
        (Failure(400, 20005), Unauthorized, r"."),
        (Failure(429, 20429), Unavailable, "too many"),
        (Failure(400, 21611), Unavailable, "waiting"),
        (Failure(500, 20500), Unavailable, r"."),
        (Failure(502, body=b"<html>bad gateway</html>"), Unavailable, "502"),
        (Failure(503), Unavailable, r"."),
        (Failure(400, 21211), RecipientRefused, "not a valid"),
        (Failure(400, 21408), RecipientRefused, "country"),
        (Failure(400, 21612), RecipientRefused, "reached"),
        (Failure(400, 21614), RecipientRefused, "mobile"),
        (Failure(400, 21610), RecipientRefused, "opted out"),
        (Failure(400, 21606), ConfigInvalid, "number: "),
        (Failure(400, 21609), ConfigInvalid, "public_url: "),
        (Failure(400, 21617), Rejected, "too long"),
        (Failure(400, 30007), Rejected, "spam"),
        (Failure(400, 29999, "Said so"), Rejected, "Said so"),
        (Failure(404, 20404), Rejected, r"."),
        (Failure(302, body=b""), Rejected, "302"),
        (Failure(cut=True), OutcomeUnknown, r"."),
        (Failure(201, body=b"not json"), OutcomeUnknown, "cannot be read"),
        (Failure(201, body=b'{"sid": null}'), OutcomeUnknown, "cannot be read"),
        (Failure(201, body=b"[]"), OutcomeUnknown, "cannot be read"),
    ],
)
async def test_failures_say_who_acts(
    twilio: FakeTwilio, failure: Failure, error: type[ChannelError], words: str
) -> None:
    async with connector(api_base=twilio.url) as channel:
        twilio.failures.append(failure)
        with pytest.raises(ChannelError, match=words) as caught:
            await channel.send(part())
        assert type(caught.value) is error
        assert TOKEN not in str(caught.value)
        assert len(twilio.requests) == 1, "a connector never tries again"
        if isinstance(caught.value, Rejected) and failure.code:
            assert caught.value.code == str(failure.code)
        if isinstance(caught.value, RecipientRefused):
            assert caught.value.opted_out is (failure.code == 21610)
        await channel.send(part())


async def test_retry_after_is_passed_on(twilio: FakeTwilio) -> None:
    async with connector(api_base=twilio.url) as channel:
        twilio.failures.append(Failure(429, 20429, headers={"Retry-After": "7"}))
        with pytest.raises(Unavailable) as caught:
            await channel.send(part())
        assert caught.value.retry_after == timedelta(seconds=7)


async def test_no_connection_means_not_sent() -> None:
    async with FakeTwilio() as twilio:
        url = twilio.url
    async with connector(api_base=url) as channel:
        for call in (channel.send(part()), channel.check()):
            with pytest.raises(Unavailable):
                await call


async def test_an_unsubscribed_recipient(twilio: FakeTwilio) -> None:
    twilio.opted_out.add("+12025550199")
    async with connector(api_base=twilio.url) as channel:
        with pytest.raises(RecipientRefused) as caught:
            await channel.send(part())
        assert caught.value.opted_out


@pytest.mark.parametrize(
    ("given", "error"),
    [
        (part(to="mailto:a@b.c"), RecipientRefused),
        (part(to="sms:mybank"), RecipientRefused),
        (part(""), Rejected),
        (part(" \n"), Rejected),
        (part(files=(OutFile("a.txt", "text/plain", 1, b"a"),)), Rejected),
        (Outbound(delivery_id=1, to=(), text="x"), Rejected),
    ],
)
async def test_what_an_sms_cannot_say_is_not_tried(
    twilio: FakeTwilio, given: Outbound, error: type[Rejected]
) -> None:
    async with connector(api_base=twilio.url) as channel:
        with pytest.raises(error):
            await channel.send(given)
    assert twilio.requests == []


async def test_twilio_is_not_given_a_callback_that_it_cannot_call(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    seen: list[dict[str, Any]] = []

    async def create(_: object, **fields: Any) -> str:
        seen.append(fields)
        return "SM1"

    monkeypatch.setattr("connectors.sms_twilio.outgoing.Api.create_message", create)
    async with connector() as channel:
        await channel.send(part(callback_url="http://127.0.0.1:8080/in/sms"))
        await channel.send(part(callback_url=URL))
    assert ["status_callback" in fields for fields in seen] == [False, True]


async def test_check(twilio: FakeTwilio) -> None:
    async with connector(api_base=twilio.url) as channel:
        await channel.check()
        twilio.account_status = "suspended"
        with pytest.raises(Unauthorized, match="suspended"):
            await channel.check()
        twilio.failures.append(Failure(200, body=b"<html>"))
        with pytest.raises(Unavailable):
            await channel.check()
    async with connector(api_base=twilio.url, auth_token="wrong") as channel:
        with pytest.raises(Unauthorized):
            await channel.check()
    async with connector(api_base=twilio.url) as channel:
        twilio.failures.append(Failure(404, 20404))
        with pytest.raises(ConfigInvalid, match="account_sid: "):
            await channel.check()


async def test_media_is_streamed_with_the_password_for_the_api_alone(twilio: FakeTwilio) -> None:
    async with connector(api_base=twilio.url) as channel:
        async with channel.open(twilio.media_url()) as pieces:
            assert b"".join([piece async for piece in pieces]) == MEDIA
        first, second = twilio.requests
        assert "Authorization" in first[2]
        assert second[1].startswith("/cdn/")
        twilio.failures.append(Failure(404, 20404))
        with pytest.raises(Rejected):
            async with channel.open(twilio.media_url()):
                pass


async def test_media_elsewhere_is_guarded_and_gets_no_password(twilio: FakeTwilio) -> None:
    async with FakeTwilio() as other, connector(api_base=twilio.url) as channel:
        with pytest.raises(Rejected, match="not a public address"):
            async with channel.open(other.media_url()):
                pass
        assert other.requests == []


async def test_a_closed_channel() -> None:
    with pytest.raises(Unavailable, match="closed"):
        await connector().send(part())


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"account_sid": "SM1"}, "settings.account_sid: "),
        ({"account_sid": None}, "settings.account_sid: missing"),
        ({"auth_token": ""}, "settings.auth_token: "),
        ({"number": ""}, "settings.number: "),
        ({"number": "++1"}, "settings.number: "),
        ({"number": "a name that is too long"}, "settings.number: "),
        ({"messaging_service_sid": "SM"}, "settings.messaging_service_sid: "),
        ({"api_base": "api.twilio.com"}, "settings.api_base: "),
        ({"api_base": "https://api.twilio.com/"}, "settings.api_base: "),
        ({"api_base": "https://u:p@api.twilio.com"}, "settings.api_base: "),
        ({"api_base": "http://["}, "settings.api_base: "),
        ({"stop_words": ["", "x"]}, r"settings.stop_words\[0\]: "),
        ({"sends_per_second": 0}, "settings.sends_per_second: "),
        ({"nmuber": "x"}, "settings.nmuber: unknown"),
    ],
)
def test_settings_that_cannot_work(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigInvalid, match=f"^{message}"):
        connector(**settings)


@pytest.mark.parametrize(
    ("number", "uri"),
    [
        ("+12025550123", "tel:+12025550123"),
        ("(202) 555-0123", "tel:+12025550123"),
        ("2025550123", "tel:+12025550123"),
        ("12345", "sms:12345"),
        ("Acme Shop", "sms:acme%20shop"),
    ],
)
def test_our_own_address(number: str, uri: str) -> None:
    assert connector(number=number).capabilities.address == uri


def test_short_codes_are_answered_where_the_channel_says_so() -> None:
    said, by_itself = connector(short_codes=True).capabilities, connector().capabilities
    uris = ("sms:82555", "sms:+266696687", "sms:mybank", "tel:+12025550111")
    assert [uri.startswith(said.reaches) for uri in uris] == [True, True, False, True]
    assert [uri.startswith(by_itself.reaches) for uri in uris] == [False, False, False, True]


def test_the_library_is_not_imported_before_something_is_sent() -> None:
    code = (
        "import sys; from connectors import registry; registry.settings_type('sms_twilio');"
        "print([m for m in sys.modules if m.split('.')[0] in ('twilio', 'requests')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
