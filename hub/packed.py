"""Bodies that came packed (RFC 9110 section 8.4), unpacked by us and only up to a cap.

aiohttp would unpack them while it reads, and what a refused bomb still holds too: a 290 kB body
then kept every other customer waiting for four seconds.
"""

from __future__ import annotations

import asyncio
import zlib

from aiohttp import web

from hub.problems import Problem

_EITHER = zlib.MAX_WBITS | 32  # gzip or zlib, as the first bytes say
_PLAIN = ("", "identity")


async def unpacked(request: web.Request, body: bytes, cap: int) -> bytes | None:
    """``body`` as it was before it was packed; None over ``cap`` bytes.

    Raises Problem: 415 for a coding that is not gzip or deflate, 400 for what is none.
    """
    coding = _coding(request)
    if coding in _PLAIN:
        return body
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise _unknown(coding)
    try:
        return await asyncio.to_thread(_unpack, body, cap)
    except (zlib.error, EOFError) as err:
        raise Problem(400, "the body cannot be decoded") from err


def refuse_packed(request: web.Request) -> None:
    """Files are stored as they come. Raises Problem (415)."""
    if (coding := _coding(request)) not in _PLAIN:
        raise _unknown(coding)


def _coding(request: web.Request) -> str:
    return request.headers.get("Content-Encoding", "").strip().lower()


def _unknown(coding: str) -> Problem:
    return Problem(415, f"Content-Encoding: {coding[:40]} is not taken here")


def _unpack(body: bytes, cap: int) -> bytes | None:
    bare = body[:1] and body[0] & 0x0F != 8 and body[:2] != b"\x1f\x8b"
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS if bare else _EITHER)
    found = unpacker.decompress(body, cap + 1)
    if len(found) > cap:
        return None
    if not unpacker.eof:
        raise EOFError
    return found
