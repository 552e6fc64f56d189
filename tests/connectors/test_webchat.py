"""The web chat connector alone: who a visitor is, what a frame becomes, what is refused."""

from __future__ import annotations

import doctest
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from connectors.contract import (
    Capabilities,
    ConfigInvalid,
    Connector,
    Inbound,
    Outbound,
    Party,
    PayloadInvalid,
    Raw,
    Receiving,
    Sessions,
    SignalIn,
    Uri,
    Visitor,
    WebhookRejected,
)
from connectors.secret import Secret
from connectors.webchat import Settings, WebChat, connect, json_schema, visitors
from connectors.webchat.settings import allowed
from tests.fakes.chat_backend import environment

PAYLOADS = Path(__file__).parent.parent / "payloads" / "webchat"
HUB = "https://hub.example/in/chat"
SECRET = Secret("the site's secret")


def chat(channel: str = "chat", **fields: Any) -> WebChat:
    return connect(Settings(**fields), environment(channel))


def fixed(**fields: Any) -> WebChat:
    """Every new visitor has the same id."""
    return WebChat(Settings(**fields), environment(), new_id=lambda: "0123456789abcdef" * 2)


def hello(connector: WebChat, origin: str = "", **frame: Any) -> Visitor:
    return connector.open({"type": "hello", **frame}, origin=origin, remote="192.0.2.1")


def message(connector: WebChat, visitor: Visitor, **frame: Any) -> Inbound:
    (raw,) = connector.receive(visitor, {"type": "message", **frame})
    assert isinstance(raw, Raw)
    (event,) = connector.parse(raw)
    assert isinstance(event, Inbound)
    return event


def signed(user_id: str, email: str | None = None, **more: str) -> dict[str, str]:
    covered = {} if email is None else {"email": email}
    return {
        "user_id": user_id,
        "hash": visitors.signature(SECRET, user_id, email),
        **covered,
        **more,
    }


def test_it_has_its_roles() -> None:
    connector = chat()
    assert isinstance(connector, Connector)
    assert isinstance(connector, Receiving)
    assert isinstance(connector, Sessions)
    assert isinstance(connector.capabilities, Capabilities)
    assert connector.capabilities.live


async def test_sending_is_the_commit() -> None:
    async with chat() as connector:
        await connector.check()
        to = (Party(Uri("webchat:chat/x")),)
        sent = await connector.send(Outbound(delivery_id=7, to=to, text="hi"))
    assert sent.provider_ids == ("7",)


def test_the_documented_signature_is_right() -> None:
    assert doctest.testmod(visitors).failed == 0


# ---------------------------------------------------------------- who a visitor is


def test_a_new_visitor_is_random_and_comes_back_by_its_token() -> None:
    connector = chat()
    one, two = hello(connector), hello(connector)
    assert one.uri != two.uri
    assert one.uri.startswith("webchat:chat/")
    assert len(one.uri.rpartition("/")[2]) == 32
    assert hello(connector, visitor=one.token).uri == one.uri
    assert not one.authenticated


@given(st.data())
def test_a_changed_token_is_refused(data: st.DataObject) -> None:
    connector = fixed()
    token = hello(connector).token
    at = data.draw(st.integers(0, len(token) - 1))
    char = data.draw(st.characters(exclude_characters=token[at]))
    with pytest.raises((WebhookRejected, PayloadInvalid)):
        hello(connector, visitor=token[:at] + char + token[at + 1 :])


@given(st.text(max_size=250))
def test_any_text_as_token_is_refused_and_never_a_fault(token: str) -> None:
    if token == "":
        assert hello(chat(), visitor=token).uri
        return
    with pytest.raises((WebhookRejected, PayloadInvalid)):
        hello(chat(), visitor=token)


def test_a_token_is_of_one_channel() -> None:
    token = hello(chat("sales")).token
    with pytest.raises(WebhookRejected):
        hello(chat("support"), visitor=token)


def test_a_user_the_site_signs_for_is_proven() -> None:
    connector = chat(site_secret=SECRET)
    visitor = hello(connector, identity=signed("42", name="Ann"))
    assert visitor.authenticated
    assert visitor.name == "Ann"
    assert visitor.identities == ("webuser:chat/42",)


def test_an_address_is_proven_only_if_the_signature_covers_it() -> None:
    connector = chat(site_secret=SECRET)
    covered = hello(connector, identity=signed("42", "Ann@Shop.Example"))
    assert covered.identities == ("webuser:chat/42", "mailto:ann@shop.example")
    said = {**signed("42"), "email": "boss@shop.example"}
    visitor = hello(connector, identity=said)
    assert visitor.identities == ("webuser:chat/42",)
    assert visitor.claims == {"email": "boss@shop.example"}


