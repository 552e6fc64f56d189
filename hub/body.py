"""The body of a request: in time, up to a cap, unpacked (RFC 9110 section 8.4).

aiohttp would unpack while it reads, and what a refused bomb still holds too: a 290 kB body then kept
every other customer waiting for four seconds.
"""

from __future__ import annotations

import asyncio
import zlib

from aiohttp import hdrs, web

from hub.problems import Problem

SECONDS = 30.0  # for a body to come in whole
_EITHER = zlib.MAX_WBITS | 32  # gzip or zlib, as the first bytes say
_PLAIN = ("", "identity")


async def whole(request: web.Request, cap: int) -> bytes | None:
    """The body; None over ``cap`` bytes, packed or not: refused while reading, never held whole.

    Raises Problem: 408 not in time, 415 for a coding that is not gzip or deflate, 400 for what is
    none.
    """
    body = await _in_time(request, cap)
    if body is None or hdrs.CONTENT_ENCODING not in request.headers:
        return body
    coding = _coding(request)
    if coding in _PLAIN:
        return body
    if coding not in ("gzip", "x-gzip", "deflate"):
        raise _unknown(coding)
    try:
        return await asyncio.to_thread(_unpack, body, cap)
    except (zlib.error, EOFError) as err:
        raise Problem(400, "the body cannot be decoded") from err


async def _in_time(request: web.Request, cap: int) -> bytes | None:
    """The body as it came; None over the cap. Raises Problem (408)."""
    if (request.content_length or 0) > cap:
        return None
    if request.content.is_eof():
        body = request.content.read_nowait()  # all of it is here: no clock is needed
        return body if len(body) <= cap else None
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(SECONDS):
            async for part in request.content.iter_any():
                size += len(part)
                if size > cap:
                    return None
                parts.append(part)
    except TimeoutError as err:
        raise Problem(408, f"the body did not come in {SECONDS:g} seconds") from err
    return b"".join(parts)


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
