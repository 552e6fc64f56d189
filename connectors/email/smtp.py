"""One mail to one SMTP server, and what its answers mean for whoever has to act.

| what happens                                        | raised                        |
|-----------------------------------------------------|-------------------------------|
| no connection, time-out, TLS fails, any 4xx         | Unavailable                   |
| login refused (5xx to AUTH, 530)                    | Unauthorized                  |
| no STARTTLS, no login offered                       | ConfigInvalid                 |
| every recipient refused (5xx)                       | RecipientRefused              |
| mail refused (5xx to MAIL or DATA)                  | Rejected                      |
| connection lost before the end of the mail was sent | Unavailable                   |
| connection lost after that, before the answer       | OutcomeUnknown                |

Several recipients: if the server puts one off (4xx), nobody is sent to and the hub tries again,
since no mail is out yet. If it refuses one for good (5xx), the others get the mail, and the refused
stand in ``Sent.refused``: to fail would bring a second mail to those who have it.

The end of a mail is the line with a single dot (RFC 5321 section 4.1.1.4): a server that has not
seen it must not deliver. So the text goes first; only with the dot can the outcome be unknown.
"""

from __future__ import annotations

import asyncio
import re
import socket
import ssl
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from datetime import timedelta

import aiosmtplib

from connectors import address, broken, exchange
from connectors import proxy as proxies
from connectors.contract import (
    ConfigInvalid,
    FailedRecipient,
    Outbound,
    OutcomeUnknown,
    RecipientRefused,
    Rejected,
    Sent,
    Unauthorized,
    Unavailable,
    Uri,
)
from connectors.email import smtp_wire, tls
from connectors.email.credentials import Credentials, Fixed
from connectors.email.settings import Settings

COMMAND_SECONDS = 30.0
"""How long any answer but the last may take, and how long sending may stand still."""
SENDING_SECONDS = 180.0
"""How long everything up to the end of the mail may take: 25 MB of files at 1.5 Mbit/s."""
ACCEPT_SECONDS = 110.0
"""How long a server may think about a whole mail before the outcome is unknown."""
LONGEST_SECONDS = SENDING_SECONDS + ACCEPT_SECONDS + 10
CHUNK_BYTES = 256 * 1024

_ENHANCED = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_DOT = re.compile(rb"(?m)^\.")


