"""A channel leaves by the proxy that a file names, and may call the hosts that a file allows."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from connectors.contract import (
    Capabilities,
    Environment,
    Outbound,
    Party,
    Rejected,
    Unavailable,
    Uri,
)
from connectors.email.connector import connect
from connectors.email.settings import Settings
from connectors.http import HttpClient
from connectors.secret import Secret
from hub import way_out
from tests.connectors.test_http import serving
from tests.fakes import imap_servers, smtp_servers
from tests.fakes import twilio as fake_twilio
from tests.fakes.proxies import Proxy, proxy
from tests.fakes.twilio import FakeTwilio
from tests.hub import office
from tests.hub.office import opened

SCHEMES = pytest.mark.parametrize("scheme", ["socks5", "http"])


def client(by: Proxy | str, *allowed: str) -> HttpClient:
    url = by if isinstance(by, str) else by.url
    return HttpClient(
        user_agent="test", proxy=url, allow_hosts=frozenset(allowed), timeout=timedelta(seconds=20)
    )


async def _hello(request: web.Request) -> web.Response:
    return web.Response(text=f"hello from {request.host}")


def _port(url: str) -> int:
    return int(url.rpartition(":")[2])


@SCHEMES
@pytest.mark.parametrize("user", ["", "hub"])
async def test_names_are_resolved_by_the_proxy(scheme: str, user: str) -> None:
    async with (
        serving(_hello) as url,
        proxy(scheme, user=user, password="s3cret" if user else "", api_example=_port(url)) as by,
        client(by) as http,
    ):
        reply = await http.request("GET", "http://api.example/x")
        assert (reply.status, reply.text) == (200, "hello from api.example")
        assert by.asked == [("api.example", 80)]


@SCHEMES
async def test_what_a_proxy_refuses_can_be_tried_again(scheme: str) -> None:
    async with proxy(scheme, user="hub", password="right") as by:
        async with client(by) as http:
            with pytest.raises(Unavailable):
                await http.request("POST", "http://nowhere.example/x", data={"a": "b"})
        async with client(by.url.replace("right", "wrong")) as http:
            with pytest.raises(Unavailable) as refused:
                await http.request("POST", "http://nowhere.example/x")
    assert "wrong" not in str(refused.value)
    async with client(by) as http:  # gone
        with pytest.raises(Unavailable):
            await http.request("POST", "http://nowhere.example/x")


@SCHEMES
@pytest.mark.parametrize(
    "url", ["http://10.0.0.5/x", "http://127.0.0.1:8080/", "http://[::1]/", "http://pbx.internal/",
            "http://localhost/", "http://0177.0.0.1/"]
)  # fmt: skip
async def test_what_is_plainly_inside_is_not_asked_of_a_proxy(scheme: str, url: str) -> None:
    async with proxy(scheme) as by, client(by) as http:
        with pytest.raises(Rejected):
            await http.request("GET", url)
        assert by.asked == []


async def test_an_allowed_host_inside_is(tmp_path: Path) -> None:
    async with serving(_hello) as url, proxy("socks5", pbx_lan=_port(url)) as by:
        async with client(by, "pbx.lan") as http:
            assert (await http.request("GET", "http://pbx.lan/")).status == 200
        by.names["10.0.0.5"] = _port(url)
        async with client(by, "10.0.0.5:8088") as http:
            assert (await http.request("GET", "http://10.0.0.5:8088/")).status == 200
            with pytest.raises(Rejected):
                await http.request("GET", "http://10.0.0.5/")


def _mail(by: Proxy, **more: Any) -> Any:
    settings = Settings(
        address=imap_servers.USER, imap_host="127.0.0.1", imap_port=1, imap_security="none",
        imap_password=Secret(imap_servers.PASSWORD), smtp_host="127.0.0.1", smtp_port=2,
        smtp_security="none", **more,
    )  # fmt: skip
    environment = Environment(
        channel="mail", region="US", public_url="", user_agent="test",
        sign=lambda _purpose, data: data.ljust(32)[:32], proxy=by.url,
    )  # fmt: skip
    return connect(settings, environment)


@SCHEMES
async def test_a_mailbox_is_read_and_written_by_the_proxy(scheme: str) -> None:
    async with (
        imap_servers.pymap() as imap,
        smtp_servers.aiosmtpd() as smtp,
        proxy(scheme) as by,
    ):
        by.names |= {"127.0.0.1:1": imap.port, "127.0.0.1:2": smtp.port}
        mail = _mail(by)
        await mail.check()
        part = Outbound(delivery_id=1, to=(Party(Uri("mailto:a@b.example")),), text="hi",
                        message_id="x@acme.example")  # fmt: skip
        await mail.send(part)
        assert [mail.recipients for mail in smtp.mails] == [["a@b.example"]]
        assert {("127.0.0.1", 1), ("127.0.0.1", 2)} == set(by.asked)


@SCHEMES
async def test_a_mailbox_that_the_proxy_cannot_reach(scheme: str) -> None:
    async with proxy(scheme) as by:
        with pytest.raises(Unavailable, match="proxy"):
            await _mail(by).check()


# ---------------------------------------------------------------- as a file says it


def _config(twilio_url: str, more: str) -> str:
    return f"""
