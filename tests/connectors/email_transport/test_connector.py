"""The mail channel as the hub sees it: settings, roles, the posted mail, threads."""

from __future__ import annotations

import hashlib
import hmac
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from connectors import registry
from connectors.contract import (
    ConfigInvalid,
    Connector,
    Environment,
    Inbound,
    MediaSource,
    Outbound,
    OutFile,
    Party,
    PayloadInvalid,
    Raw,
    Receiving,
    Rejected,
    Source,
    Threads,
    Uri,
    Webhook,
    WebhookRejected,
)
from connectors.email.connector import FetchedMail, Mail, Settings, connect
from connectors.email.imap import STUB_HEADER
from connectors.secret import Secret
from tests.fakes.imap_servers import PASSWORD as IMAP_PASSWORD
from tests.fakes.imap_servers import pymap
from tests.fakes.smtp_servers import aiosmtpd

ADDRESS = "support@acme.example"
TOKEN = "t0ken-of-the-channel"
MAIL = (
    b"From: Ann <ann@b.example>\r\nTo: support@acme.example\r\nSubject: Where is it?\r\n"
    b"Message-ID: <1@b.example>\r\n\r\nWhere is my parcel?\r\n"
)


def sign(purpose: str, data: bytes) -> bytes:
    return hmac.digest(b"key", purpose.encode() + b"\0" + data, hashlib.sha256)


ENV = Environment(
    channel="mail",
    region="US",
    public_url="https://hub.example/in/mail",
    user_agent="test",
    sign=sign,
)


def channel(**more: Any) -> Mail:
    return connect(Settings(**{"address": ADDRESS, "token": Secret(TOKEN)} | more), ENV)


def posted(
    body: bytes = MAIL,
    *,
    query: str = "",
    content_type: str | None = "message/rfc822",
    **headers: str,
) -> Raw:
    given = [(name.replace("_", "-"), value) for name, value in headers.items()]
    if content_type is not None:
        given.append(("Content-Type", content_type))
    return Raw("webhook", "", tuple(given), f"https://hub.example/in/mail{query}", body)


# ---------------------------------------------------------------- settings


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"address": ""}, "address"),
        ({"address": "nobody"}, "address"),
        ({"address": "Support <support@acme.example>"}, "address"),
        ({"address": 3}, "address"),
        ({"aliases": ("x",)}, "aliases"),
        ({"aliases": "sales@acme.example"}, "aliases"),
        ({"name": "a\nb"}, "name"),
        ({"imap_host": "imap.example"}, "imap_password"),
        ({"imap_host": "imap://x", "imap_password": Secret("p")}, "imap_host"),
        ({"imap_host": "a b", "imap_password": Secret("p")}, "imap_host"),
        ({"imap_port": 70_000}, "imap_port"),
        ({"imap_port": -1}, "imap_port"),
        ({"imap_port": True}, "imap_port"),
        ({"imap_security": "ssl"}, "imap_security"),
        ({"imap_auth": "kerberos"}, "imap_auth"),
        ({"imap_password": Secret("a\r\nb")}, "imap_password"),
        ({"imap_user": "a\0b"}, "imap_user"),
        ({"folders": ()}, "folders"),
        ({"folders": ("INBOX", "")}, "folders"),
        ({"folders": ("INBOX", "INBOX")}, "folders"),
        ({"folders": ("a\r\nb",)}, "folders"),
        ({"folders": "INBOX"}, "folders"),
        ({"poll_seconds": 0}, "poll_seconds"),
        ({"poll_seconds": "60"}, "poll_seconds"),
        ({"history": "7d"}, "history"),
        ({"smtp_security": "maybe"}, "smtp_security"),
        ({"smtp_user": "me"}, "smtp_password"),
        ({"smtp_port": 99_999}, "smtp_port"),
        ({"smtp_auth": "none"}, "smtp_auth"),
        ({"ca_file": "/no/such/file"}, "ca_file"),
        ({"max_bytes": 10}, "max_bytes"),
        ({"authserv_ids": ("a b",)}, "authserv_ids"),
    ],
)
def test_a_wrong_setting_is_named(given: dict[str, Any], field: str):
    with pytest.raises(ConfigInvalid, match=f"^{field}: .") as caught:
        Settings(**{"address": ADDRESS} | given)
    assert "a\r\nb" not in str(caught.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "::1", "[::1]", "127.9.9.9"])
