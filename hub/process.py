"""``hub serve``: logging, the event loop, and words for what keeps a hub from starting."""

from __future__ import annotations

import asyncio
import sys
from typing import TYPE_CHECKING

from hub import logs
from hub.folder import FolderHeld
from hub.keys import KeyRefused
from hub.serve import serve as _serve
from storage.errors import StoreError

if TYPE_CHECKING:
    from hub.settings import Settings


def serve(settings: Settings) -> int:
    """Run until SIGTERM; the exit code."""
    logs.begin(settings.log, settings.log_format)
    try:
        asyncio.run(_serve(settings))
    except FolderHeld as err:
        return _fail(f"this hub is running already: {err}")
    except (KeyRefused, StoreError, ValueError) as err:
        return _fail(str(err))
    except OSError as err:
        if err.filename is not None:
            return _fail(f"hub.data: {err.filename}: {err.strerror}")
        return _fail(f"hub.listen: {settings.host}:{settings.port}: {err.strerror or err}")
    return 0


def demo(settings: Settings, *, fresh: bool) -> int:
    """Run the demo: the parent that keeps the counts, and the hub as its child."""
    from hub import demo as runner  # noqa: PLC0415  only here

    return int(runner.main(settings, fresh=fresh))


def _fail(words: str) -> int:
    sys.stderr.write(f"hub: {words}\n")
    return 1
