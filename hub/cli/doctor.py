"""``hub doctor`` as it is typed."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from hub.cli.run import Add, as_json, say

if TYPE_CHECKING:
    from hub.settings import Settings

_MARKS = {"ok": "ok  ", "warn": "look", "bad": "BAD "}


def add(command: Add) -> None:
    """What can be typed."""
    doctor = command(
        "doctor", _doctor, "look at everything the hub lives by; 1 if something is bad"
    )
    doctor.add_argument("--language", choices=("en", "fa"), default="en")
    doctor.add_argument("--json", action="store_true", help="for programs")


def _doctor(settings: Settings, options: argparse.Namespace) -> int:
    found = _examined(settings)
    say(*(as_json(found) if options.json else _lines(found, options.language)))
    return int(not found["ok"])


def _examined(settings: Settings) -> Mapping[str, Any]:
    """By the running hub, else on its store; where neither can be asked, what surrounds them."""
    import msgspec  # noqa: PLC0415

    from hub.doctor import machine  # noqa: PLC0415
    from hub.doctor.finding import bad, in_order  # noqa: PLC0415
    from hub.office import Failed, do  # noqa: PLC0415

    if _no_store(settings):
        where = str(settings.data) if settings.database.startswith("sqlite:") else "HUB_DATABASE"
        unwell = bad("store", "store_none", at=where)
    else:
        try:
            found: Mapping[str, Any] = do(settings, "doctor", {})
        except Failed as err:
            said = str(err).removeprefix("the store cannot be written: ")
            unwell = bad("store", "store_bad", words=" ".join(said.split()).rstrip(".?"))
        else:
            return found
    here = [unwell, *machine.settings(settings), *machine.key(settings)]
    if settings.data.exists():
        here += machine.disk(settings)
    return dict(msgspec.to_builtins(in_order(here)))


def _no_store(settings: Settings) -> bool:
    """No hub runs there, and none ever has: looking at one must not make one."""
    from storage.backup import load  # noqa: PLC0415
    from storage.errors import StoreError  # noqa: PLC0415

    if settings.socket_path.exists():
        return False
    try:
        return load.is_empty(settings.database)
    except (StoreError, ValueError):
        return False  # what is wrong is said by who opens it


def _lines(found: Mapping[str, Any], language: str) -> Iterator[str]:
    for one in found["items"]:
        yield f"{_MARKS[one['state']]}  {one['words'][language]}"
        if one["todo"]:
            yield f"      {one['todo'][language]}"
