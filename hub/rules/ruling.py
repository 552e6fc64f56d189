"""Rules asked for a message that came in, with their trouble counted."""

from __future__ import annotations

from hub import observe
from routing.rules import Decision, RuleSet
from routing.rules.fields import Context
from routing.rules.ruleset import RULE_ERROR


def rule_on(rules: RuleSet, context: Context) -> Decision:
    """What the rules in force say. Never raises."""
    decision = rules.decide(context)
    if decision.timeouts:
        observe.RULE_TROUBLE.labels("pattern").inc(decision.timeouts)
    if decision.reason == RULE_ERROR:
        observe.RULE_TROUBLE.labels("rule").inc()
    return decision
