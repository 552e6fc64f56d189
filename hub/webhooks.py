"""Providers' calls at ``POST /in/{channel}``: size cap, signature, parse, file, then 2xx.

Answers (details.md, "The ledger"): 401 not the provider, 413 too large, 400 not its format,
2xx filed, known, in the spool or ours now, 503 neither store nor spool can take it.
"""

from __future__ import annotations

import logging
import re
import time
from collections.abc import Awaitable, Sequence
from typing import TYPE_CHECKING

from aiohttp import web

from connectors.contract import Event, PayloadInvalid, Raw, Webhook, WebhookRejected
from hub import observe
from hub.body import whole
from hub.channel import Channel
from hub.intake import parse
from hub.mount import called
from hub.problems import Problem, invalid, not_found
from storage.errors import StoreUnavailable

if TYPE_CHECKING:
    from hub.intake import Intake
    from hub.settings import Settings
    from hub.spool import Spool

_log = logging.getLogger(__name__)


async def receive(
    request: web.Request, channel: Channel, intake: Intake, spool: Spool, settings: Settings
) -> web.Response:
    """Take one request of a provider; into the spool while the store cannot be written."""
    started = time.perf_counter()
    connector = channel.webhook
    if connector is None:
        raise not_found("webhook")
    cap = settings.mail_bytes if channel.capabilities.threads else settings.webhook_bytes
    body = await whole(request, cap)
    raw = _raw(request, settings, body or b"")
    if body is None:
        await intake.reject(channel, redacted(raw), f"body: larger than {cap} bytes", body=False)
        raise Problem(413, f"the body is larger than {cap} bytes")
    checked = await _verify(channel, connector, raw, intake)
    raw = redacted(raw, checked)
    try:
        events = parse(channel, raw)
    except PayloadInvalid as err:
        await intake.reject(channel, raw, str(err), body=True)
        field, _, reason = str(err).partition(": ")
        raise invalid(field, reason) from err
    except Exception as err:  # noqa: BLE001 - our parser failed: it is ours now, so 2xx
        await _kept(intake.keep_unparsed(channel, raw, err), channel, raw, spool)
        return _answer(connector, raw, ())
    await _kept(intake.file(channel, raw, events), channel, raw, spool)
    observe.FILING.observe(time.perf_counter() - started)
    return _answer(connector, raw, events)


async def _kept(filing: Awaitable[object], channel: Channel, raw: Raw, spool: Spool) -> None:
    """Filed or on disk: the provider may forget it. Raises StoreUnavailable: neither."""
    try:
        await filing
    except StoreUnavailable:
        await spool.put(channel, raw)


def _answer(connector: Webhook, raw: Raw, events: Sequence[Event]) -> web.Response:
    reply = connector.reply(raw, events)
    return web.Response(status=reply.status, body=reply.body, content_type=reply.content_type)


async def _verify(channel: Channel, connector: Webhook, raw: Raw, intake: Intake) -> str:
    """What the ledger keeps of the check. Raises Problem (401)."""
    if channel.signature_mode == "off":
        return "off"
    try:
        connector.verify(raw)
    except WebhookRejected as err:
        observe.UNSIGNED.labels(channel.name, channel.signature_mode).inc()
        if channel.signature_mode == "report":
            _log.warning("channel %s: would be rejected: %s", channel.name, err)
            return f"report: {err}"
        await intake.reject(channel, redacted(raw), str(err), body=False)
        raise Problem(401, str(err)) from err
    return "ok"


_CREDENTIALS = frozenset({"authorization", "proxy-authorization", "cookie"})
_TOKEN = re.compile(r"(?<=[?&]token=)[^&#]+")


def redacted(raw: Raw, checked: str = "") -> Raw:
    """The raw without the credentials it came with: they are checked, and never kept."""
    headers = raw.headers
    if not _CREDENTIALS.isdisjoint([name.lower() for name, _ in headers]):
        headers = tuple(
            (name, "***" if name.lower() in _CREDENTIALS else value) for name, value in headers
        )
    url = _TOKEN.sub("***", raw.url) if "token=" in raw.url else raw.url
    return Raw(raw.kind, raw.key, headers, url, raw.body, checked)


def _raw(request: web.Request, settings: Settings, body: bytes) -> Raw:
    headers = [
        (name.decode("latin-1"), value.decode("latin-1")) for name, value in request.raw_headers
    ]
    return Raw("webhook", "", tuple(headers), called(settings, request.raw_path), body)
