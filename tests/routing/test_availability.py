"""Where an agent stands, in one word."""

from __future__ import annotations

import pytest

from routing.availability import RoutingState, routing_state


@pytest.mark.parametrize(
    ("presence", "used", "holds", "state"),
    [
        ("available", 0, [], "available"),
        ("available", 30, ["active"], "busy"),
        ("available", 30, ["held"], "busy"),
        ("available", 90, ["active", "active", "active"], "full"),  # 10 left: no kind fits
        ("available", 85, ["active"], "busy"),  # a message still fits
        ("available", 130, ["active"], "full"),
        ("available", 30, ["offered"], "offered"),
        ("available", 100, ["active", "offered"], "offered"),
        ("available", 30, ["wrapping"], "wrapping"),
        ("available", 100, ["wrapping"], "wrapping"),
        ("available", 60, ["wrapping", "active"], "busy"),
        ("available", 0, ["deferred", "completed"], "available"),
        ("away", 60, ["active", "active"], "away"),
        ("offline", 30, ["offered"], "offline"),
        ("something new", 0, [], "offline"),  # whoever is not surely here gets nothing
    ],
)
def test_state(presence: str, used: int, holds: list[str], state: str) -> None:
    assert routing_state(presence, 100, used, holds) is RoutingState(state)