def test_a_password_in_clear_is_for_this_machine_only(host: str):
    for kind in ("imap", "smtp"):
        given = {f"{kind}_security": "none", f"{kind}_password": Secret("p")}
        Settings(address=ADDRESS, **{f"{kind}_host": host}, **given)
        for other in ("mail.example", "127.0.0.1.example", "10.0.0.1", "localhost.example"):
            with pytest.raises(ConfigInvalid, match=f"^{kind}_security: "):
                Settings(address=ADDRESS, **{f"{kind}_host": other}, **given)
    Settings(address=ADDRESS, smtp_host="relay.example", smtp_security="none")


def test_ports_follow_the_security():
    for security, imap, smtp in (("tls", 993, 465), ("starttls", 143, 587), ("none", 143, 25)):
        settings = Settings(
            address=ADDRESS,
            imap_host="localhost",
            imap_password=Secret("p"),
            imap_security=security,
            smtp_host="localhost",
            smtp_security=security,
        )
        assert settings.imap_endpoint == ("localhost", imap)
        assert settings.smtp_endpoint == ("localhost", smtp)


def test_settings_are_read_from_a_file_and_hide_their_secrets():
    given = {"address": ADDRESS, "imap_host": "imap.example", "imap_password": {"env": "PASS"}}
    read = registry.read_settings("email", given, {"PASS": "secret-word"}.get)
    assert isinstance(registry.open("email", read, ENV), FetchedMail)
    assert "secret-word" not in repr(read)
    with pytest.raises(ConfigInvalid, match=r"^settings\.imap_port: "):
        registry.read_settings("email", given | {"imap_port": 1 << 20}, {"PASS": "x"}.get)
    oauth = {"oauth_client_secret", "oauth_refresh_token"}
    assert registry.secret_names("email") == {"imap_password", "smtp_password", "token"} | oauth
    registry.describe("email")


# ---------------------------------------------------------------- roles


def test_only_a_channel_with_a_mailbox_is_a_source():
    plain, fetched = channel(), channel(imap_host="imap.example", imap_password=Secret("p"))
    for connector in (plain, fetched):
        for role in (Connector, Receiving, Webhook, Threads):
            assert isinstance(connector, role)
        assert not isinstance(connector, MediaSource)
    assert isinstance(fetched, Source)
    assert not isinstance(plain, Source)


def test_capabilities():
    caps = channel(aliases=("Sales@Acme.example", "info@acme.example")).capabilities
    assert caps.address == "mailto:support@acme.example"
    assert caps.aliases == ("mailto:sales@acme.example", "mailto:info@acme.example")
    assert caps.html
    assert caps.subject
    assert caps.threads
    assert caps.attachments
    assert caps.many_recipients
    assert caps.max_attachment_bytes == 25 * 1024 * 1024
    assert (caps.units, caps.reopen_within) == (25, timedelta(days=14))


# ---------------------------------------------------------------- the posted mail


@pytest.mark.parametrize(
    "raw",
    [
        posted(Authorization=f"Bearer {TOKEN}"),
        posted(authorization=f"bearer  {TOKEN} "),
        posted(query=f"?token={TOKEN}"),
        posted(query=f"?a=b&token=wrong&token={TOKEN}"),
    ],
)
def test_the_token_opens(raw: Raw):
    channel().verify(raw)


@pytest.mark.parametrize(
    "raw",
    [
        posted(),
        posted(Authorization=TOKEN),
        posted(Authorization=f"Basic {TOKEN}"),
        posted(Authorization="Bearer"),
        posted(Authorization="Bearer wrong"),
        posted(Authorization=f"Bearer {TOKEN}x"),
        posted(Authorization="Bearer \udcff\udcfe"),
        posted(query="?token="),
        posted(query="?token=%FF%FE"),
        posted(query="?Token=" + TOKEN),
    ],
)
def test_anything_else_does_not(raw: Raw):
    with pytest.raises(WebhookRejected) as caught:
        channel().verify(raw)
    assert TOKEN not in str(caught.value)


