"""Templates as a file declares them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from hub.automatic import templates
from hub.automatic.shipped import SHIPPED
from hub.declare.comparison import Comparison, compare, document, json
from hub.declared import TemplateSpec
from hub.fields import FieldError
from storage import templates as stored_templates

if TYPE_CHECKING:
    from storage.db import Row, Tx


def plan(tx: Tx, run: Comparison) -> set[str]:
    """Compare templates; the names that are there afterwards, the shipped ones too."""
    stored = {row["name"]: row for row in stored_templates.listed(tx)}
    given = {spec.name: spec for spec in run.order.declared.templates or ()}
    for place, (name, spec) in enumerate(given.items()):
        for error in templates.check(spec.texts):
            at = f"templates[{place}].texts" + (f".{error.field}" if error.field else "")
            run.errors.append(FieldError(at, error.reason))
        compare(
            run,
            "template",
            name,
            template_document(stored[name]) if name in stored else None,
            _plain(spec),
            partial(_save, spec=spec, now=run.order.now),
        )
    if not run.order.prune:
        return {*SHIPPED, *stored, *given}
    for name in sorted(stored.keys() - given.keys()):
        run.add(
            "remove",
            "template",
            name,
            partial(stored_templates.remove, name=name, now=run.order.now),
        )
    return {*SHIPPED, *given}


def check_used(run: Comparison, names: set[str]) -> None:
    """What queues and channels say by themselves must be there."""
    declared = run.order.declared
    used = [
        (f"{noun}[{place}].{field}", getattr(spec, field))
        for noun, specs, fields in (
            ("queues", declared.queues or (), ("closed_template", "acknowledge")),
            ("channels", declared.channels or (), ("acknowledge",)),
        )
        for place, spec in enumerate(specs)
        for field in fields
    ]
    run.errors += [
        FieldError(at, f"there is no template {name}")
        for at, name in used
        if name and name not in names
    ]


def _save(tx: Tx, spec: TemplateSpec, now: int) -> None:
    body = json(spec.texts)
    stored_templates.save(tx, name=spec.name, body=body, canned=spec.canned, now=now)


def template_document(row: Row) -> dict[str, Any]:
    """A stored template as a file says it."""
    texts = msgspec.json.decode(row["body"])
    return document(name=row["name"], canned=(bool(row["canned"]), True), texts=texts)


def _plain(spec: TemplateSpec) -> dict[str, Any]:
    """A spec in the form of the stored document."""
    texts = msgspec.to_builtins(spec.texts)
    return document(name=spec.name, canned=(spec.canned, True), texts=texts)
