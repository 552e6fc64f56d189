"""``hub check`` and ``hub channel …`` as they are typed."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from hub.cli.run import Add, fail, run, say

if TYPE_CHECKING:
    from hub.settings import Settings


def add(command: Add, channel: Add) -> None:
    """What can be typed, behind ``hub channel`` too."""
    check = command(
        "check", _check, "ask channels' providers whether they work, and what awaits us"
    )
    check.add_argument("name", nargs="*", help="these, in use or not; else all that are in use")
    authorize = channel("authorize", _authorize, "let somebody consent to our reading a mailbox")
    authorize.add_argument("name")
    authorize.add_argument("--redirect", metavar="URL", help="registered with the provider")
    compare = channel("compare", _compare, "compare a mailbox with the store now")
    compare.add_argument("name")


def _check(settings: Settings, options: argparse.Namespace) -> int:
    from hub.mailboxes import text  # noqa: PLC0415

    found: list[dict[str, Any]] = []

    def show(checked: list[dict[str, Any]]) -> list[str]:
        found.extend(checked)
        lines = [line for one in checked for line in text.check(one)]
        return lines or ["there are no channels"]

    code = run(settings, "check", {"names": options.name}, show=show)
    return code or int(not all(one["ok"] for one in found))


def _authorize(settings: Settings, options: argparse.Namespace) -> int:
    from hub.mailboxes import consent  # noqa: PLC0415
    from hub.office import Failed  # noqa: PLC0415

    try:
        say(consent.run(settings, options.name, redirect=options.redirect))
    except Failed as err:
        return fail(str(err))
    return 0


def _compare(settings: Settings, options: argparse.Namespace) -> int:
    from hub.mailboxes import text  # noqa: PLC0415

    return run(settings, "channel-compare", {"name": options.name}, show=text.compared)