@pytest.mark.parametrize(
    "identity",
    [
        {"user_id": "42", "hash": "00" * 32},
        {"user_id": "42", "hash": ""},
        {"user_id": "42", "hash": "é"},
        {"user_id": "43", "hash": visitors.signature(SECRET, "42")},
        {"user_id": "42", "email": "b@x.example", "hash": visitors.signature(SECRET, "42", "a@x")},
        {"user_id": "42", "hash": visitors.signature(Secret("other"), "42")},
    ],
)
def test_an_identity_that_the_site_did_not_sign_is_refused(identity: dict[str, str]) -> None:
    with pytest.raises(WebhookRejected, match="identity"):
        hello(chat(site_secret=SECRET), identity=identity)


def test_without_a_secret_nobody_is_proven() -> None:
    empty = {"user_id": "42", "hash": visitors.signature(Secret(""), "42")}
    with pytest.raises(WebhookRejected, match="site_secret"):
        hello(chat(), identity=empty)


@pytest.mark.parametrize(
    "identity",
    [
        {"user_id": "1|ann@shop.example", "hash": "x"},  # would sign for user 1's address
        {"user_id": "", "hash": "x"},
        {"user_id": "4\n2", "hash": "x"},
        {"user_id": 42, "hash": "x"},
        {"user_id": "\ud800", "hash": "x"},
        {"user_id": "42"},
        signed("42", "not an address"),
    ],
)
def test_an_identity_that_is_none_is_invalid(identity: dict[str, Any]) -> None:
    with pytest.raises(PayloadInvalid, match="identity"):
        hello(chat(site_secret=SECRET), identity=identity)


def test_who_signs_in_keeps_the_conversation_and_closes_it_to_others() -> None:
    connector = chat(site_secret=SECRET)
    before = hello(connector)
    ann = hello(connector, visitor=before.token, identity=signed("ann"))
    assert ann.uri == before.uri
    assert ann.token != before.token
    assert hello(connector, visitor=ann.token, identity=signed("ann")).uri == ann.uri
    bob = hello(connector, visitor=ann.token, identity=signed("bob"))
    nobody = hello(connector, visitor=ann.token)
    assert len({ann.uri, bob.uri, nobody.uri}) == 3
    assert not nobody.authenticated


def test_an_upload_needs_only_the_token() -> None:
    connector = chat(site_secret=SECRET)
    ann = hello(connector, identity=signed("ann"))
    upload = {"type": "upload", "visitor": ann.token}
    assert connector.open(upload, origin="", remote="").uri == ann.uri
    with pytest.raises(WebhookRejected):
        connector.open({"type": "upload", "visitor": "x"}, origin="", remote="")


# ---------------------------------------------------------------- origins


@pytest.mark.parametrize(
    ("origin", "origins", "holds"),
    [
        ("", (), True),  # no browser
        ("https://hub.example", (), True),
        ("https://HUB.example", (), True),
        ("https://hub.example:443", (), True),
        ("http://hub.example", (), False),
        ("https://hub.example:8443", (), False),
        ("https://shop.example", (), False),
        ("null", (), False),
        ("null", ("*",), True),
        ("https://shop.example", ("*",), True),
        ("https://shop.example", ("https://shop.example",), True),
        ("https://shop.example", ("https://SHOP.example",), True),
        ("http://shop.example", ("https://shop.example",), False),
        ("https://shop.example:8443", ("https://shop.example",), False),
        ("https://shop.example:8443", ("https://shop.example:8443",), True),
        ("https://shop.example:8443", ("shop.example",), True),
        ("http://shop.example", ("shop.example",), True),
        ("http://shop.example:81", ("shop.example:80",), False),
        ("https://www.shop.example", ("shop.example",), False),
        ("https://www.shop.example", ("*.shop.example",), True),
        ("https://a.b.shop.example:444", ("*.shop.example",), True),
        ("https://shop.example", ("*.shop.example",), False),
        ("https://evilshop.example", ("*.shop.example",), False),
        ("https://shop.example.evil.example", ("shop.example", "*.shop.example"), False),
        ("https://user@shop.example", ("shop.example",), False),
        ("https://shop.example/path", ("shop.example",), False),
        ("https://[", ("shop.example",), False),
        ("https://shop.example:port", ("shop.example",), False),
        ("http://[::1]:8080", ("[::1]",), True),
        ("file://", ("shop.example",), False),
        ("javascript:alert(1)", ("shop.example",), False),
    ],
)
def test_which_pages_may_open_it(origin: str, origins: tuple[str, ...], holds: bool) -> None:
    Settings(origins=origins)
    assert allowed(origin, origins, HUB) is holds


