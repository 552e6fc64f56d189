"""Sending: what a server's every answer means for whoever has to act."""

from __future__ import annotations

import ssl
from pathlib import Path
from typing import Any

import pytest

from connectors.contract import (
    ChannelError,
    ConfigInvalid,
    Outbound,
    OutcomeUnknown,
    Party,
    RecipientRefused,
    Rejected,
    Unauthorized,
    Unavailable,
    Uri,
)
from connectors.email.settings import Settings
from connectors.email.smtp import SmtpSender
from connectors.secret import Secret
from tests.fakes.smtp_servers import PASSWORD, USER, aiosmtpd, authenticated, scripted

MESSAGE = b"From: support@acme.example\r\nSubject: hello\r\n\r\nText.\r\n"
ANN, BOB = Uri("mailto:ann@b.example"), Uri("mailto:bob@b.example")


def settings(port: int, **more: Any) -> Settings:
    given = {"smtp_host": "127.0.0.1", "smtp_port": port, "smtp_security": "none"}
    return Settings(address=USER, **given | more)


def sender(port: int, *, seconds: float = 5.0, **more: Any) -> SmtpSender:
    return SmtpSender(settings(port, **more), command_seconds=seconds, accept_seconds=seconds)


def part(*to: Uri, cc: tuple[Uri, ...] = (), **more: Any) -> Outbound:
    return Outbound(
        delivery_id=1,
        to=tuple(map(Party, to)),
        cc=tuple(map(Party, cc)),
        message_id="1@acme.example",
        **more,
    )


async def failure(sending: SmtpSender, *to: Uri, message: bytes = MESSAGE) -> ChannelError:
    with pytest.raises(ChannelError) as caught:
        await sending.send(part(*to or (ANN,)), message)
    return caught.value


# ---------------------------------------------------------------- what arrives


async def test_a_mail_arrives_once_with_its_envelope():
    async with aiosmtpd() as inbox:
        sent = await sender(inbox.port).send(part(ANN, cc=(BOB, ANN)), MESSAGE)
        assert sent.provider_ids == ("1@acme.example",)
        assert sent.refused == ()
        (mail,) = inbox.mails
        assert mail.sender == USER
        assert mail.recipients == ["ann@b.example", "bob@b.example"]
        assert mail.body == MESSAGE
        assert mail.host == "acme.example"


async def test_what_no_person_wrote_has_an_empty_sender():
    async with aiosmtpd() as inbox:
        await sender(inbox.port).send(part(ANN, auto=True), MESSAGE)
        assert inbox.mails[0].sender == "<>"


async def test_lines_that_look_like_the_end_do_not_end_it():
    text = b"Subject: x\r\n\r\n.\r\n..\r\n.end\nbare\rline\r\n."
    async with aiosmtpd() as inbox:
        await sender(inbox.port).send(part(ANN), text)
        assert inbox.mails[0].body == b"Subject: x\r\n\r\n.\r\n..\r\n.end\r\nbare\r\nline\r\n.\r\n"


async def test_a_large_mail_arrives_whole():
    text = b"Subject: x\r\n\r\n" + b"0123456789" * 7 * 40_000 + b"\r\n"
    async with scripted() as server:
        await sender(server.port).send(part(ANN), text)
        assert server.bodies == [text + b".\r\n"]
        assert f"MAIL FROM:<{USER}> SIZE={len(text)}" in server.commands


async def test_addresses_in_other_scripts():
    wide = Uri("mailto:نامه@b.example")
    async with aiosmtpd() as inbox:
        await sender(inbox.port).send(part(wide), MESSAGE)
        assert inbox.mails[0].recipients == ["نامه@b.example"]
        assert "SMTPUTF8" in inbox.mails[0].options
        header = "Reply-To: نامه@b.example\r\n".encode()
        await sender(inbox.port).send(part(ANN, auto=True), header + MESSAGE)
        assert "SMTPUTF8" in inbox.mails[1].options
    async with aiosmtpd(enable_SMTPUTF8=False) as inbox:
        assert isinstance(await failure(sender(inbox.port), wide), RecipientRefused)


async def test_eight_bit_text_is_announced():
    async with aiosmtpd() as inbox:
        await sender(inbox.port).send(part(ANN), MESSAGE + "é".encode())
        assert "BODY=8BITMIME" in inbox.mails[0].options


# ---------------------------------------------------------------- refusals


async def test_a_refused_recipient():
    async with aiosmtpd() as inbox:
        inbox.refusals["ann@b.example"] = "550 5.1.1 no such user"
        err = await failure(sender(inbox.port))
        assert type(err) is RecipientRefused
        assert (err.code, str(err)) == ("5.1.1", "550 5.1.1 no such user")
        assert inbox.mails == []


