"""The shape of a trace: lines in order of time, each in words and with ids, and nobody's words."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

import msgspec

from connectors.exchange import Step

Said = dict[str, str]
"""Language -> sentence."""

What = Literal[
    "arrived", "again", "signature", "outcome", "filed", "rule", "turn", "offer", "assigned",
    "automatic", "written", "attempt", "delivery", "receipt", "note",
]  # fmt: skip


class Line(msgspec.Struct, kw_only=True):
    """One thing that happened."""

    at: datetime
    what: What
    words: Said
    asked: bool = False
    """This is what was asked for."""
    entry: int | None = None
    data: dict[str, Any] = {}
    """Ids and typed fields."""
    steps: list[Step] = []
    """Of an attempt: what was asked of the provider, and its answers."""
    more: dict[str, list[str]] = {}
    """Language -> further sentences, for whoever wants to know why."""


class Due(msgspec.Struct, kw_only=True):
    """Something that will happen by itself."""

    at: datetime
    what: str
    words: Said


class Found(msgspec.Struct, kw_only=True):
    """One thing that what was asked names; ``again`` asks for it alone."""

    kind: str
    again: str
    words: Said
    hidden: bool = False
    """It is with another team: nothing of it is shown."""


class Matter(msgspec.Struct, kw_only=True):
    """The conversation that the lines are of."""

    id: int
    code: str
    contact: int
    name: str
    status: str
    channel: str


class Trace(msgspec.Struct, kw_only=True):
    """One message's way, with the whole conversation that it is part of."""

    asked: str
    found: list[Found]
    """All that the question names; the lines are of the first that may be seen."""
    matter: Matter | None = None
    lines: list[Line] = []
    due: list[Due] = []
    cut: bool = False
    """Older lines of a long conversation are left out."""
