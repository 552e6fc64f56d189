"""``hub plan``, ``apply``, ``export`` and ``schema`` as they are typed."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from hub.cli.run import Add, as_json, fail, file, run, say

if TYPE_CHECKING:
    from hub.settings import Settings


def add(command: Add) -> None:
    """What can be typed."""
    for name, handler, words in (
        ("plan", _plan, "say what applying a file would change"),
        ("apply", _apply, "change channels, queues, agents and rules to what a file says"),
    ):
        one = command(name, handler, words)
        one.add_argument("file", help="YAML; - is standard input")
        one.add_argument("--prune", action="store_true", help="remove what the file does not name")
        one.add_argument(
            "--move",
            action="append",
            default=[],
            type=_pair,
            metavar="OLD=NEW",
            help="what needs a queue, skill or agent (address) that goes is NEW's; may be repeated",
        )
    command("export", _export, "print channels, queues, agents and rules as one file")
    command("schema", _schema, "print the JSON Schema of that file")


def _pair(text: str) -> tuple[str, str]:
    old, found, new = text.partition("=")
    if not (old and found and new):
        raise argparse.ArgumentTypeError("write OLD=NEW")
    return old, new


def _plan(settings: Settings, options: argparse.Namespace) -> int:
    return _lines(settings, options, "plan")


def _apply(settings: Settings, options: argparse.Namespace) -> int:
    return _lines(settings, options, "apply")


def _lines(settings: Settings, options: argparse.Namespace, command: str) -> int:
    try:
        given = file(options.file)
    except ValueError as err:
        return fail(str(err))
    args = {
        "file": given["name"],
        "text": given["text"],
        "prune": options.prune,
        "moves": dict(options.move),
    }

    def show(lines: list[str]) -> list[str]:
        if not lines:
            sys.stderr.write("nothing differs\n")
        return lines

    return run(settings, command, args, show=show)


def _export(settings: Settings, _options: argparse.Namespace) -> int:
    return run(settings, "export", {}, show=lambda text: [text.rstrip("\n")])


def _schema(_settings: Settings, _options: argparse.Namespace) -> int:
    from hub.declared import schema  # noqa: PLC0415  heavy

    say(*as_json(schema()))
    return 0