def test_without_a_token_nothing_opens():
    for raw in (posted(), posted(query="?token="), posted(Authorization="Bearer ")):
        with pytest.raises(WebhookRejected):
            channel(token=Secret("")).verify(raw)


def test_a_posted_mail_is_one_message():
    (message,) = channel().parse(posted())
    assert isinstance(message, Inbound)
    assert message.sender == "mailto:ann@b.example"
    assert message.text == "Where is my parcel?"
    assert message.stub == ""
    assert channel().reply(posted(), [message]).status == 200


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "",
        "message/rfc822; charset=utf-8",
        "MESSAGE/RFC822",
        "application/octet-stream",
        "text/plain",
    ],
)
def test_how_a_mail_may_be_posted(content_type: str | None):
    (message,) = channel().parse(posted(content_type=content_type))
    assert message.message_id == "1@b.example"


@pytest.mark.parametrize(
    ("raw", "field"),
    [
        (posted(content_type="application/json"), "content-type"),
        (posted(content_type="application/x-www-form-urlencoded"), "content-type"),
        (posted(b""), "body"),
        (posted(b"\r\n \n"), "body"),
    ],
)
def test_what_is_no_mail(raw: Raw, field: str):
    with pytest.raises(PayloadInvalid, match=f"^{field}: "):
        channel().parse(raw)


@pytest.mark.parametrize("body", [b"\0", b"hello", b"\xff" * 3000, MAIL[:40], b"{}", b"\r\n\r\nx"])
def test_a_mail_that_is_hardly_one_is_kept_all_the_same(body: bytes):
    (message,) = channel().parse(posted(body))
    assert message.provider_id


def test_a_header_of_ours_means_nothing_from_outside():
    (message,) = channel().parse(posted(X_Hub_Stub="forged"))
    assert message.stub == ""


def test_a_stub_of_a_fetched_mail():
    fetched = channel(imap_host="imap.example", imap_password=Secret("p"))
    header = MAIL.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    raw = Raw("mail", "INBOX/7/11", ((STUB_HEADER, "larger than 5 bytes"),), "", header)
    (message,) = fetched.parse(raw)
    assert message.stub == "larger than 5 bytes"
    assert message.subject == "Where is it?"
    assert message.sender == "mailto:ann@b.example"
    empty = [
        fetched.parse(replace(raw, key=key, body=b""))[0] for key in ("INBOX/7/1", "INBOX/7/2")
    ]
    assert empty[0].provider_id != empty[1].provider_id


def test_the_same_mail_by_both_doors_has_one_key():
    (by_post,) = channel().parse(posted())
    (by_imap,) = channel().parse(Raw("mail", "INBOX/1/1", (), "", b"Received: x\r\n" + MAIL))
    assert by_post.provider_id == by_imap.provider_id


def test_an_attachment_is_a_part_of_the_raw():
    body = (
        b"From: ann@b.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n"
        b"\r\n--b\r\n\r\ntext\r\n--b\r\nContent-Type: application/pdf\r\n"
        b"Content-Disposition: attachment; filename=a.pdf\r\nContent-Transfer-Encoding: base64\r\n"
        b"\r\nJVBERg==\r\n--b--\r\n"
    )
    mail = channel()
    (message,) = mail.parse(posted(body))
    (file,) = message.attachments
    assert file.ref is not None
    assert mail.part(posted(body), file.ref) == b"%PDF"


def test_a_bounce_names_the_message_it_is_about():
    lines = [
        "From: MAILER-DAEMON@mx.example",
        "To: support@acme.example",
        "Subject: Undelivered Mail Returned to Sender",
        "MIME-Version: 1.0",
        "Content-Type: multipart/report; report-type=delivery-status; boundary=b",
        "",
        "--b",
        "",
        "It did not arrive.",
        "--b",
        "Content-Type: message/delivery-status",
        "",
        "Reporting-MTA: dns; mx.example",
        "",
        "Final-Recipient: rfc822; ann@b.example",
        "Action: failed",
        "Status: 5.1.1",
        "",
        "--b",
        "Content-Type: message/rfc822",
        "",
        f"Message-ID: <{channel().message_id(7, 'x')}>",
        "Subject: ours",
        "",
        "--b--",
        "",
    ]
    mail = channel()
    (message,) = mail.parse(posted("\r\n".join(lines).encode()))
    assert message.bounce is not None
    assert message.bounce.failed[0].uri == "mailto:ann@b.example"
    assert message.bounce.failed[0].permanent
    assert mail.conversation_of(message) == 7


