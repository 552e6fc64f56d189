"""Names of queues, skills and agents in an explanation."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from storage import explanations
from storage.reasons import titled
from storage.views import Ref

if TYPE_CHECKING:
    from routing.explain import Language
    from storage.db import Tx


@dataclass(slots=True)
class Names:
    """Queues and skills are read at once, agents as they are met."""

    tx: Tx
    queues: Mapping[int, tuple[str, Mapping[str, str]]]
    skills: Mapping[str, Mapping[str, str]]
    agents: dict[int, str] = field(default_factory=dict)

    @classmethod
    def read(cls, tx: Tx) -> Names:
        """Inside one read transaction."""
        return cls(tx, explanations.queue_names(tx), explanations.skill_titles(tx))

    def queue(self, id: int, language: Language | None = None) -> str:
        """A queue's name, or its title in a language."""
        name, titles = self.queues.get(id, (str(id), {}))
        return name if language is None else titled(name, titles, language)

    def skill(self, name: str, language: Language) -> str:
        """A skill's title."""
        return titled(name, self.skills.get(name, {}), language)

    def agent(self, id: int) -> Ref:
        """An agent by name; one who is gone has none."""
        if id not in self.agents:
            self.agents[id] = explanations.agent_names(self.tx, [id]).get(id, "")
        return Ref(id=id, name=self.agents[id])
