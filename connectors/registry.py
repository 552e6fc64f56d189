"""Which kinds of channel there are. A connector is imported when its first channel is used."""

from __future__ import annotations

import os
from collections.abc import Mapping
from importlib import import_module
from typing import Any

from connectors import settings as _settings
from connectors.contract import ConfigInvalid, Connector, Environment
from connectors.settings import GetEnv

KINDS: dict[str, str] = {
    "email": "connectors.email.connector:Settings:connect",
    "sms_twilio": "connectors.sms_twilio:Settings:connect",
    "webchat": "connectors.webchat:Settings:connect",
}
"""Kind -> ``module:settings dataclass:connect(settings, env)``."""


def settings_type(kind: str) -> type[Any]:
    """The frozen dataclass of a kind's settings. Raises ConfigInvalid (``kind: …``)."""
    found: type[Any] = _load(kind, 1)
    return found


def read_settings(kind: str, mapping: Mapping[str, Any], env_get: GetEnv = os.environ.get) -> Any:
    """Settings of ``kind``, checked; see ``connectors.settings.read``. Raises ConfigInvalid."""
    return _settings.read(settings_type(kind), mapping, env_get)


def open(kind: str, settings: Any, env: Environment) -> Connector:  # the name is the contract's
    """A connector, not entered yet: no I/O here. Raises ConfigInvalid."""
    connector: Connector = _load(kind, 2)(settings, env)
    return connector


def describe(kind: str) -> dict[str, Any]:
    """JSON Schema of a kind's settings, for ``hub schema`` and forms."""
    return _settings.json_schema(settings_type(kind))


def secret_names(kind: str) -> frozenset[str]:
    """The settings of a kind that are secrets."""
    return _settings.secret_names(settings_type(kind))


def _load(kind: str, part: int) -> Any:
    if kind not in KINDS:
        raise ConfigInvalid(f"kind: unknown: {kind!r}; there are {', '.join(sorted(KINDS))}")
    names = KINDS[kind].split(":")
    return getattr(import_module(names[0]), names[part])
