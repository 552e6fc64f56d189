"""How an answer went out: who wrote it, each attempt with the provider's answer, and its receipts."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from hub.trace import words
from hub.trace.shape import Line, Said
from hub.trace.words import HAPPENED, SENTENCES, STATES, named, say
from storage import exchanges, traces
from storage.views.times import time_of

if TYPE_CHECKING:
    from storage.db import Row, Tx

HUB: Said = {"en": "The hub", "fa": "سامانه"}


def answer(tx: Tx, entry: Row, *, asked: bool) -> Iterator[Line]:
    """An outbound message, with everything that became of its parts."""
    if entry["actor"] == "elsewhere":
        yield Line(at=time_of(entry["recorded_at"]), what="written", asked=asked, entry=entry["id"],
                   words=say(SENTENCES, "elsewhere"), data={"message_id": entry["message_id"]})  # fmt: skip
        return
    parts = traces.deliveries(tx, entry["id"])
    yield Line(
        at=time_of(entry["recorded_at"]),
        what="written",
        words=say(SENTENCES, "wrote", writer=_writer(entry), channel=entry["channel"] or ""),
        asked=asked,
        entry=entry["id"],
        data={
            "message_id": entry["message_id"],
            "provider_id": entry["provider_id"],
            "request": next((part["origin"] for part in parts if part["origin"]), ""),
        },
    )
    for part in parts:
        yield from _part(tx, entry["id"], part)


def note(entry: Row) -> Line:
    """A note, or what somebody did with the matter."""
    writer, kind = _writer(entry), entry["kind"]
    said = (
        say(HAPPENED, kind, writer=writer)
        if kind in HAPPENED
        else say(SENTENCES, "happened", writer=writer, kind=kind.replace("_", " "))
    )
    return Line(at=time_of(entry["recorded_at"]), what="note", words=said, entry=entry["id"])


def _writer(entry: Row) -> Said:
    name = entry["writer"] or (None if entry["actor"] == "hub" else entry["actor"])
    return HUB if name is None else dict.fromkeys(HUB, str(name))


def _part(tx: Tx, entry: int, part: Row) -> Iterator[Line]:
    kept = exchanges.of_delivery(tx, part["id"])
    for row in kept:
        yield _attempt(entry, row)
    if part["attempts"] > len(kept):
        missing = part["attempts"] - len(kept)
        yield Line(
            at=time_of(part["created_at"]),
            what="attempt",
            words=say(SENTENCES, "attempts_gone", n=missing),
            entry=entry,
        )
    yield _state(entry, part)
    for receipt in traces.receipts(tx, part["id"]):
        yield Line(
            at=time_of(receipt["received_at"]),
            what="receipt",
            words=say(SENTENCES, "receipt", state=named(STATES, _told(receipt))),
            entry=entry,
            data={"event": receipt["id"], "provider_id": receipt["part"],
                  "signature": receipt["signature"]},
        )  # fmt: skip


def _told(receipt: Row) -> str:
    return str(receipt["provider_id"]).rpartition(":")[2]


def _attempt(entry: int, row: Row) -> Line:
    said = say(
        SENTENCES,
        "attempt_why" if row["words"] else "attempt",
        number=row["attempt"],
        outcome=named(STATES, row["outcome"]),
        span=words.span(row["took"]),
        words=row["words"],
    )
    return Line(
        at=time_of(row["at"]),
        what="attempt",
        words=said,
        entry=entry,
        data={"delivery": row["delivery"], "outcome": row["outcome"], "request": row["request_id"]},
        steps=exchanges.steps(row),
    )


def _state(entry: int, part: Row) -> Line:
    key = "state_part" if part["parts"] > 1 else "state"
    why = part["words"] or part["code"]
    said = say(
        SENTENCES,
        f"{key}_why" if why else key,
        part=part["part"],
        parts=part["parts"],
        state=named(STATES, part["state"]),
        words=why,
    )
    data = {"delivery": part["id"], "state": part["state"], "code": part["code"],
            "address": part["uri"], "provider_id": part["called"]}  # fmt: skip
    return Line(at=time_of(part["updated_at"]), what="delivery", words=said, entry=entry, data=data)
