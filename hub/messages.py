"""Filing one message: person, conversation, entry, what hangs on it, decision, work item."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from connectors.contract import Inbound
from hub import automatic, placing, sla, turns
from hub.case import Case, Filed, ignored
from hub.entry import entry_of
from hub.persons import claims as said
from hub.replies import customer
from hub.rules.context import Facts, context_of, inputs
from hub.rules.facts import gather
from hub.rules.ruling import rule_on
from storage import (
    attachments,
    consents,
    contacts,
    conversations,
    decisions,
    last_moved,
    participants,
    raw_events,
    steps,
    timeline,
    work_items,
)
from storage.contacts import Who
from storage.conversations import Found
from storage.decisions import DecisionRow

if TYPE_CHECKING:
    from routing.rules import Decision
    from storage.db import Row, Tx


def file_message(tx: Tx, case: Case, request: int, event: int, message: Inbound) -> Filed:
    if placing.is_echo(tx, case, message):
        return ignored(tx, case, event, "our own words")
    whose = customer.customer(tx, case, message)
    message = whose.message
    who = contacts.resolve(
        tx,
        message.sender,
        message.sender_name,
        source=f"channel:{case.channel.name}",
        verified=message.authenticated,
        now=case.now,
    )
    if message.identities:
        who = placing.proven(tx, case, who, message.identities)
    found = placing.place(tx, case, who, message)
    rules = case.desk.rules
    facts = gather(tx, who, found, rules.needs, case.now)
    question = context_of(case.desk, case.channel, message, facts, case.now)
    decision = rule_on(rules, question.context)
    conversation, queue, agent = _attach(tx, case, who, found, message, decision)
    entry = timeline.append(
        tx,
        entry_of(case, who, conversation, event, whose, found, routed=decision.routed),
        queue=queue,
        agent=agent,
        now=case.now,
    )
    raw_events.filed(tx, event, entry)
    hang_on(tx, case, who, conversation, request, entry, message)
    customer.leave_note(tx, whose, who.contact, conversation, queue, agent, now=case.now)
    item = _enqueue(tx, case, conversation, found, facts, decision)
    row = DecisionRow(
        conversation=conversation,
        entry=entry,
        work_item=item,
        rule_version=case.desk.version,
        rule=decision.rule_id,
        data=msgspec.json.encode(_said(case, decision, queue)).decode(),
        inputs=inputs(question.kept, rules.needs),
        at=case.now,
    )
    decisions.keep(tx, row)
    automatic.ask(
        tx,
        case.desk,
        decision,
        case.channel,
        conversation=conversation,
        identity=who.identity,
        entry=entry,
        queue=queue,
        begins=found.row is None or found.row["status"] in conversations.CLOSED,
        now=case.now,
    )
    return Filed("stored", event, entry, conversation)


def _said(case: Case, decision: Decision, queue: int | None) -> dict[str, Any]:
    """What is kept of a decision; ``kept``: the other queue in which the matter stays."""
    said = decision.as_dict()
    if queue is not None and decision.queue is not None:
        name = case.desk.queues[queue].name
        if name != decision.queue:
            said["kept"] = name
    return said


def _attach(
    tx: Tx, case: Case, who: Who, found: Found, message: Inbound, decision: Decision
) -> tuple[int, int | None, int | None]:
    """Open or continue the conversation: (its id, queue, owner)."""
    row = found.row
    queue = case.desk.queue_id(decision.queue)
    if row is None:
        id = conversations.create(
            tx,
            contact=who.contact,
            identity=who.identity,
            channel=case.channel.id,
            status="open" if decision.routed else "resolved",
            subject=message.subject,
            queue=queue,
            priority=decision.priority,
            tags=decision.tags,
            waiting_since=case.now if decision.routed else None,
            follows=found.follows,
            now=case.now,
        )
        return id, queue, None
    conversations.add_tags(tx, row, decision.tags)
    if not decision.routed:
        last_moved.note(tx, row["id"], now=case.now)
        return row["id"], row["queue"], row["agent"]
    queue = _queue(case, found, decision)
    conversations.goes_on(
        tx,
        row,
        identity=who.identity,
        channel=case.channel.id,
        queue=queue,
        priority=_head_start(row, decision),
        waiting_since=row["waiting_since"] or case.now,
        now=case.now,
    )
    return row["id"], queue, row["agent"]


def _head_start(row: Row | None, decision: Decision) -> int:
    """Seconds: the rules', which may put back too; the greater one where the matter has its own."""
    own, said = 0 if row is None else int(row["priority"]), decision.priority
    return max(own, said) if own and said else own or said


