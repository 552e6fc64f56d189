"""What rules do: actions read, laid together, refused; the examples of the description."""

from __future__ import annotations

import json
from typing import Any

import pytest

from routing.model import Mode
from routing.plan import Need
from routing.rules import Decision, RuleSet, RulesInvalid, compile_rules
from routing.rules.fields import Value
from routing.rules.outcome import SECOND, Deflect, NamedPrefer, NamedStep, Sla

NAMES: dict[str, Any] = {
    "queues": ("support", "billing", "vip", "frontdesk"),
    "channels": ("sms", "voice", "chat", "email"),
    "skills": ("french", "german"),
    "templates": ("closed-hours",),
    "calendars": ("office-paris",),
    "policies": ("gold",),
    "agents": ("sara@acme.example",),
}
REST = {"id": "rest", "when": {}, "then": {"queue": "support"}}
ALWAYS = {"field": "channel", "present": True}
CONTEXT: dict[str, Value] = {"channel": "sms", "text": "hello", "auto": "no"}


def rules(*rows: dict[str, Any]) -> RuleSet:
    return compile_rules([*rows, REST], **NAMES)


def row(id: str, then: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": id, "when": ALWAYS, "then": then, **more}


def decided(*rows: dict[str, Any], **context: Value) -> Decision:
    return rules(*rows).decide({**CONTEXT, **context})


# ---------------------------------------------------------------- the description's examples

EXAMPLES: list[dict[str, Any]] = [
    {
        "id": "vip-fr-voice",
        "order": 100,
        "when": {
            "all": [
                {"field": "channel", "in": ["voice", "chat"]},
                {"field": "contact.tier", "eq": "vip"},
                {"field": "contact.language", "eq": "fr"},
            ]
        },
        "then": {"queue": "vip", "priority": "+300s", "sla": {"answer": "10s", "target": 90}},
        "plan": [
            {
                "require": [{"skill": "french", "min": 4}],
                "prefer": [{"last_agent": "30d"}],
                "for": "15s",
            },
            {"require": [{"skill": "french", "min": 2}], "for": "30s"},
            {"require": [], "also_queues": ["frontdesk"], "then_offer": "callback"},
        ],
        "stop": True,
    },
    {
        "id": "invoice-mail",
        "order": 200,
        "when": {
            "all": [
                {"field": "channel", "eq": "email"},
                {
                    "any": [
                        {"field": "to.address", "eq": "billing@acme.example"},
                        {
                            "field": "subject",
                            "contains_any": ["invoice", "facture", "Rechnung"],
                        },
                    ]
                },
                {"not": {"field": "headers.auto-submitted", "present": True}},
            ]
        },
        "then": {
            "queue": "billing",
            "tags": {"add": ["invoice"]},
            "sla": {"first_reply": "4h", "calendar": "office-paris"},
            "interruptible": True,
        },
        "stop": False,
    },
    {
        "id": "night-overflow",
        "order": 900,
        "when": {
            "all": [
                {"field": "queue.calendar", "eq": "closed"},
                {"field": "channel", "in": ["voice", "chat"]},
                {
                    "any": [
                        {"field": "queue.waiting", "gt": 5},
                        {"field": "contact.tier", "ne": "vip"},
                    ]
                },
            ]
        },
        "then": {
            "deflect": {"to": "callback", "at": "next_open", "keep_place": True},
            "reply_template": "closed-hours",
        },
        "stop": True,
    },
    {**REST, "order": 1000},
]


def test_the_first_example() -> None:
    decision = compile_rules(EXAMPLES, **NAMES).decide(
        {
            "channel": "voice",
            "contact.attributes.tier": "VIP",
            "contact.language": "fr",
            "queue.support.calendar": "closed",
        }
    )
    assert (decision.rule_id, decision.queue, decision.priority) == ("vip-fr-voice", "vip", 300)
    assert decision.sla == Sla(answer=10 * SECOND, target=90)
    assert decision.plan == (
        NamedStep(
            require=(Need("french", 4),),
            prefer=(NamedPrefer(last_agent=30 * 86_400 * SECOND),),
            lasts=15 * SECOND,
        ),
        NamedStep(require=(Need("french", 2),), lasts=30 * SECOND),
        NamedStep(also_queues=("frontdesk",), then_offer="callback"),
    )
    stored = json.loads(json.dumps(decision.as_dict()))
    assert stored["sla"] == {"answer": 10, "target": 90}
    assert stored["plan"][0] == {
        "require": [{"skill": "french", "min": 4}],
        "prefer": [{"last_agent": 2_592_000}],
        "for": 15,
    }


def test_the_second_example() -> None:
    compiled = compile_rules(EXAMPLES, **NAMES)
    mail = {"channel": "email", "address": "mailto:billing@acme.example", "subject": ""}
    decision = compiled.decide(mail)
    assert (decision.rule_id, decision.queue) == ("rest", "billing")
    assert decision.hit == ("invoice-mail", "rest")
    assert (decision.rule_of("queue"), decision.rule_of("tags")) == ("invoice-mail", "rest")
    assert decision.as_dict()["by"]["sla"] == decision.rule_of("sla") == "invoice-mail"
    assert (decision.tags, decision.interruptible) == (("invoice",), True)
    assert decision.sla == Sla(first_reply=4 * 3600 * SECOND, calendar="office-paris")
    other = compiled.decide({**mail, "address": "mailto:x@acme.example", "subject": "La FACTURE"})
    assert other.queue == "billing"
    assert compiled.decide({**mail, "headers.auto-submitted": "no"}).queue == "support"


@pytest.mark.parametrize(
    ("context", "rule"),
    [
        ({"queue.support.calendar": "closed", "queue.support.waiting": 6}, "night-overflow"),
        ({"queue.support.calendar": "closed", "queue.support.waiting": 5}, "rest"),
        ({"queue.support.calendar": "open", "queue.support.waiting": 6}, "rest"),
        ({"queue.support.waiting": 6}, "rest"),
        (
            {"queue.support.calendar": "closed", "contact.attributes.tier": "basic"},
            "night-overflow",
        ),
    ],
)
def test_the_third_example(context: dict[str, Value], rule: str) -> None:
    decision = compile_rules(EXAMPLES, **NAMES).decide({"channel": "chat", **context})
    assert (decision.rule_id, decision.queue) == (rule, "support")
    if rule == "night-overflow":
        assert decision.deflect == Deflect("callback", "next_open", keep_place=True)
        assert decision.reply_template == "closed-hours"


# ---------------------------------------------------------------- laid together


def test_the_first_to_say_something_wins_and_the_rest_is_noted() -> None:
    decision = decided(
        row("a", {"mode": "pull", "sla": "gold", "weight": 2}, stop=False),
        row("b", {"queue": "vip", "mode": "ask", "sla": {"answer": "1m"}, "weight": 2.0}),
    )
    assert (decision.mode, decision.sla, decision.weight) == (Mode.PULL, Sla("gold"), 2.0)
    assert decision.notes == (
        "rule b: mode ask not taken, an earlier rule decided",
        "rule b: sla not taken, an earlier rule decided",
    )


def test_who_overrides_wins_and_that_is_noted_too() -> None:
    decision = decided(
        row("a", {"queue": "vip", "priority": "1m", "tags": ["x"]}, stop=False),
        row("b", {"queue": "billing", "tags": ["y"]}, stop=False, override=True),
        row("c", {"queue": "support", "tags": {"add": ["z"]}}),
    )
    assert (decision.queue, decision.priority, decision.tags) == ("billing", 60, ("y", "z"))
    assert decision.notes == (
        "rule a: queue vip not taken, rule b overrides",
        "rule c: queue support not taken, an earlier rule decided",
    )


def test_tags_that_are_only_added_replace_nothing() -> None:
    decision = decided(
        row("a", {"tags": ["x"]}, stop=False),
        row("b", {"queue": "vip", "tags": {"add": ["y"]}}, override=True),
    )
    assert decision.tags == ("x", "y")


def test_a_queue_for_nobody_is_noted() -> None:
    decision = decided(
        row("a", {"queue": "vip"}, stop=False), row("b", {"route": "none", "reason": "test"})
    )
    assert decision.notes == ("rule a: queue vip not taken, rule b gives it to nobody",)


def test_what_is_asked_of_the_queue_is_asked_of_the_one_chosen_so_far() -> None:
    asks = {"field": "queue.waiting", "ge": 5}
    rows = (
        row("first", {"queue": "vip"}, stop=False),
        row("second", {"queue": "billing"}, stop=False),
        {"id": "busy", "when": asks, "then": {"deflect": {"to": "message"}}},
    )
    compiled = rules(*rows)
    assert {"queue.vip.waiting", "queue.billing.waiting", "queue.support.waiting"} <= compiled.needs
    busy = {**CONTEXT, "queue.vip.waiting": 5, "queue.billing.waiting": 0}
    assert compiled.decide(busy).rule_id == "busy"
    assert compiled.decide(busy).queue == "vip"
    idle = {**CONTEXT, "queue.vip.waiting": 4, "queue.billing.waiting": 9}
    assert compiled.decide(idle).rule_id == "rest"


def test_order_goes_before_place() -> None:
    rows = [
        {**REST, "order": 900},
        row("late", {"queue": "vip"}, order=20),
        row("after-late", {"queue": "billing"}),
        row("early", {"tags": ["x"]}, order=10.5, stop=False),
    ]
    decision = compile_rules(rows, **NAMES).decide(CONTEXT)
    assert decision.hit == ("early", "late")
    with pytest.raises(RulesInvalid, match="the last rule must be a catch-all"):
        compile_rules([REST, row("late", {"queue": "vip"}, order=1)], **NAMES)


def test_a_plan_can_be_another_rows() -> None:
    steps = [{"require": [{"skill": "french"}], "for": "1m"}, {}, {"overflow": "frontdesk"}]
    compiled = rules(
        {"id": "a", "when": {"field": "text", "eq": "x"}, "then": {"queue": "vip"}, "plan": steps},
        row("b", {"queue": "billing", "plan": "a"}),
    )
    decision = compiled.decide(CONTEXT)
    assert decision.plan == (NamedStep((Need("french"),), lasts=60 * SECOND), NamedStep())
    assert decision.overflow == "frontdesk"


# ---------------------------------------------------------------- refused


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"order": "1"}, "rules[0].order: must be a number"),
        ({"override": 1}, "rules[0].override: must be true or false"),
        ({"then": {"queue": "vip", "sla": "golf"}}, "SLA policy golf; did you mean gold?"),
        ({"then": {"queue": "vip", "sla": {}}}, "then.sla: needs one of answer"),
        ({"then": {"queue": "vip", "sla": {"answer": "0s"}}}, "sla.answer: must be longer"),
        ({"then": {"queue": "vip", "sla": {"answer": 5}}}, "sla.answer: write a duration"),
        ({"then": {"queue": "vip", "sla": {"answer": "5s", "target": 101}}}, "sla.target: must"),
        (
            {"then": {"queue": "vip", "sla": {"answer": "5s", "calendar": "office-pari"}}},
            "there is no calendar office-pari; did you mean office-paris?",
        ),
        ({"then": {"queue": "vip", "reply_template": "x"}}, "reply_template: there is no template"),
        ({"then": {"deflect": {"to": "fax"}}}, "deflect.to: must be callback or message"),
        ({"then": {"deflect": {"to": "message", "at": "noon"}}}, "deflect.at: must be next_open"),
        ({"then": {"deflect": "message"}}, "then.deflect: must be a mapping"),
        ({"then": {"queue": "vip", "interruptible": "yes"}}, "interruptible: must be true or"),
        ({"then": {"queue": "vip", "weight": 0}}, "weight: must be a number from 0.01 to 100"),
        ({"then": {"queue": "vip", "tags": {"add": "x"}}}, "then.tags: must be a list of texts"),
        ({"then": {"queue": "vip", "overflow": "x"}}, "then.overflow: there is no queue x"),
        (
            {"then": {"queue": "vip", "overflow": "vip"}},
            "then.overflow: overflow must be another queue",
        ),
        ({"then": {"route": "none", "sla": "gold"}}, "then.sla: has no meaning beside route"),
        ({"plan": []}, "rules[0].plan: must be a list of 1 to 20 steps"),
        ({"plan": "b"}, "there is no rule before this one with the plan b"),
        ({"plan": [5]}, "plan[0]: must be a mapping"),
        ({"plan": [{"req": []}]}, "plan[0].req: there is no such key; did you mean require?"),
        ({"plan": [{"require": "french"}]}, "plan[0].require: must be a list"),
        ({"plan": [{"require": [{"skill": "frensh"}]}]}, "no skill frensh; did you mean french?"),
        ({"plan": [{"require": [{"skill": "french", "min": 6}]}]}, "min: must be a level from 1"),
        ({"plan": [{"prefer": [{"skill": "french", "agent": "x"}]}]}, "prefer[0]: must be exactly"),
        ({"plan": [{"prefer": [{"agent": "x@y.example"}]}]}, "there is no agent x@y.example"),
        ({"plan": [{"also_queues": ["x"]}]}, "plan[0].also_queues[0]: there is no queue x"),
        ({"plan": [{}, {}]}, "plan[0]: needs for: only the last step has no end"),
        ({"plan": [{"then_offer": "tea"}]}, "then_offer: must be callback or message"),
        ({"plan": [{}, {"overflow": "x"}]}, "plan[1].overflow: there is no queue x"),
        ({"when": {"field": "queue.vipp.waiting", "gt": 1}}, "no queue vipp; did you mean vip?"),
        ({"when": {"field": "calendar.office", "eq": "open"}}, "there is no calendar office"),
        ({"when": {"field": "queue.calendar", "eq": "shut"}}, "'shut' is none of open, closed"),
        ({"when": {"field": "contact.shoe", "eq": "9"}}, "an attribute is contact.attributes.shoe"),
        ({"when": {"field": "last_agent", "eq": "x@y.example"}}, "there is no agent x@y.example"),
        ({"when": {"field": "contact.last_contact", "lt": 5}}, "lt needs a duration, not 5"),
        ({"when": {"field": "attachments.count", "between": [3]}}, "needs a list of two values"),
        ({"when": {"field": "attachments.count", "between": [3, 1]}}, "the smallest value first"),
        ({"when": {"field": "text", "within": "x"}}, "within does not fit text"),
    ],
)
def test_refused(change: dict[str, Any], error: str) -> None:
    with pytest.raises(RulesInvalid) as caught:
        rules({**row("a", {"queue": "vip"}), **change})
    assert error in str(caught.value)


