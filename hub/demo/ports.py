"""Free ports on this machine, near the one that was asked for."""

from __future__ import annotations

import socket
from dataclasses import replace
from typing import TYPE_CHECKING

from hub.demo.door import local_url

if TYPE_CHECKING:
    from hub.settings import Settings

PORTS_TRIED = 50


def on_free_port(settings: Settings) -> tuple[Settings, int | None]:
    """The settings with a port that is free, and the one that was taken. Raises OSError."""
    wanted = settings.port
    port = free(wanted, settings.host)
    if port == wanted:
        return settings, None
    moved = replace(settings, port=port)
    if settings.public_url.endswith(f":{wanted}"):
        moved = replace(moved, public_url=local_url(moved))
    return moved, wanted or None


def free(wanted: int, host: str = "127.0.0.1") -> int:
    """``wanted``, the next port that is free, or any."""
    with listen(wanted, host) as found:
        return int(found.getsockname()[1])


def listen(wanted: int, host: str = "127.0.0.1") -> socket.socket:
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
