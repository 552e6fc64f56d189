"""What the variables of a template mean for one conversation: looked up when they are named."""

from __future__ import annotations

import re
from datetime import tzinfo
from typing import TYPE_CHECKING, Any, Final

import msgspec

from hub import waits
from hub.automatic import spoken
from hub.calendars import hours
from storage import contacts, work_items

if TYPE_CHECKING:
    from hub.desk import Desk
    from storage.db import Row, Tx

NAME_CAP: Final = 80
"""Characters of a customer's own words that we repeat."""
_NO_NAME: Final = re.compile(r"[/@<>\\]|\{\{|www\.|\.[a-z]{2,}\b", re.IGNORECASE)
"""What has these is left out: a forged sender must not make us send their advertisement."""


class Wording:
    """The values of ``templates.VARIABLES`` within one transaction."""

    def __init__(
        self,
        tx: Tx,
        desk: Desk,
        conversation: Row,
        channel_title: str,
        identity: int,
        hub_name: str,
        now: int,
        *,
        writer: str = "",
    ) -> None:
        self._tx = tx
        self._desk = desk
        self._row = conversation
        self._channel_title = channel_title
        self._hub_name = hub_name
        self._now = now
        self._writer = writer
        self._contact = _contact(tx, identity)
        self._wait: waits.Foreseen | None = None

    @property
    def language(self) -> str:
        """The contact's own, else what their page was in; empty if neither is known."""
        return self._of_contact("language") or contacts.claimed(
            self._tx, self._row["contact"], "language"
        )

    def value(self, name: str, language: str) -> str:
        """The words of one variable; empty if it has none here."""
        noun, _, part = name.partition(".")
        match noun:
            case "contact" if part == "name":
                return _repeated(self._of_contact("name"))
            case "contact" | "organization":
                return self._attribute(noun, part)
            case "claims":
                return _repeated(contacts.claimed(self._tx, self._row["contact"], part))
            case "conversation":
                return str(self._row["code"] if part == "code" else self._row["subject"])
            case "channel":
                return self._channel_title
            case "hub":
                return self._hub_name
            case "agent":
                return self._writer
            case "queue":
                return self._queue(language)
            case "opens":
                return self._opens(part, language)
            case _:
                return self._waits(part, language)

    def _of_contact(self, column: str) -> str:
        return "" if self._contact is None else str(self._contact[column] or "")

    def _attribute(self, noun: str, part: str) -> str:
        """Kept by our own people, but perhaps as the customer said it."""
        if part == "name":
            return _repeated(self._of_contact("organization"))
        column = "attributes" if noun == "contact" else "organization_attributes"
        kept: dict[str, Any] = msgspec.json.decode(self._of_contact(column) or "{}")
        value = kept.get(part.removeprefix("attributes."))
        return _repeated(str(value)) if isinstance(value, str | int | float) else ""

    def _queue(self, language: str) -> str:
        found = self._desk.queues.get(self._row["queue"])
        if found is None:
            return ""
        return found.title.get(language) or found.title.get("") or found.name

    def _opens(self, part: str, language: str) -> str:
        calendar = hours.calendar_of(self._desk, self._row["queue"])
        at = hours.opens_at(self._desk, self._row["queue"], self._now)
        if calendar is None or at is None:
            return ""
        zone: tzinfo = calendar.zone
        if part == "day":
            return spoken.day(at, self._now, zone, language)
        return spoken.time(at, zone, language)

    def _waits(self, part: str, language: str) -> str:
        if self._wait is None:
            item = work_items.live_of(self._tx, self._row["id"])
            if item is None:
                return ""
            self._wait = waits.foresee(self._tx, item, self._now)
        found = self._wait
        if found is None:
            return ""
        if part == "position":
            return spoken.number(found.position, language)
        seconds = found.low_seconds if part == "low" else found.high_seconds
        return "" if seconds is None else spoken.wait(seconds, language)


def _repeated(words: str) -> str:
    """Customers' words as far as we say them ourselves."""
    return "" if _NO_NAME.search(words) else words[:NAME_CAP]


def _contact(tx: Tx, identity: int) -> Row | None:
    """The person behind an address, after links."""
    return tx.one(
        """
        SELECT p.name, p.language, p.attributes, o.name AS organization,
          o.attributes AS organization_attributes
        FROM identity i
        LEFT JOIN contact_link l ON l.member = i.contact AND l.revoked_at IS NULL
        JOIN contact p ON p.id = COALESCE(l.root, i.contact)
        LEFT JOIN organization o ON o.id = p.organization WHERE i.id = :identity
        """,
        identity=identity,
    )
