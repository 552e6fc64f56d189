"""No query of the hot paths walks a large table: each uses an index on SQLite, by its own plan."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from typing import Any

import pytest

from connectors.contract import Uri
from hub.timers import next_due
from storage import (
    abilities,
    agents,
    attachments,
    automatic,
    board,
    claims,
    claims_said,
    contacts,
    conversations,
    decisions,
    deliveries,
    exchanges,
    explanations,
    facts,
    figures,
    handle_times,
    health,
    links,
    mailboxes,
    participants,
    past_decisions,
    raw_events,
    receipts,
    search,
    skills,
    sla_deadlines,
    state_log,
    steps,
    timeline,
    timers,
    traces,
    views,
    wait_estimates,
    words,
    work_items,
)
from storage.db import Database, Tx

LARGE = {
    "timeline_entry", "t", "m", "conversation", "c", "delivery", "d", "e", "raw_event",
    "raw_request", "r", "work_item", "w", "contact", "identity", "i", "p", "decision", "offer",
    "o", "attachment", "a", "event", "participant", "consent", "claim", "x",
    "find_word", "claim_code", "k", "agent_state_log", "l", "item_log", "g", "assignment", "s", "n", "f",
    "sla_deadline", "automatic_send", "wait_estimate", "mailbox_mail",
}  # fmt: skip

Query = Callable[[Tx], Any]
EVERYTHING = views.Sight(all=True)

QUERIES: dict[str, Query] = {
    "trace a code": lambda tx: traces.by_code(tx, "12345675"),
    "trace an event": lambda tx: traces.by_event(tx, 1),
    "trace a provider's id": lambda tx: traces.by_provider_id(tx, "SM1"),
    "trace a message id": lambda tx: traces.by_message_id(tx, "m@a"),
    "trace an address": lambda tx: traces.by_address(tx, "tel:+1"),
    "trace a request": lambda tx: traces.by_request(tx, "r"),
    "trace: matter": lambda tx: traces.matter(tx, 1),
    "trace: entries": lambda tx: traces.entries(tx, 1),
    "trace: arrivals": lambda tx: traces.arrivals(tx, 1),
    "trace: receipts": lambda tx: traces.receipts(tx, 1),
    "trace: deliveries": lambda tx: traces.deliveries(tx, 1),
    "trace: items": lambda tx: traces.items(tx, 1),
    "trace: moves": lambda tx: traces.moves(tx, 1),
    "trace: rulings": lambda tx: traces.rulings(tx, 1),
    "trace: automatic": lambda tx: traces.automatic(tx, 1),
    "trace: due": lambda tx: traces.due(tx, 1),
    "attempts of a part": lambda tx: exchanges.of_delivery(tx, 1),
    "health of a channel": lambda tx: health._of_newest(tx, 1),
    "what has not left": health._leaving,
    "oldest unrouted": health.oldest_unrouted,
    "oldest unanswered": health.oldest_unanswered,
    "find a name": lambda tx: search.by_name(tx, words.asked("mina karimi")),
    "find an address": lambda tx: search.by_address(tx, words.asked("0123456")),
    "find a subject": lambda tx: search.by_subject(tx, words.asked("invoice of may")),
    "find a code": lambda tx: search.by_code(tx, "1234"),
    "find whoever is to be seen": lambda tx: views.seen_people(
        tx, [1, 2], views.Sight(all=False, hidden=frozenset({9}))
    ),
    "places of a person": lambda tx: views.places(tx, 1),
    "matters of a person": lambda tx: views.conversations(tx, EVERYTHING, contact=1),
    "links below": lambda tx: links._below(tx, 1),
    "links of a person": lambda tx: links.made(tx, 1),
    "codes of a claim": lambda tx: claims_said.newest(tx, 1),
    "codes that are awaited": lambda tx: claims_said.awaited(tx, 1, 1),
    "codes sent": lambda tx: claims_said.sent_since(tx, 1, "u", claim_since=1, uri_since=1),
    "a visitor's code": lambda tx: views.visitor_code(tx, "webchat:a/b", 1),
    "delivery claim": lambda tx: deliveries.waiting(tx, 1, 5),
    "delivery next due": lambda tx: deliveries.next_due(tx, 1),
    "delivery orphans": lambda tx: deliveries.orphans(tx, 5),
    "delivery seen by": lambda tx: receipts.seen_by(tx, "tel:+1", 1, 5, "read", now=1),
    "delivery by message id": lambda tx: receipts.by_message_id(tx, 1, "m"),
    "decisions of past days": lambda tx: past_decisions.page(tx, 1, (9, 9), 5),
    "claims of past days": lambda tx: past_decisions.claims(tx, 1, 5),
    "facts: profile": lambda tx: facts.profile(tx, 1),
    "facts: last contact": lambda tx: facts.last_contact(tx, [1]),
    "facts: queues": lambda tx: facts.queues(tx, 1),
    "items waiting": work_items.waiting,
    "item live": lambda tx: work_items.live_of(tx, 1),
    "items of an agent": lambda tx: work_items.abandoned_by(tx, 1),
    "offers due": lambda tx: claims.offers_due(tx, 1),
    "offers pending": lambda tx: claims.pending_offers(tx, 1),
    "attachments due": lambda tx: attachments.due(tx, 1),
    "who": lambda tx: contacts.find(tx, Uri("tel:+1")),
    "identities": lambda tx: contacts.identities(tx, 1),
    "latest conversation": lambda tx: conversations.latest(tx, [1], 1),
    "open count": lambda tx: conversations.open_count(tx, [1]),
    "last agent": lambda tx: conversations.last_agent(tx, [1]),
    "by message ids": lambda tx: conversations.by_message_ids(tx, ["m"], 1, 1, 1),
    "participants": lambda tx: participants.of(tx, 1),
    "ledger request events": lambda tx: raw_events.events_of(tx, 1),
    "numbers of a mailbox": lambda tx: mailboxes.uids(tx, 1, 1, 9),
    "a mail that is known": lambda tx: timeline.is_known(tx, 1, "m", "p"),
    "last of the customer": lambda tx: timeline.last_inbound(tx, 1),
    "conversation": lambda tx: views.conversation(tx, 1),
    "entry": lambda tx: views.entry(tx, 1),
    "matter": lambda tx: views.matter(tx, 1),
    "timeline": lambda tx: views.timeline(tx, [1], EVERYTHING),
    "visitor": lambda tx: views.visitor_entries(tx, "webchat:a/b", 1, after=None, limit=5),
    "visitor since": lambda tx: views.visitor_entries(tx, "webchat:a/b", 1, after=3, limit=5),
    "queues": views.queues,
    "offers": lambda tx: views.offers(tx, 1),
    "contact": lambda tx: views.contact(tx, 1, EVERYTHING),
    "explained item": lambda tx: explanations.item(tx, 1),
    "explained decision": lambda tx: explanations.decision(
        tx, {"id": 1, "conversation": 1, "entered_at": 1}
    ),
    "explained offers": lambda tx: explanations.offers(tx, 1),
    "explained assignments": lambda tx: explanations.assignments(tx, {"id": 1, "conversation": 1}),
    "explained log": lambda tx: explanations.log(tx, 1),
    "explained again": lambda tx: explanations.again_at(tx, 1),
    "newest item": lambda tx: explanations.newest_item(tx, 1),
    "turns of a conversation": lambda tx: decisions.turns(tx, 1),
    "turns begun": lambda tx: board.begun(tx, 1, 9, (5, 5)),
    "figures of presence": lambda tx: figures.presence(tx, 1, 1, 9),
    "figures of work": lambda tx: figures.work(tx, 1, 9, (5, 5)),
    "figures of work in hand": lambda tx: figures.in_hand(tx, 9),
    "figures of matters": lambda tx: figures.resolved(tx, 1, 9, (5, 5)),
    "board live": board.live,
    "board ended": lambda tx: board.ended_since(tx, 1),
    "board ended, next page": lambda tx: board.ended_since(tx, 1, (5, 5)),
    "board turns": lambda tx: board.turns(tx, [1, 2]),
    "board agents": lambda tx: board.agents(tx, [1]),
    "state log": lambda tx: state_log.listed(tx, 1, 0, 9, None, 5),
    "state log latest": lambda tx: state_log.latest(tx, 1),
    "queues of an agent": lambda tx: agents.queues_of_one(tx, 1),
    "items waiting, ids": work_items.waiting_ids,
    "steps due": lambda tx: steps.due(tx, 1),
    "deferrals due": lambda tx: steps.deferrals_due(tx, 1),
    "wrap-ups due": lambda tx: steps.wraps_due(tx, 1),
    "wrap-ups of an agent": lambda tx: steps.wrapping_of(tx, 1),
    "timers due": lambda tx: timers.due(tx, 1),
    "next due": next_due,
    "deadlines of a conversation": lambda tx: sla_deadlines.open_of(tx, 1),
    "deadlines of a page": lambda tx: sla_deadlines.open_of_several(tx, [1, 2]),
    "deadlines due": lambda tx: sla_deadlines.due(tx, 1),
    "deadlines of a calendar": lambda tx: sla_deadlines.stale(tx, "c", 1, 5),
    "deadlines counted": lambda tx: sla_deadlines.running_by(tx, "c"),
    "deadlines at all": sla_deadlines.any_open,
    "resolution": lambda tx: sla_deadlines.last_resolution(tx, 1),
    "deadlines given up": lambda tx: sla_deadlines.revive(tx, 1, 1),
    "abilities": lambda tx: abilities.of_one(tx, 1),
    "items that want a skill": lambda tx: skills.wanted_by(tx, "french"),
    "last turn": lambda tx: decisions.last_item(tx, 1),
    "last assigned": lambda tx: decisions.last_assigned(tx, 1),
    "kinds in hand": lambda tx: claims.counts(tx, 1),
    "handle times": lambda tx: handle_times.between(tx, 1, 2),
    "automatic wanted": lambda tx: automatic.wanted(tx, 10),
    "automatic sent in": lambda tx: automatic.sent_in(tx, 1, 5),
    "automatic sent to": lambda tx: automatic.sent_to(tx, "mailto:a@b", 1, 5),
    "automatic last sent": lambda tx: automatic.last_sent(tx, 1, "closed"),
    "automatic newest inbound": lambda tx: automatic.newest_inbound(tx, 1),
    "automatic answered since": lambda tx: automatic.answered_since(tx, 1, 5),
    "line": lambda tx: wait_estimates.line(tx, 1, 10),
    "ahead": lambda tx: wait_estimates.ahead(tx, {"queue": 1, "order_key": 1, "id": 1}, 10),  # type: ignore[arg-type]
    "taken lately": lambda tx: wait_estimates.taken(tx, 1, 5, 20),
    "waits lately": lambda tx: wait_estimates.recent(tx, 1, 100),
    "waiting on": lambda tx: wait_estimates.waiting_on(tx, 1, 10),
    "waits unsettled": wait_estimates.unsettled,
}


class _Recorder:
    """A transaction that also asks for the plan of every statement."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx
        self.scans: list[str] = []

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._tx, name)
        if name not in ("one", "all", "value", "run"):
            return found

        def ask(sql: str, /, **params: Any) -> Any:
            for row in self._tx.all(f"EXPLAIN QUERY PLAN {sql}", **params):
                words = str(row["detail"]).split()
                if words[0] == "SCAN" and words[1] in LARGE and "INDEX" not in words:
                    self.scans.append(f"{row['detail']}: {' '.join(sql.split())[:200]}")
            return found(sql, **params)

        return ask


@pytest.mark.parametrize("name", QUERIES)
async def test_uses_an_index(name: str, sqlite_url: str) -> None:
    assert sqlite3.sqlite_version_info >= (3, 38)
    db = await Database.open(sqlite_url)
    try:

        def scans(tx: Tx) -> list[str]:
            recorder = _Recorder(tx)
            QUERIES[name](recorder)  # type: ignore[arg-type]
            return recorder.scans

        assert await db.write(scans) == []
    finally:
        await db.close()
