"""Explanations: every stored decision can be told, in both languages, without raising."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from routing import explain
from routing.explain import LANGUAGES, Speech, Wait, befell, here, labels, me, waiting
from routing.explain.say import Sentence
from routing.matching import Matcher
from routing.matching.standing import Candidate, Standing
from routing.model import AgentState, Item, Mode, Presence, QueuePolicy
from routing.plan import Need, Step
from routing.rules import compile_rules, conditions
from routing.rules.fields import FIELDS

ROWS = [
    {"id": "all", "when": {}, "then": {"tags": ["seen"]}, "stop": False},
    {
        "id": "fa",
        "when": {"field": "contact.language", "eq": "fa"},
        "then": {"queue": "persian"},
    },
    {
        "id": "bill",
        "when": {"field": "text", "contains_any": ["invoice", "فاکتور"]},
        "then": {"queue": "billing", "priority": "+300s"},
    },
    {"id": "rest", "when": {}, "then": {"queue": "support"}},
]
RULES = compile_rules(ROWS, queues=["support", "billing", "persian"])
ANN = Speech("en", who="Ann")
FA = Speech("fa")
TABLES: Mapping[str, Mapping[str, Sentence]] = {
    "here": here.SENTENCES,
    "me": me.SENTENCES,
    "waiting": waiting.SENTENCES,
    "reasons": labels.REASONS,
    "befell": befell.SENTENCES,
    "outcomes": befell.OUTCOMES,
    "declined": befell.DECLINED,
}


# ---------------------------------------------------------------- why here


def test_why_here() -> None:
    told = explain.why_here(RULES.decide({"text": "my invoice", "auto": "no"}).as_dict())
    assert told[0] == "Rule “bill” sent it to queue “billing”."
    assert "It goes 5 minutes ahead of its turn." in told
    assert "Also matched: all." in told
    assert "Tags: seen." in told
    near = "Rule “fa” did not match: the customer's language is not fa (not known here)."
    assert near in told


@pytest.mark.parametrize(
    ("op", "want", "said", "fa"),
    [
        ("eq", True, "the customer being known is not the case", "آشنا بودن مشتری برقرار نیست"),
        ("ne", True, "the customer being known is the case", "آشنا بودن مشتری برقرار است"),
        ("present", True, "the customer being known is not there", "آشنا بودن مشتری در دست نیست"),
    ],
)
def test_what_is_or_is_not_the_case(op: str, want: bool, said: str, fa: str) -> None:
    near = {"field": "contact.known", "op": op, "want": want}
    assert labels.missed(near, ANN) == said
    assert labels.missed(near, FA) == fa


def test_the_rule_that_chose_the_queue_is_named_and_not_the_last_that_matched() -> None:
    rows = [
        {"id": "mail", "when": {}, "then": {"queue": "billing"}, "stop": False},
        {"id": "rest", "when": {}, "then": {"queue": "support"}},
    ]
    decided = compile_rules(rows, queues=["support", "billing"]).decide({"text": "hello"})
    told = explain.why_here(decided.as_dict())
    assert told[0] == "Rule “mail” sent it to queue “billing”."
    assert "Also matched: rest." in told


def test_why_here_in_persian() -> None:
    told = explain.why_here(RULES.decide({"text": "فاکتور"}).as_dict(), "fa")
    assert told[0] == "قاعدهٔ «bill» آن را به صف «billing» فرستاد."
    assert "۵ دقیقه جلوتر از نوبت خود است." in told
    assert "قاعدهٔ «fa» صدق نکرد: زبان مشتری برابر fa نیست (اینجا معلوم نیست)." in told


def test_why_nobody() -> None:
    told = explain.why_here(RULES.decide({"bounce": True}).as_dict())
    assert told[0] == "Rule “hub:bounce” filed it without giving it to anybody: bounce."


@pytest.mark.parametrize(
    ("stored", "said"),
    [
        ({"sla": "gold"}, "The promise is “gold”."),
        ({"sla": {"answer": 10}}, "The promise is an answer within 10 seconds."),
        ({"sla": {"first_reply": 14400}}, "The promise is an answer within 4 hours."),
        ({"deflect": {"to": "callback"}}, "The customer is called back instead of waiting."),
        ({"reply_template": "night"}, "The hub answers at once with “night”."),
    ],
)
def test_what_else_the_rule_said(stored: dict[str, Any], said: str) -> None:
    assert said in explain.why_here({"rule": "r", "queue": "q", **stored})


@pytest.mark.parametrize(
    ("field", "label"),
    [
        ("headers.list-id", "the mail header list-id"),
        ("queue.sales.waiting", "how many wait in the queue sales"),
        ("contact.attributes.tier", "the customer's tier"),
        ("no.such.thing", "no.such.thing"),
    ],
)
def test_fields_are_named_in_plain_words(field: str, label: str) -> None:
    near = [{"rule": "r", "field": field, "op": "eq", "want": "x", "unknown": False}]
    told = explain.why_here({"rule": "r", "queue": "q", "near": near})
    assert told[1] == f"Rule “r” did not match: {label} is not x."


# ---------------------------------------------------------------- why me


@pytest.mark.parametrize(
    ("why", "expected"),
    [
        ({"how": "owner", "candidates": 1}, "It is a new message in Ann's own conversation"),
        ({"how": "push", "candidates": 1}, "Ann was the only one who was free."),
        ({"how": "ask", "candidates": 4}, "Ann was first of 4 who were free."),
        ({"how": "ask", "candidates": 4, "preferred": True}, "Ann is the first choice"),
        ({"how": "take"}, "Ann took it."),
    ],
)
def test_why_this_agent(why: dict[str, Any], expected: str) -> None:
    assert explain.why_me(why, ANN)[0].startswith(expected)


def _met(*candidates: Candidate, **more: Any) -> dict[str, Any]:
    return {"how": "ask", **Standing(len(candidates), tuple(candidates), **more).as_dict()}


def test_the_strongest_in_what_it_needs() -> None:
    met = _met(
        Candidate(1, 0.0, {}, 50),
        Candidate(2, 0.15, {"factor": 0.15}, 10),
        kept_out={"full": 2, "no_skill": 7},
    )
    assert explain.why_me(met, agent=1, skills=["French"])[:3] == [
        "You were first of 2 who were free.",
        "You know French best.",
        "Not in question: 2 have no room left, 7 do not have the skills it needs.",
    ]


def test_as_strong_as_another_and_less_needed_elsewhere() -> None:
    met = _met(
        Candidate(1, 0.1, {"flexibility": 0.1}, 50),
        Candidate(2, 0.3, {"flexibility": 0.3}, 10),
        Candidate(3, 0.25, {"factor": 0.15, "flexibility": 0.1}, 10),
    )
    assert explain.why_me(met, agent=1, skills=["French"])[1:3] == [
        "Nobody who was free knows French better than you.",
        "Others are kept free for work that fewer people can do.",
    ]
    named = explain.why_me(met, agent=1, others=["VIP", "sales"])
    assert "You need less time for this kind of work than others." in named
    assert "Others are kept free for: VIP, sales." in named


def test_all_alike_the_one_who_was_free_for_longest_or_whose_turn_it_is() -> None:
    first, second = Candidate(1, 0.0, {}, 10), Candidate(2, 0.0, {}, 50)
    assert "You had been free for longest." in explain.why_me(_met(first, second), agent=1)
    assert "It was your turn." in explain.why_me(_met(second, first), agent=2)
    assert "نوبت شما بود." in explain.why_me(_met(second, first), FA, agent=2)


def test_the_first_choice() -> None:
    met = _met(Candidate(1, -9.0, {"preferred": -10}, 50), preferred=True)
    assert explain.why_me(met, agent=1, last=True)[0].startswith("You answered this customer last")
    assert explain.why_me(met, agent=1)[0].startswith("You are the first choice")
    assert explain.why_me(met, FA, agent=1)[0].startswith("شما انتخاب نخست")


def test_what_the_spine_stored() -> None:
    older = {"how": "push", "candidates": 3, "top": [[4, 10], [5, 20]], "kept_out": {"excluded": 1}}
    assert explain.why_me(older) == [
        "You were first of 3 who were free.",
        "Not in question: 1 declined or missed it.",
        "It was given at once.",
    ]


# ---------------------------------------------------------------- why still waiting


def _moment(at: int) -> str:
    return f"T{at}"


CLOCK = Speech("en", _moment)


def test_nobody_is_free() -> None:
    standing = Standing(0, kept_out={"away": 1, "full": 2}).as_dict()
    wait = Wait(state="queued", queue="sales", position=3, standing=standing)
    assert explain.why_waiting(wait, CLOCK) == [
        "It is number 3 in the queue “sales”.",
        "Nobody is free: 2 have no room left, 1 is away.",
    ]
    assert explain.why_waiting(wait, FA)[1] == (
        "کسی آزاد نیست: ظرفیت ۲ نفر پر است، ۱ نفر کنار رفته‌اند."
    )


def test_nobody_at_all_or_somebody_at_once() -> None:
    for standing, said in (
        (Standing(0), "Nobody works in this queue."),
        (Standing(1), "1 agent is free: it is about to be given to them."),
        (Standing(2), "2 agents are free: it is about to be given to one of them."),
    ):
        wait = Wait(state="queued", queue="sales", standing=standing.as_dict())
        assert explain.why_waiting(wait) == [said]
    assert explain.why_waiting(Wait(state="queued", queue="s", pull=True), FA)[0].startswith(
        "کار این"
    )


STEPS = (
    explain.NextStep(skills=[("French", 4)]),
    explain.NextStep(skills=[("French", 1)], also_queues=["frontdesk"]),
    explain.NextStep(then_offer="callback"),
)


def test_the_step_and_when_it_asks_for_less() -> None:
    wait = Wait(state="queued", queue="vip", step=0, steps=STEPS, step_until=7, overflow="general")
    assert explain.why_waiting(wait, CLOCK) == [
        "Step 1 of 3: it asks for French at level 4 or better.",
        "If nobody has taken it by T7, it asks for French, also in the queues frontdesk.",
        "If nobody who is signed on can serve it, it goes to the queue “general”.",
    ]
    second = Wait(state="queued", queue="vip", step=1, steps=STEPS, step_until=9)
    assert explain.why_waiting(second, CLOCK)[1:] == [
        "If nobody has taken it by T9, it asks for anybody of the queue.",
        "From then on the customer is called back instead of waiting.",
    ]
    last = Wait(state="queued", queue="vip", step=2, steps=STEPS, step_until=9, overflow="general")
    assert explain.why_waiting(last, CLOCK)[1:] == [
        "If nobody has taken it by T9, it goes to the queue “general”."
    ]


@pytest.mark.parametrize(
    ("wait", "said"),
    [
        (Wait(state="queued", queue="q", closed=True, opens_at=5), "The queue is closed until T5."),
        (Wait(state="queued", queue="q", closed=True), "The queue is closed, and no opening"),
        (
            Wait(state="queued", queue="q", again_at=5),
            "Those who declined it are asked again from T5",
        ),
        (Wait(state="offered", queue="q", agent="Ann", until=5), "It is offered to Ann, who may"),
        (Wait(state="offered", queue="q"), "It is offered to somebody."),
        (Wait(state="deferred", queue="q", until=5), "It is put off until T5."),
        (Wait(state="active", queue="q", agent="Ann"), "Ann has it."),
        (Wait(state="held", queue="q", agent="Ann"), "Ann put it aside for something that cannot"),
        (Wait(state="completed", queue="q"), "It was answered."),
    ],
)
def test_where_it_is(wait: Wait, said: str) -> None:
    assert explain.why_waiting(wait, CLOCK)[0].startswith(said)


# ---------------------------------------------------------------- what befell it


@pytest.mark.parametrize(
    ("what", "data", "said"),
    [
        ("step", {"step": 1, "before": 0}, "It went on to step 2."),
        ("overflow", {"queue": 4, "before": 1}, "It went over to the queue “Q4”."),
        ("overflow", {"stays": True, "hops": 5}, "It was to go over to another queue once more"),
        ("requeue", {"queue": 4}, "It was moved to the queue “Q4”."),
        ("deflect", {"to": "callback"}, "It became a callback"),
        ("defer", {"until": 5}, "It was put off until T5."),
        ("overflow", {"queue": 4, "cause": "nobody can serve it"}, "Nobody who is signed on could"),
        (
            "deflect",
            {"to": "message", "cause": "away", "before": {}},
            "The customer was gone for a",
        ),
        ("resumed", {"cause": "back"}, "The customer is back."),
        ("resumed", {}, "It was taken up again."),
        (
            "requeue",
            {"queue": 4, "cause": "sla", "policy": "gold"},
            "It was moved to the queue “Q4”. The promise “gold” was running out.",
        ),
        ("priority", {"seconds": -120}, "It was put back by 2 minutes."),
        ("something new", {}, "something new."),
    ],
)
def test_what_befell(what: str, data: dict[str, Any], said: str) -> None:
    told = explain.what_befell(what, data, CLOCK, lambda id: f"Q{id}")
    assert told.startswith(said)
    assert explain.what_befell(what, data, CLOCK, str, by="Sam").endswith("By Sam.")


@pytest.mark.parametrize(
    ("state", "reason", "said"),
    [
        ("accepted", "", "Ann accepted it."),
        ("declined", "", "Ann declined it."),
        ("declined", "busy", "Ann declined it: busy."),
        ("declined", "skill: they ask about tax", "Ann declined it: somebody else knows this"),
        ("declined", "lunch.", "Ann declined it: lunch."),
        ("expired", "", "Ann did not answer in time."),
        ("withdrawn", "agent left", "It was taken back from Ann: they went away."),
        ("lost", "", "Ann: lost."),
    ],
)
def test_what_became_of_an_offer(state: str, reason: str, said: str) -> None:
    assert explain.what_became(state, reason, "Ann", Speech()).startswith(said)
    assert explain.what_became(state, reason, "Ann", FA)


# ---------------------------------------------------------------- all of it


def test_everything_has_words_in_both_languages() -> None:
    assert set(labels.FIELDS) == set(FIELDS)
    assert set(labels.OPERATORS) == conditions.OPS | {"not"}
    for english, persian in [*labels.FIELDS.values(), *labels.OPERATORS.values()]:
        assert english.count("{want}") == persian.count("{want}")
        assert re.search("[آ-ی]", persian)


@st.composite
def some_agent(draw: st.DrawFn, id: int) -> AgentState:
    soft, parked, wrapping = (draw(st.sampled_from([0, 0, 30])) for _ in range(3))
    return AgentState(
        id=id,
        queues=frozenset({1}),
        presence=draw(st.sampled_from(Presence)),
        used=soft + parked + wrapping + draw(st.sampled_from([0, 60, 100, 160])),
        soft=soft,
        parked=parked,
        wrapping=wrapping,
        skills=(("french", draw(st.integers(1, 5))),),
        limits=draw(st.sampled_from([(), (("chat", 1),)])),
        counts=draw(st.sampled_from([(), (("chat", 1),)])),
    )


@given(st.data())
def test_every_reason_of_the_matcher_has_words(data: st.DataObject) -> None:
    matcher = Matcher()
    matcher.put_queue(QueuePolicy(1, reserve=data.draw(st.integers(0, 1))))
    for id in range(1, 5):
        matcher.put_agent(data.draw(some_agent(id)))
    step = Step(require=(Need("french", 3),))
    excluded = data.draw(st.frozensets(st.integers(1, 4)))
    matcher.put_item(Item(9, 1, 0, 30, Mode.PUSH, "chat", excluded=excluded, step=step))
    standing = matcher.standing(9, 10)
    assert standing is not None
    assert set(standing.kept_out) <= set(labels.REASONS)


@pytest.mark.parametrize("table", TABLES)
def test_sentences_say_the_same_in_both_languages(table: str) -> None:
    for key, sentence in TABLES[table].items():
        assert re.search("[آ-ی]", sentence.fa) or key == "other", sentence
        names = [set(re.findall(r"\{(\w+)\}", text)) for text in (sentence.en, sentence.fa)]
        assert names[0] - {"who"} == names[1] - {"who"}, sentence
        assert set(re.findall(r"\{(\w+)\}", sentence.one)) <= names[0]
        assert bool(sentence.you) == bool(sentence.you_fa), sentence
        said = [set(re.findall(r"\{(\w+)\}", text)) for text in (sentence.you, sentence.you_fa)]
        assert said[0] == said[1]
        assert "who" not in said[0]
        assert not sentence.you or names[0] - {"who"} >= said[0]


json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)
NAMES = [
    "rule",
    "queue",
    "reason",
    "priority",
    "tags",
    "hit",
    "near",
    "notes",
    "sla",
    "deflect",
    "kept",
    "by",
    "reply_template",
    "how",
    "candidates",
    "top",
    "kept_out",
    "preferred",
    "cleared",
    "terms",
    "cost",
    "agent",
    "idle_since",
    "field",
    "op",
    "want",
    "unknown",
    "until",
    "seconds",
    "to",
    "step",
    "stays",
    "hops",
]
stored = st.dictionaries(
    st.sampled_from(NAMES), json | st.dictionaries(st.sampled_from(NAMES), json)
)


@given(stored, st.sampled_from(LANGUAGES), st.none() | st.just("Ann"), st.text(max_size=9))
def test_whatever_is_stored_can_be_told(
    row: dict[str, Any], language: explain.Language, who: str | None, word: str
) -> None:
    speech = Speech(language, who=who)
    wait = Wait(state="queued", queue=word, standing=row, step=3, steps=STEPS, overflow=word)
    told = [
        *explain.why_here(row, language),
        *explain.why_me(row, speech, agent=1, skills=[word], others=[word]),
        *explain.why_waiting(wait, speech),
        explain.what_became(word, word, word, speech),
        *(explain.what_befell(what, row, speech) for what in ("overflow", "defer", "step", word)),
    ]
    assert all(isinstance(line, str) for line in told)


def test_older_and_emptier_decisions_can_be_told() -> None:
    assert explain.why_here({}) == ["Rule “” filed it without giving it to anybody: ."]
    assert explain.why_me({}) == []
    assert explain.why_waiting(Wait(state="queued", queue="q")) == []


@pytest.mark.parametrize(
    ("seconds", "en", "fa"),
    [
        (0, "0 seconds", "۰ ثانیه"),
        (1, "1 second", "۱ ثانیه"),
        (90, "90 seconds", "۹۰ ثانیه"),
        (120, "2 minutes", "۲ دقیقه"),
        (14_400, "4 hours", "۴ ساعت"),
        (86_400, "1 day", "۱ روز"),
    ],
)
def test_spans(seconds: int, en: str, fa: str) -> None:
    assert (Speech("en").span(seconds), Speech("fa").span(seconds)) == (en, fa)


def test_a_decision_is_stored_in_two_kilobytes() -> None:
    import json as encoder  # noqa: PLC0415

    standing = Standing(
        1000,
        tuple(
            Candidate(
                n, 0.123, {"factor": 0.15, "flexibility": 0.3, "load": 0.25}, 1_700_000_000_000_000
            )
            for n in range(5)
        ),
        dict.fromkeys(labels.REASONS, 1000),
    )
    many = [{"id": f"rule-{n}", "when": {"field": "text", "contains": "x" * 9}, "then": {"queue": "support"}}
            for n in range(100)]  # fmt: skip
    rules = compile_rules([*many, ROWS[-1]], queues=["support"])
    decision = rules.decide({"text": "hello", "channel": "mail"})
    assert len(encoder.dumps(standing.as_dict())) < 1_000
    assert len(encoder.dumps(decision.as_dict())) < 2_000
