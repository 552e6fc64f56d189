"""Connections on which nobody asks anything: closed, so that a thousand of them shut nobody out.

aiohttp gives a request line and its headers all the time in the world, and an idle connection an
hour. Requests under way and open sockets are left alone: each has a clock of its own.
"""

from __future__ import annotations

import asyncio
import resource
import time
from contextlib import suppress

from aiohttp import web
from aiohttp.web_protocol import RequestHandler

QUIET_SECONDS = 180.0
"""Longer than the reverse proxies keep theirs open (Caddy: 120 s), so that they end it first."""
FILES_MAX = 65_536


async def close_quiet(server: web.Server) -> None:
    """Close what was quiet for ``QUIET_SECONDS``, for as long as this runs."""
    seen: dict[RequestHandler, tuple[int, float]] = {}
    while True:
        await asyncio.sleep(QUIET_SECONDS / 4)
        now = time.monotonic()
        quiet: dict[RequestHandler, tuple[int, float]] = {}
        for one in server.connections:
            if one._current_request is not None:
                continue
            asked, since = seen.get(one, (one._request_count, now))
            if asked != one._request_count:
                since = now
            if now - since >= QUIET_SECONDS:
                one.force_close()
            else:
                quiet[one] = (one._request_count, since)
        seen = quiet


def more_files() -> None:
    """Take as many open files as the system lets this process have without asking."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = FILES_MAX if hard == resource.RLIM_INFINITY else min(hard, FILES_MAX)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    with suppress(ValueError, OSError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
