"""``hub serve --demo``: the parent. It prepares the folder, plays the providers, and keeps the hub alive.

The hub itself runs as its child, on one port from start to stop, whatever happens to it.
"""

from __future__ import annotations

import asyncio
import secrets
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from aiohttp import web

from connectors.contract import ChannelError
from hub.demo import config, drill, folder
from hub.demo.door import Door, local_url
from hub.demo.messages import Messages
from hub.demo.process import ChildFailed, HubProcess, Orders, run_child
from hub.demo.simulator import Simulator
from hub.demo.smtp import Sink
from hub.folder import FolderHeld, FolderLock

if TYPE_CHECKING:
    from hub.settings import Settings

TOKEN_NAME = "demo simulator"  # noqa: S105  a token's name
PORTS_TRIED = 50
PEOPLE = (
    ("admin@acme.example", "Admin", "Ada Winter"),
    ("sara@acme.example", "English queues", "Sara Ahmadi"),
    ("reza@acme.example", "Persian queues", "Reza Naderi"),
)


def main(settings: Settings, *, fresh: bool, say: Callable[[str], None] | None = None) -> int:
    """Run until SIGTERM or Ctrl+C; the exit code."""
    try:
        asyncio.run(_run(settings, fresh=fresh, say=say or _print))
    except FolderHeld as err:
        return _fail(f"this hub is running already: {err}")
    except (folder.NotADemo, ChildFailed) as err:
        return _fail(str(err))
    except OSError as err:
        return _fail(f"the demo cannot start: {err.strerror or err}")
    return 0


def _fail(words: str) -> int:
    sys.stderr.write(f"hub: {words}\n")
    return 1


def _print(line: str) -> None:
    sys.stdout.write(line + "\n")
    sys.stdout.flush()


async def _run(settings: Settings, *, fresh: bool, say: Callable[[str], None]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, stop.set)
    async with running(settings, fresh=fresh, say=say, stop=stop) as demo:
        if demo is not None:
            for line in await demo.greeting():
                say(line)
            await stop.wait()
            say("Stopping.")


@dataclass(slots=True)
class Demo:
    """A running demo."""

    settings: Settings
    hub: HubProcess
    door: Door
    simulator: Simulator
    port_taken: int | None
    """The port that was asked for, where another one had to do."""

    async def greeting(self) -> list[str]:
        """Where everything is; the links are new."""
        base = self.settings.public_url
        taken = f"  (port {self.port_taken} is taken)" if self.port_taken else ""
        lines = ["", f"  Interaction hub   {base}{taken}", f"  Simulator         {base}/simulator"]
        lines += ["", "  Sign in: each link works once. For several people, use private windows."]
        for email, what, name in PEOPLE:
            link = await command(self.settings, "user-link", email=email)
            lines.append(f"    {name:<12} {what:<15} {link}")
        return [*lines, "", "  Ctrl+C stops it.", ""]


