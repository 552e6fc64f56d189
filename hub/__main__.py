"""The command line. Every command works beside a running server and takes effect before it returns.

Exit codes: 0 done, 1 refused (the reason on standard error), 2 wrong usage, 75 (EX_TEMPFAIL) when
``receive-mail`` could not store, so that the mail server tries again. The commands are in
``hub/cli``; what is heavy is imported by the command that needs it.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from hub.cli import (
    calendars,
    channels,
    configuration,
    doctor,
    mail,
    nights,
    people,
    routing,
    rules,
    trace,
)
from hub.cli.run import Add, fail, run

if TYPE_CHECKING:
    from hub.settings import Settings

DEMO_DATA = "./data-demo"
"""Where a demo lives that nobody has given a folder: never among real data."""

Handler = Callable[["Settings", argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    options = parser().parse_args(argv)
    from hub.settings import SettingsInvalid, load  # noqa: PLC0415  after --help

    config = options.config or os.environ.get("HUB_CONFIG") or None
    environ = dict(os.environ)
    if getattr(options, "demo", False) and config is None:
        environ.setdefault("HUB_DATA", DEMO_DATA)
    try:
        settings = load(config, environ)
        return int(options.handler(settings, options))
    except SettingsInvalid as err:
        code = fail(str(err))
        return mail.EX_TEMPFAIL if options.command == "receive-mail" else code
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 1


def parser() -> argparse.ArgumentParser:
    """What can be typed."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", metavar="FILE", help="settings (TOML); else HUB_CONFIG")
    top = argparse.ArgumentParser(prog="hub", description="Interaction hub.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def into(within: argparse._SubParsersAction[argparse.ArgumentParser]) -> Add:
        def command(name: str, handler: Handler, words: str) -> argparse.ArgumentParser:
            found = within.add_parser(name, help=words, description=words, parents=[common])
            found.set_defaults(handler=handler)
            return found

        return command

    def group(name: str, words: str) -> Add:
        found = commands.add_parser(name, help=words, description=words)
        return into(found.add_subparsers(dest="verb", required=True, metavar="COMMAND"))

    command = into(commands)
    serve = command("serve", _serve, "run the hub")
    serve.add_argument("--demo", action="store_true", help="demo data and a simulator page")
    serve.add_argument("--fresh", action="store_true", help="with --demo: make the data again")
    configuration.add(command)
    channels.add(command, group("channel", "mailboxes and whoever lets us into them"))
    people.add(command, group("token", "API tokens"), group("user", "people who sign in"))
    rules.add(group("rules", "try rules, and go back to old ones"))
    routing.add(command)
    calendars.add(group("calendar", "when somebody is there"))
    mail.add(command, group("inspect", "look at one message"))
    for noun in (nights, trace, doctor):
        noun.add(command)
    group("key", "the hub's key")("rotate", _key_rotate, "encrypt all secrets anew")
    return top


def _serve(settings: Settings, options: argparse.Namespace) -> int:
    from hub import process  # noqa: PLC0415  heavy

    if options.fresh and not options.demo:
        return fail("--fresh is for --demo")
    if options.demo:
        return process.demo(replace(settings, demo=True), fresh=options.fresh)
    return process.serve(settings)


def _key_rotate(settings: Settings, _options: argparse.Namespace) -> int:
    return run(settings, "key-rotate", {}, show=lambda words: [words])


if __name__ == "__main__":
    sys.exit(main())
