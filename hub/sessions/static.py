"""The widget's one file, as the build left it."""

from __future__ import annotations

import gzip
import hashlib
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web

from hub.problems import Problem

WIDGET = Path(__file__).parent.parent / "web" / "widget" / "dist" / "widget.js"
_HEADERS = {
    "Cache-Control": "public, max-age=300",
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Access-Control-Allow-Origin": "*",
    "Vary": "Accept-Encoding",
}


@dataclass(frozen=True, slots=True)
class _Built:
    mtime_ns: int
    body: bytes
    packed: bytes
    etag: str


class Script:
    """Serves one script from memory; read again when the file changes."""

    def __init__(self, path: Path = WIDGET) -> None:
        self._path = path
        self._built: _Built | None = None

    def respond(self, request: web.Request) -> web.Response:
        """Raises Problem (404) while it has not been built."""
        built = self._load()
        headers = {**_HEADERS, "ETag": built.etag}
        if request.headers.get("If-None-Match") == built.etag:
            return web.Response(status=304, headers=headers)
        packed = "gzip" in request.headers.get("Accept-Encoding", "")
        if packed:
            headers["Content-Encoding"] = "gzip"
        return web.Response(
            body=built.packed if packed else built.body,
            headers=headers,
            content_type="text/javascript",
            charset="utf-8",
        )

    def _load(self) -> _Built:
        try:
            mtime_ns = self._path.stat().st_mtime_ns
        except FileNotFoundError as err:
            raise Problem(404, "the widget is not built: run make build") from err
        if self._built is None or self._built.mtime_ns != mtime_ns:
            body = self._path.read_bytes()
            etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
            self._built = _Built(mtime_ns, body, gzip.compress(body, 9), etag)
        return self._built
