"""A loop that is kept going: a mistake in one costs a second of it, and nothing of the others."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import NoReturn

AGAIN = 1.0  # seconds

_log = logging.getLogger(__name__)


def obey() -> None:
    """End here if this task was cancelled and something below it has swallowed that.

    ``asyncio.wait_for`` of Python 3.11 does, where the cancellation comes together with the result
    (https://github.com/python/cpython/issues/86296); libraries call it around every answer, and a
    loop over them would never end. Raises CancelledError.
    """
    task = asyncio.current_task()
    if task is not None and task.cancelling():
        raise asyncio.CancelledError


async def kept(name: str, loop: Callable[[], Awaitable[None]]) -> NoReturn:
    """Run ``loop()``, and again after whatever it raises, until cancelled."""
    while True:
        try:
            await loop()
        except Exception:  # noqa: BLE001 - the edge of every loop
            _log.exception("%s failed and begins anew", name)
        await asyncio.sleep(AGAIN)
