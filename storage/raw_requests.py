"""What came in, as it came: each request and mail, kept with the headers and the signed URL."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Final

import msgspec

from connectors.contract import Raw
from connectors.fold import clean
from storage import blobs
from storage.blobs import Blob
from storage.later import Table

if TYPE_CHECKING:
    from storage.db import Row, Tx

BLOB_OVER = 64 * 1024  # bytes: larger bodies are kept as blobs
URL_CAP = 4_000
CHECKED_CAP = 500  # characters


class RequestRow(msgspec.Struct, frozen=True, gc=False):
    """A row of ``raw_request``."""

    channel: int
    kind: str
    key: str
    headers: str
    url: str
    body: bytes | None
    blob: str | None
    signature: str
    received_at: int


REQUESTS: Final = Table("raw_request", RequestRow)

_encode = msgspec.json.encode
_headers = msgspec.json.Decoder(list[tuple[str, str]])


def keep(
    tx: Tx, channel: int, raw: Raw, *, now: int, blob: Blob | None = None, body: bool = True
) -> int:
    """Keep one request as it came; the id of its row. A body that is a blob is not kept twice."""
    if blob is not None:
        blobs.keep(tx, blob, type="application/octet-stream", now=now)
    row = RequestRow(
        channel=channel,
        kind=raw.kind,
        key=clean(raw.key, URL_CAP),
        headers=_json(raw.headers),
        url=clean(raw.url, URL_CAP),
        body=raw.body if body and blob is None else None,
        blob=None if blob is None else blob.sha256,
        signature=clean(raw.checked, CHECKED_CAP),
        received_at=now,
    )
    return tx.insert_later(REQUESTS, row)


def _json(headers: Sequence[tuple[str, str]]) -> str:
    try:
        return _encode(headers).decode()
    except UnicodeEncodeError:  # a lone surrogate
        return _encode([(clean(name), clean(value)) for name, value in headers]).decode()


def drop_body(tx: Tx, request: int) -> None:
    """Forget the body of a request that brought nothing new."""
    tx.run("UPDATE raw_request SET body = NULL, blob = NULL WHERE id = :id", id=request)


def request(tx: Tx, id: int) -> Row | None:
    """One kept request with the name of its channel."""
    return tx.one(
        """
        SELECT r.*, c.name AS channel_name FROM raw_request r
        JOIN channel c ON c.id = r.channel WHERE r.id = :id
        """,
        id=id,
    )


def raw_of(row: Row, body: bytes) -> Raw:
    """The request as it came in, to be fed back."""
    headers = tuple(_headers.decode(row["headers"]))
    return Raw(row["kind"], row["key"], headers, row["url"], body)


def blob_of(row: Row) -> str | None:
    """The blob that holds the body, if it was large."""
    value = row["blob"]
    return None if value is None else str(value)
