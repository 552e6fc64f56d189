"""Words for a connection that failed, as an admin reads them: never a class's name, never a URL."""

from __future__ import annotations

import os
import socket
import ssl

import aiohttp


def words(err: BaseException) -> str:
    """Why it failed. Looks through the library's error to the system's own."""
    cause = getattr(err, "os_error", None) or err
    for kind, said in _SAID:
        if isinstance(cause, kind) or isinstance(err, kind):
            return said
    if isinstance(cause, ssl.SSLCertVerificationError):
        return f"certificate: {cause.verify_message}"
    if isinstance(cause, ssl.SSLError):
        return f"TLS: {cause.reason or 'handshake'}"
    if isinstance(cause, OSError) and cause.errno is not None and cause.errno > 0:
        return os.strerror(cause.errno).lower()
    if isinstance(cause, aiohttp.ClientConnectorError):
        return "cannot connect"
    return "it broke off"


_SAID = (
    (TimeoutError, "no answer in time"),
    (socket.gaierror, "no such host name"),
    (aiohttp.ServerDisconnectedError, "closed before the answer"),
    (aiohttp.ClientConnectorDNSError, "no such host name"),
)
