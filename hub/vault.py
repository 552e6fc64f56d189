"""A channel's settings between file, table and connector: secrets sealed at rest, never exported.

In the table a secret is ``{"sealed": "KEYID:…"}`` or the reference ``{"env": NAME}``, which is
read when the channel starts. In an export a sealed one is ``{kept: true}``; given back, it stays.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from connectors import registry
from connectors.contract import ConfigInvalid
from hub.keys import Keys

KEPT: Mapping[str, Any] = {"kept": True}
_PLACE_HOLDER = "a-secret-that-is-not-set-here"


def sealed(
    keys: Keys, kind: str, given: Mapping[str, Any], stored: Mapping[str, Any]
) -> dict[str, Any]:
    """Settings as the table keeps them. Raises ConfigInvalid: nothing is stored to be kept."""
    secrets = registry.secret_names(kind)
    return {
        name: _sealed(keys, name, value, stored.get(name)) if name in secrets else value
        for name, value in given.items()
        if value is not None
    }


def _sealed(keys: Keys, name: str, value: Any, stored: Any) -> Any:
    if value == KEPT:
        if stored is None:
            raise ConfigInvalid(f"settings.{name}: there is nothing to keep: give the secret")
        return stored
    if not isinstance(value, str):
        return value
    if is_sealed(stored) and keys.decrypt(stored["sealed"]) == value:
        return stored
    return {"sealed": keys.encrypt(value)}


def is_sealed(value: Any) -> bool:
    """Whether a stored setting is an encrypted secret."""
    return isinstance(value, Mapping) and set(value) == {"sealed"}


def opened(keys: Keys, stored: Mapping[str, Any]) -> dict[str, Any]:
    """Settings for ``registry.read_settings``: secrets in clear, references still references."""
    return {
        name: keys.decrypt(value["sealed"]) if is_sealed(value) else value
        for name, value in stored.items()
    }


def exported(stored: Mapping[str, Any]) -> dict[str, Any]:
    """Settings for a file that anybody may read."""
    return {name: dict(KEPT) if is_sealed(value) else value for name, value in stored.items()}


def resealed(keys: Keys, stored: Mapping[str, Any]) -> dict[str, Any]:
    """The same secrets under the current key."""
    return {
        name: {"sealed": keys.encrypt(keys.decrypt(value["sealed"]))}
        if is_sealed(value) and not keys.is_current(value["sealed"])
        else value
        for name, value in stored.items()
    }


def check(kind: str, given: Mapping[str, Any]) -> None:
    """Whether a connector of this kind takes these settings. Raises ConfigInvalid.

    A secret that only the server's environment has cannot be looked at here and passes.
    """
    secrets = registry.secret_names(kind)
    unseen: set[str] = set()
    looked_at: dict[str, Any] = {}
    for name, value in given.items():
        hidden = name in secrets and (value == KEPT or _not_set_here(value))
        if hidden:
            unseen.add(name)
        looked_at[name] = _PLACE_HOLDER if hidden else value
    try:
        registry.read_settings(kind, looked_at)
    except ConfigInvalid as err:
        if str(err).partition(":")[0].removeprefix("settings.") not in unseen:
            raise


def _not_set_here(value: Any) -> bool:
    return (
        isinstance(value, Mapping)
        and set(value) == {"env"}
        and isinstance(value["env"], str)
        and value["env"].isidentifier()
        and value["env"] not in os.environ
    )
