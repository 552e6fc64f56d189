"""Why an agent was asked, or got it, in words: what was stored with it, and the names in that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from routing.explain import LANGUAGES, Language, Speech, why_me
from routing.explain.say import id_of, items, mapping
from storage import explanations

if TYPE_CHECKING:
    from storage.db import Tx

OTHERS = 4  # queues named for which others are kept free


def of_agent(
    tx: Tx,
    why: Mapping[str, Any],
    agent: int,
    *,
    preferred: int | None,
    skills: Sequence[str] = (),
    who: str | None = None,
) -> dict[str, list[str]]:
    """Language -> sentences. ``preferred``: who answered this customer last; ``skills``: names of
    those that were asked for; ``who``: the agent's name, None where they read it themselves."""
    titles = explanations.skill_titles(tx) if skills else {}
    others = _kept_for(tx, why, agent)
    names = explanations.queue_names(tx) if others else {}
    return {
        language: why_me(
            why,
            Speech(language, who=who),
            agent=agent,
            last=agent == preferred,
            skills=[titled(skill, titles.get(skill, {}), language) for skill in skills],
            others=[titled(*names[queue], language) for queue in others if queue in names],
        )
        for language in LANGUAGES
    }


def titled(name: str, titles: Mapping[str, str], language: Language) -> str:
    """What something is called in a language: its title, else its name."""
    return titles.get(language) or titles.get("") or name


def skills_asked(plan: str, step: int) -> list[str]:
    """Names of the skills that a step of a stored plan asks for."""
    steps = items(mapping(msgspec.json.decode(plan)).get("steps"))
    now = mapping(steps[min(step, len(steps) - 1)]) if steps else {}
    return [str(mapping(need).get("skill", "")) for need in items(now.get("require"))]


def _kept_for(tx: Tx, why: Mapping[str, Any], agent: int) -> list[int]:
    """Queues that other candidates serve and this agent does not, where that spoke for the agent."""
    top = [mapping(one) for one in items(why.get("top"))]
    if not any("flexibility" in mapping(one.get("terms")) for one in top):
        return []
    others = {id_of(one.get("agent")) for one in top} - {None, agent}
    mine = explanations.served(tx, agent)
    found = {queue for other in others if other for queue in explanations.served(tx, other)} - mine
    return sorted(found) if len(found) <= OTHERS else []
