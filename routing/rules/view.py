"""One message while it is ruled on: its context, and what was worked out of it so far."""

from __future__ import annotations

from collections.abc import Collection
from typing import Final

from connectors.fold import fold
from routing.rules.fields import DERIVED, QUEUE_FIELDS, Context, Value, find

TEXT_CAP: Final = 50_000
"""Characters of one field that rules look at; folding more would eat the budget."""

Folded = str | tuple[str, ...] | None


class View:
    """What conditions look through. Belongs to one decision."""

    __slots__ = ("context", "folded", "notes", "queue", "recorded", "spared", "timeouts")

    def __init__(
        self, context: Context, queue: str = "", recorded: Collection[str] | None = None
    ) -> None:
        self.context = context
        self.recorded = recorded
        """The fields that were kept of a past message; None: all are known that there are."""
        self.queue = queue
        """What a field such as ``queue.waiting`` is about: the queue so far."""
        self.folded = _Folded(self)
        self.notes: list[str] = []
        self.timeouts = 0
        self.spared = 0.0
        """Seconds spent in patterns that timed out: not counted against the budget."""

    def value(self, name: str) -> Value:
        """The field as it came."""
        derive = DERIVED.get(name)
        return self.context.get(name) if derive is None else derive(self.context, self.queue)

    def lacks(self, name: str) -> bool:
        """Whether the field may have had a value that was not kept."""
        if self.recorded is None:
            return False
        if name in QUEUE_FIELDS:
            name = name.replace("queue", f"queue.{self.queue}", 1)
        field = find(name)
        return name not in self.recorded and (field is None or field.name not in self.recorded)

    def turn_to(self, queue: str) -> None:
        """A rule chose a queue: what is asked of "the queue" is asked of this one from now on."""
        if queue != self.queue:
            self.queue = queue
            for name in QUEUE_FIELDS:
                self.folded.pop(name, None)


class _Folded(dict[str, Folded]):
    """Fields folded (tuples element by element), each when it is first asked for."""

    __slots__ = ("_view",)

    def __init__(self, view: View) -> None:
        super().__init__()
        self._view = view

    def __missing__(self, name: str) -> Folded:
        value = self._view.value(name)
        if type(value) is str and len(value) <= TEXT_CAP:
            folded: Folded = fold(value)
        else:
            folded = self._fold(name, value)
        self[name] = folded
        return folded

    def _fold(self, name: str, value: Value) -> Folded:
        if value is None:
            return None
        if isinstance(value, tuple):
            return tuple(fold(element[:TEXT_CAP]) for element in value)
        if not isinstance(value, str):
            raise TypeError(f"{name} must be text, got {type(value).__name__}")
        if len(value) > TEXT_CAP:
            self._view.notes.append(f"{name}: only {TEXT_CAP} characters were looked at")
        return fold(value[:TEXT_CAP])
