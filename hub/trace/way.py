"""A whole trace: what a question names, and the way of the conversation that it is part of."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import msgspec

from connectors import address
from hub import explained
from hub.explained.given import json_of
from hub.trace import came, went, words
from hub.trace.find import find
from hub.trace.shape import Due, Found, Line, Matter, Trace
from hub.trace.words import DUE, HOW, PROMISES, SENTENCES, named, say
from routing.explain import LANGUAGES, why_here
from storage import traces, views
from storage.views.times import time_of

if TYPE_CHECKING:
    from hub.explained import Explanation, Now
    from storage.db import Row, Tx
    from storage.traces import Match

Seen = Callable[["Tx", int], bool]
"""Whether the caller may see this conversation."""


def trace(tx: Tx, asked: str, now: Now, seen: Seen, region: str) -> Trace:
    """The way of what ``asked`` names; nothing found is a trace without lines."""
    matches = find(tx, asked, region)
    visible = [one.conversation is None or seen(tx, one.conversation) for one in matches]
    told = Trace(
        asked=asked,
        found=[_found(tx, one, hidden=not ok) for one, ok in zip(matches, visible, strict=True)],
    )
    first = next((one for one, ok in zip(matches, visible, strict=True) if ok), None)
    if first is None:
        return told
    if first.conversation is None:
        told.lines = list(came.event(tx, first.event or 0, asked=True))
        return told
    return _whole(tx, told, first, first.conversation, now, seen)


def _found(tx: Tx, one: Match, *, hidden: bool) -> Found:
    if hidden:
        return Found(kind=one.kind, again="", words=say(SENTENCES, "hidden"), hidden=True)
    row = None if one.conversation is None else traces.matter(tx, one.conversation)
    if row is None:
        again = f"event:{one.event}"
        return Found(kind=one.kind, again=again, words=say(SENTENCES, "event", id=one.event or 0))
    said = say(
        SENTENCES,
        "conversation",
        name=_name(row),
        channel=row["channel_name"],
        code=row["code"],
    )
    return Found(kind=one.kind, again=row["code"], words=said)


def _name(matter: Row) -> str:
    """Who the customer is: by name, else by the address they last wrote from."""
    return str(matter["contact_name"] or address.display(matter["uri"]))


def _whole(tx: Tx, told: Trace, asked: Match, conversation: int, now: Now, seen: Seen) -> Trace:
    row = traces.matter(tx, conversation)
    if row is None:
        return told
    entries = traces.entries(tx, conversation)
    told.matter = Matter(
        id=row["id"],
        code=row["code"],
        contact=row["contact"],
        name=_name(row),
        status=row["status"],
        channel=row["channel_name"],
    )
    told.cut = len(entries) == traces.ENTRIES
    lines = [
        *_entries(tx, row, entries, asked),
        *_rulings(tx, conversation),
        *_turns(tx, conversation, now),
        *_automatic(tx, conversation),
        *_moves(tx, conversation, seen),
    ]
    told.lines = sorted(lines, key=lambda line: line.at)  # stable: what belongs together stays so
    told.due = [_due(one) for one in traces.due(tx, conversation)]
    return told


def _entries(tx: Tx, row: Row, entries: list[Row], asked: Match) -> Iterator[Line]:
    first = True
    for entry in entries:
        meant = entry["id"] == asked.entry
        if entry["kind"] == "message" and entry["direction"] == "in":
            if entry["raw_event"] is not None:
                yield from came.event(tx, entry["raw_event"], asked=False, entry=entry)
            yield came.filed(entry, _name(row), first=first, asked=meant)
            first = False
        elif entry["kind"] == "message":
            if entry["raw_event"] is not None:  # found in the sent folder
                yield from came.event(tx, entry["raw_event"], asked=False, entry=entry)
            yield from went.answer(tx, entry, asked=meant)
        elif entry["kind"] != "taken":  # its turn tells that
            yield went.note(entry)


def _rulings(tx: Tx, conversation: int) -> Iterator[Line]:
    for row in traces.rulings(tx, conversation):
        decision = {**json_of(row["data"]), "rule": row["rule"]}
        said = {language: why_here(decision, language) for language in LANGUAGES}
        yield Line(
            at=time_of(row["at"]),
            what="rule",
            words={
                language: found[0] if found else say(SENTENCES, "rule")[language]
                for language, found in said.items()
            },
            entry=row["entry"],
            data={"rule": row["rule"], "version": row["rule_version"]},
            more={language: found[1:] for language, found in said.items()},
        )


def _turns(tx: Tx, conversation: int, now: Now) -> Iterator[Line]:
    for item in traces.items(tx, conversation):
        told = explained.explain(tx, item, now)
        if told is not None:
            yield from _turn(told)


def _turn(told: Explanation) -> Iterator[Line]:
    item = told.work_item
    yield Line(
        at=item.entered_at,
        what="turn",
        words=say(SENTENCES, "queued", queue=item.queue.name),
        data={"work_item": item.id, "mode": item.mode, "state": item.state},
    )
    for line in told.log:
        yield Line(at=line.at, what="turn", words=line.words, data={"work_item": item.id})
    for offer in told.offers:
        yield Line(at=offer.at, what="offer",
                   words=say(SENTENCES, "offered", agent=offer.agent.name),
                   more={name: said[1:] for name, said in offer.words.items()},
                   data={"work_item": item.id, "offer": offer.id})  # fmt: skip
        if offer.settled_at is not None:
            yield Line(at=offer.settled_at, what="offer",
                       words={name: said[0] for name, said in offer.words.items()},
                       data={"work_item": item.id, "offer": offer.id})  # fmt: skip
    for one in told.assignments:
        how = one.how if one.how in HOW else "push"
        yield Line(at=one.at, what="assigned", words=say(HOW, how, agent=one.agent.name),
                   more=one.words, data={"work_item": item.id, "how": one.how})  # fmt: skip


def _moves(tx: Tx, conversation: int, seen: Seen) -> Iterator[Line]:
    """Entries that somebody filed here from elsewhere, or elsewhere from here."""
    for row in traces.moves(tx, conversation):
        away = row["source"] == conversation
        other = row["target"] if away else row["source"]
        code = row["target_code"] if away else row["source_code"]
        said = say(
            SENTENCES,
            "moved_away" if away else "moved_here",
            writer=views.actor_name(tx, row["actor"]) or row["actor"],
            n=len(msgspec.json.decode(row["entries"])),
            code=code if seen(tx, other) else "…",
        )
        yield Line(at=time_of(row["at"]), what="note", words=said)
        if row["undone_at"] is not None:
            yield Line(
                at=time_of(row["undone_at"]), what="note", words=say(SENTENCES, "moved_back")
            )


def _automatic(tx: Tx, conversation: int) -> Iterator[Line]:
    for row in traces.automatic(tx, conversation):
        said = say(
            SENTENCES,
            f"automatic_{row['state']}",
            template=row["template"],
            reason=row["refused"].replace("_", " "),
        )
        data = {"cause": row["cause"], "answers": row["answers"]}
        yield Line(at=time_of(row["at"]), what="automatic", words=said, entry=row["entry"],
                   data=data)  # fmt: skip


def _due(row: Row) -> Due:
    name = named(PROMISES, row["name"]) if row["what"] == "promise" else row["name"]
    said = say(DUE, row["what"], name=name)
    return Due(at=time_of(row["at"]), what=row["what"], words=said)


def subject(told: Trace) -> str:
    """What was looked at, for the audit: ids, never the question itself."""
    if told.matter is not None:
        return f"conversation:{told.matter.id}"
    event = next((line.data.get("event") for line in told.lines if "event" in line.data), None)
    return f"raw-event:{event}" if event is not None else "nothing"


__all__ = ["Seen", "subject", "trace", "words"]
