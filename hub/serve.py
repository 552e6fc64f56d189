"""The process: lock, store, web server, command socket, and an end within ten seconds."""

from __future__ import annotations

import asyncio
import gc
import logging
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from typing import Any

from aiohttp import web

from hub import accounts, clock, observe
from hub.app import Hub, application
from hub.auth import link_url, new_token
from hub.control import Control
from hub.folder import wait_for
from hub.quiet import close_quiet, more_files
from hub.settings import Settings

STOP_SECONDS = 5.0  # for requests under way, once told to stop
LOCK_SECONDS = 5.0  # for a command that holds the folder to end

_log = logging.getLogger("hub")

Extend = Callable[[Hub, web.Application], Awaitable[None]]
"""Something that adds itself to a hub before it listens (the demo)."""


@asynccontextmanager
async def running(
    settings: Settings, *, extend: Extend | None = None, commit_delay: float = 0.0
) -> AsyncIterator[tuple[Hub, str]]:
    """A hub that serves, as (hub, its address); stopped and closed at the end.

    Raises FolderHeld, KeyRefused, SchemaRefused, StoreUnavailable, OSError (the port is taken).
    """
    async with AsyncExitStack() as stack:
        lock = await asyncio.to_thread(
            wait_for, settings.lock_path, by="a starting hub", seconds=LOCK_SECONDS
        )
        stack.enter_context(lock)
        settings, taken = on_a_port(settings)
        if taken is not None:
            stack.enter_context(taken)
        began = time.perf_counter()
        hub = await Hub.open(settings, commit_delay=commit_delay)
        stack.push_async_callback(hub.close)
        app = application(hub)
        if extend is not None:
            await extend(hub, app)
        runner = web.AppRunner(
            app,
            access_log=None,
            handle_signals=False,
            shutdown_timeout=STOP_SECONDS,
            auto_decompress=False,  # hub/body.py
        )
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        if (server := runner.server) is not None:
            quiet = asyncio.create_task(close_quiet(server))
            stack.callback(quiet.cancel)
        started = asyncio.Event()
        loops = asyncio.create_task(hub.run(started.set))
        stack.push_async_callback(_stop, hub, loops)
        await _either(started.wait(), loops)
        control = Control(settings.socket_path, hub.commands().run)
        await control.start()
        stack.push_async_callback(control.close)
        await _site(runner, settings, taken).start()
        host, port = _address(runner)
        lock.say(f"http://{host}:{port}")
        observe.START.set(time.perf_counter() - began)
        yield hub, f"http://{host}:{port}"
        if loops.done():
            loops.result()


def on_a_port(settings: Settings) -> tuple[Settings, socket.socket | None]:
    """The settings with a real port where they ask for any free one, and the socket that holds it:
    links and callbacks name the port before the hub listens. Raises OSError."""
    if settings.port:
        return settings, None
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    taken = socket.socket(family, socket.SOCK_STREAM)
    try:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind((settings.host, 0))
    except OSError:
        taken.close()
        raise
    port: int = taken.getsockname()[1]
    url = settings.public_url
    if url.endswith(":0"):  # it was made of host and port; one that was given names a real port
        url = f"{url.removesuffix('0')}{port}"
    return replace(settings, port=port, public_url=url), taken


def _site(runner: web.AppRunner, settings: Settings, taken: socket.socket | None) -> web.BaseSite:
    if taken is not None:
        return web.SockSite(runner, taken, backlog=1024)
    return web.TCPSite(runner, settings.host, settings.port, backlog=1024)


async def serve(settings: Settings, *, extend: Extend | None = None) -> None:
    """Serve until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stop.set)
    async with running(settings, extend=extend) as (hub, address):
        await _greet(hub, address)
        tune()
        await stop.wait()
        _log.info("stopping")


def tune() -> None:
    """Settings of the process for one busy loop beside the writer's thread."""
    more_files()
    gc.collect()
    gc.freeze()  # what is here now lives as long as the process: not looked at again
    gc.set_threshold(20_000)  # by default, each eighth message: 3 % of intake
    sys.setswitchinterval(0.001)  # measured: p99 of a write beside a busy loop 10.4 -> 3.9 ms


async def _greet(hub: Hub, address: str) -> None:
    """Say where it is; a hub that nobody can sign in to gives one link to its first admin."""
    lines = [f"Interaction hub: {address}"]
    token = new_token()
    if await hub.db.write(accounts.first_start, token, now=clock.now()):
        lines.append(f"First admin (one time, 24 h): {link_url(hub.settings.public_url, token)}")
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


async def _either(ready: Any, loops: asyncio.Task[None]) -> None:
    """Wait until it is ready, or until the loops have ended before that, by an error."""
    waiting = asyncio.ensure_future(ready)
    await asyncio.wait([waiting, loops], return_when=asyncio.FIRST_COMPLETED)
    if loops.done():
        waiting.cancel()
        loops.result()


async def _stop(hub: Hub, loops: asyncio.Task[None]) -> None:
    await hub.sessions.close()
    await hub.live.close()
    loops.cancel()
    with suppress(asyncio.CancelledError):
        await loops


def _address(runner: web.AppRunner) -> tuple[str, int]:
    host, port = runner.addresses[0][:2]
    return (f"[{host}]" if ":" in host else host), port
