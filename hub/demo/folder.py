"""The demo's own file in ``HUB_DATA``: whether the week is there, and the simulated providers' secrets.

A folder that holds another hub is never touched.
"""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from hub.settings import Settings

NAME = "demo.json"
VERSION = 1


class NotADemo(Exception):
    """The folder cannot be used; the message says what to do."""


class Marker(msgspec.Struct, kw_only=True):
    """What the demo keeps between two starts."""

    version: int = VERSION
    filled: bool = False
    sms_token: str = ""
    mail_token: str = ""
    chat_secret: str = ""
    visitors: dict[str, str] = {}
    """Customer's key -> the chat token that their browser keeps."""

    def environment(self) -> dict[str, str]:
        """The variables that ``config/demo.yaml`` names."""
        return {
            "HUB_DEMO_SMS_TOKEN": self.sms_token,
            "HUB_DEMO_MAIL_TOKEN": self.mail_token,
            "HUB_DEMO_CHAT_SECRET": self.chat_secret,
        }


def read(settings: Settings) -> Marker | None:
    """What is there, if this folder is a demo's."""
    try:
        return msgspec.json.decode((settings.data / NAME).read_bytes(), type=Marker)
    except FileNotFoundError:
        return None
    except (OSError, msgspec.DecodeError) as err:
        raise NotADemo(f"{settings.data / NAME} cannot be read: {err}") from err


def write(settings: Settings, marker: Marker) -> None:
    """Keep it: whole or not at all, mode 0600."""
    path = settings.data / NAME
    partial = path.with_suffix(".new")
    handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "wb") as file:
        file.write(msgspec.json.encode(marker))
        file.flush()
        os.fsync(file.fileno())
    partial.replace(path)


def prepare(settings: Settings, *, fresh: bool) -> Marker:
    """The marker to start with; ``filled`` says whether the week is there. Raises NotADemo.

    A week that was not finished, and ``fresh``, begin with an empty folder.
    """
    marker = read(settings)
    if marker is None:
        _refuse_another(settings)
    elif marker.filled and marker.version == VERSION and not fresh:
        return marker
    else:
        _empty(settings)
    settings.data.mkdir(parents=True, exist_ok=True)
    marker = Marker(
        sms_token=secrets.token_hex(16),
        mail_token=secrets.token_urlsafe(24),
        chat_secret=secrets.token_urlsafe(24),
    )
    write(settings, marker)
    return marker


def simulator(settings: Settings) -> Path:
    """Where the customers' phones and mailboxes are kept."""
    return settings.data / "simulator"


def _refuse_another(settings: Settings) -> None:
    if _sqlite(settings).exists() or (settings.data / "key").exists():
        raise NotADemo(
            f"{settings.data} holds a hub that is not a demo: give the demo a folder of its own, "
            "as in HUB_DATA=./data-demo hub serve --demo"
        )


def _empty(settings: Settings) -> None:
    if not settings.database.startswith("sqlite:"):
        raise NotADemo(
            "only a demo on SQLite can be made again: drop its PostgreSQL database and its folder "
            f"{settings.data} yourself"
        )
    database = _sqlite(settings)
    for suffix in ("", "-wal", "-shm", "-journal"):
        Path(f"{database}{suffix}").unlink(missing_ok=True)
    for name in ("blobs", "simulator"):
        shutil.rmtree(settings.data / name, ignore_errors=True)
    for name in ("key", NAME):
        (settings.data / name).unlink(missing_ok=True)


def _sqlite(settings: Settings) -> Path:
    if settings.database.startswith("sqlite:"):
        return Path(settings.database.removeprefix("sqlite:///"))
    return settings.data / "hub.db"