class SmtpSender:
    """Sends by one server; a connection a mail."""

    def __init__(
        self,
        settings: Settings,
        *,
        credentials: Credentials | None = None,
        proxy: str = "",
        command_seconds: float = COMMAND_SECONDS,
        sending_seconds: float = SENDING_SECONDS,
        accept_seconds: float = ACCEPT_SECONDS,
    ) -> None:
        self._settings = settings
        self._credentials = credentials or Fixed(settings.smtp_password)
        self._proxy = proxy
        self._command_seconds = command_seconds
        self._sending_seconds = sending_seconds
        self._accept_seconds = accept_seconds
        self._tls: ssl.SSLContext | None = None

    async def check(self) -> None:
        """EHLO, login, NOOP. Raises ConfigInvalid, Unauthorized, Unavailable."""
        async with self._connected() as smtp:
            with _errors():
                await smtp.noop()

    async def send(self, part: Outbound, message: bytes) -> Sent:
        """Hand over one composed mail. Raises a ChannelError, see above."""
        recipients = [_recipient(party.uri) for party in (*part.to, *part.cc)]
        unique = list(dict.fromkeys(recipients))
        if not unique:
            raise Rejected("the mail has no recipient")
        sender = "" if part.auto else address.value(self._settings.uri)
        try:
            async with asyncio.timeout(self._sending_seconds) as limit, self._connected() as smtp:
                with _errors():
                    await self._begin(smtp, sender, unique, message)
                    refused = await self._name_recipients(smtp, unique)
                    await self._transfer(smtp, message)
                limit.reschedule(None)  # the last answer has a time of its own
                await self._finish(smtp)
        except TimeoutError as err:
            raise Unavailable("smtp: sending took too long") from err
        return Sent(provider_ids=(part.message_id,), refused=refused)

    # ---------------------------------------------------------------- the connection

    @asynccontextmanager
    async def _connected(self) -> AsyncIterator[aiosmtplib.SMTP]:
        settings = self._settings
        host, port = settings.smtp_endpoint
        if not host:
            raise ConfigInvalid("smtp_host: this channel cannot send without one")
        self._tls = self._tls or await tls.context(settings.smtp_security, settings.ca_file)
        sock = await self._by_proxy(host, port) if self._proxy else None
        smtp = smtp_wire.SMTP(
            hostname=host,
            port=None if sock else port,
            sock=sock,
            use_tls=settings.smtp_security == "tls",
            start_tls=False,
            tls_context=self._tls,
            timeout=self._command_seconds,
            local_hostname=address.value(settings.uri).rpartition("@")[2].strip("[]"),
        )
        try:
            with _errors():
                await smtp.connect()
                await self._greet(smtp)
            yield smtp
            with suppress(aiosmtplib.SMTPException, OSError):
                await smtp.quit(timeout=min(5.0, self._command_seconds))
        finally:
            smtp.close()

    async def _by_proxy(self, host: str, port: int) -> socket.socket:
        within = timedelta(seconds=self._command_seconds)
        try:
            return await proxies.connect(self._proxy, host, port, within=within)
        except TimeoutError as err:
            raise Unavailable("smtp: the proxy does not answer in time") from err
        except proxies.ProxyFailed as err:
            raise Unavailable(f"smtp: {err}") from err

    async def _greet(self, smtp: aiosmtplib.SMTP) -> None:
        await smtp.ehlo()
        if self._settings.smtp_security == "starttls":
            if not smtp.supports_extension("starttls"):
                raise ConfigInvalid("smtp_security: the server does not offer STARTTLS")
            await smtp.starttls()
            await smtp.ehlo()
        settings = self._settings
        if not settings.smtp_password and not settings.uses_oauth(settings.smtp_auth):
            return
        if not smtp.supports_extension("auth"):
            raise ConfigInvalid("smtp_security: the server takes no login here")
        secret = await self._credentials.secret()
        try:
            await self._log_in(smtp, secret)
        except aiosmtplib.SMTPAuthenticationError as err:
            renewed = secret if err.code < 500 else await self._credentials.secret(secret)
            if renewed == secret:
                raise
            await self._log_in(smtp, renewed)  # the token was refused before its time

    async def _log_in(self, smtp: aiosmtplib.SMTP, secret: str) -> None:
        user = self._settings.smtp_user or self._settings.address
        if self._settings.smtp_auth == "xoauth2":
            await smtp.auth_xoauth2(user, secret)
        else:
            await _log_in(smtp, user, secret)

    # ---------------------------------------------------------------- one mail

    async def _begin(
        self, smtp: aiosmtplib.SMTP, sender: str, recipients: Sequence[str], message: bytes
    ) -> None:
        options = []
        if smtp.supports_extension("size"):
            options.append(f"SIZE={len(message)}")
        header = message.partition(b"\r\n\r\n")[0]
        if not (header.isascii() and all(map(str.isascii, (sender, *recipients)))):
            if not smtp.supports_extension("smtputf8"):
                raise RecipientRefused("the mail server cannot send to such an address")
            options.append("SMTPUTF8")
        if not message.isascii() and smtp.supports_extension("8bitmime"):
            options.append("BODY=8BITMIME")
        try:
            await smtp.mail(sender, options=options, encoding="utf-8")
        except ValueError as err:
            raise ConfigInvalid("address: cannot be a sender") from err

    async def _name_recipients(
        self, smtp: aiosmtplib.SMTP, recipients: Sequence[str]
    ) -> tuple[FailedRecipient, ...]:
        refused = []
        first: aiosmtplib.SMTPRecipientRefused | None = None
        for recipient in recipients:
            try:
                await smtp.rcpt(recipient, encoding="utf-8")
            except ValueError as err:
                raise RecipientRefused("this is not an address that mail can be sent to") from err
            except aiosmtplib.SMTPRecipientRefused as err:
                if err.code < 500:
                    raise
                first = first or err
                refused.append(_failed(recipient, err))
        if first and len(refused) == len(recipients):
            raise RecipientRefused(_words(first), code=_code(first))
        return tuple(refused)

    async def _transfer(self, smtp: aiosmtplib.SMTP, message: bytes) -> None:
        """Everything up to the last line's end: nothing is delivered yet."""
        response = await smtp.execute_command(b"DATA")
        if response.code != 354:
            raise aiosmtplib.SMTPDataError(response.code, response.message)
        text = _DOT.sub(b"..", _LINE_END.sub(b"\r\n", message))
        if not text.endswith(b"\r\n"):
            text += b"\r\n"
        for start in range(0, len(text), CHUNK_BYTES):
            _write(smtp, text[start : start + CHUNK_BYTES])
            await self._drain(smtp)

    async def _drain(self, smtp: aiosmtplib.SMTP) -> None:
        """Wait until the kernel has all of it, as long as it takes some."""
        loop = asyncio.get_running_loop()
        left, moved_at = -1, loop.time()
        while isinstance(smtp.transport, asyncio.WriteTransport):
            buffered = smtp.transport.get_write_buffer_size()
            if not buffered:
                return
            if buffered != left:
                left, moved_at = buffered, loop.time()
            elif loop.time() - moved_at > self._command_seconds:
                raise Unavailable("smtp: the server stopped reading")
            await asyncio.sleep(0.02)

    async def _finish(self, smtp: aiosmtplib.SMTP) -> None:
        """The dot, and the server's last word."""
        since = time.perf_counter()
        await asyncio.sleep(0)  # hear it now if the server has already gone
        with _errors():
            _write(smtp, b".\r\n")
        protocol = smtp.protocol
        try:
            if protocol is None:
                raise aiosmtplib.SMTPServerDisconnected("Connection lost")
            response = await protocol.read_response(timeout=self._accept_seconds)
        except (aiosmtplib.SMTPException, OSError) as err:
            exchange.note("(the mail)", broken.words(err), since=since)
            raise OutcomeUnknown("smtp: the connection broke before the server answered") from err
        exchange.note("(the mail)", smtp_wire.said(response), since=since)
        if response.code >= 500:
            raise Rejected(_words(response), code=_code(response))
        if response.code != 250:
            raise Unavailable(f"smtp: {_words(response)}")


