"""``hub trace X`` as it is typed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hub.settings import Settings


def add(command: Callable[..., argparse.ArgumentParser]) -> None:
    """What can be typed. ``command(name, handler, words)`` adds one."""
    trace = command("trace", _trace, "show one message's way, from its arrival to its receipt")
    trace.add_argument(
        "what",
        help="tracking code, event of the ledger, provider's id, Message-ID, address or request id",
    )
    trace.add_argument("--language", choices=("en", "fa"), default="en")
    trace.add_argument("--json", action="store_true", help="for programs")


def _trace(settings: Settings, options: argparse.Namespace) -> int:
    import json  # noqa: PLC0415

    from hub.office import Failed, do  # noqa: PLC0415
    from hub.trace.text import lines  # noqa: PLC0415

    try:
        told = do(settings, "trace", {"what": options.what})
    except Failed as err:
        sys.stderr.write(f"hub: {err}\n")
        return 1
    shown = (
        [json.dumps(told, indent=2, ensure_ascii=False)]
        if options.json
        else lines(told, options.language)
    )
    sys.stdout.writelines(f"{line}\n" for line in shown)
    return int(not told["found"])
