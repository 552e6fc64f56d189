"""Signed SMS webhooks and posted mails, filed and committed, against their bounds in the same run."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import tempfile
from urllib.parse import urlencode

from tests.bench import load, servers
from tests.bench.servers import ACCOUNT, NUMBER, PUBLIC, TOKEN

CONNECTIONS = 64
REQUESTS = 8_000
WARM = 500


def sms(number: int) -> bytes:
    """One signed webhook, of one of 5,000 customers."""
    fields = {
        "MessageSid": f"SM{number:032x}",
        "AccountSid": ACCOUNT,
        "From": f"+1202555{number % 5000:04d}",
        "To": NUMBER,
        "Body": f"Hello, my parcel number {number} has not come yet. Where is it?",
        "NumMedia": "0",
        "NumSegments": "1",
        "FromCountry": "US",
        "ApiVersion": "2010-04-01",
    }
    signed = PUBLIC + "/in/sms" + "".join(key + fields[key] for key in sorted(fields))
    mac = hmac.new(TOKEN.encode(), signed.encode(), hashlib.sha1).digest()
    headers = {
        "Content-Type": "application/x-www-form-urlencoded",
        "User-Agent": "TwilioProxy/1.1",
        "X-Twilio-Signature": base64.b64encode(mac).decode(),
    }
    return load.post("/in/sms", urlencode(fields).encode(), headers)


def mail(number: int) -> bytes:
    """One posted mail."""
    body = (
        f"From: Customer {number % 5000} <customer{number % 5000}@example.org>\r\n"
        f"To: Support <support@acme.example>\r\nSubject: Order {number}\r\n"
        f"Message-ID: <{number}.bench@example.org>\r\nDate: Sun, 22 Nov 2026 10:00:00 +0000\r\n"
        "MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n"
        f"Hello,\r\n\r\nwhere is order {number}?\r\n\r\nThank you\r\n-- \r\nA customer\r\n"
    ).encode()
    headers = {"Content-Type": "message/rfc822", "Authorization": f"Bearer {TOKEN}"}
    return load.post("/in/mail", body, headers)


def measure(port: int, make: object, count: int, first: int) -> load.Result:
    """Warm up, then measure."""
    assert callable(make)
    asyncio.run(
        load.run("127.0.0.1", port, [make(first + n) for n in range(WARM)], CONNECTIONS)
    )
    requests = [make(first + WARM + n) for n in range(count)]
    return asyncio.run(load.run("127.0.0.1", port, requests, CONNECTIONS))


def report(name: str, result: load.Result, bound: float | None) -> None:
    """One line of the table."""
    ratio = "" if bound is None else f"  ratio {result.per_second / bound:5.2f}"
    bad = {status: n for status, n in result.statuses.items() if status != 200}
    print(
        f"{name:44} {result.per_second:8.0f}/s{ratio}  p50 {result.percentile(0.5):6.1f} ms"
        f"  p99 {result.percentile(0.99):6.1f} ms" + (f"  NOT 200: {bad}" if bad else "")
    )


def main() -> None:
    """Print the figures."""
    with servers.started("bare") as (port, _):
        bound = measure(port, sms, REQUESTS, 0)
    report("bare aiohttp, signature only", bound, None)
    for label, delay in (("", "0"), (", +5 ms a commit", "5")):
        with tempfile.TemporaryDirectory() as data, servers.started("hub", data, delay) as (port, _):
            report(f"SMS filed, SQLite{label}", measure(port, sms, REQUESTS, 0), bound.per_second)
            report(f"mail filed, SQLite{label}", measure(port, mail, REQUESTS // 2, 0), None)


if __name__ == "__main__":
    main()
