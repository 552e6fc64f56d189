"""The command line as it is typed: beside a running server and without one."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import stat
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import pytest

MAIL = b"From: Ann <ann@customer.example>\r\nTo: help@acme.example\r\nSubject: Hi\r\n\r\nHello\r\n"
FILE = """
channels:
  - {name: mail, kind: email, settings: {address: help@acme.example, token: 0123456789abcdef0123}}
queues: [{name: general}]
agents: [{email: agent1@acme.example, name: First agent, queues: [general]}]
rules: [{id: rest, when: {}, then: {queue: general}}]
"""


@dataclass(slots=True)
class Typed:
    """What came of a command."""

    code: int
    out: str
    err: str


@dataclass(slots=True)
class Shell:
    """A folder to type commands in."""

    folder: Path
    port: int

    @property
    def environment(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
        return {
            **kept,
            "HUB_DATA": str(self.folder / "data"),
            "HUB_LISTEN": f"127.0.0.1:{self.port}",
            "PYTHONWARNINGS": "error",
        }

    async def hub(self, *args: str, stdin: bytes = b"", **environment: str) -> Typed:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "hub",
            *args,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            cwd=self.folder,
            env=self.environment | environment,
        )
        out, err = await process.communicate(stdin)
        assert process.returncode is not None
        return Typed(process.returncode, out.decode(), err.decode())

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        """A hub that runs in a process of its own; its greeting."""
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "hub",
            "serve",
            stdout=asyncio.subprocess.PIPE,
            cwd=self.folder,
            env=self.environment,
        )
        assert process.stdout is not None
        try:
            first = await process.stdout.readline()
            assert b"http" in first, first
            yield first.decode()
        finally:
            process.send_signal(signal.SIGTERM)
            async with asyncio.timeout(30):
                assert await process.wait() == 0

    async def get(self, path: str, token: str) -> object:
        headers = {"Authorization": f"Bearer {token}"}
        url = f"http://127.0.0.1:{self.port}{path}"
        async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    (tmp_path / "hub.yaml").write_text(FILE)
    return Shell(tmp_path, port)


async def test_every_command_without_a_server(shell: Shell) -> None:
    token = await shell.hub("token", "create", "--role", "admin")
    assert token.code == 0
    assert token.err == ""
    assert token.out.startswith("hub_")
    assert token.out.count("\n") == 1
    plan = await shell.hub("plan", "hub.yaml")
    assert plan.out.splitlines() == [
        "add channel mail",
        "add agent agent1@acme.example",
        "add rule rest",
    ]
    assert (await shell.hub("apply", "hub.yaml")).out == plan.out
    assert (await shell.hub("apply", "hub.yaml")).out == ""
    export = await shell.hub("export")
    assert (await shell.hub("apply", "-", stdin=export.out.encode())).out == ""
    assert (await shell.hub("receive-mail", "mail", stdin=MAIL)).code == 0
    explained = await shell.hub("explain", "1")
    assert "Rule “rest” sent it to queue “general”." in explained.out
    assert json.loads((await shell.hub("explain", "1", "--json")).out)["standing"] is None
    assert (await shell.hub("explain", "9")).code == 1
    link = await shell.hub("user", "add", "boss@acme.example", "--role", "admin")
    assert "/link/" in link.out
    assert (await shell.hub("user", "link", "boss@acme.example")).out != link.out
    assert (await shell.hub("key", "rotate")).code == 0
    assert (await shell.hub("apply", "hub.yaml")).out == ""


async def test_every_command_beside_a_server(shell: Shell) -> None:
    async with shell.serving() as greeting:
        assert str(shell.port) in greeting
        path = shell.folder / "data" / "hub.sock"
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        token = (await shell.hub("token", "create")).out.strip()
        assert (await shell.hub("apply", "hub.yaml")).code == 0
        channels = await shell.get("/api/v1/channels", token)
        assert isinstance(channels, dict)
        assert channels["items"][0]["state"] == "connected"
        assert (await shell.hub("receive-mail", "mail", stdin=MAIL)).code == 0
        ledger = await shell.get("/api/v1/ledger", token)
        assert isinstance(ledger, dict)
        assert ledger["stored"] == 1
        assert (await shell.hub("check")).out == "mail: ok\n"
        assert (await shell.hub("key", "rotate")).code == 0
        second = await shell.hub("serve")
        assert second.code == 1
        assert f"http://127.0.0.1:{shell.port}" in second.err
    assert not path.exists()
    async with shell.serving():
        assert await shell.get("/api/v1/me", token)


async def test_mail_that_was_not_stored_is_tried_again(shell: Shell) -> None:
    await shell.hub("apply", "hub.yaml")
    for args, stdin, environment in (
        (("nope",), MAIL, {}),
        (("mail",), b" \n", {}),
        (("mail",), MAIL, {"HUB_DATABASE": "mysql://x"}),
        (("mail",), MAIL, {"HUB_KEY": "k" * 40}),
        (("mail",), MAIL, {"HUB_DATA": "/proc/nowhere"}),
        (("mail",), MAIL, {"HUB_DATABASE": f"sqlite:///{shell.folder}"}),
    ):
        found = await shell.hub("receive-mail", *args, stdin=stdin, **environment)
        assert found.code == 75, found
        assert found.err.startswith("hub: ")
        assert "Traceback" not in found.err


async def test_refusals_are_one_line_and_exit_1(shell: Shell) -> None:
    (shell.folder / "bad.yaml").write_text("queues:\n  - {name: q}\n  - {name: Q}\n")
    (shell.folder / "hub.toml").write_text("[hub]\nregion = 3\n")
    for args, words in (
        (("plan", "bad.yaml"), "queues[1].name"),
        (("plan", "none.yaml"), "No such file"),
        (("export", "--config", "hub.toml"), "hub.region: "),
        (("user", "link", "nobody@acme.example"), "nobody"),
        (("user", "add", "not an address"), "email: "),
        (("user", "add", "a@b.example", "--queue", "nope"), "queues: "),
        (("token", "create", "--scope", "nope"), "scopes: "),
        (("serve", "--fresh"), "--demo"),
    ):
        found = await shell.hub(*args)
        assert found.code == 1, (args, found)
        assert words in found.err
        assert "Traceback" not in found.err
        assert found.out == ""
    assert (await shell.hub("nonsense")).code == 2


async def test_a_start_without_the_key_says_what_to_do(shell: Shell) -> None:
    assert (await shell.hub("token", "create")).code == 0
    (shell.folder / "data" / "key").unlink()
    found = await shell.hub("serve")
    assert found.code == 1
    assert "HUB_KEY" in found.err
    assert not (shell.folder / "data" / "key").exists()


async def test_what_needs_no_store(shell: Shell) -> None:
    schema = json.loads((await shell.hub("schema")).out)
    assert schema["$defs"]["ChannelSpec"]
    mail = json.loads((await shell.hub("inspect", "email", "-", stdin=MAIL)).out)
    assert mail["sender"] == "mailto:ann@customer.example"
    assert mail["text"].strip() == "Hello"
    assert not (shell.folder / "data").exists()


async def test_the_first_start_greets_the_first_admin(shell: Shell) -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "hub", "serve", stdout=asyncio.subprocess.PIPE,
        cwd=shell.folder, env=shell.environment,
    )  # fmt: skip
    assert process.stdout is not None
    lines = [await process.stdout.readline() for _ in range(2)]
    assert f"http://127.0.0.1:{shell.port}/link/" in lines[1].decode()
    process.send_signal(signal.SIGTERM)
    assert await process.wait() == 0