@pytest.mark.parametrize("origin", ["http://localhost:8080", "http://[::1]:8080"])
def test_this_machine_is_one_host_whatever_it_is_called(origin: str) -> None:
    assert allowed(origin, (), "http://127.0.0.1:8080/in/chat")
    assert not allowed(origin, (), "http://127.0.0.1:9090/in/chat")
    assert not allowed(origin, (), HUB)


@given(st.text())
def test_no_origin_is_a_fault(origin: str) -> None:
    allowed(origin, ("shop.example", "*.shop.example", "https://shop.example"), HUB)


def test_a_foreign_page_is_refused() -> None:
    with pytest.raises(WebhookRejected, match="origin"):
        hello(chat(), origin="https://evil.example")


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"origins": ("https://",)}, "origins[0]"),
        ({"origins": ("ok.example", "https://*.shop.example")}, "origins[1]"),
        ({"origins": ("shop.example/path",)}, "origins[0]"),
        ({"origins": ("ftp://shop.example",)}, "origins[0]"),
        ({"prechat": ("name", "shoe_size")}, "prechat[1]"),
        ({"prechat": ("name", "name")}, "prechat"),
        ({"texts": {"english please": {}}}, "texts.english please"),
        ({"texts": {"en": {"joke": "ha"}}}, "texts.en.joke"),
        ({"texts": {"en": {"title": "x" * 501}}}, "texts.en.title"),
        ({"colour": "red"}, "colour"),
        ({"colour": "#12345g"}, "colour"),
        ({"messages_per_second": 0.0}, "messages_per_second"),
        ({"burst": 0}, "burst"),
        ({"max_file_bytes": -1}, "max_file_bytes"),
        ({"history": 0}, "history"),
        ({"title": "x" * 101}, "title"),
    ],
)
def test_wrong_settings_are_refused_by_name(fields: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigInvalid) as refused:
        Settings(**fields)
    assert str(refused.value).startswith(f"{words}: ")


def test_the_secret_is_masked() -> None:
    assert "secret" not in repr(Settings(site_secret=SECRET)).replace("site_secret", "")


# ---------------------------------------------------------------- frames


def test_recorded_frames() -> None:
    """Each file: a hello, the frames after it, and what they become (ids replaced)."""
    cases = sorted(PAYLOADS.glob("*.json"))
    assert cases
    for path in cases:
        case = json.loads(path.read_text(encoding="utf-8"))
        connector = fixed(site_secret=SECRET)
        visitor = connector.open(case["hello"], origin="", remote="")
        got = [_outcome(connector, visitor, frame) for frame in case["frames"]]
        assert got == case["become"], path.name


def _outcome(connector: WebChat, visitor: Visitor, frame: Mapping[str, Any]) -> Any:
    try:
        (item,) = connector.receive(visitor, frame)
    except PayloadInvalid as err:
        return {"invalid": str(err)}
    if isinstance(item, SignalIn):
        return {"signal": item.signal, "about": item.about}
    (event,) = connector.parse(item)
    assert isinstance(event, Inbound)
    return {
        "provider_id": event.provider_id,
        "sender": event.sender,
        "text": event.text,
        "claims": event.claims,
        "authenticated": event.authenticated,
        "identities": list(event.identities),
        **({"consent": event.consent} if event.consent else {}),
    }


def test_a_message_becomes_one_inbound() -> None:
    connector = chat()
    visitor = hello(connector, name="Ann", claims={"page": "https://shop.example/cart"})
    inbound = message(
        connector, visitor, id="m1", text="hello", files=[], claims={"email": "ann@x.example"}
    )
    assert inbound.provider_id == f"{visitor.uri.rpartition('/')[2]}/m1"
    assert inbound.sender == visitor.uri
    assert inbound.sender_name == ""
    assert inbound.text == inbound.full_text == "hello"
    assert inbound.claims == {
        "page": "https://shop.example/cart",
        "name": "Ann",
        "email": "ann@x.example",
    }
    assert inbound.identities == ()
    assert not inbound.authenticated


def test_a_proven_visitor_is_proven_with_every_message() -> None:
    connector = chat(site_secret=SECRET)
    visitor = hello(connector, identity=signed("42", "ann@shop.example", name="Ann"))
    inbound = message(connector, visitor, id="m1", text="hello")
    assert inbound.authenticated
    assert inbound.sender_name == "Ann"
    assert inbound.identities == visitor.identities


