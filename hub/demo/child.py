"""The child of the demo's parent: makes the week, or is the hub, as its orders say."""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import signal
import sys
import threading
from typing import TYPE_CHECKING, BinaryIO

from hub import clock, logs
from hub.demo.process import Orders
from hub.folder import FolderHeld, wait_for
from hub.keys import KeyRefused
from storage.errors import StoreError

if TYPE_CHECKING:
    from aiohttp import web

    from hub.app import Hub

LOCK_SECONDS = 5.0


def main() -> int:
    """Do what the orders say; the exit code."""
    orders = _read(sys.stdin.buffer)
    logs.begin(orders.settings.log, orders.settings.log_format)
    try:
        if orders.do == "fill":
            _fill(orders)
        else:
            _serve(orders)
    except FolderHeld as err:
        return _fail(f"this hub is running already: {err}")
    except (KeyRefused, StoreError, ValueError) as err:
        return _fail(str(err))
    except OSError as err:
        return _fail(f"{orders.settings.host}:{orders.settings.port}: {err.strerror or err}")
    return 0


def _read(stream: BinaryIO) -> Orders:
    length = int.from_bytes(stream.read(8), "big")
    found = pickle.loads(stream.read(length))  # noqa: S301  our parent's, over our own pipe
    if not isinstance(found, Orders):
        raise TypeError("these are no orders")
    return found


def _fill(orders: Orders) -> None:
    from hub.demo import fill, folder, plan  # noqa: PLC0415  heavy, and only here

    logging.getLogger("storage.writer").setLevel(logging.ERROR)  # nobody waits for the fill
    marker = folder.read(orders.settings)
    if marker is None:
        raise ValueError("the folder was not prepared")
    talks = plan.TALKS if orders.talks is None else orders.talks
    try:
        with wait_for(orders.settings.lock_path, by="the demo's filling", seconds=LOCK_SECONDS):
            asyncio.run(fill.fill(orders.settings, marker, orders.ports, clock.now(), talks=talks))
    except folder.NotADemo as err:
        raise ValueError(str(err)) from err


def _serve(orders: Orders) -> None:
    from hub import serve  # noqa: PLC0415  heavy
    from hub.demo import config, pages  # noqa: PLC0415

    async def extend(hub: Hub, app: web.Application) -> None:
        await config.point(hub.db, hub.keys, orders.ports, hub.clock())
        pages.attach(app, pages.Parent(orders.control, orders.secret))

    threading.Thread(target=_end_with_parent, daemon=True).start()
    asyncio.run(serve.serve(orders.settings, extend=extend))


def _end_with_parent() -> None:
    """Standard input ends when the parent does."""
    os.read(sys.stdin.fileno(), 1)
    os.kill(os.getpid(), signal.SIGTERM)


def _fail(words: str) -> int:
    sys.stderr.write(f"hub: {words}\n")
    return 1


if __name__ == "__main__":
    sys.exit(main())
