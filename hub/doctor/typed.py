"""``hub doctor`` as it is typed."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from hub.settings import Settings

_MARKS = {"ok": "ok  ", "warn": "look", "bad": "BAD "}


def add(command: Callable[..., argparse.ArgumentParser]) -> None:
    """What can be typed. ``command(name, handler, words)`` adds one."""
    doctor = command(
        "doctor", _doctor, "look at everything the hub lives by; 1 if something is bad"
    )
    doctor.add_argument("--language", choices=("en", "fa"), default="en")
    doctor.add_argument("--json", action="store_true", help="for programs")


def _doctor(settings: Settings, options: argparse.Namespace) -> int:
    import json  # noqa: PLC0415

    found = _examined(settings)
    shown = (
        [json.dumps(found, indent=2, ensure_ascii=False)]
        if options.json
        else _lines(found, options.language)
    )
    sys.stdout.writelines(f"{line}\n" for line in shown)
    return int(not found["ok"])


def _examined(settings: Settings) -> Mapping[str, Any]:
    """By the running hub, else on its store; where neither can be asked, what surrounds them."""
    import msgspec  # noqa: PLC0415

    from hub.doctor import machine  # noqa: PLC0415
    from hub.doctor.finding import bad, in_order  # noqa: PLC0415
    from hub.office import Failed, do  # noqa: PLC0415

    try:
        found: Mapping[str, Any] = do(settings, "doctor", {})
    except Failed as err:
        unwell = bad("store", "store_bad", words=" ".join(str(err).split()).rstrip("."))
        here = [unwell, *machine.settings(settings), *machine.key(settings)]
        if settings.data.exists():
            here += machine.disk(settings)
        return dict(msgspec.to_builtins(in_order(here)))
    return found


def _lines(found: Mapping[str, Any], language: str) -> Iterator[str]:
    for one in found["items"]:
        yield f"{_MARKS[one['state']]}  {one['words'][language]}"
        if one["todo"]:
            yield f"      {one['todo'][language]}"
