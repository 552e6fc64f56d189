"""A visitor over all its tabs: here, away or left.

``here`` while any tab is in front, ``away`` while one is only hidden. When the last socket goes,
the visitor is away at once and left a little later: soon after a tab that said ``left`` or was
closed properly (a change of page is back before), much later after a hidden page or a lost
connection (a phone in a pocket keeps its place).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta

from hub.sessions.backend import Presence


class VisitorPresence:
    """One visitor. ``changed`` is called on every change, on the event loop."""

    def __init__(
        self, changed: Callable[[Presence], None], *, left_after: timedelta, away_for: timedelta
    ) -> None:
        self._changed = changed
        self._left_after = left_after.total_seconds()
        self._away_for = away_for.total_seconds()
        self._tabs: dict[object, Presence] = {}
        self._now: Presence = "left"
        self._timer: asyncio.TimerHandle | None = None

    @property
    def now(self) -> Presence:
        return self._now

    @property
    def idle(self) -> bool:
        """No tab and no timer: may be forgotten."""
        return not self._tabs and self._timer is None

    def tab(self, tab: object, state: Presence) -> None:
        """A tab opened or said where it is."""
        self._tabs[tab] = state
        self._settle()

    def closed(self, tab: object, *, properly: bool) -> None:
        """A tab's socket is gone; ``properly``: closed by the browser, not lost."""
        state = self._tabs.pop(tab, "left")
        if state == "here" and properly:
            state = "left"
        self._settle(last=state)

    def stop(self) -> None:
        """The hub stops: no more timers."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _settle(self, last: Presence = "left") -> None:
        states = set(self._tabs.values())
        self.stop()
        if "here" in states:
            self._become("here")
        elif "away" in states:
            self._become("away")
        elif self._now != "left":
            self._become("away")
            kept = self._left_after if last == "left" else self._away_for
            self._timer = asyncio.get_running_loop().call_later(kept, self._leave)

    def _leave(self) -> None:
        self._timer = None
        self._become("left")

    def _become(self, presence: Presence) -> None:
        if presence != self._now:
            self._now = presence
            self._changed(presence)
