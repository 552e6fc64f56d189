"""A customer's message to the agents' sockets: one who sees all, and a hundred who see a tenth each.

500 signed SMS a second for some seconds; measured from the webhook's first byte to the frame in the
socket that sees all, and in those of the hundred. All sockets are in this one process, so its own
share of the machine is in the figures.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from collections.abc import Callable, Sequence

import msgspec

from tests.bench import servers
from tests.bench.bench_intake import sms
from tests.bench.live_socket import live
from tests.bench.load import Result

RATE = 500
SECONDS = 8
QUEUES = 10
AGENTS = 100

CONFIG = (
    "queues: ["
    + ", ".join(f"{{name: q{n}, visible_to: members, modes: {{'*': pull}}}}" for n in range(QUEUES))
    + "]\nagents:\n"
    + "".join(f"  - {{email: a{n}@acme.example, queues: [q{n % QUEUES}]}}\n" for n in range(AGENTS))
    + "rules:\n"
    + "".join(
        f"  - {{id: r{n}, when: {{field: sender, ends_with: '{n}'}}, then: {{queue: q{n}}}}}\n"
        for n in range(QUEUES)
    )
    + "  - {id: rest, when: {}, then: {queue: q0}}\n"
)


class _Provider(msgspec.Struct):
    provider_id: str = ""


class _Data(msgspec.Struct):
    entry: _Provider | None = None


class _Frame(msgspec.Struct):
    data: _Data = msgspec.field(default_factory=_Data)


_frame = msgspec.json.Decoder(_Frame)


def watch(sent: dict[str, float], seen: list[float]) -> Callable[[bytes], None]:
    """One agent's socket: note how long each message took to arrive."""

    def on_text(text: bytes) -> None:
        if b'"entry.added"' not in text:
            return
        now = time.perf_counter()
        entry = _frame.decode(text).data.entry
        started = sent.get(entry.provider_id) if entry else None
        if started is not None:
            seen.append(now - started)

    return on_text


async def drive(port: int, sent: dict[str, float]) -> None:
    """Send at a steady rate, whatever comes back."""
    connections = [await asyncio.open_connection("127.0.0.1", port) for _ in range(32)]
    drains = [asyncio.create_task(_drain(reader)) for reader, _ in connections]
    started = time.perf_counter()
    for number in range(RATE * SECONDS):
        due = started + number / RATE
        delay = due - time.perf_counter()
        if delay > 0:
            await asyncio.sleep(delay)
        sent[f"SM{number:032x}"] = time.perf_counter()
        connections[number % 32][1].write(sms(number))
    await asyncio.sleep(2)
    for task in drains:
        task.cancel()
    for _, writer in connections:
        writer.close()


async def _drain(reader: asyncio.StreamReader) -> None:
    while await reader.read(65536):
        pass


async def measure(port: int, tokens: Sequence[str]) -> tuple[Result, Result]:
    """(the one who sees all, the hundred)."""
    sent: dict[str, float] = {}
    everything: list[float] = []
    some: list[float] = []
    sockets = [await live(port, tokens[0], watch(sent, everything))]
    sockets += [await live(port, token, watch(sent, some)) for token in tokens[1:]]
    await asyncio.sleep(1)
    await drive(port, sent)
    for socket in sockets:
        socket.close()
    return Result(SECONDS, {200: len(sent)}, everything), Result(SECONDS, {}, some)


def main() -> None:
    """Print the figures."""
    with tempfile.TemporaryDirectory() as data:
        emails = [f"a{n}@acme.example" for n in range(AGENTS)]
        with servers.started("hub", data, env={"HUB_BENCH_CONFIG": CONFIG}) as (port, _):
            tokens = [servers.command(data, "token", "create", "--role", "admin")]
            tokens += servers.tokens(data, emails)
            one, hundred = asyncio.run(measure(port, tokens))
    wanted = RATE * SECONDS
    print(
        f"message to the agent who sees all        {len(one.latencies)} of {wanted}"
        f"  p50 {one.percentile(0.5):.1f} ms  p99 {one.percentile(0.99):.1f} ms"
    )
    print(
        f"message to {AGENTS} agents who see a tenth    {len(hundred.latencies)} of"
        f" {wanted * AGENTS // QUEUES}  p50 {hundred.percentile(0.5):.1f} ms"
        f"  p99 {hundred.percentile(0.99):.1f} ms"
    )


if __name__ == "__main__":
    main()
