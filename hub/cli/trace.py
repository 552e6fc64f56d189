"""``hub trace X`` as it is typed."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from hub.cli.run import Add, as_json, run

if TYPE_CHECKING:
    from hub.settings import Settings


def add(command: Add) -> None:
    """What can be typed."""
    trace = command("trace", _trace, "show one message's way, from its arrival to its receipt")
    trace.add_argument(
        "what",
        help="tracking code, event of the ledger, provider's id, Message-ID, address or request id",
    )
    trace.add_argument("--language", choices=("en", "fa"), default="en")
    trace.add_argument("--json", action="store_true", help="for programs")


def _trace(settings: Settings, options: argparse.Namespace) -> int:
    from hub.trace.text import lines  # noqa: PLC0415  heavy

    found = False

    def show(told: dict[str, Any]) -> Iterable[str]:
        nonlocal found
        found = told["found"]
        return as_json(told) if options.json else lines(told, options.language)

    code = run(settings, "trace", {"what": options.what}, show=show)
    return code or int(not found)
