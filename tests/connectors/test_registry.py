from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

import pytest

from connectors import registry, settings
from connectors.contract import ConfigInvalid
from connectors.secret import Secret

NONE = Secret("")


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


@dataclass(frozen=True, slots=True)
class Everything:
    """One of each type that settings may have."""

    name: str
    """What it is
    called."""
    token: Secret = NONE
    old_token: Secret | None = None
    count: int = 3
    rate: float | None = None
    on: bool = True
    words: tuple[str, ...] = ("stop",)
    mode: Literal["tls", "none"] = "tls"
    colour: Colour = Colour.RED
    texts: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.count < 0:
            raise ConfigInvalid("count: must not be negative")


def read(**mapping: Any) -> Everything:
    return settings.read(Everything, mapping, {"TOKEN": "from env"}.get)


def test_every_type_is_read() -> None:
    got = read(
        name="n",
        token={"env": "TOKEN"},
        old_token="literal",
        count=5,
        rate=2,
        on=False,
        words=["a", "b"],
        mode="none",
        colour="blue",
        texts={"en": {"title": "Hello"}},
    )
    assert got.token.reveal() == "from env"
    assert got.old_token == Secret("literal")
    assert (got.count, got.rate, got.on) == (5, 2.0, False)
    assert isinstance(got.rate, float)
    assert (got.words, got.mode, got.colour) == (("a", "b"), "none", Colour.BLUE)
    assert got.texts == {"en": {"title": "Hello"}}
    assert "from env" not in repr(got)
    assert "literal" not in repr(got)


def test_left_out_and_null_are_defaults() -> None:
    assert read(name="n", count=None, words=None) == Everything("n")


@pytest.mark.parametrize(
    ("mapping", "message"),
    [
        ({}, r"settings\.name: missing"),
        ({"name": None}, r"settings\.name: missing"),
        ({"name": 5}, r"settings\.name: must be text"),
        ({"name": "a\0"}, r"settings\.name: has characters"),
        ({"name": "\ud800"}, r"settings\.name: has characters"),
        ({"name": "n", "nmae": 1}, r"settings\.nmae: unknown; there are colour, count"),
        ({"name": "n", "count": "5"}, r"settings\.count: must be a whole number"),
        ({"name": "n", "count": True}, r"settings\.count: must be a whole number"),
        ({"name": "n", "count": 2**63}, r"settings\.count: must be a whole number"),
        ({"name": "n", "rate": float("nan")}, r"settings\.rate: must be a number"),
        ({"name": "n", "count": -1}, r"settings\.count: must not be negative"),
        ({"name": "n", "on": "yes"}, r"settings\.on: must be true or false"),
        ({"name": "n", "words": "stop"}, r"settings\.words: must be a list"),
        ({"name": "n", "words": ["a", 1]}, r"settings\.words\[1\]: must be text"),
        ({"name": "n", "mode": "ssl"}, r"settings\.mode: must be one of tls, none"),
        ({"name": "n", "colour": "green"}, r"settings\.colour: must be one of red, blue"),
        ({"name": "n", "texts": []}, r"settings\.texts: must be a mapping"),
        ({"name": "n", "texts": {"en": {"a": 1}}}, r"settings\.texts\.en\.a: must be text"),
        ({"name": "n", "token": 5}, r"settings\.token: must be text or \{env: NAME\}"),
        ({"name": "n", "token": {"kept": True}}, r"settings\.token: must be text or"),
        ({"name": "n", "token": {"env": ""}}, r"settings\.token: must be text or"),
        ({"name": "n", "token": {"env": "NONE"}}, r"settings\.token: the environment has no NONE"),
    ],
)
def test_faults_name_the_field(mapping: dict[str, Any], message: str) -> None:
    with pytest.raises(ConfigInvalid, match=f"^{message}"):
        read(**mapping)


def test_settings_must_be_a_mapping() -> None:
    with pytest.raises(ConfigInvalid, match="settings: must be a mapping"):
        settings.read(Everything, ["name"], {}.get)


def test_schema_says_what_is_read() -> None:
    schema = settings.json_schema(Everything)
    assert schema["required"] == ["name"]
    assert schema["additionalProperties"] is False
    properties = schema["properties"]
    assert properties["name"] == {"type": "string", "description": "What it is called."}
    assert properties["count"] == {"type": "integer", "default": 3}
    assert properties["words"] == {
        "type": "array",
        "items": {"type": "string"},
        "default": ["stop"],
    }
    assert properties["colour"] == {"enum": ["red", "blue"], "default": "red"}
    assert properties["token"]["writeOnly"]
    assert "default" not in properties["token"]
    assert properties["texts"]["additionalProperties"]["additionalProperties"]["type"] == "string"
    assert settings.secret_names(Everything) == {"token", "old_token"}


def test_unknown_kind() -> None:
    for function in (registry.settings_type, registry.describe, registry.secret_names):
        with pytest.raises(ConfigInvalid, match=r"kind: unknown: 'fax'; there are email"):
            function("fax")
