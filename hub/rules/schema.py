"""The shape of rule rows, for files and editors: JSON Schema, and the catalogue of what may stand
in a row.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from routing import spans
from routing.explain import labels
from routing.model import Mode
from routing.plan import LEVELS
from routing.rules import fields, operators, plan_rows, then

Schema = dict[str, Any]
_TEXT: Final[Schema] = {"type": "string"}
_SPAN: Final[Schema] = {"type": "string", "pattern": spans.DURATION_PATTERN}
_FLAG: Final[Schema] = {"type": "boolean"}
_OFFER: Final[Schema] = {"enum": ["callback", "message"]}


def definitions() -> dict[str, Schema]:
    """``Rule``, ``Condition`` and ``Step``, to be put under ``$defs``."""
    return {"Rule": _rule(), "Condition": _condition(), "Step": _step()}


def rules() -> Schema:
    """A list of rows."""
    return {
        "type": "array",
        "items": {"$ref": "#/$defs/Rule"},
        "description": "First match decides; the last must be a catch-all with a queue.",
    }


def document() -> Schema:
    """JSON Schema (2020-12) of rows alone, as they are published."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Interaction hub: rules",
        "$defs": definitions(),
        "oneOf": [
            rules(),
            _mapping({"rules": rules(), "version": {"type": "integer"}}, required=["rules"]),
        ],
    }


def catalogue() -> list[dict[str, Any]]:
    """Every field: ``{name, kind, words: {en, fa}, choices}``, other names of fields too."""
    known = dict(fields.FIELDS)
    known |= {
        alias: field for alias, name in fields.ALIASES.items() if (field := fields.find(name))
    }
    return [
        {
            "name": name,
            "kind": field.kind.value,
            "words": {"en": field.words, "fa": labels.FIELDS[field.name][1]},
            "choices": list(field.choices) or None,
        }
        for name, field in known.items()
    ]


def operators_by_kind() -> dict[str, list[str]]:
    """Kind of field -> the operators that fit it."""
    return {kind.value: sorted(ops) for kind, ops in operators.OPS_BY_KIND.items()}


def _mapping(properties: Schema, required: Sequence[str] = ()) -> Schema:
    shape: Schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**shape, "required": list(required)} if required else shape


def _list(items: Schema) -> Schema:
    return {"type": "array", "items": items}


def _rule() -> Schema:
    rule = _mapping(
        {
            "id": _TEXT,
            "order": {"type": "number", "description": "else it follows the row before it"},
            "when": {
                "oneOf": [{"type": "object", "maxProperties": 0}, {"$ref": "#/$defs/Condition"}]
            },
            "then": _then(),
            "plan": _plan(),
            "stop": {"type": "boolean", "default": True},
            "override": {
                "type": "boolean",
                "default": False,
                "description": "what rows before it have set gives way",
            },
            "off": {"const": True, "description": "switches one of the hub's own rules off"},
            "note": _TEXT,
        },
        required=["id"],
    )
    return {**rule, "anyOf": [{"required": ["when", "then"]}, {"required": ["off"]}]}


def _then() -> Schema:
    times = dict.fromkeys(then.TIMES, _SPAN)
    tags = _list(_TEXT)
    return _mapping(
        {
            "queue": _TEXT,
            "route": {"const": "none"},
            "reason": _TEXT,
            "priority": {**_SPAN, "description": "seconds of head start, such as +300s"},
            "tags": {"oneOf": [tags, _mapping({"add": tags}, required=["add"])]},
            "mode": {"enum": [mode.value for mode in Mode]},
            "sla": {
                "oneOf": [
                    {**_TEXT, "description": "a policy"},
                    _mapping(
                        {
                            **times,
                            "target": {"type": "integer", "minimum": 1, "maximum": 100},
                            "calendar": _TEXT,
                        }
                    ),
                ]
            },
            "reply_template": _TEXT,
            "deflect": _mapping(
                {"to": _OFFER, "at": {"const": "next_open"}, "keep_place": _FLAG}, required=["to"]
            ),
            "interruptible": _FLAG,
            "weight": {"type": "number", "minimum": 0.01, "maximum": 100},
            "plan": _plan(),
            "overflow": _TEXT,
        }
    )


def _plan() -> Schema:
    last = _mapping({"overflow": _TEXT}, required=["overflow"])
    steps = {"oneOf": [{"$ref": "#/$defs/Step"}, last]}
    return {
        "oneOf": [
            {**_TEXT, "description": "the plan of the row with this id"},
            {"type": "array", "minItems": 1, "maxItems": plan_rows.MAX_STEPS, "items": steps},
        ]
    }


def _step() -> Schema:
    level = {"type": "integer", "minimum": LEVELS[0], "maximum": LEVELS[-1]}
    wish = _mapping({"last_agent": _SPAN, "agent": _TEXT, "skill": _TEXT})
    return _mapping(
        {
            "require": _list(_mapping({"skill": _TEXT, "min": level}, required=["skill"])),
            "prefer": _list({**wish, "minProperties": 1, "maxProperties": 1}),
            "for": _SPAN,
            "also_queues": _list(_TEXT),
            "then_offer": _OFFER,
        }
    )


def _condition() -> Schema:
    several = {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/Condition"}}
    words = "; ".join(f"{field.name}: {field.words}" for field in fields.FIELDS.values())
    ops: Schema = {op: {} for op in sorted(operators.OPS)}
    atom = {
        **_mapping({"field": {"type": "string", "description": words}, **ops}, ["field"]),
        "minProperties": 2,
        "maxProperties": 2,
    }
    inner = {"all": several, "any": several, "not": {"$ref": "#/$defs/Condition"}}
    groups = [_mapping({key: value}, required=[key]) for key, value in inner.items()]
    return {"oneOf": [*groups, atom]}
