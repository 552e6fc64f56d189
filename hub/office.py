"""One command, wherever it can be done: in the running server, else on the store under its lock."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import TYPE_CHECKING, Any

from hub.control import CommandRefused, NoServer, call
from hub.folder import FolderHeld, FolderLock

if TYPE_CHECKING:
    from hub.settings import Settings

WAIT_SECONDS = 15.0
"""For a server that is starting or a command that holds the folder."""


class Failed(Exception):
    """The command was not done; the message is for the person who typed it."""


def do(settings: Settings, command: str, args: Mapping[str, Any], body: bytes = b"") -> Any:
    """Do it; its result. Raises Failed."""
    end = time.monotonic() + WAIT_SECONDS
    while True:
        try:
            return call(settings.socket_path, command, args, body)
        except NoServer:
            pass
        except CommandRefused as err:
            raise Failed(str(err)) from err
        except OSError as err:
            raise Failed(f"the running hub gave no answer: {err}") from err
        try:
            with FolderLock(settings.lock_path, by="a command"):
                return asyncio.run(_alone(settings, command, args, body))
        except FolderHeld as err:
            if time.monotonic() > end:
                raise Failed(str(err)) from err
            time.sleep(0.1)
        except OSError as err:
            raise Failed(f"{settings.data}: {err.strerror or err}") from err


async def _alone(settings: Settings, command: str, args: Mapping[str, Any], body: bytes) -> Any:
    """Open the store, do it, close the store."""
    from hub.commands import Commands  # noqa: PLC0415  heavy; a server's answer needs none of it
    from hub.keys import KeyRefused  # noqa: PLC0415
    from hub.store import open_store  # noqa: PLC0415
    from storage.errors import StoreError  # noqa: PLC0415

    async with AsyncExitStack() as stack:
        try:
            store = await open_store(settings)
            stack.push_async_callback(store.db.close)
            intake = await _intake(store, settings)
            commands = Commands(db=store.db, keys=store.keys, settings=settings, intake=intake)
            return await commands.run(command, args, body)
        except CommandRefused as err:
            raise Failed(str(err)) from err
        except (KeyRefused, StoreError, ValueError) as err:
            raise Failed(f"the store cannot be opened: {err}") from err


async def _intake(store: Any, settings: Settings) -> Any:
    """The way in, with the queues and rules as they stand."""
    from hub import clock, desk, room  # noqa: PLC0415
    from hub.intake import Intake  # noqa: PLC0415
    from storage.blobs import Blobs  # noqa: PLC0415

    await store.db.write(desk.ensure_queue, clock.now())
    standing = await store.db.read(desk.load)
    intake = Intake(store.db, Blobs(store.blobs), lambda: standing)
    intake.room = room.of(settings).check
    return intake
