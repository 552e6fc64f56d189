"""The demo: ``hub serve --demo``, a hub with a week behind it and a page to write to it as a customer.

``parent`` runs in the foreground: it plays the providers (Twilio, a mail server) and keeps the hub
alive as its child. ``fill`` makes the week, once. Nothing here is reached without ``--demo``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from hub.settings import Settings


def main(settings: Settings, *, fresh: bool) -> int:
    """Run the demo until SIGTERM or Ctrl+C; the exit code."""
    from hub.demo.parent import main as run  # noqa: PLC0415  only here

    return run(settings, fresh=fresh)
