"""A subject's marks are known in the languages people write."""

from __future__ import annotations

import pytest

from connectors.email.attribution import is_forward
from connectors.subject import answering, is_answer


@pytest.mark.parametrize(
    "subject",
    ["Re: x", "RE:x", "re : x", "Re[2]: x", "Re (3): x", "AW: x", "SV: x", "Antw: x", "Odp: x",
     "پاسخ: سفارش", "پاسخ : سفارش", "جواب: سفارش", "رد: طلب", "回复：订单", "  Re: x", "\u200fپاسخ:\u200f سفارش",
     "\u202bRe: سفارش\u202c", "پاسخ\u200c: سفارش"],
)  # fmt: skip
def test_answers(subject: str) -> None:
    assert is_answer(subject)
    assert answering(subject) == subject


@pytest.mark.parametrize(
    "subject", ["x", "Reply", "Regarding: x", "پاسخ‌نامه", "", "Area: x", "ارجاع: x"]
)
def test_everything_else(subject: str) -> None:
    assert not is_answer(subject)
    assert answering(subject) == f"Re: {subject}"


@pytest.mark.parametrize(
    "subject", ["Fwd: x", "FW: x", "WG: x", "TR: x", "ارجاع: سفارش", "هدایت: سفارش",
                "هدايت : سفارش", "بازارسال: سفارش", "转发：订单"]
)  # fmt: skip
def test_forwards(subject: str) -> None:
    assert is_forward(subject)
    assert not is_answer(subject)