channels:
  - name: sms
    kind: sms_twilio
    {more}
    settings: {{account_sid: {fake_twilio.ACCOUNT}, auth_token: {fake_twilio.TOKEN},
      number: "+12025550123", api_base: "{twilio_url}"}}
"""


async def test_a_channel_leaves_by_its_own_proxy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with FakeTwilio() as twilio, proxy("socks5", api_example=_port(twilio.url)) as by:
        monkeypatch.setenv("SMS_PROXY", by.url)
        text = _config(
            "http://api.example",
            "proxy: {env: SMS_PROXY}\n    allow_hosts: [PBX.lan, '10.0.0.5:88']",
        )
        async with opened(tmp_path, config=text) as found:
            channel = found.hub.channels.get("sms")
            assert channel is not None
            assert isinstance(channel.capabilities, Capabilities)
            await channel.connector.check()
            assert by.asked == [("api.example", 80)]
            exported = await found.run("export")
            assert "SMS_PROXY" in str(exported)
            assert "10.0.0.5:88" in str(exported)
            assert by.url not in str(exported)
            assert await found.run("apply", text=text, dry_run=True) is not None
            assert (await found.hub.db.read(_options)) == (
                '{"allow_hosts":["10.0.0.5:88","pbx.lan"],"proxy":{"env":"SMS_PROXY"}}'
            )


def _options(tx: Any) -> str:
    found: str = tx.value("SELECT options FROM channel WHERE name = 'sms'")
    return found


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("proxy: nonsense", "must be like"),
        ("proxy: ftp://h:21", "must be like"),
        ("proxy: socks5://h", "must be like"),
        ("proxy: http://h:1/path", "nothing behind the port"),
        ("proxy: socks5://u:p@h:1080", "has a password"),
        ("allow_hosts: ['a b']", "allow_hosts"),
    ],
)
async def test_a_wrong_way_out_is_refused_where_it_stands(
    tmp_path: Path, line: str, words: str
) -> None:
    async with opened(tmp_path, config="") as found:
        with pytest.raises(Exception, match=words):
            await found.run("apply", text=_config("https://api.twilio.com", line))


def test_a_variable_that_is_not_set_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("NO_SUCH_PROXY", raising=False)
    with pytest.raises(ValueError, match="NO_SUCH_PROXY"):
        way_out.read(way_out.EnvRef("NO_SUCH_PROXY"))
    monkeypatch.setenv("NO_SUCH_PROXY", "http://u:p@h:3128")
    assert way_out.read(way_out.EnvRef("NO_SUCH_PROXY")) == "http://u:p@h:3128"


async def test_no_route_of_the_api_sets_either(tmp_path: Path) -> None:
    async with office.opened(tmp_path) as found, found.admin() as admin:
        document = (await admin.get("/openapi.json")).json
        taken = [
            path for path, item in document["paths"].items()
            for verb, one in item.items()
            if verb in ("post", "put", "patch") and "proxy" in str(one.get("requestBody"))
        ]  # fmt: skip
        assert taken == []
