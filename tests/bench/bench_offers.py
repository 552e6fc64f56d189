"""A message stored to an offer on a free agent's socket: 100 contacts a second, 300 agents.

Thirty teams of ten, each with a queue of its own that only they see. Measured from the webhook's
answer (the message is committed) to the frame ``offer.made`` in the socket of the one who is asked,
and from the webhook's first byte too. All sockets are in this one process.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import aiohttp
import msgspec

from tests.bench import servers
from tests.bench.bench_intake import sms
from tests.bench.live_socket import live
from tests.bench.load import Result

RATE = 100
SECONDS = 12
TEAMS, TEAM = 30, 10
CONNECTIONS = 16
FIRST = 10_000_000
BOUND_MS = 50

CONFIG = (
    "queues: ["
    + ", ".join(
        f"{{name: t{n}, visible_to: members, modes: {{'*': ask}}, offer_for: 30m}}"
        for n in range(TEAMS)
    )
    + "]\nagents:\n"
    + "".join(
        f"  - {{email: a{n}@acme.example, queues: [t{n % TEAMS}]}}\n" for n in range(TEAMS * TEAM)
    )
    + "rules:\n"
    + "".join(
        f"  - {{id: r{n:02d}, when: {{field: sender, ends_with: '{n:02d}'}},"
        f" then: {{queue: t{n % TEAMS}}}}}\n"
        for n in range(100)
    )
    + "  - {id: rest, when: {}, then: {queue: t0}}\n"
)


class _Offer(msgspec.Struct):
    last_text: str = ""
    state: str = ""


class _Data(msgspec.Struct):
    offer: _Offer | None = None


class _Frame(msgspec.Struct):
    data: _Data = msgspec.field(default_factory=_Data)


_frame = msgspec.json.Decoder(_Frame)


@dataclass(slots=True)
class Clock:
    """When each message left, was stored, and was offered: seconds."""

    sent: dict[int, float] = field(default_factory=dict)
    stored: dict[int, float] = field(default_factory=dict)
    offered: dict[int, float] = field(default_factory=dict)


def watch(clock: Clock) -> Callable[[bytes], None]:
    """One agent's socket: note when each offer came."""

    def on_text(frame: bytes) -> None:
        if b'"offer.made"' not in frame:
            return
        now = time.perf_counter()
        offer = _frame.decode(frame).data.offer
        if offer is not None and offer.state == "pending":
            words = offer.last_text.split()
            clock.offered.setdefault(int(words[words.index("number") + 1]), now)

    return on_text


async def post(port: int, numbers: Sequence[int], clock: Clock, began: float) -> None:
    """One connection's share of the messages, each at its time."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for number in numbers:
        delay = began + (number - FIRST) / RATE - time.perf_counter()
        await asyncio.sleep(max(delay, 0.0))
        clock.sent[number] = time.perf_counter()
        writer.write(sms(number))
        head = await reader.readuntil(b"\r\n\r\n")
        clock.stored[number] = time.perf_counter()
        length = next(
            int(line.split(b":")[1])
            for line in head.lower().split(b"\r\n")
            if line.startswith(b"content-length")
        )
        await reader.readexactly(length)
    writer.close()


async def _sign_in(session: aiohttp.ClientSession, port: int, admin: str) -> list[str]:
    """Every agent's token; all of them are available."""
    base, found = f"http://127.0.0.1:{port}/api/v1", []
    for n in range(TEAMS * TEAM):
        body = {"name": "bench", "user": f"a{n}@acme.example"}
        headers = {"Authorization": f"Bearer {admin}"}
        async with session.post(f"{base}/tokens", json=body, headers=headers) as answer:
            token = (await answer.json())["token"]
        headers = {"Authorization": f"Bearer {token}"}
        body = {"presence": "available"}
        async with session.put(f"{base}/me/presence", json=body, headers=headers) as answer:
            answer.raise_for_status()
        found.append(token)
    return found


async def measure(port: int, admin: str) -> Clock:
    """All of it."""
    clock = Clock()
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:
        tokens = await _sign_in(session, port, admin)
        sockets = [await live(port, token, watch(clock)) for token in tokens]
        await asyncio.sleep(1)
        began = time.perf_counter()
        numbers = range(FIRST, FIRST + RATE * SECONDS)
        await asyncio.gather(
            *(post(port, numbers[n::CONNECTIONS], clock, began) for n in range(CONNECTIONS))
        )
        await asyncio.sleep(2)
        for socket in sockets:
            socket.close()
    return clock


def main() -> None:
    """Print the figures."""
    with (
        tempfile.TemporaryDirectory() as data,
        servers.started("hub", data, env={"HUB_BENCH_CONFIG": CONFIG}) as (port, _),
    ):
        admin = servers.command(data, "token", "create", "--role", "admin")
        clock = asyncio.run(measure(port, admin))
    offered = [number for number in clock.sent if number in clock.offered]
    stored = Result(latencies=[max(clock.offered[n] - clock.stored[n], 0.0) for n in offered])
    sent = Result(latencies=[clock.offered[n] - clock.sent[n] for n in offered])
    p99 = stored.percentile(0.99)
    print(
        f"stored to offered, {RATE}/s, {TEAMS * TEAM} agents  {len(offered)} of {len(clock.sent)}"
        f"  p50 {stored.percentile(0.5):.1f} ms  p99 {p99:.1f} ms (< {BOUND_MS})"
        f" {'ok' if p99 < BOUND_MS and len(offered) == len(clock.sent) else 'BELOW'}"
        f"; from the first byte p50 {sent.percentile(0.5):.1f} ms  p99 {sent.percentile(0.99):.1f} ms"
    )


if __name__ == "__main__":
    main()
