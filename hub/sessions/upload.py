"""A visitor's file: ``POST /chat/{channel}/files``, raw with ``?name=`` or as a form's first file.

The visitor's token comes in ``X-Visitor`` (or as Bearer), never in the URL.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

from aiohttp import BodyPartReader, web

from connectors.file_name import file_name
from connectors.fold import clean
from hub.body import refuse_packed
from hub.problems import Problem, invalid

MAX_NAME = 200
_CHUNK = 64 * 1024


@dataclass(slots=True)
class Upload:
    """What is being uploaded. ``size`` counts what ``stream`` has given out so far."""

    name: str
    type: str
    body: AsyncIterator[bytes]
    most: int
    size: int = 0

    async def stream(self) -> AsyncIterator[bytes]:
        """The bytes. Raises Problem (413) as soon as there are more than ``most``, 400 if none."""
        async for chunk in self.body:
            self.size += len(chunk)
            if self.size > self.most:
                raise too_large(self.most)
            if chunk:
                yield chunk
        if not self.size:
            raise invalid("file", "is empty")


def too_large(most: int) -> Problem:
    return Problem(413, f"the file is larger than {most} bytes", max_bytes=most)


def token(request: web.Request) -> str:
    """Raises Problem (401)."""
    given = request.headers.get("X-Visitor", "")
    if not given:
        kind, _, rest = request.headers.get("Authorization", "").partition(" ")
        given = rest.strip() if kind.lower() == "bearer" else ""
    if not given:
        raise Problem(401, "X-Visitor: the visitor's token is missing")
    return given


async def open_upload(request: web.Request, most: int) -> Upload:
    """Raises Problem: 413, 400 (no name, no file in the form), 415."""
    refuse_packed(request)
    if (request.content_length or 0) > most + 10_000:  # a form has a little around the file
        raise too_large(most)
    if request.content_type == "multipart/form-data":
        return await _of_form(request, most)
    name = _name(request.query.get("name", ""))
    body = request.content.iter_chunked(_CHUNK)
    return Upload(name, request.content_type, body, most)


async def _of_form(request: web.Request, most: int) -> Upload:
    try:
        part = await (await request.multipart()).next()
    except ValueError as err:
        raise invalid("file", f"the form cannot be read: {str(err)[:100]}") from err
    if not isinstance(part, BodyPartReader) or part.filename is None:
        raise invalid("file", "the form's first field is not a file")
    kind = part.headers.get("Content-Type", "application/octet-stream").partition(";")[0]
    return Upload(_name(part.filename), kind.strip().lower()[:100], _chunks(part), most)


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    while chunk := await part.read_chunk(_CHUNK):
        yield chunk


def _name(given: str) -> str:
    """The name, cut in the middle where it is too long: the ending says what it is."""
    name = file_name(clean(given))
    if not name:
        raise invalid("name", "the file's name is missing")
    return name if len(name) <= MAX_NAME else name[: MAX_NAME - 20] + name[-20:]


def answer(name: str, kind: str, size: int, visitor: str, stored: str) -> dict[str, Any]:
    """As ``Sessions.frame`` takes it."""
    return {
        "type": "file",
        "visitor": visitor,
        "id": stored,
        "name": name,
        "media_type": kind,
        "size": size,
    }
