"""Settings of the hub itself: a TOML file, overlaid by ``HUB_…`` variables.

Channels, queues, agents and rules are not here: they live in the store and come in by
``hub apply``. A setting that cannot work is refused with ``section.key: reason``.
"""

from __future__ import annotations

import ipaddress
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, Literal, NoReturn
from urllib.parse import urlsplit

import msgspec

from connectors.secret import Secret
from hub.access.oidc.settings import Oidc, OidcInvalid, Section
from hub.access.oidc.settings import read as read_oidc
from hub.fields import explain

ENVIRONMENT = {
    "HUB_DATA": ("hub", "data"),
    "HUB_LISTEN": ("hub", "listen"),
    "HUB_PUBLIC_URL": ("hub", "public_url"),
    "HUB_NAME": ("hub", "name"),
    "HUB_REGION": ("hub", "region"),
    "HUB_LANGUAGE": ("hub", "language"),
    "HUB_TIME_ZONE": ("hub", "time_zone"),
    "HUB_LOG": ("hub", "log"),
    "HUB_LOG_FORMAT": ("hub", "log_format"),
    "HUB_HOLD": ("hub", "hold"),
    "HUB_DATABASE": ("store", "database"),
    "HUB_REDIS": ("store", "redis"),
    "HUB_KEY": ("store", "key"),
    "HUB_KEY_FILE": ("store", "key_file"),
    "HUB_PROXIES": ("limits", "proxies"),
    "HUB_ALLOW_HOSTS": ("limits", "allow_hosts"),
    "HUB_OIDC_ISSUER": ("oidc", "issuer"),
    "HUB_OIDC_CLIENT_ID": ("oidc", "client_id"),
    "HUB_OIDC_CLIENT_SECRET": ("oidc", "client_secret"),
    "HUB_OIDC_NAME": ("oidc", "name"),
    "HUB_MAIL_CHANNEL": ("hub", "mail_channel"),
}
"""The variables that are read, and the setting that each stands for."""

_SIZE = re.compile(r"(?P<n>\d{1,12})\s*(?P<unit>|B|kB|KB|MB|GB)")
_BASE = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")
_UNITS = {"": 1, "B": 1, "kB": 1000, "KB": 1000, "MB": 1000**2, "GB": 1000**3}


class SettingsInvalid(Exception):
    """The settings cannot work. Message: ``section.key: reason``."""


class _Hub(msgspec.Struct, forbid_unknown_fields=True):
    data: str = "./data"
    listen: str = "127.0.0.1:8080"
    public_url: str = ""
    name: str = "Interaction hub"
    region: str = "US"
    language: Literal["en", "fa"] = "en"
    calendar: Literal["", "gregory", "persian"] = ""
    digits: Literal["", "latn", "arabext"] = ""
    first_day: Literal["", "monday", "saturday", "sunday"] = ""
    time_zone: str = "UTC"
    log: Literal["debug", "info", "warning", "error"] = "info"
    log_format: Literal["readable", "json"] = "readable"
    hold: bool | str = False
    mail_channel: str = ""


class _Store(msgspec.Struct, forbid_unknown_fields=True):
    database: str = ""
    redis: str = ""
    key: str = ""
    key_file: str = ""


class _Limits(msgspec.Struct, forbid_unknown_fields=True):
    webhook: int | str = "1 MB"
    mail: int | str = "40 MB"
    upload: int | str = "25 MB"
    proxies: list[str] | str = []
    allow_hosts: list[str] | str = []
    disk_reserve: int | str = "256 MB"


class _Keep(msgspec.Struct, forbid_unknown_fields=True):
    raw: str = "90d"
    events: str = "30d"
    exchanges: str = "7d"


