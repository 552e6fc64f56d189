"""Everything that rules say in English they say in Persian too: notes, and what is wrong with rows."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

import routing
from routing.explain import why_here
from routing.explain.persian import NOTES, REFUSALS, in_persian
from routing.rules import RulesInvalid, compile_rules

FOLDER = Path(routing.__file__).parent
ENGLISH = re.compile(r"\b(must|needs|there is|cannot|not taken|rule)\b")


def said() -> Iterator[tuple[str, str]]:
    """Every literal that ``Findings.add``, ``Problem`` and ``ValueError`` are given, holes filled."""
    for path in [*(FOLDER / "rules").glob("*.py"), FOLDER / "spans.py"]:
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            words = _filled(node.args[-1]) if name in ("add", "ValueError", "Problem") else None
            if words is not None:
                yield f"{path.name}:{node.lineno}", words


def _filled(node: ast.expr) -> str | None:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if not isinstance(node, ast.JoinedStr):
        return None
    parts = (
        part.value if isinstance(part, ast.Constant) else _example(ast.unparse(part))
        for part in node.values
    )
    return "".join(map(str, parts))


def _example(hole: str) -> str:
    return "" if "hint" in hole else "a number" if "needed" in hole else "xyz"


def test_every_refusal_has_persian_words() -> None:
    found = list(said())
    assert len(found) > 50
    for where, words in found:
        english = words.replace("needs a number", "needs a whole number")
        assert in_persian(english) is not None, (where, words)


def test_names_hints_and_rules_are_kept() -> None:
    assert in_persian("there is no queue bilin; did you mean billing? (rule a) (line 3)") == (
        "صفی با نام bilin نیست؛ منظورتان billing بود؟ (قاعدهٔ a)"
    )
    assert in_persian("within needs a duration, not 5: write a time of day as HH:MM") == (
        "within مدت می‌خواهد، نه 5: ساعت را به شکل HH:MM بنویسید"
    )
    assert in_persian("somebody's own words") is None


def test_rows_that_are_refused_are_refused_in_persian() -> None:
    rows = [
        {"id": "a", "when": {"field": "subjct", "eq": 5}, "then": {"queue": "b", "priority": "x"}},
        {"id": "a", "when": {"field": "subject", "eq": 5}, "then": {}},
    ]
    with pytest.raises(RulesInvalid) as refused:
        compile_rules(rows, queues={"billing"})
    reasons = [one.reason for one in refused.value.problems]
    assert len(reasons) >= 5
    for reason in reasons:
        words = in_persian(reason)
        assert words is not None, reason
        assert ENGLISH.search(words) is None, words


def test_notes_of_a_decision_are_said_in_the_readers_language() -> None:
    notes = [
        "rule b: priority 60s not taken, an earlier rule decided",
        "pattern on text timed out: (a+)+",
    ]
    decision = {"rule": "a", "queue": "q", "notes": notes, "priority": 3600}
    told = why_here(decision, "fa")
    assert "یادداشت: قاعدهٔ b: اولویت 60s به‌کار نرفت، زیرا قاعدهٔ پیشین تصمیم گرفته بود." in told
    assert "یادداشت: الگوی text بیش از اندازه زمان برد: (a+)+." in told
    assert "۱ ساعت جلوتر از نوبت خود است." in told
    assert why_here(decision)[1] == "It goes 1 hour ahead of its turn."
    assert why_here({**decision, "priority": -90})[1] == "It goes 90 seconds behind its turn."
    assert why_here({**decision, "priority": 300})[1] == "It goes 5 minutes ahead of its turn."


def test_templates_keep_their_names() -> None:
    for english, fa in (NOTES | REFUSALS).items():
        assert set(re.findall(r"\{(\w+)\}", english)) == set(re.findall(r"\{(\w+)\}", fa)), english