def _queue(case: Case, found: Found, decision: Decision) -> int | None:
    """Where the turn waits: a matter stays in its queue, where people may have moved it."""
    if not decision.routed:
        return None
    kept = found.row["queue"] if found.row is not None else None
    return kept if kept in case.desk.queues else case.desk.queue_id(decision.queue)


def hang_on(
    tx: Tx, case: Case, who: Who, conversation: int, request: int, entry: int, message: Inbound
) -> None:
    """What comes with a message: files, participants, claims, consent."""
    if message.attachments:
        attachments.expect(
            tx,
            entry,
            message.attachments,
            request=request,
            inside=case.channel.parts is not None,
            now=case.now,
        )
    if case.channel.capabilities.threads:
        _take_part(tx, case, who, conversation, entry, message)
    if message.claims:
        contacts.claim(
            tx,
            who.contact,
            conversation,
            entry,
            message.claims,
            source=f"channel:{case.channel.name}",
            now=case.now,
        )
    if case.proof is not None and said.is_code(message.text):
        said.told(tx, who, message.text, case.proof, now=case.now)
    if message.consent in ("stop", "start"):
        consents.record(
            tx,
            who.identity,
            case.channel.id,
            "withdrawn" if message.consent == "stop" else "granted",
            source="customer",
            proof=message.text.strip() or message.subject,
            entry=entry,
            now=case.now,
        )


def _take_part(
    tx: Tx, case: Case, who: Who, conversation: int, entry: int, message: Inbound
) -> None:
    participants.join(tx, conversation, who.identity, "from", entry, now=case.now)
    left_out = {message.sender, *customer.reached(case, message)}
    for role, parties in (
        ("reply_to", message.reply_to), ("to", message.to), ("cc", message.cc),
    ):  # fmt: skip
        for party in parties[: customer.MOST_PARTIES]:
            if case.is_ours(party.uri) or party.uri in left_out:
                continue
            other = contacts.resolve(
                tx, party.uri, party.name, source=f"{role}:{case.channel.name}", now=case.now
            )
            participants.join(tx, conversation, other.identity, role, entry, now=case.now)


def _enqueue(
    tx: Tx,
    case: Case,
    conversation: int,
    found: Found,
    facts: Facts,
    decision: Decision,
) -> int | None:
    """Let the turn wait, unless one is under way or nothing is owed: the new work item."""
    queue = _queue(case, found, decision)
    if queue is None:
        return None
    row = found.row
    owed = sla.promised(
        tx,
        case.desk,
        case.channel,
        decision,
        queue=queue,
        contact=facts.who.contact,
        row=row,
        now=case.now,
    )
    item = None
    if row is None or not work_items.under_way(tx, conversation):
        turn = turns.begin(
            case.desk,
            case.channel,
            decision,
            conversation=conversation,
            queue=queue,
            since=(row["waiting_since"] if row is not None else None) or case.now,
            priority=_head_start(row, decision),
            preferred=(row["agent"] if row is not None else None) or facts.last_agent,
            preferred_at=facts.last_met,
            now=case.now,
        )
        if owed:
            turn = replace(turn, target=sla.wait(owed, case.now) or turn.target)
        item = work_items.enqueue(tx, turn, first=row is None, now=case.now)
    sla.begin(tx, conversation, item, owed, case.now)
    if row is not None and case.desk.promising:
        sla.on_customer(tx, case.desk, row, case.now)
    if item is None and row is not None and row["status"] in conversations.CLOSED:
        steps.hurry_wrap(tx, conversation, now=case.now)
    return item
