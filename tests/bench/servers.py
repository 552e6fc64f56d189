"""Servers under measurement, each a process of its own on a free port.

python -m tests.bench.servers bare            aiohttp that only checks Twilio's signature
python -m tests.bench.servers hub DATA [ms]   a hub, with ms added to every commit
"""

from __future__ import annotations

import asyncio
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

TOKEN = "0123456789abcdef0123456789abcdef"
ACCOUNT = "AC" + "0" * 31 + "1"
NUMBER = "+12025550123"
PUBLIC = "https://hub.example"
CONFIG = f"""
channels:
  - name: sms
    kind: sms_twilio
    settings:
      {{account_sid: {ACCOUNT}, auth_token: "{TOKEN}", number: "{NUMBER}",
        api_base: "http://127.0.0.1:9"}}
  - name: mail
    kind: email
    settings: {{address: support@acme.example, token: "{TOKEN}"}}
  - {{name: chat, kind: webchat, settings: {{origins: ["*"]}}}}
queues: [{{name: general}}, {{name: billing}}]
agents:
  - {{email: agent1@acme.example, name: First agent, queues: [general, billing]}}
rules:
  - {{id: invoices, when: {{field: text, contains_any: [invoice, faktur]}}, then: {{queue: billing}}}}
  - {{id: rest, when: {{}}, then: {{queue: general}}}}
"""


async def bare() -> None:
    """The bound: the same signature checked, nothing kept."""
    from aiohttp import web

    from connectors.secret import Secret
    from connectors.signature import TwilioHeaders, TwilioSignature

    signature = TwilioSignature((Secret(TOKEN),))

    async def take(request: web.Request) -> web.Response:
        body = await request.read()
        headers = TwilioHeaders(tuple(request.headers.items()))
        fault = signature.fault(PUBLIC + request.raw_path, body, headers)
        return web.Response(status=401 if fault else 200, body=b"<Response/>")

    app = web.Application()
    app.router.add_post("/in/{channel}", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


async def hub(data: str, delay: float) -> None:
    """The hub as it is served."""
    from hub import settings
    from hub.serve import running, tune

    environ = {"HUB_DATA": data, "HUB_LISTEN": "127.0.0.1:0", "HUB_PUBLIC_URL": PUBLIC}
    if "HUB_DATABASE" in os.environ:
        environ["HUB_DATABASE"] = os.environ["HUB_DATABASE"]
    async with running(settings.load(None, environ), commit_delay=delay) as (one, address):
        await one.commands().run("apply", {"text": CONFIG}, b"")
        if extra := os.environ.get("HUB_BENCH_CONFIG"):
            await one.commands().run("apply", {"text": extra}, b"")
        tune()
        print(address.rpartition(":")[2], flush=True)
        await asyncio.Event().wait()


@contextmanager
def started(*words: str, env: dict[str, str] | None = None) -> Iterator[tuple[int, int]]:
    """A server process, as (port, pid); ended with the block."""
    command = [sys.executable, "-m", "tests.bench.servers", *words]
    root = Path(__file__).parents[2]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, cwd=root, env={**os.environ, **(env or {})}
    )
    try:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise RuntimeError(f"{words[0]} did not start")
        yield int(line), process.pid
    finally:
        process.terminate()
        try:
            process.wait(15)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
        if process.stdout is not None:
            process.stdout.close()


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def command(data: str, *words: str) -> str:
    """What a command of the hub in that folder prints."""
    done = subprocess.run(
        [sys.executable, "-m", "hub", *words],
        env={**os.environ, "HUB_DATA": data},
        cwd=Path(__file__).parents[2],
        check=True,
        capture_output=True,
        text=True,
    )
    return done.stdout.strip()


def tokens(data: str, emails: Sequence[str]) -> list[str]:
    """A token for each of these people."""
    return [command(data, "token", "create", "--user", email) for email in emails]


if __name__ == "__main__":
    if sys.argv[1] == "bare":
        asyncio.run(bare())
    else:
        asyncio.run(hub(sys.argv[2], float(sys.argv[3]) / 1000 if len(sys.argv) > 3 else 0.0))
