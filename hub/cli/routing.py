"""``hub explain`` and ``hub simulate`` as they are typed."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from hub.cli.run import Add, as_json, count, fail, run, say

if TYPE_CHECKING:
    from hub.settings import Settings


def add(command: Add) -> None:
    """What can be typed."""
    explain = command("explain", _explain, "say why a piece of work is where it is")
    explain.add_argument("id", type=count, help="a work item's, or a conversation's")
    explain.add_argument("--conversation", action="store_true", help="the id is a conversation's")
    explain.add_argument("--language", choices=("en", "fa"), default="en")
    explain.add_argument("--json", action="store_true", help="for programs")
    simulate = command("simulate", _simulate, "say what policies and staffings would do")
    simulate.add_argument("file", help="a scenario (YAML); - is standard input")
    simulate.add_argument("--against", metavar="FILE", help="compare with this one, day by day")
    simulate.add_argument(
        "--days", type=count, metavar="N", help="how many; else the file's, or 24"
    )
    simulate.add_argument("--json", action="store_true", help="for programs")


def _explain(settings: Settings, options: argparse.Namespace) -> int:
    def show(told: dict[str, Any]) -> list[str]:
        if options.json:
            return as_json(told)
        from hub.explained.text import lines  # noqa: PLC0415

        return lines(told, options.language)

    args = {"id": options.id, "conversation": options.conversation}
    return run(settings, "explain", args, show=show)


def _simulate(settings: Settings, options: argparse.Namespace) -> int:
    from hub.files import FileInvalid  # noqa: PLC0415
    from hub.office import Failed  # noqa: PLC0415
    from hub.simulation import command  # noqa: PLC0415

    if options.days is not None and options.days > 10_000:
        return fail("--days can be at most 10000")
    try:
        found = command.run(
            settings,
            options.file,
            against=options.against,
            days=options.days,
            as_json=options.json,
        )
    except (FileInvalid, Failed) as err:
        return fail(str(err))
    say(found)
    return 0
