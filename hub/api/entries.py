"""Entries of the timeline, their HTML, their files, and files on their way up."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote, unquote

import msgspec
from aiohttp import BodyPartReader, web

from connectors.file_name import file_name
from hub import clock, html, links, sniff
from hub.api.access import sight
from hub.body import refuse_packed
from hub.http import Call, NoQuery, Route, route
from hub.permissions import Permission
from hub.problems import Problem, conflict, invalid, not_found
from storage import attachments, audit, conversations, deliveries, timeline, views
from storage.blobs import BlobTooLarge
from storage.views import EntryView

if TYPE_CHECKING:
    from hub.access.principal import Principal
    from storage.db import Row, Tx

_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")


class EntryDetail(EntryView, kw_only=True):
    """An entry with all of its text."""

    full_text: str


class Images(msgspec.Struct, forbid_unknown_fields=True):
    """Whether pictures from elsewhere are shown."""

    images: bool = False


class Named(msgspec.Struct, forbid_unknown_fields=True):
    """A file's name, where the body is the file itself."""

    name: Annotated[str, msgspec.Meta(max_length=255)] = ""


class Signed(msgspec.Struct, forbid_unknown_fields=True):
    """What lets somebody in without a cookie."""

    sig: str


class Upload(msgspec.Struct):
    """A file that waits for the message it belongs to."""

    id: int
    name: str
    type: str
    size: int


# ---------------------------------------------------------------- entries


def _visible(tx: Tx, id: int, who: Principal) -> tuple[EntryView, Row]:
    view, row = views.entry(tx, id), timeline.get(tx, id)
    if view is None or row is None:
        raise not_found("entry")
    if view.conversation is not None:
        of = conversations.get(tx, view.conversation)
        if of is not None and not sight(tx, who).sees(of["queue"], of["agent"]):
            raise not_found("entry")
    return view, row


async def show(call: Call[NoQuery, None]) -> EntryDetail:
    """One entry with its whole text"""
    view, row = await call.hub.db.read(_visible, call.id(), call.who)
    shown = links.shown(call.hub.keys, view, clock.now())
    full = row["full_text"] if row["full_text"] is not None else row["text"]
    return EntryDetail(**msgspec.structs.asdict(shown), full_text=full)


async def show_html(call: Call[Images, None]) -> web.Response:
    """The message as it was designed, sanitised, for a sandboxed frame"""
    view, row = await call.hub.db.read(_visible, call.id(), call.who)
    if row["html"] is None:
        raise not_found("HTML of this entry")
    shown = links.shown(call.hub.keys, view, clock.now())
    cid = {file.content_id: file.url for file in shown.attachments if file.content_id and file.url}
    images = call.query.images
    text = await html.in_thread(row["html"], cid=cid, images=images)
    return web.Response(
        text=text,
        content_type="text/html",
        headers={
            "Content-Security-Policy": html.policy(call.hub.settings.origin, images=images),
            "Cache-Control": "private, no-store",
        },
    )


async def retry(call: Call[NoQuery, None]) -> EntryView:
    """Send once more what failed, or what may have failed"""
    await call.hub.db.write(_retry, call.id(), call.who, clock.now())
    view, _ = await call.hub.db.read(_visible, call.id(), call.who)
    return links.shown(call.hub.keys, view, clock.now())


def _retry(tx: Tx, id: int, who: Principal, now: int) -> None:
    _visible(tx, id, who)
    if not deliveries.retry(tx, id, now=now):
        raise conflict("nothing of it can be sent again")
    audit.record(tx, who.actor, "entry.retried", f"entry:{id}", now=now)


# ---------------------------------------------------------------- files up


async def upload(call: Call[Named, None]) -> Upload:
    """Put up a file: multipart/form-data, or the file itself with ?name="""
    request = call.request
    refuse_packed(request)
    cap = call.hub.settings.upload_bytes
    if (request.content_length or 0) > cap + 10_000:
        raise Problem(413, f"the file is larger than {cap} bytes")
    if request.content_type.startswith("multipart/"):
        name, given, chunks = await _part(request)
    else:
        name, given = call.query.name, request.content_type
        chunks = request.content.iter_any()
    name = (file_name(name) or "file")[:255]
    start, chunks = await sniff.peeked(chunks)
    if not start:
        raise invalid("file", "is empty")
    kind = sniff.image(start) or (given if _TYPE.fullmatch(given) else "application/octet-stream")
    try:
        blob = await call.hub.blobs.put(chunks, cap=cap)
    except BlobTooLarge as err:
        raise Problem(413, f"the file is larger than {cap} bytes") from err
    id = await call.hub.db.write(
        attachments.upload, name=name, type=kind, blob=blob, by=call.who.actor, now=clock.now()
    )
    return Upload(id, name, kind, blob.size)