# ---------------------------------------------------------------- threads


def test_an_answer_finds_its_conversation():
    mail = channel()
    ours = mail.message_id(42, "d17")
    assert ours.endswith("@acme.example")
    base = Inbound(sender=Uri("mailto:ann@b.example"))
    assert mail.conversation_of(replace(base, in_reply_to=(ours,))) == 42
    assert mail.conversation_of(replace(base, references=("x@y", ours))) == 42
    assert mail.conversation_of(base) is None
    forged = ours.replace("42-", "43-")
    assert mail.conversation_of(replace(base, in_reply_to=(forged,))) is None


def test_the_latest_of_the_references_counts():
    mail = channel()
    references = (mail.message_id(1, "a"), mail.message_id(2, "b"))
    base = Inbound(sender=Uri("mailto:ann@b.example"), references=references)
    assert mail.conversation_of(base) == 2


def test_plus_addresses_only_where_they_reach_us():
    assert channel().reply_to(42) == ""
    mail = channel(plus_addressing=True)
    to = mail.reply_to(42)
    assert to.startswith("support+42-")
    answer = Inbound(sender=Uri("mailto:a@b.example"), to=(Party(Uri(f"mailto:{to}")),))
    assert mail.conversation_of(answer) == 42


# ---------------------------------------------------------------- out and back


async def test_what_is_sent_arrives_and_can_be_read_again():
    async with aiosmtpd() as inbox:
        mail = channel(
            name="Acme Support",
            smtp_host="127.0.0.1",
            smtp_port=inbox.port,
            smtp_security="none",
        )
        part = Outbound(
            delivery_id=1,
            to=(Party(Uri("mailto:ann@b.example"), "Ann"),),
            subject="Re: Where is it?",
            text="On its way.\n",
            html="<p>On its way.</p>",
            files=(OutFile("a.pdf", "application/pdf", 4, b"%PDF"),),
            message_id=mail.message_id(42, "d1"),
            in_reply_to="1@b.example",
            references=("1@b.example",),
        )
        async with mail:
            await mail.check()
            sent = await mail.send(part)
        assert sent.provider_ids == (part.message_id,)
        (delivery,) = inbox.mails
        assert delivery.sender == ADDRESS
        (message,) = channel().parse(posted(delivery.body))
        assert message.message_id == part.message_id
        assert message.sender == f"mailto:{ADDRESS}"
        assert message.subject == "Re: Where is it?"
        assert message.in_reply_to == ("1@b.example",)
        assert "On its way." in message.full_text
        assert message.attachments[0].name == "a.pdf"


async def test_what_cannot_be_composed_is_rejected():
    mail = channel(smtp_host="127.0.0.1", smtp_security="none")
    part = Outbound(delivery_id=1, to=(Party(Uri("mailto:not an address")),), message_id="1@a")
    with pytest.raises(Rejected):
        await mail.send(part)


async def test_check_asks_both_servers():
    async with pymap() as imap, aiosmtpd() as smtp:
        mail = channel(
            imap_host="127.0.0.1",
            imap_port=imap.port,
            imap_security="none",
            imap_password=Secret(IMAP_PASSWORD),
            smtp_host="127.0.0.1",
            smtp_port=smtp.port,
            smtp_security="none",
        )
        await mail.check()


async def test_a_channel_without_servers_has_nothing_to_check():
    await channel().check()


def test_a_bad_file_of_authorities_is_named(tmp_path: Path):
    with pytest.raises(ConfigInvalid, match=r"^ca_file: "):
        channel(ca_file=str(tmp_path / "missing.pem"))
