"""What one call said to a provider and what was answered: for the trace, without secrets and words.

``listening()`` collects the steps of the calls made inside it; whoever speaks to a provider says
each one by ``note``. Nothing listens most of the time, and then nothing is collected.

Only names that are known to be harmless keep their values (``KEPT``); of all others the length is
kept. What a channel calls secret is wiped out of whatever is left (``wiped``).
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any
from urllib.parse import parse_qsl, urlsplit, urlunsplit

import msgspec

REQUEST_ID: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request that is being served, or of the send that it led to."""
REQUEST_HEADER = "X-Request-Id"
_STEPS: ContextVar[list[Step] | None] = ContextVar("exchange_steps", default=None)
STEPS_MAX = 40  # of one attempt
VALUE_MAX = 300  # characters
FIELDS_MAX = 40
READ_MAX = 65_536  # bytes of a body that are looked into

KEPT = frozenset(
    {
        *("to", "from", "sender", "recipient", "chatid", "messagingservicesid", "statuscallback"),
        *("sid", "id", "messageid", "requestid", "accountsid", "uri", "apiversion", "ok"),
        *("status", "state", "code", "errorcode", "errorsubcode", "type", "direction"),
        *(
            "numsegments",
            "nummedia",
            "price",
            "priceunit",
            "datecreated",
            "datesent",
            "dateupdated",
        ),
        *("retryafter", "moreinfo"),
    }
)
"""Fields, in lower case without ``_`` and ``-``, whose values say nothing secret."""
_SPOKEN = frozenset(
    {"message", "detail", "title", "description", "error", "errormessage", "reason"}
)
"""Fields in which a refusal is explained; in an answer that is none they may be the message."""
_HEADERS = frozenset({"date", "retry-after", "content-type", "server", "via"})
_SECRET = re.compile(r"(?i)(token|secret|passw|signature|authorization|api_?key|\bkey\b|\bsig\b)")


class Step(msgspec.Struct, frozen=True, omit_defaults=True):
    """One question and its answer."""

    call: str
    """``POST https://…`` or ``RCPT TO:<…>``."""
    answer: str = ""
    """``201 Created``, ``250 2.1.5 Ok``, or what broke."""
    sent: dict[str, str] = {}
    got: dict[str, str] = {}
    micros: int = 0


@contextmanager
def listening() -> Iterator[list[Step]]:
    """Collect the steps of every call made inside, in this task and what it awaits."""
    steps: list[Step] = []
    token = _STEPS.set(steps)
    try:
        yield steps
    finally:
        _STEPS.reset(token)


def heard() -> bool:
    """Whether anybody listens: else there is no need to look into bodies."""
    return _STEPS.get() is not None


def note(
    call: str,
    answer: str,
    *,
    sent: Mapping[str, str] | None = None,
    got: Mapping[str, str] | None = None,
    since: float = 0.0,
) -> None:
    """Say one step; ``since`` is ``time.perf_counter()`` of its beginning."""
    steps = _STEPS.get()
    if steps is None or len(steps) >= STEPS_MAX:
        return
    micros = int((time.perf_counter() - since) * 1_000_000) if since else 0
    steps.append(
        Step(call[:VALUE_MAX], answer[:VALUE_MAX], dict(sent or {}), dict(got or {}), micros)
    )


# ---------------------------------------------------------------- what may be kept


def address(url: str) -> str:
    """A URL without credentials and without the values of its query."""
    parts = urlsplit(url)
    host = parts.netloc.rpartition("@")[2]
    query = "&".join(f"{name}=…" for name, _ in parse_qsl(parts.query, keep_blank_values=True))
    return urlunsplit((parts.scheme, host, parts.path, query, ""))


def headers(given: Mapping[str, str]) -> dict[str, str]:
    """The few headers of an answer that help: its date, when to come again, the provider's id."""
    return {
        name: value[:VALUE_MAX]
        for name, value in given.items()
        if name.lower() in _HEADERS
        or name.lower().endswith("request-id")
        or name.lower().startswith("x-ratelimit")
    }


def fields(body: Any, *, refused: bool = False) -> dict[str, str]:
    """A form or a JSON object as names and harmless values. ``refused``: it explains an error."""
    if not isinstance(body, bytes | str) or not body:
        return {} if body is None or body in (b"", "") else {"body": type(body).__name__}
    data = body.encode() if isinstance(body, str) else body
    pairs = _json(data) if data[:1] in b"{[" else _form(data)
    if pairs is None:
        return {"body": f"({len(data)} bytes)"}
    return {name[:80]: _value(name, value, refused) for name, value in pairs[:FIELDS_MAX]}


def _json(data: bytes) -> list[tuple[str, Any]] | None:
    try:
        found = msgspec.json.decode(data[:READ_MAX])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return list(_flat("", found, 3))


def _flat(path: str, value: Any, deeper: int) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and deeper:
        for name, item in value.items():
            yield from _flat(f"{path}.{name}" if path else str(name), item, deeper - 1)
    elif isinstance(value, list) and deeper and path:
        for place, item in enumerate(value[:5]):
            yield from _flat(f"{path}.{place}", item, deeper - 1)
    elif isinstance(value, dict | list):
        yield path or "body", f"({len(value)} items)"
    else:
        yield path or "body", value


def _form(data: bytes) -> list[tuple[str, Any]] | None:
    if b"=" not in data[:200]:
        return None
    try:
        return list(parse_qsl(data[:READ_MAX].decode(), keep_blank_values=True))
    except (ValueError, UnicodeDecodeError):
        return None


def _value(name: str, value: Any, refused: bool) -> str:
    last = next((part for part in reversed(name.split(".")) if not part.isdigit()), name)
    plain = last.lower().replace("_", "").replace("-", "")
    if value is None or isinstance(value, bool):
        return str(value).lower() if value is not None else "null"
    if _SECRET.search(last):
        return "***"
    text = str(value)
    if plain in KEPT or (refused and plain in _SPOKEN):
        return address(text) if text.startswith(("http://", "https://")) else text[:VALUE_MAX]
    return f"({len(text)} characters)"


def wiped(steps: Iterable[Step], secrets: Iterable[str]) -> list[Step]:
    """The steps with every occurrence of these texts gone."""
    hidden = tuple(secrets)

    def clean(text: str) -> str:
        return without(text, hidden)

    return [
        Step(
            clean(step.call),
            clean(step.answer),
            {clean(name): clean(value) for name, value in step.sent.items()},
            {clean(name): clean(value) for name, value in step.got.items()},
            step.micros,
        )
        for step in steps
    ]


def without(text: str, secrets: Iterable[str]) -> str:
    """The text with these gone; those under 4 characters cannot be told from other words."""
    for secret in sorted(set(secrets), key=len, reverse=True):
        if len(secret) >= 4:
            text = text.replace(secret, "***")
    return text