async def _part(request: web.Request) -> tuple[str, str, AsyncIterator[bytes]]:
    try:
        reader = await request.multipart()
        async for part in reader:
            if isinstance(part, BodyPartReader) and part.filename:
                kind = part.headers.get("Content-Type", "application/octet-stream")
                kind = kind.partition(";")[0].strip().lower()
                return _decoded(part.filename), kind, _chunks(part)
    except (ValueError, AssertionError, RuntimeError) as err:
        raise Problem(400, f"the form cannot be read: {err}") from err
    raise invalid("file", "is missing: the form has no part with a file name")


def _decoded(name: str) -> str:
    """Some clients escape other letters in a form's file name as a URL does."""
    try:
        return unquote(name, errors="strict")
    except UnicodeDecodeError:
        return name


async def _chunks(part: BodyPartReader) -> AsyncIterator[bytes]:
    try:
        while chunk := await part.read_chunk(65536):
            yield part.decode(chunk) if "Content-Transfer-Encoding" in part.headers else chunk
    except (ValueError, AssertionError) as err:
        raise Problem(400, f"the form cannot be read: {err}") from err


# ---------------------------------------------------------------- files down


async def download(call: Call[Signed, None]) -> web.StreamResponse:
    """One file, by its signed link"""
    if not links.holds(call.hub.keys, call.id(), call.query.sig, clock.now()):
        raise Problem(403, "this link has run out: open the conversation again")
    row = await call.hub.db.read(attachments.get, call.id())
    if row is None:
        raise not_found("file")
    if row["blob"] is None:
        return await _inside(call, row)
    path = call.hub.blobs.path(row["blob"])
    if path is None:
        raise Problem(404, "the file is missing from the store")
    return web.FileResponse(path, headers=_headers(row, await sniff.image_file(path)))


async def _inside(call: Call[Signed, None], row: Row) -> web.Response:
    """A file that is still a part of the mail it came with."""
    try:
        content = await call.hub.media.content(row)
    except LookupError as err:
        raise Problem(404, str(err)) from err
    return web.Response(body=content, headers=_headers(row, sniff.image(content[:12])))


def _headers(row: Row, shown: str | None) -> dict[str, str]:
    """Of a download; ``shown``: the picture's type if it may be shown in place."""
    disposition = "inline" if shown else "attachment"
    return {
        "Content-Type": shown or _served_type(row["type"]),
        "Content-Disposition": f"{disposition}; filename*=UTF-8''{quote(row['name'], safe='')}",
        "Content-Security-Policy": "default-src 'none'; sandbox",
        "Cross-Origin-Resource-Policy": "cross-origin",
        "Cache-Control": "private, max-age=86400",
    }


def _served_type(declared: str) -> str:
    """Never one that a browser would run."""
    active = ("html", "xml", "svg", "script", "xhtml")
    if not _TYPE.fullmatch(declared) or any(word in declared for word in active):
        return "application/octet-stream"
    return declared


def routes() -> list[Route[Any, Any]]:
    """The routes of these nouns."""
    read, work, one = Permission.READ, Permission.WORK, "/entries/{id}"
    return [
        route("GET", one, read, show, answer=EntryDetail),
        route("GET", f"{one}/html", read, show_html, query=Images),
        route("POST", f"{one}/retry", work, retry, answer=EntryView),
        route("POST", "/uploads", work, upload, query=Named, answer=Upload, status=201, raw=True),
    ]


def root_routes() -> list[Route[Any, Any]]:
    """What stands outside of /api/v1."""
    public = Permission.PUBLIC
    path = "/attachments/{id}/{name}"
    return [route("GET", path, public, download, query=Signed, csrf=False)]