def test_text_is_cleaned() -> None:
    connector = chat()
    inbound = message(connector, hello(connector), id="m", text="a\0b \ud800 e\u0301")
    assert inbound.text == "ab \ufffd \u00e9"


@given(st.text(max_size=300), st.dictionaries(st.text(max_size=50), st.text(max_size=50)))
def test_any_text_and_claims_are_taken_or_refused(text: str, claims: dict[str, str]) -> None:
    connector = chat()
    visitor = hello(connector)
    try:
        inbound = message(connector, visitor, id="m", text=text, claims=claims)
    except PayloadInvalid:
        return
    assert "\0" not in inbound.text
    msgspec.json.encode(inbound.claims)


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=10,
)
_TYPES = st.sampled_from(["hello", "message", "typing", "read", "ack", "here", "upload", "x"])
_NAMES = st.sampled_from(["id", "text", "files", "upto", "claims", "visitor", "since", "identity"])


@given(_TYPES, st.dictionaries(_NAMES, _JSON))
def test_no_frame_is_a_fault(kind: str, frame: dict[str, Any]) -> None:
    connector = chat(site_secret=SECRET)
    visitor = hello(connector)
    for step in (
        lambda: connector.receive(visitor, {"type": kind, **frame}),
        lambda: connector.open({"type": kind, **frame}, origin="", remote=""),
    ):
        try:
            step()
        except PayloadInvalid as err:
            field, _, reason = str(err).partition(": ")
            assert field
            assert reason
        except WebhookRejected:
            pass


@given(st.binary(max_size=200) | _JSON.map(lambda value: json.dumps(value).encode()))
def test_parse_refuses_what_is_no_message(body: bytes) -> None:
    with pytest.raises(PayloadInvalid):
        chat().parse(Raw("chat", "k", (), "", body))


def test_parse_refuses_another_channels_message() -> None:
    sales = chat("sales")
    (raw,) = sales.receive(hello(sales), {"type": "message", "id": "m", "text": "x"})
    assert isinstance(raw, Raw)
    with pytest.raises(PayloadInvalid, match="visitor"):
        chat("support").parse(raw)


# ---------------------------------------------------------------- files


def _file(connector: WebChat, visitor: Visitor) -> str:
    item = {"type": "file", "visitor": visitor.uri, "id": "up-1", "name": "عکس.png"}
    frame = connector.frame({**item, "media_type": "image/png", "size": 12})
    return str(json.loads(frame)["id"])


def test_a_file_is_named_by_its_signed_facts() -> None:
    connector = chat()
    visitor = hello(connector)
    inbound = message(connector, visitor, id="m", files=[_file(connector, visitor)])
    (attachment,) = inbound.attachments
    assert (attachment.ref, attachment.name) == ("up-1", "عکس.png")
    assert (attachment.type, attachment.size) == ("image/png", 12)


@given(st.data())
def test_a_changed_file_id_is_refused(data: st.DataObject) -> None:
    connector = fixed()
    visitor = hello(connector)
    given = _file(connector, visitor)
    at = data.draw(st.integers(0, len(given) - 1))
    char = data.draw(st.characters(exclude_characters=given[at]))
    with pytest.raises(PayloadInvalid, match=r"files\[0\]"):
        message(connector, visitor, id="m", files=[given[:at] + char + given[at + 1 :]])


def test_a_file_is_of_one_visitor() -> None:
    connector = chat()
    given = _file(connector, hello(connector))
    with pytest.raises(PayloadInvalid, match=r"files\[0\]"):
        message(connector, hello(connector), id="m", files=[given])


# ---------------------------------------------------------------- out


def test_frames_out_are_typed() -> None:
    connector = chat(title="Acme", texts={"fa": {"title": "آکمه"}})
    assert json.loads(connector.frame({"type": "ack", "id": "m", "entry": 7})) == {
        "type": "ack",
        "id": "m",
        "entry": 7,
    }
    greeting = json.loads(connector.frame({"type": "hello", "visitor": "t", "entries": []}))
    assert greeting["chat"]["texts"] == {"fa": {"title": "آکمه"}}
    with pytest.raises(msgspec.ValidationError):
        connector.frame({"type": "ack", "id": "m"})


def test_the_schema_is_of_the_same_types() -> None:
    schema = json_schema()
    sent = schema["$defs"]["ClientMessage"]
    assert sent["required"] == ["type", "id"]
    assert sent["properties"]["text"]["maxLength"] == 10_000
    references = {item["$ref"].rpartition("/")[2] for item in schema["anyOf"]}
    assert references <= schema["$defs"].keys()
    assert "Upload" not in json.dumps(schema)