@asynccontextmanager
async def running(
    settings: Settings,
    *,
    fresh: bool = False,
    say: Callable[[str], None] = lambda _line: None,
    stop: asyncio.Event | None = None,
    talks: int | None = None,
) -> AsyncIterator[Demo | None]:
    """A demo that serves; None if it was stopped before it began.

    Raises NotADemo, FolderHeld, ChildFailed, OSError.
    """
    settings, taken = _on_free_port(settings)
    with FolderLock(settings.lock_path, by="a demo that is starting"):
        marker = folder.prepare(settings, fresh=fresh)
    environment = marker.environment()
    async with AsyncExitStack() as stack:
        door = await stack.enter_async_context(Door(settings))
        messages_at = folder.simulator(settings)
        twilio = _listen(settings.port + 1)
        parts = _Parts(settings, door, environment["HUB_DEMO_SMS_TOKEN"])
        sink = await stack.enter_async_context(Sink(parts.take_mail, port=_free(settings.port + 2)))
        ports = config.Ports(twilio.getsockname()[1], sink.port)
        orders = Orders(
            do="serve",
            settings=settings,
            ports=ports,
            control=f"http://127.0.0.1:{ports.twilio}",
            secret=secrets.token_urlsafe(24),
        )
        if not marker.filled:
            say("Making a week of demo traffic …")
            if not await _fill(replace(orders, do="fill", talks=talks), environment, stop):
                twilio.close()
                yield None
                return
            marker = folder.read(settings) or marker
        hub = HubProcess(orders, environment, door, changed=parts.hub_changed)
        simulator = Simulator(
            door,
            parts.line,
            marker,
            Messages(messages_at),
            orders.secret,
            parts.status,
            parts.start_drill,
        )
        parts.hub, parts.simulator, parts.ports = hub, simulator, ports
        stack.push_async_callback(parts.close)
        runner = web.AppRunner(simulator.application(), access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        stack.push_async_callback(simulator.close)
        await web.SockSite(runner, twilio).start()
        stack.push_async_callback(hub.stop)
        await hub.start()
        door.token = await command(settings, "token", role="admin", name=TOKEN_NAME)
        await _revoke_others(door)
        stack.push_async_callback(_revoke_all, door)
        simulator.watch()
        yield Demo(settings, hub, door, simulator, taken)


@dataclass(slots=True)
class _Parts:
    """What the parts of the parent know of each other."""

    settings: Settings
    door: Door
    token: str
    hub: HubProcess | None = None
    simulator: Simulator | None = None
    ports: config.Ports | None = None
    progress: drill.Progress | None = None
    drilling: asyncio.Task[Any] | None = None

    @property
    def line(self) -> Any:
        return replace(config.line(self.settings), token=self.token)

    def take_mail(self, recipients: list[str], body: bytes) -> None:
        if self.simulator is not None:
            self.simulator.take_mail(recipients, body)

    def hub_changed(self, _state: str) -> None:
        if self.simulator is not None:
            self.simulator.broadcast.say("hub", self.status()["hub"])

    def status(self) -> dict[str, Any]:
        """What a page is told first."""
        hub = self.hub
        return {
            "hub": {
                "state": "starting" if hub is None else hub.state,
                "pid": None if hub is None else hub.pid,
                "starts": 0 if hub is None else hub.starts,
            },
            "ports": self.ports,
            "drill": self.progress,
        }

    def start_drill(self, seconds: float) -> bool:
        """False if one is under way."""
        if self.drilling is not None and not self.drilling.done():
            return False
        self.drilling = asyncio.create_task(self._drill(seconds))
        return True

    async def _drill(self, seconds: float) -> None:
        if self.hub is not None:
            await drill.run(self.door, self.line, self.hub, seconds=seconds, tell=self._tell)

    def _tell(self, progress: drill.Progress) -> None:
        self.progress = progress
        if self.simulator is not None:
            self.simulator.broadcast.say("drill", progress)

    async def close(self) -> None:
        """End a run that is under way."""
        if self.drilling is not None:
            self.drilling.cancel()
            await asyncio.gather(self.drilling, return_exceptions=True)


# ---------------------------------------------------------------- starting


def _on_free_port(settings: Settings) -> tuple[Settings, int | None]:
    """The settings with a port that is free, and the one that was taken. Raises OSError."""
    wanted = settings.port
    port = _free(wanted, settings.host)
    if port == wanted:
        return settings, None
    moved = replace(settings, port=port)
    if settings.public_url.endswith(f":{wanted}"):
        moved = replace(moved, public_url=local_url(moved))
    return moved, wanted or None


def _free(wanted: int, host: str = "127.0.0.1") -> int:
    """``wanted``, the next port that is free, or any."""
    with _listen(wanted, host) as found:
        return int(found.getsockname()[1])


def _listen(wanted: int, host: str = "127.0.0.1") -> socket.socket:
    """A socket bound to ``wanted`` or the next port that is free. Raises OSError."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    tries = range(wanted, min(wanted + PORTS_TRIED, 65_536)) if wanted > 1 else (0,)
    failed: OSError | None = None
    for port in tries:
        found = socket.socket(family, socket.SOCK_STREAM)
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            found.bind((host, port))
            found.listen(128)
        except OSError as err:
            found.close()
            failed = err
        else:
            return found
    raise failed or OSError("there is no free port")


async def _fill(orders: Orders, environment: dict[str, str], stop: asyncio.Event | None) -> bool:
    """Make the week in a child; False if we were told to stop. Raises ChildFailed."""
    process = await run_child(orders, environment)
    waits = [asyncio.ensure_future(process.wait())]
    if stop is not None:
        waits.append(asyncio.ensure_future(stop.wait()))
    await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    stopped = process.returncode is None
    if stopped:
        process.kill()
        await process.wait()
    for one in waits:
        one.cancel()
    await asyncio.gather(*waits, return_exceptions=True)
    if process.stdin is not None:
        process.stdin.close()
    if process.returncode and not stopped:
        raise ChildFailed("the demo's data could not be made")
    return not stopped


# ---------------------------------------------------------------- asking the hub


async def command(settings: Settings, verb: str, /, **args: Any) -> Any:
    """A command, through the running hub's socket. Raises ChildFailed."""
    from hub.office import Failed, do  # noqa: PLC0415

    try:
        return await asyncio.to_thread(do, settings, verb, args)
    except Failed as err:
        raise ChildFailed(str(err)) from err


async def _revoke_others(door: Door) -> None:
    """Tokens of earlier starts that ended badly."""
    ids = [one["id"] async for one in door.pages("/tokens") if one["name"] == TOKEN_NAME]
    for id in sorted(ids)[:-1]:
        await door.api("DELETE", f"/tokens/{id}")


async def _revoke_all(door: Door) -> None:
    try:
        ids = [one["id"] async for one in door.pages("/tokens") if one["name"] == TOKEN_NAME]
        for id in sorted(ids):
            await door.api("DELETE", f"/tokens/{id}")
    except ChannelError:
        return
