"""The command line. Every command works beside a running server and takes effect before it returns.

Exit codes: 0 done, 1 refused (the reason on standard error), 2 wrong usage, 75 (EX_TEMPFAIL) when
``receive-mail`` could not store, so that the mail server tries again.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.doctor import typed as doctor
from hub.nights import typed as nights
from hub.trace import typed as trace

if TYPE_CHECKING:
    from hub.settings import Settings

EX_TEMPFAIL = 75
"""sysexits.h"""
DEMO_DATA = "./data-demo"
"""Where a demo lives that nobody has given a folder: never among real data."""
ROLES = ("admin", "supervisor", "agent", "viewer")

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
        return _fail(str(err), options)
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        sys.stderr.close()
        return 1


def _fail(words: str, options: argparse.Namespace) -> int:
    print(f"hub: {words}", file=sys.stderr)
    return EX_TEMPFAIL if options.command == "receive-mail" else 1


# ---------------------------------------------------------------- usage


def parser() -> argparse.ArgumentParser:
    """What can be typed."""
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--config", metavar="FILE", help="settings (TOML); else HUB_CONFIG")
    top = argparse.ArgumentParser(prog="hub", description="Interaction hub.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")

    def command(name: str, handler: Handler, words: str) -> argparse.ArgumentParser:
        found = commands.add_parser(name, help=words, description=words, parents=[common])
        found.set_defaults(handler=handler)
        return found

    serve = command("serve", _serve, "run the hub")
    serve.add_argument("--demo", action="store_true", help="demo data and a simulator page")
    serve.add_argument("--fresh", action="store_true", help="with --demo: make the data again")
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
    check = command(
        "check", _check, "ask channels' providers whether they work, and what awaits us"
    )
    check.add_argument("name", nargs="*", help="these, in use or not; else all that are in use")
    trail = command("audit", _audit, "print who did what, oldest first")
    trail.add_argument("--format", choices=("csv", "jsonl"), default="jsonl")
    trail.add_argument("--actor", help="user:3, token:5, command, oidc or hub")
    trail.add_argument("--action")
    trail.add_argument("--subject", help="user:3, or all of a kind: user:")
    trail.add_argument("--days", type=_count, metavar="N", help="only the last N")
    explain = command("explain", _explain, "say why a piece of work is where it is")
    explain.add_argument("id", type=_count, help="a work item's, or a conversation's")
    explain.add_argument("--conversation", action="store_true", help="the id is a conversation's")
    explain.add_argument("--language", choices=("en", "fa"), default="en")
    explain.add_argument("--json", action="store_true", help="for programs")
    simulate = command("simulate", _simulate, "say what policies and staffings would do")
    simulate.add_argument("file", help="a scenario (YAML); - is standard input")
    simulate.add_argument("--against", metavar="FILE", help="compare with this one, day by day")
    simulate.add_argument(
        "--days", type=_count, metavar="N", help="how many; else the file's, or 24"
    )
    simulate.add_argument("--json", action="store_true", help="for programs")
    nights.add(command)
    trace.add(command)
    doctor.add(command)
    mail = command("receive-mail", _receive_mail, "file one mail from standard input")
    mail.add_argument("channel")
    _nested(commands, common)
    return top


def _pair(text: str) -> tuple[str, str]:
    old, found, new = text.partition("=")
    if not (old and found and new):
        raise argparse.ArgumentTypeError("write OLD=NEW")
    return old, new


def _count(text: str) -> int:
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not 0 < number < 2**53:
        raise argparse.ArgumentTypeError("must be a whole number, 1 or more")
    return number


def _nested(commands: Any, common: argparse.ArgumentParser) -> None:
    """Commands of two words."""

    def group(name: str, words: str) -> Any:
        found = commands.add_parser(name, help=words, description=words)
        return found.add_subparsers(dest="verb", required=True, metavar="COMMAND")

    def verb(within: Any, name: str, handler: Handler, words: str) -> argparse.ArgumentParser:
        found: argparse.ArgumentParser = within.add_parser(
            name, help=words, description=words, parents=[common]
        )
        found.set_defaults(handler=handler)
        return found

    create = verb(group("token", "API tokens"), "create", _token, "print a new token, only it")
    create.add_argument("--role", choices=ROLES, default="admin")
    create.add_argument("--user", metavar="EMAIL", help="that person's token, with their role")
    create.add_argument("--scope", action="append", default=[], help="only this; may be repeated")
    create.add_argument("--name", default="", help="to recognise it by")
    user = group("user", "people who sign in")
    add = verb(user, "add", _user_add, "add somebody and print a one-time link")
    add.add_argument("email")
    add.add_argument("--role", choices=ROLES, default="agent")
    add.add_argument("--queue", action="append", default=[], help="serves it; may be repeated")
    add.add_argument("--name", default="")
    verb(user, "link", _user_link, "print a one-time link (24 h)").add_argument("email")
    off = verb(user, "off", _user_off, "switch somebody off, at once")
    off.add_argument("email")
    off.add_argument("--hand-to", metavar="WHO", help="an agent's address or a queue: open matters")
    off.add_argument("--back-to-queue", action="store_true", help="or each back to its own queue")
    reset = verb(user, "reset", _user_reset, "end lock-out and second factor, print a link")
    reset.add_argument("email")
    _rule_verbs(group("rules", "try rules, and go back to old ones"), verb)
    inspect = verb(group("inspect", "look at one message"), "email", _inspect, "parse a mail")
    inspect.add_argument("file", help="a raw mail; - is standard input")
    verb(group("key", "the hub's key"), "rotate", _key_rotate, "encrypt all secrets anew")
    _channel_verbs(group("channel", "mailboxes and whoever lets us into them"), verb)
    calendar = group("calendar", "when somebody is there")
    verb(calendar, "list", _calendars, "say which calendars are open, and until when")
    close = verb(calendar, "close", _calendar_close, "closed from now, or another time, on")
    close.add_argument("name")
    close.add_argument("--from", dest="since", metavar="TIME", help="14:00 or 2026-12-24T14:00")
    close.add_argument("--until", metavar="TIME", help="likewise; else the end of that day")
    close.add_argument("--reason", default="")
    verb(calendar, "reopen", _calendar_reopen, "open again as declared").add_argument("name")


def _channel_verbs(channel: Any, verb: Callable[..., argparse.ArgumentParser]) -> None:
    authorize = verb(
        channel, "authorize", _authorize, "let somebody consent to our reading a mailbox"
    )
    authorize.add_argument("name")
    authorize.add_argument("--redirect", metavar="URL", help="registered with the provider")
    compare = verb(channel, "compare", _compare, "compare a mailbox with the store now")
    compare.add_argument("name")


def _rule_verbs(rules: Any, verb: Callable[..., argparse.ArgumentParser]) -> None:
    test = verb(rules, "test", _rules_test, "try messages in a file, and hold them to its words")
    test.add_argument("file", help="tests (YAML); - is standard input")
    test.add_argument("--rules", metavar="FILE", help="rules or configuration; else those in force")
    past = verb(rules, "dry-run", _rules_dry_run, "say what rules would have done with past days")
    past.add_argument("file", help="rules or configuration (YAML); - is standard input")
    past.add_argument("--days", type=_count, default=7, metavar="N", help="at most 30")
    past.add_argument("--json", action="store_true", help="for programs")
    verb(rules, "versions", _rules_versions, "list what was published, the newest first")
    back = verb(rules, "rollback", _rules_rollback, "publish an old version again, as a new one")
    back.add_argument("version", type=_count)
    back.add_argument("--note", default="", help="why")


# ---------------------------------------------------------------- commands


def _serve(settings: Settings, options: argparse.Namespace) -> int:
    from hub import process  # noqa: PLC0415  heavy

    if options.fresh and not options.demo:
        return _fail("--fresh is for --demo", options)
    if options.demo:
        return process.demo(replace(settings, demo=True), fresh=options.fresh)
    return process.serve(settings)


def _plan(settings: Settings, options: argparse.Namespace) -> int:
    return _lines(settings, options, "plan")


def _apply(settings: Settings, options: argparse.Namespace) -> int:
    return _lines(settings, options, "apply")


def _lines(settings: Settings, options: argparse.Namespace, command: str) -> int:
    try:
        text = _read(options.file).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as err:
        return _fail(f"{options.file}: {getattr(err, 'strerror', None) or 'is not UTF-8'}", options)
    args = {
        "file": options.file,
        "text": text,
        "prune": options.prune,
        "moves": dict(options.move),
    }

    def show(lines: list[str]) -> list[str]:
        if not lines:
            print("nothing differs", file=sys.stderr)
        return lines

    return _run(settings, options, command, args, show=show)


def _export(settings: Settings, options: argparse.Namespace) -> int:
    return _run(settings, options, "export", {}, show=lambda text: [text.rstrip("\n")])


def _schema(_settings: Settings, _options: argparse.Namespace) -> int:
    import json  # noqa: PLC0415

    from hub.declared import schema  # noqa: PLC0415

    print(json.dumps(schema(), indent=2, ensure_ascii=False))
    return 0


def _check(settings: Settings, options: argparse.Namespace) -> int:
    from hub.mailboxes import text  # noqa: PLC0415

    found: list[dict[str, Any]] = []

    def show(checked: list[dict[str, Any]]) -> list[str]:
        found.extend(checked)
        lines = [line for one in checked for line in text.check(one)]
        return lines or ["there are no channels"]

    code = _run(settings, options, "check", {"names": options.name}, show=show)
    return code or int(not all(one["ok"] for one in found))


def _authorize(settings: Settings, options: argparse.Namespace) -> int:
    from hub.mailboxes import consent  # noqa: PLC0415
    from hub.office import Failed  # noqa: PLC0415

    try:
        print(consent.run(settings, options.name, redirect=options.redirect))
    except Failed as err:
        return _fail(str(err), options)
    return 0


def _compare(settings: Settings, options: argparse.Namespace) -> int:
    from hub.mailboxes import text  # noqa: PLC0415

    return _run(settings, options, "channel-compare", {"name": options.name}, show=text.compared)


def _explain(settings: Settings, options: argparse.Namespace) -> int:
    def show(told: dict[str, Any]) -> list[str]:
        if options.json:
            import json  # noqa: PLC0415

            return [json.dumps(told, indent=2, ensure_ascii=False)]
        from hub.explained.text import lines  # noqa: PLC0415

        return lines(told, options.language)

    args = {"id": options.id, "conversation": options.conversation}
    return _run(settings, options, "explain", args, show=show)


def _simulate(settings: Settings, options: argparse.Namespace) -> int:
    from hub.files import FileInvalid  # noqa: PLC0415
    from hub.office import Failed  # noqa: PLC0415
    from hub.simulation import command  # noqa: PLC0415

    if options.days is not None and options.days > 10_000:
        return _fail("--days can be at most 10000", options)
    try:
        found = command.run(
            settings,
            options.file,
            against=options.against,
            days=options.days,
            as_json=options.json,
        )
    except (FileInvalid, Failed) as err:
        return _fail(str(err), options)
    print(found)
    return 0


def _rules_test(settings: Settings, options: argparse.Namespace) -> int:
    from hub.rules.text import tests  # noqa: PLC0415

    failed = 0

    def show(results: list[dict[str, Any]]) -> list[str]:
        nonlocal failed
        failed = sum(not result["ok"] for result in results)
        return tests(results)

    try:
        args = {"tests": _file(options.file)}
        if options.rules is not None:
            args["rules"] = _file(options.rules)
    except ValueError as err:
        return _fail(str(err), options)
    return _run(settings, options, "rules-test", args, show=show) or int(failed > 0)


def _rules_dry_run(settings: Settings, options: argparse.Namespace) -> int:
    import json  # noqa: PLC0415

    from hub.rules.text import dry_run  # noqa: PLC0415

    def show(run: dict[str, Any]) -> list[str]:
        return [json.dumps(run, indent=2, ensure_ascii=False)] if options.json else dry_run(run)

    if options.days > 30:
        return _fail("--days can be at most 30", options)
    try:
        args = {"rules": _file(options.file), "days": options.days}
    except ValueError as err:
        return _fail(str(err), options)
    return _run(settings, options, "rules-dry-run", args, show=show)


def _rules_versions(settings: Settings, options: argparse.Namespace) -> int:
    from hub.rules.text import versions  # noqa: PLC0415

    return _run(settings, options, "rules-versions", {}, show=versions)


def _rules_rollback(settings: Settings, options: argparse.Namespace) -> int:
    args = {"version": options.version, "note": options.note}
    words = f"version {options.version} is in force again, as version"
    return _run(
        settings, options, "rules-rollback", args, show=lambda number: [f"{words} {number}"]
    )


def _token(settings: Settings, options: argparse.Namespace) -> int:
    args = {
        "role": options.role,
        "user": options.user,
        "scopes": options.scope,
        "name": options.name,
    }
    return _run(settings, options, "token", args, show=lambda token: [token])


def _user_add(settings: Settings, options: argparse.Namespace) -> int:
    args = {
        "email": options.email,
        "role": options.role,
        "queues": options.queue,
        "name": options.name,
    }
    return _run(settings, options, "user-add", args, show=lambda link: [link])


def _user_link(settings: Settings, options: argparse.Namespace) -> int:
    args = {"email": options.email}
    return _run(settings, options, "user-link", args, show=lambda link: [link])


def _user_off(settings: Settings, options: argparse.Namespace) -> int:
    args = {
        "email": options.email,
        "hand_to": options.hand_to,
        "back_to_queue": options.back_to_queue,
    }
    return _run(settings, options, "user-off", args, show=lambda words: [words])


def _user_reset(settings: Settings, options: argparse.Namespace) -> int:
    args = {"email": options.email}
    return _run(settings, options, "user-reset", args, show=lambda link: [link])


def _audit(settings: Settings, options: argparse.Namespace) -> int:
    from hub.access import command, trail  # noqa: PLC0415
    from hub.office import Failed  # noqa: PLC0415

    wanted = trail.Wanted(options.actor, options.action, options.subject)
    write = sys.stdout.buffer.write
    try:
        command.export(settings, wanted, options.format, write, days=options.days)
    except Failed as err:
        return _fail(str(err), options)
    return 0


def _key_rotate(settings: Settings, options: argparse.Namespace) -> int:
    return _run(settings, options, "key-rotate", {}, show=lambda words: [words])


def _calendars(settings: Settings, options: argparse.Namespace) -> int:
    return _run(settings, options, "calendars", {}, show=lambda lines: lines or ["there are none"])


def _calendar_close(settings: Settings, options: argparse.Namespace) -> int:
    args = {
        "name": options.name,
        "from": options.since,
        "until": options.until,
        "reason": options.reason,
    }
    return _run(settings, options, "calendar-close", args, show=lambda words: [words])


def _calendar_reopen(settings: Settings, options: argparse.Namespace) -> int:
    args = {"name": options.name}
    return _run(settings, options, "calendar-reopen", args, show=lambda words: [words])


def _receive_mail(settings: Settings, options: argparse.Namespace) -> int:
    body = sys.stdin.buffer.read(settings.mail_bytes + 1)
    if len(body) > settings.mail_bytes:
        return _fail(f"the mail is larger than {settings.mail_bytes} bytes", options)
    if not body.strip():
        return _fail("there is no mail on standard input", options)
    args = {"channel": options.channel}
    return _run(settings, options, "receive-mail", args, body, show=lambda _state: [])


def _inspect(_settings: Settings, options: argparse.Namespace) -> int:
    import msgspec  # noqa: PLC0415

    from connectors.email.parse import as_json, parse  # noqa: PLC0415

    try:
        found = as_json(parse(_read(options.file)))
        print(msgspec.json.format(msgspec.json.encode(found), indent=2).decode())
    except OSError as err:
        return _fail(f"{options.file}: {err.strerror}", options)
    return 0


# ---------------------------------------------------------------- how they are run


def _run(
    settings: Settings,
    options: argparse.Namespace,
    command: str,
    args: dict[str, Any],
    body: bytes = b"",
    *,
    show: Callable[[Any], list[str]],
) -> int:
    """In the running server if there is one, else on the store under the same lock."""
    from hub.office import Failed, do  # noqa: PLC0415

    try:
        result = do(settings, command, args, body)
    except Failed as err:
        return _fail(str(err), options)
    for line in show(result):
        print(line)
    return 0


def _file(name: str) -> dict[str, str]:
    """Name and text of a file. Raises ValueError: why it cannot be read."""
    try:
        return {"name": name, "text": _read(name).decode("utf-8-sig")}
    except (OSError, UnicodeDecodeError) as err:
        raise ValueError(f"{name}: {getattr(err, 'strerror', None) or 'is not UTF-8'}") from err


def _read(name: str) -> bytes:
    return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()


if __name__ == "__main__":
    sys.exit(main())