class _File(msgspec.Struct, forbid_unknown_fields=True):
    hub: _Hub = msgspec.field(default_factory=_Hub)
    store: _Store = msgspec.field(default_factory=_Store)
    limits: _Limits = msgspec.field(default_factory=_Limits)
    keep: _Keep = msgspec.field(default_factory=_Keep)
    oidc: Section = msgspec.field(default_factory=Section)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """The settings, read and checked. Sizes are in bytes."""

    data: Path
    """Folder of database, blobs, key, lock and socket."""
    host: str
    port: int
    """0: any free one."""
    public_url: str
    """As the world calls the hub, perhaps below a path; without a slash at its end."""
    database: str
    """``sqlite:///PATH`` or ``postgresql://…``."""
    name: str = "Interaction hub"
    region: str = "US"
    """For phone numbers without a country code."""
    language: str = "en"
    calendar: str = "gregory"
    digits: str = "latn"
    first_day: str = "monday"
    time_zone: str = "UTC"
    log: str = "info"
    log_format: Literal["readable", "json"] = "readable"
    key: Secret | None = None
    """The key itself, when it is not the file's."""
    key_file: Path | None = None
    webhook_bytes: int = 1_000_000
    mail_bytes: int = 40_000_000
    upload_bytes: int = 25_000_000
    proxies: tuple[ipaddress.IPv4Network | ipaddress.IPv6Network, ...] = ()
    """Reverse proxies whose ``X-Forwarded-For`` is believed."""
    allow_hosts: frozenset[str] = field(default_factory=frozenset)
    """Private hosts that channels may call."""
    mail_channel: str = ""
    """The mail channel that sends invitations and resets; empty: the first that can."""
    oidc: Oidc | None = None
    """The provider of accounts; None: there is none."""
    disk_reserve: int = 256_000_000
    """With less room than that on its disks the hub takes nothing in (503)."""
    hold: bool = False
    """``HUB_HOLD=1``, for copies: nothing is fetched, sent or answered by itself."""
    keep_raw: timedelta = timedelta(days=90)
    """How long the bodies of what came in are kept; the ledger's rows stay."""
    keep_events: timedelta = timedelta(days=30)
    keep_exchanges: timedelta = timedelta(days=7)
    demo: bool = False
    """Started with ``--demo``: simulated channels and the simulator exist. No file can say so."""

    @property
    def lock_path(self) -> Path:
        return self.data / "hub.lock"

    @property
    def socket_path(self) -> Path:
        return self.data / "hub.sock"

    @property
    def base(self) -> str:
        """The path below which the hub stands, ``/hub``; empty: at the root of its host."""
        at = self.public_url.find("/", 8)
        return "" if at < 0 else self.public_url[at:]

    @property
    def origin(self) -> str:
        """Scheme, host and port of the public URL: what browsers send as Origin."""
        return self.public_url.removesuffix(self.base) if self.base else self.public_url

    @property
    def secure(self) -> bool:
        """Whether the world comes by TLS: cookies are then marked so."""
        return self.public_url.startswith("https:")


def load(
    path: str | os.PathLike[str] | None = None, environ: Mapping[str, str] | None = None
) -> Settings:
    """Read file and environment. Raises SettingsInvalid."""
    environ = os.environ if environ is None else environ
    document = _overlay(_read(path) if path is not None else {}, environ)
    try:
        raw = msgspec.convert(document, _File)
    except msgspec.ValidationError as err:
        raise SettingsInvalid(_sourced(explain(err).field, explain(err).reason, environ)) from err
    try:
        return _settings(raw)
    except (_Wrong, OidcInvalid) as err:
        raise SettingsInvalid(_sourced(err.field, err.reason, environ)) from err


class _Wrong(Exception):
    def __init__(self, name: str, reason: str) -> None:
        super().__init__(f"{name}: {reason}")
        self.field = name
        self.reason = reason


def _sourced(name: str, reason: str, environ: Mapping[str, str]) -> str:
    for variable, (section, key) in ENVIRONMENT.items():
        if f"{section}.{key}" == name and environ.get(variable):
            return f"{name}: {reason} (from {variable})"
    return f"{name}: {reason}"


def _read(path: str | os.PathLike[str]) -> dict[str, Any]:
    try:
        return tomllib.loads(Path(path).read_bytes().decode("utf-8-sig"))
    except OSError as err:
        raise SettingsInvalid(f"{path}: {(err.strerror or str(err)).lower()}") from err
    except ValueError as err:  # TOMLDecodeError and UnicodeDecodeError
        raise SettingsInvalid(f"{path}: is not TOML: {err}") from err


def _overlay(document: dict[str, Any], environ: Mapping[str, str]) -> dict[str, Any]:
    for variable, (section, key) in ENVIRONMENT.items():
        value = environ.get(variable, "")
        part = document.setdefault(section, {})
        if value and isinstance(part, dict):
            part[key] = value
    return document


def _settings(raw: _File) -> Settings:
    data = Path(_text("hub.data", raw.hub.data)).expanduser().absolute()
    host, port = _listen(raw.hub.listen)
    if raw.store.redis:
        raise _Wrong("store.redis", "not yet: one process does all")
    persian = raw.hub.language == "fa"
    allow_hosts = frozenset(item.lower() for item in _list(raw.limits.allow_hosts))
    return Settings(
        data=data,
        host=host,
        port=port,
        public_url=_public_url(raw.hub.public_url, host, port),
        database=_database(raw.store.database, data),
        name=_text("hub.name", raw.hub.name),
        region=_region(raw.hub.region),
        language=raw.hub.language,
        calendar=raw.hub.calendar or ("persian" if persian else "gregory"),
        digits=raw.hub.digits or ("arabext" if persian else "latn"),
        first_day=raw.hub.first_day or ("saturday" if persian else "monday"),
        time_zone=_time_zone(raw.hub.time_zone),
        log=raw.hub.log,
        log_format=raw.hub.log_format,
        key=_key(raw.store),
        key_file=Path(raw.store.key_file).expanduser().absolute() if raw.store.key_file else None,
        webhook_bytes=_size("limits.webhook", raw.limits.webhook),
        mail_bytes=_size("limits.mail", raw.limits.mail),
        upload_bytes=_size("limits.upload", raw.limits.upload),
        proxies=tuple(_network(item) for item in _list(raw.limits.proxies)),
        allow_hosts=allow_hosts,
        mail_channel=raw.hub.mail_channel.strip(),
        oidc=read_oidc(raw.oidc, allow_hosts),
        disk_reserve=_size("limits.disk_reserve", raw.limits.disk_reserve),
        hold=_flag("hub.hold", raw.hub.hold),
        keep_raw=_span("keep.raw", raw.keep.raw),
        keep_events=_span("keep.events", raw.keep.events),
        keep_exchanges=_span("keep.exchanges", raw.keep.exchanges),
    )


