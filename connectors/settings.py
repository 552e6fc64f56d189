"""A mapping from a file, a form or a table becomes a connector's frozen dataclass of settings.

The dataclass is the only description there is: its types say what is taken here, and
``json_schema`` turns the same types and the strings under the fields into what ``hub schema``
and the admin's form show. Nothing here knows a channel.
"""

from __future__ import annotations

import ast
import dataclasses
import inspect
import itertools
import math
import types
import typing
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Any, Literal, TypeVar, Union

from connectors.contract import ConfigInvalid
from connectors.secret import Secret

T = TypeVar("T")
GetEnv = Callable[[str], str | None]
"""Where ``{"env": NAME}`` looks; ``os.environ.get``."""

_TEXT_MAX = 10_000


def read(cls: type[T], mapping: Mapping[str, Any], env_get: GetEnv, *, path: str = "settings") -> T:
    """The settings, checked. Raises ConfigInvalid (``settings.field: reason``) for the first fault.

    A Secret is given as text or as ``{"env": NAME}``. Lists become tuples. None is a field left
    out. No value is converted: ``"5"`` is not 5, ``1`` is not true.
    """
    if not isinstance(mapping, Mapping):
        raise ConfigInvalid(f"{path}: must be a mapping")
    known = _types(cls)
    for key in mapping:
        if key not in known:
            raise ConfigInvalid(f"{path}.{key}: unknown; there are {', '.join(sorted(known))}")
    given = {
        name: _read(kind, mapping[name], f"{path}.{name}", env_get)
        for name, kind in known.items()
        if mapping.get(name) is not None
    }
    for name in _required(cls):
        if name not in given:
            raise ConfigInvalid(f"{path}.{name}: missing")
    try:
        return cls(**given)
    except ConfigInvalid as err:
        raise ConfigInvalid(f"{path}.{err}") from err


def secret_names(cls: type[Any]) -> frozenset[str]:
    """The fields that are masked, encrypted at rest and kept when a form leaves them blank."""
    return frozenset(name for name, kind in _types(cls).items() if _plain_type(kind) is Secret)


def _types(cls: type[Any]) -> dict[str, Any]:
    hints = typing.get_type_hints(cls)
    return {field.name: hints[field.name] for field in dataclasses.fields(cls) if field.init}


def _required(cls: type[Any]) -> list[str]:
    return [
        field.name
        for field in dataclasses.fields(cls)
        if field.init
        and field.default is dataclasses.MISSING
        and field.default_factory is dataclasses.MISSING
    ]


def _plain_type(kind: Any) -> Any:
    """``X`` of ``X | None``: a field left out is how None is said."""
    if typing.get_origin(kind) in (Union, types.UnionType):
        options = [option for option in typing.get_args(kind) if option is not types.NoneType]
        if len(options) == 1:
            return options[0]
    return kind


# ---------------------------------------------------------------- values


def _read(kind: Any, value: Any, path: str, env_get: GetEnv) -> Any:
    kind = _plain_type(kind)
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if kind is Secret:
        return Secret(_secret(value, path, env_get))
    if origin is Literal:
        return _one_of(value, args, path)
    if origin is tuple:
        return tuple(
            _read(args[0], item, f"{path}[{index}]", env_get)
            for index, item in enumerate(_instance(value, (list, tuple), path, "a list"))
        )
    if origin is not None and issubclass(origin, Mapping):
        entries = _instance(value, Mapping, path, "a mapping")
        return {
            _text(key, path): _read(args[1], item, f"{path}.{key}", env_get)
            for key, item in entries.items()
        }
    if isinstance(kind, type) and issubclass(kind, StrEnum):
        return kind(_one_of(value, tuple(item.value for item in kind), path))
    return _scalar(kind, value, path)


def _scalar(kind: Any, value: Any, path: str) -> Any:
    if kind is str:
        return _text(value, path)
    if kind is bool:
        return _instance(value, bool, path, "true or false")
    if kind not in (int, float):
        raise TypeError(f"{path}: settings cannot be of type {kind}")
    wanted, words = (int, "a whole number") if kind is int else ((int, float), "a number")
    number = _instance(value, wanted, path, words)
    if isinstance(number, bool) or not math.isfinite(number) or abs(number) >= 2**63:
        raise ConfigInvalid(f"{path}: must be {words}")
    return kind(number)


