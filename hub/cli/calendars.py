"""``hub calendar …`` as it is typed."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from hub.cli.run import Add, run

if TYPE_CHECKING:
    from hub.settings import Settings


def add(calendar: Add) -> None:
    """What can be typed behind ``hub calendar``."""
    calendar("list", _calendars, "say which calendars are open, and until when")
    close = calendar("close", _calendar_close, "closed from now, or another time, on")
    close.add_argument("name")
    close.add_argument("--from", dest="since", metavar="TIME", help="14:00 or 2026-12-24T14:00")
    close.add_argument("--until", metavar="TIME", help="likewise; else the end of that day")
    close.add_argument("--reason", default="")
    calendar("reopen", _calendar_reopen, "open again as declared").add_argument("name")


def _calendars(settings: Settings, _options: argparse.Namespace) -> int:
    return run(settings, "calendars", {}, show=lambda lines: lines or ["there are none"])


def _calendar_close(settings: Settings, options: argparse.Namespace) -> int:
    args = {
        "name": options.name,
        "from": options.since,
        "until": options.until,
        "reason": options.reason,
    }
    return run(settings, "calendar-close", args, show=lambda words: [words])


def _calendar_reopen(settings: Settings, options: argparse.Namespace) -> int:
    args = {"name": options.name}
    return run(settings, "calendar-reopen", args, show=lambda words: [words])
