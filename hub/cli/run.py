"""How a command is run: in the hub that is up, else on the store under the same lock."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hub.settings import Settings

Add = Callable[..., argparse.ArgumentParser]
"""``command(name, handler, words)`` adds a command and gives its parser."""


def run(
    settings: Settings,
    command: str,
    args: dict[str, Any],
    body: bytes = b"",
    *,
    show: Callable[[Any], Iterable[str]],
) -> int:
    """In the running server if there is one, else on the store under the same lock."""
    from hub.office import Failed, do  # noqa: PLC0415  heavy

    try:
        result = do(settings, command, args, body)
    except Failed as err:
        return fail(str(err))
    say(*show(result))
    return 0


def say(*lines: str) -> None:
    """On standard output, at once."""
    sys.stdout.writelines(f"{line}\n" for line in lines)
    sys.stdout.flush()


def fail(words: str) -> int:
    """Why not, in one line; the exit code."""
    sys.stderr.write(f"hub: {words}\n")
    return 1


def file(name: str) -> dict[str, str]:
    """Name and text of a file. Raises ValueError: why it cannot be read."""
    try:
        return {"name": name, "text": read(name).decode("utf-8-sig")}
    except (OSError, UnicodeDecodeError) as err:
        raise ValueError(f"{name}: {getattr(err, 'strerror', None) or 'is not UTF-8'}") from err


def read(name: str) -> bytes:
    """A file's bytes; - is standard input. Raises OSError."""
    return sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()


def as_json(told: object) -> list[str]:
    """For programs: the lines of it."""
    import json  # noqa: PLC0415

    return [json.dumps(told, indent=2, ensure_ascii=False)]


def count(text: str) -> int:
    """The type of an argument: a whole number, 1 or more."""
    number = int(text) if text.isascii() and text.isdigit() else 0
    if not 0 < number < 2**53:
        raise argparse.ArgumentTypeError("must be a whole number, 1 or more")
    return number
