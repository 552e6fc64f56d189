"""The demo's file: it loads, it compiles, and its rules do what the demo shows."""

from __future__ import annotations

from pathlib import Path

import pytest

from hub import declared, files, settings
from hub.desk import Desk
from hub.rules import cases as rule_tests
from routing.rules import RuleSet, compile_rules
from routing.rules.fields import Value

CONFIG = Path(__file__).parents[2] / "config"
BASE: dict[str, Value] = {
    "channel": "sms",
    "channel.kind": "sms_twilio",
    "address": "tel:+12025550123",
    "sender": "tel:+12025550188",
    "subject": "",
    "text": "Hello",
    "auto": "no",
    "bounce": False,
    "attachments.count": 0,
    "contact.known": False,
}


@pytest.fixture(scope="module")
def file() -> declared.Declared:
    return declared.read(files.load_file(CONFIG / "demo.yaml"))


@pytest.fixture(scope="module")
def rules(file: declared.Declared) -> RuleSet:
    return compile_rules(
        file.rules,
        queues=[queue.name for queue in file.queues or ()],
        channels=[channel.name for channel in file.channels or ()],
    )


def test_the_staff_serves_every_queue(file: declared.Declared) -> None:
    queues = {queue.name for queue in file.queues or ()} - {"drill"}
    served = [queue for agent in file.agents or () for queue in agent.queues]
    assert len(file.agents or ()) == 8
    assert set(served) == queues
    assert all(served.count(queue) >= 2 for queue in queues)
    assert all(channel.simulated for channel in file.channels or ())


@pytest.mark.parametrize(
    ("context", "rule", "queue"),
    [
        ({}, "rest", "support"),
        ({"text": "My invoice is wrong"}, "billing", "billing"),
        ({"text": "Question on Invoice number #12345"}, "invoice-number", "billing"),
        ({"text": "صورت‌حساب ۱۲۳۴۵ اشتباه است"}, "invoice-number", "billing"),
        ({"text": "صورت‌حساب من اشتباه است"}, "billing", "billing"),
        ({"address": "mailto:billing@acme.example"}, "billing", "billing"),
        ({"text": "از شما شكايت دارم"}, "complaint", "complaints"),
        ({"text": "I want to speak to a MANAGER"}, "complaint", "complaints"),
        ({"text": "What is the price?"}, "sales", "sales"),
        ({"text": "قيمت چند است؟"}, "sales", "sales"),
        ({"text": "What is the price?", "channel": "mail"}, "rest", "support"),
        ({"text": "سلام، سفارش من کجاست؟"}, "persian", "persian"),
        ({"sender": "tel:+989121234567"}, "persian", "persian"),
        ({"text": "It is not working, urgent!"}, "urgent", "support"),
        ({"text": "drill 7 of 900"}, "drill", "drill"),
        ({"auto": "reply"}, "hub:automatic", None),
    ],
)
def test_where_messages_go(
    rules: RuleSet, context: dict[str, Value], rule: str, queue: str | None
) -> None:
    decision = rules.decide({**BASE, **context})
    assert (decision.rule_id, decision.queue) == (rule, queue)


def test_a_known_face_is_tagged(rules: RuleSet) -> None:
    decision = rules.decide({**BASE, "contact.known": True, "text": "urgent"})
    assert decision.tags == ("returning", "urgent")
    assert decision.priority == 300


def test_the_example_settings_are_the_defaults(tmp_path: Path) -> None:
    example = settings.load(CONFIG / "hub.example.toml", {"HUB_DATA": str(tmp_path)})
    assert example == settings.load(None, {"HUB_DATA": str(tmp_path)})


def test_the_demos_own_tests_of_its_rules_pass(file: declared.Declared, rules: RuleSet) -> None:
    text = (CONFIG / "demo.rules-tests.yaml").read_text(encoding="utf-8")
    suite = rule_tests.read(text, {channel.name: channel.kind for channel in file.channels or ()})
    desk = Desk(version=1, rules=rules, queues={}, names={})
    failed = [result for result in suite.run(rules, desk) if not result.ok]
    assert failed == []
    assert len(suite.tests) == 8
