"""``hub user …``, ``token …`` and ``audit`` as they are typed."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from hub.cli.run import Add, count, fail, run

if TYPE_CHECKING:
    from hub.settings import Settings


ROLES = ("admin", "supervisor", "agent", "viewer")


def add(command: Add, token: Add, user: Add) -> None:
    """What can be typed, behind ``hub token`` and ``hub user`` too."""
    trail = command("audit", _audit, "print who did what, oldest first")
    trail.add_argument("--format", choices=("csv", "jsonl"), default="jsonl")
    trail.add_argument("--actor", help="user:3, token:5, command, oidc or hub")
    trail.add_argument("--action")
    trail.add_argument("--subject", help="user:3, or all of a kind: user:")
    trail.add_argument("--days", type=count, metavar="N", help="only the last N")
    create = token("create", _token, "print a new token, only it")
    create.add_argument("--role", choices=ROLES, default="admin")
    create.add_argument("--user", metavar="EMAIL", help="that person's token, with their role")
    create.add_argument("--scope", action="append", default=[], help="only this; may be repeated")
    create.add_argument("--name", default="", help="to recognise it by")
    somebody = user("add", _user_add, "add somebody and print a one-time link")
    somebody.add_argument("email")
    somebody.add_argument("--role", choices=ROLES, default="agent")
    somebody.add_argument("--queue", action="append", default=[], help="serves it; may be repeated")
    somebody.add_argument("--name", default="")
    user("link", _user_link, "print a one-time link (24 h)").add_argument("email")
    off = user("off", _user_off, "switch somebody off, at once")
    off.add_argument("email")
    off.add_argument("--hand-to", metavar="WHO", help="an agent's address or a queue: open matters")
    off.add_argument("--back-to-queue", action="store_true", help="or each back to its own queue")
    reset = user("reset", _user_reset, "end lock-out and second factor, print a link")
    reset.add_argument("email")


def _token(settings: Settings, options: argparse.Namespace) -> int:
    args = {
        "role": options.role,
        "user": options.user,
        "scopes": options.scope,
        "name": options.name,
    }
    return run(settings, "token", args, show=lambda token: [token])


def _user_add(settings: Settings, options: argparse.Namespace) -> int:
    args = {
        "email": options.email,
        "role": options.role,
        "queues": options.queue,
        "name": options.name,
    }
    return run(settings, "user-add", args, show=lambda link: [link])


def _user_link(settings: Settings, options: argparse.Namespace) -> int:
    args = {"email": options.email}
    return run(settings, "user-link", args, show=lambda link: [link])


def _user_off(settings: Settings, options: argparse.Namespace) -> int:
    args = {
        "email": options.email,
        "hand_to": options.hand_to,
        "back_to_queue": options.back_to_queue,
    }
    return run(settings, "user-off", args, show=lambda words: [words])


def _user_reset(settings: Settings, options: argparse.Namespace) -> int:
    args = {"email": options.email}
    return run(settings, "user-reset", args, show=lambda link: [link])


def _audit(settings: Settings, options: argparse.Namespace) -> int:
    from hub.access import command, trail  # noqa: PLC0415
    from hub.office import Failed  # noqa: PLC0415

    wanted = trail.Wanted(options.actor, options.action, options.subject)
    write = sys.stdout.buffer.write
    try:
        command.export(settings, wanted, options.format, write, days=options.days)
    except Failed as err:
        return fail(str(err))
    return 0
