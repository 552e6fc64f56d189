"""Configuration as code: what a file would change, and changing exactly that in one transaction.

``plan`` compares a file with the store and returns the changes; ``apply`` makes them. Both run the
same comparison inside a transaction, and neither ever calls out. ``export`` writes the file back,
so that applying an export changes nothing. One module a noun.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hub import files
from hub.declare import agents, calendars, channels, queues, rules, skills, sla, templates
from hub.declare.agents import agent_document, save_agent
from hub.declare.calendars import calendar_document
from hub.declare.channels import channel_document
from hub.declare.comparison import Change, Comparison, Order
from hub.declare.queues import queue_document
from hub.declare.skills import skill_document
from hub.declare.sla import policy_document
from hub.declare.templates import template_document
from hub.declared import DeclarationInvalid
from hub.rules import rows as rule_rows
from storage import audit, sla_policies
from storage import calendars as stored_calendars
from storage import channels as stored_channels
from storage import queues as stored_queues
from storage import rules as stored_rules
from storage import skills as stored_skills
from storage import templates as stored_templates

if TYPE_CHECKING:
    from storage.db import Tx

__all__ = [
    "Change",
    "Order",
    "agent_document",
    "apply",
    "channel_document",
    "export",
    "plan",
    "queue_document",
    "save_agent",
]


def plan(tx: Tx, order: Order) -> list[Change]:
    """What applying would change. Raises DeclarationInvalid."""
    run = Comparison(order)
    said, opening, names = templates.plan(tx, run), calendars.plan(tx, run), queues.plan(tx, run)
    templates.check_used(run, said)
    calendars.check_used(run, opening)
    channels.plan(tx, run)
    promises = sla.plan(tx, run, names)
    sla.check_used(run, promises)
    queues.check_overflow(run, names)
    queues.check_channels(run, channels.addresses(tx, run))
    skilled = skills.plan(tx, run)
    agents.plan(tx, run, names, skilled)
    there = rules.Afterwards(
        queues=names, templates=said, calendars=opening, policies=promises, skills=skilled
    )
    rules.plan(tx, run, there)
    if run.errors:
        raise DeclarationInvalid(run.errors)
    return [*run.changes, *run.last]


def apply(tx: Tx, order: Order) -> list[str]:
    """Change it; the lines that ``plan`` would have printed. Raises DeclarationInvalid."""
    changes = plan(tx, order)
    for change in changes:
        change.do(tx)
    lines = [str(change) for change in changes]
    if lines:
        audit.record(tx, order.by, "apply", "configuration", now=order.now, changes=lines)
    return lines


def export(tx: Tx) -> str:
    """The configuration as one file."""
    published = stored_rules.current(tx)
    document: dict[str, Any] = {
        "channels": [channel_document(row) for row in stored_channels.listed(tx)],
        "queues": [queue_document(row) for row in stored_queues.listed(tx)],
        "agents": [
            found
            for row in stored_queues.agents_listed(tx)
            if (found := agent_document(tx, row)) and (row["role"] != "admin" or "queues" in found)
        ],
    }
    if stored := stored_skills.listed(tx):
        document["skills"] = [skill_document(row) for row in stored]
    if stored := stored_calendars.listed(tx):
        document["calendars"] = [calendar_document(row) for row in stored]
    if stored := sla_policies.listed(tx):
        document["sla"] = [policy_document(row) for row in stored]
    if stored := stored_templates.listed(tx):
        document["templates"] = [template_document(row) for row in stored]
    if published is not None:
        document["rules"] = rule_rows.rows_of(published["body"])
    return files.write(document)
