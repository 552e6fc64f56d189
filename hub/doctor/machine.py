"""What surrounds the hub: settings, key file, disk, spool."""

from __future__ import annotations

import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from connectors import guard
from hub.doctor.finding import Finding, bad, ok, warn
from hub.keys import default_path
from hub.spool import DAMAGED, FOLDER, is_name

if TYPE_CHECKING:
    from hub.settings import Settings

PLENTY = 4  # times what the hub keeps free for itself


def settings(given: Settings) -> Iterator[Finding]:
    """Whether the settings fit together and to where the hub stands."""
    url = given.public_url
    if guard.is_local(url):
        yield warn("settings", "local_url", url=url)
    elif not given.secure:
        yield warn("settings", "plain_http", url=url)
    elif not given.proxies:
        yield warn("settings", "no_proxies")
    else:
        yield ok("settings", "settings", url=url)


def key(given: Settings) -> Iterator[Finding]:
    """Whether others can read the key of the store's secrets."""
    path = given.key_file or default_path(given)
    if given.key is not None or not path.exists():
        return
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        yield bad("key", "open_key", path=str(path))
    else:
        yield ok("key", "key")


def disk(given: Settings) -> Iterator[Finding]:
    """How much room is left where the hub writes."""
    folders = {_device(folder): folder for folder in _folders(given)}
    for folder in folders.values():
        free = shutil.disk_usage(folder).free
        values = {"free": size(free), "path": str(folder), "reserve": size(given.disk_reserve)}
        if free < given.disk_reserve:
            yield bad("disk", "disk_full", **values)
        elif free < PLENTY * given.disk_reserve:
            yield warn("disk", "disk_low", **values)
        else:
            yield ok("disk", "disk", **values)


def spool(given: Settings) -> Iterator[Finding]:
    """What was acknowledged and is not filed yet."""
    folder = given.data / FOLDER
    names = [path.name for path in folder.iterdir()] if folder.is_dir() else []
    damaged = sum(name.endswith(DAMAGED) for name in names)
    waiting = sum(is_name(name) for name in names)
    if damaged:
        yield bad("spool", "spool_damaged", n=damaged, path=str(folder))
    if waiting:
        yield warn("spool", "spool", n=waiting)


def _folders(given: Settings) -> list[Path]:
    found = [given.data]
    if given.database.startswith("sqlite:///"):
        found.append(Path(given.database.removeprefix("sqlite:///")).parent)
    return [folder for folder in found if folder.exists()]


def _device(folder: Path) -> int:
    return folder.stat().st_dev


def size(n: int) -> str:
    """``1.5 GB``."""
    for unit, factor in (("GB", 1000**3), ("MB", 1000**2), ("kB", 1000)):
        if n >= factor:
            return f"{n / factor:.1f} {unit}"
    return f"{n} B"


def host(url: str) -> str:
    """Whose address it is."""
    return urlsplit(url).hostname or url
