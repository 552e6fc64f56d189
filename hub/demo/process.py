"""The hub as a child process: started, watched, killed and started again.

The child gets its orders on standard input, which stays open: when this process is gone, however
it went, the child reads the end of it and stops.
"""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from hub.demo.config import Ports
from hub.demo.door import Door

if TYPE_CHECKING:
    from hub.settings import Settings

START_SECONDS = 30.0
STOP_SECONDS = 9.0
FIRST_WAIT, LONGEST_WAIT = 0.1, 5.0
"""Seconds before the next start, doubling while it dies young."""
YOUNG_SECONDS = 5.0

State = Literal["starting", "up", "down", "stopped"]


class ChildFailed(Exception):
    """The hub does not start; its own words are on standard error."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Orders:
    """What the child is told."""

    do: Literal["fill", "serve"]
    settings: Settings
    ports: Ports
    control: str = ""
    """Where the parent's pages are, and the secret that opens them."""
    secret: str = ""
    talks: int | None = None


class HubProcess:
    """One hub, kept alive from ``start`` to ``stop``."""

    def __init__(
        self,
        orders: Orders,
        environment: Mapping[str, str],
        door: Door,
        *,
        changed: Callable[[State], None] = lambda _state: None,
    ) -> None:
        self._orders = orders
        self._environment = environment
        self._door = door
        self._changed = changed
        self._process: asyncio.subprocess.Process | None = None
        self._stopping = False
        self._killed = False
        self._up = asyncio.Event()
        self._keeper: asyncio.Task[None] | None = None
        self.state: State = "starting"
        self.starts = 0
        self.down_since = time.monotonic()
        self.down_ms = 0
        """How long the last outage took."""

    @property
    def pid(self) -> int | None:
        """Of the running child."""
        return None if self._process is None else self._process.pid

    async def start(self) -> None:
        """Start it, wait until it takes webhooks, and keep it alive. Raises ChildFailed."""
        await self._spawn()
        await self._ready()
        self._keeper = asyncio.create_task(self._keep())

    async def wait_up(self, seconds: float = START_SECONDS) -> None:
        """Until it takes webhooks again. Raises TimeoutError."""
        async with asyncio.timeout(seconds):
            await self._up.wait()

    def kill(self) -> int:
        """``kill -9``; the process id. It is started again at once."""
        if self._process is None or self._process.returncode is not None:
            raise ProcessLookupError("the hub is not running")
        pid = self._process.pid
        self._killed = True
        self._is("down")
        os.kill(pid, signal.SIGKILL)
        return pid

    async def stop(self) -> None:
        """End it properly; after nine seconds by force."""
        self._stopping = True
        if self._keeper is not None:
            self._keeper.cancel()
            await asyncio.wait([self._keeper])
        process = self._process
        if process is not None and process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), STOP_SECONDS)
            except TimeoutError:
                process.kill()
                await process.wait()
        if process is not None:
            await _close_stdin(process)
        self._is("stopped")

    # ---------------------------------------------------------------- inside

    async def _spawn(self) -> None:
        self.starts += 1
        self._process = await run_child(self._orders, self._environment)

    async def _ready(self) -> None:
        """Wait for the first healthy answer. Raises ChildFailed."""
        process = self._process
        end = time.monotonic() + START_SECONDS
        while process is not None and process.returncode is None and time.monotonic() < end:
            if await self._door.healthy():
                self._is("up")
                return
            await asyncio.sleep(0.05)
        raise ChildFailed("the hub did not start")

    async def _keep(self) -> None:
        wait = FIRST_WAIT
        while not self._stopping and self._process is not None:
            began = time.monotonic()
            await self._process.wait()
            await _close_stdin(self._process)
            self._is("down")
            if self._killed or time.monotonic() - began > YOUNG_SECONDS:
                wait, self._killed = FIRST_WAIT, False
            await asyncio.sleep(wait)
            wait = min(wait * 2, LONGEST_WAIT)
            try:
                await self._spawn()
                await self._ready()
            except ChildFailed:
                self._end()

    def _end(self) -> None:
        """A child that runs and does not answer is not waited for any longer."""
        if self._process is not None and self._process.returncode is None:
            self._process.kill()

    def _is(self, state: State) -> None:
        if state == self.state:
            return
        if state == "down":
            self.down_since = time.monotonic()
            self._up.clear()
        elif state == "up":
            self.down_ms = round((time.monotonic() - self.down_since) * 1000)
            self._up.set()
        self.state = state
        self._changed(state)


async def run_child(
    orders: Orders,
    environment: Mapping[str, str],
    *,
    output: int | None = asyncio.subprocess.DEVNULL,
) -> asyncio.subprocess.Process:
    """Start a child with these orders."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "hub.demo.child",
        stdin=asyncio.subprocess.PIPE,
        stdout=output,
        env={**os.environ, **environment},
        start_new_session=True,
    )
    stdin: Any = process.stdin
    stdin.write(encoded(orders))
    with suppress(ConnectionError):  # it died at once: seen by whoever waits for it
        await stdin.drain()
    return process


def encoded(orders: Orders) -> bytes:
    """For the child's standard input: a length and a pickle, between two processes of one user."""
    body = pickle.dumps(orders)
    return len(body).to_bytes(8, "big") + body


async def _close_stdin(process: asyncio.subprocess.Process) -> None:
    if process.stdin is not None and not process.stdin.is_closing():
        process.stdin.close()
        with suppress(ConnectionError):
            await process.stdin.wait_closed()
