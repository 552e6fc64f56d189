"""``hub backup``, ``restore``, ``release`` and ``retention`` as they are typed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hub.cli.run import Add, as_json, fail, run, say

if TYPE_CHECKING:
    from hub.settings import Settings


def add(command: Add) -> None:
    """What can be typed."""
    backup = command("backup", _backup, "copy everything to one file, while the hub runs")
    backup.add_argument("file", type=Path, help="must not exist yet")
    backup.add_argument(
        "--with-key", action="store_true", help="the hub's key too: whoever has the file has all"
    )
    restore = command("restore", _restore, "fill an empty store from a backup, on hold")
    restore.add_argument("file", type=Path)
    release = command("release", _release, "show what is held back, decide, and end the hold")
    release.add_argument("--list", action="store_true", help="only show it")
    for name, words in (("send", "let it leave"), ("drop", "let it not leave")):
        release.add_argument(
            f"--{name}", type=_which, metavar="N,N|all", help=f"{words}; all: whatever is not named"
        )
    kept = command("retention", _retention, "say what is kept for how long, and what was removed")
    kept.add_argument("--json", action="store_true", help="for programs")


def _which(text: str) -> str | list[int]:
    if text == "all":
        return text
    parts = [part.strip() for part in text.split(",")]
    if not all(part.isascii() and part.isdigit() and len(part) < 16 for part in parts):
        raise argparse.ArgumentTypeError("write numbers with commas between them, or all")
    return [int(part) for part in parts]


def _told(lines: Sequence[str], warnings: Sequence[str]) -> int:
    say(*lines)
    sys.stderr.writelines(f"hub: {warning}\n" for warning in warnings)
    return 0


# ---------------------------------------------------------------- backup and restore


def _backup(settings: Settings, options: argparse.Namespace) -> int:
    import os  # noqa: PLC0415

    from hub.nights.backup import BackupFailed, make  # noqa: PLC0415  heavy

    os.nice(19)  # a hub beside us goes first
    try:
        done = make(settings, options.file, with_key=options.with_key)
    except BackupFailed as err:
        return fail(str(err))
    return _told(done.lines(), done.warnings)


def _restore(settings: Settings, options: argparse.Namespace) -> int:
    from hub.nights.restore import RestoreRefused, fill  # noqa: PLC0415  heavy

    try:
        done = fill(settings, options.file)
    except RestoreRefused as err:
        return fail(str(err))
    return _told(done.lines(), done.warnings)


# ---------------------------------------------------------------- the hold


def _release(settings: Settings, options: argparse.Namespace) -> int:
    from hub.office import Failed, do  # noqa: PLC0415

    try:
        held = do(settings, "held", {})
        if held["hold"] is None:
            return fail("this hub is not on hold")
        say(*_shown(held))
        if options.list:
            return 0
        chosen = {"send": options.send, "drop": options.drop}
        if held["deliveries"] and options.send is None and options.drop is None:
            asked = _ask(held["deliveries"])
            if asked is None:
                return fail("nothing was released: say --send or --drop with numbers, or all")
            chosen = asked
        done = do(settings, "release", {side: which or [] for side, which in chosen.items()})
    except Failed as err:
        return fail(str(err))
    say(
        f"released: {done['sent']} to be sent, {done['dropped']} dropped, "
        f"{done['automatic']} automatic answers dropped"
    )
    return 0


def _shown(held: Mapping[str, Any]) -> list[str]:
    hold = held["hold"]
    why = {
        "restore": f"restored from a backup of {hold['made_at']}",
        "setting": "started with HUB_HOLD",
    }[hold["why"]]
    lines = [f"on hold since {hold['since']}: {why}"]
    lines += [_line(part) for part in held["deliveries"]]
    if not held["deliveries"]:
        lines.append("nothing waits to be sent")
    if held["automatic"]:
        lines.append(f"{held['automatic']} automatic answers wait to be written: they are dropped")
    return lines


_STATES = {
    "queued": "waits",
    "deferred": "waits for another try",
    "sending": "WAS BEING SENT: perhaps it has arrived",
}


def _line(part: Mapping[str, Any]) -> str:
    said = " ".join((part["subject"] + " " + part["text"]).split())
    several = f" part {part['part']} of {part['parts']}" if part["parts"] > 1 else ""
    by = ", automatic" if part["automatic"] else ""
    return (
        f"{part['id']:>6}  {part['channel']} to {part['to']}{several}, {part['written_at']}{by}: "
        f"{_STATES[part['state']]}\n        {said[:100]}"
    )


def _ask(parts: list[dict[str, Any]]) -> dict[str, Any] | None:
    """Each part in turn; None: nobody is there to answer, or they went away."""
    if not sys.stdin.isatty():
        return None
    send: list[int] = []
    drop: list[int] = []
    for part in parts:
        say(_line(part))
        answer = _answer()
        if answer == "q":
            return None
        if answer == "S":
            return {"send": "all", "drop": drop}
        if answer == "D":
            return {"send": send, "drop": "all"}
        (send if answer == "s" else drop).append(part["id"])
    return {"send": send, "drop": drop}


def _answer() -> str:
    while True:
        try:
            found = input("  [s]end, [d]rop, [S]end all the rest, [D]rop all the rest, [q]uit: ")
        except EOFError:
            return "q"
        if found.strip() in {"s", "d", "S", "D", "q"}:
            return found.strip()


# ---------------------------------------------------------------- retention


def _retention(settings: Settings, options: argparse.Namespace) -> int:
    return run(settings, "retention", {}, show=as_json if options.json else _forgotten)


def _forgotten(found: Mapping[str, Any]) -> Iterator[str]:
    for what, span in found["keep"].items():
        yield f"{what}: kept {span}"
    for one in found["removed"]:
        yield f"{one['what']}: {one['n']} so far; {one['last_n']} on {one['last_at']}"
    for one in found["held"]:
        yield f"kept beyond their time: {one['n']} ({one['reason']})"