async def _log_in(smtp: aiosmtplib.SMTP, user: str, password: str) -> None:
    """The first mechanism that both know; a password that one refuses is not tried again."""
    methods = {"plain": smtp.auth_plain, "login": smtp.auth_login, "cram-md5": smtp.auth_crammd5}
    for name, method in methods.items():
        if name in smtp.server_auth_methods:
            await method(user, password)
            return
    raise ConfigInvalid("smtp_auth: the server knows no login with a password")


def _recipient(uri: Uri) -> str:
    if address.scheme(uri) != "mailto":
        raise RecipientRefused("this is not an e-mail address")
    return address.value(uri)


def _write(smtp: aiosmtplib.SMTP, data: bytes) -> None:
    if smtp.protocol is None:
        raise aiosmtplib.SMTPServerDisconnected("Connection lost")
    smtp.protocol.write(data)


def _failed(recipient: str, error: aiosmtplib.SMTPRecipientRefused) -> FailedRecipient:
    status = _ENHANCED.match(error.message)
    return FailedRecipient(
        uri=address.mail(recipient),
        permanent=True,
        status=status[1] if status else "",
        words=_words(error),
    )


def _words(answer: aiosmtplib.SMTPResponse | aiosmtplib.SMTPResponseException) -> str:
    """``550 5.1.1 no such user``, on one line."""
    text = answer.message.encode("utf-8", "replace").decode()
    return f"{answer.code} {' '.join(text.split())}"[:500]


def _code(answer: aiosmtplib.SMTPResponse | aiosmtplib.SMTPResponseException) -> str:
    """The enhanced code (RFC 3463) where there is one, else the plain one."""
    enhanced = _ENHANCED.match(answer.message)
    return enhanced[1] if enhanced else str(answer.code)


@contextmanager
def _errors() -> Iterator[None]:
    """The contract's errors in place of the library's."""
    try:
        yield
    except aiosmtplib.SMTPAuthenticationError as err:
        kind = Unauthorized if err.code >= 500 else Unavailable
        raise kind(f"smtp: {_words(err)}") from err
    except aiosmtplib.SMTPResponseException as err:
        raise _answered(err) from err
    except aiosmtplib.SMTPTimeoutError as err:
        raise Unavailable("smtp: no answer in time") from err
    except ssl.SSLError as err:
        raise Unavailable(f"smtp: TLS failed: {tls.reason(err)}") from err
    except aiosmtplib.SMTPException as err:
        cause = err.__cause__
        detail = f"TLS failed: {tls.reason(cause)}" if isinstance(cause, ssl.SSLError) else ""
        raise Unavailable(f"smtp: {detail or 'cannot connect'}") from err
    except OSError as err:
        raise Unavailable("smtp: the connection broke") from err


def _answered(error: aiosmtplib.SMTPResponseException) -> Exception:
    words = f"smtp: {_words(error)}"
    if error.code == 530:  # RFC 4954 section 6: authentication required
        return Unauthorized(words)
    if error.code < 500 or isinstance(error, aiosmtplib.SMTPConnectResponseError):
        return Unavailable(words)
    if isinstance(error, aiosmtplib.SMTPHeloError):
        return Unavailable(words)
    return Rejected(words, code=_code(error))