def test_names_that_nobody_gave_are_not_checked() -> None:
    compiled = compile_rules(
        [row("a", {"queue": "q", "sla": "any", "reply_template": "any"}), {**REST, "then": {"queue": "q"}}],
        queues=["q"],
    )  # fmt: skip
    assert compiled.decide(CONTEXT).sla == Sla("any")


# ---------------------------------------------------------------- operators


@pytest.mark.parametrize(
    ("when", "value", "expected"),
    [
        ({"field": "text", "contains_all": ["b", "A"]}, "a b", True),
        ({"field": "text", "contains_all": ["b", "c"]}, "a b", False),
        ({"field": "attachments.types", "contains_all": ["png", "pdf"]}, ("x/png", "y/pdf"), True),
        ({"field": "sender", "within": "acme.example"}, "mailto:a@acme.example", True),
        ({"field": "sender", "within": "acme.example"}, "mailto:a@eu.acme.example", True),
        ({"field": "sender", "within": "acme.example"}, "mailto:a@notacme.example", False),
        ({"field": "sender", "within": ["x.example", "+98 912"]}, "tel:+989121234567", True),
        ({"field": "sender", "within": "+98"}, "tel:+4998", False),
        ({"field": "attachments.count", "between": [1, 3]}, 3, True),
        ({"field": "attachments.count", "between": [1, 3]}, 4, False),
        ({"field": "attachments.count", "le": 3}, 3, True),
        ({"field": "contact.last_contact", "lt": "30d"}, 86_400, True),
        ({"field": "contact.last_contact", "between": ["1h", "1d"]}, 60, False),
        ({"field": "contact.tier", "eq": "gold"}, "Gold", True),
        ({"field": "contact.value", "gt": 1000}, "1500.5", True),
        ({"field": "contact.value", "gt": 1000}, "۱۵۰۰", True),
        ({"field": "contact.value", "gt": 1000}, "much", False),
        ({"not": {"field": "contact.value", "gt": 1000}}, "much", False),
        ({"field": "contact.value", "eq": 12}, "12", True),
        ({"field": "claims.seats", "ge": 10}, "12", True),
        ({"field": "queue.vip.oldest", "gt": "2m"}, 121, True),
        ({"field": "calendar.office-paris", "eq": "closed"}, "closed", True),
        ({"field": "conversation.status", "in": ["new", "resolved"]}, "new", True),
    ],
)
def test_operators(when: dict[str, Any], value: Value, expected: bool) -> None:
    node = when.get("not", when)
    field = {
        "contact.tier": "contact.attributes.tier",
        "contact.value": "contact.attributes.value",
    }.get(node["field"], node["field"])
    decision = decided({"id": "it", "when": when, "then": {"queue": "vip"}}, **{field: value})
    assert (decision.rule_id == "it") is expected