def _instance(value: Any, kind: Any, path: str, words: str) -> Any:
    if not isinstance(value, kind):
        raise ConfigInvalid(f"{path}: must be {words}")
    return value


def _text(value: Any, path: str) -> str:
    text: str = _instance(value, str, path, "text")
    if len(text) > _TEXT_MAX:
        raise ConfigInvalid(f"{path}: longer than {_TEXT_MAX} characters")
    if "\0" in text or any("\ud800" <= char <= "\udfff" for char in text):
        raise ConfigInvalid(f"{path}: has characters that no text may have")
    return text


def _one_of(value: Any, options: tuple[Any, ...], path: str) -> Any:
    for option in options:
        if type(value) is type(option) and value == option:
            return option
    raise ConfigInvalid(f"{path}: must be one of {', '.join(str(option) for option in options)}")


def _secret(value: Any, path: str, env_get: GetEnv) -> str:
    if isinstance(value, str):
        return _text(value, path)
    if isinstance(value, Secret):
        return value.reveal()
    if not isinstance(value, Mapping) or set(value) != {"env"} or not _is_name(value["env"]):
        raise ConfigInvalid(f"{path}: must be text or {{env: NAME}}")
    found = env_get(value["env"])
    if found is None:
        raise ConfigInvalid(f"{path}: the environment has no {value['env']}")
    return _text(found, path)


def _is_name(value: Any) -> bool:
    return isinstance(value, str) and bool(value) and value.isidentifier()


# ---------------------------------------------------------------- description

_SECRET_SCHEMA: dict[str, Any] = {
    "oneOf": [
        {"type": "string"},
        {
            "type": "object",
            "properties": {"env": {"type": "string"}},
            "required": ["env"],
            "additionalProperties": False,
        },
        {
            "type": "object",
            "properties": {"kept": {"const": True}},
            "required": ["kept"],
            "additionalProperties": False,
        },
    ],
    "writeOnly": True,
}
_SCALARS = {str: "string", int: "integer", float: "number", bool: "boolean"}


def json_schema(cls: type[Any]) -> dict[str, Any]:
    """JSON Schema (2020-12) of the mapping that ``read`` takes; ``{kept: true}`` is for apply."""
    words = _descriptions(cls)
    properties: dict[str, Any] = {}
    for field in dataclasses.fields(cls):
        if field.name not in _types(cls):
            continue
        schema = _schema(_types(cls)[field.name])
        if field.name in words:
            schema["description"] = words[field.name]
        default = _default(field)
        if default is not None:
            schema["default"] = default
        properties[field.name] = schema
    return {
        "type": "object",
        "properties": properties,
        "required": _required(cls),
        "additionalProperties": False,
    }


def _schema(kind: Any) -> dict[str, Any]:
    kind = _plain_type(kind)
    origin, args = typing.get_origin(kind), typing.get_args(kind)
    if kind is Secret:
        return dict(_SECRET_SCHEMA)
    if origin is Literal:
        return {"enum": list(args)}
    if origin is tuple:
        return {"type": "array", "items": _schema(args[0])}
    if origin is not None:
        return {"type": "object", "additionalProperties": _schema(args[1])}
    if issubclass(kind, StrEnum):
        return {"enum": [item.value for item in kind]}
    return {"type": _SCALARS[kind]}


def _default(field: dataclasses.Field[Any]) -> Any:
    if field.default_factory is not dataclasses.MISSING:
        return dict(field.default_factory()) or None
    if field.default is dataclasses.MISSING or isinstance(field.default, Secret):
        return None
    return list(field.default) if isinstance(field.default, tuple) else field.default


def _descriptions(cls: type[Any]) -> dict[str, str]:
    """The string under each field; none where the source is not at hand."""
    try:
        body = ast.parse(inspect.cleandoc(inspect.getsource(cls))).body[0]
    except (OSError, SyntaxError):
        return {}
    found: dict[str, str] = {}
    lines = body.body if isinstance(body, ast.ClassDef) else []
    for line, following in itertools.pairwise(lines):
        if (
            isinstance(line, ast.AnnAssign)
            and isinstance(line.target, ast.Name)
            and isinstance(following, ast.Expr)
            and isinstance(following.value, ast.Constant)
        ):
            found[line.target.id] = " ".join(str(following.value.value).split())
    return found
