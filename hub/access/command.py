"""``hub audit``: the audit on standard output, a page at a time, beside a running server or without."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from hub import office
from hub.access import trail

if TYPE_CHECKING:
    from hub.settings import Settings

_DAY = 86_400 * 1_000_000


def export(
    settings: Settings,
    wanted: trail.Wanted,
    kind: Literal["csv", "jsonl"],
    write: Callable[[bytes], object],
    *,
    days: int | None = None,
) -> None:
    """Write the lines, oldest first. Raises office.Failed."""
    if days is not None:
        since = time.time_ns() // 1_000 - days * _DAY
        wanted = msgspec.structs.replace(wanted, since=since)
    if kind == "csv":
        write(trail.head())
    after = 0
    while True:
        args: dict[str, Any] = {"wanted": msgspec.to_builtins(wanted), "after": after}
        begun = {} if after else {"export": kind}  # taking it away is an act too
        page = office.do(settings, "audit", args | begun)
        lines = msgspec.convert(page, list[trail.Line])
        if lines:
            write(trail.encoded(lines, kind))
        if len(lines) < trail.CHUNK:
            return
        after = lines[-1].id
