"""Where in a document something is wrong, in the words of whoever wrote it.

msgspec says ``Expected `int`, got `str` - at `$.items[2].name```; people are told the field
(``items[2].name``) and the reason (``expected int, got str``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_AT = re.compile(r"^(?P<reason>.*?)(?: - at `(?P<key>key in )?\$?(?P<path>[^`]*)`)?$", re.DOTALL)
_UNKNOWN = re.compile(r"^Object contains unknown field `(?P<name>.*)`$", re.DOTALL)
_MISSING = re.compile(r"^Object missing required field `(?P<name>.*)`$", re.DOTALL)
_TAG = re.compile(r"^Invalid value (?P<value>.*)$", re.DOTALL)


@dataclass(frozen=True, slots=True)
class FieldError:
    """One thing wrong: ``field`` is a path such as ``channels[0].name``, empty for the whole."""

    field: str
    reason: str
    rule: str = ""
    """Of rules: the id of the row."""

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}" if self.field else self.reason


def explain(error: Exception, *, root: str = "") -> FieldError:
    """Field and reason of an error of msgspec; ``root`` is put before the path."""
    found = _AT.match(str(error))
    reason, path = (found["reason"], found["path"] or "") if found else (str(error), "")
    name = ""
    if unknown := _UNKNOWN.match(reason):
        name, reason = unknown["name"], "is not known here"
    elif missing := _MISSING.match(reason):
        name, reason = missing["name"], "is missing"
    elif invalid := _TAG.match(reason):
        reason = f"{invalid['value']} is not one of the known values"
    parts = [part.strip(".") for part in (root, path, name) if part.strip(".")]
    return FieldError(_joined(parts), _lowered(reason).replace("`", ""))


def _joined(parts: list[str]) -> str:
    text = ".".join(parts)
    return text.replace(".[", "[")


def _lowered(reason: str) -> str:
    return reason[:1].lower() + reason[1:]
