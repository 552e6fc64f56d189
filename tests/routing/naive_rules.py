"""Rules as their description says, a row after the other: slow, plain, and made of nothing of ours
but the folding of text.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from connectors.fold import fold

Row = Mapping[str, Any]
Context = Mapping[str, Any]
ADDRESSES = ("address", "sender")
NUMBERS = ("attachments.count", "contact.open_conversations", "queue.waiting")


@dataclass(slots=True)
class Said:
    """What the rows say."""

    rule: str = ""
    queue: str | None = None
    priority: int = 0
    tags: list[str] = field(default_factory=list)
    hit: list[str] = field(default_factory=list)


def decide(rows: Sequence[Row], context: Context, otherwise: str) -> Said:
    """The decision of rows in order, the last of them a catch-all with the queue ``otherwise``."""
    said, taken = Said(), {}
    for row in rows:
        if truth(row["when"], context, taken.get("queue", otherwise)) is not True:
            continue
        said.hit.append(row["id"])
        then, override = row["then"], row.get("override", False)
        for key in ("queue", "priority"):
            if key in then and (override or key not in taken):
                taken[key] = then[key]
        tags = then.get("tags", [])
        if isinstance(tags, list) and tags and override:
            said.tags = []
        for tag in tags["add"] if isinstance(tags, dict) else tags:
            if tag not in said.tags:
                said.tags.append(tag)
        if row.get("stop", True):
            said.rule = row["id"]
            said.queue = None if then.get("route") == "none" else taken.get("queue", otherwise)
            said.priority = 0 if said.queue is None else int(taken.get("priority", "0s")[:-1])
            return said
    raise AssertionError("the last row is no catch-all")


def truth(node: Row, context: Context, queue: str) -> bool | None:
    """Kleene's: None is neither true nor false."""
    if not node:
        return True
    if "not" in node:
        inner = truth(node["not"], context, queue)
        return None if inner is None else not inner
    if "field" in node:
        ((op, want),) = [(key, value) for key, value in node.items() if key != "field"]
        return atom(node["field"], op, want, context, queue)
    ((key, parts),) = node.items()
    values = [truth(part, context, queue) for part in parts]
    deciding = key == "any"
    if deciding in values:
        return deciding
    return None if None in values else not deciding


def atom(name: str, op: str, want: Any, context: Context, queue: str) -> bool | None:
    """One field with one operator."""
    name = {"contact.tier": "contact.attributes.tier", "to.address": "address"}.get(name, name)
    if name in ("queue.waiting", "queue.calendar"):
        value = context.get(name.replace("queue", f"queue.{queue}"))
    else:
        value = context.get(name)
    if op == "present":
        return (value not in (None, "", ())) is want
    if value is None:
        return None
    if op in ("ne", "not_in"):
        positive = "eq" if op == "ne" else "in"
        return not atom(name, positive, want, context, queue)
    if isinstance(value, bool) or name in NUMBERS:
        return compared(value, op, want)
    values = [fold(one) for one in (value if isinstance(value, tuple) else (value,))]
    if op in ("gt", "lt", "ge", "le", "between"):
        numbers = [float(one) for one in values if re.fullmatch(r"-?\d+(\.\d+)?", one)]
        return any(compared(one, op, want) for one in numbers) if numbers else None
    wants = [fold(str(one).lower()) for one in (want if isinstance(want, list) else [want])]
    if op == "contains_all":
        return all(any(one in text for text in values) for one in wants)
    return any(texts(name, op, one, text) for one in wants for text in values)


def compared(value: Any, op: str, want: Any) -> bool:
    """Numbers and flags."""
    if op == "in":
        return value in want
    if op == "between":
        return bool(want[0] <= value <= want[1])
    return {
        "eq": value == want,
        "gt": value > want,
        "lt": value < want,
        "ge": value >= want,
        "le": value <= want,
    }[op]


def texts(name: str, op: str, want: str, text: str) -> bool:
    """Folded texts."""
    if name in ADDRESSES and re.fullmatch(r"(tel:)?\+?[0-9][0-9 ().-]*", want):
        want = re.sub("[ ().-]", "", want)
    if op in ("contains", "contains_any"):
        return want in text
    if name not in ADDRESSES:
        return one(op, want, text)
    return one(op, want, text) or one(op, want, text.partition(":")[2])


def one(op: str, want: str, text: str) -> bool:
    """One text and one wanted."""
    if op in ("eq", "in"):
        return text == want
    if op == "starts_with":
        return text.startswith(want)
    if op == "ends_with":
        return text.endswith(want)
    if op == "matches":
        return re.search(want, text) is not None
    if op == "within":
        domain = text.partition("@")[2]
        if "@" in want:
            return text == want
        if want[0] in "+0123456789":
            return text.startswith(want)
        return domain == want or domain.endswith(f".{want}")
    raise AssertionError(op)