async def test_one_of_two_refused_the_other_gets_it_and_we_hear_of_the_first():
    async with aiosmtpd() as inbox:
        inbox.refusals["ann@b.example"] = "550 5.1.1 no such user"
        sent = await sender(inbox.port).send(part(ANN, BOB), MESSAGE)
        assert inbox.mails[0].recipients == ["bob@b.example"]
        (refused,) = sent.refused
        assert (refused.uri, refused.permanent, refused.status) == (ANN, True, "5.1.1")


async def test_greylisting_of_one_puts_all_off():
    async with aiosmtpd() as inbox:
        inbox.refusals["bob@b.example"] = "450 4.2.0 greylisted, come back"
        err = await failure(sender(inbox.port), ANN, BOB)
        assert isinstance(err, Unavailable)
        assert "greylisted" in str(err)
        assert inbox.mails == []


async def test_all_refused():
    async with aiosmtpd() as inbox:
        inbox.refusals = {"ann@b.example": "550 a", "bob@b.example": "551 b"}
        err = await failure(sender(inbox.port), ANN, BOB)
        assert type(err) is RecipientRefused
        assert err.code == "550"


@pytest.mark.parametrize(
    ("where", "answer", "kind", "code"),
    [
        ("MAIL", "550 5.7.1 not you", Rejected, "5.7.1"),
        ("MAIL", "552 5.3.4 too big", Rejected, "5.3.4"),
        ("MAIL", "451 later", Unavailable, None),
        ("MAIL", "530 5.7.0 authentication required", Unauthorized, None),
        ("DATA", "554 5.7.1 spam", Rejected, "5.7.1"),
        ("DATA", "452 4.3.1 disk full", Unavailable, None),
    ],
)
async def test_a_refused_mail(where: str, answer: str, kind: type, code: str | None):
    async with aiosmtpd() as inbox:
        inbox.refusals[where] = answer
        err = await failure(sender(inbox.port))
        assert type(err) is kind
        assert getattr(err, "code", None) == code
        assert answer.split(" ", 1)[1] in str(err)


async def test_who_is_no_mail_address():
    async with aiosmtpd() as inbox:
        assert isinstance(
            await failure(sender(inbox.port), Uri("tel:+12025550123")), RecipientRefused
        )
        with pytest.raises(Rejected):
            await sender(inbox.port).send(part(), MESSAGE)


# ---------------------------------------------------------------- broken connections


@pytest.mark.parametrize(
    ("answers", "kind"),
    [
        ({"greeting": "554 not today"}, Unavailable),
        ({"greeting": "421 busy"}, Unavailable),
        ({"greeting": "cut"}, Unavailable),
        ({"greeting": "silent"}, Unavailable),
        ({"greeting": "hello?"}, Unavailable),
        ({"ehlo": "cut"}, Unavailable),
        ({"mail": "421 closing"}, Unavailable),
        ({"rcpt": "cut"}, Unavailable),
        ({"rcpt": "silent"}, Unavailable),
        ({"data": "cut"}, Unavailable),
        ({"data": "554 no"}, Rejected),
        ({"data": "451 no"}, Unavailable),
        ({"end": "cut"}, OutcomeUnknown),
        ({"end": "silent"}, OutcomeUnknown),
        ({"end": "what?"}, OutcomeUnknown),
        ({"end": "550 no"}, Rejected),
        ({"end": "421 restarting"}, Unavailable),
    ],
)
async def test_where_it_breaks_decides(answers: dict[str, str], kind: type):
    async with scripted(**answers) as server:
        assert type(await failure(sender(server.port, seconds=0.2))) is kind


@pytest.mark.parametrize("text", ["cut", "silent"])
async def test_broken_before_the_end_was_sent_nothing_is_out(text: str):
    large = b"Subject: x\r\n\r\n" + b"x" * 20_000_000
    async with scripted(text=text) as server:
        assert type(await failure(sender(server.port, seconds=0.2), message=large)) is Unavailable


async def test_a_server_that_takes_its_time_is_given_up_before_the_end_only():
    async with scripted(rcpt="silent") as server:
        slow = SmtpSender(sender(server.port)._settings, sending_seconds=0.1)
        assert type(await failure(slow)) is Unavailable
    async with scripted(end="silent") as server:
        slow = SmtpSender(sender(server.port)._settings, sending_seconds=0.2, accept_seconds=0.5)
        assert type(await failure(slow)) is OutcomeUnknown


@pytest.mark.parametrize("quit_", ["cut", "silent", "500 what?"])
async def test_after_the_answer_nothing_can_go_wrong(quit_: str):
    async with scripted(quit=quit_) as server:
        sent = await sender(server.port, seconds=0.2).send(part(ANN), MESSAGE)
        assert sent.provider_ids


