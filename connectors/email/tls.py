"""TLS for IMAP and SMTP: certificates and names are always checked."""

from __future__ import annotations

import asyncio
import ssl

from connectors.contract import ConfigInvalid


async def context(security: str, ca_file: str) -> ssl.SSLContext | None:
    """For ``tls`` and ``starttls`` a context, else None. Raises ConfigInvalid for a bad CA file.

    Loading the system's authorities takes some 20 ms, hence the thread.
    """
    if security == "none":
        return None
    try:
        return await asyncio.to_thread(ssl.create_default_context, cafile=ca_file or None)
    except OSError as err:  # ssl.SSLError among them
        raise ConfigInvalid("ca_file: cannot be read as PEM certificates") from err


def reason(error: ssl.SSLError) -> str:
    """Words for an admin: why the other side was not trusted, or what went wrong."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"certificate: {error.verify_message}"
    return error.reason or "handshake"
