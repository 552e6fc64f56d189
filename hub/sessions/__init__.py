"""Customers' sockets: chat over WebSocket, for every connector with the role Sessions.

``SessionServer`` is given a ``SessionsBackend`` (what the rest of the hub does for it), puts its
routes on the application, and is told of new entries, receipts and typing by ``deliver``,
``receipt`` and ``typing``. ``socket`` is one browser tab, ``presence`` a visitor over all tabs.
"""

from hub.sessions.backend import ChatEntry, ChatFile, Filed, SessionsBackend
from hub.sessions.server import SessionServer

__all__ = ["ChatEntry", "ChatFile", "Filed", "SessionServer", "SessionsBackend"]
