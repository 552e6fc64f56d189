"""The visitors of one channel in this process: their tabs, presences and rates."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from hub.limits import Buckets
from hub.sessions.presence import VisitorPresence

if TYPE_CHECKING:
    from connectors.contract import Sessions, Uri
    from hub.sessions.backend import Presence
    from hub.sessions.socket import Tab


class Visitors:
    """One channel's visitors; the ``Place`` of its tabs. ``tell`` hears of every presence."""

    def __init__(
        self, name: str, connector: Sessions, tell: Callable[[str, Uri, Presence], None]
    ) -> None:
        limits = connector.limits
        self.messages = Buckets(limits.burst, limits.messages_per_second)
        self.signals = Buckets(100, 10)
        self.tabs: dict[Uri, set[Tab]] = {}
        self.presences: dict[Uri, VisitorPresence] = {}
        self.limits = limits
        self.connector = connector
        self._name = name
        self._tell = tell

    def enter(self, tab: Tab) -> None:
        uri = tab.who.uri
        self.tabs.setdefault(uri, set()).add(tab)
        self._presence(uri).tab(tab, "here")

    def state(self, tab: Tab, state: Presence) -> None:
        self._presence(tab.who.uri).tab(tab, state)

    def wrote(self, tab: Tab) -> None:
        """Who writes and is already gone from the page is said once more to be away: there was
        nothing to wait for when it was said first."""
        state = self._presence(tab.who.uri).now
        if state != "here":
            self._tell(self._name, tab.who.uri, state)

    def leave(self, tab: Tab, *, properly: bool) -> None:
        uri = tab.who.uri
        tabs = self.tabs.get(uri, set())
        tabs.discard(tab)
        if not tabs:
            self.tabs.pop(uri, None)
        self._presence(uri).closed(tab, properly=properly)

    def stop(self) -> None:
        for presence in self.presences.values():
            presence.stop()

    def _presence(self, uri: Uri) -> VisitorPresence:
        if uri not in self.presences:
            limits = self.limits
            self.presences[uri] = VisitorPresence(
                lambda state: self._changed(uri, state),
                left_after=limits.left_after,
                away_for=limits.away_for,
            )
        return self.presences[uri]

    def _changed(self, uri: Uri, state: Presence) -> None:
        self._tell(self._name, uri, state)
        if state == "left" and uri not in self.tabs:
            self.presences.pop(uri, None)
