"""A channel's own way out: a proxy (SOCKS5, RFC 1928, or HTTP ``CONNECT``) that the operator named.

Names are resolved by the proxy and not here: where a proxy is needed, the names near the hub often
lie. So the guard sees names and numbers only; what the proxy can reach is the operator's to bound.
"""

from __future__ import annotations

import socket
from datetime import timedelta

import aiohttp
from aiohttp_socks import ProxyConnector
from python_socks import ProxyError
from python_socks.async_.asyncio import Proxy


class ProxyFailed(OSError):
    """The proxy cannot be reached, does not let us, or could not connect."""


def connector(url: str, *, keepalive_timeout: float) -> aiohttp.BaseConnector:
    """For an HTTP client whose every connection goes through the proxy."""
    found: aiohttp.BaseConnector = ProxyConnector.from_url(
        url, rdns=True, keepalive_timeout=keepalive_timeout
    )
    return found


async def connect(url: str, host: str, port: int, *, within: timedelta) -> socket.socket:
    """A connected socket to ``host:port`` by the proxy. Raises ProxyFailed, TimeoutError."""
    proxy = Proxy.from_url(url, rdns=True)
    try:
        found: socket.socket = await proxy.connect(host, port, timeout=within.total_seconds())
    except (ProxyError, OSError) as err:
        if isinstance(err, TimeoutError):
            raise
        raise ProxyFailed(f"proxy: {err}") from err
    return found
