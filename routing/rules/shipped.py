"""The rules that every hub starts with: what is filed on the timeline but given to nobody.

They stand before all own rows, so that no rule can answer a mailing list by mistake; each can be
switched off by its id (design 3a, "File without routing").
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

SHIPPED_PREFIX: Final = "hub:"

SHIPPED_ROWS: Final[Sequence[Mapping[str, object]]] = (
    {
        "id": "hub:opt-out",
        "when": {"field": "consent", "in": ["stop", "start"]},
        "then": {"route": "none", "reason": "opt-out word"},
    },
    {
        "id": "hub:blocked",
        "when": {"field": "sender.blocked", "eq": True},
        "then": {"route": "none", "reason": "blocked sender"},
    },
    {
        "id": "hub:bounce",
        "when": {"field": "bounce", "eq": True},
        "then": {"route": "none", "reason": "bounce"},
    },
    {
        "id": "hub:spam",
        "when": {
            "any": [
                {"field": "spam", "eq": True},
                {"field": "headers.x-spam-flag", "in": ["yes", "true"]},
                {"field": "headers.x-spam", "in": ["yes", "true"]},
                {"field": "headers.x-spam-status", "starts_with": "yes"},
            ]
        },
        "then": {"route": "none", "reason": "spam flag"},
    },
    {
        "id": "hub:automatic",
        "when": {
            "any": [
                {"field": "auto", "in": ["reply", "loop"]},
                {
                    "all": [
                        {"field": "headers.auto-submitted", "present": True},
                        {"not": {"field": "headers.auto-submitted", "matches": r"^no\s*(?:;|$)"}},
                    ]
                },
            ]
        },
        "then": {"route": "none", "reason": "automatic mail"},
    },
    {
        "id": "hub:bulk",
        "when": {
            "any": [
                {"field": "auto", "eq": "bulk"},
                {"field": "headers.precedence", "in": ["bulk", "list", "junk"]},
                {"field": "headers.list-id", "present": True},
            ]
        },
        "then": {"route": "none", "reason": "bulk or list mail"},
    },
)
"""What is filed without routing (design 3a). Before all own rows; each can be switched off."""