def _text(name: str, value: str) -> str:
    if not value.strip() or "\0" in value:
        raise _Wrong(name, "must not be empty")
    return value.strip()


def _listen(value: str) -> tuple[str, int]:
    host, colon, port = value.strip().rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not colon or not host:
        raise _Wrong("hub.listen", f"must be HOST:PORT, not {value!r}")
    if not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise _Wrong("hub.listen", f"{port!r} is not a port (0-65535)")
    return host, int(port)


def _public_url(value: str, host: str, port: int) -> str:
    if not value:
        return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    if not _is_url(value, {"http", "https"}):
        raise _Wrong("hub.public_url", "must be like https://hub.example.com")
    parts = urlsplit(value)
    if parts.query or parts.fragment or parts.username:
        raise _Wrong("hub.public_url", "must have no query, fragment or user in it")
    if not _BASE.fullmatch(parts.path.rstrip("/")):
        raise _Wrong("hub.public_url", "its path must be plain, like https://example.com/hub")
    return value.rstrip("/")


def _is_url(value: str, schemes: set[str]) -> bool:
    try:
        parts = urlsplit(value)
        return parts.scheme in schemes and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


def _database(value: str, data: Path) -> str:
    if not value:
        return f"sqlite:///{data / 'hub.db'}"
    scheme, found, rest = value.partition("://")
    if not found or scheme not in {"sqlite", "postgresql", "postgres"}:
        raise _Wrong("store.database", "must begin with sqlite:/// or postgresql://")
    if scheme == "sqlite":
        if not rest.startswith("/") or len(rest) < 2:
            raise _Wrong("store.database", "must be sqlite:/// and the path of a file")
        return f"sqlite:///{Path(rest[1:]).expanduser().absolute()}"
    return f"postgresql://{rest}"


def _region(value: str) -> str:
    from phonenumbers import SUPPORTED_REGIONS  # noqa: PLC0415  heavy, and only for this

    if value.upper() not in SUPPORTED_REGIONS:
        raise _Wrong("hub.region", f"{value!r} is not a two-letter region such as US or IR")
    return value.upper()


def _time_zone(value: str) -> str:
    from zoneinfo import ZoneInfo  # noqa: PLC0415  opens files

    try:
        ZoneInfo(value)
    except (ValueError, OSError, LookupError) as err:
        raise _Wrong("hub.time_zone", f"{value!r} is not a time zone such as Asia/Tehran") from err
    return value


def _key(store: _Store) -> Secret | None:
    if store.key and store.key_file:
        raise _Wrong("store.key", "is given twice: as a key and as a file")
    if store.key and len(store.key) < 32:
        raise _Wrong("store.key", "must have at least 32 characters")
    return Secret(store.key) if store.key else None


def _size(name: str, value: int | str) -> int:
    found = _SIZE.fullmatch(str(value).strip())
    if found is None or int(found["n"]) == 0:
        raise _Wrong(name, f"{value!r} is not a size such as 25 MB")
    return int(found["n"]) * _UNITS[found["unit"]]


def _flag(name: str, value: bool | str) -> bool:
    words = {"1": True, "true": True, "yes": True, "0": False, "false": False, "no": False}
    if isinstance(value, bool):
        return value
    if value.strip().lower() not in words:
        raise _Wrong(name, f"{value!r} is neither 1 nor 0")
    return words[value.strip().lower()]


def _span(name: str, value: str) -> timedelta:
    """A day at least: what is kept shorter cannot be looked into any more."""
    from routing.spans import duration  # noqa: PLC0415  only here

    try:
        found = duration(value)
    except ValueError as err:
        raise _Wrong(name, f"{value!r} is not a time such as 30d") from err
    if not timedelta(days=1) <= found <= timedelta(days=36_500):
        raise _Wrong(name, "must be between 1d and 36500d")
    return found


def _list(value: list[str] | str) -> list[str]:
    items = value.split(",") if isinstance(value, str) else value
    return [item.strip() for item in items if item.strip()]


def _network(value: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        return ipaddress.ip_network(value, strict=False)
    except ValueError:
        _refuse_network(value)


def _refuse_network(value: str) -> NoReturn:
    raise _Wrong("limits.proxies", f"{value!r} is not an address or network")
