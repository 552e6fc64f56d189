"""Errors as the API says them: ``application/problem+json`` (RFC 9457)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import msgspec
from aiohttp import web

from hub.fields import FieldError

CONTENT_TYPE = "application/problem+json"


class Problem(Exception):
    """What the caller did wrong, or must wait for. Raised by handlers, answered by hub/http.py."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        errors: Sequence[FieldError] = (),
        headers: Mapping[str, str] | None = None,
        **extra: Any,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.extra = extra

    def response(self, request_id: str = "") -> web.Response:
        body: dict[str, Any] = {
            "type": "about:blank",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "detail": self.detail,
            "errors": [{"field": item.field, "reason": item.reason} for item in self.errors],
            **self.extra,
        }
        if request_id:
            body["request_id"] = request_id
        return web.Response(
            status=self.status,
            body=msgspec.json.encode(body),
            content_type=CONTENT_TYPE,
            headers=self.headers,
        )


def invalid(field: str, reason: str, *, status: int = 400) -> Problem:
    """One field is wrong."""
    return Problem(status, f"{field}: {reason}", errors=[FieldError(field, reason)])


def not_found(what: str) -> Problem:
    """There is no such thing, or it may not be seen."""
    return Problem(404, f"there is no such {what}")


def forbidden(permission: str) -> Problem:
    """Known, but not allowed."""
    return Problem(403, f"this needs the permission '{permission}'")


def conflict(detail: str, **extra: Any) -> Problem:
    """The state has moved on; ``extra`` says what is new."""
    return Problem(409, detail, **extra)


def busy(detail: str, retry_after: int = 1) -> Problem:
    """Try again a little later: nothing was done."""
    return Problem(503, detail, headers={"Retry-After": str(retry_after)})


def too_many(retry_after: int) -> Problem:
    """A rate limit."""
    return Problem(
        429,
        f"too many tries: wait {retry_after} seconds",
        headers={"Retry-After": str(retry_after)},
    )
