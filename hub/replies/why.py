"""Why an entry is where it is: the evidence that was kept when it was filed, and what people did.

Each line is a code with its facts, for the console to put into words (``i18n/replies``):

- ``new``, ``token``, ``references``, ``channel``, ``bounce``, ``code``, ``history``, ``elsewhere``,
  ``other_person``, ``closed``, ``spam``: how its conversation was found;
- ``form``, ``forwarded``: whose it is where From does not say so;
- ``person``: whose address it came from; ``arrivals``: the mailboxes that it reached;
  ``same_id``: another mail has its Message-ID and other content;
- ``moved``: who filed it elsewhere, from where, and what takes it back;
- ``written``, ``automatic``, ``note``, ``forward_note``, ``line``: what did not come in.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final

import msgspec

from connectors.contract import Uri
from storage import contacts, conversations, moves, timeline, views
from storage.views import when

if TYPE_CHECKING:
    from storage.db import Row, Tx

Visible = Callable[[int], bool]
_ENDINGS: Final = {"closed too long ago": "closed", "spam": "spam"}
_HOW: Final = {"token of another person": "other_person"}


class Line(msgspec.Struct):
    """One reason."""

    code: str
    facts: dict[str, Any] = {}


def lines(tx: Tx, entry: Row, visible: Visible) -> list[Line]:
    """The reasons, the first one first. ``visible``: whether the reader may see a conversation;
    what they may not see is not named."""
    data: dict[str, Any] = msgspec.json.decode(entry["data"])
    moved = moves.of_entry(tx, entry["id"], entry["conversation"])
    if entry["kind"] == "note":
        found = [Line("forward_note", data["forwarded"]) if "forwarded" in data else Line("note")]
    elif entry["kind"] != "message":
        found = [Line("line")]
    elif entry["direction"] == "in":
        found = _came_in(tx, entry, data, moved, visible)
    else:
        found = [_went_out(tx, entry, data)]
    if entry["message_id"] and moves.namesake(tx, entry) is not None:
        found.append(Line("same_id"))
    if arrivals := data.get("arrivals"):
        places = [{"channel": one["channel"], "at": when(one["at"])} for one in arrivals]
        found.append(Line("arrivals", {"places": places}))
    return [*_moved(tx, entry, moved, visible), *found]


def _came_in(
    tx: Tx, entry: Row, data: dict[str, Any], moved: list[Row], visible: Visible
) -> list[Line]:
    found = [_how(tx, entry, data, moved, visible)]
    for fact, code in (("via", "form"), ("forwarded", "forwarded")):
        if fact in data:
            found.append(Line(code, data[fact]))
    if entry["identity"] is not None:
        found.append(_person(tx, entry["identity"]))
    return found


def _how(tx: Tx, entry: Row, data: dict[str, Any], moved: list[Row], visible: Visible) -> Line:
    """How its conversation was found when it was filed."""
    if entry["actor"] == "elsewhere":
        return Line("elsewhere")
    evidence, _, ending = str(data.get("evidence", "")).partition(", ")
    place = moved[0]["source"] if moved else entry["conversation"]
    if not evidence:
        evidence = "new" if _first(tx, entry, place) else "channel"
    facts: dict[str, Any] = {"history": True} if data.get("history") else {}
    if (by := data.get("by")) is not None:
        facts |= _named(tx, by, visible)
    code = _ENDINGS.get(ending) or _HOW.get(evidence, evidence)
    if code in ("other_person", "closed"):
        row = conversations.get(tx, place)
        if row is not None and row["follows"] is not None and visible(row["follows"]):
            facts["follows"] = row["follows"]
    return Line(code, facts)


def _first(tx: Tx, entry: Row, place: int) -> bool:
    """Whether it began the conversation in which it was filed."""
    row = conversations.get(tx, place)
    return row is not None and row["created_at"] == entry["recorded_at"]


def _named(tx: Tx, id: int, visible: Visible) -> dict[str, Any]:
    """The earlier mail that its References name."""
    row = timeline.get(tx, id)
    if row is None or row["conversation"] is None or not visible(row["conversation"]):
        return {}
    return {"entry": id, "at": when(row["recorded_at"]), "ours": row["direction"] == "out"}


def _person(tx: Tx, identity: int) -> Line:
    uri = contacts.uri(tx, identity)
    who = contacts.find(tx, Uri(uri))
    if who is None:
        return Line("person", {"address": uri})
    facts = {"address": uri, "name": who.name, "contact": who.root, "verified": who.verified}
    return Line("person", {**facts, "linked": who.root != who.contact})


def _went_out(tx: Tx, entry: Row, data: dict[str, Any]) -> Line:
    if entry["actor"] == "hub":
        return Line("automatic", {name: data.get(name, "") for name in ("automatic", "template")})
    if entry["actor"] == "elsewhere":
        return Line("elsewhere")
    return Line("written", {"name": _name(tx, entry["actor"])})


def _moved(tx: Tx, entry: Row, moved: list[Row], visible: Visible) -> list[Line]:
    """What people did with it, the last first; the last can be taken back while it holds."""
    found: list[Line] = []
    for row in reversed(moved):
        facts: dict[str, Any] = {"by": _name(tx, row["actor"]), "at": when(row["at"])}
        if row["undone_at"] is not None:
            facts["undone"] = when(row["undone_at"])
        elif row["target"] == entry["conversation"] and not found:
            facts["undo"] = row["id"]
        if visible(row["source"]):
            before = conversations.get(tx, row["source"])
            facts["source"] = row["source"]
            facts["code"] = "" if before is None else before["code"]
            facts["subject"] = "" if before is None else before["subject"]
        found.append(Line("moved", facts))
    return found


def _name(tx: Tx, actor: str) -> str:
    """Who acted, by name; empty for a program."""
    return views.actor_name(tx, actor)
