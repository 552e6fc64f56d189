"""Skills as a file declares them."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from hub.declare import needs
from hub.declare.comparison import Comparison, compare, document, json
from hub.declared import SkillSpec
from hub.fields import FieldError
from storage import skills

if TYPE_CHECKING:
    from storage.db import Row, Tx


def plan(tx: Tx, run: Comparison) -> set[str]:
    """Compare skills; the names that are there afterwards."""
    stored = {row["name"]: row for row in skills.listed(tx)}
    given = {spec.name: spec for spec in run.order.declared.skills or ()}
    for name, spec in given.items():
        compare(
            run,
            "skill",
            name,
            skill_document(stored[name]) if name in stored else None,
            document(name=spec.name, title=spec.title),
            partial(_save, spec=spec, now=run.order.now),
        )
    if not run.order.prune:
        return {*stored, *given}
    for name in sorted(stored.keys() - given.keys()):
        other = run.order.moves.get(name)
        if other is not None and other not in given:
            run.errors.append(FieldError("skills", f"--move {name}={other}: there is no {other}"))
        elif other is None and (items := needs.of_skill(tx, name)):
            run.errors.append(FieldError("skills", needs.words(items, "SKILL", name)))
        run.add("remove", "skill", name, partial(_remove, name=name, other=other, run=run))
    return set(given)


def _save(tx: Tx, spec: SkillSpec, now: int) -> None:
    title = spec.title if isinstance(spec.title, dict) else {"": spec.title} if spec.title else {}
    skills.save(tx, name=spec.name, title=json(title), now=now)


def _remove(tx: Tx, name: str, other: str | None, run: Comparison) -> None:
    if other is not None:
        skills.rename_in_plans(tx, name, other, now=run.order.now)
    skills.remove(tx, name, now=run.order.now)


def skill_document(row: Row) -> dict[str, Any]:
    """A stored skill as a file says it."""
    titles: dict[str, str] = msgspec.json.decode(row["title"])
    return document(name=row["name"], title=titles[""] if set(titles) == {""} else titles)