async def test_no_server():
    async with scripted() as server:
        pass
    assert type(await failure(sender(server.port))) is Unavailable


async def test_without_a_host_nothing_is_sent():
    with pytest.raises(ConfigInvalid, match="smtp_host"):
        await SmtpSender(Settings(address=USER)).send(part(ANN), MESSAGE)


# ---------------------------------------------------------------- logins and TLS


async def test_login():
    async with aiosmtpd(authenticator=authenticated, auth_required=True) as inbox:
        await sender(inbox.port, smtp_password=Secret(PASSWORD)).send(part(ANN), MESSAGE)
        assert inbox.mails[0].user == USER
        await sender(inbox.port, smtp_password=Secret(PASSWORD)).check()


async def test_a_wrong_password():
    async with aiosmtpd(authenticator=authenticated, auth_required=True) as inbox:
        err = await failure(sender(inbox.port, smtp_password=Secret("secret-word")))
        assert type(err) is Unauthorized
        assert "secret-word" not in str(err)
        assert type(await failure(sender(inbox.port))) is Unauthorized


async def test_no_login_offered():
    for offer in ("250 mx", "250-mx\r\n250 AUTH GSSAPI"):
        async with scripted(ehlo=offer) as server:
            err = await failure(sender(server.port, smtp_password=Secret("x")))
            assert type(err) is ConfigInvalid


async def test_a_login_that_is_put_off():
    async with scripted(auth="454 4.7.0 try later") as server:
        err = await failure(sender(server.port, smtp_password=Secret("x")))
        assert type(err) is Unavailable


async def test_xoauth2():
    async with scripted() as server:
        token = {"smtp_password": Secret("token"), "smtp_auth": "xoauth2"}
        await sender(server.port, **token).check()
        assert any(command.startswith("AUTH XOAUTH2 ") for command in server.commands)
    async with scripted(auth="535 5.7.8 expired") as server:
        assert type(await failure(sender(server.port, **token))) is Unauthorized


class Renewing:
    """Tokens of a provider: another one after each refusal, as long as there are any."""

    def __init__(self, *tokens: str) -> None:
        self.tokens = list(tokens)

    async def secret(self, refused: str = "") -> str:
        if refused == self.tokens[0] and len(self.tokens) > 1:
            self.tokens.pop(0)
        return self.tokens[0]


async def test_a_token_that_is_refused_is_renewed_once():
    oauth = {
        "smtp_auth": "xoauth2",
        "oauth_provider": "google",
        "oauth_client_id": "client",
    }
    async with scripted() as server:
        renewing = SmtpSender(settings(server.port, **oauth), credentials=Renewing("a", "b"))
        await renewing.check()
        assert renewing._credentials.tokens == ["a", "b"]
    async with scripted(auth="535 5.7.8 expired") as server:
        renewing = SmtpSender(settings(server.port, **oauth), credentials=Renewing("a", "b", "c"))
        assert type(await failure(renewing)) is Unauthorized
        logins = [command for command in server.commands if command.startswith("AUTH")]
        assert len(logins) == 2
        assert renewing._credentials.tokens == ["b", "c"]


async def test_check_stops_after_noop():
    async with scripted() as server:
        await sender(server.port).check()
        assert server.commands == ["EHLO acme.example", "NOOP", "QUIT"]


async def test_starttls(certificate: tuple[ssl.SSLContext, Path]):
    context, pem = certificate
    trusting = {"smtp_security": "starttls", "ca_file": str(pem)}
    async with aiosmtpd(starttls=context, require_starttls=True) as inbox:
        await sender(inbox.port, **trusting).send(part(ANN), MESSAGE)
        assert len(inbox.mails) == 1
        err = await failure(sender(inbox.port, smtp_security="starttls"))
        assert type(err) is Unavailable
        assert "certificate" in str(err)
    async with aiosmtpd() as inbox:
        err = await failure(sender(inbox.port, **trusting))
        assert type(err) is ConfigInvalid
        assert inbox.mails == []


async def test_tls_from_the_first_byte(certificate: tuple[ssl.SSLContext, Path]):
    context, pem = certificate
    async with aiosmtpd(tls=context) as inbox:
        await sender(inbox.port, smtp_security="tls", ca_file=str(pem)).send(part(ANN), MESSAGE)
        assert len(inbox.mails) == 1
        err = await failure(sender(inbox.port, smtp_security="tls"))
        assert type(err) is Unavailable
        assert "certificate" in str(err)


async def test_a_bad_ca_file(tmp_path: Path):
    bad = tmp_path / "bad.pem"
    bad.write_text("no certificate")
    async with scripted() as server:
        err = await failure(sender(server.port, smtp_security="tls", ca_file=str(bad)))
        assert type(err) is ConfigInvalid
