"""Putting rules into force: a numbered version, never changed; the way back is a new one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hub.rules import rows as rule_rows
from storage import audit, rules

if TYPE_CHECKING:
    from storage.db import Tx


class Stale(Exception):
    """Somebody published since; ``newest`` is what is in force."""

    def __init__(self, base: int, newest: int) -> None:
        super().__init__(f"version {newest} was published since version {base}")
        self.newest = newest


def publish(tx: Tx, body: str, *, note: str, by: str, base: int | None = None, now: int) -> int:
    """Check rows and put them into force; the new version's number.

    ``base`` is the version that they were made from. Raises RulesRefused, Stale.
    """
    row = rules.current(tx)
    newest = 0 if row is None else int(row["version"])
    if base is not None and base != newest:
        raise Stale(base, newest)
    rule_rows.compiled(body, rule_rows.names(tx))
    number = rules.publish(tx, body, note=note, by=by, now=now)
    audit.record(tx, by, "publish-rules", f"rules:{number}", now=now)
    return number
