"""Web chat: visitors of a web site on our own WebSocket, by the widget or any client of the schema.

Frames are in ``frames``, who a visitor is in ``visitors``, settings in ``settings``; ``connector``
joins them. No socket is held here: ``hub/sessions`` owns it.

Quality: verify done (signed visitor tokens, origins, HMAC of the site) · receipts done (the
visitor's ack) · signals done · files done · threads exempt (one conversation a visitor) · reauth
exempt (no credentials) · limits sourced (our own).
"""

from connectors.webchat.connector import WebChat, connect
from connectors.webchat.frames import json_schema
from connectors.webchat.settings import Settings

__all__ = ["Settings", "WebChat", "connect", "json_schema"]
