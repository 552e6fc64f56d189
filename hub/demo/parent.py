"""``hub serve --demo``: the parent. It prepares the folder, plays the providers, and keeps the hub alive.

The hub itself runs as its child, on one port from start to stop, whatever happens to it.
"""

from __future__ import annotations

import asyncio
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Literal

from aiohttp import web

from connectors.contract import ChannelError
from hub.demo import config, drill, folder, ports
from hub.demo.door import Door
from hub.demo.messages import Messages
from hub.demo.process import ChildFailed, HubProcess, Orders, run_child
from hub.demo.simulator import Simulator
from hub.demo.smtp import Sink
from hub.folder import FolderHeld, FolderLock

if TYPE_CHECKING:
    import socket

    from hub.settings import Settings

TOKEN_NAME = "demo simulator"  # noqa: S105  a token's name
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


@asynccontextmanager
async def running(
    settings: Settings,
    *,
    fresh: bool = False,
    say: Callable[[str], None] = lambda _line: None,
    stop: asyncio.Event | None = None,
    talks: int | None = None,
) -> AsyncIterator[Demo | None]:
    """A demo that serves; None if it was stopped before it began. ``talks``: how many matters.

    Raises NotADemo, FolderHeld, ChildFailed, OSError.
    """
    settings, taken = ports.on_free_port(replace(settings, demo=True))
    with FolderLock(settings.lock_path, by="a demo that is starting"):
        marker = folder.prepare(settings, fresh=fresh)
    async with AsyncExitStack() as stack:
        door = await stack.enter_async_context(Door(settings))
        demo = Demo(settings, marker, door, taken)
        await demo.listen(stack)
        if not marker.filled:
            say("Making a week of demo traffic …")
            if not await _fill(demo.orders("fill", talks), marker.environment(), stop):
                yield None
                return
            demo.marker = folder.read(settings) or marker
        await demo.serve(stack)
        yield demo


class Demo:
    """A running demo: the hub, its door, the simulated providers and customers."""

    def __init__(
        self, settings: Settings, marker: folder.Marker, door: Door, port_taken: int | None
    ) -> None:
        self.settings = settings
        self.marker = marker
        self.door = door
        self.line = replace(config.line(settings), token=marker.sms_token)
        self.hub: HubProcess
        self.simulator: Simulator
        self._port_taken = port_taken
        """The port that was asked for, where another one had to do."""
        self._secret = secrets.token_urlsafe(24)
        self._twilio: socket.socket
        self._ports: config.Ports
        self._progress: drill.Progress | None = None
        self._drilling: asyncio.Task[Any] | None = None

    async def listen(self, stack: AsyncExitStack) -> None:
        """Take the ports of the simulated providers, which the hub's channels will name."""
        self._twilio = stack.enter_context(ports.listen(self.settings.port + 1))
        sink = Sink(self._take_mail, port=ports.free(self.settings.port + 2))
        await stack.enter_async_context(sink)
        self._ports = config.Ports(self._twilio.getsockname()[1], sink.port)

    def orders(self, do: Literal["fill", "serve"], talks: int | None = None) -> Orders:
        """What the child is told."""
        return Orders(
            do=do,
            settings=self.settings,
            ports=self._ports,
            control=f"http://127.0.0.1:{self._ports.twilio}",
            secret=self._secret,
            talks=talks,
        )

    async def serve(self, stack: AsyncExitStack) -> None:
        """Start the providers, then the hub. Raises ChildFailed."""
        self.hub = HubProcess(
            self.orders("serve"), self.marker.environment(), self.door, changed=self._hub_changed
        )
        messages = Messages(folder.simulator(self.settings))
        self.simulator = Simulator(self, messages)
        stack.push_async_callback(self._end_drill)
        app = self.simulator.application()
        runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        stack.push_async_callback(self.simulator.close)
        await web.SockSite(runner, self._twilio).start()
        stack.push_async_callback(self.hub.stop)
        await self.hub.start()
        self.door.token = await command(self.settings, "token", role="admin", name=TOKEN_NAME)
        await _revoke(self.door, but_newest=True)
        stack.push_async_callback(_revoke, self.door, but_newest=False)
        self.simulator.watch()

    async def greeting(self) -> list[str]:
        """Where everything is; the links are new."""
        base = self.settings.public_url
        taken = f"  (port {self._port_taken} is taken)" if self._port_taken else ""
        lines = ["", f"  Interaction hub   {base}{taken}", f"  Simulator         {base}/simulator"]
        lines += ["", "  Sign in: each link works once. For several people, use private windows."]
        for email, what, name in PEOPLE:
            link = await command(self.settings, "user-link", email=email)
            lines.append(f"    {name:<12} {what:<15} {link}")
        return [*lines, "", "  Ctrl+C stops it.", ""]

    # ---------------------------------------------------------------- what the simulator asks

    @property
    def secret(self) -> str:
        """What the hub's child shows before it may ask for a page's sake."""
        return self._secret

    @property
    def ports(self) -> config.Ports:
        """Where the simulated providers listen."""
        return self._ports

    def status(self) -> dict[str, Any]:
        """What a page is told first."""
        hub = {"state": self.hub.state, "pid": self.hub.pid, "starts": self.hub.starts}
        return {"hub": hub, "drill": self._progress}

    def start_drill(self, seconds: float) -> bool:
        """Press the red button; False if a run is under way."""
        if self._drilling is not None and not self._drilling.done():
            return False
        self._drilling = asyncio.create_task(
            drill.run(self.door, self.line, self.hub, seconds=seconds, tell=self._tell)
        )
        return True

    def _tell(self, progress: drill.Progress) -> None:
        self._progress = progress
        self.simulator.broadcast.say("drill", progress)

    async def _end_drill(self) -> None:
        if self._drilling is not None:
            self._drilling.cancel()
            await asyncio.gather(self._drilling, return_exceptions=True)

    def _hub_changed(self, _state: str) -> None:
        self.simulator.broadcast.say("hub", self.status()["hub"])

    def _take_mail(self, recipients: list[str], body: bytes) -> None:
        self.simulator.take_mail(recipients, body)


# ---------------------------------------------------------------- starting


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


async def _revoke(door: Door, *, but_newest: bool) -> None:
    """Take back our tokens: those of earlier starts, or in the end all."""
    with suppress(ChannelError):
        ids = [one["id"] async for one in door.pages("/tokens") if one["name"] == TOKEN_NAME]
        newest = max(ids, default=0)
        own_last = sorted(ids)  # the one that is used for it goes last
        for id in own_last:
            if not (but_newest and id == newest):
                await door.api("DELETE", f"/tokens/{id}")
