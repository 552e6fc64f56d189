"""A hub in a process of its own, to be killed and started again on the same port."""

from __future__ import annotations

import asyncio
import os
import random
import socket
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from tests.hub.office import CONFIG
from tests.hub.running import PATIENCE


class Process:
    """``hub serve`` in ``folder``, on SQLite."""

    def __init__(self, folder: Path, **environment: str) -> None:
        self.port = _free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("HUB_")}
        self.environment = {
            **kept,
            "HUB_DATA": str(folder / "data"),
            "HUB_LISTEN": f"127.0.0.1:{self.port}",
            **environment,
        }
        self._log = folder / "hub.log"
        self._process: asyncio.subprocess.Process | None = None

    @classmethod
    @asynccontextmanager
    async def started(
        cls, folder: Path, config: str = CONFIG, **environment: str
    ) -> AsyncIterator[Process]:
        """One that serves, with ``config`` applied; gone at the end."""
        hub = cls(folder, **environment)
        await hub.start()
        try:
            if config:
                await hub.command("apply", "-", stdin=config.encode())
            yield hub
        finally:
            with suppress(ProcessLookupError):
                await hub.kill()

    async def start(self) -> None:
        """Returns once it serves."""
        self._log.parent.mkdir(parents=True, exist_ok=True)
        with self._log.open("wb") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "hub", "serve", env=self.environment,
                stdout=asyncio.subprocess.PIPE, stderr=log,
            )  # fmt: skip
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        assert b"http" in line, self._log.read_text()

    async def kill(self) -> None:
        """``kill -9``."""
        assert self._process is not None
        self._process.kill()
        await self._process.wait()

    async def until(self, condition: Callable[[], object]) -> None:
        """Wait for what it does by itself."""
        async with asyncio.timeout(PATIENCE):
            while not condition():  # noqa: ASYNC110 - nobody in this process could say so
                await asyncio.sleep(0.02)

    async def typed(
        self, *words: str, stdin: bytes = b"", python: Sequence[str] = ("-m", "hub")
    ) -> tuple[int, str, str]:
        """A command: (exit code, standard output, standard error)."""
        process = await asyncio.create_subprocess_exec(
            sys.executable, *python, *words, env=self.environment,
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )  # fmt: skip
        out, err = await process.communicate(stdin)
        return process.returncode or 0, out.decode(), err.decode()

    async def command(self, *words: str, stdin: bytes = b"") -> str:
        """What a command prints that must succeed."""
        code, out, err = await self.typed(*words, stdin=stdin)
        assert code == 0, err
        return out


def _free_port() -> int:
    """One that nobody has, and that the system lends to no connection while the hub is down."""
    while True:
        with socket.socket() as probe, suppress(OSError):
            port = random.randrange(20_000, 32_000)
            probe.bind(("127.0.0.1", port))
            return port
