"""One thing that the doctor looked at: how it is, and what to do about it."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from hub.doctor.words import SENTENCES
from hub.trace.words import say

State = Literal["ok", "warn", "bad"]
Said = dict[str, str]


class Finding(msgspec.Struct, kw_only=True):
    """``warn`` can wait, ``bad`` cannot."""

    name: str
    """``disk``, ``channel:sms`` …"""
    state: State
    words: Said
    """Language -> what was found."""
    todo: Said = {}
    """Language -> what to do; empty: nothing."""


class Examined(msgspec.Struct):
    """All that was looked at, what is wrong first."""

    ok: bool
    """Nothing is ``bad``."""
    items: list[Finding]


def ok(name: str, key: str, /, **values: Any) -> Finding:
    """It is as it should be."""
    return Finding(name=name, state="ok", words=say(SENTENCES, key, **values))


def warn(name: str, key: str, /, **values: Any) -> Finding:
    """Somebody should look at it; ``KEY_todo`` says what to do."""
    return _wrong("warn", name, key, values)


def bad(name: str, key: str, /, **values: Any) -> Finding:
    """The hub cannot do its work, or will not be able to soon; ``KEY_todo`` says what to do."""
    return _wrong("bad", name, key, values)


def _wrong(state: State, name: str, key: str, values: dict[str, Any]) -> Finding:
    todo = say(SENTENCES, f"{key}_todo", **values) if f"{key}_todo" in SENTENCES else {}
    return Finding(name=name, state=state, words=say(SENTENCES, key, **values), todo=todo)


def in_order(found: list[Finding]) -> Examined:
    """What is wrong first; within that as it was looked at."""
    order = {"bad": 0, "warn": 1, "ok": 2}
    items = sorted(found, key=lambda one: order[one.state])
    return Examined(all(one.state != "bad" for one in found), items)
