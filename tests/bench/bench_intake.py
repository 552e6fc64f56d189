"""Signed SMS webhooks and posted mails, filed and committed, against their bounds in the same run."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import tempfile
from collections.abc import Callable
from statistics import median
from urllib.parse import urlencode

from tests.bench import load, servers
from tests.bench.servers import ACCOUNT, NUMBER, PUBLIC, TOKEN

CONNECTIONS = 64
ROUNDS = 7
REQUESTS = 2_000  # a round
WARM = 1_000

Make = Callable[[int], bytes]


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


def measure(port: int, make: Make, first: int, count: int) -> load.Result:
    """One round against a server."""
    requests = [make(first + n) for n in range(count)]
    return asyncio.run(load.run("127.0.0.1", port, requests, CONNECTIONS))


def against(name: str, bound: tuple[int, Make], other: tuple[int, Make]) -> None:
    """Rounds in turn, so that a busy machine is busy for both; one line with the medians."""
    for port, make in (bound, other):
        measure(port, make, 0, WARM)
    ratios, rates, worst = [], [], []
    statuses: dict[int, int] = {}
    for n in range(ROUNDS):
        first = WARM + n * REQUESTS
        limit = measure(*bound, first, REQUESTS)
        ours = measure(*other, first, REQUESTS)
        ratios.append(ours.per_second / limit.per_second)
        rates.append(ours.per_second)
        worst.append(ours.percentile(0.99))
        for status, count in ours.statuses.items():
            statuses[status] = statuses.get(status, 0) + count
    bad = "" if set(statuses) == {200} else f"  NOT ALL 200: {statuses}"
    print(
        f"{name:40} {median(rates):7.0f}/s  of bare {median(ratios):.2f}"
        f" ({min(ratios):.2f}-{max(ratios):.2f})  p99 {median(worst):6.1f} ms{bad}",
        flush=True,
    )


def main() -> None:
    """Print the figures. The bound is aiohttp on the same loop that only checks the signature."""
    with servers.started("bare") as (bare, _):
        for label, delay in (("", "0"), (", +5 ms a commit", "5")):
            with (
                tempfile.TemporaryDirectory() as data,
                servers.started("hub", data, delay) as (port, _),
            ):
                against(f"SMS filed, SQLite{label}", (bare, sms), (port, sms))
                against(f"mail filed, SQLite{label}", (bare, sms), (port, mail))


if __name__ == "__main__":
    main()
